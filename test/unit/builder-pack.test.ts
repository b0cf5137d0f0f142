import { describe, expect, it } from 'vitest';
import { createdFrom, imageAnnotations } from '../../builder/annotations.ts';
import { packImage } from '../../builder/pack.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { parseMetadata } from '../../runtime/gadget/metadata-parse.ts';
import { digestOf } from '../../runtime/oci/digest.ts';

class MemoryStore {
  readonly blobs = new Map<string, Uint8Array>();

  async push(descriptor: { digest: string; size: number }, bytes: Uint8Array): Promise<void> {
    expect(digestOf(bytes)).toBe(descriptor.digest);
    expect(bytes.length).toBe(descriptor.size);
    this.blobs.set(descriptor.digest, bytes);
  }

  json(descriptor: { digest: string }) {
    return JSON.parse(Buffer.from(this.blobs.get(descriptor.digest)!).toString());
  }
}

const annotations = { 'org.example': 'x' };

describe('packImage', () => {
  it('writes an index and a manifest for each architecture, annotated all over', async () => {
    const store = new MemoryStore();
    const objects = new Map([
      ['amd64', new Uint8Array([1])],
      ['arm64', new Uint8Array([2])],
    ] as const);
    const index = await packImage(store, { metadataText: 'name: x\n', objects, wasm: new Uint8Array([3]), annotations });
    expect(index).toMatchObject({ mediaType: 'application/vnd.oci.image.index.v1+json', annotations });
    const { manifests, ...rest } = store.json(index);
    expect(rest).toEqual({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', annotations });
    expect(manifests.map((manifest: { platform: unknown; annotations: unknown }) => [manifest.platform, manifest.annotations])).toEqual([
      [{ architecture: 'amd64', os: 'linux' }, annotations],
      [{ architecture: 'arm64', os: 'linux' }, annotations],
    ]);
    expect(manifests[0]).not.toHaveProperty('artifactType');
    const manifest = store.json(manifests[1]);
    expect(manifest).toMatchObject({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      artifactType: 'application/vnd.gadget.v1+binary',
      config: { mediaType: 'application/vnd.gadget.config.v1+yaml', size: 8, annotations },
      annotations,
    });
    expect(
      manifest.layers.map(({ mediaType, digest }: { mediaType: string; digest: string }) => [mediaType, [...store.blobs.get(digest)!]]),
    ).toEqual([
      ['application/vnd.gadget.ebpf.program.v1+binary', [2]],
      ['application/vnd.gadget.wasm.program.v1+binary', [3]],
    ]);
    expect(Buffer.from(store.blobs.get(manifest.config.digest)!).toString()).toBe('name: x\n');
  });

  it('has the empty config without gadget.yaml, and no layers for what there is none', async () => {
    const store = new MemoryStore();
    const index = await packImage(store, { metadataText: undefined, objects: new Map(), wasm: undefined, annotations: {} });
    const manifest = store.json(store.json(index).manifests[0]);
    expect(manifest.config).toMatchObject({ mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf(Buffer.from('{}')) });
    expect(manifest.layers).toEqual([]);
  });
});

describe('imageAnnotations', () => {
  it('describes the gadget, in the order of keys', () => {
    const { metadata } = parseMetadata('name: n\nsourceURL: s\nannotations: {io.Example.Key: v}', 'g', () => {});
    const all = imageAnnotations(metadata, '19.1.7', '2024-01-01T00:00:00Z');
    expect(all).toEqual({
      'dev.gadget.builder.clang': '19.1.7',
      'dev.gadget.builder.version': packageJson.version,
      'io.Example.Key': 'v',
      'io.inspektor-gadget.builder.version': 'v0.55.0',
      'org.opencontainers.image.created': '2024-01-01T00:00:00Z',
      'org.opencontainers.image.description': '',
      'org.opencontainers.image.documentation': '',
      'org.opencontainers.image.source': 's',
      'org.opencontainers.image.title': 'n',
      'org.opencontainers.image.url': '',
    });
    expect(Object.keys(all)).toEqual(Object.keys(all).toSorted());
  });

  it.each([
    [undefined, undefined],
    ['', undefined],
    ['0', '1970-01-01T00:00:00Z'],
    ['1700000000', '2023-11-14T22:13:20Z'],
  ])('SOURCE_DATE_EPOCH %j makes %j', (text, created) => {
    expect(createdFrom({ SOURCE_DATE_EPOCH: text })).toBe(created);
  });

  it('refuses a SOURCE_DATE_EPOCH that is no number', () => {
    expect(() => createdFrom({ SOURCE_DATE_EPOCH: 'yesterday' })).toThrow(/not a number of seconds/);
  });
});
