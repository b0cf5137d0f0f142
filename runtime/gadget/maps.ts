import type { Btf, BtfMember } from '../btf/btf.ts';
import type { GadgetObject } from './object.ts';
import type { MapSpec } from './spec.ts';

/** Numbers of `enum bpf_map_type` (linux/bpf.h). */
export const mapTypes = { hash: 1, perfEventArray: 4, lruHash: 9, ringBuffer: 27 } as const;

/** LIBBPF_PIN_BY_NAME. */
const pinByName = 1;

/** A map with the BTF types of its keys and values, when it declares them. */
export interface TypedMap extends MapSpec {
  readonly keyType: number | undefined;
  readonly valueType: number | undefined;
  /** `.maps`; old images of BumbleBee have a word behind it. */
  readonly section: string;
}

/** Maps declared in the section `.maps` and those below it: structs whose members' types encode numbers and types (libbpf's `__uint` and `__type`). */
export function readMaps({ btf }: GadgetObject): ReadonlyMap<string, TypedMap> {
  const maps = new Map<string, TypedMap>();
  for (const id of btf.ofKind('data_section')) {
    const section = btf.type(id);
    if (section.kind !== 'data_section' || !/^\.maps(?:\.|$)/.test(section.name)) continue;
    for (const entry of section.variables) {
      const variable = btf.type(entry.type);
      if (variable.kind !== 'variable') continue;
      const definition = btf.strip(variable.type);
      if (definition.kind === 'struct') maps.set(variable.name, { ...readMap(btf, variable.name, definition), section: section.name });
    }
  }
  return maps;
}

function readMap(btf: Btf, name: string, definition: { readonly members: readonly BtfMember[] }): Omit<TypedMap, 'section'> {
  const members = new Map(definition.members.map((member) => [member.name, member]));
  const number = (member: string) => numberOf(btf, members.get(member));
  const [keyType, valueType] = [typeOf(btf, members.get('key')), typeOf(btf, members.get('value'))];
  return {
    name,
    type: number('type') ?? 0,
    keySize: number('key_size') ?? sizeOf(btf, keyType),
    valueSize: number('value_size') ?? sizeOf(btf, valueType),
    maxEntries: number('max_entries') ?? 0,
    pinnedByName: number('pinning') === pinByName,
    keyType,
    valueType,
  };
}

/** `__uint(name, N)` is a member `int (*name)[N]`; `__ulong(name, N)` an enum whose only value is N. */
function numberOf(btf: Btf, member: BtfMember | undefined): number | undefined {
  if (member === undefined) return undefined;
  const type = btf.strip(member.type);
  if (type.kind === 'enum' && type.values[0] !== undefined) return Number(type.values[0].value);
  if (type.kind !== 'pointer') return undefined;
  const array = btf.strip(type.type);
  return array.kind === 'array' ? array.count : undefined;
}

/** `__type(name, T)` is a member `T *name`. */
function typeOf(btf: Btf, member: BtfMember | undefined): number | undefined {
  if (member === undefined) return undefined;
  const type = btf.strip(member.type);
  return type.kind === 'pointer' ? type.type : undefined;
}

function sizeOf(btf: Btf, typeId: number | undefined): number {
  return typeId === undefined || btf.strip(typeId).kind === 'void' ? 0 : btf.sizeOf(typeId);
}
