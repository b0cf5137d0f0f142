import { describe, expect, test } from 'vitest';
import { ColumnsOutput } from '../../runtime/outputs/columns.ts';
import { JsonOutput } from '../../runtime/outputs/json.ts';
import { YamlOutput } from '../../runtime/outputs/yaml.ts';
import type { Output } from '../../runtime/pipeline/output.ts';
import { record, recordField, source } from '../support/fields.ts';
import { batchOf } from '../support/records.ts';

const dataSource = source([recordField('text', 'string', 0, { size: 24 }), recordField('number', 'uint32', 24)]);
/** Texts that hold what ends a record in some format. */
const texts = ['plain', '\n---\n', '---\n---', '\n}\n', '}', '', '\n'];
const records = texts.map((text, index) =>
  record(28, (bytes) => {
    bytes.write(text);
    bytes.writeUInt32LE(index, 24);
  }),
);

const outputs: ReadonlyArray<readonly [string, () => Output]> = [
  ['json', () => new JsonOutput(dataSource)],
  ['jsonpretty', () => new JsonOutput(dataSource, { pretty: true })],
  ['yaml', () => new YamlOutput(dataSource)],
  ['columns', () => new ColumnsOutput(dataSource)],
  ['columns whose header comes again', () => new ColumnsOutput(dataSource, { terminal: { columns: 60, rows: 4 } })],
];

describe('records that are whole in a part of the text', () => {
  test.each(outputs)('%s', (_name, make) => {
    const ends = records.map((_, index) => make().write(batchOf(...records.slice(0, index + 1)), undefined, index + 1).length);
    const output = make();
    const length = output.write(batchOf(...records), undefined, records.length).length;
    expect(length).toBe(ends.at(-1));
    for (let bytes = 0; bytes < length; bytes++) {
      expect([bytes, output.wholeRecords(bytes)]).toEqual([bytes, ends.filter((end) => end <= bytes).length]);
    }
  });
});
