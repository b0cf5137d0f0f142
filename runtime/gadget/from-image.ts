import type { Report } from '../base/diagnostics.ts';
import { GadgetSpecError, ImageError, type TextPosition } from '../base/errors.ts';
import { safeText } from '../base/safe-text.ts';
import type { ReadableStore } from '../oci/content-store.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { ImageReference } from '../oci/image-reference.ts';
import { childFor, type Manifest, parseImageIndex, parseManifest } from '../oci/manifest.ts';
import { isIndexType, isManifestType, mediaTypes } from '../oci/media-types.ts';
import { annotateDataSource } from './annotate.ts';
import { deriveSources } from './foreign/derive-sources.ts';
import { type FetchContent, type ForeignImage, type RecognisedImage, readForeignImage, recogniseImage } from './foreign/foreign-image.ts';
import { mergeMapSections } from './foreign/merge-map-sections.ts';
import { readMaps } from './maps.ts';
import { readMarkers } from './markers.ts';
import type { GadgetMetadata } from './metadata.ts';
import { emptyMetadata, type ParsedMetadata, parseMetadata } from './metadata-parse.ts';
import { readObject } from './object.ts';
import { readParams } from './params.ts';
import { readPrograms } from './programs.ts';
import { readIteratorTargets, readSources } from './sources.ts';
import type { Architecture, GadgetSpec } from './spec.ts';
import { readVariables } from './variables.ts';
import { maxYamlLength } from './yaml-tree.ts';

/** The largest eBPF object in bytes; the largest known has a hundredth of it. */
export const maxObjectBytes = 32 * 1024 * 1024;
/** The largest gadget.yaml in bytes, of which each may be a character. */
const maxMetadataBytes = maxYamlLength;

/** What a gadget is made of, before anything is understood. */
export interface GadgetParts {
  readonly name: string;
  readonly architecture: Architecture;
  readonly object: Uint8Array | undefined;
  readonly metadataText: string | undefined;
  /** The file that messages about the metadata name; `gadget.yaml` when not given. */
  readonly metadataFile?: string;
  /** Where the object comes from when no gadget holds it. */
  readonly foreign?: ForeignImage;
}

/** A spec, and where its metadata says what. */
export interface LocatedSpec {
  readonly spec: GadgetSpec;
  locate(path: string): TextPosition | undefined;
}

/** The spec of a gadget; see `locatedSpecFromParts`. */
export function specFromParts(parts: GadgetParts, report: Report): GadgetSpec {
  return locatedSpecFromParts(parts, report).spec;
}

/**
 * What an object and its metadata say. Pure. Throws ELF_INVALID, BTF_INVALID, BTF_MISSING, SPEC_INVALID, SCHEMA_UNSUPPORTED,
 * METADATA_SYNTAX or METADATA_INVALID.
 */
export function locatedSpecFromParts(parts: GadgetParts, report: Report): LocatedSpec {
  const { metadata, locate } = readMetadata(parts, report);
  const spec = parts.object === undefined ? metadataOnlySpec(parts, metadata) : objectSpec(parts, parts.object, metadata, report);
  return { spec, locate };
}

function readMetadata(parts: GadgetParts, report: Report): ParsedMetadata {
  if (parts.metadataText === undefined) {
    const metadata = { ...emptyMetadata(parts.name), description: parts.foreign?.description ?? '' };
    return { metadata, locate: () => undefined };
  }
  return parseMetadata(parts.metadataText, parts.metadataFile ?? 'gadget.yaml', report);
}

function metadataOnlySpec({ name, architecture }: GadgetParts, metadata: GadgetMetadata): GadgetSpec {
  return {
    name,
    metadata,
    architecture,
    object: undefined,
    btf: undefined,
    sources: [],
    programs: [],
    maps: [],
    params: [],
    variables: new Map(),
    iteratorTargets: new Map(),
  };
}

function objectSpec({ name, architecture, foreign }: GadgetParts, bytes: Uint8Array, metadata: GadgetMetadata, report: Report): GadgetSpec {
  const object = readObject(name, bytes);
  const markers = readMarkers(object);
  const variables = readVariables(object);
  const programs = readPrograms(object, metadata);
  const maps = readMaps(object);
  const scope = { object, maps, programs, report };
  const declared = readSources(scope, markers);
  const sources = declared.length > 0 || foreign === undefined ? declared : deriveSources(object, maps, { foreign, report });
  for (const { dataSource } of sources) annotateDataSource(dataSource, metadata);
  return {
    name,
    metadata,
    architecture,
    object: foreign?.kind === 'bumblebee' ? mergeMapSections(bytes) : bytes,
    btf: object.btf,
    sources,
    programs,
    maps: [...maps.values()],
    params: readParams(object, markers, variables, metadata),
    variables: new Map([...variables].filter(([, variable]) => variable.tunable)),
    iteratorTargets: readIteratorTargets(scope, markers),
    ...(foreign === undefined ? {} : { foreign }),
  };
}

/** Where images are read from: a store of them, or one repository. */
export type ImageSource = Pick<ReadableStore, 'resolve' | 'fetch'>;

/** The content of a gadget image for one architecture. */
export interface ImageParts extends GadgetParts {
  readonly manifest: Manifest;
}

/**
 * The spec of an image in a store. Warnings about its metadata are for who builds it: they are reported as debug.
 * Throws IMAGE_NOT_FOUND, IMAGE_INVALID, and what `specFromParts` throws.
 */
