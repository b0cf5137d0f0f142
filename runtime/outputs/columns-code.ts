import type { RecordBatch } from '../pipeline/record-batch.ts';
import { type ByteWriter, writeAsciiLiteral, writeHexUint64, writeInt, writeInt64, writeUint64 } from '../schema/byte-writer.ts';
import { CodeBuilder } from '../schema/codegen.ts';
import type { Field } from '../schema/data-source.ts';
import { type CellStyle, cellBytes, finishAscii, writeCString, writeSafeText } from './columns-cells.ts';
import { type Column, columnGap } from './columns-layout.ts';
import { hexText, valueText } from './columns-values.ts';

/** Writes the first `count` records (of the selection) as lines. */
export type RowWriter = (writer: ByteWriter, batch: RecordBatch, selection: Uint32Array | undefined, count: number) => void;

/** Bytes that a number or a formula's own writer may take (`FormulaOrigin.write`). */
const shortCellBytes = 256;

export interface RowOptions {
  readonly columns: readonly Column[];
  readonly styles: readonly CellStyle[];
  /** Ends each line; begins with what clears the rest of the terminal's line when a table is refreshed in place. */
  readonly lineEnd: string;
}

/** Generates the writer for a set of columns: for integers and ASCII no string is ever made. */
export function compileRowWriter({ columns, styles, lineEnd }: RowOptions): RowWriter {
  const builder = new CodeBuilder();
  const room = rowBytes(columns, styles) + lineEnd.length;
  const cells = columns.map((column, index) => {
    const gap = index === 0 ? '' : 'out[at++] = 32;\n'.repeat(columnGap);
    return gap + cellCode(builder, column, styles[index]!, room);
  });
  const body = `for (let n = 0; n < count; n++) {
const i = selection === undefined ? n : selection[n];
${builder.enter('batch', 'i')}writer.reserve(${room});
let out = writer.bytes, at = writer.position, start = 0;
${cells.join('')}at = ${builder.constant(writeAsciiLiteral)}(out, at, ${builder.constant(lineEnd)});
writer.position = at;
}`;
  return builder.compile('writer, batch, selection, count', body);
}

/** Most bytes of a row, but for text of unknown length, which makes its own room. */
function rowBytes(columns: readonly Column[], styles: readonly CellStyle[]): number {
  return columns.reduce((total, { field }, index) => {
    const size = field.origin.from === 'record' && field.kind === 'string' ? cellBytes(field.origin.size, styles[index]!) : 0;
    return total + Math.max(size, shortCellBytes + styles[index]!.pad) + columnGap;
  }, 0);
}

function cellCode(builder: CodeBuilder, column: Column, style: CellStyle, room: number): string {
  const { field } = column;
  const bound = builder.constant(style);
  const { origin } = field;
  if (origin.from === 'record' && field.kind === 'string') {
    const write = builder.constant(writeCString);
    return `at = ${write}(out, at, ${builder.bytes}, ${builder.offset} + ${origin.offset}, ${origin.size}, ${bound});\n`;
  }
  if (origin.from === 'formula' && origin.write !== undefined && !column.hex) {
    const finish = builder.constant(finishAscii);
    const inputs = builder.inputs(origin);
    return `start = at;\nat = ${finish}(out, start, ${builder.constant(origin.write)}(out, at${inputs && `, ${inputs}`}), ${bound});\n`;
  }
  const number = numberCode(builder, column);
  if (number !== undefined) return `start = at;\nat = ${builder.constant(finishAscii)}(out, start, ${number}, ${bound});\n`;
  const text = `${builder.constant(valueText)}(${builder.valueExpression(field)})`;
  return `writer.position = at;\n${builder.constant(writeSafeText)}(writer, ${text}, ${bound}, ${room});\nout = writer.bytes; at = writer.position;\n`;
}

function isNumber(field: Field): boolean {
  return field.kind !== 'string' && field.kind !== 'list' && field.kind !== 'bytes' && field.kind !== 'struct';
}

/** An expression that writes a number's digits and gives their end; undefined for what is no number. */
function numberCode(builder: CodeBuilder, column: Column): string | undefined {
  const { field, precision } = column;
  if (!isNumber(field)) return undefined;
  const literal = (text: string) => `${builder.constant(writeAsciiLiteral)}(out, at, ${text})`;
  const words = builder.wordExpressions(field);
  if (words !== undefined) {
    const write =
      field.kind === 'pointer' || (column.hex && field.kind === 'uint64')
        ? writeHexUint64
        : field.kind === 'int64'
          ? writeInt64
          : writeUint64;
    if (!column.hex || write === writeHexUint64) return `${builder.constant(write)}(out, at, ${words.high}, ${words.low})`;
  }
  const value = builder.valueExpression(field);
  switch (field.kind) {
    case 'bool':
      return literal(`${value} ? 'true' : 'false'`);
    case 'float32':
    case 'float64':
      return literal(precision === undefined ? `String(${value})` : `(${value}).toFixed(${precision})`);
    case 'pointer':
    case 'int128':
    case 'uint128':
      return literal(`${builder.constant(hexText)}(${value})`);
    case 'int64':
    case 'uint64':
      return literal(column.hex ? `${builder.constant(hexText)}(${value})` : `String(${value})`);
    default:
      return column.hex ? literal(`${builder.constant(hexText)}(${value})`) : `${builder.constant(writeInt)}(out, at, ${value})`;
  }
}
