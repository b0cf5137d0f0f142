import { GadgetError } from '../../base/errors.ts';
import { type ElfSection, elfSectionTypes } from '../../elf/elf.ts';
import { parseElf } from '../../elf/parse.ts';
import { mergeMapTypes } from './merge-map-types.ts';

/** What loaders look for. */
export const mapSection = '.maps';

/** Places in an ELF64 file and its tables: `e_shoff`; `sh_name`, `sh_offset`, `sh_size`; `st_shndx`, `st_value`. */
const places = {
  sectionTable: 0x28,
  headerBytes: 64,
  nameOffset: 0,
  fileOffset: 0x18,
  fileSize: 0x20,
  symbolBytes: 24,
  symbolSection: 6,
  symbolValue: 8,
};
const alignment = 8;
/** The most bytes that definitions of maps may have together; one has 20 to 60. */
const maxDefinitionBytes = 1024 * 1024;

/**
 * An object whose maps are all in `.maps`. Old images of BumbleBee have them in sections like `.maps.print`, where libbpf does not find them. The
 * same bytes when there is nothing to do. Throws ELF_INVALID and BTF_INVALID.
 */
export function mergeMapSections(object: Uint8Array): Uint8Array {
  const elf = parseElf(object);
  const others = elf.sections.filter(({ name }) => name.startsWith(`${mapSection}.`));
  const standing = elf.section(mapSection);
  const target = standing ?? others[0];
  const types = elf.section('.BTF');
  const symbols = elf.sections.find(({ type }) => type === elfSectionTypes.symbolTable);
  if (target === undefined || others.length === 0 || types === undefined || symbols === undefined) return object;
  // Each is inside the file: it says so if not.
  for (const section of [symbols, ...elf.sections.filter(({ type }) => type === elfSectionTypes.stringTable)]) section.data();
  const file = new GrowingObject(object);
  const merged = others.filter((section) => section !== target);
  const starts = new Map<number, number>();
  let size = target.size;
  for (const section of merged) {
    size = Math.ceil(size / alignment) * alignment;
    starts.set(section.index, size);
    size += section.size;
  }
  if (size > maxDefinitionBytes)
    throw new GadgetError('ELF_INVALID', `the definitions of maps have ${size} bytes; at most ${maxDefinitionBytes} are read`);
  file.moveSymbols(symbols, target.index, starts);
  // Definitions of maps are of zeros: what they say is in their types.
  file.replace(target, new Uint8Array(size));
  file.replace(
    types,
    mergeMapTypes(
      types.data(),
      mapSection,
      others.map(({ name }) => name),
    ),
  );
  if (standing === undefined) file.rename(target, mapSection);
  return file.bytes();
}

/** An ELF file that new content is put behind. */
class GrowingObject {
  #bytes: Buffer;

  constructor(object: Uint8Array) {
    this.#bytes = Buffer.from(object);
  }

  bytes(): Uint8Array {
    return this.#bytes;
  }

  replace({ index }: Pick<ElfSection, 'index'>, content: Uint8Array): void {
    const padding = Buffer.alloc(-this.#bytes.length & (alignment - 1));
    const header = this.#header(index);
    const offset = this.#bytes.length + padding.length;
    this.#bytes = Buffer.concat([this.#bytes, padding, content]);
    this.#bytes.writeBigUInt64LE(BigInt(offset), header + places.fileOffset);
    this.#bytes.writeBigUInt64LE(BigInt(content.length), header + places.fileSize);
  }

  rename({ index }: ElfSection, name: string): void {
    const strings = this.#bytes.readUInt16LE(0x3e);
    const header = this.#header(strings);
    const start = Number(this.#bytes.readBigUInt64LE(header + places.fileOffset));
    const old = this.#bytes.subarray(start, start + Number(this.#bytes.readBigUInt64LE(header + places.fileSize)));
    this.replace({ index: strings }, Buffer.concat([old, Buffer.from(`${name}\0`)]));
    this.#bytes.writeUInt32LE(old.length, this.#header(index) + places.nameOffset);
  }

  /** `starts`: where in the target what was a section begins. */
  moveSymbols(table: ElfSection, target: number, starts: ReadonlyMap<number, number>): void {
    for (let at = table.offset; at + places.symbolBytes <= table.offset + table.size; at += places.symbolBytes) {
      const start = starts.get(this.#bytes.readUInt16LE(at + places.symbolSection));
      if (start === undefined) continue;
      this.#bytes.writeUInt16LE(target, at + places.symbolSection);
      const value = this.#bytes.readBigUInt64LE(at + places.symbolValue);
      this.#bytes.writeBigUInt64LE(value + BigInt(start), at + places.symbolValue);
    }
  }

  #header(index: number): number {
    return Number(this.#bytes.readBigUInt64LE(places.sectionTable)) + index * places.headerBytes;
  }
}
