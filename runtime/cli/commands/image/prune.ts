import type { Command } from 'commander';
import { openImageStore } from '../../../oci/store/image-store.ts';
import { defaultStorePath } from '../../../oci/store/location.ts';
import { byteSizeText } from '../../../operators/format/byte-size.ts';
import type { CliContext } from '../../context.ts';
import { documentFormats, outputFormat, renderDocument } from '../../render-document.ts';

const formats = ['text', ...documentFormats] as const;

/** `gadget image prune` */
export function register(image: Command, context: CliContext): void {
  image
    .command('prune')
    .description('free what no image of the local store needs: content of pulls that were broken off, signatures of images that are gone')
    .option('-o, --output <format>', formats.join(', '), 'text')
    .action((flags: { readonly output: string }) => runImagePrune(flags, context));
}

/** Waits until nobody writes to the store, for a minute at most. */
export async function runImagePrune(flags: { readonly output: string }, context: CliContext): Promise<void> {
  const format = outputFormat(flags.output, formats);
  const { blobs, bytes } = await openImageStore(defaultStorePath(context.env)).prune();
  const text = `${byteSizeText(bytes)} freed (${blobs} ${blobs === 1 ? 'file' : 'files'})\n`;
  context.stdout.write(format === 'text' ? text : renderDocument({ files: blobs, freedBytes: bytes }, format));
}
