import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { safeText } from '../../../base/safe-text.ts';
import type { ImportedImage } from '../../../oci/archive/import-archive.ts';
import { defaultRegistryOf } from '../../../oci/own-gadgets.ts';
import { openImageStore } from '../../../oci/store/image-store.ts';
import { defaultStorePath } from '../../../oci/store/location.ts';
import type { CliContext } from '../../context.ts';
import { documentFormats, outputFormat, renderDocument } from '../../render-document.ts';
import { showTransfers } from '../../transfer-progress.ts';
import { referenceOf } from './store.ts';

const formats = ['text', ...documentFormats] as const;

export interface ImportFlags {
  readonly repository?: string;
  readonly output: string;
}

/** `gadget image import` */
export function register(image: Command, context: CliContext): void {
  image
    .command('import')
    .description(
      'read images, with their signatures, from an archive: an OCI image layout in a folder or a tar, or what "docker save" writes',
    )
    .argument('<file>', 'a file, not compressed, or a folder; "-": standard input')
    .option('--repository <name>', 'where images belong that the archive gives no full name: registry/repository')
    .option('-o, --output <format>', formats.join(', '), 'text')
    .action((file: string, flags: ImportFlags) => runImageImport(file, flags, context));
}

/** All images of the archive, or none when one cannot be taken. */
export async function runImageImport(file: string, flags: ImportFlags, context: CliContext): Promise<void> {
  const format = outputFormat(flags.output, formats);
  const imported =
    file === '-' ? await importStandardInput(flags, context) : await importFrom({ path: resolve(context.cwd, file) }, flags, context);
  const text =
    format === 'text' ? imported.map(({ name }) => `${safeText(name)}\n`).join('') : renderDocument(imported.map(importedDocument), format);
  context.stdout.write(text);
}

/** An archive is read here and there, which a pipe does not allow. */
async function importStandardInput(flags: ImportFlags, context: CliContext): Promise<readonly ImportedImage[]> {
  const folder = await mkdtemp(join(tmpdir(), 'gadget-import-'));
  try {
    const path = join(folder, 'archive.tar');
    await pipeline(process.stdin, createWriteStream(path));
    return await importFrom({ path, shown: 'standard input' }, flags, context);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function importFrom(
  { path, shown = path }: { readonly path: string; readonly shown?: string },
  { repository }: ImportFlags,
  context: CliContext,
): Promise<readonly ImportedImage[]> {
  const [{ Archive }, { importArchive }] = await Promise.all([
    import('../../../oci/archive/open-archive.ts'),
    import('../../../oci/archive/import-archive.ts'),
  ]);
  const archive = await Archive.open(path, shown);
  const progress = showTransfers(context);
  try {
    return await importArchive(archive, openImageStore(defaultStorePath(context.env)), {
      defaultRegistry: defaultRegistryOf(context.env),
      ...(repository === undefined ? {} : { repository: repositoryName(repository, context) }),
      onState: progress.onState,
      onBytes: progress.onBytes,
      signal: context.signal,
    });
  } finally {
    progress.close();
    await archive.close();
  }
}

function repositoryName(text: string, context: CliContext): string {
  const { registry, repository } = referenceOf(text, context);
  return `${registry}/${repository}`;
}

function importedDocument({ name, descriptor, sparse, attachments }: ImportedImage) {
  return { reference: name, digest: descriptor.digest, sparse, attachments };
}
