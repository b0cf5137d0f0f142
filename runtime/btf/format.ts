import { ByteReader } from '../base/byte-reader.ts';
import type { BtfType } from './btf.ts';

/** What a type is. */
export type BtfKind = BtfType['kind'];

/** First two bytes of .BTF and .BTF.ext, as a number in the file's own byte order. */
export const BTF_MAGIC = 0xeb9f;

/** Bytes of the header that every version 1 file has. */
export const BTF_HEADER_SIZE = 24;

/** Types of one file. The kernel's own limit (BTF_MAX_TYPE). */
export const MAX_TYPES = 0xfffff;

/** Bytes of the string section. The kernel's own limit (BTF_MAX_NAME_OFFSET). */
export const MAX_STRING_BYTES = 0xffffff;

/** Bytes of a name. The kernel refuses names longer than this (KSYM_NAME_LEN). */
export const MAX_NAME_BYTES = 512;

/** References followed in a row (typedefs, qualifiers, array dimensions). Real kernels stay below 16. */
export const MAX_REFERENCE_DEPTH = 64;

/** Kind numbers as they are in the file; `enum` is found twice, the second with 64-bit values. */
export const kindsByNumber: readonly BtfKind[] = [
  'void',
  'int',
  'pointer',
  'array',
  'struct',
  'union',
  'enum',
  'forward',
  'typedef',
  'volatile',
  'const',
  'restrict',
  'function',
  'function_prototype',
  'variable',
  'data_section',
  'float',
  'declaration_tag',
  'type_tag',
  'enum',
];

/** The number of the kind that holds 32-bit enum values. */
export const ENUM32 = 6;

/** The number of the kind that holds 64-bit enum values. */
export const ENUM64 = 19;

/** Bytes of the words that every type starts with: name, info, size or type. */
export const TYPE_BYTES = 12;

/** Bytes that follow those words, for each kind number: fixed, and for each of the `vlen` parts. */
export const extraBytes: ReadonlyArray<{ readonly fixed: number; readonly each: number }> = [
  { fixed: 0, each: 0 },
  { fixed: 4, each: 0 },
  { fixed: 0, each: 0 },
  { fixed: 12, each: 0 },
  { fixed: 0, each: 12 },
  { fixed: 0, each: 12 },
  { fixed: 0, each: 8 },
  { fixed: 0, each: 0 },
  { fixed: 0, each: 0 },
  { fixed: 0, each: 0 },
  { fixed: 0, each: 0 },
  { fixed: 0, each: 0 },
  { fixed: 0, each: 0 },
  { fixed: 0, each: 8 },
  { fixed: 4, each: 0 },
  { fixed: 0, each: 12 },
  { fixed: 0, each: 0 },
  { fixed: 4, each: 0 },
  { fixed: 0, each: 0 },
  { fixed: 0, each: 12 },
];

/** Where the two parts of a .BTF file are, in bytes from its start. */
export interface BtfHeader {
  readonly littleEndian: boolean;
  readonly typesAt: number;
  readonly typesSize: number;
  readonly stringsAt: number;
  readonly stringsSize: number;
}

/** Reads magic, version and flags; the reader then stands at the header's length. Throws BTF_INVALID. */
export function openBtf(bytes: Uint8Array, subject: string): ByteReader {
  const bigEndian = bytes.length >= 2 && bytes[0] === BTF_MAGIC >> 8 && bytes[1] === (BTF_MAGIC & 0xff);
  const reader = new ByteReader(bytes, { code: 'BTF_INVALID', subject, littleEndian: !bigEndian });
  const magic = reader.u16();
  if (magic !== BTF_MAGIC) reader.fail(`starts with 0x${magic.toString(16)}, not with 0x${BTF_MAGIC.toString(16)}`);
  const version = reader.u8();
  if (version !== 1) reader.fail(`is of version ${version}, known is 1`);
  reader.u8();
  return reader;
}

/** Reads and checks the header of a .BTF section. Throws BTF_INVALID. */
export function readBtfHeader(bytes: Uint8Array): BtfHeader {
  const reader = openBtf(bytes, 'BTF');
  const headerSize = reader.u32();
  if (headerSize < BTF_HEADER_SIZE || headerSize > bytes.length) reader.fail(`has a header of ${headerSize} bytes in ${bytes.length}`);
  const [typesAt, typesSize, stringsAt, stringsSize] = [reader.u32(), reader.u32(), reader.u32(), reader.u32()];
  const room = bytes.length - headerSize;
  if (typesAt + typesSize > room) reader.fail(`types (${typesSize} bytes at ${typesAt}) end behind the file`);
  if (stringsAt + stringsSize > room) reader.fail(`strings (${stringsSize} bytes at ${stringsAt}) end behind the file`);
  if (stringsSize > MAX_STRING_BYTES) reader.fail(`has ${stringsSize} bytes of strings, the limit is ${MAX_STRING_BYTES}`);
  return { littleEndian: reader.littleEndian, typesAt: headerSize + typesAt, typesSize, stringsAt: headerSize + stringsAt, stringsSize };
}
