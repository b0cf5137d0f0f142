import type { CodeTest } from './node.ts';

const inRange =
  (...pairs: readonly (readonly [string, string])[]): CodeTest =>
  (code) =>
    pairs.some(([first, last]) => code >= first.charCodeAt(0) && code <= last.charCodeAt(0));

const digit = inRange(['0', '9']);
const word = inRange(['0', '9'], ['A', 'Z'], ['a', 'z'], ['_', '_']);
const space: CodeTest = (code) => code === 9 || code === 10 || code === 12 || code === 13 || code === 32;

export const not =
  (test: CodeTest): CodeTest =>
  (code) =>
    !test(code);

/** `\d`, `\w`, `\s` and their complements: ASCII, as in RE2. */
export const perlClasses: ReadonlyMap<string, CodeTest> = new Map([
  ['d', digit],
  ['w', word],
  ['s', space],
  ['D', not(digit)],
  ['W', not(word)],
  ['S', not(space)],
]);

/** `[:alpha:]` and its kin within brackets. */
export const posixClasses: ReadonlyMap<string, CodeTest> = new Map([
  ['alnum', inRange(['0', '9'], ['A', 'Z'], ['a', 'z'])],
  ['alpha', inRange(['A', 'Z'], ['a', 'z'])],
  ['ascii', (code: number) => code < 128],
  ['blank', (code: number) => code === 9 || code === 32],
  ['cntrl', (code: number) => code < 32 || code === 127],
  ['digit', digit],
  ['graph', inRange(['!', '~'])],
  ['lower', inRange(['a', 'z'])],
  ['print', inRange([' ', '~'])],
  ['punct', inRange(['!', '/'], [':', '@'], ['[', '`'], ['{', '~'])],
  ['space', (code: number) => space(code) || code === 11],
  ['upper', inRange(['A', 'Z'])],
  ['word', word],
  ['xdigit', inRange(['0', '9'], ['A', 'F'], ['a', 'f'])],
]);

export const isWord = word;

/** `\p{Greek}`, `\p{Lu}`: a general category or a script; undefined for a name that is neither. */
export function unicodeClass(name: string): CodeTest | undefined {
  if (!/^[A-Za-z_]{1,40}$/.test(name)) return undefined;
  if (name === 'Any') return () => true;
  for (const property of [`gc=${name}`, `Script=${name}`]) {
    try {
      const pattern = new RegExp(`^\\p{${property}}$`, 'u');
      return (code) => pattern.test(String.fromCodePoint(code));
    } catch {
      // the engine knows no such property value: try the next kind of name
    }
  }
  return undefined;
}

/** Accepts what the test accepts in either case (`(?i)`), by simple folding. */
export function foldCase(test: CodeTest): CodeTest {
  return (code) => test(code) || otherCases(code).some(test);
}

function otherCases(code: number): number[] {
  const character = String.fromCodePoint(code);
  const cases = [character.toLowerCase(), character.toUpperCase(), character.toUpperCase().toLowerCase()];
  if (cases[1] === 'S') cases.push('\u017f');
  if (cases[1] === 'K') cases.push('\u212a');
  return cases.filter((other) => [...other].length === 1).map((other) => other.codePointAt(0)!);
}
