import { describe, expect, test } from 'vitest';
import type { Diagnostic } from '../../runtime/base/diagnostics.ts';
import type { Field, RecordOrigin } from '../../runtime/schema/data-source.ts';
import { findField, walkFields } from '../../runtime/schema/data-source.ts';
import { dataSourceFromKeyValue, dataSourceFromStruct } from '../../runtime/schema/from-struct.ts';
import { TypeList } from '../support/btf-of-types.ts';

const btf = new TypeList();
const char = btf.int('char', 1, { signed: true });
const u8 = btf.int('unsigned char', 1);
const u16 = btf.int('unsigned short', 2);
const uint = btf.int('unsigned int', 4);
const int = btf.int('int', 4, { signed: true });
const u64 = btf.int('unsigned long long', 8);
const u32 = btf.refer('typedef', uint, '__u32');
const pid = btf.refer('typedef', u32, 'gadget_pid');
const comm = btf.refer('typedef', char, 'gadget_comm');

/** The data source of a struct whose only member has that type, and what was reported. */
function ofMember(type: number, size = 64) {
  const reported: Diagnostic[] = [];
  const id = btf.struct('event', size, [['m', type, 0]]);
  const source = dataSourceFromStruct(btf, id, { name: 'events', shape: 'single', report: (d) => reported.push(d) });
  return { field: source.fields[0], reported };
}

function brief(fields: readonly Field[]): string[] {
  return [...walkFields(fields)].map((f) => `${f.fullName}:${f.kind}@${(f.origin as RecordOrigin).offset}`);
}

describe('a member of type', () => {
  test.each([
    ['int', int, 'int32'],
    ['unsigned char', u8, 'uint8'],
    ['char', char, 'int8'],
    ['bool', btf.int('_Bool', 1, { bool: true }), 'bool'],
    ['__int128', btf.int('__int128', 16, { signed: true }), 'int128'],
    ['unsigned __int128', btf.int('unsigned __int128', 16), 'uint128'],
    ['float', btf.float('float', 4), 'float32'],
    ['double', btf.float('double', 8), 'float64'],
    ['void *', btf.refer('pointer', 0), 'pointer'],
    ['char[16]', btf.array(char, 16), 'string'],
    ['gadget_comm[16]', btf.array(comm, 16), 'string'],
    ['unsigned char[16]', btf.array(u8, 16), 'list'],
    ['enum of one byte', btf.enumeration('small', 1, { A: 0n }), 'uint8'],
    ['signed enum of eight bytes', btf.enumeration('large', 8, { A: -1n }, true), 'int64'],
    ['const volatile int', btf.refer('const', btf.refer('volatile', int)), 'int32'],
    ['struct with private members only', btf.struct('lock', 8, [['__opaque', u64, 0]]), 'bytes'],
  ])('%s is read as its kind', (_name, type, kind) => {
    expect(ofMember(type).field?.kind).toBe(kind);
  });

  test.each([
    ['long double', btf.float('long double', 16), 'float'],
    ['char[]', btf.array(char, 0), 'length'],
    ['empty struct', btf.struct('nothing', 0, []), 'empty'],
    ['array longer than the record', btf.array(u64, 9), 'outside'],
  ])('%s is left out, and reported', (_name, type, why) => {
    const { field, reported } = ofMember(type);
    expect(field).toBeUndefined();
    expect(reported.map((d) => d.message)).toEqual([expect.stringContaining(why)]);
  });
});

test('names on a typedef chain become type names and tags', () => {
  const field = ofMember(pid).field;
  expect(field?.typeNames).toEqual(['gadget_pid', '__u32', 'unsigned int']);
  expect([...(field?.tags ?? [])]).toEqual(['src:ebpf', 'name:m', 'type:gadget_pid', 'type:__u32', 'type:unsigned int']);
  expect(ofMember(btf.array(comm, 16)).field?.typeNames).toEqual(['gadget_comm', 'char']);
});

test('nested structs have children; anonymous members are flattened; names with two underscores are left out', () => {
  const inner = btf.struct('inner', 8, [
    ['a', u32, 0],
    ['__pad', u32, 4],
  ]);
  const either = btf.struct(
    '',
    8,
    [
      ['x', u64, 0],
      ['y', u32, 0],
    ],
    'union',
  );
  const typedef = btf.refer('typedef', inner, 'inner_t');
  const id = btf.struct('event', 32, [
    ['first', pid, 0],
    ['in', typedef, 8],
    ['', either, 16],
    ['last', u16, 24],
  ]);
  const source = dataSourceFromStruct(btf, id, { name: 'events', shape: 'single' });
  expect(brief(source.fields)).toEqual(['first:uint32@0', 'in:struct@8', 'in.a:uint32@8', 'x:uint64@16', 'y:uint32@16', 'last:uint16@24']);
  expect(findField(source, 'in')?.typeNames).toEqual(['inner_t', 'inner']);
  expect(source).toMatchObject({ typeName: 'event', recordSize: 32, shape: 'single' });
});

