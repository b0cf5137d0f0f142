import { ImageError } from '../base/errors.ts';
import type { ReadableStore, TaggedImage } from './content-store.ts';
import type { Descriptor } from './descriptor.ts';
import { walkGraph } from './graph.ts';
import { parseImageIndex } from './manifest.ts';
import { annotationKeys, isIndexType } from './media-types.ts';

/** What a list shows of an image. */
export interface ImageSummary extends TaggedImage {
  /** Sum of all distinct content in bytes, of a sparse image of what is there; undefined when the image is damaged. */
  readonly sizeBytes: number | undefined;
  /** RFC 3339, as the image says; undefined when it does not. */
  readonly created: string | undefined;
}

/** Size and age of an image; a damaged one is summarised all the same. */
export async function summariseImage(store: Pick<ReadableStore, 'fetch'>, image: TaggedImage): Promise<ImageSummary> {
  try {
    return { ...image, sizeBytes: await sizeOf(store, image), created: await createdOf(store, image.descriptor) };
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    return { ...image, sizeBytes: undefined, created: image.descriptor.annotations?.[annotationKeys.created] };
  }
}

async function sizeOf(store: Pick<ReadableStore, 'fetch'>, { descriptor: root, sparse }: TaggedImage): Promise<number> {
  const missing = new Set<string>();
  const content = await walkGraph(root, async (manifest) => {
    const bytes = await fetchManifest(store, manifest, sparse);
    if (bytes === undefined) missing.add(manifest.digest);
    return bytes;
  });
  const sizes = new Map(content.filter(({ digest }) => !missing.has(digest)).map(({ digest, size }) => [digest, size]));
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

/** The bytes of a manifest; undefined for one that a sparse image lacks. Throws IMAGE_NOT_FOUND when another image lacks one. */
export async function fetchManifest(
  store: Pick<ReadableStore, 'fetch'>,
  manifest: Descriptor,
  sparse: boolean,
): Promise<Uint8Array | undefined> {
  try {
    return await store.fetch(manifest);
  } catch (error) {
    if (sparse && error instanceof ImageError && error.code === 'IMAGE_NOT_FOUND') return undefined;
    throw error;
  }
}

async function createdOf(store: Pick<ReadableStore, 'fetch'>, root: Descriptor): Promise<string | undefined> {
  const onDescriptor = root.annotations?.[annotationKeys.created];
  if (onDescriptor !== undefined || !isIndexType(root.mediaType)) return onDescriptor;
  return parseImageIndex(await store.fetch(root), root.digest).annotations[annotationKeys.created];
}

/** A stored name in two parts: repository, and tag or digest. */
export function splitStoredName(name: string): { readonly repository: string; readonly version: string } {
  const at = name.indexOf('@');
  const separator = at >= 0 ? at : name.indexOf(':', name.lastIndexOf('/') + 1);
  return separator < 0 ? { repository: name, version: '' } : { repository: name.slice(0, separator), version: name.slice(separator + 1) };
}
