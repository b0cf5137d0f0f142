import { safeText } from '../base/safe-text.ts';
import type { Value } from '../schema/data-source.ts';

/** Words that a shell takes as they are. */
const plainWord = /^[A-Za-z0-9_@%+=:,./-]+$/;

/** A word as a shell would need it written to get that very text: `'daemon off;'`; with control characters as `$'a\nb'`. */
export function shellQuote(word: string): string {
  if (plainWord.test(word)) return word;
  const safe = safeText(word);
  if (safe === word) return `'${word.replaceAll("'", "'\\''")}'`;
  return `$'${safeText(word.replaceAll('\\', '\\\\').replaceAll("'", "\\'"))}'`;
}

/** Any value as text that is safe on a terminal: lists of strings as a command line, other lists with commas, structs as JSON. */
export function valueText(value: Value): string {
  if (typeof value === 'string') return safeText(value);
  if (value === null) return '';
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (Array.isArray(value)) return listText(value);
  return typeof value === 'object' ? safeText(jsonText(value)) : String(value);
}

function listText(values: readonly Value[]): string {
  if (values.some((value) => typeof value === 'object')) return safeText(jsonText(values));
  return values.every((value) => typeof value === 'string') ? values.map(shellQuote).join(' ') : values.join(',');
}

function jsonText(value: Value): string {
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Uint8Array) return JSON.stringify(Buffer.from(value).toString('hex'));
  if (Array.isArray(value)) return `[${value.map(jsonText).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value as Readonly<Record<string, Value>>);
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${jsonText(member)}`).join(',')}}`;
}

/** An integer in hexadecimal, negative ones with a sign. */
export function hexText(value: number | bigint): string {
  return value < 0 ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
}
