/**
 * The contract of the addon `gadget_native.node`. Only `runtime/kernel` imports it.
 *
 * Every function is called on the JS thread and works at once. Where the kernel or libbpf refuses, a plain `NativeFailure` is thrown, not an
 * Error; arguments of a wrong type throw a TypeError. 64-bit values are bigints.
 */

/** What is thrown: facts, no prose. */
export interface NativeFailure {
  /** Positive errno. EBADF: the object was closed; EBUSY: too late, it was loaded. */
  readonly errno: number;
  readonly operation: string;
  /** Program, map or path; may be empty. */
  readonly subject: string;
  /** What libbpf printed, with the verifier's log; at most 64 KiB and a line. */
  readonly log: string;
}

/** An object file; owns everything that is made from it. */
export class BpfObject {
  /** `kernelBtfPath` may be empty: the running kernel's own. */
  constructor(bytes: Uint8Array, name: string, kernelBtfPath: string);
  readonly programs: readonly Program[];
  readonly maps: readonly BpfMap[];
  load(): void;
  /** Closes every link but those of iterators, all at once. */
  detach(): void;
  close(): void;
}

export interface Program {
  readonly name: string;
  readonly section: string;
  type(): number;
  fd(): number;
  id(): number;
  statistics(): { runCount: bigint; runTimeNs: bigint; recursionMisses: bigint };
  setAutoload(load: boolean): void;
  setAttachTarget(target: string): void;
  setType(type: number): void;
  /** `id`: what tracefs has in `events/<category>/<name>/id`. */
  attachTracepoint(id: number): Link;
  attachRawTracepoint(name: string): Link;
  attachTracing(): Link;
  attachKprobe(symbol: string, offset: bigint, onReturn: boolean): Link;
  /** `pid` -1: every process; `semaphoreOffset` 0n: none. */
  attachUprobe(path: string, offset: bigint, onReturn: boolean, pid: number, semaphoreOffset: bigint): Link;
  attachPerfEvent(type: number, config: bigint, frequencyHz: bigint, cpu: number): Link;
  /** `mapFd` -1: not an iterator over a map's elements. */
  attachIterator(mapFd: number): Link;
}

export interface MapDescription {
  readonly type: number;
  readonly keySize: number;
  readonly valueSize: number;
  /** Bytes of a value in user space: of per-CPU maps all CPUs' values. */
  readonly valueBytes: number;
  readonly maxEntries: number;
}

export interface BpfMap {
  readonly name: string;
  describe(): MapDescription;
  fd(): number;
  setType(type: number): void;
  setKeySize(bytes: number): void;
  setValueSize(bytes: number): void;
  setMaxEntries(count: number): void;
  setAutocreate(create: boolean): void;
  initialValue(): Uint8Array | undefined;
  setInitialValue(bytes: Uint8Array): void;
  reuse(fd: number): void;
  /** Empty: not pinned. */
  setPinPath(path: string): void;
  pin(path: string): void;
  unpin(path: string): void;
  /** Writes into `value` (`valueBytes` long); false when there is no such key. */
  lookup(key: Uint8Array, value: Uint8Array): boolean;
  /** `flags`: BPF_ANY 0, BPF_NOEXIST 1, BPF_EXIST 2. */
  update(key: Uint8Array, value: Uint8Array, flags: number): void;
  delete(key: Uint8Array): boolean;
  /** Keys and values side by side. */
  entries(remove: boolean): ArrayBuffer;
  /** A ring buffer or perf event array, after load. `pagesPerCpu`: a power of two; for perf buffers. */
  openBuffer(pagesPerCpu: number): RecordBuffer;
}

export interface Link {
  openIterator(): IteratorStream;
  close(): void;
}

export interface IteratorStream {
  /** Bytes written into `into`; 0 at the end. */
  read(into: Uint8Array): number;
  close(): void;
}

export interface RecordBuffer {
  /** Where the records lie; detached by close(). Of a ring buffer, the kernel's own pages, which cannot be written. */
  readonly memory: ArrayBuffer;
  readonly capacityBytes: number;
  /** Fills both arrays; returns twice the number of records, plus 1 when more are waiting. */
  drain(offsets: Uint32Array, lengths: Uint32Array, maxRecords: number): number;
  release(): void;
  waitingBytes(): number;
  lost(): number | undefined;
  arm(wake: () => void): void;
  disarm(): void;
  close(): void;
}

/** Loads (and with `attach` attaches, for a moment) an empty program of a BTF-based kind. */
export function probeTracing(programType: number, attachType: number, target: string, attach: boolean): void;
/** 1: supported, 0: not, negative: could not be found out. */
export function probeProgramType(type: number): number;
export function probeMapType(type: number): number;
export function probePerfEvent(): void;
/** Negative errno when it cannot be read. */
export function possibleCpus(): number;
export function bootTimeOffsetNs(): bigint;
export function mountTracefs(path: string): void;
/** The kernel counts runs and run time of programs until `close()`. */
export function enableStatistics(): { close(): void };
