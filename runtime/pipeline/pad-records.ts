import type { RecordBatch } from './record-batch.ts';

/** Slots that there is room for at first. */
const fewestSlots = 64;

/**
 * Gives every record of a batch the whole size of its struct, the rest zeros: a program may submit less, and every reader counts on the whole.
 * Short records are copied into slots that the next batch uses again, so that only what an earlier record left there is zeroed.
 */
export class RecordPadder {
  readonly #size: number;
  readonly #stride: number;
  #bytes = new Uint8Array();
  #view = new DataView(this.#bytes.buffer);
  #offsets = new Uint32Array();
  #lengths = new Uint32Array();
  /** Bytes from each slot's start on that may not be zero. */
  #used = new Uint32Array();

  /** `size`: bytes of the struct. */
  constructor(size: number) {
    this.#size = size;
    this.#stride = (size + 7) & ~7;
  }

  /** The batch itself when no record is short; else a copy, borrowed until the next call. */
  pad(batch: RecordBatch): RecordBatch {
    for (let index = 0; index < batch.count; index++) if (batch.lengths[index]! < this.#size) return this.#padded(batch);
    return batch;
  }

  #padded(batch: RecordBatch): RecordBatch {
    if (batch.count > this.#offsets.length) this.#makeSlots(batch.count);
    for (let slot = 0; slot < batch.count; slot++) {
      const at = this.#offsets[slot]!;
      const from = batch.offsets[slot]!;
      const length = Math.min(batch.lengths[slot]!, this.#size);
      this.#bytes.set(batch.bytes.subarray(from, from + length), at);
      if (this.#used[slot]! > length) this.#bytes.fill(0, at + length, at + this.#used[slot]!);
      this.#used[slot] = length;
      this.#lengths[slot] = length;
    }
    return { bytes: this.#bytes, view: this.#view, offsets: this.#offsets, lengths: this.#lengths, count: batch.count };
  }

  #makeSlots(wanted: number): void {
    const count = Math.max(fewestSlots, 2 ** Math.ceil(Math.log2(wanted)));
    this.#bytes = new Uint8Array(count * this.#stride);
    this.#view = new DataView(this.#bytes.buffer);
    this.#offsets = Uint32Array.from({ length: count }, (_, slot) => slot * this.#stride);
    this.#lengths = new Uint32Array(count);
    this.#used = new Uint32Array(count);
  }
}
