import { ByteWriter, writeJsonString } from '../schema/byte-writer.ts';
import type { DataSource, Field, RecordOrigin } from '../schema/data-source.ts';
import { type SelectedField, selectTree } from '../schema/selected-tree.ts';

/** What the JSON of a record consists of, in order: fixed ASCII or UTF-8 text, values, and structs whose text depends on their own bytes only. */
export type JsonPiece = { readonly text: string } | { readonly field: Field } | JsonBlock;

/** The pieces of one struct, and the bytes of the record that say all of it. */
export interface JsonBlock {
  readonly pieces: readonly JsonPiece[];
  readonly origin: RecordOrigin;
}

/** A struct of fewer values is written faster than looked up. */
const fewestValues = 6;
/** More would make the function that writes them too large. */
const mostValues = 64;
/** Longest struct that is looked up, in bytes. */
const blockBytesMax = 512;

/** The pieces of one record: all fields but those with `json.skip`, or exactly the named ones. */
export function jsonPieces(dataSource: DataSource, named: readonly Field[] | undefined): JsonPiece[] {
  const wanted = new Set(named);
  const skipped = (field: Field) => field.annotations.get('json.skip') === 'true' && !wanted.has(field);
  const pieces: JsonPiece[] = [];
  addObject(pieces, selectTree(dataSource.fields, named), skipped);
  return merged(pieces);
}

function addObject(pieces: JsonPiece[], nodes: readonly SelectedField[], skipped: (field: Field) => boolean): void {
  let separator = '{';
  for (const { field, children } of nodes) {
    if (skipped(field)) continue;
    pieces.push({ text: `${separator}${jsonText(field.name)}:` });
    separator = ',';
    if (children.length > 0) addStruct(pieces, field, children, skipped);
    else pieces.push({ field });
  }
  pieces.push({ text: separator === '{' ? '{}' : '}' });
}

function addStruct(pieces: JsonPiece[], field: Field, children: readonly SelectedField[], skipped: (field: Field) => boolean): void {
  const inner: JsonPiece[] = [];
  addObject(inner, children, skipped);
  const flat = inner.flatMap((piece) => ('pieces' in piece ? piece.pieces : [piece]));
  const fields = flat.flatMap((piece) => ('field' in piece ? [piece.field] : []));
  const { origin } = field;
  if (origin.from === 'record' && isBlock(origin, fields)) pieces.push({ pieces: merged(flat), origin });
  else pieces.push(...inner);
}

function isBlock(origin: RecordOrigin, fields: readonly Field[]): boolean {
  const fits = origin.size % 4 === 0 && origin.size <= blockBytesMax && fields.length >= fewestValues && fields.length <= mostValues;
  return fits && fields.every((field) => dependsOn(field, origin.offset, origin.offset + origin.size));
}

/** Whether a field is made of those bytes of the record only. */
function dependsOn({ origin }: Field, start: number, end: number): boolean {
  if (origin.from === 'formula') return origin.inputs.every((input) => dependsOn(input, start, end));
  return origin.offset >= start && origin.offset + origin.size <= end;
}

function merged(pieces: readonly JsonPiece[]): JsonPiece[] {
  const result: JsonPiece[] = [];
  for (const piece of pieces) {
    const last = result.at(-1);
    if (last !== undefined && 'text' in last && 'text' in piece) result[result.length - 1] = { text: last.text + piece.text };
    else result.push(piece);
  }
  return result;
}

/** A string as JSON, safe for a terminal. */
export function jsonText(text: string): string {
  const writer = new ByteWriter();
  writer.reserve(6 * text.length + 2);
  writer.position = writeJsonString(writer.bytes, 0, text);
  return new TextDecoder().decode(writer.written());
}
