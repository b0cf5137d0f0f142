import { UsageError } from '../../../base/errors.ts';
import type { RecordBatch } from '../../../pipeline/record-batch.ts';
import { compileGetter } from '../../../schema/codegen.ts';
import { type DataSource, findField, type Value } from '../../../schema/data-source.ts';
import { fieldHint, knownField } from '../fields.ts';
import { filterSyntaxError } from '../syntax-error.ts';
import { callFunction, functionNames } from './functions.ts';
import { arithmetic, compare, type Evaluate, membership, textOperators } from './operations.ts';
import { parseExpression } from './parse.ts';
import type { Syntax } from './syntax.ts';
import { optionName } from './token.ts';
import { areComparable, bool, type ExpressionType, float, int, isNumeric, nil, string, typeOfField, typeText } from './types.ts';

/** A checked part of an expression: its type, and how to have its value for a record. */
export interface Typed {
  readonly type: ExpressionType;
  readonly evaluate: Evaluate;
}

/**
 * The predicate that `--filter-expr` means for a data source. The text is parsed, checked and turned into closures; nothing of it is ever
 * run as code. A record for which a part has no value (an index past a list's end, a division by zero) is left out.
 * FILTER_SYNTAX with the column, UNKNOWN_FIELD with a suggestion.
 */
export function compileExpression(text: string, dataSource: DataSource): (batch: RecordBatch, index: number) => boolean {
  const { type, evaluate } = new Compiler(text, dataSource).compile(parseExpression(text));
  if (type.name !== 'bool') throw filterSyntaxError(optionName, text, 0, `must be true or false, but is a ${typeText(type)}`);
  return (batch, index) => {
    try {
      return evaluate(batch, index) === true;
    } catch {
      return false; // no value for this record: BigInt arithmetic throws on division by zero and on nil
    }
  };
}

/** Checks types and builds closures, in one walk from the leaves up. */
export class Compiler {
  readonly #text: string;
  readonly #dataSource: DataSource;
  /** The element that `#` stands for, innermost last: its type now, its value while a record is looked at. */
  readonly #elements: { readonly type: ExpressionType; value: Value }[] = [];

  constructor(text: string, dataSource: DataSource) {
    this.#text = text;
    this.#dataSource = dataSource;
  }

  compile(syntax: Syntax): Typed {
    switch (syntax.kind) {
      case 'constant':
        return constant(syntax.value);
      case 'name':
      case 'member':
        return this.#member(syntax);
      case 'element':
        return this.#element(syntax);
      case 'index':
        return this.#index(syntax);
      case 'list':
        return this.#list(syntax);
      case 'call':
        return callFunction(this, syntax);
      case 'unary':
        return this.#unary(syntax);
      case 'choice':
        return this.#choice(syntax);
      case 'binary':
        return this.#binary(syntax);
    }
  }

  fail(syntax: Syntax, problem: string, hint?: string): never {
    throw filterSyntaxError(optionName, this.#text, syntax.offset, problem, hint);
  }

  /** Compiles an expression in which `#` is an element of that type; `bind` gives it a value. */
  withElement(type: ExpressionType, syntax: Syntax): Typed & { bind: (value: Value) => void } {
    const slot: { readonly type: ExpressionType; value: Value } = { type, value: null };
    this.#elements.push(slot);
    const typed = this.compile(syntax);
    this.#elements.pop();
    return {
      ...typed,
      bind: (value) => {
        slot.value = value;
      },
    };
  }

  /** The type and value of an operand that must be of one of those types. */
  expect(syntax: Syntax, accepts: (type: ExpressionType) => boolean, wanted: string): Typed {
    const typed = this.compile(syntax);
    if (!accepts(typed.type)) this.fail(syntax, `a ${wanted} is needed here, not a ${typeText(typed.type)}`);
    return typed;
  }

  #bool(syntax: Syntax): Typed {
    return this.expect(syntax, (type) => type.name === 'bool', 'condition');
  }

