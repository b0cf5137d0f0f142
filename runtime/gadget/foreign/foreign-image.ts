import { ImageError } from '../../base/errors.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { readLayerFiles } from '../../oci/layer-files.ts';
import type { Manifest } from '../../oci/manifest.ts';
import { type BytecodeLabels, maxConfigBytes, readBytecodeLabels } from './bytecode-labels.ts';
import { bumblebeeTypes, type ImageKind, imageKindOf, imageKinds } from './image-kind.ts';

/** Content by descriptor, verified. Throws IMAGE_NOT_FOUND and IMAGE_INVALID. */
export type FetchContent = (descriptor: Descriptor, maxBytes: number, subject: string) => Promise<Uint8Array>;

/** An image of another project's tools, as far as it can be used here. */
export interface ForeignImage {
  readonly kind: 'bumblebee' | 'bytecode';
  readonly description: string;
  /** What labels say of programs and maps; only bytecode images have any. */
  readonly labels: BytecodeLabels | undefined;
}

/** A foreign image with its eBPF object. */
export interface ForeignParts {
  readonly foreign: ForeignImage;
  readonly object: Uint8Array;
}

const annotationDescription = 'org.opencontainers.image.description';
const layerLimits = { unpackedBytes: 128 * 1024 * 1024, entries: 1000 } as const;

/** What is known of an image before its content is looked at. */
export interface RecognisedImage {
  readonly kind: ImageKind;
  /** Of an image with bytecode. */
  readonly labels: BytecodeLabels | undefined;
}

/** Which kind of image it is; the config of a container image is read for it. Throws what `fetch` throws. */
export async function recogniseImage(manifest: Manifest, name: string, fetch: FetchContent): Promise<RecognisedImage> {
  const kind = imageKindOf(manifest);
  if (kind !== 'container') return { kind, labels: undefined };
  const subject = `the config of ${name}`;
  const labels = readBytecodeLabels(await fetch(manifest.config, maxConfigBytes, subject), subject);
  return { kind: labels === undefined ? 'container' : 'bytecode', labels };
}

/** The object of an image that is no gadget. Throws IMAGE_INVALID, with a sentence that says what the image is, when it has none. */
export async function readForeignImage(
  manifest: Manifest,
  name: string,
  { fetch, maxObjectBytes }: { readonly fetch: FetchContent; readonly maxObjectBytes: number },
): Promise<ForeignParts> {
  const { kind, labels } = await recogniseImage(manifest, name, fetch);
  const description = manifest.annotations[annotationDescription] ?? '';
  if (kind === 'bumblebee') {
    const layer = manifest.layers.find(({ mediaType }) => bumblebeeTypes.programs.has(mediaType));
    if (layer === undefined) throw new ImageError('IMAGE_INVALID', `${name} is ${imageKinds[kind]}, but has no program in it`);
    return { foreign: { kind, description, labels }, object: await fetch(layer, maxObjectBytes, `the eBPF program of ${name}`) };
  }
  if (kind === 'bytecode' && labels !== undefined) {
    return { foreign: { kind, description, labels }, object: await bytecodeOf(manifest, name, { labels, fetch, maxObjectBytes }) };
  }
  throw notRunnable(kind, manifest, name);
}

async function bytecodeOf(
  { layers }: Manifest,
  name: string,
  { labels, fetch, maxObjectBytes }: { labels: BytecodeLabels; fetch: FetchContent; maxObjectBytes: number },
): Promise<Uint8Array> {
  const layer = layers[0];
  const subject = `the layer of ${name}`;
  if (layer === undefined || layers.length > 1)
    throw new ImageError('IMAGE_INVALID', `${name} is ${imageKinds.bytecode}, but has ${layers.length} layers instead of one`);
  const files = await readLayerFiles(once(await fetch(layer, layerLimits.unpackedBytes, subject)), {
    subject,
    limits: { ...layerLimits, fileBytes: maxObjectBytes },
    wants: (file) => !file.includes('/') && (file === labels.fileName || file.endsWith('.o')),
  });
  const object = files.get(labels.fileName ?? '') ?? (files.size === 1 ? [...files.values()][0] : undefined);
  if (object !== undefined) return object;
  const found = files.size === 0 ? 'no object file (.o)' : `${files.size} object files: ${[...files.keys()].join(', ')}`;
  throw new ImageError('IMAGE_INVALID', `${name} is ${imageKinds.bytecode}, but has ${found} in its layer`);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** The error of an image that there is no way to run. */
function notRunnable(kind: ImageKind, { config }: Manifest, name: string): ImageError {
  const why = kind === 'gadget' ? 'it has neither a gadget.yaml nor an eBPF program' : `it is ${imageKinds[kind]}`;
  return new ImageError('IMAGE_INVALID', `${name} is no gadget image: ${why}`, {
    context: { image: name, kind },
    hint: `its config is of type ${config.mediaType}`,
  });
}

/** The labels' programs as people read them: `pass (xdp), count (tc)`; undefined without any. */
export function labelledPrograms(labels: BytecodeLabels | undefined): string | undefined {
  if (labels === undefined || labels.programs.size === 0) return undefined;
  return [...labels.programs].map(([name, type]) => `${name} (${type})`).join(', ');
}
