import type { Command } from 'commander';
import { shortDigest } from '../../../oci/digest.ts';
import type { ImageSummary } from '../../../oci/image-summary.ts';
import { splitStoredName, summariseImage } from '../../../oci/image-summary.ts';
import { defaultRegistryOf } from '../../../oci/own-gadgets.ts';
import { openReadableStores } from '../../../oci/store/layered-store.ts';
import { byteSizeText } from '../../../operators/format/byte-size.ts';
import type { CliContext } from '../../context.ts';
import { documentFormats, outputFormat, renderDocument } from '../../render-document.ts';
import { renderTable } from '../../render-table.ts';

const formats = ['columns', ...documentFormats] as const;

export interface ListOptions {
  readonly output: string;
  /** False: whole digests. */
  readonly trunc: boolean;
}

/** `gadget image list` */
export function register(image: Command, context: CliContext): void {
  image
    .command('list')
    .alias('ls')
    .description('list the images in the local store')
    .option('-o, --output <format>', formats.join(', '), 'columns')
    .option('--no-trunc', 'show whole digests')
    .action((options: ListOptions) => runImageList(options, context));
}

/** Writes all images of the stores that this user reads, by name. */
export async function runImageList(options: ListOptions, context: CliContext): Promise<void> {
  const format = outputFormat(options.output, formats);
  const store = openReadableStores(context.env);
  const summaries: ImageSummary[] = [];
  for (const image of await store.list()) summaries.push(await summariseImage(store, image));
  context.stdout.write(
    format === 'columns'
      ? table(summaries, options.trunc, defaultRegistryOf(context.env))
      : renderDocument(summaries.map(summaryDocument), format),
  );
}

/** A repository of the default registry is shown as it can be typed: by its bare name. */
function table(summaries: readonly ImageSummary[], trunc: boolean, defaultRegistry: string): string {
  const rows = summaries.map(({ name, descriptor, created, sizeBytes, sparse }) => {
    const { repository, version } = splitStoredName(name);
    const tag = version.startsWith('sha256:') ? '-' : version;
    const digest = trunc ? shortDigest(descriptor.digest) : descriptor.digest;
    const shown = repository.startsWith(`${defaultRegistry}/`) ? repository.slice(defaultRegistry.length + 1) : repository;
    return [shown, tag, digest, createdText(created), sizeText(sizeBytes, sparse)];
  });
  return renderTable(['REPOSITORY', 'TAG', 'DIGEST', 'CREATED', 'SIZE'], rows);
}

function sizeText(sizeBytes: number | undefined, sparse: boolean): string {
  if (sizeBytes === undefined) return 'damaged';
  return sparse ? `${byteSizeText(sizeBytes)} (sparse)` : byteSizeText(sizeBytes);
}

/** Minutes are exact enough, in UTC as images have it. */
function createdText(created: string | undefined): string {
  const time = Date.parse(created ?? '');
  return Number.isNaN(time) ? '-' : `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')}Z`;
}

function summaryDocument({ name, descriptor, created, sizeBytes, builtHere, sparse }: ImageSummary) {
  const { repository, version } = splitStoredName(name);
  return {
    reference: name,
    repository,
    tag: version.startsWith('sha256:') ? null : version,
    digest: descriptor.digest,
    created: created ?? null,
    sizeBytes: sizeBytes ?? null,
    builtHere,
    sparse,
  };
}
