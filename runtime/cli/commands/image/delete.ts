import type { Command } from 'commander';
import { safeText } from '../../../base/safe-text.ts';
import { deleteImage } from '../../../oci/delete-image.ts';
import type { CliContext } from '../../context.ts';
import { addRegistryFlags, type RegistryFlags, withRegistries } from '../../registry-flags.ts';
import { noSuchRemoteImage, referenceOf } from './store.ts';

/** `gadget image delete` */
export function register(image: Command, context: CliContext): void {
  const command = image
    .command('delete')
    .description('delete an image in its registry, under all of its tags, with its signatures ("remove" is for the local store)')
    .argument('<image>');
  addRegistryFlags(command).action((name: string, flags: RegistryFlags) => runImageDelete(name, flags, context));
}

/** Prints `registry/repository@digest` of what was deleted. Throws IMAGE_NOT_FOUND, and what the registry throws. */
export async function runImageDelete(name: string, flags: RegistryFlags, context: CliContext): Promise<void> {
  const reference = referenceOf(name, context);
  await withRegistries(flags, context, async (client) => {
    const repository = client.repository(reference);
    const descriptor = await repository.resolve(reference);
    if (descriptor === undefined) return noSuchRemoteImage(`${reference.registry}/${reference.repository}`, reference);
    await deleteImage(repository, descriptor);
    context.stdout.write(`${safeText(repository.name)}@${descriptor.digest}\n`);
  });
}
