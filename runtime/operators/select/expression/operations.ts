import type { RecordBatch } from '../../../pipeline/record-batch.ts';
import type { Value } from '../../../schema/data-source.ts';
import { Regex } from '../regex/regex.ts';
import type { Compiler, Typed } from './compile.ts';
import type { Networks } from './networks.ts';
import type { BinaryOperator, Syntax } from './syntax.ts';
import { areComparable, bool, type ExpressionType, typeText } from './types.ts';

/** The value of a part of an expression for one record. */
export type Evaluate = (batch: RecordBatch, index: number) => Value | Networks;

type Binary = Syntax & { kind: 'binary' };
/** Ordered values: JavaScript compares number with bigint exactly. */
type Ordered = number;

/** Comparison of two values. Integers of both representations are equal when their values are, which is what `==` means here. */
export function compare(operator: '==' | '!=' | '<' | '<=' | '>' | '>=', left: Evaluate, right: Evaluate): Evaluate {
  switch (operator) {
    case '==':
      return (batch, index) => isEqual(left(batch, index), right(batch, index));
    case '!=':
      return (batch, index) => !isEqual(left(batch, index), right(batch, index));
    case '<':
      return (batch, index) => (left(batch, index) as Ordered) < (right(batch, index) as Ordered);
    case '<=':
      return (batch, index) => (left(batch, index) as Ordered) <= (right(batch, index) as Ordered);
    case '>':
      return (batch, index) => (left(batch, index) as Ordered) > (right(batch, index) as Ordered);
    case '>=':
      return (batch, index) => (left(batch, index) as Ordered) >= (right(batch, index) as Ordered);
  }
}

function isEqual(left: unknown, right: unknown): boolean {
  if (typeof left === typeof right) return left === right;
  // biome-ignore lint/suspicious/noDoubleEquals: number and bigint of one value are equal
  return isNumber(left) && isNumber(right) && left == right;
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

/** Arithmetic; on integers exact, else on doubles. Division and power always give a double. */
export function arithmetic(operator: BinaryOperator, exact: boolean, left: Evaluate, right: Evaluate): Evaluate {
  if (exact) {
    const operation = exactOperations[operator]!;
    return (batch, index) => operation(BigInt(left(batch, index) as bigint), BigInt(right(batch, index) as bigint));
  }
  const operation = floatOperations[operator]!;
  return (batch, index) => operation(Number(left(batch, index)), Number(right(batch, index)));
}

const exactOperations: Readonly<Record<string, (a: bigint, b: bigint) => bigint>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '%': (a, b) => a % b,
};

const floatOperations: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '**': (a, b) => a ** b,
};

/** `contains`, `startsWith`, `endsWith`, `matches`. */
export function textOperators(compiler: Compiler, syntax: Binary, operator: BinaryOperator): Typed {
  if (operator === 'contains') {
    const list = containsElement(compiler, syntax);
    if (list !== undefined) return list;
  }
  const left = compiler.expect(syntax.left, isString, 'string').evaluate;
  if (operator === 'matches') return matches(compiler, syntax, left);
  const right = compiler.expect(syntax.right, isString, 'string').evaluate;
  const test = textTests[operator]!;
  return { type: bool, evaluate: (batch, index) => test(left(batch, index) as string, right(batch, index) as string) };
}

const textTests: Readonly<Record<string, (text: string, part: string) => boolean>> = {
  contains: (text, part) => text.includes(part),
  startsWith: (text, part) => text.startsWith(part),
  endsWith: (text, part) => text.endsWith(part),
};

function isString(type: ExpressionType): boolean {
  return type.name === 'string';
}

/** `args contains "-l"`: an element of a list. */
function containsElement(compiler: Compiler, { left, right, ...rest }: Binary): Typed | undefined {
  const list = compiler.compile(left);
  return list.type.name === 'list' ? inList(compiler, { ...rest, left: right, right: left }, compiler.compile(right), list) : undefined;
}

function matches(compiler: Compiler, syntax: Binary, left: Evaluate): Typed {
  if (syntax.right.kind !== 'constant' || typeof syntax.right.value !== 'string') {
    compiler.fail(syntax.right, 'the regular expression must be a string in quotes');
  }
  const regex = new Regex(syntax.right.value);
  return { type: bool, evaluate: (batch, index) => regex.test(left(batch, index) as string) };
}

/** `x in list`, `x in 1..9`, `address in cidr(…)`. */
export function membership(compiler: Compiler, syntax: Binary): Typed {
  const left = compiler.compile(syntax.left);
  if (syntax.right.kind === 'binary' && syntax.right.operator === '..') return inRange(compiler, left, syntax, syntax.right);
  const right = compiler.compile(syntax.right);
  if (right.type.name === 'list') return inList(compiler, syntax, left, right);
  if (right.type.name === 'networks' && left.type.name === 'string') return inNetworks(left.evaluate, right.evaluate);
  return compiler.fail(syntax, `a ${typeText(left.type)} cannot be in a ${typeText(right.type)}`);
}

/** Whether an address, as text, is in a set of networks. */
export function inNetworks(address: Evaluate, networks: Evaluate): Typed {
  return { type: bool, evaluate: (batch, index) => (networks(batch, index) as Networks).contains(address(batch, index) as string) };
}

function inRange(compiler: Compiler, value: Typed, syntax: Binary, range: Binary): Typed {
  if (value.type.name !== 'int' && value.type.name !== 'float') {
    compiler.fail(syntax, `a ${typeText(value.type)} cannot be in a range of numbers`);
  }
  const bound = (part: Syntax) => compiler.expect(part, (type) => type.name === 'int', 'whole number').evaluate;
  const low = compare('>=', value.evaluate, bound(range.left));
  const high = compare('<=', value.evaluate, bound(range.right));
  const whole = value.type.name === 'int' ? () => true : (number: unknown) => Number.isInteger(number);
  return {
    type: bool,
    evaluate: (batch, index) => whole(value.evaluate(batch, index)) && low(batch, index) === true && high(batch, index) === true,
  };
}

function inList(compiler: Compiler, syntax: Binary, value: Typed, list: Typed): Typed {
  const element = list.type.name === 'list' ? list.type.element : undefined;
  if (element === undefined || !areComparable(value.type, element)) {
    compiler.fail(syntax, `a ${typeText(value.type)} cannot be in a ${typeText(list.type)}`);
  }
  const evaluate: Evaluate = (batch, index) => {
    const wanted = value.evaluate(batch, index);
    return (list.evaluate(batch, index) as readonly Value[]).some((item) => isEqual(item, wanted));
  };
  return { type: bool, evaluate };
}
