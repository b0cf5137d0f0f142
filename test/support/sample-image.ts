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
  return imageOf(piece(mediaTypes.gadgetConfig, `name: ${text}\n`), (architecture) => [
    piece(mediaTypes.ebpfProgram, `${architecture} object of ${text}`),
  ]);
}

/** An image of metadata only. */
export function metadataImage(gadgetYaml: string): SampleImage {
  return imageOf(piece(mediaTypes.gadgetConfig, gadgetYaml), () => []);
}

function imageOf(config: SampleContent, layersFor: (architecture: string) => SampleContent[]): SampleImage {
  const machines = ['amd64', 'arm64'].map((architecture) => {
    const layers = layersFor(architecture);
    const manifest = json(
      mediaTypes.manifest,
      { schemaVersion: 2, artifactType: gadgetArtifactType, config: config.descriptor, layers: layers.map(({ descriptor }) => descriptor) },
      { platform: { architecture, os: 'linux' } },
    );
    return { layers, manifest };
  });
  const manifests = machines.map(({ manifest }) => manifest.descriptor);
  const index = json(mediaTypes.index, { schemaVersion: 2, mediaType: mediaTypes.index, manifests });
  return { root: index.descriptor, content: [config, ...machines.flatMap(({ layers, manifest }) => [...layers, manifest]), index] };
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
export async function pushImage(store: Pick<ContentStore, 'push'>, image: SampleImage): Promise<SampleImage> {
  for (const { descriptor, bytes } of image.content) await store.push(descriptor, bytes);
  return image;
}

/** Something attached to an image: a manifest with one layer, by tag (as signatures are) or by `subject`. */
export function sampleAttachment(text: string, subject?: Descriptor): SampleImage {
  const config = piece(mediaTypes.emptyConfig, '{}');
  const layer = piece('application/vnd.example.note', text);
  const about = subject === undefined ? {} : { subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.size } };
  const artifactType = 'application/vnd.example.note';
  const document = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    artifactType,
    config: config.descriptor,
    layers: [layer.descriptor],
  };
  const manifest = json(mediaTypes.manifest, { ...document, ...about });
  return { root: manifest.descriptor, content: [config, layer, manifest] };
}
