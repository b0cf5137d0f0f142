import type { FormulaOrigin } from '../../schema/data-source.ts';

/** Entries after which a cache starts anew, so that values which never repeat cost no memory. */
const entriesMax = 4096;
/** Longest text that may be written without asking for room: `FormulaOrigin.write` has 256 bytes. */
const writeBytesMax = 240;
const plainText = /^[ !#-[\]-~]*$/;

/** True for text that can be written as bytes into any output: printable ASCII without quote and backslash, and short. */
export function isPlain(text: string): boolean {
  return text.length <= writeBytesMax && plainText.test(text);
}

/** A function of one number, computed once for each value, in a bounded cache. */
export function cachedText(compute: (value: number) => string): (value: number) => string {
  const cache = new Map<number, string>();
  return (value) => {
    let text = cache.get(value);
    if (text === undefined) {
      if (cache.size >= entriesMax) cache.clear();
      text = compute(value);
      cache.set(value, text);
    }
    return text;
  };
}

/** A formula of one number whose text is always plain: both ways to have it, with caches. */
export function plainTextFormula(compute: (value: number) => string): {
  evaluate: (value: number) => string;
  write: NonNullable<FormulaOrigin['write']> & ((out: Uint8Array, at: number, value: number) => number);
} {
  const cache = new Map<number, Uint8Array>();
  const evaluate = cachedText(compute);
  // Most values are the same as the last one.
  let last = Number.NaN;
  let lastBytes: Uint8Array = new Uint8Array();
  const write = (out: Uint8Array, at: number, value: number): number => {
    if (value === last) return copyInto(out, at, lastBytes);
    let bytes = cache.get(value);
    if (bytes === undefined) {
      if (cache.size >= entriesMax) cache.clear();
      bytes = Buffer.from(evaluate(value), 'latin1');
      cache.set(value, bytes);
    }
    last = value;
    lastBytes = bytes;
    return copyInto(out, at, bytes);
  };
  return { evaluate, write };
}

/** Copies a few bytes; for so few a loop is faster than `set`. */
export function copyInto(out: Uint8Array, at: number, bytes: Uint8Array): number {
  for (let index = 0; index < bytes.length; index++) out[at + index] = bytes[index]!;
  return at + bytes.length;
}

/** Writes plain text. */
export function writeText(out: Uint8Array, at: number, text: string): number {
  for (let index = 0; index < text.length; index++) out[at + index] = text.charCodeAt(index);
  return at + text.length;
}
