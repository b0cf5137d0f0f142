import { suggestion } from '../base/closest-name.ts';
import type { Report } from '../base/diagnostics.ts';
import { dataSourceFromKeyValue, dataSourceFromStruct } from '../schema/from-struct.ts';
import { mapTypeName } from './map-type-names.ts';
import { mapTypes, type TypedMap } from './maps.ts';
import type { Marker } from './markers.ts';
import { type GadgetObject, specError } from './object.ts';
import type { ProgramSpec, SourceSpec } from './spec.ts';

/** What the macros of one object refer to. */
export interface SourceScope {
  readonly object: GadgetObject;
  readonly maps: ReadonlyMap<string, TypedMap>;
  readonly programs: readonly ProgramSpec[];
  readonly report: Report;
}

/**
 * The data sources that the macros declare, in the object's order. Throws SPEC_INVALID for a name that the object lacks,
 * and for two sources of one name.
 */
export function readSources(scope: SourceScope, markers: readonly Marker[]): SourceSpec[] {
  const sources = markers.map((marker) => readSource(scope, marker)).filter((source) => source !== undefined);
  const names = new Set<string>();
  for (const { dataSource } of sources) {
    if (names.has(dataSource.name))
      throw specError(scope.object.gadget, `two data sources are called ${dataSource.name}`, 'give each macro a name of its own');
    names.add(dataSource.name);
  }
  return sources;
}

/** GADGET_ITER_TARGET_MAP: program of `iter/bpf_map_elem` → map. */
export function readIteratorTargets(scope: SourceScope, markers: readonly Marker[]): ReadonlyMap<string, string> {
  const targets = new Map<string, string>();
  for (const { macro, names } of markers) {
    if (macro !== 'GADGET_ITER_TARGET_MAP') continue;
    const [program = '', map = ''] = names;
    const use = `GADGET_ITER_TARGET_MAP(${names.join(', ')})`;
    requireIterator(scope, use, program);
    targets.set(program, requireMap(scope, use, map).name);
  }
  return targets;
}

function readSource(scope: SourceScope, { macro, names }: Marker): SourceSpec | undefined {
  if (macro === 'GADGET_TRACER') return readTracer(scope, names);
  if (macro === 'GADGET_MAPITER') return readMapIterator(scope, names);
  if (macro === 'GADGET_ITER' || macro === 'GADGET_SNAPSHOTTER') return readIterator(scope, names);
  return undefined;
}

function readTracer(scope: SourceScope, names: readonly string[]): SourceSpec {
  const [name = '', mapName = '', struct = ''] = names;
  const use = `GADGET_TRACER(${names.join(', ')})`;
  const map = requireMap(scope, use, mapName);
  if (map.type !== mapTypes.ringBuffer && map.type !== mapTypes.perfEventArray) {
    throw specError(
      scope.object.gadget,
      `${use}: the map ${mapName} is of type ${mapTypeName(map.type)}, which carries no events`,
      `declare it with GADGET_TRACER_MAP(${mapName}, 1024 * 256)`,
    );
  }
  const lost = `${mapName}_lost_samples`;
  return {
    dataSource: dataSourceFromStruct(scope.object.btf, requireStruct(scope, use, struct), { name, shape: 'single', report: scope.report }),
    origin: { kind: 'tracer', map: mapName, lostSamplesMap: scope.maps.has(lost) ? lost : undefined },
  };
}

/** Members of the key come first and carry the tag `role:key`; the value's follow at offsets behind the key. */
function readMapIterator(scope: SourceScope, names: readonly string[]): SourceSpec {
  const [name = '', mapName = ''] = names;
  const use = `GADGET_MAPITER(${names.join(', ')})`;
  const map = requireMap(scope, use, mapName);
  const { btf, gadget } = scope.object;
  if (map.type !== mapTypes.hash && map.type !== mapTypes.lruHash) {
    throw specError(
      gadget,
      `${use}: the map ${mapName} is of type ${mapTypeName(map.type)}; only hash maps are read`,
      `declare ${mapName} with __uint(type, BPF_MAP_TYPE_HASH)`,
    );
  }
  for (const [part, typeId] of [
    ['key', map.keyType],
    ['value', map.valueType],
  ] as const) {
    if (typeId !== undefined && btf.strip(typeId).kind === 'struct') continue;
    throw specError(
      gadget,
      `${use}: the ${part} of map ${mapName} is no struct, so its columns have no names`,
      `declare it with __type(${part}, struct …)`,
    );
  }
  const dataSource = dataSourceFromKeyValue(btf, map.keyType!, map.valueType!, { name, report: scope.report });
  for (const field of dataSource.fields) {
    if (field.origin.from === 'record' && field.origin.offset < map.keySize) field.tags.add('role:key');
  }
  return { dataSource, origin: { kind: 'map-iterator', map: mapName, keySize: map.keySize, valueSize: map.valueSize } };
}

function readIterator(scope: SourceScope, names: readonly string[]): SourceSpec {
  const [name = '', struct = '', ...programs] = names;
  const use = `GADGET_ITER(${names.join(', ')})`;
  for (const program of programs) requireIterator(scope, use, program);
  return {
    dataSource: dataSourceFromStruct(scope.object.btf, requireStruct(scope, use, struct), { name, shape: 'array', report: scope.report }),
    origin: { kind: 'iterator', programs },
  };
}

function requireMap(scope: SourceScope, use: string, name: string): TypedMap {
  const map = scope.maps.get(name);
  if (map !== undefined) return map;
  const hint = suggestion(name, scope.maps.keys()) ?? `declare the map ${name} in SEC(".maps") before the macro`;
  throw specError(scope.object.gadget, `${use}: the object has no map ${name}`, hint);
}

function requireStruct(scope: SourceScope, use: string, name: string): number {
  const { btf, gadget } = scope.object;
  const id = btf.find(name, 'struct');
  if (id !== undefined) return id;
  const known = [...btf.ofKind('struct')].map((candidate) => btf.nameOf(candidate)).filter((candidate) => candidate !== '');
  const hint = suggestion(name, known) ?? `define struct ${name} before the macro; the macro takes its name without "struct"`;
  throw specError(gadget, `${use}: the object has no struct ${name}`, hint);
}

function requireIterator(scope: SourceScope, use: string, name: string): void {
  const program = scope.programs.find((candidate) => candidate.name === name);
  if (program === undefined) {
    const hint =
      suggestion(
        name,
        scope.programs.map((candidate) => candidate.name),
      ) ?? `define ${name} with SEC("iter/…")`;
    throw specError(scope.object.gadget, `${use}: the object has no program ${name}`, hint);
  }
  if (program.kind !== 'iter') {
    throw specError(
      scope.object.gadget,
      `${use}: the program ${name} is in section ${program.section}`,
      'an iterator is in SEC("iter/task") or another "iter/…"',
    );
  }
}
