import { closeSync, constants, openSync, readSync, statSync } from 'node:fs';
import { ByteReader } from '../base/byte-reader.ts';
import { GadgetError } from '../base/errors.ts';

const elf64LittleEndian = '7f454c460201';
const headerBytes = 64;
const programHeaderBytes = 56;
const programHeadersMax = 256;
const noteSegment = 4;
/** Segments of notes have some hundred bytes. */
const notesBytesMax = 65_536;
/** Type of the note `GNU` that holds the build id (NT_GNU_BUILD_ID). */
const buildIdNote = 3;
const gnu = 'GNU\0';
/** Shorter ones end in zeros, as the kernel gives them. */
const buildIdBytesMax = 20;

/**
 * The build id in the notes of a 64-bit little-endian ELF file: 40 hexadecimal digits; undefined when it has none or cannot be read. Reads a few
 * hundred bytes whatever the size of the file.
 * Format: https://gabi.xinuos.com/, "Note Section".
 */
export function readBuildId(path: string): string | undefined {
  try {
    // Opening a device can have effects of its own.
    if (!statSync(path).isFile()) return undefined;
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      return findBuildId((at, size) => readAt(fd, at, size));
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (error instanceof GadgetError || (error as NodeJS.ErrnoException).code !== undefined) return undefined;
    throw error;
  }
}

type ReadAt = (at: number, size: number) => ByteReader;

/** Fewer bytes than asked for where the file ends. */
function readAt(fd: number, at: number, size: number): ByteReader {
  const bytes = new Uint8Array(size);
  const length = readSync(fd, bytes, 0, size, at);
  return new ByteReader(bytes.subarray(0, length), { code: 'ELF_INVALID', subject: 'ELF file' });
}

function findBuildId(read: ReadAt): string | undefined {
  const header = read(0, headerBytes);
  if (Buffer.from(header.slice(6)).toString('hex') !== elf64LittleEndian) return undefined;
  header.position = 32;
  const at = header.u64AsSize();
  header.position = 54;
  const [size, count] = [header.u16(), header.u16()];
  if (size !== programHeaderBytes || count > programHeadersMax) return undefined;
  const table = read(at, size * count);
  for (let index = 0; index < count; index++) {
    table.position = index * size;
    if (table.u32() !== noteSegment) continue;
    const id = buildIdOfSegment(table, read);
    if (id !== undefined) return id;
  }
  return undefined;
}

/** `table` stands behind the type of a program header. */
function buildIdOfSegment(table: ByteReader, read: ReadAt): string | undefined {
  table.position += 4;
  const at = table.u64AsSize();
  table.position += 16;
  const size = table.u64AsSize();
  return size > notesBytesMax ? undefined : buildIdOfNotes(read(at, size));
}

function buildIdOfNotes(notes: ByteReader): string | undefined {
  while (notes.position + 12 <= notes.length) {
    const [nameSize, size, type] = [notes.u32(), notes.u32(), notes.u32()];
    const name = Buffer.from(notes.slice(nameSize)).toString('latin1');
    notes.position += -nameSize & 3;
    const description = notes.slice(size);
    notes.position += -size & 3;
    if (type !== buildIdNote || name !== gnu) continue;
    if (size > 0 && size <= buildIdBytesMax)
      return Buffer.from(description)
        .toString('hex')
        .padEnd(buildIdBytesMax * 2, '0');
  }
  return undefined;
}
