import { filterSyntaxError } from '../syntax-error.ts';
import { foldCase, not, perlClasses, posixClasses, unicodeClass } from './character-class.ts';
import type { CodeTest, RegexNode } from './node.ts';

/** Groups within groups; RE2 takes 1000, which nobody writes by hand. */
const depthMax = 200;
/** Largest count in `x{n,m}`, as in RE2. */
const repeatMax = 1000;
const empty: RegexNode = { kind: 'empty' };

interface Flags {
  readonly ignoreCase: boolean;
  readonly multiline: boolean;
  readonly dotAll: boolean;
}

/** Parses RE2's syntax. FILTER_SYNTAX, with the column in the pattern, for anything else: look-around and back-references among it. */
export function parseRegex(pattern: string): RegexNode {
  const parser = new RegexParser(pattern);
  return parser.parse();
}

class RegexParser {
  readonly #pattern: string;
  #at = 0;
  #depth = 0;
  #flags: Flags = { ignoreCase: false, multiline: false, dotAll: false };

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  parse(): RegexNode {
    const node = this.#choice();
    if (this.#at < this.#pattern.length) this.#fail(this.#at, 'unexpected )');
    return node;
  }

  #fail(at: number, problem: string): never {
    throw filterSyntaxError('regular expression', this.#pattern, at, problem);
  }

  #peek(text: string): boolean {
    return this.#pattern.startsWith(text, this.#at);
  }

  #take(text: string): boolean {
    if (!this.#peek(text)) return false;
    this.#at += text.length;
    return true;
  }

