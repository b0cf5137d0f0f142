import { ImageError } from '../../base/errors.ts';
import type { ContentStore, LocalImages, TaggedImage, TagOptions } from '../content-store.ts';
import type { Descriptor } from '../descriptor.ts';
import { verifyContent } from '../descriptor.ts';
import { walkGraph } from '../graph.ts';
import type { ImageReference } from '../image-reference.ts';
import { parseJsonObject } from '../json-document.ts';
import { successorsOf } from '../manifest.ts';
import { hasBlob, readBlob, readBlobInPieces, requireBlob } from './blob-reader.ts';
import type { Collected } from './collect.ts';
import { collectGarbage, deleteTemporaryFiles } from './collect.ts';
import { makeDirectory, namesIn, replaceFile, syncDirectory } from './durable-file.ts';
import type { FileLock } from './file-lock.ts';
import { lockFile } from './file-lock.ts';
import type { StoreLayout } from './layout.ts';
import { layoutMarker, storeLayout } from './layout.ts';
import type { IndexEntry, LocalIndex, NewEntry } from './local-index.ts';
import {
  encodeLocalIndex,
  entriesOf,
  namedEntry,
  readLocalIndex,
  taggedImage,
  taggedImages,
  withEntry,
  withoutOrphans,
} from './local-index.ts';
import { readFileBounded } from './read-file.ts';

/** How long a writer waits for others before it gives up, in milliseconds. Holders keep a lock for far less. */
const lockWaitMs = 60_000;

export interface ImageStoreOptions {
  /** Refuses every write. */
  readonly readOnly?: boolean;
}

/** What `remove` did. `collected` is undefined when another writer was at work: a later removal or prune frees the space. */
export interface Removed {
  readonly images: readonly TaggedImage[];
  readonly collected: Collected | undefined;
}

/** A local image store at `root`. Nothing is opened or created before it is needed: a missing folder is an empty store. */
export function openImageStore(root: string, options: ImageStoreOptions = {}): ImageStore {
  return new ImageStore(storeLayout(root), options.readOnly ?? false);
}

/**
 * Images in an OCI image layout. Any number of processes may read and write at the same time, and any may be killed at any moment:
 *
 * - content and index.json are put in place by rename, after they are on disk, content before the index that names it;
 * - index.json changes only under the index lock, and never names content that is not there;
 * - content is deleted only under the content lock held alone, which every writer shares from its first `push` to `close`.
 *
 * Locks are taken in this order: content, index. Reads take none.
 */
export class ImageStore implements ContentStore, LocalImages {
  readonly #layout: StoreLayout;
  readonly #readOnly: boolean;
  #writing: Promise<FileLock> | undefined;

  constructor(layout: StoreLayout, readOnly: boolean) {
    this.#layout = layout;
    this.#readOnly = readOnly;
  }

  get root(): string {
    return this.#layout.root;
  }

  async resolve(reference: ImageReference): Promise<Descriptor | undefined> {
    return (await this.find(reference))?.descriptor;
  }

