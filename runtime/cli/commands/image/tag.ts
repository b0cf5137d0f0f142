import type { Command } from 'commander';
import { copyAttachments } from '../../../oci/attachments.ts';
import type { ImageReference } from '../../../oci/image-reference.ts';
import { openImageStore } from '../../../oci/store/image-store.ts';
import { namedEntry, storedName } from '../../../oci/store/local-index.ts';
import { LocalRepository } from '../../../oci/store/local-repository.ts';
import { defaultStorePath } from '../../../oci/store/location.ts';
import type { CliContext } from '../../context.ts';
import { documentFormats, outputFormat, renderDocument } from '../../render-document.ts';
import { referenceOf, requireImage } from './store.ts';

const formats = ['text', ...documentFormats] as const;

/** `gadget image tag` */
export function register(image: Command, context: CliContext): void {
  image
    .command('tag')
    .description('give an image in the local store one more name')
    .argument('<source>')
    .argument('<target>')
    .option('-o, --output <format>', formats.join(', '), 'text')
    .action((source: string, target: string, flags: { readonly output: string }) => runImageTag({ source, target }, flags, context));
}

/** Makes `target` name what `source` names, with what is attached to it; an image built here is so under both names. */
export async function runImageTag(
  names: { readonly source: string; readonly target: string },
  flags: { readonly output: string },
  context: CliContext,
): Promise<void> {
  const format = outputFormat(flags.output, formats);
  const store = openImageStore(defaultStorePath(context.env));
  const target = referenceOf(names.target, context);
  const source = referenceOf(names.source, context);
  const { descriptor, builtHere, sparse } = await requireImage(store, source, context);
  const named = namedEntry(target, descriptor, { builtHere, sparse });
  const repositoryOf = ({ registry, repository }: ImageReference) => new LocalRepository(store, `${registry}/${repository}`);
  const [from, to] = [repositoryOf(source), repositoryOf(target)];
  try {
    await copyAttachments(from, to, descriptor.digest);
    await to.commit([named]);
  } finally {
    await store.close();
  }
  if (format !== 'text') context.stdout.write(renderDocument({ reference: storedName(target), digest: descriptor.digest }, format));
}
