import type { ErrorCode } from './errors.ts';
import { GadgetError } from './errors.ts';

/**
 * A cursor over foreign bytes: every read is checked against the end, so that a short or lying file gives a typed error
 * and never a RangeError. Little-endian unless told otherwise.
 */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly littleEndian: boolean;
  position = 0;
  readonly #view: DataView;
  readonly #code: ErrorCode;
  readonly #subject: string;

  constructor(bytes: Uint8Array, options: { code: ErrorCode; subject: string; littleEndian?: boolean }) {
    this.bytes = bytes;
    this.littleEndian = options.littleEndian ?? true;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#code = options.code;
    this.#subject = options.subject;
  }

  get length(): number {
    return this.bytes.length;
  }

  fail(problem: string): never {
    throw new GadgetError(this.#code, `${this.#subject}: ${problem}`, { context: { position: this.position } });
  }

  #take(size: number): number {
    const at = this.position;
    if (at < 0 || at + size > this.bytes.length) this.fail(`needs ${size} bytes at ${at}, has ${this.bytes.length}`);
    this.position = at + size;
    return at;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), this.littleEndian);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), this.littleEndian);
  }

  i32(): number {
    return this.#view.getInt32(this.#take(4), this.littleEndian);
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8), this.littleEndian);
  }

  /** A 64-bit value used as a file offset or size: an error above 2^53. */
  u64AsSize(): number {
    const value = this.u64();
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) this.fail(`${value} is no possible size`);
    return Number(value);
  }

  /** A view of the next `size` bytes, not a copy. */
  slice(size: number): Uint8Array {
    const at = this.#take(size);
    return this.bytes.subarray(at, at + size);
  }
}