  async find(reference: ImageReference): Promise<TaggedImage | undefined> {
    const entry = entriesOf(readLocalIndex(this.#layout), reference)[0];
    return entry?.name === undefined ? undefined : taggedImage(entry, entry.name);
  }

  async list(): Promise<readonly TaggedImage[]> {
    return taggedImages(readLocalIndex(this.#layout));
  }

  async fetch(descriptor: Descriptor): Promise<Uint8Array> {
    return requireBlob(this.#layout, descriptor);
  }

  read(descriptor: Descriptor, fromByte = 0): AsyncIterable<Uint8Array> {
    return readBlobInPieces(this.#layout, descriptor, fromByte);
  }

  async exists(descriptor: Descriptor): Promise<boolean> {
    return hasBlob(this.#layout, descriptor);
  }

  async entries(): Promise<readonly IndexEntry[]> {
    return readLocalIndex(this.#layout).entries;
  }

  /** As `ContentStore.push`; content found damaged is replaced. Keeps others from deleting content until `close`. */
  async push(descriptor: Descriptor, bytes: Uint8Array): Promise<void> {
    verifyContent(descriptor, bytes);
    await this.#beginWriting();
    if (this.#hasIntact(descriptor)) return;
    await replaceFile(this.#layout, this.#layout.blob(descriptor.digest), bytes);
  }

  /** Stores content of any size, which has to be verified by whoever gives it. Keeps others from deleting content until `close`. */
  async write(descriptor: Descriptor, content: AsyncIterable<Uint8Array>): Promise<void> {
    await this.#beginWriting();
    await replaceFile(this.#layout, this.#layout.blob(descriptor.digest), content);
  }

  /** As `ContentStore.tag`; on disk when it returns. */
  async tag(descriptor: Descriptor, reference: ImageReference, options: TagOptions = {}): Promise<void> {
    await this.name([namedEntry(reference, descriptor, options)]);
  }

  /** Names several pieces of content, all at once; on disk when it returns. */
  async name(entries: readonly NewEntry[]): Promise<void> {
    await this.#updateIndex(async (index) => {
      for (const entry of entries) await this.#requireComplete(entry);
      await syncDirectory(this.#layout.blobs);
      return entries.reduce(withEntry, index);
    });
  }

  /** Takes the name away, and those of its signatures with the last name, and leaves the content; the images that lost their name. */
  async untag(reference: ImageReference): Promise<readonly TaggedImage[]> {
    let images: readonly TaggedImage[] = [];
    await this.#updateIndex(async (index) => {
      const gone = new Set(entriesOf(index, reference));
      images = taggedImages({ ...index, entries: [...gone] });
      return gone.size === 0 ? undefined : withoutOrphans({ ...index, entries: index.entries.filter((entry) => !gone.has(entry)) });
    });
    return images;
  }

  /** Takes the name away, then deletes content that no other image needs, unless somebody is writing just now. */
  async remove(reference: ImageReference): Promise<Removed> {
    const images = await this.untag(reference);
    return { images, collected: images.length === 0 ? undefined : await this.collectUnused() };
  }

  /** Deletes content that no image needs; undefined when somebody is writing just now, which includes this object until it is closed. */
  async collectUnused(): Promise<Collected | undefined> {
    return await this.#collect(0);
  }

  /** Deletes content that no image needs, once nobody is writing (which includes this object: close it first). Throws STORE_IO after a minute. */
  async prune(): Promise<Collected> {
    await this.#updateIndex(async (index) => withoutOrphans(index));
    const collected = await this.#collect(lockWaitMs);
    if (collected === undefined) throw busy(this.#layout.contentLock);
    return collected;
  }

  /** Ends the writing that `push` began. The store can be used again. */
  async close(): Promise<void> {
    const writing = this.#writing;
    this.#writing = undefined;
    await (await writing)?.close();
  }

  /** Keeps others from deleting content until `close`: what is found there stays there. */
  async keepContent(): Promise<void> {
    await this.#beginWriting();
  }

  #hasIntact(descriptor: Descriptor): boolean {
    if (!hasBlob(this.#layout, descriptor)) return false;
    try {
      return readBlob(this.#layout, descriptor) !== undefined;
    } catch (error) {
      if (error instanceof ImageError && error.code === 'STORE_CORRUPT') return false;
      throw error;
    }
  }

  /**
   * Of a sparse image one platform is enough. A part of another may be there: somebody was killed while deleting it, or has not written all of it.
   */
  async #requireComplete({ descriptor: root, sparse }: NewEntry): Promise<void> {
    const missing = await this.#firstMissing(root);
    if (missing === undefined) return;
    if (sparse === true && hasBlob(this.#layout, root)) {
      for (const platform of successorsOf(root, await this.fetch(root))) if ((await this.#firstMissing(platform)) === undefined) return;
    }
    requireBlob(this.#layout, missing);
  }

  async #firstMissing(root: Descriptor): Promise<Descriptor | undefined> {
    const isThere = (content: Descriptor) => hasBlob(this.#layout, content);
    const content = await walkGraph(root, async (manifest) => (isThere(manifest) ? await this.fetch(manifest) : undefined));
    return content.find((part) => !isThere(part));
  }

  async #updateIndex(change: (index: LocalIndex) => Promise<LocalIndex | undefined>): Promise<void> {
    await this.#prepare();
    await this.#withIndexLock(async () => {
      await ensureMarker(this.#layout);
      const changed = await change(readLocalIndex(this.#layout));
      if (changed === undefined) return;
      await replaceFile(this.#layout, this.#layout.indexFile, encodeLocalIndex(changed));
      await syncDirectory(this.#layout.root);
    });
  }

  /** Undefined when others kept adding content for all of `waitMs`. */
  async #collect(waitMs: number): Promise<Collected | undefined> {
    const content = await lockFile(this.#layout.contentLock, { mode: 'exclusive', waitMs });
    if (content === undefined) return undefined;
    try {
      return await this.#withIndexLock(() => collectGarbage(this.#layout, readLocalIndex(this.#layout)));
    } finally {
      await content.close();
    }
  }

  async #withIndexLock<T>(work: () => Promise<T>): Promise<T> {
    const lock = await lockFile(this.#layout.indexLock, { mode: 'exclusive', waitMs: lockWaitMs });
    if (lock === undefined) throw busy(this.#layout.indexLock);
    try {
      return await work();
    } finally {
      await lock.close();
    }
  }

  async #beginWriting(): Promise<void> {
    this.#writing ??= this.#shareContent();
    try {
      await this.#writing;
    } catch (error) {
      this.#writing = undefined;
      throw error;
    }
  }

  async #shareContent(): Promise<FileLock> {
    await this.#prepare();
    if ((await namesIn(this.#layout.temporary)).length > 0) await this.#deleteLeftovers();
    const lock = await lockFile(this.#layout.contentLock, { mode: 'shared', waitMs: lockWaitMs });
    if (lock === undefined) throw busy(this.#layout.contentLock);
    return lock;
  }

  /** Deletes temporary files of killed writers, if nobody is writing who could own them. */
  async #deleteLeftovers(): Promise<void> {
    const content = await lockFile(this.#layout.contentLock, { mode: 'exclusive', waitMs: 0 });
    if (content === undefined) return;
    try {
      await this.#withIndexLock(() => deleteTemporaryFiles(this.#layout));
    } finally {
      await content.close();
    }
  }

  async #prepare(): Promise<void> {
    if (this.#readOnly) throw new ImageError('STORE_IO', `the image store ${this.#layout.root} is open for reading only`);
    await makeDirectory(this.#layout.blobs);
    await makeDirectory(this.#layout.temporary);
  }
}

/** Writes `oci-layout` into a new store, and refuses a folder that is laid out in another way. The caller holds the index lock. */
async function ensureMarker(layout: StoreLayout): Promise<void> {
  const bytes = readFileBounded(layout.layoutFile, 4096);
  if (bytes === undefined) return await replaceFile(layout, layout.layoutFile, layoutMarker);
  const { imageLayoutVersion } = parseJsonObject(bytes, layout.layoutFile, 4096);
  if (imageLayoutVersion === '1.0.0') return;
  throw new ImageError(
    'STORE_CORRUPT',
    `${layout.layoutFile} says version ${JSON.stringify(imageLayoutVersion)}; this is for version 1.0.0`,
  );
}

function busy(lock: string): ImageError {
  return new ImageError('STORE_IO', `the image store is busy: another process has held ${lock} for ${lockWaitMs / 1000} s`, {
    context: { lock },
    hint: 'wait for the other gadget command to end, or end it',
  });
}
