import { GadgetSpecError } from '../runtime/base/errors.ts';
import { type Elf, type ElfSection, elfSectionTypes } from '../runtime/elf/elf.ts';
import { parseElf } from '../runtime/elf/parse.ts';

const headerBytes = 64;
const sectionHeaderBytes = 64;
const symbolBytes = 24;
const relocationBytes = 16;
/** Lists symbols by number, for linkers only. */
const addressSignificance = 0x6fff4c03;
/** Section numbers from here on have meanings of their own (SHN_LORESERVE). */
const firstReservedSection = 0xff00;

/**
 * An object of clang without its DWARF sections, as `llvm-strip -g` makes it: BTF stays. The largest part of an object is DWARF, and nobody
 * reads it in the kernel. Throws ELF_INVALID.
 */
export function stripDebugSections(bytes: Uint8Array): Uint8Array {
  const elf = parseElf(bytes);
  const kept = elf.sections.filter((section) => !isDebug(elf, section));
  if (kept.length === elf.sections.length) return bytes;
  const numbers = new Map(kept.map((section, index) => [section.index, index]));
  const symbols = renumberSymbols(elf, numbers);
  const data = kept.map((section) => sectionData(section, symbols));
  return layOut(bytes, kept, data, numbers, symbols);
}

function isDebug(elf: Elf, section: ElfSection): boolean {
  if (section.type === addressSignificance) return true;
  if (section.type === elfSectionTypes.relocations || section.type === elfSectionTypes.relocationsWithAddends) {
    return elf.sections[section.info]?.name.startsWith('.debug_') ?? false;
  }
  return section.name.startsWith('.debug_');
}

interface Symbols {
  readonly data: Uint8Array;
  /** Old number → new one. */
  readonly numbers: ReadonlyMap<number, number>;
  /** How many are local: they come first. */
  readonly localCount: number;
}

/** The symbol table without symbols of sections that are gone. */
function renumberSymbols(elf: Elf, sections: ReadonlyMap<number, number>): Symbols {
  const table = elf.sections.find((section) => section.type === elfSectionTypes.symbolTable);
  const old = table?.data() ?? new Uint8Array(0);
  const view = new DataView(old.buffer, old.byteOffset, old.byteLength);
  const entries: Uint8Array[] = [];
  const numbers = new Map<number, number>();
  let localCount = 0;
  for (let at = 0; at + symbolBytes <= old.length; at += symbolBytes) {
    const section = view.getUint16(at + 6, true);
    const number = section === 0 || section >= firstReservedSection ? section : sections.get(section);
    if (number === undefined) continue;
    // A copy: `slice` of a Buffer would be a view.
    const entry = new Uint8Array(old.subarray(at, at + symbolBytes));
    new DataView(entry.buffer).setUint16(6, number, true);
    numbers.set(at / symbolBytes, entries.length);
    entries.push(entry);
    if (view.getUint8(at + 4) >> 4 === 0) localCount++;
  }
  return { data: Buffer.concat(entries), numbers, localCount };
}

function sectionData(section: ElfSection, symbols: Symbols): Uint8Array {
  if (section.type === elfSectionTypes.symbolTable) return symbols.data;
  if (section.type !== elfSectionTypes.relocations) return section.data();
  const data = new Uint8Array(section.data());
  const view = new DataView(data.buffer);
  for (let at = 0; at + relocationBytes <= data.length; at += relocationBytes) {
    const number = symbols.numbers.get(view.getUint32(at + 12, true));
    if (number === undefined) throw invalid(`${section.name} refers to a debug section`);
    view.setUint32(at + 12, number, true);
  }
  return data;
}

/** Header, sections one after the other as aligned as before, section headers. */
function layOut(
  original: Uint8Array,
  kept: readonly ElfSection[],
  data: readonly Uint8Array[],
  numbers: ReadonlyMap<number, number>,
  symbols: Symbols,
): Uint8Array {
  const old = new DataView(original.buffer, original.byteOffset, original.byteLength);
  const oldHeaders = Number(old.getBigUint64(40, true));
  const headers = new Uint8Array(kept.length * sectionHeaderBytes);
  const parts: { at: number; bytes: Uint8Array }[] = [];
  let end = headerBytes;
  for (const [index, section] of kept.entries()) {
    const from = oldHeaders + section.index * sectionHeaderBytes;
    const header = new DataView(headers.buffer, index * sectionHeaderBytes, sectionHeaderBytes);
    headers.set(original.subarray(from, from + sectionHeaderBytes), index * sectionHeaderBytes);
    if (section.type === elfSectionTypes.null) continue;
    end = alignUp(end, Number(header.getBigUint64(48, true)));
    header.setBigUint64(24, BigInt(end), true);
    if (section.type !== elfSectionTypes.noBits) {
      header.setBigUint64(32, BigInt(data[index]!.length), true);
      parts.push({ at: end, bytes: data[index]! });
      end += data[index]!.length;
    }
    header.setUint32(40, renumbered(section.link, numbers, section), true);
    if (section.type === elfSectionTypes.symbolTable) header.setUint32(44, symbols.localCount, true);
    else if (section.type === elfSectionTypes.relocations) header.setUint32(44, renumbered(section.info, numbers, section), true);
  }
  const headersAt = alignUp(end, 8);
  const result = new Uint8Array(headersAt + headers.length);
  result.set(original.subarray(0, headerBytes));
  for (const { at, bytes } of parts) result.set(bytes, at);
  result.set(headers, headersAt);
  const view = new DataView(result.buffer);
  view.setBigUint64(40, BigInt(headersAt), true);
  view.setUint16(60, kept.length, true);
  view.setUint16(62, numbers.get(old.getUint16(62, true)) ?? 0, true);
  return result;
}

function renumbered(index: number, numbers: ReadonlyMap<number, number>, section: ElfSection): number {
  const number = numbers.get(index);
  if (number === undefined) throw invalid(`${section.name} belongs to a debug section`);
  return number;
}

function alignUp(value: number, alignment: number): number {
  return alignment <= 1 ? value : Math.ceil(value / alignment) * alignment;
}

function invalid(problem: string): GadgetSpecError {
  return new GadgetSpecError('ELF_INVALID', `the compiler's object cannot be stripped: ${problem}`);
}
