import type { Command } from 'commander';
import { UsageError } from '../../../base/errors.ts';
import { loadGadgetSpec } from '../../../gadget/from-image.ts';
import type { Architecture } from '../../../gadget/spec.ts';
import { summariseImage } from '../../../oci/image-summary.ts';
import type { CliContext } from '../../context.ts';
import { type FindFlags, type FoundImage, withImage } from '../../find-image.ts';
import { addRegistryFlags } from '../../registry-flags.ts';
import { documentFormats, outputFormat, renderDocument } from '../../render-document.ts';
import { contentDocument } from './content-document.ts';
import { renderInspection } from './inspect-text.ts';
import { addReadableFields } from './readable-fields.ts';
import { specDocument } from './spec-document.ts';

const formats = ['text', ...documentFormats] as const;

export interface InspectOptions extends FindFlags {
  readonly output: string;
  readonly arch: string;
}

/** `gadget image inspect` */
export function register(image: Command, context: CliContext): void {
  const command = image
    .command('inspect')
    .description(
      'show what an image consists of, and what it can do to the host: of the local store, else of the registry without pulling it',
    )
    .argument('<image>')
    .option('-o, --output <format>', formats.join(', '), 'text')
    .option('--arch <architecture>', 'whose programs to show: amd64 or arm64', process.arch === 'arm64' ? 'arm64' : 'amd64')
    .option('--remote', 'in the registry even if the local store has the image');
  addRegistryFlags(command).action((name: string, options: InspectOptions) => runImageInspect(name, options, context));
}

/** Writes what an image says. Needs no kernel: the same on every machine. */
export async function runImageInspect(name: string, options: InspectOptions, context: CliContext): Promise<void> {
  const format = outputFormat(options.output, formats);
  const architecture = architectureOf(options.arch);
  const { content, spec } = await withImage(name, options, context, (image) => inspect(image, architecture));
  const { isTTY, columns } = context.stdout;
  if (format === 'text') context.stdout.write(renderInspection(content, spec, isTTY === true ? columns : undefined));
  else context.stdout.write(renderDocument({ ...content, gadget: specDocument(spec) }, format));
}

async function inspect({ reference, repository, descriptor, local }: FoundImage, architecture: Architecture) {
  const name = reference.toString();
  const image = await summariseImage(repository, local ?? { name, descriptor, builtHere: false, sparse: false });
  const spec = await loadGadgetSpec(repository, image.descriptor, architecture, { name });
  addReadableFields(spec);
  return { content: await contentDocument(repository, image), spec };
}

function architectureOf(text: string): Architecture {
  if (text === 'amd64' || text === 'arm64') return text;
  throw new UsageError('USAGE', `there is no architecture "${text}" here`, { hint: '--arch takes amd64 or arm64' });
}
