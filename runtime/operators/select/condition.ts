import { UsageError } from '../../base/errors.ts';
import type { Field } from '../../schema/data-source.ts';
import { isWideKind, kindSizes } from '../../schema/kinds.ts';
import { Regex } from './regex/regex.ts';

export type FilterOperator = '==' | '!=' | '>=' | '<=' | '>' | '<' | '~' | '!~';

/** What a field's value is compared with: as the field's kind has it in JavaScript. */
export type FilterValue = boolean | number | bigint | string | Regex;

/** One part of a `--filter`: `pid>=1000`. */
export interface Condition {
  readonly field: Field;
  readonly operator: FilterOperator;
  readonly value: FilterValue;
}

/** Reads a condition's value as the field's kind wants it. FILTER_SYNTAX when it cannot be one, or the operator does not fit. */
export function conditionOf(field: Field, operator: FilterOperator, text: string): Condition {
  return { field, operator, value: valueFor(field, operator, text) };
}

function valueFor(field: Field, operator: FilterOperator, text: string): FilterValue {
  const matching = operator === '~' || operator === '!~';
  if (isTextual(field)) return matching ? new Regex(text) : text;
  if (matching) throw refuse(field, `${operator} matches text only; ${field.fullName} is of kind ${field.kind}`);
  if (field.kind === 'bool') return booleanValue(field, operator, text);
  if (field.kind === 'float32' || field.kind === 'float64') return floatValue(field, text);
  if (field.kind in kindSizes && kindSizes[field.kind] > 0) return integerValue(field, text);
  throw refuse(field, `a field of kind ${field.kind} cannot be compared`);
}

/** Strings, and lists of strings, which are compared as their parts joined by spaces. */
export function isTextual(field: Field): boolean {
  return field.kind === 'string' || (field.kind === 'list' && field.element?.kind === 'string');
}

function booleanValue(field: Field, operator: FilterOperator, text: string): boolean {
  if (operator !== '==' && operator !== '!=') throw refuse(field, `${field.fullName} is true or false, which only == and != compare`);
  if (text !== 'true' && text !== 'false') throw refuse(field, `${field.fullName} is true or false, not "${text}"`);
  return text === 'true';
}

function floatValue(field: Field, text: string): number {
  const value = Number(text);
  if (text.trim() === '' || Number.isNaN(value)) throw refuse(field, `${field.fullName} is a number, "${text}" is none`);
  return value;
}

function integerValue(field: Field, text: string): number | bigint {
  if (!/^[+-]?(0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|\d+)$/.test(text))
    throw refuse(field, `${field.fullName} is a whole number, "${text}" is none`);
  const magnitude = BigInt(text.replace(/^[+-]/, ''));
  const value = text.startsWith('-') ? -magnitude : magnitude;
  const bits = kindSizes[field.kind] * 8;
  const signed = field.kind.startsWith('int');
  const low = signed ? -(2n ** BigInt(bits - 1)) : 0n;
  const high = 2n ** BigInt(signed ? bits - 1 : bits) - 1n;
  if (value < low || value > high) throw refuse(field, `${text} is no ${field.kind}: those go from ${low} to ${high}`);
  return isWideKind(field.kind) ? value : Number(value);
}

function refuse(field: Field, problem: string): UsageError {
  return new UsageError('FILTER_SYNTAX', `--filter: ${problem}`, { context: { field: field.fullName } });
}
