import type { Command } from 'commander';
import { type Attachment, findAttachments } from '../../../oci/attachments.ts';
import { shortDigest } from '../../../oci/digest.ts';
import { signatureTypes } from '../../../oci/signature/forms.ts';
import type { CliContext } from '../../context.ts';
import { type FindFlags, withImage } from '../../find-image.ts';
import { addRegistryFlags } from '../../registry-flags.ts';
import { documentFormats, outputFormat, renderDocument } from '../../render-document.ts';
import { renderTable } from '../../render-table.ts';

const formats = ['columns', ...documentFormats] as const;

export interface ReferrersFlags extends FindFlags {
  readonly output: string;
  /** False: whole digests and tags. */
  readonly trunc: boolean;
}

/** `gadget image referrers` */
export function register(image: Command, context: CliContext): void {
  const command = image
    .command('referrers')
    .description('list what is attached to an image, signatures, attestations, SBOMs: in the local store, else in the registry')
    .argument('<image>')
    .option('--remote', 'in the registry even if the local store has the image')
    .option('-o, --output <format>', formats.join(', '), 'columns')
    .option('--no-trunc', 'show whole digests');
  addRegistryFlags(command).action((name: string, flags: ReferrersFlags) => runImageReferrers(name, flags, context));
}

export async function runImageReferrers(name: string, flags: ReferrersFlags, context: CliContext): Promise<void> {
  const format = outputFormat(flags.output, formats);
  const found = await withImage(name, flags, context, ({ repository, descriptor }) => findAttachments(repository, descriptor.digest));
  const rows = found.map(attachmentDocument);
  const text =
    format === 'columns'
      ? renderTable(
          ['KIND', 'DIGEST', 'FOUND BY', 'TYPE'],
          rows.map(({ kind, digest, tag, type }) => [kind, flags.trunc ? shortDigest(digest) : digest, foundBy(tag), type]),
        )
      : renderDocument(rows, format);
  context.stdout.write(text);
}

function attachmentDocument(attachment: Attachment) {
  const { digest, size, artifactType, mediaType } = attachment.descriptor;
  return { kind: kindOf(attachment), digest, type: artifactType ?? mediaType, tag: attachment.tag ?? null, sizeBytes: size };
}

const kindOfEnding: Readonly<Record<string, string>> = { sig: 'signature', att: 'attestation', sbom: 'SBOM' };
const kindOfType: Readonly<Record<string, string>> = { [signatureTypes.oci11]: 'signature', [signatureTypes.bundle]: 'signature bundle' };

/** What it most likely is. A bundle may also attest something else: only verifying tells. */
function kindOf({ descriptor, tag }: Attachment): string {
  if (tag !== undefined) return kindOfEnding[tag.slice(tag.lastIndexOf('.') + 1)] ?? 'artifact';
  return kindOfType[descriptor.artifactType ?? ''] ?? 'artifact';
}

function foundBy(tag: string | null): string {
  return tag === null ? 'subject' : `tag ${tag.slice(tag.lastIndexOf('.'))}`;
}
