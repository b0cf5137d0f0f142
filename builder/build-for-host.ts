import type { Report } from '../runtime/base/diagnostics.ts';
import { type GadgetParts, locatedSpecFromParts } from '../runtime/gadget/from-image.ts';
import type { Architecture } from '../runtime/gadget/spec.ts';
import { validateMetadata } from '../runtime/gadget/validate-metadata.ts';
import { compile } from './compile.ts';
import { findCompiler } from './compiler.ts';
import { type GadgetFolder, readGadgetFolder } from './gadget-folder.ts';

export interface HostBuildOptions {
  /** A folder, or a `*.bpf.c` file. */
  readonly path: string;
  readonly architecture: Architecture;
  /** The build file, relative to the folder. */
  readonly file?: string;
  readonly clang?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  readonly report?: Report;
  readonly signal?: AbortSignal;
}

/**
 * Builds a folder or file for one architecture, without making an image: the first half of running it in one step.
 * What gadget.yaml gets wrong is reported as warnings. Throws what `readGadgetFolder`, `findCompiler` and `compile` throw.
 */
export async function buildForHost(options: HostBuildOptions): Promise<GadgetParts & { readonly folder: string }> {
  const report = options.report ?? (() => {});
  const gadget = await readGadgetFolder(options, report);
  const object = gadget.source === undefined ? undefined : await compileFor(gadget, gadget.source, options, report);
  const { name, folder, metadataText, metadataFile } = gadget;
  const parts = { name, folder, architecture: options.architecture, object, metadataText, metadataFile };
  if (metadataText !== undefined) {
    // Making the spec is the caller's part, and says the rest.
    for (const finding of validateMetadata(
      locatedSpecFromParts(parts, () => {}),
      { hasWasm: gadget.wasm !== undefined },
    ))
      report(finding);
  }
  return parts;
}

async function compileFor(gadget: GadgetFolder, source: string, options: HostBuildOptions, report: Report): Promise<Uint8Array> {
  const compiler = await findCompiler(options);
  const { folder, cflags } = gadget;
  const { object, compilerOutput } = await compile({
    compiler,
    folder,
    source,
    cflags,
    architecture: options.architecture,
    signal: options.signal,
  });
  reportCompilerOutput(compilerOutput, report);
  return object;
}

/** Warnings of the compiler, a diagnostic a line; as `info`, which is shown without a word before it: as clang printed them. */
export function reportCompilerOutput(output: string, report: Report): void {
  for (const line of output.split('\n')) if (line.trim() !== '') report({ severity: 'info', message: line });
}
