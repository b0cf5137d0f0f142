import type { Architecture } from '../runtime/gadget/spec.ts';
import type { ContentStore } from '../runtime/oci/content-store.ts';
import { type Descriptor, describe } from '../runtime/oci/descriptor.ts';
import { gadgetArtifactType, mediaTypes } from '../runtime/oci/media-types.ts';

/** What goes into an image. */
export interface ImageContent {
  /** gadget.yaml, verbatim. */
  readonly metadataText: string | undefined;
  readonly objects: ReadonlyMap<Architecture, Uint8Array>;
  readonly wasm: Uint8Array | undefined;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Every image is for these, in this order, even one of gadget.yaml alone. */
export const architectures: readonly Architecture[] = ['amd64', 'arm64'];

/** Writes an image's content to a store: an index, and for each architecture a manifest, the config and the layers. Returns the index. */
export async function packImage(store: Pick<ContentStore, 'push'>, content: ImageContent): Promise<Descriptor> {
  const config = await pushConfig(store, content);
  const manifests: Descriptor[] = [];
  for (const architecture of architectures) manifests.push(await pushManifest(store, content, config, architecture));
  const { annotations } = content;
  return pushJson(store, mediaTypes.index, { schemaVersion: 2, mediaType: mediaTypes.index, manifests, annotations }, { annotations });
}

async function pushConfig(store: Pick<ContentStore, 'push'>, { metadataText, annotations }: ImageContent): Promise<Descriptor> {
  const bytes = new TextEncoder().encode(metadataText ?? '{}');
  const descriptor = describe(metadataText === undefined ? mediaTypes.emptyConfig : mediaTypes.gadgetConfig, bytes, { annotations });
  await store.push(descriptor, bytes);
  return descriptor;
}

async function pushManifest(
  store: Pick<ContentStore, 'push'>,
  content: ImageContent,
  config: Descriptor,
  architecture: Architecture,
): Promise<Descriptor> {
  const { annotations, wasm } = content;
  const layers: Descriptor[] = [];
  const object = content.objects.get(architecture);
  if (object !== undefined) layers.push(await pushLayer(store, mediaTypes.ebpfProgram, object));
  if (wasm !== undefined) layers.push(await pushLayer(store, mediaTypes.wasmProgram, wasm));
  const manifest = { schemaVersion: 2, mediaType: mediaTypes.manifest, artifactType: gadgetArtifactType, config, layers, annotations };
  // The index does not repeat `artifactType`: skopeo of Debian 12 leaves it out of its copy, which has another digest then.
  return pushJson(store, mediaTypes.manifest, manifest, { platform: { architecture, os: 'linux' }, annotations });
}

async function pushLayer(store: Pick<ContentStore, 'push'>, mediaType: string, bytes: Uint8Array): Promise<Descriptor> {
  const descriptor = describe(mediaType, bytes);
  await store.push(descriptor, bytes);
  return descriptor;
}

async function pushJson(
  store: Pick<ContentStore, 'push'>,
  mediaType: string,
  document: unknown,
  more: Pick<Descriptor, 'platform' | 'annotations'>,
): Promise<Descriptor> {
  const bytes = new TextEncoder().encode(JSON.stringify(document));
  const descriptor = describe(mediaType, bytes, more);
  await store.push(descriptor, bytes);
  return descriptor;
}
