import { ByteWriter, writeJsonString } from '../schema/byte-writer.ts';
import type { DataSource, Field } from '../schema/data-source.ts';
import { type SelectedField, selectTree } from '../schema/selected-tree.ts';

/** What the JSON of a record consists of, in order: fixed ASCII or UTF-8 text, and values. */
export type JsonPiece = { readonly text: string } | { readonly field: Field };

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
    if (children.length > 0) addObject(pieces, children, skipped);
    else pieces.push({ field });
  }
  pieces.push({ text: separator === '{' ? '{}' : '}' });
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
