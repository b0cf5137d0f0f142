import type { Btf, BtfType } from '../btf/btf.ts';
import type { Elf } from '../elf/elf.ts';
import { typeNamesOf } from '../schema/type-names.ts';
import type { GadgetObject } from './object.ts';
import type { ParamKind, VariableSpec } from './spec.ts';

/** The longest chain of qualifiers and arrays on the way to a base type; more is a cycle. */
const maxChain = 32;

/** Bytes of an address in a `gadget_l3endpoint_t`; the version is the byte behind it. */
export const ipAddressBytes = 16;

/** Global variables in data sections, by name. Their places come from the ELF symbols: an unlinked object's BTF has zeros. */
export function readVariables({ elf, btf }: GadgetObject): ReadonlyMap<string, VariableSpec> {
  const places = symbolPlaces(elf);
  const variables = new Map<string, VariableSpec>();
  for (const section of sectionsOf(btf)) {
    for (const entry of section.variables) {
      const type = btf.type(entry.type);
      if (type.kind !== 'variable' || type.linkage !== 'global') continue;
      variables.set(type.name, {
        name: type.name,
        section: section.name,
        offset: places.get(`${section.name}/${type.name}`) ?? entry.offset,
        size: btf.sizeOf(type.type),
        kind: paramKindOf(btf, type.type),
        tunable: section.name.startsWith('.rodata') && isVolatile(btf, type.type),
        typeNames: typeNamesOf(btf, type.type),
      });
    }
  }
  return variables;
}

function* sectionsOf(btf: Btf): Generator<BtfType & { kind: 'data_section' }> {
  for (const id of btf.ofKind('data_section')) {
    const type = btf.type(id);
    if (type.kind === 'data_section' && /^\.(rodata|data|bss)(\.|$)/.test(type.name)) yield type;
  }
}

function symbolPlaces(elf: Elf): Map<string, number> {
  const places = new Map<string, number>();
  for (const symbol of elf.symbols()) {
    const section = symbol.section === undefined ? undefined : elf.sections[symbol.section];
    if (section !== undefined && symbol.type === 'object') places.set(`${section.name}/${symbol.name}`, Number(symbol.value));
  }
  return places;
}

/** `const volatile`: the compiler must not fold the value, so it can be set before load. Arrays carry it on their elements. */
function isVolatile(btf: Btf, typeId: number): boolean {
  let type = btf.type(typeId);
  for (let step = 0; step < maxChain; step++) {
    if (type.kind === 'volatile') return true;
    if (type.kind !== 'const' && type.kind !== 'array' && type.kind !== 'type_tag' && type.kind !== 'typedef') return false;
    type = btf.type(type.type);
  }
  return false;
}

/** What values a variable of that type takes as a param. */
export function paramKindOf(btf: Btf, typeId: number): ParamKind {
  const type = btf.strip(typeId);
  switch (type.kind) {
    case 'int':
      return type.bool ? 'bool' : integerKind(type.size, type.signed);
    case 'enum':
      return integerKind(type.size, type.signed);
    case 'float':
      return type.size === 4 ? 'float32' : type.size === 8 ? 'float64' : 'unknown';
    case 'array': {
      const element = btf.strip(type.type);
      return element.kind === 'int' && element.name === 'char' ? 'string' : 'unknown';
    }
    case 'struct':
      return type.name === 'gadget_l3endpoint_t' && type.size > ipAddressBytes ? 'ip' : 'unknown';
    default:
      return 'unknown';
  }
}

function integerKind(size: number, signed: boolean): ParamKind {
  if (size !== 1 && size !== 2 && size !== 4 && size !== 8) return 'unknown';
  return `${signed ? '' : 'u'}int${(size * 8) as 8 | 16 | 32 | 64}`;
}

/** Bytes of a variable as the object has them; zeros where the section has none (.bss). */
export function initialBytes({ elf }: GadgetObject, variable: VariableSpec): Uint8Array {
  const bytes = new Uint8Array(variable.size);
  bytes.set(
    elf
      .section(variable.section)
      ?.data()
      .subarray(variable.offset, variable.offset + variable.size) ?? [],
  );
  return bytes;
}
