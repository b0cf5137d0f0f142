import type { Command } from 'commander';
import { UsageError } from '../../base/errors.ts';
import { safeText } from '../../base/safe-text.ts';
import type { ImageReference } from '../../oci/image-reference.ts';
import { type PulledImage, pullImage } from '../../oci/pull.ts';
import { openImageStore } from '../../oci/store/image-store.ts';
import { defaultStorePath } from '../../oci/store/location.ts';
import type { CliContext } from '../context.ts';
import { addRegistryFlags, type RegistryFlags, withRegistries } from '../registry-flags.ts';
import { documentFormats, outputFormat, renderDocument } from '../render-document.ts';
import { showTransfers } from '../transfer-progress.ts';
import { addVerificationFlags, requireAllowed, requireVerified, type VerificationFlags } from '../verification-flags.ts';
import { referenceOf } from './image/store.ts';

const formats = ['text', ...documentFormats] as const;

export interface PullFlags extends RegistryFlags, VerificationFlags {
  readonly platform?: string;
}

/** `gadget pull` */
export function register(program: Command, context: CliContext): void {
  const command = program
    .command('pull')
    .description('fetch an image with its signatures into the local store, once they are verified')
    .argument('<image>')
    .option('--platform <platform>', 'programs of one machine only: linux/amd64 or linux/arm64')
    .option('-o, --output <format>', formats.join(', '), 'text');
  addRegistryFlags(addVerificationFlags(command)).action((name: string, flags: PullFlags & { output: string }) =>
    runPull(name, flags, context),
  );
}

/** Prints `registry/repository@digest` of what was pulled. */
export async function runPull(name: string, flags: PullFlags & { readonly output: string }, context: CliContext): Promise<void> {
  const format = outputFormat(flags.output, formats);
  const reference = referenceOf(name, context);
  const image = await pull(reference, flags, context);
  const { digest } = image.descriptor;
  const full = `${reference.registry}/${reference.repository}@${digest}`;
  context.stdout.write(
    format === 'text' ? `${full}\n` : renderDocument({ reference: full, name: image.name, digest, sparse: image.sparse }, format),
  );
}

/** Fetches an image, with progress on stderr. Errors: IMAGE_REFUSED, IMAGE_NOT_FOUND, those of signatures, registries and the store. */
export async function pull(reference: ImageReference, flags: PullFlags, context: CliContext): Promise<PulledImage> {
  const architecture = flags.platform === undefined ? {} : { architecture: architectureOf(flags.platform) };
  requireAllowed(reference, flags, context);
  return await withRegistries(flags, context, async (client) => {
    const progress = showTransfers(context);
    try {
      return await pullImage(client.repository(reference), openImageStore(defaultStorePath(context.env)), reference, {
        ...architecture,
        verify: async (from, image) => void (await requireVerified(from, reference, image, flags, context)),
        onState: progress.onState,
        onBytes: progress.onBytes,
        signal: context.signal,
      });
    } finally {
      progress.close();
    }
  });
}

function architectureOf(platform: string): string {
  const architecture = /^(?:linux\/)?(amd64|arm64)$/.exec(platform)?.[1];
  if (architecture !== undefined) return architecture;
  throw new UsageError('USAGE', `there is no platform "${safeText(platform)}" here`, {
    hint: '--platform takes linux/amd64 or linux/arm64',
  });
}
