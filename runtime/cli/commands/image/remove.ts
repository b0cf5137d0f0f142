import type { Command } from 'commander';
import { safeText } from '../../../base/safe-text.ts';
import { openImageStore } from '../../../oci/store/image-store.ts';
import { defaultStorePath } from '../../../oci/store/location.ts';
import { byteSizeText } from '../../../operators/format/byte-size.ts';
import type { CliContext } from '../../context.ts';
import { noSuchImage, referenceOf, requireImage } from './store.ts';

/** `gadget image remove` */
export function register(image: Command, context: CliContext): void {
  image
    .command('remove')
    .alias('rm')
    .description('remove images from the local store, and free what no other image needs')
    .argument('<image...>')
    .action((images: readonly string[]) => runImageRemove(images, context));
}

/** Removes all of the images, or none when one of them is unknown. */
export async function runImageRemove(images: readonly string[], context: CliContext): Promise<void> {
  const store = openImageStore(defaultStorePath(context.env));
  const references = images.map((text) => referenceOf(text, context));
  for (const reference of references) await requireImage(store, reference, context);
  for (const reference of references) {
    const removed = await store.remove(reference);
    if (removed.images.length === 0) noSuchImage(reference);
    const freed =
      removed.collected === undefined
        ? 'space is freed later: another command is writing'
        : `${byteSizeText(removed.collected.bytes)} freed`;
    for (const { name } of removed.images) context.stdout.write(`${safeText(name)}\n`);
    if (!context.quiet) context.stderr.write(`${freed}\n`);
  }
}
