import type { BtfMember, BtfType } from '../btf/btf.ts';
import type { Enumeration, RecordOrigin } from './data-source.ts';
import type { FieldKind } from './kinds.ts';

/** What a type that holds one value is read as; undefined for one that no kind fits (`long double`, functions). */
export function scalarKindOf(type: BtfType): FieldKind | undefined {
  switch (type.kind) {
    case 'int':
      if (type.bool) return 'bool';
      return integerKind(type.size, type.signed);
    case 'enum':
      return integerKind(type.size, type.signed);
    case 'float':
      return type.size === 4 ? 'float32' : type.size === 8 ? 'float64' : undefined;
    case 'pointer':
      return 'pointer';
    default:
      return undefined;
  }
}

function integerKind(size: number, signed: boolean): FieldKind | undefined {
  switch (size) {
    case 1:
      return signed ? 'int8' : 'uint8';
    case 2:
      return signed ? 'int16' : 'uint16';
    case 4:
      return signed ? 'int32' : 'uint32';
    case 8:
      return signed ? 'int64' : 'uint64';
    case 16:
      return signed ? 'int128' : 'uint128';
    default:
      return undefined;
  }
}

/** The values behind an enum's numbers. An anonymous enum goes by the last typedef that leads to it. */
export function enumerationOf(type: BtfType, typeNames: readonly string[]): Enumeration | undefined {
  if (type.kind !== 'enum') return undefined;
  const name = type.name === '' ? (typeNames.at(-1) ?? '') : type.name;
  return { name, isSet: name.endsWith('_set'), values: type.values };
}

/**
 * Where a member's bytes are; undefined for a bit-field that no aligned storage of at most eight bytes holds.
 *
 * Bit-fields are read from the smallest aligned storage that holds all their bits, so that a read never leaves the struct
 * where the compiler laid it out.
 */
export function originOf(member: BtfMember, type: BtfType, base: number, size: number): RecordOrigin | undefined {
  // Objects from before kind_flag keep width and position of a bit-field in its int type.
  const narrow = type.kind === 'int' && !type.bool && type.bits !== 0 && type.bits < type.size * 8;
  const narrowed = member.bitWidth !== 0 ? member.bitWidth : narrow ? type.bits : 0;
  const width = type.kind === 'int' || type.kind === 'enum' ? narrowed : 0;
  if (width === 0) return { from: 'record', offset: base + (member.bitOffset >>> 3), size };
  const first = member.bitOffset + (narrow && member.bitWidth === 0 ? type.bitOffset : 0);
  for (const storage of [1, 2, 4, 8]) {
    const start = Math.floor(first / (storage * 8)) * storage;
    const offset = first - start * 8;
    if (offset + width <= storage * 8) return { from: 'record', offset: base + start, size: storage, bits: { offset, width } };
  }
  return undefined;
}
