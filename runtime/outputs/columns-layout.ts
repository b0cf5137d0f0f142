import { safeText } from '../base/safe-text.ts';
import type { Field } from '../schema/data-source.ts';
import { type FieldKind, isWideKind, kindSizes } from '../schema/kinds.ts';
import { type Ellipsis, textWidth } from './columns-text-width.ts';

/** A column before its width is known. Widths in terminal cells. */
export interface Column {
  readonly header: string;
  /** Whose value is shown; another field than the named one with `columns.replace`. */
  readonly field: Field;
  readonly width: number;
  readonly minWidth: number;
  readonly maxWidth: number;
  /** Keeps its width whatever the terminal's. */
  readonly fixed: boolean;
  readonly alignRight: boolean;
  readonly ellipsis: Ellipsis;
  readonly hex: boolean;
  /** Decimals of a float; undefined for as many as needed. */
  readonly precision: number | undefined;
}

/** Columns' distance. */
export const columnGap = 1;
const defaultWidth = 16;
/** Widths above are mistakes; they would make lines of megabytes. */
const widthMax = 4096;
/** Digits that most numbers do with, unless the gadget says what its own need. */
const usualDigits = 10;
/** Characters of a text that tell it from most others. */
const usualCharacters = 8;
/** Below that a text column shows nothing. */
const narrowest = 4;

/** What a field's annotations ask of its column. `shown` is the field whose value appears. */
export function columnOf(field: Field, shown: Field): Column {
  const annotation = (key: string) => field.annotations.get(`columns.${key}`);
  const header = safeText((annotation('alias') ?? field.fullName).toUpperCase());
  const typeWidth = widthOfKind(shown.kind);
  const width = widthValue(annotation('width'), typeWidth) ?? typeWidth ?? defaultWidth;
  const minWidth = widthValue(annotation('minwidth'), typeWidth) ?? 0;
  const maxWidth = widthValue(annotation('maxwidth'), typeWidth) ?? typeWidth ?? widthMax;
  const wanted = Math.max(width, minWidth);
  return {
    header,
    field: shown,
    width: Math.max(1, Math.min(wanted, Math.max(maxWidth, minWidth))),
    minWidth,
    maxWidth: Math.max(maxWidth, minWidth, 1),
    fixed: annotation('fixed') === 'true',
    alignRight: annotation('alignment') === 'right',
    ellipsis: ellipsisOf(annotation('ellipsis')),
    hex: annotation('hex') === 'true',
    precision: integer(annotation('precision')),
  };
}

function ellipsisOf(value: string | undefined): Ellipsis {
  if (value === 'start' || value === 'middle') return value;
  return value === '' || value === 'none' ? 'none' : 'end';
}

function integer(value: string | undefined): number | undefined {
  return value !== undefined && /^\d{1,2}$/.test(value) ? Number(value) : undefined;
}

function widthValue(value: string | undefined, typeWidth: number | undefined): number | undefined {
  if (value === 'type') return typeWidth;
  if (value === undefined || !/^\d{1,6}$/.test(value)) return undefined;
  return Math.min(Number(value), widthMax);
}

/** Cells of a scalar's longest decimal value; undefined for kinds without a natural width. */
function widthOfKind(kind: FieldKind): number | undefined {
  if (kind === 'bool') return 5;
  if (kind === 'pointer') return 18;
  if (!kind.startsWith('int') && !kind.startsWith('uint')) return undefined;
  const bits = kindSizes[kind] * 8;
  if (isWideKind(kind) && bits === 128) return 34;
  return String(2n ** BigInt(kind.startsWith('int') ? bits - 1 : bits)).length + (kind.startsWith('int') ? 1 : 0);
}

/**
 * The widths that columns get on a terminal of `terminalWidth` cells: what they ask for when it fits, the rest given to those that may
 * grow; else all but fixed ones shrink in proportion: first to the width that usual values need, then texts further, then numbers. Without
 * a terminal's width each column gets what it asks for.
 */
export function fitColumns(columns: readonly Column[], terminalWidth: number | undefined): number[] {
  const wanted = columns.map((column) => Math.max(column.width, Math.min(textWidth(column.header), column.maxWidth)));
  if (terminalWidth === undefined || columns.length === 0) return wanted;
  const room = terminalWidth - columnGap * (columns.length - 1);
  const spare = room - sum(wanted);
  if (spare >= 0) return grow(columns, wanted, spare);
  const comfortable = columns.map((column, index) => (column.fixed ? wanted[index]! : Math.min(wanted[index]!, comfortableWidth(column))));
  if (sum(comfortable) <= room) return between(comfortable, wanted, room);
  // A shortened text still says something, a shortened number does not.
  const withNumbers = columns.map((column, index) => (isText(column) ? tightestWidth(column, comfortable[index]!) : comfortable[index]!));
  if (sum(withNumbers) <= room) return between(withNumbers, comfortable, room);
  const tightest = columns.map((column, index) => tightestWidth(column, comfortable[index]!));
  return between(tightest, withNumbers, Math.max(room, sum(tightest)));
}

function tightestWidth(column: Column, comfortable: number): number {
  return column.fixed ? comfortable : Math.min(comfortable, Math.max(column.minWidth, narrowest));
}

function comfortableWidth(column: Column): number {
  return Math.max(column.minWidth, textWidth(column.header), narrowest, Math.min(column.width, usualWidth(column)));
}

function usualWidth(column: Column): number {
  if (isText(column)) return usualCharacters;
  if (column.field.kind === 'pointer') return column.width;
  return column.minWidth > 0 ? column.minWidth : usualDigits;
}

function isText({ field }: Column): boolean {
  return field.kind === 'string' || field.kind === 'list';
}

/** Widths from `low` to `high` that use the whole room, each the same part of the way. */
function between(low: readonly number[], high: readonly number[], room: number): number[] {
  const span = sum(high) - sum(low);
  const part = span === 0 ? 0 : (room - sum(low)) / span;
  const widths = low.map((width, index) => width + Math.floor((high[index]! - width) * part));
  let rest = room - sum(widths);
  for (let index = 0; index < widths.length && rest > 0; index++) {
    if (widths[index]! >= high[index]!) continue;
    widths[index]!++;
    rest--;
  }
  return widths;
}

/** Gives spare cells to columns of numbers, as many as their longest value needs, then to columns of text, in proportion, up to their maximum. */
function grow(columns: readonly Column[], wanted: readonly number[], spare: number): number[] {
  const full = sum(wanted) + spare;
  const numbers = stretch(columns, wanted, spare, (column) => !isText(column));
  const afterNumbers = between(wanted, numbers, Math.min(full, sum(numbers)));
  const texts = stretch(columns, afterNumbers, full - sum(afterNumbers), isText);
  return between(afterNumbers, texts, Math.min(full, sum(texts)));
}

/** The widths that columns of a sort would like when there are so many cells to give away. */
function stretch(columns: readonly Column[], widths: readonly number[], spare: number, which: (column: Column) => boolean): number[] {
  return columns.map((column, index) => {
    const width = widths[index]!;
    const grows = which(column) && !column.fixed && !(isText(column) && column.alignRight) && column.maxWidth > width;
    return grows ? Math.min(column.maxWidth, width + spare) : width;
  });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
