import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { safeText } from '../../runtime/base/safe-text.ts';
import { JsonOutput } from '../../runtime/outputs/json.ts';
import { NoOutput } from '../../runtime/outputs/none.ts';
import { YamlOutput } from '../../runtime/outputs/yaml.ts';
import type { Output } from '../../runtime/pipeline/output.ts';
import type { RecordBatch } from '../../runtime/pipeline/record-batch.ts';
import { writeAsciiLiteral } from '../../runtime/schema/byte-writer.ts';
import type { Field } from '../../runtime/schema/data-source.ts';
import { batchOf, formulaField, recordField, recordOf, sourceOf } from '../support/records.ts';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const text = (output: Output, batch: RecordBatch, selection?: Uint32Array) =>
  decoder.decode(output.write(batch, selection, selection?.length ?? batch.count));

/** The JSON of one field of one record. */
function jsonOf(field: Field, bytes: readonly number[] | Uint8Array): string {
  const line = text(new JsonOutput(sourceOf(bytes.length, [field])), batchOf(Uint8Array.from(bytes)));
  expect(line.startsWith(`{"${field.name}":`) && line.endsWith('}\n')).toBe(true);
  return line.slice(field.name.length + 4, -2);
}

const ones = Array<number>(16).fill(0xff);
const counting = Array.from({ length: 16 }, (_, i) => i);

describe('a field of the record is written by its kind', () => {
  const u16 = { kind: 'uint16', stride: 2, count: 2, children: [] } as const;
  const point = [
    recordField('p.x', 'uint8', 0),
    recordField('p.in', 'struct', 1, { size: 1, children: [recordField('p.in.y', 'int8', 1)] }),
  ];
  test.each([
    [recordField('f', 'bool', 0), ones, 'true'],
    [recordField('f', 'bool', 0), counting, 'false'],
    [recordField('f', 'int32', 0), ones, '-1'],
    [recordField('f', 'uint8', 0), ones, '255'],
    [recordField('f', 'uint32', 0), ones, '4294967295'],
    [recordField('f', 'int64', 0), ones, '-1'],
    [recordField('f', 'uint64', 0), ones, '18446744073709551615'],
    [recordField('f', 'uint128', 0), counting, '"0xf0e0d0c0b0a09080706050403020100"'],
    [recordField('f', 'int128', 0), ones, `"0x${'f'.repeat(32)}"`],
    [recordField('f', 'pointer', 8), counting, '"0xf0e0d0c0b0a0908"'],
    [recordField('f', 'float64', 0), [0, 0, 0, 0, 0, 0, 4, 0xc0], '-2.5'],
    [recordField('f', 'float32', 0), ones, 'null'],
    [recordField('f', 'string', 1, { size: 3 }), [1, 0x22, 0x0a, 0], '"\\"\\n"'],
    [recordField('f', 'bytes', 1, { size: 3 }), counting, '"010203"'],
    [recordField('f', 'struct', 1, { size: 3 }), counting, '"010203"'],
    [recordField('f', 'uint32', 0, { bits: { offset: 4, width: 6 } }), ones, '63'],
    [recordField('f', 'uint64', 0, { bits: { offset: 4, width: 60 } }), ones, '1152921504606846975'],
    [recordField('f', 'bool', 0, { bits: { offset: 1, width: 1 } }), [2], 'true'],
    [recordField('f', 'list', 0, { size: 4, element: u16 }), counting, '[256,770]'],
    [
      recordField('f', 'list', 0, { size: 8, element: { ...u16, kind: 'list', stride: 4, element: u16 } }),
      counting,
      '[[256,770],[1284,1798]]',
    ],
    [recordField('f', 'list', 0, { size: 4, element: { ...u16, kind: 'string' } }), [0x61, 0, 0x62, 0x63], '["a","bc"]'],
    [
      recordField('f', 'list', 0, { size: 4, element: { ...u16, kind: 'struct', children: point } }),
      counting,
      '[{"x":0,"in":{"y":1}},{"x":2,"in":{"y":3}}]',
    ],
  ])('%#: $kind', (field, bytes, json) => {
    expect(jsonOf(field, bytes)).toBe(json);
  });
});

