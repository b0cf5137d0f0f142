import type { Field, FormulaOrigin, RecordOrigin, Value } from './data-source.ts';
import { readExpression, wordExpression } from './read-expression.ts';
import { readString } from './read-string.ts';
import type { Records } from './records.ts';

/**
 * Makes JavaScript that reads fields out of a record, for whoever generates code on top: decoders, filters, comparers, outputs.
 *
 * Generated code sees the record as `bytes`, `view` and `o`, the offset where it starts (each with the builder's suffix). What is
 * read twice is read once: small numbers when the record is entered, everything that costs more when first needed. Foreign text
 * (names of fields, of enum values) only ever gets in as a bound constant or a JSON literal.
 */
export class CodeBuilder {
  readonly bytes: string;
  readonly view: string;
  readonly offset: string;
  readonly #suffix: string;
  readonly #constants: Map<unknown, string>;
  readonly #locals = new Map<string, string>();
  #declarations = '';

  /** A second record in the same function (comparers) has a builder of its own suffix that shares the constants of the first. */
  constructor(options: { readonly suffix?: string; readonly shareConstantsOf?: CodeBuilder } = {}) {
    this.#suffix = options.suffix ?? '';
    this.#constants = options.shareConstantsOf === undefined ? new Map() : options.shareConstantsOf.#constants;
    this.bytes = `bytes${this.#suffix}`;
    this.view = `view${this.#suffix}`;
    this.offset = `o${this.#suffix}`;
  }

  /** A builder for another function: no constants or locals in common. */
  nested(): CodeBuilder {
    return new CodeBuilder();
  }

  /** Binds any value and returns the identifier under which generated code finds it. */
  constant(value: unknown): string {
    const known = this.#constants.get(value);
    if (known !== undefined) return known;
    const name = `k${this.#constants.size}`;
    this.#constants.set(value, name);
    return name;
  }

  /** A local that holds an expression's value from the start of the record on; for what is cheap. Returns its name. */
  local(expression: string): string {
    return this.#declare(expression, (name) => `const ${name} = ${expression};\n`);
  }

  /** An expression that computes its value when first reached in a record and remembers it; for what costs. */
  lazy(expression: string): string {
    const name = this.#declare(expression, (name) => `let ${name};\n`);
    return `(${name} === undefined ? (${name} = ${expression}) : ${name})`;
  }

  #declare(expression: string, declaration: (name: string) => string): string {
    const known = this.#locals.get(expression);
    if (known !== undefined) return known;
    const name = `v${this.#locals.size}${this.#suffix}`;
    this.#locals.set(expression, name);
    this.#declarations += declaration(name);
    return name;
  }

  /** The declarations that the expressions made so far rely on; they go where the record is entered. */
  get declarations(): string {
    return this.#declarations;
  }

  /** The field's value, as `Value` says for its kind. */
  valueExpression(field: Field): string {
    if (field.origin.from === 'formula') return this.lazy(this.#call(field.origin));
    return this.#remember(field, this.read(field, field.origin, this.offset));
  }

  /** Low and high 32 bits of a 64-bit field in the record, both unsigned: exact without the cost of a bigint. Undefined for other fields. */
  wordExpressions(field: Field): { readonly low: string; readonly high: string } | undefined {
    const { origin } = field;
    if (origin.from !== 'record' || origin.bits !== undefined || !isWord64(field)) return undefined;
    const word = (at: number) => this.local(wordExpression(this.view, this.offset, origin.offset + at));
    return { low: word(0), high: word(4) };
  }

  /** Reads a field of the record whose bytes start at the expression `base`, without remembering. */
  read(field: Pick<Field, 'kind' | 'children' | 'element'>, origin: RecordOrigin, base: string): string {
    return readExpression(this, field, origin, base);
  }

  /** A formula's value from its inputs. */
  #call(origin: FormulaOrigin): string {
    return `${this.constant(origin.evaluate)}(${this.inputs(origin)})`;
  }

  /** The inputs of a formula as arguments. */
  inputs(origin: FormulaOrigin): string {
    return origin.inputs.map((input) => this.valueExpression(input)).join(', ');
  }

  #remember(field: Field, expression: string): string {
    return cheapKinds.has(field.kind) ? this.local(expression) : this.lazy(expression);
  }

  /** Reads a C string of `size` bytes at an expression. */
  stringAt(at: string, size: number): string {
    return `${this.constant(readString)}(${this.bytes}, ${at}, ${size})`;
  }

  /** Statements that enter record `index` of a batch: what every expression of this builder stands on. */
  enter(batch: string, index: string): string {
    return `const ${this.bytes} = ${batch}.bytes, ${this.view} = ${batch}.view, ${this.offset} = ${batch}.offsets[${index}];\n${this.#declarations}`;
  }

  /** A function of those parameters and that body, in which the constants are bound. */
  compile<F>(parameters: string, body: string): F {
    const make = new Function(...this.#constants.values(), `"use strict";\nreturn (${parameters}) => {\n${body}\n};`);
    return make(...this.#constants.keys()) as F;
  }

  /** A test of one record. */
  compilePredicate(expression: string): (batch: Records, index: number) => boolean {
    return this.compile('batch, i', `${this.enter('batch', 'i')}return ${expression};`);
  }

  /** A test of many records at once: those of `selection[0..count)` (or the first `count`) that pass go to `out`; returns how many. `out` may be `selection`. */
  compileSelector(expression: string): (batch: Records, selection: Uint32Array | undefined, count: number, out: Uint32Array) => number {
    const body = `let kept = 0;
for (let n = 0; n < count; n++) {
const i = selection === undefined ? n : selection[n];
${this.enter('batch', 'i')}if (${expression}) out[kept++] = i;
}
return kept;`;
    return this.compile('batch, selection, count, out', body);
  }

  /** The value of an expression for one record. */
  compileValue(expression: string): (batch: Records, index: number) => Value {
    return this.compile('batch, i', `${this.enter('batch', 'i')}return ${expression};`);
  }
}

const cheapKinds: ReadonlySet<Field['kind']> = new Set([
  'bool',
  'int8',
  'int16',
  'int32',
  'uint8',
  'uint16',
  'uint32',
  'float32',
  'float64',
]);

function isWord64(field: Field): boolean {
  return field.kind === 'uint64' || field.kind === 'int64' || field.kind === 'pointer';
}
