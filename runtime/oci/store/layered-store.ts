import { ImageError } from '../../base/errors.ts';
import type { LocalEntry, LocalImages, TaggedImage } from '../content-store.ts';
import type { Descriptor } from '../descriptor.ts';
import type { ImageReference } from '../image-reference.ts';
import { openImageStore } from './image-store.ts';
import { storePaths } from './location.ts';

/** Reads several stores as one: where two have the same name, the earlier wins. */
export class LayeredStore implements LocalImages {
  readonly #stores: readonly LocalImages[];

  constructor(stores: readonly LocalImages[]) {
    this.#stores = stores;
  }

  async resolve(reference: ImageReference): Promise<Descriptor | undefined> {
    return (await this.find(reference))?.descriptor;
  }

  async find(reference: ImageReference): Promise<TaggedImage | undefined> {
    for (const store of this.#stores) {
      const image = await store.find(reference);
      if (image !== undefined) return image;
    }
    return undefined;
  }

  async fetch(descriptor: Descriptor): Promise<Uint8Array> {
    for (const store of this.#stores) {
      if (await store.exists(descriptor)) return await store.fetch(descriptor);
    }
    throw notFound(descriptor);
  }

  async *read(descriptor: Descriptor, fromByte = 0): AsyncIterable<Uint8Array> {
    for (const store of this.#stores) {
      if (await store.exists(descriptor)) return yield* store.read(descriptor, fromByte);
    }
    throw notFound(descriptor);
  }

  async entries(): Promise<readonly LocalEntry[]> {
    const entries = await Promise.all(this.#stores.map((store) => store.entries()));
    return entries.flat();
  }

  async exists(descriptor: Descriptor): Promise<boolean> {
    for (const store of this.#stores) {
      if (await store.exists(descriptor)) return true;
    }
    return false;
  }

  async list(): Promise<readonly TaggedImage[]> {
    const byName = new Map<string, TaggedImage>();
    for (const store of this.#stores) {
      for (const image of await store.list()) if (!byName.has(image.name)) byName.set(image.name, image);
    }
    return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  }
}

function notFound({ digest }: Descriptor): ImageError {
  return new ImageError('IMAGE_NOT_FOUND', `${digest} is in no image store`, { context: { digest } });
}

/** All the stores that this user reads, as one. */
export function openReadableStores(env: Readonly<Record<string, string | undefined>> = process.env): LocalImages {
  const paths = storePaths(env);
  if (paths.length === 1) return openImageStore(paths[0], { readOnly: true });
  return new LayeredStore(paths.map((path) => openImageStore(path, { readOnly: true })));
}
