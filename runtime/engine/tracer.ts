import type { RecordBuffer } from '../kernel/types.ts';
import type { ByteSink } from '../pipeline/output.ts';
import type { SourcePipeline } from '../pipeline/source-pipeline.ts';
import { DrainTimer } from './drain-timer.ts';
import type { LostCounter } from './lost-samples.ts';

/** Most records taken at once: the text of a batch is made in one buffer, which stays as large as the largest. */
const recordsPerDrain = 8192;
/** Most bytes of records taken at once if each had the size of the whole struct. */
const bytesPerDrain = 4 * 1024 * 1024;

export interface TracerOptions {
  readonly pipeline: SourcePipeline;
  readonly buffer: RecordBuffer;
  readonly lost: LostCounter;
  readonly sink: ByteSink;
  /** Records that may still be delivered (`-n`), shared by all sources; the owner is told of each delivery. */
  readonly budget: { left: number };
  /** Called when the sink is closed, the budget is used up or something broke. */
  readonly onEnd: (error?: unknown) => void;
}

/**
 * Drains one kernel buffer into the sink. While the sink is slow nothing is drained: the kernel's buffer fills and the kernel counts
 * what it cannot keep, so that a slow reader costs loss and never memory.
 */
export class Tracer {
  readonly #options: TracerOptions;
  readonly #timer: DrainTimer;
  readonly #recordsPerDrain: number;
  #cancelPending: () => void = () => {};
  #stopped = false;
  /** The last write, when the sink did not take it at once. */
  #inFlight: Promise<void> | undefined;

  constructor(options: TracerOptions) {
    this.#options = options;
    this.#timer = new DrainTimer(options.buffer.capacityBytes);
    const recordsThatFit = Math.floor(bytesPerDrain / Math.max(1, options.pipeline.dataSource.recordSize));
    this.#recordsPerDrain = Math.max(1, Math.min(recordsPerDrain, recordsThatFit));
  }

  get pipeline(): SourcePipeline {
    return this.#options.pipeline;
  }

  start(): void {
    this.#sleep();
  }

  /** Reads the kernel's count of lost records. */
  updateLost(): void {
    this.pipeline.counts.lost = this.#options.lost();
  }

  /** No more drains but those asked for with `drainRest`. */
  stop(): void {
    this.#stopped = true;
    this.#options.buffer.disarm();
    this.#cancelPending();
  }

  /** After detaching: writes what is still in the buffer, until the sink is closed; the rest is counted as what it is. */
  async drainRest(): Promise<void> {
    const { sink, budget } = this.#options;
    await this.#inFlight;
    for (let more = true; more && !sink.closed && budget.left > 0; ) {
      const drained = this.#drainOnce();
      more = drained.more;
      await drained.waiting;
    }
    const { counts } = this.pipeline;
    counts[budget.left > 0 ? 'untaken' : 'cut'] += this.#discardRest();
    this.updateLost();
  }

  /** Empties the buffer without looking; returns how many records were in it. */
  #discardRest(): number {
    let count = 0;
    for (;;) {
      const batch = this.#options.buffer.drain();
      count += batch.count;
      const { more } = batch;
      this.#options.buffer.release();
      if (!more) return count;
    }
  }

  #sleep(): void {
    if (this.#stopped) return;
    this.#options.buffer.arm(() => {
      this.#timer.woken(performance.now());
      this.#drain();
    });
  }

  #drain(): void {
    if (this.#stopped) return;
    try {
      const drained = this.#drainOnce();
      if (this.#options.sink.closed || this.#options.budget.left <= 0) this.#options.onEnd();
      else if (drained.waiting !== undefined) void drained.waiting.then(() => this.#drain(), this.#options.onEnd);
      else this.#schedule(this.#timer.next(performance.now(), drained));
    } catch (error) {
      this.#options.onEnd(error);
    }
  }

  #schedule(waitMs: number | undefined): void {
    if (waitMs === undefined) {
      this.#sleep();
    } else if (waitMs === 0) {
      const immediate = setImmediate(() => this.#drain());
      this.#cancelPending = () => clearImmediate(immediate);
    } else {
      const timeout = setTimeout(() => this.#drain(), waitMs);
      this.#cancelPending = () => clearTimeout(timeout);
    }
  }

  #drainOnce(): { bytes: number; more: boolean; waiting: Promise<void> | undefined } {
    const { buffer, pipeline, budget } = this.#options;
    const batch = buffer.drain(this.#recordsPerDrain);
    if (batch.count === 0) {
      buffer.release();
      return { bytes: 0, more: false, waiting: undefined };
    }
    const before = pipeline.counts.delivered;
    const text = pipeline.process(batch, budget.left);
    budget.left -= pipeline.counts.delivered - before;
    const bytes = batch.offsets[batch.count - 1]! - batch.offsets[0]! + batch.lengths[batch.count - 1]!;
    const more = batch.more;
    buffer.release();
    this.#inFlight = text.length === 0 ? undefined : this.#write(text);
    return { bytes, more, waiting: this.#inFlight };
  }

  /** Undefined when the sink took everything at once, or never will. */
  #write(text: Uint8Array): Promise<void> | undefined {
    const written = this.#options.sink.write(text);
    if (typeof written !== 'number') return written.then((count) => this.pipeline.settle(count));
    this.pipeline.settle(written);
    return undefined;
  }
}
