import { describe, expect, test } from 'vitest';
import type { RunFlags } from '../../runtime/cli/commands/run/flags.ts';
import { outputFactory } from '../../runtime/cli/commands/run/outputs.ts';
import { ColumnsOutput } from '../../runtime/outputs/columns.ts';
import { JsonOutput } from '../../runtime/outputs/json.ts';
import { NoOutput } from '../../runtime/outputs/none.ts';
import { YamlOutput } from '../../runtime/outputs/yaml.ts';
import { fakeCliContext } from '../support/fake-cli-context.ts';
import { record, recordField, source } from '../support/fields.ts';
import { gadgetSpec } from '../support/gadget-spec.ts';
import { batchOf } from '../support/records.ts';
import { runFlags } from '../support/run-flags.ts';

const fields = () => [recordField('pid', 'uint32', 0), recordField('raw', 'uint32', 4, { hidden: true })];
const origin = { kind: 'tracer', map: 'm', lostSamplesMap: undefined } as const;
const opens = source(fields(), 'single', 'opens');
const stats = { ...source(fields(), 'array', 'stats'), annotations: new Map([['cli.default-output-mode', 'none']]) };
const spec = gadgetSpec({ sources: [opens, stats].map((dataSource) => ({ dataSource, origin })) });

const factory = (format: string, given: Partial<RunFlags> = {}) =>
  outputFactory({ format, flags: runFlags(given), spec, context: fakeCliContext({}), target: { file: '/dev/null' } });

describe('the output of a data source', () => {
  test.each([
    ['columns', ColumnsOutput],
    ['json', JsonOutput],
    ['jsonpretty', JsonOutput],
    ['yaml', YamlOutput],
    ['none', NoOutput],
    ['opens:json,stats:none', JsonOutput],
    ['stats:none', ColumnsOutput],
  ])('-o %s', (format, kind) => expect(factory(format).create(opens)).toBeInstanceOf(kind));

  test('is its own default when only another is named', () => {
    expect(factory('opens:json').create(stats)).toBeInstanceOf(NoOutput);
  });

  test.each([
    ['xml', 'USAGE', 'there is no output format "xml"'],
    ['toString', 'USAGE', 'there is no output format "toString"'],
    ['open:json', 'USAGE', '--output: there is no data source open'],
    ['opens:xml', 'USAGE', 'there is no output format "xml"'],
  ])('-o %s is refused', (format, code, message) => {
    expect(() => factory(format).create(opens)).toThrow(expect.objectContaining({ code, message }));
  });
});

describe('the fields that JSON shows', () => {
  const batch = batchOf(
    record(8, (bytes) => {
      bytes.writeUInt32LE(7, 0);
      bytes.writeUInt32LE(9, 4);
    }),
  );
  const text = (fieldList: string | undefined) => {
    const output = factory('json', fieldList === undefined ? {} : { fields: fieldList }).create(opens);
    return Buffer.from(output.write(batch, undefined, 1)).toString();
  };

  test.each<[string | undefined, object]>([
    [undefined, { pid: 7, raw: 9 }],
    ['pid', { pid: 7 }],
    ['-pid', { raw: 9 }],
    ['+raw', { pid: 7, raw: 9 }],
    ['opens:raw', { raw: 9 }],
    ['stats:raw', { pid: 7, raw: 9 }],
  ])('--fields %s', (list, expected) => expect(JSON.parse(text(list))).toEqual(expected));

  test('an unknown one is refused with a suggestion', () => {
    expect(() => text('pdi')).toThrow(expect.objectContaining({ code: 'UNKNOWN_FIELD', hint: 'did you mean pid?' }));
  });
});
