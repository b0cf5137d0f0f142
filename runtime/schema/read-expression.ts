import type { CodeBuilder } from './code-builder.ts';
import type { Field, ListElement, RecordOrigin, Value } from './data-source.ts';
import type { FieldKind } from './kinds.ts';
import { isWideKind } from './kinds.ts';

/** JavaScript that reads one field of a record. All integers are little-endian: every architecture that images are built for is. */
export function readExpression(
  builder: CodeBuilder,
  field: Pick<Field, 'kind' | 'children' | 'element'>,
  origin: RecordOrigin,
  base: string,
): string {
  const at = `${base} + ${origin.offset}`;
  if (origin.bits !== undefined) return bitFieldExpression(builder.view, field.kind, origin.bits, origin.size, at);
  switch (field.kind) {
    case 'string':
      return builder.stringAt(at, origin.size);
    case 'bytes':
      return `${builder.bytes}.subarray(${at}, ${at} + ${origin.size})`;
    case 'struct':
      return structExpression(builder, field.children, base);
    case 'list':
      return listExpression(builder, field.element, origin.size, at);
    case 'bool':
      return `${builder.bytes}[${at}] !== 0`;
    case 'int128':
      return `((${builder.view}.getBigInt64(${at} + 8, true) << 64n) | ${builder.view}.getBigUint64(${at}, true))`;
    case 'uint128':
      return `((${builder.view}.getBigUint64(${at} + 8, true) << 64n) | ${builder.view}.getBigUint64(${at}, true))`;
    default:
      return `${builder.view}.${getters[field.kind]}(${at}, true)`;
  }
}

const getters = {
  int8: 'getInt8',
  int16: 'getInt16',
  int32: 'getInt32',
  int64: 'getBigInt64',
  uint8: 'getUint8',
  uint16: 'getUint16',
  uint32: 'getUint32',
  uint64: 'getBigUint64',
  float32: 'getFloat32',
  float64: 'getFloat64',
  pointer: 'getBigUint64',
} as const satisfies Partial<Record<FieldKind, string>>;

/** The unsigned 32 bits at an offset from the start of a record. */
export function wordExpression(view: string, base: string, offset: number): string {
  return `${view}.getUint32(${base} + ${offset}, true)`;
}

function bitFieldExpression(view: string, kind: FieldKind, bits: { offset: number; width: number }, storage: number, at: string): string {
  const signed = kind === 'int8' || kind === 'int16' || kind === 'int32' || kind === 'int64' || kind === 'int128';
  if (storage === 8) {
    const value = `BigInt.${signed ? 'asIntN' : 'asUintN'}(${bits.width}, ${view}.getBigUint64(${at}, true) >> ${bits.offset}n)`;
    if (kind === 'bool') return `${value} !== 0n`;
    return isWideKind(kind) ? value : `Number(${value})`;
  }
  const word = `${view}.getUint${storage * 8}(${at}, true)`;
  const lifted = `(${word} << ${32 - bits.offset - bits.width})`;
  const value = `(${lifted} ${signed ? '>>' : '>>>'} ${32 - bits.width})`;
  if (kind === 'bool') return `${value} !== 0`;
  return isWideKind(kind) ? `BigInt(${value})` : value;
}

function structExpression(builder: CodeBuilder, children: readonly Field[], base: string): string {
  const members = children.map((child) => {
    const value = child.origin.from === 'record' ? builder.read(child, child.origin, base) : builder.valueExpression(child);
    return `${memberKey(child.name)}: ${value}`;
  });
  return `({ ${members.join(', ')} })`;
}

/** A key of an object literal. Computed, because a plain `"__proto__":` would set the prototype. */
export function memberKey(name: string): string {
  return `[${JSON.stringify(name)}]`;
}

type ReadElement = (bytes: Uint8Array, view: DataView, at: number) => Value;

function listExpression(builder: CodeBuilder, element: ListElement | undefined, size: number, at: string): string {
  if (element === undefined) return `${builder.bytes}.subarray(${at}, ${at} + ${size})`;
  const read = compileElement(builder, element);
  return `${builder.constant(readList)}(${builder.bytes}, ${builder.view}, ${at}, ${element.stride}, ${element.count}, ${builder.constant(read)})`;
}

function readList(bytes: Uint8Array, view: DataView, at: number, stride: number, count: number, read: ReadElement): Value[] {
  const values: Value[] = new Array(count);
  for (let index = 0; index < count; index++) values[index] = read(bytes, view, at + index * stride);
  return values;
}

/** Elements are read by a function of their own, made with the same kind of builder, so that the record's locals stay out of it. */
function compileElement(builder: CodeBuilder, element: ListElement): ReadElement {
  const own = builder.nested();
  const origin: RecordOrigin = { from: 'record', offset: 0, size: element.stride };
  const nested = element.element === undefined ? {} : { element: element.element };
  const value = own.read({ kind: element.kind, children: element.children as Field[], ...nested }, origin, own.offset);
  return own.compile(`${own.bytes}, ${own.view}, ${own.offset}`, `return ${value};`);
}
