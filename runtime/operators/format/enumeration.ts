import type { Enumeration, Field } from '../../schema/data-source.ts';
import { type Formatter, targetName } from './formatter.ts';
import { addReadable } from './new-field.ts';
import { cachedText, isPlain, plainTextFormula } from './text-cache.ts';

const annotation = 'ebpf.formatter.enum';
const separatorAnnotation = 'ebpf.formatter.bitfield.separator';
const unknown = 'UNKNOWN';
const widthBits = { int8: 8, uint8: 8, int16: 16, uint16: 16, int32: 32, uint32: 32, int64: 64, uint64: 64 } as const;

/** The name of an enum's value; `UNKNOWN` without one. The first of several names wins. */
export function enumNamer(enumeration: Enumeration, bits: number): (value: bigint) => string {
  const names = new Map<bigint, string>();
  for (const { name, value } of enumeration.values) {
    const key = BigInt.asUintN(bits, value);
    if (!names.has(key)) names.set(key, name);
  }
  return (value) => names.get(BigInt.asUintN(bits, value)) ?? unknown;
}

/** Names of the bits that are set, joined; what no name covers in hexadecimal at the end. Zero is the name of value 0, else empty. */
export function setNamer(enumeration: Enumeration, bits: number, separator: string): (value: bigint) => string {
  const flags = enumeration.values.map(({ name, value }) => ({ name, value: BigInt.asUintN(bits, value) }));
  const zero = flags.find((flag) => flag.value === 0n)?.name ?? '';
  return (signed) => {
    const value = BigInt.asUintN(bits, signed);
    if (value === 0n) return zero;
    const found = flags.filter((flag) => flag.value !== 0n && (value & flag.value) === flag.value);
    const rest = found.reduce((left, flag) => left & ~flag.value, value);
    const names = found.map((flag) => flag.name);
    if (rest !== 0n) names.push(`0x${rest.toString(16)}`);
    return names.join(separator);
  };
}

/** A member declared as an enum → its value's name; as an enum `…_set` → names of its bits. */
export const enumFormatter: Formatter = {
  name: 'enum',
  accepts: (field) => field.enumeration !== undefined && field.kind in widthBits,
  apply(site) {
    const { field, host } = site;
    const name = targetName(field, annotation);
    if (name === undefined) return;
    const enumeration = host.kernelEnumeration?.(field.enumeration!.name) ?? field.enumeration!;
    addReadable(site, { name, inputs: [field], ...formula(field, { ...enumeration, isSet: field.enumeration!.isSet }) });
  },
};

function formula(
  field: Field,
  enumeration: Enumeration,
): { evaluate: (value: never) => string; write?: ReturnType<typeof plainTextFormula>['write'] } {
  const bits = widthBits[field.kind as keyof typeof widthBits];
  const separator = field.annotations.get(separatorAnnotation) ?? '|';
  const nameOf = enumeration.isSet ? setNamer(enumeration, bits, separator) : enumNamer(enumeration, bits);
  if (bits === 64) {
    const known = new Map<bigint, string>();
    return { evaluate: (value: bigint) => known.get(value) ?? remember(known, value, nameOf(value)) };
  }
  const compute = (value: number) => nameOf(BigInt(value));
  return writable(enumeration, separator) ? plainTextFormula(compute) : { evaluate: cachedText(compute) };
}

/** Whether every text that can come out is plain and short. */
function writable(enumeration: Enumeration, separator: string): boolean {
  const names = enumeration.values.map((value) => value.name);
  return enumeration.isSet ? isPlain([...names, '0xffffffff'].join(separator)) : names.every(isPlain);
}

/** Wide enums have few values in use; a table that grows beyond that is started anew. */
function remember(known: Map<bigint, string>, value: bigint, text: string): string {
  if (known.size >= 1024) known.clear();
  known.set(value, text);
  return text;
}
