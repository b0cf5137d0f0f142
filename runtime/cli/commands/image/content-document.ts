import type { ReadableStore } from '../../../oci/content-store.ts';
import type { Descriptor } from '../../../oci/descriptor.ts';
import { fetchManifest, type ImageSummary } from '../../../oci/image-summary.ts';
import { parseImageIndex, parseManifest } from '../../../oci/manifest.ts';
import { isIndexType } from '../../../oci/media-types.ts';

type Source = Pick<ReadableStore, 'fetch'>;

/** The OCI side of an image: name, size, and a manifest for each platform. */
export async function contentDocument(store: Source, { name, descriptor, sizeBytes, created, builtHere, sparse }: ImageSummary) {
  const index = isIndexType(descriptor.mediaType) ? parseImageIndex(await store.fetch(descriptor), descriptor.digest) : undefined;
  const manifests = [];
  for (const manifest of index?.manifests ?? [descriptor]) manifests.push(await manifestDocument(store, manifest, sparse));
  return {
    reference: name,
    ...contentOf(descriptor),
    totalSizeBytes: sizeBytes,
    created,
    builtHere,
    sparse,
    annotations: index?.annotations,
    manifests,
  };
}

/** Without config and layers when the image is sparse and this manifest is not there. */
async function manifestDocument(store: Source, descriptor: Descriptor, sparse: boolean) {
  const { architecture, os, variant } = descriptor.platform ?? {};
  const head = { platform: descriptor.platform && { architecture, os, variant }, ...contentOf(descriptor) };
  const bytes = await fetchManifest(store, descriptor, sparse);
  if (bytes === undefined) return { ...head, missing: true };
  const { artifactType, config, layers, annotations } = parseManifest(bytes, descriptor.digest);
  return {
    ...head,
    artifactType,
    config: contentOf(config),
    layers: layers.map(contentOf),
    annotations,
  };
}

function contentOf({ mediaType, digest, size }: Descriptor) {
  return { mediaType, digest, sizeBytes: size };
}
