import { ImageError } from '../base/errors.ts';
import type { TaggedImage } from '../oci/content-store.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { type ImageReference, parseImageReference } from '../oci/image-reference.ts';
import { defaultRegistryOf } from '../oci/own-gadgets.ts';
import type { ReadableRepository } from '../oci/repository.ts';
import { openReadableStores } from '../oci/store/layered-store.ts';
import { ReadableLocalRepository } from '../oci/store/local-repository.ts';
import type { CliContext } from './context.ts';
import { explainMissingImage } from './missing-image.ts';
import { type RegistryFlags, withRegistries } from './registry-flags.ts';

/** An image, and where it can be read from. */
export interface FoundImage {
  readonly reference: ImageReference;
  readonly repository: ReadableRepository;
  readonly descriptor: Descriptor;
  /** What the local store knows of it; undefined when it is in the registry. */
  readonly local: TaggedImage | undefined;
}

export interface FindFlags extends RegistryFlags {
  /** Look in the registry even if the local store has the image. */
  readonly remote?: boolean;
}

/** Works with the image in the local store, or else in the registry, without pulling it. Throws IMAGE_NOT_FOUND. */
export async function withImage<T>(
  name: string,
  flags: FindFlags,
  context: CliContext,
  work: (image: FoundImage) => Promise<T>,
): Promise<T> {
  const reference = parseImageReference(name, { defaultRegistry: defaultRegistryOf(context.env) });
  const images = openReadableStores(context.env);
  const local = flags.remote === true ? undefined : await images.find(reference);
  if (local !== undefined) {
    const repository = new ReadableLocalRepository(images, `${reference.registry}/${reference.repository}`);
    return await work({ reference, repository, descriptor: local.descriptor, local });
  }
  return await withRegistries(flags, context, async (client) => {
    const repository = client.repository(reference);
    const descriptor = await resolveRemote(repository, reference, flags).catch(async (error) => {
      throw flags.remote === true ? error : await explainMissingImage(error, name, images, context);
    });
    return await work({ reference, repository, descriptor, local: undefined });
  });
}

async function resolveRemote(repository: ReadableRepository, reference: ImageReference, flags: FindFlags): Promise<Descriptor> {
  const descriptor = await repository.resolve(reference);
  if (descriptor === undefined) throw nowhere(reference, flags);
  return descriptor;
}

function nowhere(reference: ImageReference, { remote }: FindFlags): ImageError {
  const where = remote === true ? 'in the registry' : 'in the local store or the registry';
  return new ImageError('IMAGE_NOT_FOUND', `there is no image ${reference} ${where}`, {
    context: { image: reference.toString() },
    hint: `"gadget image list" shows the local images, "gadget image tags ${reference.registry}/${reference.repository}" those of the registry`,
  });
}
