import type { Report } from '../base/diagnostics.ts';
import type { GadgetSpec, SourceSpec } from '../gadget/spec.ts';
import type { BpfObject, Kernel } from '../kernel/types.ts';
import type { LossCounts } from '../pipeline/loss.ts';
import type { ByteSink, OutputFactory } from '../pipeline/output.ts';
import { type Arrange, type Predicate, SourcePipeline } from '../pipeline/source-pipeline.ts';
import { type LoadedGadget, loadGadget } from './load.ts';
import { lostCounter } from './lost-samples.ts';
import { ownRecords } from './own-records.ts';
import { type FetchSchedule, iteratorReader, mapReader, Table } from './table.ts';
import { Tracer } from './tracer.ts';

/** Time from being told to end until a slow reader is given up, of which detaching takes a part. Milliseconds; Ctrl-C has to be answered within 200. */
const readerDeadlineMs = 80;
/** What the reader has of it at least, however long detaching took. */
const readerLeastMs = 40;
/** How often losses are looked at while a run goes on, and whether anybody reads. Milliseconds. */
const checkMs = 1000;

/** What the user wants to see of one data source. */
export interface SourceOptions {
  readonly filter: Predicate | undefined;
  readonly arrange: Arrange | undefined;
  readonly schedule: FetchSchedule;
}

export interface RunOptions {
  readonly spec: GadgetSpec;
  readonly kernel: Kernel;
  /** Values of params by key. */
  readonly params: ReadonlyMap<string, string>;
  readonly bufferBytes: number;
  readonly kernelBtfPath?: string;
  /** Show what this process itself causes. */
  readonly showOwn: boolean;
  /** End after so many records. */
  readonly maxRecords: number | undefined;
  /** Ends the run. */
  readonly signal: AbortSignal;
  /** By data source name. */
  readonly sources: ReadonlyMap<string, SourceOptions>;
  readonly outputs: OutputFactory;
  readonly sink: ByteSink;
  readonly report: Report;
  /** The object is loaded and nothing attached yet: maps that operators read exist. */
  readonly onLoaded?: (object: BpfObject) => void;
  /** Everything is attached: events flow from here on. */
  readonly onReady?: () => void;
}

export interface RunSummary {
  readonly sources: ReadonlyArray<{ readonly name: string; readonly shape: 'single' | 'array'; readonly counts: LossCounts }>;
  /** Program → runs skipped by the kernel because it was already running on that CPU. */
  readonly missed: ReadonlyMap<string, bigint>;
  /** Program → why it was left out. */
  readonly leftOut: ReadonlyMap<string, string>;
  /** Maps that the image pins by name and that stay. */
  readonly pinned: readonly string[];
}

/**
 * Runs a gadget until the signal, its own end, or its reader's: load, attach, pump, stop. Nothing stays in the kernel, however it ends.
 * Errors: what `loadGadget` throws, and OUTPUT_FAILED.
 */
export async function runGadget(options: RunOptions): Promise<RunSummary> {
  const run = new Run(options);
  const loaded = loadGadget(options.spec, options.kernel, { ...options, prepare: (object) => run.openTracers(object) });
  try {
    run.openTables(loaded);
    await run.pump();
    // Before the last drain, so that what is drained then is all there will be.
    loaded.object.detach();
    await run.drain();
    return run.summarise(loaded);
  } finally {
    loaded.object.close();
  }
}

class Run {
  readonly #options: RunOptions;
  readonly #pipelines: ReadonlyMap<string, SourcePipeline>;
  readonly #budget: { left: number };
  #tracers: Tracer[] = [];
  #tables: Table[] = [];
  #finish: (error?: unknown) => void = () => {};
  readonly #finished: Promise<void>;
  #tablesRunning = 0;
  /** When the signal came, by `performance.now()`. */
  #toldAt: number | undefined;