describe('a formula', () => {
  const n = recordField('n', 'uint32', 0);
  test.each([
    ['string', 'a"b', '"a\\"b"'],
    ['string', null, 'null'],
    ['string', 'x'.repeat(100_000), `"${'x'.repeat(100_000)}"`],
    ['uint64', 2n ** 64n - 1n, '18446744073709551615'],
    ['pointer', 255n, '"0xff"'],
    ['bool', false, 'false'],
    ['bytes', Uint8Array.of(1, 171), '"01ab"'],
    ['list', ['a', 'b\n', 1n, [null]], '["a","b\\n",1,[null]]'],
    ['list', [], '[]'],
    ['struct', { a: 1, 'b"': { c: true } }, '{"a":1,"b\\"":{"c":true}}'],
  ] as const)('of kind %s is written as its value says', (kind, value, json) => {
    expect(
      jsonOf(
        formulaField('f', kind, [], () => value),
        [0],
      ),
    ).toBe(json);
  });

  test('that writes digits itself is quoted when it is text', () => {
    const write = (out: Uint8Array, at: number, value: number) => writeAsciiLiteral(out, at, `${value}!`);
    expect(
      jsonOf(
        formulaField('f', 'string', [n], () => '', { write }),
        [7, 0, 0, 0],
      ),
    ).toBe('"7!"');
    const digits = (out: Uint8Array, at: number, value: number) => writeAsciiLiteral(out, at, `${value}`);
    expect(
      jsonOf(
        formulaField('f', 'uint64', [n], () => 0n, { write: digits }),
        [7, 0, 0, 0],
      ),
    ).toBe('7');
  });
});

describe('a record', () => {
  const pid = recordField('proc.pid', 'uint32', 0, { hidden: true });
  const comm = recordField('proc.comm', 'string', 4, { size: 4 });
  const upper = formulaField('proc.upper', 'string', [comm], (c: string) => c.toUpperCase());
  const proc = recordField('proc', 'struct', 0, { size: 8, children: [pid, comm, upper] });
  const ret = recordField('ret', 'int32', 8);
  const endpoint = formulaField('endpoint', 'string', [], () => 'e', { annotations: new Map([['json.skip', 'true']]) });
  const source = sourceOf(12, [ret, proc, endpoint]);
  const record = (id: number, name: string) =>
    recordOf(12, (view, bytes) => {
      view.setUint32(0, id, true);
      bytes.set(new TextEncoder().encode(name), 4);
      view.setInt32(8, -id, true);
    });
  const batch = batchOf(record(1, 'sh'), record(2, 'ls'));
  const first = '{"ret":-1,"proc":{"pid":1,"comm":"sh","upper":"SH"}}\n';
  const second = '{"ret":-2,"proc":{"pid":2,"comm":"ls","upper":"LS"}}\n';

  test('is a line, of all fields but those with json.skip, hidden ones too', () => {
    expect(text(new JsonOutput(source), batch)).toBe(first + second);
    expect(text(new JsonOutput(source), batch, Uint32Array.of(1))).toBe(second);
  });

  test.each([
    [[comm], '{"proc":{"comm":"ls"}}\n'],
    [[upper, ret], '{"ret":-2,"proc":{"upper":"LS"}}\n'],
    [[proc], '{"proc":{"comm":"ls","upper":"LS"}}\n'],
    [[endpoint, pid], '{"proc":{"pid":2},"endpoint":"e"}\n'],
    [[], '{}\n'],
  ])('has just the fields that are named', (selectedFields, line) => {
    expect(text(new JsonOutput(source, { selectedFields }), batch, Uint32Array.of(1))).toBe(line);
  });

  test('in a table is an element of the one list on the line', () => {
    const table = new JsonOutput({ ...source, shape: 'array' });
    expect(text(table, batch)).toBe(`[${first.trim()},${second.trim()}]\n`);
    expect(text(table, batch, new Uint32Array())).toBe('[]\n');
  });

  test('is indented for people', () => {
    const fields = { selectedFields: [ret, comm], pretty: true };
    expect(text(new JsonOutput(source, fields), batch, Uint32Array.of(0))).toBe('{\n  "ret": -1,\n  "proc": {\n    "comm": "sh"\n  }\n}\n');
    expect(text(new JsonOutput({ ...source, shape: 'array' }, fields), batch, new Uint32Array())).toBe('[]\n');
  });

  test('is a document of YAML', () => {
    expect(text(new YamlOutput(source), batch, Uint32Array.of(0))).toBe('---\nret: -1\nproc:\n  pid: 1\n  comm: sh\n  upper: SH\n');
    expect(text(new YamlOutput({ ...source, shape: 'array' }), batch)).toBe(
      '---\n- ret: -1\n  proc:\n    pid: 1\n    comm: sh\n    upper: SH\n- ret: -2\n  proc:\n    pid: 2\n    comm: ls\n    upper: LS\n',
    );
  });

  test('is not shown by the output that shows nothing', () => {
    expect(text(new NoOutput(), batch)).toBe('');
  });
});

