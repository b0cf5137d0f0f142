import { describe, expect, test } from 'vitest';
import { RecordPadder } from '../../runtime/pipeline/pad-records.ts';
import type { RecordBatch } from '../../runtime/pipeline/record-batch.ts';

/** A batch of records with these bytes, with something else between them. */
function batchOf(...records: number[][]): RecordBatch {
  const bytes = Uint8Array.from(records.flatMap((record) => [255, ...record]));
  const lengths = Uint32Array.from(records, (record) => record.length);
  const offsets = Uint32Array.from(records, (_, index) => records.slice(0, index).reduce((sum, record) => sum + record.length + 1, 1));
  return { bytes, view: new DataView(bytes.buffer), offsets, lengths, count: records.length };
}

function contents({ bytes, view, offsets, count }: RecordBatch, size: number): number[][] {
  expect(view.buffer).toBe(bytes.buffer);
  return Array.from({ length: count }, (_, index) => [...bytes.subarray(offsets[index]!, offsets[index]! + size)]);
}

describe('RecordPadder', () => {
  test('leaves a batch of whole records alone', () => {
    const batch = batchOf([1, 2, 3], [4, 5, 6, 7]);
    expect(new RecordPadder(3).pad(batch)).toBe(batch);
  });

  test.each([
    { name: 'short records', records: [[1], [2, 3]], padded: [[1, 0, 0], [2, 3, 0]] }, // biome-ignore format: a row is a case
    { name: 'empty records', records: [[], [1]], padded: [[0, 0, 0], [1, 0, 0]] }, // biome-ignore format: a row is a case
    { name: 'short among whole and longer ones', records: [[1, 2, 3], [4, 5, 6, 7], [8]], padded: [[1, 2, 3], [4, 5, 6], [8, 0, 0]] }, // biome-ignore format: a row is a case
  ])('pads $name', ({ records, padded }) => {
    expect(contents(new RecordPadder(3).pad(batchOf(...records)), 3)).toEqual(padded);
  });

  test('shows nothing of earlier batches', () => {
    const padder = new RecordPadder(3);
    padder.pad(batchOf([1, 2, 3], [4, 5], [6]));
    expect(contents(padder.pad(batchOf([7], [8], [])), 3)).toEqual([[7, 0, 0], [8, 0, 0], [0, 0, 0]]); // biome-ignore format: a row is a record
    expect(contents(padder.pad(batchOf(...Array.from({ length: 100 }, () => [9]))), 3)).toEqual(
      Array.from({ length: 100 }, () => [9, 0, 0]),
    );
  });
});
