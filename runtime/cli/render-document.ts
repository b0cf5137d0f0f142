import type { Scalar } from 'yaml';
import { Document, visit } from 'yaml';
import { UsageError } from '../base/errors.ts';
import { safeText } from '../base/safe-text.ts';

/** What a document may consist of. */
export type Plain = string | number | boolean | null | undefined | readonly Plain[] | { readonly [member: string]: Plain };

export const documentFormats = ['json', 'jsonpretty', 'yaml'] as const;
export type DocumentFormat = (typeof documentFormats)[number];

/**
 * A value as text in a machine-readable format, ending in a newline. Characters that could steer a terminal are written as escapes
 * that a parser turns back.
 */
export function renderDocument(value: Plain, format: DocumentFormat): string {
  if (format === 'yaml') return renderYaml(value);
  return `${escapeUnsafe(JSON.stringify(value, undefined, format === 'json' ? undefined : 2), jsonEscape)}\n`;
}

/** One of the values that `-o` takes. */
export function outputFormat<T extends string>(text: string, formats: readonly T[]): T {
  const format = formats.find((known) => known === text);
  if (format !== undefined) return format;
  throw new UsageError('USAGE', `there is no output format "${text}" here`, { hint: `-o takes ${formats.join(', ')}` });
}

function renderYaml(value: Plain): string {
  const document = new Document(value, { aliasDuplicateObjects: false });
  visit(document, { Scalar: (_key, node) => quoteUnsafe(node) });
  return escapeUnsafe(document.toString({ lineWidth: 0 }), yamlEscape);
}

/** Only double-quoted strings know escapes. */
function quoteUnsafe(node: Scalar): void {
  if (typeof node.value === 'string' && safeText(node.value) !== node.value) node.type = 'QUOTE_DOUBLE';
}

function escapeUnsafe(text: string, escapeOf: (character: string) => string): string {
  return text.replace(/[^ -~\n]/gu, (character) => (safeText(character) === character ? character : escapeOf(character)));
}

/** One `\uXXXX` for each UTF-16 unit. */
function jsonEscape(character: string): string {
  return Array.from({ length: character.length }, (_, at) => `\\u${hex(character.charCodeAt(at), 4)}`).join('');
}

function yamlEscape(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
