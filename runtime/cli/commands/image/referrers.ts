import type { Command } from 'commander';
import { findAttachments } from '../../../oci/attachments.ts';
import type { CliContext } from '../../context.ts';
import { type FindFlags, withImage } from '../../find-image.ts';
import { addRegistryFlags } from '../../registry-flags.ts';
import { documentFormats, outputFormat, renderDocument } from '../../render-document.ts';
import { renderTable } from '../../render-table.ts';

const formats = ['columns', ...documentFormats] as const;

export interface ReferrersFlags extends FindFlags {
  readonly output: string;
}

/** `gadget image referrers` */
export function register(image: Command, context: CliContext): void {
  const command = image
    .command('referrers')
    .description('list what is attached to an image, signatures, attestations, SBOMs: in the local store, else in the registry')
    .argument('<image>')
    .option('--remote', 'in the registry even if the local store has the image')
    .option('-o, --output <format>', formats.join(', '), 'columns');
  addRegistryFlags(command).action((name: string, flags: ReferrersFlags) => runImageReferrers(name, flags, context));
}

export async function runImageReferrers(name: string, flags: ReferrersFlags, context: CliContext): Promise<void> {
  const format = outputFormat(flags.output, formats);
  const found = await withImage(name, flags, context, ({ repository, descriptor }) => findAttachments(repository, descriptor.digest));
  const rows = found.map(({ descriptor, tag }) => ({
    digest: descriptor.digest,
    type: descriptor.artifactType ?? descriptor.mediaType,
    tag: tag ?? null,
    sizeBytes: descriptor.size,
  }));
  const text =
    format === 'columns'
      ? renderTable(
          ['DIGEST', 'TYPE', 'TAG'],
          rows.map(({ digest, type, tag }) => [digest, type, tag ?? '-']),
        )
      : renderDocument(rows, format);
  context.stdout.write(text);
}
