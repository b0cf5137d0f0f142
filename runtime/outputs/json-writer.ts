import type { RecordBatch } from '../pipeline/record-batch.ts';
import type { ByteWriter } from '../schema/byte-writer.ts';
import { CodeBuilder } from '../schema/codegen.ts';
import type { DataSource, Field } from '../schema/data-source.ts';
import { JsonCode } from './json-code.ts';
import { type JsonPiece, jsonPieces } from './json-plan.ts';

/** Writes one record as a JSON object, making room for it. */
export type JsonWriter = (writer: ByteWriter, batch: RecordBatch, index: number) => void;

/** V8 optimises no function of more than 60 KB bytecode; this many values stay far below it. */
const piecesPerFunction = 96;

/**
 * Generates the function that writes records of a data source: all fields in declaration order, or just those named, in the tree
 * they are in.
 */
export function createJsonWriter(dataSource: DataSource, fields?: readonly Field[]): JsonWriter {
  const pieces = jsonPieces(dataSource, fields);
  const parts: JsonWriter[] = [];
  for (let start = 0; start < pieces.length; start += piecesPerFunction)
    parts.push(compilePart(pieces.slice(start, start + piecesPerFunction)));
  if (parts.length === 1) return parts[0]!;
  return (writer, batch, index) => {
    for (const part of parts) part(writer, batch, index);
  };
}

function compilePart(pieces: readonly JsonPiece[]): JsonWriter {
  const builder = new CodeBuilder();
  const code = new JsonCode(builder);
  for (const piece of pieces) addPiece(code, piece);
  return builder.compile('writer, batch, i', `${builder.enter('batch', 'i')}${code.finish()}`);
}

function addPiece(code: JsonCode, piece: JsonPiece): void {
  if ('text' in piece) code.addText(piece.text);
  else if ('field' in piece) code.addField(piece.field);
  else {
    code.addBlock(piece.origin, () => {
      for (const inner of piece.pieces) addPiece(code, inner);
    });
  }
}
