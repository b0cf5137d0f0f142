import type { ByteReader } from '../base/byte-reader.ts';
import type { Elf, ElfHeader, ElfRelocation, ElfSection, ElfSymbol, ElfType } from './elf.ts';
import { elfSectionTypes } from './elf.ts';
import { elfReader, MAX_SECTION_NAME_BYTES, readRelocations, readSymbols, stringAt } from './tables.ts';

const MAGIC = '7f454c46';
const CLASS_64 = 2;
const LITTLE_ENDIAN = 1;
const BIG_ENDIAN = 2;
const SECTION_HEADER_SIZE = 64;

/** A section count or string table index of this means that section 0 holds the number (SHN_XINDEX). */
const IN_FIRST_SECTION = 0xffff;

const types: Readonly<Record<number, ElfType>> = { 1: 'relocatable', 2: 'executable', 3: 'shared', 4: 'core' };

/** What the file's header says of the table of section headers. */
interface SectionTable {
  readonly at: number;
  readonly entrySize: number;
  readonly count: number;
  readonly nameTable: number;
}

type UnnamedSection = Omit<ElfSection, 'name'> & { readonly nameOffset: number };

/** A parsed file. Holds the bytes it was given; every view it hands out shares them. */
class ElfFile implements Elf {
  readonly header: ElfHeader;
  readonly sections: readonly ElfSection[];

  constructor(bytes: Uint8Array) {
    const reader = elfReader(bytes, readByteOrder(bytes));
    const { header, table } = readHeader(reader);
    this.header = header;
    this.sections = nameSections(readSectionHeaders(reader, table), table, reader);
  }

  section(name: string): ElfSection | undefined {
    return this.sections.find((section) => section.name === name);
  }

  *symbols(table: 'static' | 'dynamic' = 'static'): Generator<ElfSymbol> {
    const wanted = table === 'static' ? elfSectionTypes.symbolTable : elfSectionTypes.dynamicSymbols;
    const section = this.sections.find((candidate) => candidate.type === wanted);
    if (section === undefined) return;
    const strings = this.sections[section.link]?.data() ?? new Uint8Array(0);
    yield* readSymbols(section.data(), strings, this.header.littleEndian);
  }

  *relocations(section: ElfSection): Generator<ElfRelocation> {
    for (const candidate of this.sections) {
      const { type } = candidate;
      if (type !== elfSectionTypes.relocations && type !== elfSectionTypes.relocationsWithAddends) continue;
      if (candidate.info === section.index) yield* readRelocations(candidate, this.header.littleEndian);
    }
  }
}

function readByteOrder(bytes: Uint8Array): boolean {
  const reader = elfReader(bytes, true);
  const magic = Buffer.from(reader.slice(4)).toString('hex');
  if (magic !== MAGIC) reader.fail(`starts with ${magic}, not with ${MAGIC}`);
  const [fileClass, byteOrder, version] = [reader.u8(), reader.u8(), reader.u8()];
  if (fileClass !== CLASS_64) reader.fail(`is of class ${fileClass}; only 64-bit files (class ${CLASS_64}) are read`);
  if (byteOrder !== LITTLE_ENDIAN && byteOrder !== BIG_ENDIAN) reader.fail(`has the unknown byte order ${byteOrder}`);
  if (version !== 1) reader.fail(`is of version ${version}, known is 1`);
  return byteOrder === LITTLE_ENDIAN;
}

function readHeader(reader: ByteReader): { header: ElfHeader; table: SectionTable } {
  reader.position = 16;
  const type = types[reader.u16()] ?? 'other';
  const machine = reader.u16();
  reader.u32();
  const entry = reader.u64();
  reader.u64();
  const at = reader.u64AsSize();
  reader.position = 58;
  const [entrySize, count, nameTable] = [reader.u16(), reader.u16(), reader.u16()];
  return { header: { littleEndian: reader.littleEndian, type, machine, entry }, table: { at, entrySize, count, nameTable } };
}

function readSectionHeaders(reader: ByteReader, table: SectionTable): UnnamedSection[] {
  if (table.at === 0) return [];
  if (table.entrySize !== SECTION_HEADER_SIZE)
    reader.fail(`has section headers of ${table.entrySize} bytes, known are ${SECTION_HEADER_SIZE}`);
  const first = readSectionHeader(reader, table.at, 0);
  const count = table.count === 0 ? first.size : table.count;
  if (table.at + count * SECTION_HEADER_SIZE > reader.length) reader.fail(`${count} section headers at ${table.at} end behind the file`);
  return Array.from({ length: count }, (_, index) => readSectionHeader(reader, table.at + index * SECTION_HEADER_SIZE, index));
}

function readSectionHeader(reader: ByteReader, at: number, index: number): UnnamedSection {
  reader.position = at;
  const [nameOffset, type, flags, address] = [reader.u32(), reader.u32(), reader.u64(), reader.u64()];
  const [offset, size, link, info] = [reader.u64AsSize(), reader.u64AsSize(), reader.u32(), reader.u32()];
  reader.u64();
  const entrySize = reader.u64AsSize();
  const data = () => {
    if (type === elfSectionTypes.noBits || type === elfSectionTypes.null) return reader.bytes.subarray(0, 0);
    if (offset + size > reader.length) reader.fail(`section ${index} (${size} bytes at ${offset}) ends behind the file`);
    return reader.bytes.subarray(offset, offset + size);
  };
  return { index, nameOffset, type, flags, address, offset, size, link, info, entrySize, data };
}

function nameSections(sections: readonly UnnamedSection[], table: SectionTable, reader: ByteReader): ElfSection[] {
  if (sections.length === 0) return [];
  const index = table.nameTable === IN_FIRST_SECTION ? sections[0]!.link : table.nameTable;
  if (index === 0) return sections.map(({ nameOffset: _, ...section }) => ({ ...section, name: '' }));
  const names = sections[index] ?? reader.fail(`has no section ${index}, which should hold the names`);
  const strings = names.data();
  return sections.map(({ nameOffset, ...section }) => ({ ...section, name: stringAt(strings, nameOffset, MAX_SECTION_NAME_BYTES) }));
}

/**
 * Parses a 64-bit ELF file of either byte order: header and section headers at once, the rest when asked for.
 * Throws ELF_INVALID, also from what it hands out, when a part ends behind the file or is no table of its kind.
 * Format: https://gabi.xinuos.com/
 */
export function parseElf(bytes: Uint8Array): Elf {
  return new ElfFile(bytes);
}
