import type { RecordBatch } from '../../pipeline/record-batch.ts';
import { CodeBuilder } from '../../schema/codegen.ts';
import { isWideKind } from '../../schema/kinds.ts';
import type { Condition } from './condition.ts';
import { Regex } from './regex/regex.ts';

/** True for a record that stays. */
export type RecordPredicate = (batch: RecordBatch, index: number) => boolean;

/**
 * One test of everything that `--filter` and `--filter-expr` ask. What raw bytes can answer comes first, so that most records are
 * dropped before a string is decoded or a formula computed. Undefined when nothing is asked.
 */
export function compilePredicate(
  conditions: readonly Condition[],
  ...expressions: readonly RecordPredicate[]
): RecordPredicate | undefined {
  if (conditions.length === 0 && expressions.length <= 1) return expressions[0];
  const builder = new CodeBuilder();
  const ordered = [...conditions].sort((a, b) => costOf(a) - costOf(b));
  const tests = ordered.map((condition) => conditionExpression(builder, condition));
  const calls = expressions.map((expression) => `${builder.constant(expression)}(batch, i)`);
  return builder.compilePredicate([...tests, ...calls].join(' && ')) as RecordPredicate;
}

/** Rank of what a condition costs: a number in the record, its text, something computed, a regular expression. */
function costOf({ field, value }: Condition): number {
  if (value instanceof Regex) return 3;
  if (field.origin.from === 'formula') return 2;
  return field.kind === 'string' ? 1 : 0;
}

function conditionExpression(builder: CodeBuilder, condition: Condition): string {
  const { field, operator, value } = condition;
  if (value instanceof Regex) {
    const test = builder.constant((text: string) => value.test(text));
    return `${operator === '!~' ? '!' : ''}${test}(${textExpression(builder, condition)})`;
  }
  if (typeof value === 'string') return textComparison(builder, condition, value);
  if (typeof value === 'bigint' || isWideKind(field.kind)) return wideComparison(builder, condition, BigInt(value));
  return `${builder.valueExpression(field)} ${exactOperator(operator)} ${builder.constant(value)}`;
}

function exactOperator(operator: Condition['operator']): string {
  return operator === '==' || operator === '!=' ? `${operator}=` : operator;
}

/** 64-bit values in the record are compared by halves, so that none becomes a bigint; those of other origins as bigints. */
function wideComparison(builder: CodeBuilder, { field, operator }: Condition, value: bigint): string {
  const words = builder.wordExpressions(field);
  if (words === undefined) return `${builder.valueExpression(field)} ${exactOperator(operator)} ${value}n`;
  const low = Number(BigInt.asUintN(32, value));
  const high = Number(BigInt.asUintN(32, value >> 32n));
  if (operator === '==') return `(${words.low} === ${low} && ${words.high} === ${high})`;
  if (operator === '!=') return `(${words.low} !== ${low} || ${words.high} !== ${high})`;
  const signed = field.kind === 'int64';
  const [fieldHigh, valueHigh] = signed ? [`(${words.high} | 0)`, high | 0] : [words.high, high];
  return `(${fieldHigh} === ${valueHigh} ? ${words.low} ${operator} ${low} : ${fieldHigh} ${operator[0]} ${valueHigh})`;
}

function textComparison(builder: CodeBuilder, condition: Condition, value: string): string {
  const { field, operator } = condition;
  const { origin, kind } = field;
  const equality = operator === '==' || operator === '!=';
  if (origin.from === 'record' && kind === 'string' && equality && isComparableAsBytes(value)) {
    const test = `${builder.constant(holdsText)}(${builder.bytes}, ${builder.offset} + ${origin.offset}, ${origin.size}, ${builder.constant(Buffer.from(value))})`;
    return operator === '==' ? test : `!${test}`;
  }
  return `${textExpression(builder, condition)} ${exactOperator(operator)} ${builder.constant(value)}`;
}

/** U+FFFD in a pattern also stands for bytes that are no UTF-8; a NUL is in no C string. */
function isComparableAsBytes(value: string): boolean {
  return !value.includes('\ufffd') && !value.includes('\0');
}

/** Whether a `char[]` holds exactly that text. */
function holdsText(bytes: Uint8Array, start: number, size: number, text: Uint8Array): boolean {
  if (text.length > size) return false;
  for (let index = 0; index < text.length; index++) if (bytes[start + index] !== text[index]) return false;
  return text.length === size || bytes[start + text.length] === 0;
}

function textExpression(builder: CodeBuilder, { field }: Condition): string {
  const value = builder.valueExpression(field);
  return field.kind === 'list' ? `${value}.join(' ')` : value;
}
