import {
  writeAsciiLiteral,
  writeFloat,
  writeHexBytes,
  writeHexUint64,
  writeHexUint128,
  writeInt,
  writeInt64,
  writeJsonStringFromBytes,
  writeUint32,
  writeUint64,
} from '../schema/byte-writer.ts';
import type { CodeBuilder } from '../schema/codegen.ts';
import type { Field, FormulaOrigin, ListElement, RecordOrigin } from '../schema/data-source.ts';
import { type FieldKind, isWideKind } from '../schema/kinds.ts';
import { jsonText } from './json-plan.ts';
import { writeJsonValue } from './json-values.ts';
import { RepeatedText } from './repeated-text.ts';

/** What `FormulaOrigin.write` may use. */
const formulaRoom = 256;
/** Text is written four bytes at a time and may run over its end. */
const overrun = 4;

/** Something that is written: a field, or the element of a list, whose bytes start at `base` + the origin's offset. */
interface Site {
  readonly kind: FieldKind;
  readonly origin: RecordOrigin;
  readonly children: readonly Field[];
  readonly element?: ListElement;
  readonly base: string;
}

/**
 * Statements that write JSON: `out` are the writer's bytes, `p` the position. Room for everything of known size is made once at the start,
 * and again after each value whose size only its formula knows.
 */
export class JsonCode {
  readonly #builder: CodeBuilder;
  #statements = '';
  /** Bytes that the statements since the last reservation write at most. */
  #room = overrun;
  #done: string[] = [];
  #depth = 0;
  #blocks = 0;

  constructor(builder: CodeBuilder) {
    this.#builder = builder;
  }

  addText(text: string): void {
    this.#statements += this.#text(text);
  }

  addField(field: Field): void {
    const { origin, kind, children, element } = field;
    if (origin.from === 'formula') this.#addFormula(field, origin);
    // Pieces have no structs in them but those of which every member was left out.
    else if (kind === 'struct' && children.length > 0) this.addText('{}');
    else this.#statements += this.#value({ kind, origin, children, base: this.#builder.offset, ...(element && { element }) }, field);
  }

  /** What `add` adds depends on those bytes of the record only: where they are the same as before, the text is copied. */
  addBlock(origin: RecordOrigin, add: () => void): void {
    const text = this.#builder.constant(new RepeatedText(origin.offset, origin.size));
    const from = `from${this.#blocks++}`;
    this.#endSegment(`if (!${text}.write(writer, batch, ${this.#builder.offset})) {\nconst ${from} = writer.position;\n`);
    add();
    this.#endSegment(`${text}.remember(writer, ${this.#builder.offset}, ${from});\n}\n`);
  }

