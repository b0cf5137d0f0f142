import { GadgetError } from '../base/errors.ts';
import type { Btf, BtfType } from './btf.ts';
import { decodeType } from './decode.ts';
import type { BtfKind } from './format.ts';
import { kindsByNumber, MAX_REFERENCE_DEPTH, readBtfHeader, TYPE_BYTES } from './format.ts';
import { BtfStrings } from './strings.ts';
import { TypeTable } from './type-table.ts';
import { sizeOfType, stripType } from './walk.ts';

/** Decoded types kept for the next question. Few, so that a kernel's 126,000 types never pile up as objects. */
const CACHED_TYPES = 1024;

const voidType: BtfType = { kind: 'void', id: 0, name: '' };
const modifiers: ReadonlySet<BtfKind> = new Set(['typedef', 'volatile', 'const', 'restrict', 'type_tag']);

/**
 * A .BTF section read lazily: holds the bytes, one number a type, and few decoded types.
 * Names are found by scanning; a kernel's 126,000 types take a few milliseconds the first time, then well below one.
 */
export class BtfFile implements Btf {
  /** The strings of this file and its base, for .BTF.ext. */
  readonly strings: BtfStrings;
  readonly #base: BtfFile | undefined;
  readonly #table: TypeTable;
  readonly #cache = new Map<number, BtfType>();

  constructor(bytes: Uint8Array, base?: BtfFile) {
    const header = readBtfHeader(bytes);
    this.#base = base;
    this.strings = new BtfStrings(bytes.subarray(header.stringsAt, header.stringsAt + header.stringsSize), base?.strings);
    this.#table = new TypeTable(bytes, header, (base?.typeCount ?? 0) + 1);
  }

  get typeCount(): number {
    return this.#table.endId - 1;
  }

  type(id: number): BtfType {
    if (id === 0) return voidType;
    if (this.#isBase(id)) return this.#base!.type(id);
    const known = this.#cache.get(id);
    if (known !== undefined) return known;
    const type = decodeType(
      { table: this.#table, name: (offset) => this.strings.name(offset), integerBits: (member) => this.#integerBits(member) },
      this.#checked(id),
    );
    if (this.#cache.size >= CACHED_TYPES) this.#cache.clear();
    this.#cache.set(id, type);
    return type;
  }

  kindOf(id: number): BtfKind {
    if (id === 0) return 'void';
    return this.#isBase(id) ? this.#base!.kindOf(id) : this.#table.kind(this.#checked(id));
  }

  nameOf(id: number): string {
    if (id === 0) return '';
    return this.#isBase(id) ? this.#base!.nameOf(id) : this.strings.name(this.#table.nameOffset(this.#checked(id)));
  }

  find(name: string, kind?: BtfKind): number | undefined {
    const inBase = this.#base?.find(name, kind);
    if (inBase !== undefined) return inBase;
    const wanted = Buffer.from(name);
    const table = this.#table;
    if (kind !== undefined) return table.idsOf(kind).find((id) => this.strings.equals(table.nameOffset(id), wanted));
    for (let id = table.firstId; id < table.endId; id++) if (this.strings.equals(table.nameOffset(id), wanted)) return id;
    return undefined;
  }

  *ofKind(kind: BtfKind): Generator<number> {
    if (this.#base !== undefined) yield* this.#base.ofKind(kind);
    yield* this.#table.idsOf(kind);
  }

  strip(id: number): BtfType {
    return stripType(this, id);
  }

  sizeOf(id: number): number {
    return sizeOfType(this, id);
  }

  #isBase(id: number): boolean {
    return this.#base !== undefined && id > 0 && id < this.#table.firstId;
  }

  #checked(id: number): number {
    if (Number.isInteger(id) && id >= this.#table.firstId && id < this.#table.endId) return id;
    throw new GadgetError('BTF_INVALID', `BTF: there is no type ${id}, the last is ${this.typeCount}`, { context: { type: id } });
  }

  /** For members written without widths: reads words only, so that decoding a struct decodes no other type. */
  #integerBits(id: number): { bits: number; bitOffset: number } | undefined {
    let at = id;
    for (let depth = 0; depth < MAX_REFERENCE_DEPTH && at !== 0; depth++) {
      if (this.#isBase(at)) return this.#base!.#integerBits(at);
      const kind = this.kindOf(at);
      const position = this.#table.position(at);
      const third = this.#table.word(position + 8);
      if (kind === 'int') return partialInteger(this.#table.word(position + TYPE_BYTES), third);
      if (!modifiers.has(kind)) return undefined;
      at = third;
    }
    return undefined;
  }
}

function partialInteger(encoding: number, size: number): { bits: number; bitOffset: number } | undefined {
  const [bits, bitOffset] = [encoding & 0xff, (encoding >>> 16) & 0xff];
  return bits === size * 8 && bitOffset === 0 ? undefined : { bits, bitOffset };
}

/**
 * Parses a .BTF section; `base` is the kernel's, for the section of a module. Checks header, strings and the bounds of
 * every type; the rest when a type is asked for. Throws BTF_INVALID, then and later.
 * In an object that was not linked, sizes and offsets of data sections are 0: the ELF symbols have them.
 */
export function parseBtf(bytes: Uint8Array, options: { base?: BtfFile } = {}): BtfFile {
  return new BtfFile(bytes, options.base);
}

/** All kinds there are, `void` first. */
export const btfKinds: readonly BtfKind[] = [...new Set(kindsByNumber)];
