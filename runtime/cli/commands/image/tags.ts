import type { Command } from 'commander';
import { safeText } from '../../../base/safe-text.ts';
import { subjectOfTag } from '../../../oci/attachments.ts';
import type { CliContext } from '../../context.ts';
import { addRegistryFlags, type RegistryFlags, withRegistries } from '../../registry-flags.ts';
import { documentFormats, outputFormat, renderDocument } from '../../render-document.ts';
import { referenceOf } from './store.ts';

const formats = ['text', ...documentFormats] as const;

export interface TagsFlags extends RegistryFlags {
  readonly all?: boolean;
  readonly output: string;
}

/** `gadget image tags` */
export function register(image: Command, context: CliContext): void {
  const command = image
    .command('tags')
    .description('list the tags of a repository in its registry')
    .argument('<repository>')
    .option('-a, --all', 'those of signatures, attestations and SBOMs too')
    .option('-o, --output <format>', formats.join(', '), 'text');
  addRegistryFlags(command).action((name: string, flags: TagsFlags) => runImageTags(name, flags, context));
}

export async function runImageTags(name: string, flags: TagsFlags, context: CliContext): Promise<void> {
  const format = outputFormat(flags.output, formats);
  const reference = referenceOf(name, context);
  const all = [...(await withRegistries(flags, context, (client) => client.repository(reference).tags()))].sort();
  const tags = flags.all === true ? all : all.filter((tag) => subjectOfTag(tag) === undefined);
  context.stdout.write(format === 'text' ? tags.map((tag) => `${safeText(tag)}\n`).join('') : renderDocument(tags, format));
}
