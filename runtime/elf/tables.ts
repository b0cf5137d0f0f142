import { ByteReader } from '../base/byte-reader.ts';
import type { ElfRelocation, ElfSection, ElfSymbol, ElfSymbolBinding, ElfSymbolType } from './elf.ts';
import { elfSectionTypes } from './elf.ts';

/** Bytes of a section's name. Names may overlap in the file, so without a limit a small file could ask for endless text. */
export const MAX_SECTION_NAME_BYTES = 4096;

/** Bytes of a symbol's name, for the same reason; names made of C++ templates do reach ten thousand. */
const MAX_SYMBOL_NAME_BYTES = 16384;

const SYMBOL_SIZE = 24;
const RELOCATION_SIZE = 16;
const RELOCATION_SIZE_WITH_ADDEND = 24;

/** Section indexes from here on mean something else than a section (SHN_LORESERVE). */
const FIRST_RESERVED_SECTION = 0xff00;

const symbolTypes: readonly ElfSymbolType[] = ['none', 'object', 'function', 'section', 'file', 'common', 'tls'];
const symbolBindings: readonly ElfSymbolBinding[] = ['local', 'global', 'weak'];

/** A reader over a part of an ELF file, whose errors are ELF_INVALID. */
export function elfReader(bytes: Uint8Array, littleEndian: boolean): ByteReader {
  return new ByteReader(bytes, { code: 'ELF_INVALID', subject: 'ELF', littleEndian });
}

/** The text at an offset of a string table. Throws ELF_INVALID when it is outside, does not end, or is over `limit` bytes. */
export function stringAt(strings: Uint8Array, offset: number, limit: number): string {
  const buffer = Buffer.from(strings.buffer, strings.byteOffset, strings.byteLength);
  const end = offset < buffer.length ? buffer.subarray(offset, offset + limit + 1).indexOf(0) : -1;
  if (end < 0) elfReader(strings, true).fail(`no text of at most ${limit} bytes at ${offset} of ${strings.length} bytes of strings`);
  return buffer.toString('utf8', offset, offset + end);
}

/** Reads a symbol table; `strings` are those of the section it links to. */
export function* readSymbols(table: Uint8Array, strings: Uint8Array, littleEndian: boolean): Generator<ElfSymbol> {
  const reader = elfReader(table, littleEndian);
  const count = Math.floor(table.length / SYMBOL_SIZE);
  for (let index = 1; index < count; index++) {
    reader.position = index * SYMBOL_SIZE;
    const name = reader.u32();
    const info = reader.u8();
    reader.u8();
    const section = reader.u16();
    yield {
      index,
      name: stringAt(strings, name, MAX_SYMBOL_NAME_BYTES),
      type: symbolTypes[info & 0xf] ?? 'other',
      binding: symbolBindings[info >>> 4] ?? 'other',
      section: section === 0 || section >= FIRST_RESERVED_SECTION ? undefined : section,
      value: reader.u64(),
      size: reader.u64(),
    };
  }
}

/** Reads one section of relocations, of either form. */
export function* readRelocations(section: ElfSection, littleEndian: boolean): Generator<ElfRelocation> {
  const withAddend = section.type === elfSectionTypes.relocationsWithAddends;
  const size = withAddend ? RELOCATION_SIZE_WITH_ADDEND : RELOCATION_SIZE;
  const reader = elfReader(section.data(), littleEndian);
  const count = Math.floor(reader.length / size);
  for (let index = 0; index < count; index++) {
    reader.position = index * size;
    const offset = reader.u64AsSize();
    const info = reader.u64();
    const addend = withAddend ? BigInt.asIntN(64, reader.u64()) : undefined;
    yield { offset, type: Number(info & 0xffff_ffffn), symbol: Number(info >> 32n), addend };
  }
}
