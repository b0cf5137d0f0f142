export {
  writeFloat,
  writeHexBytes,
  writeHexUint64,
  writeHexUint128,
  writeInt,
  writeInt64,
  writeNineDigits,
  writeUint32,
  writeUint64,
} from './write-number.ts';
export { writeJsonString, writeJsonStringFromBytes } from './write-string.ts';

const smallestCapacity = 64 * 1024;

/**
 * Bytes that grow. Writers are functions `(out, at, …) => newPosition` that trust their caller to have called `reserve` for the most they can write;
 * after `reserve`, take `bytes` and `view` anew.
 */
export class ByteWriter {
  bytes: Uint8Array = new Uint8Array(smallestCapacity);
  view: DataView = new DataView(this.bytes.buffer);
  /** Bytes written so far. */
  position = 0;
  /** How often it was started anew. */
  uses = 0;

  /** Makes room for `size` more bytes. */
  reserve(size: number): void {
    if (this.position + size > this.bytes.length) this.#resize(Math.max(this.bytes.length * 2, this.position + size));
  }

  /** Starts anew. Memory that one unusually large use took is given back once a use needed little of it. */
  reset(): void {
    const used = this.position;
    this.position = 0;
    this.uses++;
    if (this.bytes.length > 16 * smallestCapacity && used < this.bytes.length / 16) this.#resize(Math.max(smallestCapacity, used * 2));
  }

  /** What was written, borrowed until the next write or reset. */
  written(): Uint8Array {
    return this.bytes.subarray(0, this.position);
  }

  #resize(capacity: number): void {
    const grown = new Uint8Array(capacity);
    grown.set(this.bytes.subarray(0, this.position));
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }
}

/** Writes text known to be ASCII. */
export function writeAsciiLiteral(out: Uint8Array, at: number, text: string): number {
  for (let index = 0; index < text.length; index++) out[at + index] = text.charCodeAt(index);
  return at + text.length;
}
