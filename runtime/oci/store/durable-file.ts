import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { GadgetError } from '../../base/errors.ts';
import { replaceWholeFile } from '../../base/whole-file.ts';
import type { StoreLayout } from './layout.ts';
import { errnoOf, storeFailure } from './layout.ts';
import { writePieces } from './write-pieces.ts';

/**
 * Puts bytes at `path` all at once: a temporary file in the store, flushed to disk, then renamed. Whoever opens `path` sees what
 * was there before or all of the new. The new name itself is on disk after `syncDirectory`.
 */
export async function replaceFile(
  layout: StoreLayout,
  path: string,
  content: Uint8Array | string | AsyncIterable<Uint8Array>,
): Promise<void> {
  try {
    await replaceWholeFile(path, (file) => write(file, content), { temporary: join(layout.temporary, randomBytes(12).toString('hex')) });
  } catch (cause) {
    // What the content's source has to say of itself is said already.
    throw cause instanceof GadgetError ? cause : storeFailure('write', path, cause);
  }
}

async function write(file: FileHandle, content: Uint8Array | string | AsyncIterable<Uint8Array>): Promise<void> {
  if (typeof content === 'string' || content instanceof Uint8Array) await file.writeFile(content);
  else await writePieces(file, content);
}

/** Flushes the names in a directory to disk. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r').catch((cause: unknown) => {
    throw storeFailure('open', path, cause);
  });
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** Creates a directory and those above it, their names on disk when it returns. */
export async function makeDirectory(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true }).catch((cause: unknown) => {
    throw storeFailure('create', path, cause);
  });
  if (first === undefined) return;
  for (let parent = dirname(path); parent.length >= dirname(first).length; parent = dirname(parent)) {
    await syncDirectory(parent);
    if (parent === dirname(parent)) return;
  }
}

/** Names in a directory; none when it does not exist. */
export async function namesIn(path: string): Promise<readonly string[]> {
  try {
    return await readdir(path);
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return [];
    throw storeFailure('read', path, cause);
  }
}
