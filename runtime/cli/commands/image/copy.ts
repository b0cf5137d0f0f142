import type { Command } from 'commander';
import { UsageError } from '../../../base/errors.ts';
import { copyAttachments, subjectOfTag } from '../../../oci/attachments.ts';
import { copyImage } from '../../../oci/copy.ts';
import type { Descriptor } from '../../../oci/descriptor.ts';
import type { ImageReference } from '../../../oci/image-reference.ts';
import type { RegistryRepository } from '../../../oci/registry/registry-repository.ts';
import type { CliContext } from '../../context.ts';
import { addRegistryFlags, type RegistryFlags, withRegistries } from '../../registry-flags.ts';
import { documentFormats, outputFormat, renderDocument } from '../../render-document.ts';
import { showTransfers, type TransferProgress } from '../../transfer-progress.ts';
import { noSuchRemoteImage, referenceOf } from './store.ts';

const formats = ['text', ...documentFormats] as const;

export interface CopyFlags extends RegistryFlags {
  readonly output: string;
  readonly allTags?: boolean;
}

/** `gadget image copy` */
export function register(image: Command, context: CliContext): void {
  const command = image
    .command('copy')
    .alias('cp')
    .description('copy an image from one repository to another, with its signatures, attestations and SBOMs')
    .argument('<source>')
    .argument('<target>')
    .option('--all-tags', 'all images of the repository, under the same tags')
    .option('-o, --output <format>', formats.join(', '), 'text');
  addRegistryFlags(command).action((source: string, target: string, flags: CopyFlags) => runImageCopy({ source, target }, flags, context));
}

/** Content passes through this machine without being kept; between repositories of one registry it does not even pass. */
export async function runImageCopy(
  names: { readonly source: string; readonly target: string },
  flags: CopyFlags,
  context: CliContext,
): Promise<void> {
  const format = outputFormat(flags.output, formats);
  const source = referenceOf(names.source, context);
  const target = referenceOf(names.target, context);
  if (
    flags.allTags === true &&
    (source.digest !== undefined || target.digest !== undefined || isTagged(names.source) || isTagged(names.target))
  ) {
    throw new UsageError('USAGE', 'with --all-tags, source and target are repositories, without tag or digest');
  }
  await withRegistries(flags, context, async (client) => {
    const [from, to] = [client.repository(source), client.repository(target)];
    const progress = showTransfers(context);
    try {
      const versions = flags.allTags === true ? await imageTags(from) : [{ from: source, tag: target.tag }];
      const copied: Array<{ readonly reference: string; readonly digest: string; readonly tag: string | null }> = [];
      for (const version of versions) {
        const { digest } = await copyOne({ from, to }, version, progress, context);
        const reference = `${to.name}@${digest}`;
        if (format === 'text') context.stdout.write(`${reference}\n`);
        copied.push({ reference, digest, tag: version.tag ?? null });
      }
      if (format !== 'text') context.stdout.write(renderDocument(copied, format));
    } finally {
      progress.close();
    }
  });
}

interface Wanted {
  readonly from: Pick<ImageReference, 'tag' | 'digest'>;
  readonly tag: string | undefined;
}

function isTagged(name: string): boolean {
  return name.includes(':', name.lastIndexOf('/') + 1);
}

async function imageTags(from: RegistryRepository): Promise<readonly Wanted[]> {
  const tags = (await from.tags()).filter((tag) => subjectOfTag(tag) === undefined);
  if (tags.length === 0) noSuchRemoteImage(from.name, {});
  return tags.map((tag) => ({ from: { tag }, tag }));
}

async function copyOne(
  { from, to }: { readonly from: RegistryRepository; readonly to: RegistryRepository },
  wanted: Wanted,
  progress: TransferProgress,
  context: CliContext,
): Promise<Descriptor> {
  const descriptor = await from.resolve(wanted.from);
  if (descriptor === undefined) return noSuchRemoteImage(from.name, wanted.from);
  const options = { onState: progress.onState, onBytes: progress.onBytes, signal: context.signal };
  await copyImage(from, to, descriptor, options);
  await copyAttachments(from, to, descriptor.digest, options);
  if (wanted.tag !== undefined) await to.tag(descriptor, wanted.tag);
  return descriptor;
}
