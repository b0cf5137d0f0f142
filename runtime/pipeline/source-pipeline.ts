import type { DataSource } from '../schema/data-source.ts';
import type { LossCounts } from './loss.ts';
import type { Output } from './output.ts';
import { RecordPadder } from './pad-records.ts';
import type { RecordBatch } from './record-batch.ts';

/** True for a record that stays. */
export type Predicate = (batch: RecordBatch, index: number) => boolean;

/** Orders or shortens the chosen records of a table in place; returns how many remain. */
export type Arrange = (batch: RecordBatch, selection: Uint32Array, count: number) => number;

export interface SourcePipelineOptions {
  readonly dataSource: DataSource;
  readonly output: Output;
  /** Records caused by this process itself; undefined when they are to be shown or cannot be told. */
  readonly isOwn: Predicate | undefined;
  readonly filter: Predicate | undefined;
  /** Tables only: sort, then limit. */
  readonly arrange: Arrange | undefined;
}

/** One data source's way from raw records to bytes: own → filter → arrange → output, in that order, counting what falls out. */
export class SourcePipeline {
  readonly dataSource: DataSource;
  readonly counts: LossCounts = { delivered: 0, filtered: 0, own: 0, cut: 0, lost: undefined, untaken: 0 };
  readonly output: Output;
  readonly #options: SourcePipelineOptions;
  readonly #padder: RecordPadder;
  #selection = new Uint32Array(1024);
  /** Of the last call of `process`. */
  #last = { bytes: 0, records: 0 };

  constructor(options: SourcePipelineOptions) {
    this.#options = options;
    this.dataSource = options.dataSource;
    this.output = options.output;
    this.#padder = new RecordPadder(options.dataSource.recordSize);
  }

  /** Bytes for the sink, borrowed until the next call. `limit`: deliver at most so many records. Counts as if all were written. */
  process(raw: RecordBatch, limit = Number.POSITIVE_INFINITY): Uint8Array {
    const batch = this.#padder.pad(raw);
    const { isOwn, filter, arrange } = this.#options;
    if (isOwn === undefined && filter === undefined && arrange === undefined && batch.count <= limit) {
      return this.#write(batch, undefined, batch.count);
    }
    const count = this.#select(batch, limit);
    const shown = arrange === undefined ? count : arrange(batch, this.#selection, count);
    this.counts.filtered += count - shown;
    return this.#write(batch, this.#selection, shown);
  }

  /** How many bytes of what `process` returned last were written: records that are not whole are not delivered. */
  settle(written: number): void {
    const { bytes, records } = this.#last;
    if (written >= bytes) return;
    const whole = this.dataSource.shape === 'single' ? this.output.wholeRecords(written) : 0;
    this.counts.delivered -= records - whole;
    this.counts.untaken += records - whole;
  }

  #write(batch: RecordBatch, selection: Uint32Array | undefined, count: number): Uint8Array {
    const text = this.output.write(batch, selection, count);
    this.counts.delivered += count;
    this.#last = { bytes: text.length, records: count };
    return text;
  }

  #select(batch: RecordBatch, limit: number): number {
    if (this.#selection.length < batch.count) this.#selection = new Uint32Array(batch.count * 2);
    const { isOwn, filter } = this.#options;
    const selection = this.#selection;
    let count = 0;
    let index = 0;
    for (; index < batch.count && count < limit; index++) {
      if (isOwn?.(batch, index)) this.counts.own++;
      else if (filter !== undefined && !filter(batch, index)) this.counts.filtered++;
      else selection[count++] = index;
    }
    this.counts.cut += batch.count - index;
    return count;
  }
}
