import { ImageError } from '../base/errors.ts';
import { copyAttachments } from './attachments.ts';
import type { TaggedImage } from './content-store.ts';
import { type CopyOptions, copyImage } from './copy.ts';
import type { ReadableRepository, Repository } from './repository.ts';

/**
 * Sends an image with its signatures to a repository, and gives it these tags there. A tag is given when everything is there. Errors:
 * IMAGE_SPARSE, and those of both sides.
 */
export async function pushImage(
  from: ReadableRepository,
  to: Repository,
  image: TaggedImage,
  tags: readonly string[],
  options: CopyOptions = {},
): Promise<void> {
  if (image.sparse) throw sparseImage(image.name);
  await copyImage(from, to, image.descriptor, options);
  await copyAttachments(from, to, image.descriptor.digest, options);
  for (const tag of tags) await to.tag(image.descriptor, tag);
}

/** The error of an image that can be run, but not handed on. */
export function sparseImage(name: string): ImageError {
  return new ImageError('IMAGE_SPARSE', `only some platforms of ${name} are in the local store`, {
    context: { image: name },
    hint: `fetch the others first: gadget pull ${name}`,
  });
}
