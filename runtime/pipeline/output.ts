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
  /** Of the text that the last `write` returned: how many of its records are whole within the first `bytes` bytes. */
  wholeRecords(bytes: number): number;
  /** What remains to be written at the end. */
  close(): Uint8Array;
}

/** Where bytes go: stdout, a file, a socket. */
export interface ByteSink {
  /**
   * Writes behind what was given before. Answers how many bytes the other side took: at once when it takes all, else as a promise, until
   * whose end the bytes must stay as they are. Fewer than given: nobody reads any more, or the sink was given up.
   */
  write(bytes: Uint8Array): number | Promise<number>;
  /** True once nobody reads any more (EPIPE), which ends the run without an error, or the sink was given up. */
  readonly closed: boolean;
  /** Looks whether anybody still reads, which otherwise only the next write tells, where that can be seen; if not, closes the sink. */
  checkReader(): void;
  /** Closes the sink: what waits for the reader waits no longer. */
  giveUp(): void;
  /** Closes the sink when what waits is written, or the reader has not moved for a moment. */
  end(): Promise<void>;
}

/** Chooses and makes outputs; the engine is handed one and knows no format. */
export interface OutputFactory {
  create(dataSource: DataSource): Output;
}
