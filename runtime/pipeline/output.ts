import type { DataSource } from '../schema/data-source.ts';
import type { RecordBatch } from './record-batch.ts';

/** The last mile of one data source: turns batches into bytes of a stream. */
export interface Output {
  /** Start of the stream (a header, nothing). */
  open(): void;
  /**
   * Writes the records `selection[0..count)` of the batch (indices), or the first `count` when there is no selection.
   * For `array` sources one call is one whole table. Returns the bytes to write at once, borrowed until the next call.
   */
  write(batch: RecordBatch, selection: Uint32Array | undefined, count: number): Uint8Array;
  /** What remains to be written at the end. */
  close(): Uint8Array;
}

/** Where bytes go: stdout, a file, a socket. */
export interface ByteSink {
  /** Undefined when written; a promise when the other side is slow, resolved when more may come. */
  write(bytes: Uint8Array): Promise<void> | undefined;
  /** True once nobody reads any more (EPIPE): the run ends without an error. */
  readonly closed: boolean;
  end(): Promise<void>;
}

/** Chooses and makes outputs; the engine is handed one and knows no format. */
export interface OutputFactory {
  create(dataSource: DataSource): Output;
}
