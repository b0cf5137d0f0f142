import { filterSyntaxError } from '../syntax-error.ts';
import type { BinaryOperator, Syntax } from './syntax.ts';
import { optionName, type Token, tokenize } from './token.ts';

/** Longer ones are no filter; keeps what is generated from one small. */
const textMax = 16_384;
/** Nesting of parentheses and operators: the parser and what follows it recurse. */
const depthMax = 200;

/** Operators as written → what they mean and how tightly they bind. */
const binaryOperators: ReadonlyMap<string, readonly [operator: BinaryOperator, power: number]> = new Map([
  ['or', ['or', 10]],
  ['||', ['or', 10]],
  ['and', ['and', 15]],
  ['&&', ['and', 15]],
  ['==', ['==', 20]],
  ['!=', ['!=', 20]],
  ['<', ['<', 20]],
  ['<=', ['<=', 20]],
  ['>', ['>', 20]],
  ['>=', ['>=', 20]],
  ['in', ['in', 20]],
  ['contains', ['contains', 20]],
  ['startsWith', ['startsWith', 20]],
  ['endsWith', ['endsWith', 20]],
  ['matches', ['matches', 20]],
  ['..', ['..', 25]],
  ['+', ['+', 30]],
  ['-', ['-', 30]],
  ['*', ['*', 60]],
  ['/', ['/', 60]],
  ['%', ['%', 60]],
  ['**', ['**', 100]],
  ['^', ['**', 100]],
  ['??', ['??', 500]],
]);
const notPower = 50;
const signPower = 90;
/** `not in`, `not contains`, …: what `not` may stand before. */
const negatable = new Set(['in', 'contains', 'startsWith', 'endsWith', 'matches']);
const words = new Map<string, boolean | null>([
  ['true', true],
  ['false', false],
  ['nil', null],
]);

/** Parses an expression. FILTER_SYNTAX with the column for anything that is none. */
export function parseExpression(text: string): Syntax {
  if (text.length > textMax) throw filterSyntaxError(optionName, `${text.slice(0, 40)}…`, textMax, `more than ${textMax} characters`);
  return new ExpressionParser(text).parse();
}

