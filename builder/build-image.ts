import type { Diagnostic, Report } from '../runtime/base/diagnostics.ts';
import { GadgetSpecError } from '../runtime/base/errors.ts';
import { type LocatedSpec, locatedSpecFromParts } from '../runtime/gadget/from-image.ts';
import type { Architecture } from '../runtime/gadget/spec.ts';
import { validateMetadata } from '../runtime/gadget/validate-metadata.ts';
import type { ImageReference } from '../runtime/oci/image-reference.ts';
import { defaultGadgetReference } from '../runtime/oci/own-gadgets.ts';
import { type ImageStore, openImageStore } from '../runtime/oci/store/image-store.ts';
import { defaultStorePath } from '../runtime/oci/store/location.ts';
import { createdFrom, imageAnnotations } from './annotations.ts';
import { reportCompilerOutput } from './build-for-host.ts';
import { type Compiled, compile } from './compile.ts';
import { type Compiler, findCompiler } from './compiler.ts';
import { type GadgetFolder, readGadgetFolder } from './gadget-folder.ts';
import { architectures, packImage } from './pack.ts';
import { writeMetadataSkeleton } from './update-metadata.ts';

export interface ImageBuildOptions {
  /** A gadget's folder. */
  readonly path: string;
  /** What to call the image; the folder's name in the default registry when not given. */
  readonly tag?: ImageReference;
  /** The build file, relative to the folder. */
  readonly file?: string;
  readonly clang?: string;
  /** Writes what the object declares and gadget.yaml lacks into gadget.yaml first. */
  readonly updateMetadata?: boolean;
  /** Compares gadget.yaml with the object; on unless said otherwise. */
  readonly validateMetadata?: boolean;
  /** Makes errors of warnings about gadget.yaml. */
  readonly strict?: boolean;
  readonly store?: ImageStore;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  readonly report?: Report;
  readonly signal?: AbortSignal;
}

export interface BuiltImage {
  /** Of the image index. */
  readonly digest: string;
  readonly reference: ImageReference;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Builds a folder into an image in the store, for all architectures, marked as built here.
 * The same source and compiler give the same digest wherever the folder is.
 */
export async function buildImage(options: ImageBuildOptions): Promise<BuiltImage> {
  const diagnostics: Diagnostic[] = [];
  const report: Report = (diagnostic) => {
    diagnostics.push(diagnostic);
    options.report?.(diagnostic);
  };
  const env = options.env ?? process.env;
  const created = createdFrom(env);
  let gadget = await readGadgetFolder(options, report);
  const reference = options.tag ?? defaultGadgetReference(gadget.name, env);
  const compiler = gadget.source === undefined ? undefined : await findCompiler(options);
  const objects = await compileAll(gadget, compiler, options.signal, report);
  if (options.updateMetadata)
    gadget = { ...gadget, metadataText: await writeMetadataSkeleton(gadget, specOf(gadget, objects, 'amd64', () => {}).spec, report) };
  const { spec } = checkAll(gadget, objects, options, report);
  const content = {
    metadataText: gadget.metadataText,
    objects,
    wasm: gadget.wasm,
    annotations: imageAnnotations(gadget.metadataText === undefined ? undefined : spec.metadata, compiler?.version, created),
  };
  const store = options.store ?? openImageStore(defaultStorePath(env));
  try {
    const index = await packImage(store, content);
    await store.tag(index, reference, { builtHere: true });
    return { digest: index.digest, reference, diagnostics };
  } finally {
    await store.close();
  }
}

type Objects = ReadonlyMap<Architecture, Uint8Array>;

/** Compiles for every architecture at the same time. */
async function compileAll(
  gadget: GadgetFolder,
  compiler: Compiler | undefined,
  signal: AbortSignal | undefined,
  report: Report,
): Promise<Objects> {
  const { folder, source, cflags } = gadget;
  if (source === undefined || compiler === undefined) return new Map();
  const all = await Promise.allSettled(
    architectures.map((architecture) => compile({ compiler, folder, source, cflags, architecture, signal })),
  );
  const compiled = all.map((result): Compiled => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
  // The same warning comes from every architecture.
  for (const output of new Set(compiled.map(({ compilerOutput }) => compilerOutput))) reportCompilerOutput(output, report);
  return new Map(architectures.map((architecture, index) => [architecture, compiled[index]!.object]));
}

function specOf(gadget: GadgetFolder, objects: Objects, architecture: Architecture, report: Report): LocatedSpec {
  const { name, metadataText, metadataFile } = gadget;
  return locatedSpecFromParts({ name, metadataText, metadataFile, architecture, object: objects.get(architecture) }, report);
}

/** Makes the spec of each architecture, so that a broken image is never packed; returns the first. */
function checkAll(gadget: GadgetFolder, objects: Objects, options: ImageBuildOptions, report: Report): LocatedSpec {
  const said = new Map<string, Diagnostic>();
  const specs = architectures.map((architecture) =>
    specOf(gadget, objects, architecture, (diagnostic) => said.set(keyOf(diagnostic), diagnostic)),
  );
  if (options.validateMetadata ?? true)
    for (const finding of commonFindings(specs, gadget.wasm !== undefined)) said.set(keyOf(finding), finding);
  for (const diagnostic of said.values()) report(diagnostic);
  const warnings = [...said.values()].filter(({ severity, position }) => severity === 'warning' && position !== undefined).length;
  if (options.strict && warnings > 0) {
    throw new GadgetSpecError(
      'METADATA_INVALID',
      `${gadget.metadataFile} has ${warnings === 1 ? 'a warning' : `${warnings} warnings`}, an error with --strict`,
    );
  }
  return specs[0]!;
}

/** A program or field may exist for one architecture only: a finding counts when all have it. */
function commonFindings(specs: readonly LocatedSpec[], hasWasm: boolean): Diagnostic[] {
  const [first = [], ...others] = specs.map((spec) => validateMetadata(spec, { hasWasm }));
  const common = others.map((findings) => new Set(findings.map(keyOf)));
  return first.filter((finding) => common.every((keys) => keys.has(keyOf(finding))));
}

function keyOf(diagnostic: Diagnostic): string {
  return JSON.stringify([diagnostic.message, diagnostic.position]);
}
