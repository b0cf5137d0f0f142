import type { Output } from '../pipeline/output.ts';
import type { RecordBatch } from '../pipeline/record-batch.ts';
import { ByteWriter } from '../schema/byte-writer.ts';
import type { DataSource, Field } from '../schema/data-source.ts';
import { writeLines, writeTable } from './json.ts';
import { createJsonWriter, type JsonWriter } from './json-writer.ts';
import { countEnds } from './whole-records.ts';
import { yamlFromJson } from './yaml-from-json.ts';

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** YAML, one document a record or table, each begun by `---`. The values are those of JSON. */
export class YamlOutput implements Output {
  readonly #writer = new ByteWriter();
  readonly #writeRecord: JsonWriter;
  readonly #isTable: boolean;
  #text: Uint8Array = new Uint8Array();

  constructor(dataSource: DataSource, options: { readonly selectedFields?: readonly Field[] } = {}) {
    this.#writeRecord = createJsonWriter(dataSource, options.selectedFields);
    this.#isTable = dataSource.shape === 'array';
  }

  open(): void {}

  write(batch: RecordBatch, selection: Uint32Array | undefined, count: number): Uint8Array {
    const writer = this.#writer;
    writer.reset();
    (this.#isTable ? writeTable : writeLines)(writer, this.#writeRecord, { batch, selection, count });
    const lines = decoder.decode(writer.written()).split('\n').slice(0, -1);
    this.#text = encoder.encode(lines.map((line) => `---\n${yamlFromJson(line)}`).join(''));
    return this.#text;
  }

  wholeRecords(bytes: number): number {
    return countEnds(this.#text, bytes, '\n', '---\n');
  }

  close(): Uint8Array {
    return new Uint8Array();
  }
}
