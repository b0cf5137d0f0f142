import type { Command } from 'commander';
import type { CliContext } from '../../context.ts';
import { type FindFlags, withImage } from '../../find-image.ts';
import { addRegistryFlags } from '../../registry-flags.ts';

/** `gadget image digest` */
export function register(image: Command, context: CliContext): void {
  const command = image
    .command('digest')
    .description('show the digest of an image: in the local store, else in the registry')
    .argument('<image>')
    .option('--remote', 'in the registry even if the local store has the image');
  addRegistryFlags(command).action((name: string, flags: FindFlags) => runImageDigest(name, flags, context));
}

export async function runImageDigest(name: string, flags: FindFlags, context: CliContext): Promise<void> {
  await withImage(name, flags, context, async ({ descriptor }) => void context.stdout.write(`${descriptor.digest}\n`));
}
