import { expectObject, expectString, expectStringMap, parseJsonObject } from '../../oci/json-document.ts';

/** The largest config of a container image that is read, in bytes. */
export const maxConfigBytes = 1024 * 1024;

/** What the labels of an image with bytecode say of it: https://bpfman.io/main/developer-guide/shipping-bytecode/ */
export interface BytecodeLabels {
  /** Function → type of program, as written: `xdp`, `tc`, `tracepoint`. */
  readonly programs: ReadonlyMap<string, string>;
  /** Name → type of map. */
  readonly maps: ReadonlyMap<string, string>;
  /** Of the object in the layer; only older images say it. */
  readonly fileName: string | undefined;
}

/** The labels in the config of a container image; undefined when it has none of bytecode. Throws IMAGE_INVALID. */
export function readBytecodeLabels(config: Uint8Array, subject: string): BytecodeLabels | undefined {
  const document = parseJsonObject(config, subject, maxConfigBytes);
  const labels = expectStringMap(expectObject(document['config'] ?? {}, `${subject}: config`)['Labels'], `${subject}: labels`);
  if (!Object.keys(labels).some((label) => label.startsWith('io.ebpf.'))) return undefined;
  return {
    programs: programsOf(labels, subject),
    maps: namedTypes(labels['io.ebpf.maps'], `${subject}: label io.ebpf.maps`),
    fileName: labels['io.ebpf.filename'],
  };
}

/** Newer images list functions and their types, older ones have one of each. */
function programsOf(labels: Readonly<Record<string, string>>, subject: string): ReadonlyMap<string, string> {
  const programs = labels['io.ebpf.programs'];
  if (programs !== undefined) return namedTypes(programs, `${subject}: label io.ebpf.programs`);
  const name = labels['io.ebpf.bpf_function_name'] ?? labels['io.ebpf.section_name'] ?? labels['io.ebpf.program_name'];
  return name === undefined ? new Map() : new Map([[name, labels['io.ebpf.program_type'] ?? 'unknown']]);
}

function namedTypes(json: string | undefined, subject: string): ReadonlyMap<string, string> {
  if (json === undefined || json === '') return new Map();
  const object = parseJsonObject(Buffer.from(json), subject, maxConfigBytes);
  return new Map(Object.entries(object).map(([name, type]) => [name, expectString(type, `${subject}: ${JSON.stringify(name)}`)]));
}
