/** gadget.yaml, read: keys without case, values of annotations as strings. */
export interface GadgetMetadata {
  readonly name: string;
  readonly description: string;
  readonly homepageUrl: string;
  readonly documentationUrl: string;
  readonly sourceUrl: string;
  readonly annotations: ReadonlyMap<string, string>;
  /** By data source name. */
  readonly dataSources: ReadonlyMap<string, DataSourceMetadata>;
  /** `params.ebpf`, by variable. */
  readonly params: ReadonlyMap<string, ParamMetadata>;
  /** Fully-qualified param name in lower case → default. */
  readonly paramDefaults: ReadonlyMap<string, string>;
  /** Params that the eBPF object does not know: of a WASM module, or made of patches of this file. */
  readonly foreignParams: readonly ForeignParam[];
  /** `operator`: settings by dotted key in lower case, such as `process.emitstats`. */
  readonly operatorSettings: ReadonlyMap<string, string>;
  /** By program or section suffix. */
  readonly programs: ReadonlyMap<string, ProgramMetadata>;
}

export interface DataSourceMetadata {
  readonly annotations: ReadonlyMap<string, string>;
  readonly tags: readonly string[];
  /** By full field name. */
  readonly fields: ReadonlyMap<string, { readonly annotations: ReadonlyMap<string, string>; readonly tags: readonly string[] }>;
}

export interface ParamMetadata {
  readonly key: string | undefined;
  readonly defaultValue: string | undefined;
  readonly description: string;
}

/** A param under `params.wasm` or `params.custom`. */
export interface ForeignParam {
  readonly kind: 'wasm' | 'custom';
  readonly name: string;
  readonly description: string;
  readonly defaultValue: string;
}

export interface ProgramMetadata {
  readonly attachTo: string | undefined;
  readonly optional: boolean;
  readonly alternatives: readonly string[];
  readonly perf: { readonly type: string; readonly config: string; readonly sampleType: string } | undefined;
  readonly samplerFrequency: number | undefined;
}
