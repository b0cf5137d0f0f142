import type { Command } from 'commander';
import { openImageStore } from '../../../oci/store/image-store.ts';
import { defaultStorePath } from '../../../oci/store/location.ts';
import { byteSizeText } from '../../../operators/format/byte-size.ts';
import type { CliContext } from '../../context.ts';

/** `gadget image prune` */
export function register(image: Command, context: CliContext): void {
  image
    .command('prune')
    .description('free what no image of the local store needs: content of pulls that were broken off, signatures of images that are gone')
    .action(() => runImagePrune(context));
}

/** Waits until nobody writes to the store, for a minute at most. */
export async function runImagePrune(context: CliContext): Promise<void> {
  const { blobs, bytes } = await openImageStore(defaultStorePath(context.env)).prune();
  context.stdout.write(`${byteSizeText(bytes)} freed (${blobs} ${blobs === 1 ? 'file' : 'files'})\n`);
}
