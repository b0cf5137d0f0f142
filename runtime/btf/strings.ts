import { GadgetError } from '../base/errors.ts';
import { MAX_NAME_BYTES } from './format.ts';

/** Bytes of source text shown for a line; what is longer is cut. */
const MAX_TEXT_BYTES = 4096;

/** The string section of a .BTF file, behind that of its base if it has one. Offsets count through both. */
export class BtfStrings {
  readonly #bytes: Buffer;
  readonly #base: BtfStrings | undefined;
  /** Offset of the first own string. */
  readonly #start: number;

  constructor(bytes: Uint8Array, base?: BtfStrings) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#base = base;
    this.#start = base?.end ?? 0;
    if (bytes.length > 0 && bytes.at(-1) !== 0) fail('the strings do not end with a NUL');
    if (base === undefined && bytes[0] !== 0) fail('the strings do not start with an empty one');
  }

  /** The offset behind the last string. */
  get end(): number {
    return this.#start + this.#bytes.length;
  }

  /** A type's or member's name. BTF_INVALID when it is outside or longer than the kernel allows. */
  name(offset: number): string {
    if (offset < this.#start) return this.#base!.name(offset);
    const [from, to] = this.#range(offset);
    if (to - from > MAX_NAME_BYTES) fail(`the name at ${offset} is longer than ${MAX_NAME_BYTES} bytes`);
    return this.#bytes.toString('utf8', from, to);
  }

  /** A file name or a source line, cut at 4,096 bytes. BTF_INVALID when it is outside. */
  text(offset: number): string {
    if (offset < this.#start) return this.#base!.text(offset);
    const [from, to] = this.#range(offset);
    return this.#bytes.toString('utf8', from, Math.min(to, from + MAX_TEXT_BYTES));
  }

  /** Whether the string at `offset` is exactly these bytes, without making a string of it. */
  equals(offset: number, wanted: Uint8Array): boolean {
    if (offset < this.#start) return this.#base!.equals(offset, wanted);
    const bytes = this.#bytes;
    const from = offset - this.#start;
    for (let i = 0; i < wanted.length; i++) if (bytes[from + i] !== wanted[i]) return false;
    return bytes[from + wanted.length] === 0;
  }

  #range(offset: number): [from: number, to: number] {
    const from = offset - this.#start;
    if (from >= this.#bytes.length) fail(`a string at ${offset} is behind the last, at ${this.end}`);
    return [from, this.#bytes.indexOf(0, from)];
  }
}

function fail(problem: string): never {
  throw new GadgetError('BTF_INVALID', `BTF: ${problem}`);
}
