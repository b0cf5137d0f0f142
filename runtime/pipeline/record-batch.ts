/**
 * Raw records, as the kernel wrote them. Borrowed: valid until the next batch is asked for. Whoever wants to keep a record copies its bytes.
 *
 * Record `i` starts at `offsets[i]` and has `lengths[i]` bytes, of which at least the data source's `recordSize` can be read
 * (shorter records were padded with zeros).
 */
export interface RecordBatch {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly offsets: Uint32Array;
  readonly lengths: Uint32Array;
  readonly count: number;
}
