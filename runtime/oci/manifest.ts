import type { Descriptor } from './descriptor.ts';
import { parseDescriptor } from './descriptor.ts';
import type { JsonObject } from './json-document.ts';
import { expectList, expectString, expectStringMap, invalid, parseJsonObject } from './json-document.ts';
import { isIndexType, isManifestType } from './media-types.ts';

/** The largest manifest or index in bytes: what registries accept as a rule. */
export const maxManifestBytes = 4 * 1024 * 1024;
/** The most layers of a manifest, and manifests of an index. Gadgets have three and two. */
export const maxManifestItems = 1000;

interface Common {
  readonly mediaType?: string;
  readonly artifactType?: string;
  readonly subject?: Descriptor;
  readonly annotations: Readonly<Record<string, string>>;
}

/** One platform's content: https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md */
export interface Manifest extends Common {
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

/** Manifests of one image, a platform each: https://github.com/opencontainers/image-spec/blob/v1.1.1/image-index.md */
export interface ImageIndex extends Common {
  readonly manifests: readonly Descriptor[];
}

/** A manifest from its bytes; an `ImageError` of code IMAGE_INVALID for anything else. */
export function parseManifest(bytes: Uint8Array, subject = 'manifest'): Manifest {
  const json = parseJsonObject(bytes, subject, maxManifestBytes);
  // A document that two readers could take for different things is refused (CVE-2021-41190).
  if ('manifests' in json) throw invalid(subject, 'is a manifest that also lists "manifests"');
  return {
    ...parseCommon(json, subject, isManifestType),
    config: parseDescriptor(json['config'], `${subject}: config`),
    layers: parseDescriptors(json['layers'], `${subject}: layers`),
  };
}

/** An image index from its bytes; an `ImageError` of code IMAGE_INVALID for anything else. */
export function parseImageIndex(bytes: Uint8Array, subject = 'image index'): ImageIndex {
  const json = parseJsonObject(bytes, subject, maxManifestBytes);
  if ('layers' in json || 'config' in json) throw invalid(subject, 'is an image index that also has "config" or "layers"');
  return { ...parseCommon(json, subject, isIndexType), manifests: parseDescriptors(json['manifests'], `${subject}: manifests`) };
}

function parseCommon(json: JsonObject, subject: string, isExpectedType: (mediaType: string) => boolean): Common {
  const { schemaVersion, mediaType, artifactType, subject: about, annotations } = json;
  if (schemaVersion !== 2) throw invalid(subject, 'its schemaVersion is not 2');
  if (mediaType !== undefined && !isExpectedType(expectString(mediaType, `${subject}: mediaType`))) {
    throw invalid(subject, `its mediaType is ${JSON.stringify(mediaType)}`);
  }
  return {
    ...(mediaType === undefined ? {} : { mediaType: mediaType as string }),
    ...(artifactType === undefined ? {} : { artifactType: expectString(artifactType, `${subject}: artifactType`) }),
    ...(about === undefined || about === null ? {} : { subject: parseDescriptor(about, `${subject}: subject`) }),
    annotations: expectStringMap(annotations, `${subject}: annotations`),
  };
}

function parseDescriptors(value: unknown, subject: string): readonly Descriptor[] {
  return expectList(value, subject, maxManifestItems).map((item, at) => parseDescriptor(item, `${subject}[${at}]`));
}

/** Which manifest of an index is for machines of that architecture (Go's name for it): one that says so, else the only one if it says nothing. */
export function childFor(manifests: readonly Descriptor[], architecture: string): Descriptor | undefined {
  const [only, ...others] = manifests;
  const unnamed = others.length === 0 && only?.platform === undefined ? only : undefined;
  return manifests.find(({ platform }) => platform?.architecture === architecture) ?? unnamed;
}

/** Whether the content names other content, so that its bytes have to be read to walk the graph. */
export function hasSuccessors(descriptor: Descriptor): boolean {
  return isIndexType(descriptor.mediaType) || isManifestType(descriptor.mediaType);
}

/** What a manifest or index needs to be complete: its manifests, or its config and layers. A `subject` is not needed. */
export function successorsOf(descriptor: Descriptor, bytes: Uint8Array): readonly Descriptor[] {
  if (isIndexType(descriptor.mediaType)) return parseImageIndex(bytes, descriptor.digest).manifests;
  if (!isManifestType(descriptor.mediaType)) return [];
  const { config, layers } = parseManifest(bytes, descriptor.digest);
  return [config, ...layers];
}
