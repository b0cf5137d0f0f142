import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type ArchivedFile, type ArchiveSource, invalidArchive, maxFiles, readPart, readPieces, unreadable } from './archive-source.ts';
import { layoutFolders } from './image-layout.ts';

/** An image layout in a folder, as oras and skopeo write it. Links are not followed. */
export class LayoutFolder implements ArchiveSource {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Folders that no layout has are listed, and not looked into. Throws ARCHIVE_INVALID and STORE_IO. */
  async files(): Promise<readonly ArchivedFile[]> {
    const files: ArchivedFile[] = [];
    const folders = [''];
    for (let folder = folders.shift(); folder !== undefined; folder = folders.shift()) {
      for (const child of await this.#namesIn(folder)) {
        if (files.length >= maxFiles) throw invalidArchive(this.path, `has more than ${maxFiles} entries`);
        const file = await this.#file(folder === '' ? child : `${folder}/${child}`);
        files.push(file);
        if (file.type === 'directory' && layoutFolders.has(file.name)) folders.push(file.name);
      }
    }
    return files;
  }

  async readAll(part: ArchivedFile, shown: string, maxBytes: number): Promise<Uint8Array> {
    const file = await this.#open(part);
    try {
      return await readPart(file, part, { path: this.path, shown, maxBytes });
    } finally {
      await file.close();
    }
  }

  async *pieces(part: ArchivedFile, fromByte = 0): AsyncIterable<Uint8Array> {
    const file = await this.#open(part);
    try {
      yield* readPieces(file, part, fromByte);
    } finally {
      await file.close();
    }
  }

  async close(): Promise<void> {}

  async #namesIn(folder: string): Promise<readonly string[]> {
    return await readdir(join(this.path, folder)).catch((cause) => {
      throw unreadable(join(this.path, folder), cause);
    });
  }

  async #file(name: string): Promise<ArchivedFile> {
    const status = await lstat(join(this.path, name)).catch((cause) => {
      throw unreadable(join(this.path, name), cause);
    });
    return { name, type: typeOf(status), offset: 0, size: status.size };
  }

  /** Another may have put a link or a pipe in its place meanwhile. */
  async #open({ name }: ArchivedFile): Promise<FileHandle> {
    const path = join(this.path, name);
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch((cause) => {
      throw unreadable(path, cause);
    });
  }
}

function typeOf(status: Stats): string {
  if (status.isFile()) return 'file';
  if (status.isDirectory()) return 'directory';
  return status.isSymbolicLink() ? 'symlink' : 'special file';
}
