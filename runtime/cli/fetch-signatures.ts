import { copyAttachments } from '../oci/attachments.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { ImageReference } from '../oci/image-reference.ts';
import { openImageStore } from '../oci/store/image-store.ts';
import { LocalRepository } from '../oci/store/local-repository.ts';
import { defaultStorePath } from '../oci/store/location.ts';
import type { CliContext } from './context.ts';
import { type RegistryFlags, withRegistries } from './registry-flags.ts';
import { requireVerified, type VerificationFlags } from './verification-flags.ts';

/**
 * Adds what is attached in the registry now to an image that is in the local store, once it is verified; the image and its names stay as they
 * are, whatever the tag names by now. Throws what `requireVerified`, the registry and the store throw.
 */
export async function fetchSignatures(
  reference: ImageReference,
  image: Descriptor,
  flags: RegistryFlags & VerificationFlags,
  context: CliContext,
): Promise<void> {
  await withRegistries(flags, context, async (client) => {
    const from = client.repository(reference);
    await requireVerified(from, reference, image, flags, context);
    const store = openImageStore(defaultStorePath(context.env));
    try {
      const to = new LocalRepository(store, `${reference.registry}/${reference.repository}`);
      await copyAttachments(from, to, image.digest, { signal: context.signal });
      await to.commit();
    } finally {
      await store.close();
    }
  });
}
