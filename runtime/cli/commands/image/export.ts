import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { GadgetError, UsageError } from '../../../base/errors.ts';
import { safeText } from '../../../base/safe-text.ts';
import { replaceWholeFile } from '../../../base/whole-file.ts';
import { openReadableStores } from '../../../oci/store/layered-store.ts';
import type { CliContext } from '../../context.ts';
import { referenceOf, requireImage } from './store.ts';

/** `gadget image export` */
export function register(image: Command, context: CliContext): void {
  image
    .command('export')
    .description('write images, with their signatures, to an archive: an OCI image layout in a tar')
    .usage('<image...> <file>')
    .argument('<image...>', 'images of the local store, then the file to write ("-": standard output)')
    .action((words: readonly string[]) => runImageExport(words, context));
}

/** The last word is the file. The file is there as a whole or not at all. */
export async function runImageExport(words: readonly string[], context: CliContext): Promise<void> {
  const [names, file] = [words.slice(0, -1), words.at(-1)!];
  if (names.length === 0) {
    throw new UsageError('USAGE', `there is no file to write ${safeText(file)} to`, { hint: 'gadget image export IMAGE... FILE' });
  }
  if (file === '-' && process.stdout.isTTY)
    throw new UsageError('USAGE', 'an archive is nothing for a terminal', { hint: 'name a file, or a pipe' });
  const { exportArchive } = await import('../../../oci/archive/export-archive.ts');
  const store = openReadableStores(context.env);
  const images = await Promise.all(names.map((name) => requireImage(store, referenceOf(name, context), context)));
  const archive = exportArchive(images, store);
  if (file === '-') await pipeline(archive, process.stdout, { end: false });
  else await writeArchive(resolve(context.cwd, file), archive);
}

/** All of the archive or nothing; a device or a pipe is written to as it is. */
async function writeArchive(path: string, content: AsyncIterable<Uint8Array>): Promise<void> {
  try {
    const there = await stat(path).catch(() => undefined);
    if (there !== undefined && !there.isFile()) return await pipeline(content, createWriteStream(path));
    await replaceWholeFile(path, async (file) => {
      // Each piece goes behind the one before.
      for await (const piece of content) await file.writeFile(piece);
    });
  } catch (cause) {
    if (cause instanceof GadgetError) throw cause;
    throw new GadgetError('OUTPUT_FAILED', `cannot write ${path}: ${(cause as NodeJS.ErrnoException).code}`, { cause, context: { path } });
  }
}