  /** Statements that work on the writer itself follow; those after them start with a reservation of their own. */
  #endSegment(statements: string): void {
    this.#done.push(`${this.#reservation()}${this.#statements}writer.position = p;\n${statements}`);
    this.#statements = '';
    this.#room = overrun;
  }

  /** All statements, with their reservations. */
  finish(): string {
    this.#done.push(`${this.#reservation()}${this.#statements}`);
    return `let out, outView, p;\n${this.#done.join('')}writer.position = p;\n`;
  }

  #reservation(): string {
    return `writer.reserve(${this.#room});\nout = writer.bytes; outView = writer.view; p = writer.position;\n`;
  }

  #addFormula(field: Field, origin: FormulaOrigin): void {
    if (origin.write === undefined) {
      this.#addComputed(field);
      return;
    }
    this.#room += formulaRoom + 2;
    const quoted = field.kind === 'string' || isHexKind(field.kind);
    const quote = quoted ? 'out[p++] = 34;\n' : '';
    const inputs = this.#builder.inputs(origin);
    this.#statements += `${quote}p = ${this.#builder.constant(origin.write)}(out, p${inputs && `, ${inputs}`});\n${quote}`;
  }

  #addComputed(field: Field): void {
    const value = this.#builder.valueExpression(field);
    const write = this.#builder.constant(writeJsonValue);
    this.#endSegment(`${write}(writer, ${value}, ${isHexKind(field.kind)});\n`);
  }

  #text(text: string): string {
    const bytes = new TextEncoder().encode(text);
    this.#room += bytes.length;
    let code = '';
    for (let at = 0; at < bytes.length; at += 4) {
      const word = ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)) >>> 0;
      code += at + 1 === bytes.length ? `out[p + ${at}] = ${bytes[at]};\n` : `outView.setUint32(p + ${at}, ${word}, true);\n`;
    }
    return `${code}p += ${bytes.length};\n`;
  }

  /** Statements for a value in the record. A field of the record proper is read through the builder, which shares what formulas read too. */
  #value(site: Site, field?: Field): string {
    const { kind, origin, base } = site;
    const { bytes, view } = this.#builder;
    const at = `${base} + ${origin.offset}`;
    const read = () =>
      field === undefined ? this.#builder.read({ kind, children: [] }, origin, base) : this.#builder.valueExpression(field);
    if (origin.bits !== undefined && kind !== 'bool') return this.#call(24, writeAsciiLiteral, `String(${read()})`);
    const word = (offset: number) => `${view}.getUint32(${at} + ${offset}, true)`;
    switch (kind) {
      case 'bool':
        this.#room += 5;
        return `p = ${this.#builder.constant(writeAsciiLiteral)}(out, p, ${read()} ? 'true' : 'false');\n`;
      case 'uint8':
      case 'uint16':
      case 'uint32':
        return this.#call(10, writeUint32, read());
      case 'int8':
      case 'int16':
      case 'int32':
        return this.#call(11, writeInt, read());
      case 'uint64':
        return this.#call(20, writeUint64, `${word(4)}, ${word(0)}`);
      case 'int64':
        return this.#call(20, writeInt64, `${word(4)}, ${word(0)}`);
      case 'pointer':
        return this.#quoted(this.#call(18, writeHexUint64, `${word(4)}, ${word(0)}`));
      case 'int128':
      case 'uint128':
        return this.#quoted(this.#call(34, writeHexUint128, `${word(12)}, ${word(8)}, ${word(4)}, ${word(0)}`));
      case 'float32':
      case 'float64':
        return this.#call(25, writeFloat, read());
      case 'string':
        return this.#call(6 * origin.size + 2, writeJsonStringFromBytes, `${bytes}, ${at}, ${origin.size}`);
      case 'struct':
        return site.children.length > 0 ? this.#object(site) : this.#hex(at, origin.size);
      case 'list':
        return site.element === undefined ? this.#hex(at, origin.size) : this.#list(site.element, at);
      case 'bytes':
        return this.#hex(at, origin.size);
    }
  }

  #call(room: number, write: (out: Uint8Array, at: number, ...rest: never[]) => number, rest: string): string {
    this.#room += room;
    return `p = ${this.#builder.constant(write)}(out, p, ${rest});\n`;
  }

  #hex(at: string, size: number): string {
    return this.#quoted(this.#call(2 * size, writeHexBytes, `${this.#builder.bytes}, ${at}, ${at} + ${size}`));
  }

  #quoted(statements: string): string {
    this.#room += 2;
    return `out[p++] = 34;\n${statements}out[p++] = 34;\n`;
  }

  /** A struct inside a list. Offsets of its members, however deep, count from the start of the element. */
  #object(site: Site): string {
    const members = site.children.map((child, index) => {
      const text = this.#text(`${index === 0 ? '{' : ','}${jsonText(child.name)}:`);
      if (child.origin.from === 'formula') return `${text}${this.#text('null')}`;
      const { kind, origin, children, element } = child;
      return `${text}${this.#value({ kind, origin, children, base: site.base, ...(element && { element }) })}`;
    });
    return `${members.join('')}${this.#text('}')}`;
  }

  #list(element: ListElement, at: string): string {
    const depth = this.#depth++;
    const [index, base] = [`n${depth}`, `e${depth}`];
    const before = this.#room;
    const origin: RecordOrigin = { from: 'record', offset: 0, size: element.stride };
    const nested = element.element === undefined ? {} : { element: element.element };
    const value = this.#value({ kind: element.kind, origin, children: element.children, base, ...nested });
    this.#room = before + (this.#room - before + 1) * element.count + 2;
    this.#depth--;
    return `out[p++] = 91;
for (let ${index} = 0; ${index} < ${element.count}; ${index}++) {
const ${base} = ${at} + ${index} * ${element.stride};
if (${index} > 0) out[p++] = 44;
${value}}
out[p++] = 93;
`;
  }
}

function isHexKind(kind: FieldKind): boolean {
  return kind === 'pointer' || (isWideKind(kind) && kind.endsWith('128'));
}
