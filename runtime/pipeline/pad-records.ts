import type { RecordBatch } from './record-batch.ts';

/**
 * The batch itself when every record has at least `size` bytes; else a copy in which shorter ones are padded with zeros.
 * A program may submit less than the whole struct, and every reader counts on the whole.
 */
export function padShortRecords(batch: RecordBatch, size: number): RecordBatch {
  let short = 0;
  for (let index = 0; index < batch.count; index++) if (batch.lengths[index]! < size) short++;
  return short === 0 ? batch : padded(batch, size);
}

function padded(batch: RecordBatch, size: number): RecordBatch {
  let total = 0;
  for (let index = 0; index < batch.count; index++) total += Math.max(batch.lengths[index]!, size);
  const bytes = new Uint8Array(total);
  const offsets = new Uint32Array(batch.count);
  let at = 0;
  for (let index = 0; index < batch.count; index++) {
    const from = batch.offsets[index]!;
    const length = batch.lengths[index]!;
    bytes.set(batch.bytes.subarray(from, from + length), at);
    offsets[index] = at;
    at += Math.max(length, size);
  }
  return { bytes, view: new DataView(bytes.buffer), offsets, lengths: batch.lengths.slice(0, batch.count), count: batch.count };
}
