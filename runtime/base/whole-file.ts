import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';

export interface WholeFileOptions {
  /** Where the content is gathered first, on the same file system; beside `path` without it. */
  readonly temporary?: string;
  /** 0o644 without it. */
  readonly mode?: number;
}

/**
 * Makes a file all at once: written under another name, flushed to disk, then renamed. Whoever opens `path` sees what was there before or all of
 * the new, whenever this process is killed. The name itself is on disk once its directory is flushed. Errors are those of Node and of `write`.
 */
export async function replaceWholeFile(
  path: string,
  write: (file: FileHandle) => Promise<void>,
  { temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`, mode = 0o644 }: WholeFileOptions = {},
): Promise<void> {
  try {
    const file = await open(temporary, 'wx', mode);
    try {
      await write(file);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw cause;
  }
}
