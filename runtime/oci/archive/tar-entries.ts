import type { FileHandle } from 'node:fs/promises';
import { type Extract, extract } from 'tar-stream';
import { ImageError } from '../../base/errors.ts';

/** The most entries of an archive. */
const maxEntries = 50_000;
/** The most bytes of headers before an entry, its long name included. */
const maxHeaderBytes = 64 * 1024;
const blockBytes = 512;

/** A file in a tar, by where its bytes are. */
export interface TarEntry {
  readonly name: string;
  readonly type: string;
  /** Of its content, in bytes from the start of the archive. */
  readonly offset: number;
  readonly size: number;
}

/**
 * Where each entry of an uncompressed tar lies; their content is not read. Headers are read by tar-stream, one entry after the other.
 * Throws ARCHIVE_INVALID.
 */
export async function listTarEntries(file: FileHandle, path: string): Promise<readonly TarEntry[]> {
  const { size: archiveBytes } = await file.stat();
  const entries: TarEntry[] = [];
  for (let position = 0; ; ) {
    const found = await readHeader(file, position, extract());
    if (found === undefined) break;
    const entry = { ...found.header, offset: found.end };
    if (entry.offset + entry.size > archiveBytes) throw invalidArchive(path, `ends in the middle of ${JSON.stringify(entry.name)}`);
    if (entries.length >= maxEntries) throw invalidArchive(path, `has more than ${maxEntries} entries`);
    entries.push(entry);
    position = entry.offset + Math.ceil(entry.size / blockBytes) * blockBytes;
  }
  if (entries.length === 0) throw invalidArchive(path, 'is not a tar archive, or one without content');
  return entries;
}

type Header = Pick<TarEntry, 'name' | 'type' | 'size'>;

/** Feeds blocks to tar-stream until it has understood one entry; undefined at the end of the archive. */
async function readHeader(file: FileHandle, start: number, parser: Extract): Promise<{ header: Header; end: number } | undefined> {
  let header: Header | undefined;
  let failure: unknown;
  parser.on('entry', ({ name, type, size }, stream) => {
    header ??= { name, type: type ?? 'file', size: size ?? 0 };
    stream.resume();
  });
  parser.on('error', (error) => {
    failure = error;
  });
  const block = Buffer.alloc(blockBytes);
  for (let end = start; end - start < maxHeaderBytes; ) {
    const { bytesRead } = await file.read(block, 0, blockBytes, end);
    if (bytesRead === 0 || (end === start && block.every((byte) => byte === 0))) return undefined;
    if (bytesRead < blockBytes) throw new ImageError('ARCHIVE_INVALID', `a tar header at byte ${end} is cut off`);
    end += bytesRead;
    parser.write(Buffer.from(block));
    // The callback of `write` comes after the entry's content, which is not wanted here; headers are read in the same turn.
    await new Promise((resolve) => setImmediate(resolve));
    if (failure !== undefined)
      throw new ImageError('ARCHIVE_INVALID', `a tar header at byte ${end - bytesRead} is damaged`, { cause: failure });
    if (header !== undefined) {
      parser.destroy();
      return { header, end };
    }
  }
  throw new ImageError('ARCHIVE_INVALID', `a tar header at byte ${start} is longer than ${maxHeaderBytes} bytes`);
}

export function invalidArchive(path: string, problem: string, cause?: unknown): ImageError {
  return new ImageError('ARCHIVE_INVALID', `${path} ${problem}`, { context: { path }, ...(cause === undefined ? {} : { cause }) });
}