test('lists say what their elements are', () => {
  const point = btf.struct('point', 4, [
    ['x', u16, 0],
    ['y', u16, 2],
  ]);
  expect(ofMember(btf.array(point, 3)).field?.element).toMatchObject({
    kind: 'struct',
    stride: 4,
    count: 3,
    children: [
      { fullName: 'm.x', origin: { offset: 0 } },
      { fullName: 'm.y', origin: { offset: 2 } },
    ],
  });
  expect(ofMember(btf.array(btf.array(u16, 2), 3)).field?.element).toMatchObject({
    kind: 'list',
    stride: 4,
    count: 3,
    element: { kind: 'uint16', stride: 2, count: 2 },
  });
  expect(ofMember(btf.array(btf.array(char, 8), 4)).field?.element).toMatchObject({ kind: 'string', stride: 8, count: 4 });
});

test.each([
  [3, 5, { offset: 0, size: 1, bits: { offset: 3, width: 5 } }],
  [6, 5, { offset: 0, size: 2, bits: { offset: 6, width: 5 } }],
  [17, 4, { offset: 2, size: 1, bits: { offset: 1, width: 4 } }],
  [12, 20, { offset: 0, size: 4, bits: { offset: 12, width: 20 } }],
  [30, 33, { offset: 0, size: 8, bits: { offset: 30, width: 33 } }],
])('a bit-field from bit %i of %i bits is read from aligned storage', (bitOffset, bitWidth, origin) => {
  const id = btf.struct('event', 8, [{ name: 'bits', type: u64, bitOffset, bitWidth }]);
  expect(dataSourceFromStruct(btf, id, { name: 'events', shape: 'single' }).fields[0]?.origin).toEqual({ from: 'record', ...origin });
});

test('an enum keeps its names; one that ends in _set is a set; a typedef names an anonymous one', () => {
  const flags = btf.enumeration('flags_set', 4, { A: 1n, B: 2n });
  expect(ofMember(flags).field?.enumeration).toMatchObject({ name: 'flags_set', isSet: true });
  const named = btf.refer('typedef', btf.enumeration('', 4, { A: 1n }), 'kind_t');
  expect(ofMember(named).field?.enumeration).toEqual({ name: 'kind_t', isSet: false, values: [{ name: 'A', value: 1n }] });
});

test('key and value of a map lie side by side', () => {
  const key = btf.struct('key', 6, [
    ['pid', u32, 0],
    ['port', u16, 4],
  ]);
  const value = btf.struct('value', 12, [
    ['bytes', u64, 0],
    ['pid', u32, 8],
  ]);
  const source = dataSourceFromKeyValue(btf, key, value, { name: 'stats' });
  expect(brief(source.fields)).toEqual(['pid:uint32@0', 'port:uint16@4', 'bytes:uint64@6', 'value_pid:uint32@14']);
  expect(source).toMatchObject({ recordSize: 18, shape: 'array', typeName: '' });
  expect(brief(dataSourceFromKeyValue(btf, u32, u64, { name: 'counts' }).fields)).toEqual(['key:uint32@0', 'value:uint64@4']);
});

describe('a schema that cannot be', () => {
  const wide = Array.from({ length: 5000 }, (_, i) => [`m${i}`, u8, 0] as const);
  let fan = btf.struct('', 8, [['a', u8, 0]]);
  for (let level = 0; level < 10; level++) fan = btf.struct('', 8, Array(10).fill(['', fan, 0]) as (readonly [string, number, number])[]);
  let deep = btf.struct('leaf', 8, [['a', u8, 0]]);
  for (let level = 0; level < 20; level++) deep = btf.struct('level', 8, [['down', deep, 0]]);
  test.each([
    ['no struct', u32],
    ['too many members', btf.struct('wide', 8, wide)],
    ['members that multiply', fan],
    ['too deep', deep],
    ['too large', btf.struct('huge', 2 ** 31, [['a', u8, 0]])],
    ['no bytes', btf.struct('none', 0, [])],
  ])('%s is SCHEMA_UNSUPPORTED', (_name, type) => {
    expect(() => dataSourceFromStruct(btf, type, { name: 'events', shape: 'single' })).toThrowError(
      expect.objectContaining({ code: 'SCHEMA_UNSUPPORTED' }),
    );
  });
});
