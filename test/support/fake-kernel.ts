import { KernelError } from '../../runtime/kernel/errors.ts';
import type { BpfMap, BpfObject, DrainedRecords, Kernel, KernelFeatures, Link, Program, RecordBuffer } from '../../runtime/kernel/types.ts';

/** What a test lets the kernel do that a real one does not do on demand. */
export interface FakeKernelOptions {
  readonly programs: readonly string[];
  readonly maps?: readonly BpfMap[];
  /** Program → what loading an object with it says. */
  readonly rejects?: ReadonlyMap<string, string>;
  /** Program → what attaching it says. */
  readonly refuses?: ReadonlyMap<string, string>;
  readonly buffer?: RecordBuffer;
}

/** A kernel in memory, which tells what was done to it. */
export class FakeKernel implements Kernel {
  readonly objects: FakeObject[] = [];
  readonly features = { onlineCpus: () => [0, 1], ringBuffer: () => ({ supported: true }) } as unknown as KernelFeatures;
  readonly #options: FakeKernelOptions;

  constructor(options: FakeKernelOptions) {
    this.#options = options;
  }

  openObject(): BpfObject {
    const object = new FakeObject(this.#options);
    this.objects.push(object);
    return object as unknown as BpfObject;
  }

  /** Programs that are attached now. */
  get attached(): string[] {
    return this.objects.flatMap(({ attached }) => [...attached]);
  }

  /** Objects that were not closed. */
  get open(): number {
    return this.objects.filter(({ closed }) => !closed).length;
  }
}

/** One object: its programs and what became of them. */
export class FakeObject {
  readonly attached = new Set<string>();
  readonly loaded = new Set<string>();
  closed = false;
  readonly programs: readonly Program[];
  readonly maps: readonly BpfMap[];
  readonly #options: FakeKernelOptions;

  constructor(options: FakeKernelOptions) {
    this.#options = options;
    this.programs = options.programs.map((name) => this.#program(name));
    this.maps = options.maps ?? [];
  }

  program(name: string): Program | undefined {
    return this.programs.find((program) => program.name === name);
  }

  map(name: string): BpfMap | undefined {
    return this.maps.find((map) => map.name === name);
  }

  load(): void {
    for (const name of this.loaded) {
      const why = this.#options.rejects?.get(name);
      if (why !== undefined) {
        throw new KernelError('LOAD_REJECTED', why, { errno: 13, operation: 'load', context: { program: name } });
      }
    }
  }

  openBuffer(): RecordBuffer {
    return this.#options.buffer!;
  }

  detach(): void {
    this.attached.clear();
  }

  close(): void {
    this.detach();
    this.closed = true;
  }

  #program(name: string): Program {
    const attach = (): Link => {
      const why = this.#options.refuses?.get(name);
      if (why !== undefined) throw new KernelError('ATTACH_FAILED', why, { errno: 2, operation: 'attach' });
      this.attached.add(name);
      return { close: () => this.attached.delete(name) } as unknown as Link;
    };
    const setAutoload = (load: boolean) => (load ? this.loaded.add(name) : this.loaded.delete(name));
    const statistics = () => ({ runCount: 0n, runTimeNs: 0n, recursionMisses: 0n });
    return { name, section: '', type: 0, setAutoload, setType: () => {}, attach, statistics } as unknown as Program;
  }
}

/** A buffer that hands out what a test puts into it. */
export class FakeBuffer implements RecordBuffer {
  readonly capacityBytes: number;
  lost: number | undefined;
  drains = 0;
  released = 0;
  closed = false;
  #records: Uint8Array[] = [];
  #wake: (() => void) | undefined;

  constructor(capacityBytes = 65_536) {
    this.capacityBytes = capacityBytes;
  }

  get waitingBytes(): number {
    return this.#records.reduce((sum, record) => sum + record.length, 0);
  }

  /** True while the consumer sleeps until it is woken. */
  get armed(): boolean {
    return this.#wake !== undefined;
  }

  /** Records that are there now. */
  get waiting(): number {
    return this.#records.length;
  }

  /** Puts records in, and wakes a sleeping consumer. */
  submit(...records: readonly Uint8Array[]): void {
    this.#records.push(...records);
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  drain(maxRecords = 65_536): DrainedRecords {
    this.drains++;
    const taken = this.#records.splice(0, maxRecords);
    const bytes = Buffer.concat(taken);
    const lengths = Uint32Array.from(taken, (record) => record.length);
    let end = 0;
    const offsets = lengths.map((length) => {
      end += length;
      return end - length;
    });
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    return { bytes, view, offsets, lengths, count: taken.length, more: this.#records.length > 0 };
  }

  release(): void {
    this.released++;
  }

  arm(wake: () => void): void {
    if (this.#records.length > 0) wake();
    else this.#wake = wake;
  }

  disarm(): void {
    this.#wake = undefined;
  }

  close(): void {
    this.closed = true;
  }
}
