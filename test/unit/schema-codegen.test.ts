import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CodeBuilder, compileComparer, compileDecoder, compileGetter } from '../../runtime/schema/codegen.ts';
import type { Field } from '../../runtime/schema/data-source.ts';
import { batchOf, formulaField, recordField, recordOf, sourceOf } from '../support/records.ts';

const utf8 = new TextEncoder();
const u16 = recordField('', 'uint16', 0);

/** The value that a getter reads from bytes. */
function readAs(field: Field, bytes: readonly number[] | Uint8Array) {
  return compileGetter(field)(batchOf(Uint8Array.from(bytes)), 0);
}

const ones = Array<number>(16).fill(0xff);

describe('a value is read by its kind', () => {
  test.each([
    ['bool', [2], true],
    ['int8', ones, -1],
    ['int16', ones, -1],
    ['int32', ones, -1],
    ['int64', ones, -1n],
    ['int128', ones, -1n],
    ['uint8', ones, 255],
    ['uint16', ones, 65535],
    ['uint32', ones, 4294967295],
    ['uint64', ones, 2n ** 64n - 1n],
    ['uint128', ones, 2n ** 128n - 1n],
    ['pointer', [0, 0, 0, 0, 0x80, 0x88, 0xff, 0xff], 0xffff888000000000n],
    ['float32', [0, 0, 0x20, 0xc0], -2.5],
    ['float64', [0, 0, 0, 0, 0, 0, 4, 0xc0], -2.5],
  ] as const)('%s', (kind, bytes, value) => {
    expect(readAs(recordField('f', kind, 0), bytes)).toBe(value);
  });

  test.each([
    ['up to the NUL', [0x61, 0x62, 0, 0x63], 'ab'],
    ['to the end without one', [0x61, 0x62, 0x63, 0x64], 'abcd'],
    ['as UTF-8', [0xc3, 0xa9, 0, 0], 'é'],
    ['with U+FFFD for what is none', [0x61, 0xff, 0x62, 0], 'a\ufffdb'],
    ['empty', [0, 0x61, 0, 0], ''],
  ])('a string %s', (_name, bytes, value) => {
    const field = recordField('s', 'string', 0, { size: 4 });
    expect(readAs(field, bytes)).toBe(value);
    expect(readAs(field, bytes)).toBe(value);
  });

  test.each([
    ['uint8', 1, 3, 4, 0xb5],
    ['uint16', 2, 6, 5, 0xe5b5],
    ['uint32', 4, 0, 32, 0xffffe5b5],
    ['int32', 4, 30, 2, 0xc000e5b5],
    ['uint64', 8, 30, 33, 0x8123e5b5],
    ['int64', 4, 4, 3, 0x000000f0],
    ['uint32', 8, 20, 20, 0xfedcba98],
  ] as const)('a bit-field of kind %s, %i bytes of storage, bits %i+%i', (kind, size, offset, width, low) => {
    const storage = BigInt(low) | (0xa5a5a5a5n << 32n);
    const bytes = recordOf(8, (view) => view.setBigUint64(0, storage, true));
    const raw = BigInt.asUintN(width, storage >> BigInt(offset));
    const value = kind.startsWith('int') ? BigInt.asIntN(width, raw) : raw;
    const field = recordField('bits', kind, 0, { size, bits: { offset, width } });
    expect(readAs(field, bytes)).toBe(kind.endsWith('64') ? value : Number(value));
  });

  test('lists, lists of lists and lists of structs', () => {
    const element = (count: number) => ({ kind: 'uint16', stride: 2, count, children: [] }) as const;
    const bytes = [1, 0, 2, 0, 3, 0, 4, 0];
    expect(readAs(recordField('l', 'list', 0, { size: 8, element: element(4) }), bytes)).toEqual([1, 2, 3, 4]);
    const rows = { kind: 'list', stride: 4, count: 2, children: [], element: element(2) } as const;
    expect(readAs(recordField('l', 'list', 0, { size: 8, element: rows }), bytes)).toEqual([
      [1, 2],
      [3, 4],
    ]);
    const children = [
      { ...u16, name: 'x' },
      { ...recordField('', 'uint16', 2), name: '__proto__' },
    ];
    const points = { kind: 'struct', stride: 4, count: 2, children } as const;
    const decoded = readAs(recordField('l', 'list', 0, { size: 8, element: points }), bytes);
    expect(JSON.stringify(decoded)).toBe('[{"x":1,"__proto__":2},{"x":3,"__proto__":4}]');
  });
});