export async function loadGadgetSpec(
  store: ImageSource,
  image: ImageReference | Descriptor,
  architecture: Architecture,
  options: { readonly name?: string; readonly report?: Report } = {},
): Promise<GadgetSpec> {
  const report = options.report ?? (() => {});
  const parts = await fetchGadgetParts(store, image, architecture, options);
  if (parts.foreign === undefined) reportLayers(parts, report);
  return specFromParts(parts, (diagnostic) =>
    report(diagnostic.severity === 'warning' ? { ...diagnostic, severity: 'debug' } : diagnostic),
  );
}

const knownLayers: ReadonlySet<string> = new Set([mediaTypes.ebpfProgram, mediaTypes.wasmProgram, mediaTypes.btfgen]);

function reportLayers({ name, manifest }: ImageParts, report: Report): void {
  for (const mediaType of new Set(manifest.layers.map((layer) => layer.mediaType))) {
    if (mediaType === mediaTypes.wasmProgram) {
      report({ severity: 'warning', message: `${name}: its WASM module is not run; fields that it fills stay empty` });
    } else if (!knownLayers.has(mediaType)) {
      report({ severity: 'warning', message: `${name}: its layer of type ${safeText(mediaType)} is passed over` });
    }
  }
}

/** The layer with BTF of kernels that have none themselves, if the image has one for that architecture. Throws IMAGE_NOT_FOUND and IMAGE_INVALID. */
export async function btfArchiveOf(
  store: ImageSource,
  image: Descriptor,
  architecture: Architecture,
  name: string,
): Promise<Descriptor | undefined> {
  const { layers } = await fetchManifest(store, image, architecture, name);
  return layers.find(({ mediaType }) => mediaType === mediaTypes.btfgen);
}

/** What kind of image it is for that architecture, whether or not it can be run. Throws IMAGE_NOT_FOUND and IMAGE_INVALID. */
export async function recogniseStoredImage(
  store: ImageSource,
  image: Descriptor,
  architecture: Architecture,
  name: string,
): Promise<RecognisedImage> {
  const manifest = await fetchManifest(store, image, architecture, name);
  return await recogniseImage(manifest, name, (descriptor, maxBytes, subject) => fetchBounded(store, descriptor, maxBytes, subject));
}

/** Fetches what a gadget is made of. Throws IMAGE_NOT_FOUND, or IMAGE_INVALID for what is no gadget image or none for this architecture. */
export async function fetchGadgetParts(
  store: ImageSource,
  image: ImageReference | Descriptor,
  architecture: Architecture,
  options: { readonly name?: string } = {},
): Promise<ImageParts> {
  const root = 'mediaType' in image ? image : await resolve(store, image);
  const name = options.name ?? ('mediaType' in image ? image.digest : (image.repository.split('/').at(-1) ?? image.repository));
  const manifest = await fetchManifest(store, root, architecture, name);
  const layer = manifest.layers.find(({ mediaType }) => mediaType === mediaTypes.ebpfProgram);
  const hasMetadata = manifest.config.mediaType === mediaTypes.gadgetConfig;
  const fetch: FetchContent = (descriptor, maxBytes, subject) => fetchBounded(store, descriptor, maxBytes, subject);
  if (layer === undefined && !hasMetadata) {
    const { foreign, object } = await readForeignImage(manifest, name, { fetch, maxObjectBytes });
    return { name, architecture, manifest, object, metadataText: undefined, foreign };
  }
  const [object, metadata] = await Promise.all([
    layer === undefined ? undefined : fetch(layer, maxObjectBytes, `the eBPF program of ${name}`),
    hasMetadata ? fetch(manifest.config, maxMetadataBytes, `gadget.yaml of ${name}`) : undefined,
  ]);
  return { name, architecture, manifest, object, metadataText: metadata && decodeText(metadata, `gadget.yaml of ${name}`) };
}

/** Bytes of a gadget.yaml as text. Throws METADATA_SYNTAX when they are not UTF-8. */
export function decodeText(bytes: Uint8Array, subject: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new GadgetSpecError('METADATA_SYNTAX', `${subject} is not UTF-8 text`, { cause });
  }
}

async function resolve(store: ImageSource, reference: ImageReference): Promise<Descriptor> {
  const descriptor = await store.resolve(reference);
  if (descriptor !== undefined) return descriptor;
  throw new ImageError('IMAGE_NOT_FOUND', `there is no image ${reference} in the local store`, {
    context: { image: reference.toString() },
    hint: '"gadget image list" shows what there is, "gadget build" makes one',
  });
}

async function fetchManifest(store: ImageSource, root: Descriptor, architecture: Architecture, name: string): Promise<Manifest> {
  if (isManifestType(root.mediaType)) return parseManifest(await store.fetch(root), name);
  if (!isIndexType(root.mediaType)) throw new ImageError('IMAGE_INVALID', `${name} is no image index but ${root.mediaType}`);
  const { manifests } = parseImageIndex(await store.fetch(root), name);
  const descriptor = childFor(manifests, architecture);
  if (descriptor !== undefined) return parseManifest(await store.fetch(descriptor), name);
  const others = manifests.map(({ platform }) => platform?.architecture ?? 'an unnamed one');
  throw new ImageError('IMAGE_INVALID', `${name} has nothing for the architecture ${architecture}`, {
    context: { image: name, architecture },
    hint: others.length === 0 ? 'its index is empty' : `it is for ${others.join(', ')}`,
  });
}

async function fetchBounded(store: ImageSource, descriptor: Descriptor, limit: number, subject: string): Promise<Uint8Array> {
  if (descriptor.size > limit) throw new ImageError('IMAGE_INVALID', `${subject} has ${descriptor.size} bytes; at most ${limit} are read`);
  return await store.fetch(descriptor);
}
