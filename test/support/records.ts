import type { RecordBatch } from '../../runtime/pipeline/record-batch.ts';
import type { DataSource, Field, FormulaOrigin, RecordOrigin } from '../../runtime/schema/data-source.ts';
import { type FieldKind, kindSizes } from '../../runtime/schema/kinds.ts';

/** A batch of records of one size; records lie at odd offsets, as they may in a real buffer. */
export function batchOf(...records: readonly Uint8Array[]): RecordBatch {
  const lengths = Uint32Array.from(records, (record) => record.length);
  const offsets = new Uint32Array(records.length);
  let end = 3;
  for (const [index, record] of records.entries()) {
    offsets[index] = end;
    end += record.length + 1;
  }
  const bytes = new Uint8Array(end).fill(0xee);
  for (const [index, record] of records.entries()) bytes.set(record, offsets[index]);
  return { bytes, view: new DataView(bytes.buffer), offsets, lengths, count: records.length };
}

/** A field of the record; bytes as the kind says unless given. */
export function recordField(
  name: string,
  kind: FieldKind,
  offset: number,
  more: Partial<Field> & { size?: number; bits?: RecordOrigin['bits'] } = {},
): Field {
  const { size = kindSizes[kind], bits, ...rest } = more;
  return fieldWith(name, kind, { from: 'record', offset, size, ...(bits && { bits }) }, rest);
}

export function formulaField(
  name: string,
  kind: FieldKind,
  inputs: readonly Field[],
  evaluate: FormulaOrigin['evaluate'],
  more: Partial<Field> & { write?: FormulaOrigin['write'] } = {},
): Field {
  const { write, ...rest } = more;
  return fieldWith(name, kind, { from: 'formula', inputs, evaluate, ...(write && { write }) }, rest);
}

function fieldWith(fullName: string, kind: FieldKind, origin: Field['origin'], rest: Partial<Field>): Field {
  const name = fullName.slice(fullName.lastIndexOf('.') + 1);
  return { name, fullName, kind, origin, children: [], typeNames: [], annotations: new Map(), tags: new Set(), hidden: false, ...rest };
}

export function sourceOf(recordSize: number, fields: Field[], shape: DataSource['shape'] = 'single'): DataSource {
  return { name: 'events', shape, typeName: 'event', recordSize, fields, annotations: new Map(), tags: new Set() };
}

/** Bytes of a record, written through a view. */
export function recordOf(size: number, write: (view: DataView, bytes: Uint8Array) => void): Uint8Array {
  const bytes = new Uint8Array(size);
  write(new DataView(bytes.buffer), bytes);
  return bytes;
}