  #next(): string {
    const code = this.#pattern.codePointAt(this.#at);
    if (code === undefined) this.#fail(this.#at, 'the pattern ends too early');
    const character = String.fromCodePoint(code);
    this.#at += character.length;
    return character;
  }

  #match(regex: RegExp): RegExpExecArray | null {
    regex.lastIndex = this.#at;
    const match = regex.exec(this.#pattern);
    if (match !== null) this.#at += match[0].length;
    return match;
  }

  #choice(): RegexNode {
    const branches = [this.#sequence()];
    while (this.#take('|')) branches.push(this.#sequence());
    return branches.length === 1 ? branches[0]! : { kind: 'choice', branches };
  }

  #sequence(): RegexNode {
    const parts: RegexNode[] = [];
    while (this.#at < this.#pattern.length && !this.#peek('|') && !this.#peek(')')) parts.push(this.#repeated());
    return parts.length === 1 ? parts[0]! : { kind: 'sequence', parts };
  }

  #repeated(): RegexNode {
    const start = this.#at;
    if (/[*+?]/.test(this.#pattern[start]!)) this.#fail(start, `nothing to repeat before ${this.#pattern[start]}`);
    const part = this.#atom();
    const repeat = this.#repetition();
    if (repeat === undefined) return part;
    this.#take('?'); // lazy or greedy makes no difference to whether there is a match
    const again = this.#at;
    if (this.#repetition() !== undefined) this.#fail(again, 'a repetition of a repetition needs a group');
    return { kind: 'repeat', part, ...repeat };
  }

  #repetition(): { min: number; max: number | undefined } | undefined {
    if (this.#take('*')) return { min: 0, max: undefined };
    if (this.#take('+')) return { min: 1, max: undefined };
    if (this.#take('?')) return { min: 0, max: 1 };
    const start = this.#at;
    const match = this.#match(/\{(\d+)(,(\d*))?\}/y);
    if (match === null) return undefined; // a brace that counts nothing is itself, as in RE2
    const min = Number(match[1]);
    const max = match[2] === undefined ? min : match[3] === '' ? undefined : Number(match[3]);
    if (min > repeatMax || (max !== undefined && (max > repeatMax || max < min))) this.#fail(start, `bad repetition ${match[0]}`);
    return { min, max };
  }

  #atom(): RegexNode {
    const start = this.#at;
    const character = this.#next();
    switch (character) {
      case '(':
        return this.#group(start);
      case '[':
        return this.#character(this.#bracket(start));
      case '.':
        return { kind: 'character', test: this.#flags.dotAll ? () => true : (code) => code !== 10 };
      case '^':
        return { kind: 'assertion', assertion: this.#flags.multiline ? 'line-start' : 'text-start' };
      case '$':
        return { kind: 'assertion', assertion: this.#flags.multiline ? 'line-end' : 'text-end' };
      case '\\':
        return this.#escape(start);
      default:
        return this.#literal(character.codePointAt(0)!);
    }
  }

  #literal(code: number): RegexNode {
    return this.#character((other) => other === code);
  }

  #character(test: CodeTest): RegexNode {
    return { kind: 'character', test: this.#flags.ignoreCase ? foldCase(test) : test };
  }

  #group(start: number): RegexNode {
    if (++this.#depth > depthMax) this.#fail(start, `groups nest deeper than ${depthMax} levels`);
    const outer = this.#flags;
    if (this.#take('?')) {
      if (this.#match(/P?<[A-Za-z_]\w*>/y) === null && !this.#groupFlags(start)) {
        this.#depth--;
        return empty; // `(?i)`: flags for the rest of the enclosing group
      }
    }
    const node = this.#choice();
    if (!this.#take(')')) this.#fail(start, 'this group has no end');
    this.#flags = outer;
    this.#depth--;
    return node;
  }

  /** Reads `ims-U` up to `:` (true: a group follows) or `)` (false). */
  #groupFlags(start: number): boolean {
    const match = this.#match(/([imsU]*)(?:-([imsU]+))?([:)])/y);
    if (match === null) {
      const what = /^\(\?<?[=!]/.test(this.#pattern.slice(start)) ? 'look-around is not supported' : 'unknown kind of group';
      this.#fail(start, what);
    }
    const [, on = '', off = '', end] = match;
    const flag = (letter: string, before: boolean) => (off.includes(letter) ? false : before || on.includes(letter));
    this.#flags = {
      ignoreCase: flag('i', this.#flags.ignoreCase),
      multiline: flag('m', this.#flags.multiline),
      dotAll: flag('s', this.#flags.dotAll),
    };
    return end === ':';
  }

  #escape(start: number): RegexNode {
    const assertion = this.#match(/[AzbB]/y)?.[0];
    if (assertion === 'A') return { kind: 'assertion', assertion: 'text-start' };
    if (assertion === 'z') return { kind: 'assertion', assertion: 'text-end' };
    if (assertion !== undefined) return { kind: 'assertion', assertion: assertion === 'b' ? 'word-boundary' : 'no-word-boundary' };
    if (this.#take('Q')) return this.#quoted();
    const test = this.#classEscape(start);
    return test === undefined ? this.#literal(this.#codeEscape(start)) : this.#character(test);
  }

  /** `\Q…\E`: all of it literally. */
  #quoted(): RegexNode {
    const end = this.#pattern.indexOf('\\E', this.#at);
    const text = this.#pattern.slice(this.#at, end < 0 ? undefined : end);
    this.#at = end < 0 ? this.#pattern.length : end + 2;
    return { kind: 'sequence', parts: [...text].map((character) => this.#literal(character.codePointAt(0)!)) };
  }

  /** `\d`, `\p{Greek}` and the like. */
  #classEscape(start: number): CodeTest | undefined {
    const perl = this.#match(/[dwsDWS]/y);
    if (perl !== null) return perlClasses.get(perl[0]);
    const unicode = this.#match(/([pP])(?:\{(\^?)([^}]*)\}|([A-Za-z]))/y);
    if (unicode === null) return undefined;
    const test = unicodeClass(unicode[3] ?? unicode[4]!);
    if (test === undefined) this.#fail(start, `unknown class ${unicode[0]}`);
    return (unicode[1] === 'P') !== (unicode[2] === '^') ? not(test) : test;
  }

  /** The one code point that an escape stands for. */
  #codeEscape(start: number): number {
    const hex = this.#match(/x(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]{1,6})\})/y);
    if (hex !== null) {
      const code = Number.parseInt(hex[1] ?? hex[2]!, 16);
      if (code > 0x10ffff) this.#fail(start, `no code point is as large as ${hex[0]}`);
      return code;
    }
    const octal = this.#match(/0[0-7]{0,2}|[1-7][0-7]{1,2}/y);
    if (octal !== null) return Number.parseInt(octal[0], 8);
    const control = this.#match(/[afnrtv]/y);
    if (control !== null) return { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 }[control[0]]!;
    const character = this.#next();
    if (/[1-9]/.test(character)) this.#fail(start, 'back-references are not supported');
    if (/[A-Za-z0-9]/.test(character) || character.codePointAt(0)! > 127) this.#fail(start, `unknown escape \\${character}`);
    return character.codePointAt(0)!;
  }

  #bracket(start: number): CodeTest {
    const negated = this.#take('^');
    const tests: CodeTest[] = [];
    for (let first = true; first || !this.#peek(']'); first = false) {
      if (this.#at >= this.#pattern.length) this.#fail(start, 'this [ has no end');
      tests.push(this.#bracketItem(start));
    }
    this.#at++;
    const accepts: CodeTest = (code) => tests.some((test) => test(code));
    if (!negated) return accepts;
    return not(this.#flags.ignoreCase ? foldCase(accepts) : accepts);
  }

  #bracketItem(start: number): CodeTest {
    const posix = this.#match(/\[:(\^?)([a-z]+):\]/y);
    if (posix !== null) {
      const test = posixClasses.get(posix[2]!);
      if (test === undefined) this.#fail(start, `unknown class ${posix[0]}`);
      return posix[1] === '^' ? not(test) : test;
    }
    const itemStart = this.#at;
    if (this.#peek('\\')) {
      this.#at++;
      const test = this.#classEscape(itemStart);
      if (test !== undefined) return test;
      this.#at = itemStart;
    }
    const low = this.#bracketCode();
    if (!this.#peek('-') || this.#pattern[this.#at + 1] === ']') return (code) => code === low;
    this.#at++;
    const high = this.#bracketCode();
    if (high < low) this.#fail(itemStart, 'this range runs backwards');
    return (code) => code >= low && code <= high;
  }

  #bracketCode(): number {
    const start = this.#at;
    return this.#take('\\') ? this.#codeEscape(start) : this.#next().codePointAt(0)!;
  }
}
