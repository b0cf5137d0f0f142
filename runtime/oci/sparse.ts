import type { ReadableStore, TaggedImage } from './content-store.ts';
import { childFor, parseImageIndex } from './manifest.ts';
import { isIndexType } from './media-types.ts';

/**
 * Whether what an image has for that architecture (Go's name) is in the store. True as well when it has nothing for it, so that fetching more
 * would not help. Only a sparse image can lack it.
 */
export async function hasContentFor(
  store: Pick<ReadableStore, 'fetch' | 'exists'>,
  { descriptor, sparse }: TaggedImage,
  architecture: string,
): Promise<boolean> {
  if (!sparse || !isIndexType(descriptor.mediaType)) return true;
  const { manifests } = parseImageIndex(await store.fetch(descriptor), descriptor.digest);
  const child = childFor(manifests, architecture);
  return child === undefined || (await store.exists(child));
}
