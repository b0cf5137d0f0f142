import { CodeBuilder } from './code-builder.ts';
import { compareBytes, compareStringBytes, compareValues } from './compare-bytes.ts';
import type { DataSource, Field, Value } from './data-source.ts';
import { isWideKind } from './kinds.ts';
import { memberKey } from './read-expression.ts';
import type { Records } from './records.ts';
import { type SelectedField, selectTree } from './selected-tree.ts';

export { CodeBuilder } from './code-builder.ts';

/** A record as an object: members nested as the fields are, in declaration order. */
export type DecodedRecord = { readonly [member: string]: Value };

/** A function that makes an object of a record: of all fields, or of those named (and the parents they are in). */
export function compileDecoder(dataSource: DataSource, fields?: readonly Field[]): (batch: Records, index: number) => DecodedRecord {
  const builder = new CodeBuilder();
  return builder.compileValue(objectExpression(builder, selectTree(dataSource.fields, fields))) as (
    batch: Records,
    index: number,
  ) => DecodedRecord;
}

function objectExpression(builder: CodeBuilder, nodes: readonly SelectedField[]): string {
  const members = nodes.map(({ field, children }) => {
    const value = children.length > 0 ? objectExpression(builder, children) : builder.valueExpression(field);
    return `${memberKey(field.name)}: ${value}`;
  });
  return `({ ${members.join(', ')} })`;
}

/** A function that reads one field of a record. */
export function compileGetter(field: Field): (batch: Records, index: number) => Value {
  const builder = new CodeBuilder();
  return builder.compileValue(builder.valueExpression(field));
}

export interface SortKey {
  readonly field: Field;
  readonly descending: boolean;
}

export type Comparer = (batchA: Records, indexA: number, batchB: Records, indexB: number) => number;

/**
 * The order of two records by one or more fields; negative when the first comes first. Raw columns are compared as they lie, without
 * a string or bigint being made; only formulas are computed.
 */
export function compileComparer(keys: readonly SortKey[]): Comparer {
  const a = new CodeBuilder({ suffix: 'A' });
  const b = new CodeBuilder({ suffix: 'B', shareConstantsOf: a });
  const steps = keys.map(
    ({ field, descending }) => `order = ${orderExpression(a, b, field)}; if (order !== 0) return ${descending ? '-' : ''}order;\n`,
  );
  const body = `${a.enter('batchA', 'iA')}${b.enter('batchB', 'iB')}let order = 0;\n${steps.join('')}return 0;`;
  return a.compile('batchA, iA, batchB, iB', body);
}

function orderExpression(a: CodeBuilder, b: CodeBuilder, field: Field): string {
  const { origin, kind } = field;
  if (origin.from === 'formula') return `${a.constant(compareValues)}(${a.valueExpression(field)}, ${b.valueExpression(field)})`;
  const at = (builder: CodeBuilder) => `${builder.bytes}, ${builder.offset} + ${origin.offset}`;
  if (kind === 'string') return `${a.constant(compareStringBytes)}(${at(a)}, ${origin.size}, ${at(b)}, ${origin.size})`;
  if (kind === 'bytes' || kind === 'struct') return `${a.constant(compareBytes)}(${at(a)}, ${at(b)}, ${origin.size})`;
  if (kind === 'list') return `${a.constant(compareValues)}(${a.valueExpression(field)}, ${b.valueExpression(field)})`;
  const left = a.wordExpressions(field);
  const right = b.wordExpressions(field);
  if (left === undefined || right === undefined) {
    const [x, y] = [a.valueExpression(field), b.valueExpression(field)];
    return isWideKind(kind) ? `${a.constant(compareValues)}(${x}, ${y})` : `(${x} < ${y} ? -1 : ${x} > ${y} ? 1 : 0)`;
  }
  const high = kind === 'int64' ? `(${left.high} | 0) - (${right.high} | 0)` : `${left.high} - ${right.high}`;
  return `(${left.high} !== ${right.high} ? ${high} : ${left.low} - ${right.low})`;
}