test('hundreds of fields are written by several functions', () => {
  const fields = Array.from({ length: 400 }, (_, i) => recordField(`f${i}`, 'uint8', i % 16));
  const parsed = JSON.parse(text(new JsonOutput(sourceOf(16, fields)), batchOf(Uint8Array.from(counting))));
  expect(parsed).toEqual(Object.fromEntries(fields.map((field, i) => [field.name, i % 16])));
});

test('many records outgrow the first buffer', () => {
  const batch = batchOf(...Array.from({ length: 5000 }, (_, i) => recordOf(4, (view) => view.setUint32(0, i, true))));
  const lines = text(new JsonOutput(sourceOf(4, [recordField('number', 'uint32', 0)])), batch)
    .trimEnd()
    .split('\n');
  expect(lines.map((line) => JSON.parse(line).number)).toEqual(Array.from({ length: 5000 }, (_, i) => i));
});

describe('hostile names and bytes', () => {
  const value = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.string({ unit: 'binary' }),
      fc.constantFrom('true', '~', '- a', 'a: b', '0x1', '.5', '😀\u{e0041}'),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('value')),
      fc.dictionary(fc.string({ unit: 'binary' }), tie('value')),
    ),
  })).value;

  test('give valid JSON and YAML of one meaning that steer no terminal', () => {
    const name = fc.string({ unit: 'binary' });
    const bytes = fc.uint8Array({ minLength: 24, maxLength: 24 });
    const property = (key: string, all: Uint8Array, computed: unknown) => {
      const fields = [
        { ...recordField('', 'string', 0, { size: 24 }), name: `${key}1` },
        { ...formulaField('', 'struct', [], () => computed as never), name: `${key}2` },
      ];
      const [source, batch] = [sourceOf(24, fields), batchOf(all)];
      const json = text(new JsonOutput(source), batch);
      expect(safeText(json.trimEnd())).toBe(json.trimEnd());
      const nul = all.indexOf(0);
      const parsed = JSON.parse(json);
      expect(parsed).toEqual(
        JSON.parse(
          JSON.stringify({
            [`${key}1`]: new TextDecoder('utf-8', { ignoreBOM: true }).decode(nul < 0 ? all : all.subarray(0, nul)),
            [`${key}2`]: computed,
          }),
        ),
      );
      expect(JSON.parse(text(new JsonOutput(source, { pretty: true }), batch))).toEqual(parsed);
      expect(parse(text(new YamlOutput(source), batch).slice(4), { maxAliasCount: 0 })).toEqual(parsed);
    };
    fc.assert(fc.property(name, bytes, value, property), { numRuns: 300 });
  });

  test('several records are several YAML documents', () => {
    const output = new YamlOutput(sourceOf(4, [recordField('s', 'string', 0, { size: 4 })]));
    const documents = parseAllDocuments(text(output, batchOf(Uint8Array.of(0x2d, 0x2d, 0x2d, 0), Uint8Array.of(0x6e, 0x6f, 0, 0))));
    expect(documents.map((document) => document.toJS())).toEqual([{ s: '---' }, { s: 'no' }]);
  });
});
