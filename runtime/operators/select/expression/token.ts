import { filterSyntaxError } from '../syntax-error.ts';

export const optionName = '--filter-expr';

export type TokenKind = 'name' | 'integer' | 'float' | 'string' | 'operator' | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** A name or operator as written, a string's contents, a number's digits without separators. */
  readonly text: string;
  /** Characters from the start of the expression. */
  readonly offset: number;
}

const patterns: readonly (readonly [TokenKind | 'space', RegExp])[] = [
  ['space', /\s+/y],
  ['float', /(?:\d[\d_]*)?\.\d[\d_]*(?:[eE][+-]?\d+)?|\d[\d_]*[eE][+-]?\d+/y],
  ['integer', /0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|\d[\d_]*/y],
  ['name', /[A-Za-z_$][\w$]*/y],
  ['operator', /\*\*|\.\.|\?\?|&&|\|\||==|!=|<=|>=|[-+*/%<>!?:.,()[\]{}#^]/y],
];

/** Splits an expression. FILTER_SYNTAX for a character that begins nothing. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let offset = 0;
  while (offset < text.length) {
    const quote = text[offset]!;
    if (quote === '"' || quote === "'" || quote === '`') {
      const string = readString(text, offset, quote);
      tokens.push({ kind: 'string', text: string.value, offset });
      offset = string.end;
      continue;
    }
    const [kind, length] = matchAt(text, offset);
    if (kind === undefined) throw filterSyntaxError(optionName, text, offset, `unexpected character ${quote}`);
    const part = text.slice(offset, offset + length);
    if (kind !== 'space') tokens.push({ kind, text: kind === 'integer' || kind === 'float' ? part.replaceAll('_', '') : part, offset });
    offset += length;
  }
  tokens.push({ kind: 'end', text: '', offset: text.length });
  return tokens;
}

function matchAt(text: string, offset: number): [kind: TokenKind | 'space' | undefined, length: number] {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = offset;
    const match = pattern.exec(text);
    // `1..5` is a range of integers, not the float `1.` or `.5`.
    if (match === null || (kind === 'float' && startsInRange(text, offset, match[0]))) continue;
    return [kind, match[0].length];
  }
  return [undefined, 0];
}

function startsInRange(text: string, offset: number, number: string): boolean {
  return number.startsWith('.') && text[offset - 1] === '.';
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', a: '\x07', b: '\b', f: '\f', v: '\v' };

function readString(text: string, start: number, quote: string): { value: string; end: number } {
  let value = '';
  let at = start + 1;
  while (at < text.length && text[at] !== quote) {
    if (text[at] !== '\\' || quote === '`') {
      value += text[at++];
      continue;
    }
    const pattern = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|([nrtabfv])|([\\"'`]))/y;
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) throw filterSyntaxError(optionName, text, at, 'unknown escape in a string');
    const [whole, hex, unicode, letter, itself] = match;
    const code = hex ?? unicode;
    value += code === undefined ? (itself ?? escapes[letter!]!) : String.fromCharCode(Number.parseInt(code, 16));
    at += whole.length;
  }
  if (at >= text.length) throw filterSyntaxError(optionName, text, start, 'this string has no end');
  return { value, end: at + 1 };
}
