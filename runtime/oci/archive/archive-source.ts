import { ImageError } from '../../base/errors.ts';

/** Bytes that are read at once. */
const pieceBytes = 256 * 1024;

/** The most files of an archive, folders included. */
export const maxFiles = 50_000;

/** One file of an archive, or a folder or link that is in it. */
export interface ArchivedFile {
  /** With its path in the archive. */
  readonly name: string;
  /** `file`, `directory`, `symlink` and others. */
  readonly type: string;
  /** Of its content, in bytes from the start of a tar; 0 in a folder. */
  readonly offset: number;
  readonly size: number;
}

/** What can be read of an archive, wherever it lies: a tar, or a folder. */
export interface ArchiveSource {
  /** What the user calls it. */
  readonly path: string;
  /** Throws ARCHIVE_INVALID. */
  files(): Promise<readonly ArchivedFile[]>;
  /** A file of at most `maxBytes`, which errors call `shown`. Throws ARCHIVE_INVALID. */
  readAll(file: ArchivedFile, shown: string, maxBytes: number): Promise<Uint8Array>;
  pieces(file: ArchivedFile, fromByte?: number): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/** Something open of which any part can be read. */
export interface PartReader {
  read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{ readonly bytesRead: number }>;
}

/** All bytes of a part, at most `maxBytes`. Throws ARCHIVE_INVALID. */
export async function readPart(
  file: PartReader,
  { offset, size }: ArchivedFile,
  { path, shown, maxBytes }: { readonly path: string; readonly shown: string; readonly maxBytes: number },
): Promise<Uint8Array> {
  if (size > maxBytes) throw invalidArchive(path, `has a ${shown} of ${size} bytes, more than the ${maxBytes} allowed`);
  const bytes = Buffer.alloc(size);
  const { bytesRead } = await file.read(bytes, 0, size, offset);
  return bytes.subarray(0, bytesRead);
}

/** The bytes of a part from a byte on. */
export async function* readPieces(file: PartReader, { offset, size }: ArchivedFile, fromByte: number): AsyncIterable<Uint8Array> {
  for (let at = fromByte; at < size; at += pieceBytes) {
    const piece = Buffer.allocUnsafe(Math.min(pieceBytes, size - at));
    const { bytesRead } = await file.read(piece, 0, piece.length, offset + at);
    yield piece.subarray(0, bytesRead);
  }
}

export function invalidArchive(path: string, problem: string, more: { readonly cause?: unknown; readonly hint?: string } = {}): ImageError {
  return new ImageError('ARCHIVE_INVALID', `${path} ${problem}`, { context: { path }, ...more });
}

/** A failed file operation on an archive. */
export function unreadable(path: string, cause: unknown): ImageError {
  return new ImageError('STORE_IO', `cannot read ${path}: ${(cause as NodeJS.ErrnoException).code}`, { cause, context: { path } });
}
