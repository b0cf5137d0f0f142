import { describe, expect, test } from 'vitest';
import { columnOf, fitColumns } from '../../runtime/outputs/columns-layout.ts';
import { fitText, textWidth } from '../../runtime/outputs/columns-text-width.ts';
import { shellQuote, valueText } from '../../runtime/outputs/columns-values.ts';
import type { FieldKind } from '../../runtime/schema/kinds.ts';
import { recordField } from '../support/fields.ts';

const column = (kind: FieldKind, annotations: Record<string, string> = {}, name = 'a') => {
  const prefixed = Object.fromEntries(Object.entries(annotations).map(([key, value]) => [`columns.${key}`, value]));
  const field = recordField(name, kind, 0, { size: 8, annotations: prefixed });
  return columnOf(field, field);
};

test.each<[FieldKind, Record<string, string>, number]>([
  ['string', {}, 16],
  ['string', { width: '40' }, 40],
  ['string', { width: '40', maxwidth: '30' }, 30],
  ['string', { width: '4', minwidth: '9' }, 9],
  ['uint32', {}, 10],
  ['uint8', { width: 'type' }, 3],
  ['int64', { width: 'type' }, 20],
  ['bool', {}, 5],
  ['pointer', { width: 'type' }, 18],
  ['string', { width: 'nonsense' }, 16],
  ['string', { width: '999999' }, 4096],
])('a column of %s with %j is %d wide', (kind, annotations, width) => expect(column(kind, annotations).width).toBe(width));

describe('fitting', () => {
  const columns = [column('string', { width: '10' }), column('string', { width: '30' }), column('uint32', { width: '10', fixed: 'true' })];
  test.each<[number | undefined, number[]]>([
    [undefined, [10, 30, 10]],
    [52, [10, 30, 10]],
    [62, [15, 35, 10]],
    [72, [20, 40, 10]],
    [30, [9, 9, 10]],
    [10, [4, 4, 10]],
    [1, [4, 4, 10]],
  ])('to %s cells', (terminal, widths) => expect(fitColumns(columns, terminal)).toEqual(widths));

  test('a column stops at its maximum and others go on', () => {
    const some = [column('string', { width: '10', maxwidth: '12' }), column('string', { width: '10' })];
    expect(fitColumns(some, 51)).toEqual([12, 38]);
  });
  test('a header is not cut while there is room', () => {
    expect(fitColumns([column('string', { width: '4' }, 'long_header_name')], undefined)).toEqual([16]);
    expect(fitColumns([column('string', { width: '40' }, 'long_name'), column('string', { width: '40' })], 20)[0]).toBeGreaterThanOrEqual(
      9,
    );
  });
});

test.each([
  ['abc', 3],
  ['日本', 4],
  ['é', 1],
  ['e\u0301', 1],
  ['😀', 2],
  ['👩\u200d🚀', 2],
  ['\u00ad', 0],
])('width of %j', (text, width) => expect(textWidth(text)).toBe(width));

test.each<[string, number, 'end' | 'start' | 'middle' | 'none', string]>([
  ['abcdef', 6, 'end', 'abcdef'],
  ['abcdef', 4, 'end', 'abc…'],
  ['abcdef', 4, 'start', '…def'],
  ['abcdef', 4, 'middle', 'ab…f'],
  ['abcdef', 4, 'none', 'abcd'],
  ['abcdef', 1, 'end', '…'],
  ['日本語', 4, 'end', '日…'],
  ['日本語', 4, 'start', '…語'],
  ['日本語', 5, 'none', '日本'],
])('%s in %d cells, cut at its %s', (text, width, ellipsis, expected) => expect(fitText(text, width, ellipsis)).toBe(expected));

test.each([
  ['ls', 'ls'],
  ['--x=/a:b', '--x=/a:b'],
  ['', "''"],
  ['daemon off;', "'daemon off;'"],
  ["it's", "'it'\\''s'"],
  ['$HOME', "'$HOME'"],
  ['a\nb', "$'a\\nb'"],
  ["\\'\x1b", "$'\\\\\\'\\x1b'"],
])('shell word %j', (word, quoted) => expect(shellQuote(word)).toBe(quoted));

test.each<[Parameters<typeof valueText>[0], string]>([
  [['a', 'b c'], "a 'b c'"],
  [[1, 2n], '1,2'],
  [[], ''],
  [[{ port: 1, big: 2n ** 63n, text: '\x1b' }], '[{"port":1,"big":9223372036854775808,"text":"\\u001b"}]'],
  [Uint8Array.of(1, 255), '01ff'],
  ['a\u202eb', 'a\\u{202e}b'],
  [null, ''],
  [true, 'true'],
])('value %#', (value, text) => expect(valueText(value)).toBe(text));
