import type { Command } from 'commander';
import { safeText } from '../../../base/safe-text.ts';
import { openImageStore, type Removed } from '../../../oci/store/image-store.ts';
import { defaultStorePath } from '../../../oci/store/location.ts';
import { byteSizeText } from '../../../operators/format/byte-size.ts';
import type { CliContext } from '../../context.ts';
import { documentFormats, outputFormat, renderDocument } from '../../render-document.ts';
import { noSuchImage, referenceOf, requireImage } from './store.ts';

const formats = ['text', ...documentFormats] as const;

/** `gadget image remove` */
export function register(image: Command, context: CliContext): void {
  image
    .command('remove')
    .alias('rm')
    .description('remove images from the local store, and free what no other image needs')
    .argument('<image...>')
    .option('-o, --output <format>', formats.join(', '), 'text')
    .action((images: readonly string[], flags: { readonly output: string }) => runImageRemove(images, flags, context));
}

/** Removes all of the images, or none when one of them is unknown. */
export async function runImageRemove(images: readonly string[], flags: { readonly output: string }, context: CliContext): Promise<void> {
  const format = outputFormat(flags.output, formats);
  const store = openImageStore(defaultStorePath(context.env));
  const references = images.map((text) => referenceOf(text, context));
  for (const reference of references) await requireImage(store, reference, context);
  const all: Removed[] = [];
  for (const reference of references) {
    const removed = await store.remove(reference);
    if (removed.images.length === 0) noSuchImage(reference);
    if (format === 'text') tell(removed, context);
    all.push(removed);
  }
  if (format !== 'text') context.stdout.write(renderDocument(removedDocument(all), format));
}

function tell({ images, collected }: Removed, context: CliContext): void {
  const freed = collected === undefined ? 'space is freed later: another command is writing' : `${byteSizeText(collected.bytes)} freed`;
  for (const { name } of images) context.stdout.write(`${safeText(name)}\n`);
  if (!context.quiet) context.stderr.write(`${freed}\n`);
}

/** What the last removal could not free is not known, and is freed later. */
function removedDocument(all: readonly Removed[]) {
  const isFreed = all.at(-1)?.collected !== undefined;
  return {
    names: all.flatMap(({ images }) => images.map(({ name }) => name)),
    freedBytes: isFreed ? all.reduce((sum, { collected }) => sum + (collected?.bytes ?? 0), 0) : null,
  };
}
