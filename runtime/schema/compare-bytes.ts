import type { Value } from './data-source.ts';

/** Order of two C strings by their bytes, which for UTF-8 is the order of their characters. Negative, zero or positive. */
export function compareStringBytes(a: Uint8Array, aStart: number, aSize: number, b: Uint8Array, bStart: number, bSize: number): number {
  const longest = Math.max(aSize, bSize);
  for (let index = 0; index < longest; index++) {
    const left = index < aSize ? a[aStart + index]! : 0;
    const right = index < bSize ? b[bStart + index]! : 0;
    if (left !== right) return left - right;
    if (left === 0) return 0;
  }
  return 0;
}

/** Order of two byte ranges of one size. */
export function compareBytes(a: Uint8Array, aStart: number, b: Uint8Array, bStart: number, size: number): number {
  for (let index = 0; index < size; index++) {
    const difference = a[aStart + index]! - b[bStart + index]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Order of two values of one field: nothing first, numbers by size, text by UTF-16 units, lists by their first difference. */
export function compareValues(a: Value, b: Value): number {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? -1 : 1;
  if (typeof a === 'object' && typeof b === 'object') return compareSequences(Object.values(a), Object.values(b));
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareSequences(a: readonly Value[], b: readonly Value[]): number {
  const shared = Math.min(a.length, b.length);
  for (let index = 0; index < shared; index++) {
    const order = compareValues(a[index]!, b[index]!);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}
