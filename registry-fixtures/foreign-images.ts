import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import type { LayoutFolder, Part } from './layout-folder.ts';

const oci = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
} as const;
const docker = {
  manifest: 'application/vnd.docker.distribution.manifest.v2+json',
  config: 'application/vnd.docker.container.image.v1+json',
  layer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
} as const;
const gadget = {
  artifact: 'application/vnd.gadget.v1+binary',
  config: 'application/vnd.gadget.config.v1+yaml',
  program: 'application/vnd.gadget.ebpf.program.v1+binary',
  wasm: 'application/vnd.gadget.wasm.program.v1+binary',
  btfgen: 'application/vnd.gadget.btfgen.v1+binary',
} as const;
const architectures = ['amd64', 'arm64'] as const;

export interface GadgetLayers {
  readonly metadata: string;
  readonly object?: Uint8Array;
  readonly wasm?: Uint8Array;
  /** Content of a tar.gz. */
  readonly btf?: Uint8Array;
  /** Layers of other types, by type. */
  readonly others?: Readonly<Record<string, string>>;
  /** Each machine has a manifest of its own bytes. */
  readonly differs?: boolean;
  /** Whether each manifest says its own type; the tool itself leaves it out. */
  readonly mediaTypeInManifest?: boolean;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A gadget as Inspektor Gadget's `image build` writes it: an index even for one machine, the same annotations in every place. */
export function inspektorGadgetImage(layout: LayoutFolder, layers: GadgetLayers): Part {
  const annotations = { 'io.inspektor-gadget.builder.version': 'v0.55.0', 'org.opencontainers.image.title': '' };
  const manifests = architectures.map((architecture) => ({
    ...gadgetManifest(layout, layers.differs === true ? { ...layers, annotations: { architecture } } : layers),
    platform: { architecture, os: 'linux' },
    annotations,
  }));
  return layout.json(oci.index, { schemaVersion: 2, mediaType: oci.index, manifests, annotations });
}

/** One machine's part of a gadget, which that tool itself never names alone. */
export function gadgetManifest(layout: LayoutFolder, content: GadgetLayers): Part {
  const { metadata, object, wasm, btf, others, mediaTypeInManifest, annotations } = content;
  const layers = [
    ...(object === undefined ? [] : [layout.blob(gadget.program, object)]),
    ...(wasm === undefined ? [] : [layout.blob(gadget.wasm, wasm)]),
    ...(btf === undefined ? [] : [layout.blob(gadget.btfgen, btf)]),
    ...Object.entries(others ?? {}).map(([type, content]) => layout.blob(type, content)),
  ];
  return layout.json(oci.manifest, {
    schemaVersion: 2,
    ...(mediaTypeInManifest === true ? { mediaType: oci.manifest } : {}),
    config: layout.blob(gadget.config, metadata),
    layers,
    annotations,
    artifactType: gadget.artifact,
  });
}

/** What `bee push` writes: one manifest with an empty config and the object as it is. */
export function bumblebeeImage(layout: LayoutFolder, object: Uint8Array): Part {
  const title = (text: string) => ({ annotations: { 'org.opencontainers.image.title': text } });
  return layout.json(oci.manifest, {
    schemaVersion: 2,
    config: { ...layout.blob('application/ebpf.oci.image.config.v1+json', '{}'), ...title('config.json') },
    layers: [{ ...layout.blob('application/ebpf.oci.image.program.v1+binary', object), ...title('program.o') }],
    annotations: { 'org.opencontainers.image.description': 'counts files that are opened' },
  });
}

export interface BytecodeContent {
  readonly labels: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<string, Uint8Array>>;
  /** The types of Docker's first format instead of OCI's. */
  readonly types?: 'docker' | 'oci';
}

/** What bpfman runs: a container image of one layer that holds an object, with labels; a container image like any other when there are none. */
export async function bytecodeImage(layout: LayoutFolder, { labels, files, types = 'oci' }: BytecodeContent): Promise<Part> {
  const names = types === 'docker' ? docker : oci;
  const tar = await tarOf(files);
  const diffIds = [`sha256:${createHash('sha256').update(tar).digest('hex')}`];
  const config = { architecture: 'amd64', os: 'linux', config: { Labels: labels }, rootfs: { type: 'layers', diff_ids: diffIds } };
  return layout.json(names.manifest, {
    schemaVersion: 2,
    mediaType: names.manifest,
    config: layout.json(names.config, config),
    layers: [layout.blob(names.layer, gzipSync(tar))],
  });
}

/** A compressed tar of files. */
export async function tarGz(files: Readonly<Record<string, Uint8Array>>): Promise<Buffer> {
  return gzipSync(await tarOf(files));
}

async function tarOf(files: Readonly<Record<string, Uint8Array>>): Promise<Buffer> {
  const tar = pack();
  for (const [name, bytes] of Object.entries(files)) tar.entry({ name }, Buffer.from(bytes));
  tar.finalize();
  const pieces: Uint8Array[] = [];
  for await (const piece of tar) pieces.push(piece as Uint8Array);
  return Buffer.concat(pieces);
}
