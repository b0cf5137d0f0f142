import { GadgetError, GadgetSpecError } from '../base/errors.ts';
import { encodeParam, refuseUnavailable } from '../gadget/params.ts';
import { readSectionName } from '../gadget/sections.ts';
import type { GadgetParam, GadgetSpec, ProgramKind, ProgramSpec, VariableSpec } from '../gadget/spec.ts';
import type { BpfMap, BpfObject, Kernel } from '../kernel/types.ts';
import { hasRingBuffers } from './ring-buffer-support.ts';

/** Numbers of `enum bpf_map_type` and `enum bpf_prog_type` (linux/bpf.h) that need setting by hand. */
export const mapTypePerfEventArray = 4;
export const mapTypeRingBuffer = 27;
const programTypePerfEvent = 7;

/** Kinds whose target the kernel wants to know when it loads the program, so `attach_to` of gadget.yaml has to be said before. */
const findsTargetAtLoad: ReadonlySet<ProgramKind> = new Set(['tp_btf', 'fentry', 'fexit', 'lsm']);

/** Ring buffers of images are often 256 KiB, 2.8 ms of 928-byte records at 100k/s: they are raised to this. */
export const defaultBufferBytes = 8 * 1024 * 1024;

export interface ConfigureOptions {
  /** Values of params by key, as text; only those that the user set. Defaults of gadget.yaml are the spec's. */
  readonly params: ReadonlyMap<string, string>;
  readonly bufferBytes: number;
  /** What programs are relocated against, where the user names a file with it. */
  readonly kernelBtfPath?: string;
}

/**
 * Everything that has to be said to an object between open and load: which programs, which values, which sizes.
 * Errors: PARAM_INVALID, SPEC_INVALID.
 */
export function configureObject(
  object: BpfObject,
  spec: GadgetSpec,
  kernel: Kernel,
  chosen: readonly ProgramSpec[],
  options: ConfigureOptions,
): void {
  chooseProgramsToLoad(object, [...chosen, ...spec.programs.filter(({ tailCalled }) => tailCalled)]);
  const variables = setParams(object, spec, options.params);
  refuseUnavailable(spec.params, options.params);
  sizeMaps(object, variables);
  shapeTracerMaps(object, spec, kernel, options);
}

function chooseProgramsToLoad(object: BpfObject, wanted: readonly ProgramSpec[]): void {
  const byName = new Map(wanted.map((program) => [program.name, program]));
  for (const program of object.programs) {
    const spec = byName.get(program.name);
    program.setAutoload(spec !== undefined);
    if (spec === undefined) continue;
    // libbpf 1.1 knows `perf_event` but not `perf_event/<name>`.
    if (spec.kind === 'perf_event') program.setType(programTypePerfEvent);
    if (findsTargetAtLoad.has(spec.kind) && spec.target !== readSectionName(spec.section).target) program.setAttachTarget(spec.target);
  }
}

/** Writes params into the initial values of the data sections; returns the integers for `sizeMaps`. */
function setParams(object: BpfObject, spec: GadgetSpec, values: ReadonlyMap<string, string>): Map<string, number> {
  const sections = new Map<string, { map: BpfMap; bytes: Uint8Array }>();
  const sectionOf = (variable: VariableSpec) => {
    let section = sections.get(variable.section);
    if (section === undefined) {
      const map = object.maps.find((candidate) => candidate.name.endsWith(variable.section));
      const bytes = map?.initialValue();
      if (map === undefined || bytes === undefined) throw missingSection(spec, variable);
      section = { map, bytes };
      sections.set(variable.section, section);
    }
    return section;
  };
  const changed = new Set<string>();
  for (const param of spec.params) {
    const text = values.get(param.key) ?? (param.defaultIsFromMetadata ? param.defaultValue : undefined);
    const variable = spec.variables.get(param.variable);
    if (text === undefined || variable === undefined) continue;
    sectionOf(variable).bytes.set(values.has(param.key) ? encodeParam(param, text) : encodeDefault(spec, param, text), variable.offset);
    changed.add(variable.section);
  }
  const integers = new Map<string, number>();
  for (const variable of spec.variables.values()) {
    if (!variable.name.endsWith('_max_entries') || variable.size !== 4) continue;
    const { bytes } = sectionOf(variable);
    integers.set(variable.name, new DataView(bytes.buffer, bytes.byteOffset).getUint32(variable.offset, true));
  }
  for (const name of changed) {
    const section = sections.get(name)!;
    section.map.setInitialValue(section.bytes);
  }
  return integers;
}

/** A default that does not fit is a fault of the gadget, not of the command line. */
function encodeDefault(spec: GadgetSpec, param: GadgetParam, text: string): Uint8Array {
  try {
    return encodeParam(param, text);
  } catch (error) {
    if (!(error instanceof GadgetError)) throw error;
    const hint = error.hint === undefined ? {} : { hint: `${error.hint}, as params.ebpf.${param.variable}.defaultValue` };
    const message = `${spec.name}: the default of --${param.key} in gadget.yaml, ${JSON.stringify(text)}, does not fit its type ${param.kind}`;
    throw new GadgetSpecError('METADATA_INVALID', message, { context: { param: param.key }, ...hint });
  }
}

function missingSection(spec: GadgetSpec, variable: VariableSpec): GadgetSpecError {
  return new GadgetSpecError(
    'SPEC_INVALID',
    `${spec.name}: variable ${variable.name} is said to be in ${variable.section}, which the object lacks`,
  );
}

/** A variable `M_max_entries` sizes the map `M`. */
function sizeMaps(object: BpfObject, integers: ReadonlyMap<string, number>): void {
  for (const map of object.maps) {
    const entries = integers.get(`${map.name}_max_entries`);
    if (entries !== undefined) map.setMaxEntries(entries);
  }
}

/** Ring buffers get room; without ring buffers in the kernel the map becomes a perf event array. */
function shapeTracerMaps(object: BpfObject, spec: GadgetSpec, kernel: Kernel, options: ConfigureOptions): void {
  for (const { origin } of spec.sources) {
    if (origin.kind !== 'tracer') continue;
    const map = object.map(origin.map);
    if (map === undefined || map.type !== mapTypeRingBuffer) continue;
    if (!hasRingBuffers(kernel, options.kernelBtfPath)) {
      map.setType(mapTypePerfEventArray);
      map.setKeySize(4);
      map.setValueSize(4);
      map.setMaxEntries(kernel.features.possibleCpus);
    } else {
      // Images of BumbleBee declare the type of their records as the map's value, which the kernel refuses.
      if (map.valueSize > 0) map.setValueSize(0);
      map.setMaxEntries(Math.max(map.maxEntries, options.bufferBytes));
    }
  }
}