  #element(syntax: Syntax): Typed {
    const slot = this.#elements.at(-1);
    if (slot === undefined) this.fail(syntax, '# has a meaning within any, all and none only');
    return { type: slot.type, evaluate: () => slot.value };
  }

  /** A field by its dotted name, else a member of a struct. */
  #member(syntax: Syntax & { kind: 'name' | 'member' }): Typed {
    const path = dottedPath(syntax);
    if (path !== undefined) return this.#field(syntax, path);
    if (syntax.kind === 'name') return this.#field(syntax, syntax.name);
    const object = this.compile(syntax.object);
    const type = object.type.name === 'struct' ? object.type.members.get(syntax.name) : undefined;
    if (type === undefined) this.fail(syntax, `a ${typeText(object.type)} has no member ${syntax.name}`);
    const { name } = syntax;
    return { type, evaluate: (batch, index) => memberOf(object.evaluate(batch, index) as Value, name) };
  }

  #field(syntax: Syntax, path: string): Typed {
    if (findField(this.#dataSource, path) === undefined) this.#unknown(syntax, path);
    const named = knownField(this.#dataSource, path);
    const replaced = named.kind === 'struct' ? named.annotations.get('columns.replace') : undefined;
    const field = (replaced !== undefined && findField(this.#dataSource, replaced)) || named;
    const type = typeOfField(field);
    if (type === undefined) this.fail(syntax, `${path} is of kind ${field.kind}, which cannot be compared`);
    return { type, evaluate: compileGetter(field) };
  }

  #unknown(syntax: Syntax, path: string): never {
    const hint = fieldHint(this.#dataSource, path, functionNames);
    const message = `${optionName} "${this.#text}", column ${startOf(syntax) + 1}: data source ${this.#dataSource.name} has no field ${path}`;
    throw new UsageError('UNKNOWN_FIELD', message, { context: { field: path, column: startOf(syntax) + 1 }, hint });
  }

  #index({ object, index, ...syntax }: Syntax & { kind: 'index' }): Typed {
    const list = this.compile(object);
    if (list.type.name !== 'list') this.fail({ object, index, ...syntax }, `only a list has elements, not a ${typeText(list.type)}`);
    const at = this.expect(index, (type) => type.name === 'int', 'whole number');
    const evaluate: Evaluate = (batch, record) => {
      const values = list.evaluate(batch, record) as readonly Value[];
      const number = Number(at.evaluate(batch, record));
      return values[number < 0 ? values.length + number : number] ?? null;
    };
    return { type: list.type.element, evaluate };
  }

  #list({ items }: Syntax & { kind: 'list' }): Typed {
    const typed = items.map((item) => this.compile(item));
    const [first] = typed;
    for (const [at, item] of typed.entries()) {
      if (first !== undefined && !areComparable(first.type, item.type)) {
        this.fail(items[at]!, `a list of ${typeText(first.type)} cannot hold a ${typeText(item.type)}`);
      }
    }
    const element = typed.some((item) => item.type.name === 'float') ? float : (first?.type ?? nil);
    const values = typed.map((item) => item.evaluate);
    return { type: { name: 'list', element }, evaluate: (batch, index) => values.map((value) => value(batch, index) as Value) };
  }

  #unary(syntax: Syntax & { kind: 'unary' }): Typed {
    if (syntax.operator === 'not') {
      const { evaluate } = this.#bool(syntax.operand);
      return { type: bool, evaluate: (batch, index) => !evaluate(batch, index) };
    }
    const operand = this.expect(syntax.operand, isNumeric, 'number');
    if (syntax.operator === '+') return operand;
    const { evaluate } = operand;
    return { type: operand.type, evaluate: (batch, index) => -(evaluate(batch, index) as number) };
  }

  #choice({ condition, yes, no, ...syntax }: Syntax & { kind: 'choice' }): Typed {
    const test = this.#bool(condition).evaluate;
    const whenTrue = this.compile(yes);
    const whenFalse = this.compile(no);
    if (!areComparable(whenTrue.type, whenFalse.type)) {
      this.fail({ condition, yes, no, ...syntax }, `one side is a ${typeText(whenTrue.type)}, the other a ${typeText(whenFalse.type)}`);
    }
    const type = whenTrue.type.name === 'nil' ? whenFalse.type : whenTrue.type;
    return { type, evaluate: (batch, index) => (test(batch, index) ? whenTrue : whenFalse).evaluate(batch, index) };
  }

  #binary(syntax: Syntax & { kind: 'binary' }): Typed {
    const { operator, left, right } = syntax;
    switch (operator) {
      case 'and':
      case 'or':
        return this.#logic(operator, this.#bool(left).evaluate, this.#bool(right).evaluate);
      case '==':
      case '!=':
        return { type: bool, evaluate: compare(operator, ...this.#pair(syntax, areComparable)) };
      case '<':
      case '<=':
      case '>':
      case '>=':
        return { type: bool, evaluate: compare(operator, ...this.#pair(syntax, areOrdered)) };
      case '+':
        return this.#plus(syntax);
      case '-':
      case '*':
      case '/':
      case '%':
      case '**':
        return this.#arithmetic(syntax);
      case 'in':
        return membership(this, syntax);
      case '..':
        return this.fail(syntax, 'a range has a meaning to the right of "in" only');
      case '??':
        return this.#fallback(syntax);
      default:
        return textOperators(this, syntax, operator);
    }
  }

  #logic(operator: 'and' | 'or', left: Evaluate, right: Evaluate): Typed {
    if (operator === 'and') return { type: bool, evaluate: (batch, index) => left(batch, index) === true && right(batch, index) === true };
    return { type: bool, evaluate: (batch, index) => left(batch, index) === true || right(batch, index) === true };
  }

  #pair(syntax: Syntax & { kind: 'binary' }, fits: (left: ExpressionType, right: ExpressionType) => boolean): [Evaluate, Evaluate] {
    const left = this.compile(syntax.left);
    const right = this.compile(syntax.right);
    if (!fits(left.type, right.type)) {
      this.fail(syntax, `${syntax.operator} cannot compare ${typeText(left.type)} with ${typeText(right.type)}`);
    }
    return [left.evaluate, right.evaluate];
  }

  #plus(syntax: Syntax & { kind: 'binary' }): Typed {
    const left = this.compile(syntax.left);
    if (left.type.name !== 'string') return this.#arithmetic(syntax);
    const right = this.expect(syntax.right, (type) => type.name === 'string', 'string');
    return { type: string, evaluate: (batch, index) => `${left.evaluate(batch, index)}${right.evaluate(batch, index)}` };
  }

  #arithmetic({ operator, left, right }: Syntax & { kind: 'binary' }): Typed {
    const a = this.expect(left, isNumeric, 'number');
    const b = this.expect(right, isNumeric, 'number');
    const exact = a.type.name === 'int' && b.type.name === 'int' && operator !== '/' && operator !== '**';
    if (!exact && operator === '%') this.fail(left, '% needs whole numbers');
    return { type: exact ? int : float, evaluate: arithmetic(operator, exact, a.evaluate, b.evaluate) };
  }

  #fallback(syntax: Syntax & { kind: 'binary' }): Typed {
    const left = this.compile(syntax.left);
    const right = this.compile(syntax.right);
    if (!areComparable(left.type, right.type)) {
      this.fail(syntax, `one side is a ${typeText(left.type)}, the other a ${typeText(right.type)}`);
    }
    const type = left.type.name === 'nil' ? right.type : left.type;
    return { type, evaluate: (batch, index) => left.evaluate(batch, index) ?? right.evaluate(batch, index) };
  }
}

function constant(value: boolean | number | bigint | string | null): Typed {
  if (typeof value === 'bigint') {
    // Small numbers compare faster with the numbers of most fields.
    const number = Number.isSafeInteger(Number(value)) ? Number(value) : value;
    return { type: int, evaluate: () => number };
  }
  const type = value === null ? nil : typeof value === 'boolean' ? bool : typeof value === 'string' ? string : float;
  return { type, evaluate: () => value };
}

function areOrdered(left: ExpressionType, right: ExpressionType): boolean {
  return (isNumeric(left) && isNumeric(right)) || (left.name === 'string' && right.name === 'string');
}

/** `proc.comm` for members of a name; undefined when something else is at its start. */
function dottedPath(syntax: Syntax): string | undefined {
  if (syntax.kind === 'name') return syntax.name;
  if (syntax.kind !== 'member') return undefined;
  const object = dottedPath(syntax.object);
  return object && `${object}.${syntax.name}`;
}

function startOf(syntax: Syntax): number {
  return syntax.kind === 'member' ? startOf(syntax.object) : syntax.offset;
}

function memberOf(value: Value, name: string): Value {
  return typeof value === 'object' && value !== null ? ((value as Readonly<Record<string, Value>>)[name] ?? null) : null;
}
