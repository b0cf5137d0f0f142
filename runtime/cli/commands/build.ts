import type { Command } from 'commander';
import type { ImageBuildOptions } from '../../../builder/build-image.ts';
import { parseImageReference } from '../../oci/image-reference.ts';
import { defaultRegistryOf } from '../../oci/own-gadgets.ts';
import type { CliContext } from '../context.ts';
import { renderDiagnostic } from '../render-diagnostic.ts';
import { outputFormat } from '../render-document.ts';

interface BuildFlags {
  readonly tag?: string;
  readonly file?: string;
  readonly clang?: string;
  readonly updateMetadata?: boolean;
  readonly validateMetadata: boolean;
  readonly strict?: boolean;
  readonly output: string;
}

const formats = ['text', 'json'] as const;

/** `gadget build [PATH]`: a folder with `program.bpf.c` and `gadget.yaml` becomes an image in the local store. */
export function register(program: Command, context: CliContext): void {
  program
    .command('build')
    .description('build a gadget image from a folder, for amd64 and arm64')
    .argument('[path]', 'the folder of the gadget', '.')
    .option('-t, --tag <image>', "what to call the image (default: the folder's name)")
    .option('-f, --file <file>', 'the build file, relative to the folder (default: build.yaml, which may be absent)')
    .option('--clang <path>', 'the compiler (default: $CLANG, else the clang in PATH)')
    .option('--update-metadata', 'write what the program declares into gadget.yaml, where it is not yet')
    .option('--validate-metadata [bool]', 'compare gadget.yaml with the program', parseBoolean, true)
    .option('--no-validate-metadata', 'do not')
    .option('--strict', 'make errors of warnings about gadget.yaml')
    .option('-o, --output <format>', formats.join(', '), 'text')
    .action((path: string, flags: BuildFlags) => runBuild(path, flags, context));
}

function parseBoolean(text: string): boolean {
  return text !== 'false' && text !== '0';
}

async function runBuild(path: string, flags: BuildFlags, context: CliContext): Promise<void> {
  const format = outputFormat(flags.output, formats);
  const { buildImage } = await import('../../../builder/build-image.ts');
  const { digest, reference, diagnostics } = await buildImage(buildOptions(path, flags, context));
  if (format === 'json') context.stdout.write(`${JSON.stringify({ reference: reference.toString(), digest, diagnostics })}\n`);
  else context.stdout.write(`built ${reference}@${digest}\n`);
}

function buildOptions(path: string, flags: BuildFlags, context: CliContext): ImageBuildOptions {
  const { tag, file, clang, updateMetadata, validateMetadata, strict } = flags;
  return {
    path,
    ...(tag !== undefined && { tag: parseImageReference(tag, { defaultRegistry: defaultRegistryOf(context.env) }) }),
    ...(file !== undefined && { file }),
    ...(clang !== undefined && { clang }),
    ...(updateMetadata !== undefined && { updateMetadata }),
    ...(strict !== undefined && { strict }),
    validateMetadata,
    env: context.env,
    cwd: context.cwd,
    signal: context.signal,
    report: (diagnostic) => {
      if (diagnostic.severity === 'debug' && !context.verbose) return;
      if (diagnostic.severity !== 'error' && context.quiet) return;
      context.stderr.write(renderDiagnostic(diagnostic));
    },
  };
}
