import type { Btf, BtfMember, BtfType } from '../btf.ts';
import { declaratorOf } from './declarator.ts';
import type { BtfRecord, CGap } from './layout.ts';
import { CLayouts } from './layout.ts';
import type { CNames } from './names.ts';
import { identifier } from './names.ts';
import type { CText } from './text.ts';

type BtfEnum = Extract<BtfType, { kind: 'enum' }>;

/** GCC's machine modes: the way to give an enum a size that its values do not ask for. */
const modes: Readonly<Record<number, string>> = { 2: '__HI__', 8: '__DI__' };

const PACKED = ' __attribute__((packed))';

/** Writes definitions of structs, unions, enums and typedefs; those without a name inside what uses them. */
export class CRecords {
  readonly #btf: Btf;
  readonly #names: CNames;
  readonly #text: CText;
  readonly #layouts: CLayouts;
  /** Anonymous enums that stand inside something already. */
  readonly #inlineEnums = new Set<number>();

  constructor(btf: Btf, names: CNames, text: CText) {
    this.#btf = btf;
    this.#names = names;
    this.#text = text;
    this.#layouts = new CLayouts(btf);
  }

  /** A definition at the top level: a struct, union or enum with everything in it. */
  define(type: BtfRecord | BtfEnum): void {
    this.#body(type, 0, '');
    this.#text.line(0, '');
  }

  /** `typedef <type> <name>;` */
  typedef(id: number, target: number): void {
    this.#declare(0, { type: target, name: this.#names.specifier(id), prefix: 'typedef ', suffix: '' });
    this.#text.line(0, '');
  }

  /** Whether an anonymous enum was written as a part of something. */
  isInline(id: number): boolean {
    return this.#inlineEnums.has(id);
  }

  #declare(depth: number, what: { type: number; name: string; prefix: string; suffix: string }): void {
    const { base, qualifiers, text } = declaratorOf({ btf: this.#btf, names: this.#names }, what.type, what.name);
    const type = this.#btf.type(base);
    const [before, after] = [`${what.prefix}${qualifiers}`, `${text}${what.suffix}`];
    if ((type.kind === 'struct' || type.kind === 'union' || type.kind === 'enum') && type.name === '') {
      if (type.kind === 'enum') this.#inlineEnums.add(base);
      this.#body(type, depth, after, before);
    } else {
      this.#text.line(depth, `${before}${this.#names.specifier(base)} ${after};`);
    }
  }

  #body(type: BtfRecord | BtfEnum, depth: number, after: string, before = ''): void {
    const name = type.name === '' ? type.kind : this.#names.specifier(type.id);
    this.#text.line(depth, `${before}${name} {`);
    const attribute = type.kind === 'enum' ? this.#enumerators(type, depth + 1) : this.#members(type, depth + 1);
    this.#text.line(depth, `}${attribute}${after === '' ? '' : ` ${after}`};`);
  }

  #members(record: BtfRecord, depth: number): string {
    const layout = this.#layouts.of(record);
    for (const { member, gap } of layout.members) {
      this.#gap(gap, depth);
      this.#member(member, depth);
    }
    if (record.kind === 'union') this.#unionTail(layout.tail, depth);
    else this.#gap(layout.tail, depth);
    return layout.packed ? PACKED : '';
  }

  #member(member: BtfMember, depth: number): void {
    const suffix = member.bitWidth === 0 ? '' : `: ${member.bitWidth}`;
    this.#declare(depth, { type: member.type, name: identifier(member.name), prefix: '', suffix });
  }

  /** Unused bits as bit-fields without a name: they are no members, and change no alignment. */
  #gap({ from, to }: CGap, depth: number): void {
    for (let at = from; at < to; ) {
      const whole = at % 64 === 0 && to - at >= 64;
      const width = whole ? 64 : Math.min(8 - (at % 8), to - at);
      this.#text.line(depth, whole ? 'unsigned long: 64;' : `unsigned char: ${width};`);
      at += width;
    }
  }

  /** All members of a union start at 0, so what makes it larger has to be one member. */
  #unionTail({ from, to }: CGap, depth: number): void {
    if (from === to) return;
    this.#text.line(depth, 'struct {');
    this.#gap({ from: 0, to }, depth + 1);
    this.#text.line(depth, `}${PACKED};`);
  }

  #enumerators(type: BtfEnum, depth: number): string {
    const names = this.#names.enumerators(type);
    for (const [index, { value }] of type.values.entries()) this.#text.line(depth, `${names[index]} = ${literal(value, type)},`);
    return sizeAttribute(type);
  }
}

/** What gives an enum its size where its values do not. A mode loses the sign, so it is used only where that changes no value. */
function sizeAttribute(type: BtfEnum): string {
  const fits = (bytes: number) =>
    type.values.every(({ value }) => [BigInt.asIntN(bytes * 8, value), BigInt.asUintN(bytes * 8, value)].includes(value));
  if (type.size === (fits(4) ? 4 : 8)) return '';
  if (type.size === (fits(1) ? 1 : 2)) return PACKED;
  const mode = modes[type.size];
  return mode === undefined ? '' : ` __attribute__((mode(${mode})))`;
}

/** 64-bit values need a suffix; the smallest one cannot be written as a literal. */
function literal(value: bigint, { size, signed }: BtfEnum): string {
  if (size < 8) return `${value}`;
  if (value === -(2n ** 63n)) return `(${value + 1n}LL - 1)`;
  return `${value}${signed ? 'LL' : 'ULL'}`;
}
