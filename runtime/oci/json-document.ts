import { ImageError } from '../base/errors.ts';

/** A JSON object whose members are still to be checked. */
export type JsonObject = { readonly [member: string]: unknown };

/** Says of every problem which document it is in. */
export function invalid(subject: string, problem: string, cause?: unknown): ImageError {
  return new ImageError('IMAGE_INVALID', `${subject}: ${problem}`, cause === undefined ? {} : { cause });
}

/** The bytes as one JSON object: at most `maxBytes`, UTF-8, nothing after it. */
export function parseJsonObject(bytes: Uint8Array, subject: string, maxBytes: number): JsonObject {
  if (bytes.length > maxBytes) throw invalid(subject, `${bytes.length} bytes are more than the ${maxBytes} allowed`);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (cause) {
    throw invalid(subject, 'is not JSON in UTF-8', cause);
  }
  return expectObject(value, subject);
}

export function expectObject(value: unknown, subject: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(subject, 'is not a JSON object');
  return value as JsonObject;
}

/** A list of at most `maxItems`. */
export function expectList(value: unknown, subject: string, maxItems: number): readonly unknown[] {
  if (!Array.isArray(value)) throw invalid(subject, 'is not a list');
  if (value.length > maxItems) throw invalid(subject, `has ${value.length} items, more than the ${maxItems} allowed`);
  return value;
}

export function expectString(value: unknown, subject: string): string {
  if (typeof value !== 'string') throw invalid(subject, 'is not a string');
  return value;
}

/** A map of strings to strings; a missing one (or null, as Go writes an empty one) is empty. */
export function expectStringMap(value: unknown, subject: string): Readonly<Record<string, string>> {
  if (value === undefined || value === null) return {};
  const entries = Object.entries(expectObject(value, subject));
  return Object.fromEntries(entries.map(([key, text]) => [key, expectString(text, `${subject} ${JSON.stringify(key)}`)]));
}
