import { GadgetError } from '../base/errors.ts';
import type { BtfMember, BtfType } from './btf.ts';
import { ENUM64, TYPE_BYTES } from './format.ts';
import type { TypeTable } from './type-table.ts';

/** What decoding needs of the file around a type. */
export interface DecodeContext {
  readonly table: TypeTable;
  /** A name from its offset; BTF_INVALID when it is outside. */
  name(offset: number): string;
  /** Width in bits and start of the integer behind a member's type, where that integer is itself a bit-field. */
  integerBits(id: number): { readonly bits: number; readonly bitOffset: number } | undefined;
}

/** Bytes that the kernel takes for these kinds. */
const floatSizes: readonly number[] = [2, 4, 8, 12, 16];
const enumSizes: readonly number[] = [1, 2, 4, 8];

const linkages = ['static', 'global', 'extern'] as const;

/** Type ids that are references are checked against the table, so whoever follows them finds a type. */
class TypeDecoder {
  readonly #context: DecodeContext;
  readonly #table: TypeTable;
  readonly #id: number;
  readonly #at: number;
  readonly #info: number;
  /** Third word: a size for some kinds, a type id for others. */
  readonly #third: number;

  constructor(context: DecodeContext, id: number) {
    this.#context = context;
    this.#table = context.table;
    this.#id = id;
    this.#at = this.#table.position(id);
    this.#info = this.#table.word(this.#at + 4);
    this.#third = this.#table.word(this.#at + 8);
  }

  decode(): BtfType {
    const id = this.#id;
    const kind = this.#table.kind(id);
    const name = this.#context.name(this.#table.word(this.#at));
    switch (kind) {
      case 'int':
        return this.#int(name);
      case 'float':
        return { kind, id, name, size: this.#sizeOf(kind, floatSizes) };
      case 'pointer':
      case 'typedef':
      case 'volatile':
      case 'const':
      case 'restrict':
      case 'type_tag':
        return { kind, id, name, type: this.#reference(this.#third) };
      case 'array':
        return {
          kind,
          id,
          name: '',
          type: this.#reference(this.#extra(0)),
          indexType: this.#reference(this.#extra(1)),
          count: this.#extra(2),
        };
      case 'struct':
      case 'union':
        return { kind, id, name, size: this.#third, members: this.#members() };
      case 'enum':
        return this.#enum(name);
      case 'forward':
        return { kind, id, name, union: this.#kindFlag };
      case 'function':
        return { kind, id, name, type: this.#reference(this.#third), linkage: this.#linkage(this.#info & 0xffff) };
      case 'function_prototype':
        return { kind, id, name: '', returns: this.#reference(this.#third), params: this.#params() };
      case 'variable':
        return { kind, id, name, type: this.#reference(this.#third), linkage: this.#linkage(this.#extra(0)) };
      case 'data_section':
        return { kind, id, name, size: this.#third, variables: this.#variables() };
      case 'declaration_tag':
        return { kind, id, name, type: this.#reference(this.#third), component: this.#table.signedWord(this.#at + TYPE_BYTES) };
      case 'void':
        return { kind, id: 0, name: '' };
    }
  }

  get #kindFlag(): boolean {
    return this.#info >>> 31 === 1;
  }

  /** A 32-bit word behind the three that all types have. */
  #extra(index: number): number {
    return this.#table.word(this.#at + TYPE_BYTES + index * 4);
  }

  #reference(id: number): number {
    if (id >= this.#table.endId) this.#fail(`refers to type ${id}, the last is ${this.#table.endId - 1}`);
    return id;
  }

  #sizeOf(kind: string, allowed: readonly number[]): number {
    if (!allowed.includes(this.#third)) this.#fail(`is a ${kind} of ${this.#third} bytes`);
    return this.#third;
  }

  #linkage(number: number): 'static' | 'global' | 'extern' {
    return linkages[number] ?? this.#fail(`has the unknown linkage ${number}`);
  }

  #int(name: string): BtfType {
    const word = this.#extra(0);
    const encoding = (word >>> 24) & 0xf;
    const [size, bits, bitOffset] = [this.#third, word & 0xff, (word >>> 16) & 0xff];
    if (size === 0 || size > 16 || bits + bitOffset > size * 8)
      this.#fail(`is an integer of ${size} bytes with ${bits} bits at ${bitOffset}`);
    const flags = { signed: (encoding & 1) !== 0, char: (encoding & 2) !== 0, bool: (encoding & 4) !== 0 };
    return { kind: 'int', id: this.#id, name, size, bits, bitOffset, ...flags };
  }

  #parts<T>(words: number, read: (first: number) => T): T[] {
    return Array.from({ length: this.#info & 0xffff }, (_, index) => read(index * words));
  }

  #members(): BtfMember[] {
    return this.#parts(3, (first) => {
      const name = this.#context.name(this.#extra(first));
      const type = this.#reference(this.#extra(first + 1));
      const place = this.#extra(first + 2);
      if (this.#kindFlag) return { name, type, bitOffset: place & 0xffffff, bitWidth: place >>> 24 };
      // Before Linux 5.0 a bit-field was an integer type of its own: fewer bits than its size, not starting at bit 0.
      const integer = this.#context.integerBits(type);
      return { name, type, bitOffset: place + (integer?.bitOffset ?? 0), bitWidth: integer?.bits ?? 0 };
    });
  }

  #enum(name: string): BtfType {
    const wide = this.#table.kindNumber(this.#id) === ENUM64;
    const signed = this.#kindFlag;
    const values = this.#parts(wide ? 3 : 2, (first) => {
      const low = BigInt(this.#extra(first + 1));
      const raw = wide ? low | (BigInt(this.#extra(first + 2)) << 32n) : low;
      return { name: this.#context.name(this.#extra(first)), value: signed ? BigInt.asIntN(wide ? 64 : 32, raw) : raw };
    });
    return { kind: 'enum', id: this.#id, name, size: this.#sizeOf('enum', enumSizes), signed, values };
  }

  #params(): { name: string; type: number }[] {
    return this.#parts(2, (first) => ({
      name: this.#context.name(this.#extra(first)),
      type: this.#reference(this.#extra(first + 1)),
    }));
  }

  #variables(): { type: number; offset: number; size: number }[] {
    return this.#parts(3, (first) => ({
      type: this.#reference(this.#extra(first)),
      offset: this.#extra(first + 1),
      size: this.#extra(first + 2),
    }));
  }

  #fail(problem: string): never {
    throw new GadgetError('BTF_INVALID', `BTF: type ${this.#id} ${problem}`, { context: { type: this.#id } });
  }
}

/** Decodes one type of a table. Throws BTF_INVALID where a name, a reference or a number is impossible. */
export function decodeType(context: DecodeContext, id: number): BtfType {
  return new TypeDecoder(context, id).decode();
}
