import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ImageError } from '../../base/errors.ts';
import { digestHex } from '../digest.ts';
import { walkGraph } from '../graph.ts';
import { readBlob } from './blob-reader.ts';
import { namesIn } from './durable-file.ts';
import type { StoreLayout } from './layout.ts';
import { storeFailure } from './layout.ts';
import type { IndexEntry, LocalIndex } from './local-index.ts';

/** What a collection deleted. */
export interface Collected {
  readonly blobs: number;
  readonly bytes: number;
}

/**
 * Deletes content that no entry of the index needs, and temporary files. The caller holds both locks alone: nobody is between
 * adding content and naming it, and nobody owns a temporary file.
 */
export async function collectGarbage(layout: StoreLayout, index: LocalIndex): Promise<Collected> {
  const needed = await neededBlobs(layout, index);
  const garbage = (await namesIn(layout.blobs)).filter((name) => !needed.has(name)).map((name) => join(layout.blobs, name));
  let bytes = 0;
  for (const path of garbage) bytes += await deleteFile(path);
  await deleteTemporaryFiles(layout);
  return { blobs: garbage.length, bytes };
}

/** Deletes what writers left that were killed. The caller holds the content lock alone. */
export async function deleteTemporaryFiles(layout: StoreLayout): Promise<void> {
  for (const name of await namesIn(layout.temporary)) await deleteFile(join(layout.temporary, name));
}

async function neededBlobs(layout: StoreLayout, index: LocalIndex): Promise<Set<string>> {
  const needed = new Set<string>();
  for (const entry of index.entries) for (const name of await blobsOf(layout, entry)) needed.add(name);
  return needed;
}

/** File names of all that an entry needs. Content that is missing anyway (another tool may keep part of an image) needs nothing. */
async function blobsOf(layout: StoreLayout, entry: IndexEntry): Promise<string[]> {
  try {
    const content = await walkGraph(entry.descriptor, async (descriptor) => readBlob(layout, descriptor));
    return content.map((descriptor) => digestHex(descriptor.digest));
  } catch (cause) {
    if (!(cause instanceof ImageError)) throw cause;
    // What a damaged manifest names cannot be known, so nothing can be known to be garbage.
    throw new ImageError('STORE_CORRUPT', `space cannot be freed: the stored image ${JSON.stringify(entry.name)} is damaged`, {
      cause,
      hint: 'build that image again, or remove it',
    });
  }
}

async function deleteFile(path: string): Promise<number> {
  try {
    const { size } = await stat(path);
    await rm(path, { force: true, recursive: true });
    return size;
  } catch (cause) {
    throw storeFailure('delete', path, cause);
  }
}
