import type { Command } from 'commander';
import { UsageError } from '../../../base/errors.ts';
import { loadGadgetSpec } from '../../../gadget/from-image.ts';
import type { Architecture } from '../../../gadget/spec.ts';
import { summariseImage } from '../../../oci/image-summary.ts';
import { openReadableStores } from '../../../oci/store/layered-store.ts';
import type { CliContext } from '../../context.ts';
import { documentFormats, outputFormat, renderDocument } from '../../render-document.ts';
import { contentDocument } from './content-document.ts';
import { renderInspection } from './inspect-text.ts';
import { addReadableFields } from './readable-fields.ts';
import { specDocument } from './spec-document.ts';
import { referenceOf, requireImage } from './store.ts';

const formats = ['text', ...documentFormats] as const;

export interface InspectOptions {
  readonly output: string;
  readonly arch: string;
}

/** `gadget image inspect` */
export function register(image: Command, context: CliContext): void {
  image
    .command('inspect')
    .description('show what an image consists of: manifests, metadata, data sources with their fields, params, programs, maps')
    .argument('<image>')
    .option('-o, --output <format>', formats.join(', '), 'text')
    .option('--arch <architecture>', 'whose programs to show: amd64 or arm64', process.arch === 'arm64' ? 'arm64' : 'amd64')
    .action((name: string, options: InspectOptions) => runImageInspect(name, options, context));
}

/** Writes what an image says. Needs no kernel: the same on every machine. */
export async function runImageInspect(name: string, options: InspectOptions, context: CliContext): Promise<void> {
  const format = outputFormat(options.output, formats);
  const architecture = architectureOf(options.arch);
  const store = openReadableStores(context.env);
  const reference = referenceOf(name, context);
  const image = await summariseImage(store, await requireImage(store, reference));
  const spec = await loadGadgetSpec(store, image.descriptor, architecture, { name: reference.toString() });
  addReadableFields(spec);
  const content = await contentDocument(store, image);
  const { isTTY, columns } = context.stdout;
  if (format === 'text') context.stdout.write(renderInspection(content, spec, isTTY === true ? columns : undefined));
  else context.stdout.write(renderDocument({ ...content, gadget: specDocument(spec) }, format));
}

function architectureOf(text: string): Architecture {
  if (text === 'amd64' || text === 'arm64') return text;
  throw new UsageError('USAGE', `there is no architecture "${text}" here`, { hint: '--arch takes amd64 or arm64' });
}
