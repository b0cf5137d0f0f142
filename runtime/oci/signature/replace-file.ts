import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';

/** Puts text at `path` all at once: whoever opens it sees what was there before or all of the new. Errors are those of Node. */
export async function replaceFile(path: string, text: string | Uint8Array): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    const file = await open(temporary, 'wx', 0o644);
    try {
      await file.writeFile(text);
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
