import type { Output } from '../pipeline/output.ts';
import type { RecordBatch } from '../pipeline/record-batch.ts';
import { ByteWriter } from '../schema/byte-writer.ts';
import type { DataSource, Field } from '../schema/data-source.ts';
import { prettyJson } from './json-pretty.ts';
import { createJsonWriter, type JsonWriter } from './json-writer.ts';
import { countEnds } from './whole-records.ts';

export interface JsonOptions {
  /** What `--fields` names; all fields without it. */
  readonly selectedFields?: readonly Field[];
  /** Indented, for people. */
  readonly pretty?: boolean;
}

const comma = 0x2c;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const newline = 0x0a;

/** JSON, one line a record; for tables one line a table, a list of its rows. */
export class JsonOutput implements Output {
  readonly #writer = new ByteWriter();
  readonly #writeRecord: JsonWriter;
  readonly #isTable: boolean;
  readonly #pretty: boolean;
  #text: Uint8Array = new Uint8Array();

  constructor(dataSource: DataSource, options: JsonOptions = {}) {
    this.#writeRecord = createJsonWriter(dataSource, options.selectedFields);
    this.#isTable = dataSource.shape === 'array';
    this.#pretty = options.pretty ?? false;
  }

  open(): void {}

  write(batch: RecordBatch, selection: Uint32Array | undefined, count: number): Uint8Array {
    const writer = this.#writer;
    writer.reset();
    if (this.#isTable) writeTable(writer, this.#writeRecord, { batch, selection, count });
    else writeLines(writer, this.#writeRecord, { batch, selection, count });
    this.#text = this.#pretty ? prettyJson(writer.written()) : writer.written();
    return this.#text;
  }

  wholeRecords(bytes: number): number {
    return countEnds(this.#text, bytes, this.#pretty ? '\n}\n' : '\n');
  }

  close(): Uint8Array {
    return new Uint8Array();
  }
}

/** The records of one call of `Output.write`. */
export interface Rows {
  readonly batch: RecordBatch;
  readonly selection: Uint32Array | undefined;
  readonly count: number;
}

export function writeLines(writer: ByteWriter, writeRecord: JsonWriter, { batch, selection, count }: Rows): void {
  for (let n = 0; n < count; n++) {
    writeRecord(writer, batch, selection === undefined ? n : selection[n]!);
    writeByte(writer, newline);
  }
}

export function writeTable(writer: ByteWriter, writeRecord: JsonWriter, { batch, selection, count }: Rows): void {
  writeByte(writer, openBracket);
  for (let n = 0; n < count; n++) {
    if (n > 0) writeByte(writer, comma);
    writeRecord(writer, batch, selection === undefined ? n : selection[n]!);
  }
  writeByte(writer, closeBracket);
  writeByte(writer, newline);
}

function writeByte(writer: ByteWriter, byte: number): void {
  writer.reserve(1);
  writer.bytes[writer.position++] = byte;
}
