import type { ContentStore } from '../../runtime/oci/content-store.ts';
import type { Descriptor } from '../../runtime/oci/descriptor.ts';
import { describe } from '../../runtime/oci/descriptor.ts';
import { gadgetArtifactType, mediaTypes } from '../../runtime/oci/media-types.ts';

export interface SampleContent {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

export interface SampleImage {
  readonly root: Descriptor;
  /** What the root needs, in the order of pushing: the root last. */
  readonly content: readonly SampleContent[];
}

/** An image with the shape of a gadget: an index, a manifest for each of two machines, one config and two layers. The text makes it unique. */
export function sampleImage(text: string): SampleImage {
  const config = piece(mediaTypes.gadgetConfig, `name: ${text}\n`);
  const manifests = ['amd64', 'arm64'].map((architecture) => {
    const layer = piece(mediaTypes.ebpfProgram, `${architecture} object of ${text}`);
    const manifest = json(
      mediaTypes.manifest,
      { schemaVersion: 2, artifactType: gadgetArtifactType, config: config.descriptor, layers: [layer.descriptor] },
      { platform: { architecture, os: 'linux' } },
    );
    return { layer, manifest };
  });
  const index = json(mediaTypes.index, {
    schemaVersion: 2,
    mediaType: mediaTypes.index,
    manifests: manifests.map(({ manifest }) => manifest.descriptor),
  });
  return { root: index.descriptor, content: [config, ...manifests.flatMap(({ layer, manifest }) => [layer, manifest]), index] };
}

function piece(mediaType: string, text: string): SampleContent {
  const bytes = Buffer.from(text);
  return { descriptor: describe(mediaType, bytes), bytes };
}

function json(mediaType: string, value: unknown, more: Pick<Descriptor, 'platform'> = {}): SampleContent {
  const bytes = Buffer.from(JSON.stringify(value));
  return { descriptor: describe(mediaType, bytes, more), bytes };
}

/** Pushes all of an image, and names nothing. */
export async function pushImage(store: ContentStore, image: SampleImage): Promise<SampleImage> {
  for (const { descriptor, bytes } of image.content) await store.push(descriptor, bytes);
  return image;
}
