import type { Btf } from '../btf/btf.ts';

/** No chain of typedefs and qualifiers in real code comes near; a longer one is a cycle. */
const maxChain = 64;

/**
 * Names on the way from a type to its base type, outermost first: `['gadget_pid', '__u32', 'unsigned int']`.
 * Arrays are looked through (`gadget_comm comm[16]` has the names of `gadget_comm`); pointers end the chain.
 */
export function typeNamesOf(btf: Btf, typeId: number): string[] {
  const names: string[] = [];
  let id = typeId;
  for (let step = 0; step < maxChain && id !== 0; step++) {
    const type = btf.type(id);
    if (type.kind !== 'pointer' && type.name !== '' && type.kind !== 'type_tag') names.push(type.name);
    if (!followed.has(type.kind)) break;
    id = 'type' in type ? type.type : 0;
  }
  return names;
}

const followed: ReadonlySet<string> = new Set(['typedef', 'const', 'volatile', 'restrict', 'type_tag', 'array']);
