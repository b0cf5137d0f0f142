import { ImageError } from '../base/errors.ts';
import { isHostAllowed, isRegistryAllowed } from '../oci/allow-list.ts';
import type { RegistryClient } from '../oci/registry/registry-client.ts';

/** What a command does with registries. */
export type Registries = Pick<RegistryClient, 'repository' | 'check'>;

/**
 * Registries of the list alone: what is outside throws IMAGE_REFUSED before any request. Their mirrors are reached through them, and need not be
 * in the list. Undefined allows every one.
 */
export function allowedRegistries(client: Registries, allowed: readonly string[] | undefined): Registries {
  return {
    repository(image) {
      if (!isRegistryAllowed(allowed, image)) throw refused(`the registry of ${image.registry}/${image.repository}`);
      return client.repository(image);
    },
    async check(registry) {
      if (!isHostAllowed(allowed, registry)) throw refused(`the registry ${registry}`);
      await client.check(registry);
    },
  };
}

function refused(what: string): ImageError {
  return new ImageError('IMAGE_REFUSED', `${what} is not one of the allowed ones`, {
    hint: 'registries.allowed in the configuration, or GADGET_ALLOWED_REGISTRIES, says which are',
  });
}
