import type { Command } from 'commander';
import { UsageError } from '../../base/errors.ts';
import { safeText } from '../../base/safe-text.ts';
import { pushImage } from '../../oci/push.ts';
import { openReadableStores } from '../../oci/store/layered-store.ts';
import { ReadableLocalRepository } from '../../oci/store/local-repository.ts';
import type { CliContext } from '../context.ts';
import { addRegistryFlags, list, type RegistryFlags, withRegistries } from '../registry-flags.ts';
import { documentFormats, outputFormat, renderDocument } from '../render-document.ts';
import { showTransfers } from '../transfer-progress.ts';
import { referenceOf, requireImage } from './image/store.ts';

const formats = ['text', ...documentFormats] as const;

export interface PushFlags extends RegistryFlags {
  readonly tag?: readonly string[];
  readonly output: string;
}

/** `gadget push` */
export function register(program: Command, context: CliContext): void {
  const command = program
    .command('push')
    .description('send an image of the local store to its registry, with its signatures')
    .argument('<image>')
    .option('-t, --tag <tags>', 'tags to give it there besides its own (several: with commas)', list)
    .option('-o, --output <format>', formats.join(', '), 'text');
  addRegistryFlags(command).action((name: string, flags: PushFlags) => runPush(name, flags, context));
}

/** Prints `registry/repository@digest` of what is there now. */
export async function runPush(name: string, flags: PushFlags, context: CliContext): Promise<void> {
  const format = outputFormat(flags.output, formats);
  const reference = referenceOf(name, context);
  const images = openReadableStores(context.env);
  const image = await requireImage(images, reference, context);
  const tags = [...new Set([...(reference.tag === undefined ? [] : [reference.tag]), ...(flags.tag ?? [])])];
  for (const tag of tags) checkTag(tag, name, context);
  const repository = `${reference.registry}/${reference.repository}`;
  await withRegistries(flags, context, async (client) => {
    const progress = showTransfers(context);
    try {
      await pushImage(new ReadableLocalRepository(images, repository), client.repository(reference), image, tags, {
        ...progress,
        signal: context.signal,
      });
    } finally {
      progress.close();
    }
  });
  const { digest } = image.descriptor;
  const text =
    format === 'text'
      ? `${repository}@${digest}\n`
      : renderDocument({ reference: `${repository}@${digest}`, repository, digest, tags }, format);
  context.stdout.write(text);
}

function checkTag(tag: string, name: string, context: CliContext): void {
  if (/[/:@]/.test(tag))
    throw new UsageError('USAGE', `"${safeText(tag)}" is no tag`, {
      hint: `name the image and tags only: gadget push ${safeText(name)} -t v1,latest`,
    });
  referenceOf(`x:${tag}`, context);
}
