import { expect, test } from 'vitest';
import { parseFieldSelection, partFor, selectFields } from '../../runtime/operators/select/fields.ts';
import { parseMaxEntries } from '../../runtime/operators/select/limit.ts';
import { compileArrange, parseSort } from '../../runtime/operators/select/sort.ts';
import { defaultColumns } from '../../runtime/outputs/columns-default.ts';
import { record, recordField, source } from '../support/fields.ts';
import { batchOf } from '../support/records.ts';

const fields = () => [
  recordField('count', 'uint32', 0),
  recordField('comm', 'string', 4, { size: 4 }),
  recordField('raw', 'uint32', 8, { hidden: true }),
];
const table = source(fields(), 'array', 'top');
const rows: readonly (readonly [number, string])[] = [
  [5, 'b'],
  [9, 'a'],
  [5, 'a'],
  [1, 'c'],
  [9, 'b'],
  [7, 'z'],
  [0, 'q'],
  [3, 'm'],
  [2, 'n'],
];
const batch = batchOf(
  ...rows.map(([count, comm]) =>
    record(12, (bytes) => {
      bytes.writeUInt32LE(count, 0);
      bytes.write(comm, 4);
    }),
  ),
);

function arranged(sort: string, maxEntries?: number): string[] {
  const selection = Uint32Array.from(rows.keys());
  const arrange = compileArrange(parseSort(sort, table), maxEntries);
  const count = arrange === undefined ? rows.length : arrange(batch, selection, rows.length);
  return [...selection.subarray(0, count)].map((index) => rows[index]!.join(''));
}

test.each<[string, number | undefined, string[]]>([
  ['count', undefined, ['0q', '1c', '2n', '3m', '5b', '5a', '7z', '9a', '9b']],
  ['-count,comm', undefined, ['9a', '9b', '7z', '5a', '5b', '3m', '2n', '1c', '0q']],
  ['-count', 1, ['9a']],
  ['-count', 2, ['9a', '9b']],
  ['comm,-count', 2, ['9a', '5a']],
  ['-count', 6, ['9a', '9b', '7z', '5b', '5a', '3m']],
  ['-count', 0, []],
  ['', 2, ['5b', '9a']],
  ['', undefined, ['5b', '9a', '5a', '1c', '9b', '7z', '0q', '3m', '2n']],
])('sort %s, at most %s', (sort, maxEntries, expected) => expect(arranged(sort, maxEntries)).toEqual(expected));

test('the first few of many are the same by selection as by sorting all', () => {
  const values = Array.from({ length: 1000 }, (_, index) => (index * 7919) % 101);
  const many = batchOf(...values.map((value) => record(12, (bytes) => bytes.writeUInt32LE(value, 0))));
  const keys = parseSort('-count', table);
  const all = Uint32Array.from(values.keys());
  const few = Uint32Array.from(values.keys());
  compileArrange(keys, undefined)!(many, all, values.length);
  expect(compileArrange(keys, 20)!(many, few, values.length)).toBe(20);
  expect([...few.subarray(0, 20)]).toEqual([...all.subarray(0, 20)]);
});

test('only tables are sorted', () => {
  expect(() => parseSort('count', source(fields()))).toThrow(expect.objectContaining({ code: 'USAGE' }));
  expect(() => parseSort('coutn', table)).toThrow(
    expect.objectContaining({ code: 'UNKNOWN_FIELD', hint: expect.stringContaining('count') }),
  );
});

test.each<[string, number | undefined]>([
  ['10', 10],
  ['0', 0],
  ['-1', undefined],
])('max entries %s', (text, expected) => expect(parseMaxEntries(text)).toBe(expected));
test('max entries that are no number', () => expect(() => parseMaxEntries('ten')).toThrow(expect.objectContaining({ code: 'USAGE' })));

test.each<[string, string[]]>([
  ['comm', ['comm']],
  ['comm,count', ['comm', 'count']],
  ['raw,raw', ['raw']],
  ['+raw', ['count', 'comm', 'raw']],
  ['-count', ['comm']],
  ['+raw,-comm', ['count', 'raw']],
  ['+count', ['count', 'comm']],
  ['', []],
])('--fields %j', (spec, names) => {
  expect(selectFields(table, spec, defaultColumns(table)).map((field) => field.name)).toEqual(names);
});

test('--fields that cannot be', () => {
  expect(() => parseFieldSelection('a,+b')).toThrow(expect.objectContaining({ code: 'USAGE' }));
  expect(() => selectFields(table, '+conut', [])).toThrow(
    expect.objectContaining({ code: 'UNKNOWN_FIELD', hint: expect.stringContaining('count') }),
  );
});

test.each<[string, string | undefined]>([
  ['a,b', 'a,b'],
  ['top:a;other:b', 'a'],
  ['other:b', undefined],
  ['', undefined],
])('part of %j', (text, part) => expect(partFor('fields', text, 'top', ['top', 'other'])).toBe(part));

test.each(['a;b', 'top:a;b', 'tpo:a'])('part of %j is refused', (text) => {
  expect(() => partFor('fields', text, 'top', ['top', 'other'])).toThrow(expect.objectContaining({ code: 'USAGE' }));
});
