import type { SourceSpec } from '../gadget/spec.ts';
import type { BpfObject, Link } from '../kernel/types.ts';
import type { ByteSink } from '../pipeline/output.ts';
import type { RecordBatch } from '../pipeline/record-batch.ts';
import type { SourcePipeline } from '../pipeline/source-pipeline.ts';

/** How often a table is fetched. */
export interface FetchSchedule {
  /** Milliseconds between fetches; 0: never by time. */
  readonly intervalMs: number;
  /** Fetches until the source is done; 0: no limit. */
  readonly count: number;
  /** One more fetch when the run stops. */
  readonly onStop: boolean;
}

export interface TableOptions {
  readonly pipeline: SourcePipeline;
  readonly read: () => RecordBatch;
  readonly schedule: FetchSchedule;
  readonly sink: ByteSink;
  readonly onEnd: (error?: unknown) => void;
}

/** Fetches one `array` data source on its schedule and hands each whole table to the sink. */
export class Table {
  readonly #options: TableOptions;
  #timer: NodeJS.Timeout | undefined;
  #fetched = 0;
  /** The fetch that goes on, until its table is written. */
  #fetching: Promise<void> | undefined;

  constructor(options: TableOptions) {
    this.#options = options;
  }

  get pipeline(): SourcePipeline {
    return this.#options.pipeline;
  }

  start(): void {
    const { intervalMs, count } = this.#options.schedule;
    if (intervalMs > 0) this.#timer = setInterval(() => this.#tick(), intervalMs);
    else if (count > 0) setImmediate(() => this.#tick());
  }

  /** A table has its own loss only where its map was full, which the kernel does not count. */
  updateLost(): void {}

  stop(): void {
    clearInterval(this.#timer);
  }

  /** After detaching: waits for the table that is being written, and shows the last one where that is asked for. */
  async drainRest(): Promise<void> {
    await this.#fetching;
    if (this.#options.schedule.onStop && !this.#options.sink.closed) await this.#fetch();
  }

  #tick(): void {
    // The reader is slower than the interval: this fetch is skipped, and the next one shows what gathered meanwhile.
    if (this.#fetching !== undefined) return;
    this.#fetching = this.#fetch();
    this.#fetching.then(
      () => {
        this.#fetching = undefined;
        if (this.#options.sink.closed || this.#done()) this.#options.onEnd();
      },
      (error) => this.#options.onEnd(error),
    );
  }

  #done(): boolean {
    const { count } = this.#options.schedule;
    this.#fetched++;
    return count > 0 && this.#fetched >= count;
  }

  async #fetch(): Promise<void> {
    const { read, pipeline, sink } = this.#options;
    const text = pipeline.process(read());
    if (text.length > 0) pipeline.settle(await sink.write(text));
  }
}

/** Records of one size laid end to end, as a batch. */
function batchOf(bytes: Uint8Array, count: number, size: number): RecordBatch {
  const offsets = new Uint32Array(count);
  for (let index = 0; index < count; index++) offsets[index] = index * size;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { bytes, view, offsets, lengths: new Uint32Array(count).fill(size), count };
}

/** Reads a map iterator's table: every entry, key and value side by side, taken out of the map as its gadgets expect. */
export function mapReader(object: BpfObject, source: SourceSpec): () => RecordBatch {
  const { origin } = source;
  if (origin.kind !== 'map-iterator') throw new TypeError('not a map iterator');
  const map = object.map(origin.map)!;
  return () => {
    const entries = map.entries({ remove: true });
    return batchOf(entries.bytes, entries.count, entries.keyBytes + entries.valueBytes);
  };
}

/** Reads a BPF iterator's table: what its programs print, one after the other. */
export function iteratorReader(links: readonly Link[], recordSize: number): () => RecordBatch {
  return () => {
    const bytes = Buffer.concat(links.flatMap(readIterator));
    return batchOf(bytes, Math.floor(bytes.length / recordSize), recordSize);
  };
}

function readIterator(link: Link): Uint8Array[] {
  const stream = link.openIterator();
  const chunks: Uint8Array[] = [];
  try {
    for (let chunk = stream.read(); chunk !== undefined; chunk = stream.read()) chunks.push(Uint8Array.from(chunk));
  } finally {
    stream.close();
  }
  return chunks;
}
