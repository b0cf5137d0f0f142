import { ImageError } from '../../../base/errors.ts';
import type { LocalImages, TaggedImage } from '../../../oci/content-store.ts';
import type { ImageReference } from '../../../oci/image-reference.ts';
import { parseImageReference } from '../../../oci/image-reference.ts';
import { defaultRegistryOf } from '../../../oci/own-gadgets.ts';
import type { Version } from '../../../oci/repository.ts';
import type { CliContext } from '../../context.ts';
import { nearestImageHint } from '../../missing-image.ts';

/** An image's name as the user typed it. Throws IMAGE_REFERENCE_INVALID. */
export function referenceOf(text: string, context: CliContext): ImageReference {
  return parseImageReference(text, { defaultRegistry: defaultRegistryOf(context.env) });
}

/** The image of that name. Throws IMAGE_NOT_FOUND. */
export async function requireImage(store: LocalImages, reference: ImageReference, context: CliContext): Promise<TaggedImage> {
  const image = await store.find(reference);
  return image ?? noSuchImage(reference, await nearestImageHint(reference.toString(), store, context));
}

/** Throws IMAGE_NOT_FOUND. */
export function noSuchImage(reference: ImageReference, hint = '"gadget image list" shows what there is'): never {
  throw new ImageError('IMAGE_NOT_FOUND', `there is no image ${reference} in the local store`, {
    context: { image: reference.toString() },
    hint,
  });
}

/** Throws IMAGE_NOT_FOUND, of a version of `registry/repository` or of anything in there. */
export function noSuchRemoteImage(repository: string, { tag, digest }: Version): never {
  const name = `${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
  throw new ImageError('IMAGE_NOT_FOUND', `there is no image ${name} in the registry`, {
    context: { image: name },
    hint: `look for others: gadget image tags ${repository}`,
  });
}
