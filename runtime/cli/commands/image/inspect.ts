import type { Command } from 'commander';
import { GadgetError, UsageError } from '../../../base/errors.ts';
import type { RecognisedImage } from '../../../gadget/foreign/foreign-image.ts';
import { loadGadgetSpec, recogniseStoredImage } from '../../../gadget/from-image.ts';
import type { Architecture, GadgetSpec } from '../../../gadget/spec.ts';
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
  const inspected = await withImage(name, options, context, (image) => inspect(image, architecture));
  const { isTTY, columns } = context.stdout;
  if (format === 'text') context.stdout.write(renderInspection(inspected, isTTY === true ? columns : undefined));
  else context.stdout.write(renderDocument(inspectionDocument(inspected), format));
}

/** What was found out about an image. */
export interface Inspection {
  readonly content: Awaited<ReturnType<typeof contentDocument>>;
  readonly recognised: RecognisedImage;
  /** Undefined for what is no gadget and cannot be read as one; `problem` says why. */
  readonly spec: GadgetSpec | undefined;
  readonly problem: string | undefined;
}

function inspectionDocument({ content, recognised: { kind, labels }, spec, problem }: Inspection) {
  return {
    ...content,
    kind,
    labels: labels && { programs: Object.fromEntries(labels.programs), maps: Object.fromEntries(labels.maps) },
    problem,
    gadget: spec && specDocument(spec),
  };
}

async function inspect({ reference, repository, descriptor, local }: FoundImage, architecture: Architecture): Promise<Inspection> {
  const name = reference.toString();
  const image = await summariseImage(repository, local ?? { name, descriptor, builtHere: false, sparse: false });
  const recognised = await recogniseStoredImage(repository, image.descriptor, architecture, name);
  const content = await contentDocument(repository, image);
  try {
    const spec = await loadGadgetSpec(repository, image.descriptor, architecture, { name });
    addReadableFields(spec);
    return { content, recognised, spec, problem: undefined };
  } catch (error) {
    // A gadget that cannot be read is at fault; other images are what they are.
    if (recognised.kind === 'gadget' || !(error instanceof GadgetError)) throw error;
    return { content, recognised, spec: undefined, problem: error.message };
  }
}

function architectureOf(text: string): Architecture {
  if (text === 'amd64' || text === 'arm64') return text;
  throw new UsageError('USAGE', `there is no architecture "${text}" here`, { hint: '--arch takes amd64 or arm64' });
}
