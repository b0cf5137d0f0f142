import type { ByteReader } from '../base/byte-reader.ts';
import { openBtf } from './format.ts';
import type { BtfFile } from './parse.ts';

/** What a CO-RE relocation asks of the target's types; the order is that of the file's numbers. */
export const relocationKinds = [
  'field_byte_offset',
  'field_byte_size',
  'field_exists',
  'field_signed',
  'field_lshift_u64',
  'field_rshift_u64',
  'type_id_local',
  'type_id_target',
  'type_exists',
  'type_size',
  'enumval_exists',
  'enumval_value',
  'type_matches',
] as const;

export type RelocationKind = (typeof relocationKinds)[number];

/** Which function starts at an instruction. */
export interface FunctionInfo {
  /** Bytes from the start of the ELF section. */
  readonly instructionOffset: number;
  /** Id of a BTF type of kind `function`. */
  readonly type: number;
}

/** Which source line an instruction comes from. */
export interface LineInfo {
  /** Bytes from the start of the ELF section. */
  readonly instructionOffset: number;
  readonly file: string;
  /** The line's text; empty when the compiler did not keep it, cut at 4,096 bytes. */
  readonly text: string;
  /** Counted from 1; 0 when unknown. */
  readonly line: number;
  /** Counted from 1; 0 when unknown. */
  readonly column: number;
}

/** An instruction that is adjusted to the target's types when the object is loaded. */
export interface CoreRelocation {
  /** Bytes from the start of the ELF section. */
  readonly instructionOffset: number;
  /** Id of the local BTF type that the access starts from. */
  readonly type: number;
  /** Member indexes joined by colons, the first one being an array index: `0:2:1`. */
  readonly access: string;
  readonly kind: RelocationKind;
}

/** The records of one ELF section (one section of programs). */
export interface ExtSection<T> {
  /** Name of the ELF section. */
  readonly section: string;
  readonly count: number;
  /** Reads the records anew each time; throws BTF_INVALID at the first impossible one. */
  records(): Iterable<T>;
}

/** A parsed .BTF.ext section. Records are read when asked for. */
export interface BtfExt {
  readonly functions: ReadonlyArray<ExtSection<FunctionInfo>>;
  readonly lines: ReadonlyArray<ExtSection<LineInfo>>;
  readonly relocations: ReadonlyArray<ExtSection<CoreRelocation>>;
}

/** How one of the three parts is read: its smallest record, and a record from a reader that stands at one. */
interface Part<T> {
  readonly minimum: number;
  read(reader: ByteReader): T;
}

/** Bytes of the header without relocations, as the first compilers wrote it, and with them. */
const HEADER_SIZE = 24;
const HEADER_SIZE_WITH_RELOCATIONS = 32;

/** Reads the head of a part and of each section in it; records are skipped over. */
function readSections<T>(whole: ByteReader, place: { at: number; size: number }, btf: BtfFile, part: Part<T>): ExtSection<T>[] {
  const reader = openBtf(whole.bytes, 'BTF.ext');
  reader.position = place.at;
  const end = place.at + place.size;
  if (place.size === 0) return [];
  const recordSize = reader.u32();
  if (recordSize < part.minimum || recordSize % 4 !== 0) reader.fail(`has records of ${recordSize} bytes, needed are ${part.minimum}`);
  const sections: ExtSection<T>[] = [];
  while (reader.position < end) {
    const section = btf.strings.name(reader.u32());
    const count = reader.u32();
    const at = reader.position;
    if (at + count * recordSize > end) reader.fail(`${count} records of section "${section}" end behind their part`);
    reader.slice(count * recordSize);
    sections.push({ section, count, records: () => readRecords(whole.bytes, { at, count, recordSize }, part) });
  }
  return sections;
}

function* readRecords<T>(bytes: Uint8Array, run: { at: number; count: number; recordSize: number }, part: Part<T>): Generator<T> {
  const reader = openBtf(bytes, 'BTF.ext');
  for (let index = 0; index < run.count; index++) {
    reader.position = run.at + index * run.recordSize;
    yield part.read(reader);
  }
}

function functionPart(btf: BtfFile): Part<FunctionInfo> {
  return { minimum: 8, read: (reader) => ({ instructionOffset: reader.u32(), type: existingType(reader, btf) }) };
}

function linePart(btf: BtfFile): Part<LineInfo> {
  return {
    minimum: 16,
    read(reader) {
      const [instructionOffset, file, text, place] = [reader.u32(), reader.u32(), reader.u32(), reader.u32()];
      return { instructionOffset, file: btf.strings.text(file), text: btf.strings.text(text), line: place >>> 10, column: place & 0x3ff };
    },
  };
}

function relocationPart(btf: BtfFile): Part<CoreRelocation> {
  return {
    minimum: 16,
    read(reader) {
      const instructionOffset = reader.u32();
      const type = existingType(reader, btf);
      const [access, number] = [reader.u32(), reader.u32()];
      const kind = relocationKinds[number] ?? reader.fail(`has a relocation of the unknown kind ${number}`);
      return { instructionOffset, type, access: btf.strings.name(access), kind };
    },
  };
}

function existingType(reader: ByteReader, btf: BtfFile): number {
  const type = reader.u32();
  if (type > btf.typeCount) reader.fail(`refers to type ${type}, the last is ${btf.typeCount}`);
  return type;
}

/**
 * Parses the .BTF.ext section that belongs to `btf`. Throws BTF_INVALID, here and from `records()`.
 * Layout: https://docs.kernel.org/bpf/btf.html#btf-ext-section
 */
export function parseBtfExt(bytes: Uint8Array, btf: BtfFile): BtfExt {
  const reader = openBtf(bytes, 'BTF.ext');
  const headerSize = reader.u32();
  if (headerSize < HEADER_SIZE || headerSize > bytes.length) reader.fail(`has a header of ${headerSize} bytes in ${bytes.length}`);
  const place = () => {
    const [at, size] = [headerSize + reader.u32(), reader.u32()];
    if (at + size > bytes.length) reader.fail(`has a part of ${size} bytes at ${at} in ${bytes.length}`);
    return { at, size };
  };
  const [functions, lines] = [place(), place()];
  const relocations = headerSize >= HEADER_SIZE_WITH_RELOCATIONS ? place() : { at: headerSize, size: 0 };
  return {
    functions: readSections(reader, functions, btf, functionPart(btf)),
    lines: readSections(reader, lines, btf, linePart(btf)),
    relocations: readSections(reader, relocations, btf, relocationPart(btf)),
  };
}
