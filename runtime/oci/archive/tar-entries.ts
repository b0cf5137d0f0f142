import type { FileHandle } from 'node:fs/promises';
import { extract } from 'tar-stream';
import { type ArchivedFile, invalidArchive, maxFiles } from './archive-source.ts';

/** The most bytes of headers before an entry, its long name included. */
const maxHeaderBytes = 64 * 1024;
const blockBytes = 512;

/**
 * Where each entry of an uncompressed tar lies; their content is not read. Headers are read by tar-stream, one entry after the other.
 * Throws ARCHIVE_INVALID.
 */
export async function listTarEntries(file: FileHandle, path: string): Promise<readonly ArchivedFile[]> {
  const { size: archiveBytes } = await file.stat();
  const entries: ArchivedFile[] = [];
  for (let position = 0; ; ) {
    const found = await readHeader(file, path, position);
    if (found === undefined) break;
    const entry = { ...found.header, offset: found.end };
    if (entry.offset + entry.size > archiveBytes) throw invalidArchive(path, `ends in the middle of ${JSON.stringify(entry.name)}`);
    if (entries.length >= maxFiles) throw invalidArchive(path, `has more than ${maxFiles} entries`);
    entries.push(entry);
    position = entry.offset + Math.ceil(entry.size / blockBytes) * blockBytes;
  }
  if (entries.length === 0) throw invalidArchive(path, 'is not a tar archive, or one without content');
  return entries;
}

type Header = Pick<ArchivedFile, 'name' | 'type' | 'size'>;

/** Feeds blocks to tar-stream until it has understood one entry; undefined at the end of the archive. */
async function readHeader(file: FileHandle, path: string, start: number): Promise<{ header: Header; end: number } | undefined> {
  const parser = extract();
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
    if (bytesRead < blockBytes) throw invalidArchive(path, `has a tar header at byte ${end} that is cut off`);
    end += bytesRead;
    parser.write(Buffer.from(block));
    // The callback of `write` comes after the entry's content, which is not wanted here; headers are read in the same turn.
    await new Promise((resolve) => setImmediate(resolve));
    if (failure !== undefined)
      throw invalidArchive(path, `has a tar header at byte ${end - bytesRead} that is damaged`, { cause: failure });
    if (header !== undefined) {
      parser.destroy();
      return { header, end };
    }
  }
  throw invalidArchive(path, `has a tar header at byte ${start} that is longer than ${maxHeaderBytes} bytes`);
}
