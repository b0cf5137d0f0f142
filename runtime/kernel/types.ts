/** The vocabulary of the kernel door; `native/index.d.ts` is its C++ side. */

/** How a program is attached. `target` names are the kernel's. */
export type AttachRequest =
  | { readonly kind: 'tracepoint'; readonly category: string; readonly name: string }
  | { readonly kind: 'raw_tracepoint'; readonly name: string }
  /** fentry, fexit, tp_btf, lsm: the target was fixed before load. */
  | { readonly kind: 'tracing' }
  | { readonly kind: 'kprobe'; readonly symbol: string; readonly offset?: number; readonly onReturn: boolean }
  | {
      readonly kind: 'uprobe';
      readonly path: string;
      readonly offset: bigint;
      readonly onReturn: boolean;
      readonly pid?: number;
      readonly semaphoreOffset?: bigint;
    }
  | { readonly kind: 'perf_event'; readonly type: number; readonly config: number; readonly frequencyHz: number; readonly cpu: number }
  | { readonly kind: 'iter'; readonly mapFd?: number };

export interface ProgramStatistics {
  readonly runCount: bigint;
  readonly runTimeNs: bigint;
  /** Runs that were skipped because the program was already running on that CPU. */
  readonly recursionMisses: bigint;
}

export interface ObjectOptions {
  readonly name: string;
  /** What errors call it; the name when not given. */
  readonly title?: string;
  /** Another kernel BTF than /sys/kernel/btf/vmlinux. */
  readonly kernelBtfPath?: string;
}

/**
 * Raw records borrowed from a kernel buffer, valid until the next `drain()` or `close()`.
 * Ring buffers map kernel memory: `bytes` is a window on it, read-only in fact; never write through it.
 */
export interface DrainedRecords {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly offsets: Uint32Array;
  readonly lengths: Uint32Array;
  readonly count: number;
  /** More is waiting than fitted into this batch. */
  readonly more: boolean;
}

/** A ring buffer or a set of per-CPU perf buffers. */
export interface RecordBuffer {
  readonly capacityBytes: number;
  /** Takes what is there, at most `maxRecords` (default 65,536) and 4 MiB; gives back the memory of the drain before. */
  drain(maxRecords?: number): DrainedRecords;
  /** Gives back the memory of the last drain without taking more. */
  release(): void;
  /** Calls `wake` once, on the JS thread, when records are there; costs nothing until then. A second arm replaces the first. */
  arm(wake: () => void): void;
  disarm(): void;
  /** Bytes between consumer and producer position (ring buffers; 0 for perf buffers). */
  readonly waitingBytes: number;
  /** Records that the kernel says it dropped (perf buffers); undefined where it does not say (ring buffers). */
  readonly lost: number | undefined;
  close(): void;
}

/** Bytes of a BPF iterator, read to the end. */
export interface IteratorStream {
  /** The next bytes, at most 64 KiB, borrowed; undefined at the end. */
  read(): Uint8Array | undefined;
  close(): void;
}

export interface Link {
  /** iter only: a new run of the iterator. */
  openIterator(): IteratorStream;
  close(): void;
}

export interface Program {
  readonly name: string;
  readonly section: string;
  /** Number of `enum bpf_prog_type`. */
  readonly type: number;
  /** Before load. */
  setAutoload(load: boolean): void;
  /** Before load; kernel function or tracepoint of tracing programs. */
  setAttachTarget(target: string): void;
  /** Before load; for sections that libbpf does not know. */
  setType(type: number): void;
  /** After load. KernelError: ATTACH_FAILED, ATTACH_TARGET_MISSING, PRIVILEGE_MISSING, KERNEL_FEATURE_MISSING. */
  attach(request: AttachRequest): Link;
  statistics(): ProgramStatistics;
  readonly id: number;
  readonly fd: number;
}

export interface BpfMap {
  readonly name: string;
  readonly type: number;
  readonly keySize: number;
  /** Bytes of one value; per-CPU maps hold one such value per possible CPU, each rounded up to 8. */
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly fd: number;
  /** Before load. */
  setMaxEntries(count: number): void;
  setType(type: number): void;
  setKeySize(bytes: number): void;
  setValueSize(bytes: number): void;
  setAutocreate(create: boolean): void;
  /** Before load; the initial contents of `.rodata`, `.data`, `.bss` maps: a copy to read, and a copy written back. */
  initialValue(): Uint8Array | undefined;
  setInitialValue(bytes: Uint8Array): void;
  /** Before load: use this map instead. */
  reuse(fd: number): void;
  setPinPath(path: string | undefined): void;
  pin(path: string): void;
  unpin(path: string): void;
  /** After load. Keys and values are raw bytes; undefined when there is no such key. */
  lookup(key: Uint8Array): Uint8Array | undefined;
  update(key: Uint8Array, value: Uint8Array, flags?: 'any' | 'noexist' | 'exist'): void;
  /** False when there was no such key. */
  delete(key: Uint8Array): boolean;
  /**
   * All entries, `key` and `value` side by side, each `keySize` + value bytes, in one buffer; with `remove` they are taken out.
   * Uses batch operations where the kernel has them for this type, else one entry at a time.
   */
  entries(options?: { remove?: boolean }): {
    readonly bytes: Uint8Array;
    readonly count: number;
    readonly keyBytes: number;
    readonly valueBytes: number;
  };
}

export interface BpfObject {
  readonly programs: readonly Program[];
  readonly maps: readonly BpfMap[];
  program(name: string): Program | undefined;
  map(name: string): BpfMap | undefined;
  /** Creates maps, verifies and loads programs. LOAD_REJECTED carries `verifierLog` and `program` in its context. */
  load(): void;
  openBuffer(map: BpfMap, options?: { pagesPerCpu?: number }): RecordBuffer;
  /** Closes every link but those of iterators, all at once: one after the other, the kernel takes some 40 ms for each. */
  detach(): void;
  close(): void;
}

/** What the engine needs of the kernel; a test hands in another one. */
export interface Kernel {
  openObject(bytes: Uint8Array, options: ObjectOptions): BpfObject;
  features: KernelFeatures;
}

/** A probe's answer; one that could not run is neither and is not cached. */
export type Probe = { readonly supported: boolean; readonly why?: string } | { readonly supported: 'unknown'; readonly why: string };

export interface KernelFeatures {
  /** `6.18.44-…`, as uname says. */
  readonly release: string;
  /** Possible CPUs. */
  readonly possibleCpus: number;
  onlineCpus(): readonly number[];
  hasBtf(): boolean;
  ringBuffer(): Probe;
  programKind(kind: 'tracepoint' | 'raw_tracepoint' | 'tp_btf' | 'fentry' | 'kprobe' | 'uprobe' | 'iter' | 'perf_event' | 'lsm'): Probe;
  /** Effective capabilities that are missing of those named (CAP_BPF, CAP_PERFMON, CAP_SYS_ADMIN …). */
  missingCapabilities(needed: readonly string[]): readonly string[];
  tracepointExists(category: string, name: string): boolean;
  /** Total of the kernel's clocks: CLOCK_REALTIME minus CLOCK_BOOTTIME, in nanoseconds. */
  bootTimeOffsetNs(): bigint;
}
