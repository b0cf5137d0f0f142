import type { Btf } from '../btf/btf.ts';
import type { DataSource } from '../schema/data-source.ts';
import type { ForeignImage } from './foreign/foreign-image.ts';
import type { GadgetMetadata } from './metadata.ts';

/**
 * What an image says. Pure: the same on every machine, made without a look at the running host.
 */
export interface GadgetSpec {
  readonly name: string;
  readonly metadata: GadgetMetadata;
  readonly architecture: Architecture;
  /** The eBPF ELF object; undefined for an image of metadata only. */
  readonly object: Uint8Array | undefined;
  readonly btf: Btf | undefined;
  readonly sources: readonly SourceSpec[];
  readonly programs: readonly ProgramSpec[];
  readonly maps: readonly MapSpec[];
  readonly params: readonly GadgetParam[];
  /** Global `const volatile` variables by name, whether or not a param. */
  readonly variables: ReadonlyMap<string, VariableSpec>;
  /** `GADGET_ITER_TARGET_MAP`: iter/bpf_map_elem program → map. */
  readonly iteratorTargets: ReadonlyMap<string, string>;
  /** The image is no gadget but of another project: its data sources are derived from its maps. */
  readonly foreign?: ForeignImage;
}

export type Architecture = 'amd64' | 'arm64';

/** A data source and how the kernel delivers it. */
export interface SourceSpec {
  readonly dataSource: DataSource;
  readonly origin:
    | { readonly kind: 'tracer'; readonly map: string; readonly lostSamplesMap: string | undefined }
    | { readonly kind: 'map-iterator'; readonly map: string; readonly keySize: number; readonly valueSize: number }
    | { readonly kind: 'iterator'; readonly programs: readonly string[] };
}

export type ProgramKind =
  | 'tracepoint'
  | 'raw_tracepoint'
  | 'tp_btf'
  | 'fentry'
  | 'fexit'
  | 'kprobe'
  | 'kretprobe'
  | 'uprobe'
  | 'uretprobe'
  | 'usdt'
  | 'iter'
  | 'perf_event'
  | 'lsm'
  | 'socket_filter'
  | 'sched_cls'
  | 'sockops'
  | 'sk_skb'
  | 'sk_msg'
  | 'unknown';

export interface ProgramSpec {
  /** The C function's name. */
  readonly name: string;
  /** ELF section: `tracepoint/syscalls/sys_enter_openat`. */
  readonly section: string;
  readonly kind: ProgramKind;
  /** What the section, or `attach_to` in gadget.yaml, names: `syscalls/sys_enter_openat`, `tcp_connect`, `task`. */
  readonly target: string;
  /** `programs.<name>.attach_to: gadget_program_disabled` without being anyone's alternative. */
  readonly disabled: boolean;
  /** May fail to load or attach without ending the run. */
  readonly optional: boolean;
  /** Programs to take instead, in this order, when this one cannot be loaded or attached. */
  readonly alternatives: readonly string[];
  /** Is in a map of programs that others call: loaded even when nothing attaches it. */
  readonly tailCalled?: boolean;
  /** perf_event only, from gadget.yaml. */
  readonly perfEvent?: { readonly type: 'software'; readonly config: 'count_sw_cpu_clock'; readonly frequencyHz: number };
}

export interface MapSpec {
  readonly name: string;
  /** Number of `enum bpf_map_type`. */
  readonly type: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly pinnedByName: boolean;
}

export type ParamKind =
  | 'bool'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'float32'
  | 'float64'
  | 'ip'
  | 'string'
  | 'unknown';

/** A tunable of the gadget: a flag of the command line, a `const volatile` variable in the object. */
export interface GadgetParam {
  readonly variable: string;
  /** Flag without dashes: `pid`. */
  readonly key: string;
  readonly kind: ParamKind;
  /** Bytes; for strings the longest possible value. */
  readonly size: number;
  readonly defaultValue: string;
  /** gadget.yaml says the default, so the object may hold another: it has to be written even when nobody sets the param. */
  readonly defaultIsFromMetadata?: boolean;
  readonly description: string;
}

/** A variable in a data section of the object. */
export interface VariableSpec {
  readonly name: string;
  /** ELF section and libbpf map suffix: `.rodata`. */
  readonly section: string;
  readonly offset: number;
  readonly size: number;
  readonly kind: ParamKind;
  /** `const volatile`: may be set before load. */
  readonly tunable: boolean;
  readonly typeNames: readonly string[];
}