describe('a decoder', () => {
  const pid = recordField('proc.pid', 'uint32', 0);
  const comm = recordField('proc.comm', 'string', 4, { size: 4 });
  const name = formulaField('proc.name', 'string', [pid, comm], (p: number, c: string) => `${c}/${p}`);
  const source = sourceOf(12, [recordField('proc', 'struct', 0, { size: 8, children: [pid, name, comm] }), recordField('ret', 'int32', 8)]);
  const batch = batchOf(
    recordOf(12, (view, bytes) => {
      view.setUint32(0, 7, true);
      bytes.set(utf8.encode('sh'), 4);
      view.setInt32(8, -2, true);
    }),
  );

  test('nests members as declared, formulas beside what they are made of', () => {
    expect(JSON.stringify(compileDecoder(source)(batch, 0))).toBe('{"proc":{"pid":7,"name":"sh/7","comm":"sh"},"ret":-2}');
  });

  test('of some fields keeps their parents and leaves out the rest', () => {
    expect(compileDecoder(source, [source.fields[1]!, comm])(batch, 0)).toEqual({ proc: { comm: 'sh' }, ret: -2 });
  });

  test('calls a formula once, however often it is read', () => {
    let calls = 0;
    const counted = formulaField('n', 'uint32', [pid], () => ++calls);
    const twice = formulaField('m', 'uint32', [counted], (n: number) => n);
    expect(compileDecoder(sourceOf(12, [counted, twice, counted]))(batch, 0)).toEqual({ n: 1, m: 1 });
    expect(calls).toBe(1);
  });

  test.each(['"];globalThis.broken=1;//', '`+(globalThis.broken=1)+`', '\\', '\u2028', "'", 'constructor', '__proto__'])(
    'takes %j for a name only',
    (hostile) => {
      const record = compileDecoder(sourceOf(12, [{ ...recordField('', 'uint32', 0), name: hostile }]))(batch, 0);
      expect(Object.entries(record)).toEqual([[hostile, 7]]);
      expect(globalThis).not.toHaveProperty('broken');
    },
  );
});

test('predicates and selectors keep the records that pass', () => {
  const field = recordField('n', 'uint32', 0);
  const batch = batchOf(...[5, 1, 9, 3].map((n) => recordOf(4, (view) => view.setUint32(0, n, true))));
  const builder = new CodeBuilder();
  const expression = `${builder.valueExpression(field)} > ${builder.constant(2)}`;
  expect([0, 1, 2, 3].map((i) => builder.compilePredicate(expression)(batch, i))).toEqual([true, false, true, true]);
  const out = new Uint32Array(4);
  const select = builder.compileSelector(expression);
  expect([...out.subarray(0, select(batch, undefined, 4, out))]).toEqual([0, 2, 3]);
  expect([...out.subarray(0, select(batch, Uint32Array.of(1, 3), 2, out))]).toEqual([3]);
});

describe('a comparer orders as the values do', () => {
  const kinds = ['bool', 'int8', 'int32', 'int64', 'int128', 'uint16', 'uint32', 'uint64', 'uint128', 'pointer', 'float64'] as const;
  test.each(kinds)('%s', (kind) => {
    const field = recordField('f', kind, 0);
    const get = compileGetter(field);
    const compare = compileComparer([{ field, descending: false }]);
    const record = fc.uint8Array({ minLength: 16, maxLength: 16 });
    fc.assert(
      fc.property(record, record, fc.boolean(), (x, y, equal) => {
        const batch = batchOf(x, equal ? x : y);
        const [a, b] = [get(batch, 0)!, get(batch, 1)!];
        expect(Math.sign(compare(batch, 0, batch, 1))).toBe(a < b ? -1 : a > b ? 1 : 0);
      }),
    );
  });

  test('strings by their characters, then by the next key, downwards when asked', () => {
    const name = recordField('name', 'string', 0, { size: 4 });
    const n = recordField('n', 'uint8', 4);
    const rows: [string, number][] = [
      ['b', 1],
      ['a', 1],
      ['a', 2],
      ['é', 0],
      ['', 9],
    ];
    const batch = batchOf(
      ...rows.map(([text, number]) =>
        recordOf(5, (_view, bytes) => {
          bytes.set(utf8.encode(text));
          bytes[4] = number;
        }),
      ),
    );
    const compare = compileComparer([
      { field: name, descending: false },
      { field: n, descending: true },
    ]);
    expect([0, 1, 2, 3, 4].sort((a, b) => compare(batch, a, batch, b))).toEqual([4, 2, 1, 0, 3]);
  });

  test('formulas by what they give, nothing first', () => {
    const n = recordField('n', 'uint8', 0);
    const text = formulaField('t', 'string', [n], (value: number) => (value === 0 ? null : `x${9 - value}`));
    const compare = compileComparer([{ field: text, descending: false }]);
    const batch = batchOf(...[1, 0, 2].map((value) => Uint8Array.of(value)));
    expect([0, 1, 2].sort((a, b) => compare(batch, a, batch, b))).toEqual([1, 2, 0]);
  });
});
