import { type FileHandle, open } from 'node:fs/promises';
import { type ArchivedFile, type ArchiveSource, invalidArchive, readPart, readPieces, unreadable } from './archive-source.ts';
import { listTarEntries } from './tar-entries.ts';

/** How compressed files begin, and the command that writes them out. */
const compressions = [
  { name: 'gzip', start: Buffer.from('1f8b', 'hex'), command: 'gunzip -c' },
  { name: 'zstd', start: Buffer.from('28b52ffd', 'hex'), command: 'zstd -dc' },
] as const;

/** An uncompressed tar, whose content is read where it lies. */
export class TarArchive implements ArchiveSource {
  readonly path: string;
  readonly #file: FileHandle;

  private constructor(path: string, file: FileHandle) {
    this.path = path;
    this.#file = file;
  }

  /** Errors call it `shown`: ARCHIVE_INVALID when it is compressed, STORE_IO. */
  static async open(path: string, shown: string): Promise<TarArchive> {
    const file = await open(path, 'r').catch((cause) => {
      throw unreadable(shown, cause);
    });
    try {
      await refuseCompressed(file, shown);
      return new TarArchive(shown, file);
    } catch (cause) {
      await file.close();
      throw cause;
    }
  }

  files(): Promise<readonly ArchivedFile[]> {
    return listTarEntries(this.#file, this.path);
  }

  readAll(part: ArchivedFile, shown: string, maxBytes: number): Promise<Uint8Array> {
    return readPart(this.#file, part, { path: this.path, shown, maxBytes });
  }

  pieces(part: ArchivedFile, fromByte = 0): AsyncIterable<Uint8Array> {
    return readPieces(this.#file, part, fromByte);
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

/** What is compressed cannot be read here and there. */
async function refuseCompressed(file: FileHandle, path: string): Promise<void> {
  const head = Buffer.alloc(4);
  await file.read(head, 0, head.length, 0);
  const found = compressions.find(({ start }) => head.subarray(0, start.length).equals(start));
  if (found === undefined) return;
  throw invalidArchive(path, `is compressed by ${found.name}; only what is not compressed is read`, {
    hint: `${found.command} FILE | gadget image import -`,
  });
}