  constructor(options: RunOptions) {
    this.#options = options;
    this.#budget = { left: options.maxRecords ?? Number.POSITIVE_INFINITY };
    this.#pipelines = new Map(options.spec.sources.map((source) => [source.dataSource.name, makePipeline(options, source)]));
    this.#finished = new Promise((resolve, reject) => {
      this.#finish = (error) => (error === undefined ? resolve() : reject(error));
    });
  }

  /** Before anything is attached; again after a plan was given up, so it starts over. */
  openTracers(object: BpfObject): void {
    this.#options.onLoaded?.(object);
    this.#tracers = [];
    for (const { dataSource, origin } of this.#options.spec.sources) {
      if (origin.kind !== 'tracer') continue;
      const buffer = object.openBuffer(object.map(origin.map)!);
      const lost = lostCounter(buffer, origin.lostSamplesMap === undefined ? undefined : object.map(origin.lostSamplesMap));
      const pipeline = this.#pipelines.get(dataSource.name)!;
      this.#tracers.push(new Tracer({ pipeline, buffer, lost, sink: this.#options.sink, budget: this.#budget, onEnd: this.#finish }));
    }
  }

  openTables(loaded: LoadedGadget): void {
    for (const source of this.#options.spec.sources) {
      if (source.origin.kind === 'tracer') continue;
      const { schedule } = this.#options.sources.get(source.dataSource.name)!;
      const read = tableReader(loaded, source);
      this.#tables.push(
        new Table({
          pipeline: this.#pipelines.get(source.dataSource.name)!,
          read,
          schedule,
          sink: this.#options.sink,
          onEnd: (error) => this.#tableEnded(error),
        }),
      );
      if (schedule.count > 0) this.#tablesRunning++;
    }
  }

  /** The run ends by itself when all there is are tables that were fetched as often as asked for. */
  #tableEnded(error?: unknown): void {
    if (error !== undefined || this.#options.sink.closed) {
      this.#finish(error);
      return;
    }
    this.#tablesRunning--;
    const endless = this.#tables.length > [...this.#options.sources.values()].filter(({ schedule }) => schedule.count > 0).length;
    if (this.#tablesRunning === 0 && this.#tracers.length === 0 && !endless) this.#finish();
  }

  async pump(): Promise<void> {
    const { signal, onReady, sink } = this.#options;
    for (const pipeline of this.#pipelines.values()) pipeline.output.open();
    for (const source of [...this.#tracers, ...this.#tables]) source.start();
    const checkTimer = setInterval(() => this.#check(), checkMs);
    const keepAlive = setInterval(() => {}, 2 ** 30);
    const onAbort = () => {
      this.#toldAt = performance.now();
      this.#finish();
    };
    signal.addEventListener('abort', onAbort);
    try {
      onReady?.();
      if (!signal.aborted && !sink.closed) await this.#finished;
    } finally {
      signal.removeEventListener('abort', onAbort);
      clearInterval(checkTimer);
      clearInterval(keepAlive);
      for (const source of [...this.#tracers, ...this.#tables]) source.stop();
    }
  }

  /**
   * What was still buffered when the programs were detached, then each output's end. A run that ends by itself waits for its reader;
   * one that is told to end gives it a moment.
   */
  async drain(): Promise<void> {
    const { signal, sink } = this.#options;
    let deadline: NodeJS.Timeout | undefined;
    const hurry = () => {
      const spentMs = this.#toldAt === undefined ? 0 : performance.now() - this.#toldAt;
      deadline = setTimeout(() => sink.giveUp(), Math.max(readerLeastMs, readerDeadlineMs - spentMs));
    };
    if (signal.aborted) hurry();
    else signal.addEventListener('abort', hurry);
    try {
      for (const source of [...this.#tracers, ...this.#tables]) await source.drainRest();
      for (const pipeline of this.#pipelines.values()) {
        const rest = pipeline.output.close();
        if (rest.length > 0) await sink.write(rest);
      }
    } finally {
      signal.removeEventListener('abort', hurry);
      clearTimeout(deadline);
    }
  }

  #check(): void {
    this.#reportLoss();
    this.#options.sink.checkReader();
    if (this.#options.sink.closed) this.#finish();
  }

  #reportLoss(): void {
    for (const tracer of this.#tracers) {
      const before = tracer.pipeline.counts.lost ?? 0;
      tracer.updateLost();
      const lost = (tracer.pipeline.counts.lost ?? 0) - before;
      if (lost > 0)
        this.#options.report({
          severity: 'warning',
          message: `${tracer.pipeline.dataSource.name}: lost ${lost} events (the kernel's buffer was full)`,
        });
    }
  }

  summarise(loaded: LoadedGadget): RunSummary {
    const missed = new Map<string, bigint>();
    for (const { program } of loaded.attachments) {
      const misses = loaded.object.program(program.name)!.statistics().recursionMisses;
      if (misses > 0n) missed.set(program.name, misses);
    }
    return {
      sources: [...this.#pipelines.values()].map(({ dataSource, counts }) => ({ name: dataSource.name, shape: dataSource.shape, counts })),
      missed,
      leftOut: loaded.leftOut,
      pinned: this.#options.spec.maps.filter((map) => map.pinnedByName).map((map) => map.name),
    };
  }
}

function makePipeline(options: RunOptions, { dataSource }: SourceSpec): SourcePipeline {
  const wanted = options.sources.get(dataSource.name)!;
  return new SourcePipeline({
    dataSource,
    output: options.outputs.create(dataSource),
    isOwn: options.showOwn ? undefined : ownRecords(dataSource),
    filter: wanted.filter,
    arrange: wanted.arrange,
  });
}

function tableReader(loaded: LoadedGadget, source: SourceSpec) {
  if (source.origin.kind === 'map-iterator') return mapReader(loaded.object, source);
  const names = new Set(source.origin.kind === 'iterator' ? source.origin.programs : []);
  const links = loaded.attachments.filter(({ program }) => names.has(program.name)).flatMap((attachment) => attachment.links);
  return iteratorReader(links, source.dataSource.recordSize);
}
