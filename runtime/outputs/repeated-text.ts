import type { RecordBatch } from '../pipeline/record-batch.ts';
import type { ByteWriter } from '../schema/byte-writer.ts';

/** Texts that are remembered at the same time: about as many processes may take turns. */
const slots = 16;
/** Bits of a hash that do not choose the slot. */
const hashShift = 28;
const hashFactor = 0x9e3779b1;

/**
 * Remembers where the text of some bytes of a record stands in the output, so that records that have the same bytes there, as those of one
 * process have, get a copy of it. Forgets everything when the writer starts anew: names of users may have changed by then.
 */
export class RepeatedText {
  readonly #start: number;
  readonly #words: number;
  #use = -1;
  #bytes: Uint8Array | undefined;
  /** Per slot: where the record starts in the batch, and from where to where its text goes; 0 for none. */
  readonly #records = new Float64Array(slots);
  readonly #from = new Float64Array(slots);
  readonly #to = new Float64Array(slots);
  #slot = 0;

  /** The bytes count from the start of a record; `size` is a multiple of 4. */
  constructor(start: number, size: number) {
    this.#start = start;
    this.#words = size / 4;
  }

  /** Writes the text of a record whose bytes came before. False when they did not: the caller writes the text, and calls `remember` after that. */
  write(writer: ByteWriter, batch: RecordBatch, record: number): boolean {
    if (this.#use !== writer.uses || this.#bytes !== batch.bytes) this.#forget(writer, batch);
    const { view } = batch;
    // Records of one process tend to come in a row: no need to look it up.
    if (!this.#holds(view, record)) {
      this.#slot = this.#slotOf(view, record);
      if (!this.#holds(view, record)) return false;
    }
    const from = this.#from[this.#slot]!;
    const to = this.#to[this.#slot]!;
    writer.reserve(to - from);
    writer.bytes.copyWithin(writer.position, from, to);
    writer.position += to - from;
    return true;
  }

  /** The text of the record that `write` just refused stands from `from` to the writer's position. */
  remember(writer: ByteWriter, record: number, from: number): void {
    this.#records[this.#slot] = record;
    this.#from[this.#slot] = from;
    this.#to[this.#slot] = writer.position;
  }

  #forget(writer: ByteWriter, batch: RecordBatch): void {
    this.#use = writer.uses;
    this.#bytes = batch.bytes;
    this.#from.fill(0);
    this.#to.fill(0);
  }

  #slotOf(view: DataView, record: number): number {
    let hash = 0;
    for (let word = 0, at = record + this.#start; word < this.#words; word++, at += 4)
      hash = Math.imul(hash ^ view.getInt32(at, true), hashFactor);
    return hash >>> hashShift;
  }

  /** Whether the slot's text is that of the record. */
  #holds(view: DataView, record: number): boolean {
    if (this.#to[this.#slot] === 0) return false;
    const known = this.#records[this.#slot]! + this.#start;
    const wanted = record + this.#start;
    for (let at = 0, end = this.#words * 4; at < end; at += 4) {
      if (view.getInt32(known + at, true) !== view.getInt32(wanted + at, true)) return false;
    }
    return true;
  }
}
