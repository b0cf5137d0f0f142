import type { Command } from 'commander';
import { storedName } from '../../../oci/store/local-index.ts';
import type { CliContext } from '../../context.ts';
import { type FindFlags, withImage } from '../../find-image.ts';
import { addRegistryFlags } from '../../registry-flags.ts';
import { documentFormats, outputFormat, renderDocument } from '../../render-document.ts';

const formats = ['text', ...documentFormats] as const;

export interface DigestFlags extends FindFlags {
  readonly output: string;
}

/** `gadget image digest` */
export function register(image: Command, context: CliContext): void {
  const command = image
    .command('digest')
    .description('show the digest of an image: in the local store, else in the registry')
    .argument('<image>')
    .option('--remote', 'in the registry even if the local store has the image')
    .option('-o, --output <format>', formats.join(', '), 'text');
  addRegistryFlags(command).action((name: string, flags: DigestFlags) => runImageDigest(name, flags, context));
}

export async function runImageDigest(name: string, flags: DigestFlags, context: CliContext): Promise<void> {
  const format = outputFormat(flags.output, formats);
  await withImage(name, flags, context, async ({ reference, descriptor: { digest } }) => {
    const text = format === 'text' ? `${digest}\n` : renderDocument({ reference: storedName(reference), digest }, format);
    context.stdout.write(text);
  });
}
