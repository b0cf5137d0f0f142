import type { ReadableStore } from '../../../oci/content-store.ts';
import type { Descriptor } from '../../../oci/descriptor.ts';
import type { ImageSummary } from '../../../oci/image-summary.ts';
import { parseImageIndex, parseManifest } from '../../../oci/manifest.ts';
import { isIndexType } from '../../../oci/media-types.ts';

/** The OCI side of an image: name, size, and a manifest for each platform. */
export async function contentDocument(store: ReadableStore, { name, descriptor, sizeBytes, created, builtHere }: ImageSummary) {
  const index = isIndexType(descriptor.mediaType) ? parseImageIndex(await store.fetch(descriptor), descriptor.digest) : undefined;
  const manifests = [];
  for (const manifest of index?.manifests ?? [descriptor]) manifests.push(await manifestDocument(store, manifest));
  return {
    reference: name,
    ...contentOf(descriptor),
    totalSizeBytes: sizeBytes,
    created,
    builtHere,
    annotations: index?.annotations,
    manifests,
  };
}

async function manifestDocument(store: ReadableStore, descriptor: Descriptor) {
  const { artifactType, config, layers, annotations } = parseManifest(await store.fetch(descriptor), descriptor.digest);
  const { architecture, os, variant } = descriptor.platform ?? {};
  return {
    platform: descriptor.platform && { architecture, os, variant },
    ...contentOf(descriptor),
    artifactType,
    config: contentOf(config),
    layers: layers.map(contentOf),
    annotations,
  };
}

function contentOf({ mediaType, digest, size }: Descriptor) {
  return { mediaType, digest, sizeBytes: size };
}
