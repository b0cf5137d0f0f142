import { GadgetError, ImageError } from '../base/errors.ts';
import { copyAttachments, findAttachments } from './attachments.ts';
import { type CopyOptions, copyImage } from './copy.ts';
import type { Descriptor } from './descriptor.ts';
import type { ImageReference } from './image-reference.ts';
import { childFor, parseImageIndex } from './manifest.ts';
import { isIndexType } from './media-types.ts';
import type { ReadableRepository } from './repository.ts';
import type { ImageStore } from './store/image-store.ts';
import { storedName } from './store/local-index.ts';
import { LocalRepository } from './store/local-repository.ts';

export interface PullOptions extends Omit<CopyOptions, 'wants'> {
  /** `amd64`: only this machine's programs, which makes the image sparse. All of them without it. */
  readonly architecture?: string;
  /** Throws when the image may not be used; called before anything but manifests is fetched. */
  readonly verify: (from: ReadableRepository, image: Descriptor) => Promise<void>;
}

/** An image that is in the local store now. */
export interface PulledImage {
  readonly name: string;
  readonly descriptor: Descriptor;
  readonly sparse: boolean;
}

/**
 * Fetches an image with its signatures into the local store: resolve, verify, content, names. The store has a new name at the very end or not
 * at all. Content of a pull that was interrupted stays for the next one; one that fails for good leaves none. Errors: IMAGE_NOT_FOUND, what
 * `verify` throws, and those of both sides.
 */
export async function pullImage(
  from: ReadableRepository,
  store: ImageStore,
  reference: ImageReference,
  options: PullOptions,
): Promise<PulledImage> {
  const descriptor = await from.resolve(reference);
  if (descriptor === undefined) throw notThere(reference);
  await options.verify(from, descriptor);
  const wanted = options.architecture === undefined ? undefined : await childOf(from, descriptor, options.architecture);
  try {
    return await fetchImage(from, store, { reference, descriptor, wanted }, options);
  } catch (error) {
    await store.close();
    // What the pull failed for is what the user has to know.
    if (failsForGood(error)) await store.collectUnused().catch(() => undefined);
    throw error;
  } finally {
    await store.close();
  }
}

async function fetchImage(
  from: ReadableRepository,
  store: ImageStore,
  image: { readonly reference: ImageReference; readonly descriptor: Descriptor; readonly wanted: Descriptor | undefined },
  options: PullOptions,
): Promise<PulledImage> {
  const { reference, descriptor, wanted } = image;
  const to = new LocalRepository(store, from.name);
  const wants = wanted === undefined ? {} : { wants: (manifest: Descriptor) => manifest.digest === wanted.digest };
  // Asked while the content flows, which takes longer.
  const found = findAttachments(from, descriptor.digest);
  found.catch(() => undefined);
  await copyImage(from, to, descriptor, { ...options, ...wants });
  await copyAttachments(from, to, descriptor.digest, { ...options, found });
  const sparse = wanted !== undefined && !(await to.exists(descriptor));
  const pulled = { name: storedName(reference), descriptor, sparse };
  await to.commit([pulled]);
  return pulled;
}

/** Whether the next try would fail as well, so that nothing needs to be kept for it. */
function failsForGood(error: unknown): boolean {
  return error instanceof GadgetError && ['CONTENT_MISMATCH', 'IMAGE_INVALID', 'IMAGE_NOT_FOUND'].includes(error.code);
}

/** The manifest for one architecture; undefined when the image has but that one. */
async function childOf(from: ReadableRepository, root: Descriptor, architecture: string): Promise<Descriptor | undefined> {
  if (!isIndexType(root.mediaType)) return undefined;
  const { manifests } = parseImageIndex(await from.fetch(root), root.digest);
  const child = childFor(manifests, architecture);
  if (child === undefined) {
    const others = manifests.map(({ platform }) => platform?.architecture ?? 'unknown').join(', ');
    throw new ImageError('IMAGE_NOT_FOUND', `${from.name} has no program for ${architecture}, only for ${others}`, {
      context: { image: `${from.name}@${root.digest}`, architecture },
    });
  }
  return manifests.length === 1 ? undefined : child;
}

function notThere(reference: ImageReference): ImageError {
  return new ImageError('IMAGE_NOT_FOUND', `there is no image ${reference} in the registry`, {
    context: { image: reference.toString() },
    hint: `look for others: gadget image tags ${reference.registry}/${reference.repository}`,
  });
}