class ExpressionParser {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = tokenize(text);
  }

  parse(): Syntax {
    const syntax = this.#choice();
    if (this.#token.kind !== 'end') this.#unexpected();
    return syntax;
  }

  get #token(): Token {
    return this.#tokens[this.#at]!;
  }

  #fail(offset: number, problem: string): never {
    throw filterSyntaxError(optionName, this.#text, offset, problem);
  }

  #unexpected(): never {
    const { kind, text, offset } = this.#token;
    this.#fail(offset, kind === 'end' ? 'the expression ends too early' : `unexpected ${kind === 'string' ? 'string' : text}`);
  }

  #is(text: string): boolean {
    const token = this.#token;
    return (token.kind === 'operator' || token.kind === 'name') && token.text === text;
  }

  #take(text: string): boolean {
    if (!this.#is(text)) return false;
    this.#at++;
    return true;
  }

  #expect(text: string): void {
    if (!this.#take(text)) this.#unexpected();
  }

  #nested<T>(parse: () => T): T {
    if (++this.#depth > depthMax) this.#fail(this.#token.offset, `nests deeper than ${depthMax} levels`);
    const result = parse();
    this.#depth--;
    return result;
  }

  #choice(): Syntax {
    return this.#nested(() => {
      const condition = this.#binary(0);
      const { offset } = this.#token;
      if (!this.#take('?')) return condition;
      const yes = this.#choice();
      this.#expect(':');
      return { kind: 'choice', offset, condition, yes, no: this.#choice() };
    });
  }

  #binary(power: number): Syntax {
    return this.#nested(() => {
      let left = this.#unary();
      for (;;) {
        const next = this.#operator();
        if (next === undefined || next.power < power) return left;
        this.#at += next.negated ? 2 : 1;
        // ** binds to the right, all others to the left.
        const right = this.#binary(next.operator === '**' ? next.power : next.power + 1);
        left = { kind: 'binary', offset: next.offset, operator: next.operator, left, right };
        if (next.negated) left = { kind: 'unary', offset: next.offset, operator: 'not', operand: left };
      }
    });
  }

  #operator(): { operator: BinaryOperator; power: number; offset: number; negated: boolean } | undefined {
    const token = this.#token;
    if (token.kind !== 'operator' && token.kind !== 'name') return undefined;
    const following = this.#tokens[this.#at + 1];
    const negated = token.text === 'not' && following?.kind === 'name' && negatable.has(following.text);
    const found = binaryOperators.get(negated ? following.text : token.text);
    return found && { operator: found[0], power: found[1], offset: token.offset, negated };
  }

  #unary(): Syntax {
    const { offset } = this.#token;
    if (this.#take('not') || this.#take('!')) return { kind: 'unary', offset, operator: 'not', operand: this.#binary(notPower) };
    if (this.#take('-')) return { kind: 'unary', offset, operator: '-', operand: this.#binary(signPower) };
    if (this.#take('+')) return { kind: 'unary', offset, operator: '+', operand: this.#binary(signPower) };
    return this.#postfix(this.#primary());
  }

  #postfix(syntax: Syntax): Syntax {
    for (;;) {
      const { offset } = this.#token;
      if (this.#take('.')) syntax = { kind: 'member', offset, object: syntax, name: this.#name() };
      else if (this.#take('[')) {
        const index = this.#choice();
        this.#expect(']');
        syntax = { kind: 'index', offset, object: syntax, index };
      } else return syntax;
    }
  }

  #name(): string {
    const token = this.#token;
    if (token.kind !== 'name') this.#unexpected();
    this.#at++;
    return token.text;
  }

  #primary(): Syntax {
    const { kind, text, offset } = this.#token;
    switch (kind) {
      case 'string':
        this.#at++;
        return { kind: 'constant', offset, value: text };
      case 'integer':
        this.#at++;
        return { kind: 'constant', offset, value: this.#integer(text, offset) };
      case 'float':
        this.#at++;
        return { kind: 'constant', offset, value: Number(text) };
      case 'name':
        return this.#named(text, offset);
      case 'operator':
        return this.#bracketed(offset);
      case 'end':
        return this.#unexpected();
    }
  }

  #integer(text: string, offset: number): bigint {
    try {
      return BigInt(text);
    } catch {
      return this.#fail(offset, `${text} is no number`);
    }
  }

  #named(name: string, offset: number): Syntax {
    this.#at++;
    const word = words.get(name);
    if (word !== undefined) return { kind: 'constant', offset, value: word };
    if (binaryOperators.has(name) || name === 'not') {
      this.#at--;
      this.#unexpected();
    }
    return this.#take('(') ? { kind: 'call', offset, name, args: this.#items(')') } : { kind: 'name', offset, name };
  }

  #bracketed(offset: number): Syntax {
    if (this.#take('(')) {
      const syntax = this.#choice();
      this.#expect(')');
      return syntax;
    }
    if (this.#take('[')) return { kind: 'list', offset, items: this.#items(']') };
    if (this.#take('#')) return { kind: 'element', offset };
    // Within any(…), `.name` is short for `#.name`.
    if (this.#is('.')) return { kind: 'element', offset };
    // Braces around a predicate: any(list, {# > 1}).
    if (this.#take('{')) {
      const syntax = this.#choice();
      this.#expect('}');
      return syntax;
    }
    return this.#unexpected();
  }

  #items(end: string): Syntax[] {
    const items: Syntax[] = [];
    while (!this.#take(end)) {
      if (items.length > 0) {
        this.#expect(',');
        if (this.#take(end)) break;
      }
      items.push(this.#choice());
    }
    return items;
  }
}
