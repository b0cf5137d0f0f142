import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { attachmentTag, copyAttachments, findAttachments } from '../../runtime/oci/attachments.ts';
import { type CopyOptions, copyImage, type TransferState } from '../../runtime/oci/copy.ts';
import { parseImageReference } from '../../runtime/oci/image-reference.ts';
import { isManifestType } from '../../runtime/oci/media-types.ts';
import type { Repository } from '../../runtime/oci/repository.ts';
import { type ImageStore, openImageStore } from '../../runtime/oci/store/image-store.ts';
import { LocalRepository } from '../../runtime/oci/store/local-repository.ts';
import { pushImage, sampleAttachment, sampleImage } from '../support/sample-image.ts';

let folder: string;
let stores: ImageStore[];
let from: LocalRepository;
let to: LocalRepository;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'copy-'));
  stores = ['from', 'to'].map((name) => openImageStore(join(folder, name)));
  [from, to] = stores.map((store) => new LocalRepository(store, 'example.org/tools/x')) as [LocalRepository, LocalRepository];
});

afterEach(async () => {
  for (const store of stores) await store.close();
  rmSync(folder, { recursive: true });
});

/** What a copy did to each digest. */
async function statesOf(copy: (options: CopyOptions) => Promise<unknown>): Promise<Record<string, TransferState[]>> {
  const states: Record<string, TransferState[]> = {};
  await copy({
    onState: ({ digest }, state) => {
      states[digest] = [...(states[digest] ?? []), state];
    },
  });
  return states;
}

describe('an image', () => {
  test('is copied whole, and only once', async () => {
    const { root, content } = await pushImage(from, sampleImage('a'));
    const first = await statesOf((options) => copyImage(from, to, root, options));
    expect(first).toEqual(Object.fromEntries(content.map(({ descriptor }) => [descriptor.digest, ['started', 'done']])));
    await to.tag(root, 'v1');
    for (const { descriptor, bytes } of content) expect(Buffer.from(await to.fetch(descriptor))).toEqual(Buffer.from(bytes));
    expect(await statesOf((options) => copyImage(from, to, root, options))).toEqual({ [root.digest]: ['exists'] });
  });

  test('passes bytes that add up to its size', async () => {
    const { root, content } = await pushImage(from, sampleImage('a'));
    let bytes = 0;
    await copyImage(from, to, root, { onBytes: (_, count) => (bytes += count) });
    expect(bytes).toBe(content.reduce((sum, { descriptor }) => sum + descriptor.size, 0));
  });

  test('is completed when a part of it is missing', async () => {
    const { root, content } = await pushImage(from, sampleImage('a'));
    await copyImage(from, to, root);
    const layer = content.find(({ descriptor }) => descriptor.mediaType.includes('ebpf'))!.descriptor;
    rmSync(join(folder, 'to/blobs/sha256', layer.digest.slice(7)));
    expect(await to.exists(root)).toBe(false);
    await copyImage(from, to, root);
    expect(await to.exists(root)).toBe(true);
  });

  test('of one platform is sparse', async () => {
    const { root, content } = await pushImage(from, sampleImage('a'));
    await copyImage(from, to, root, { wants: ({ platform }) => platform?.architecture === 'arm64' });
    const reference = parseImageReference('example.org/tools/x:v1');
    await expect(stores[1]!.tag(root, reference)).rejects.toThrow('is not in the image store');
    await stores[1]!.tag(root, reference, { sparse: true });
    expect(await stores[1]!.find(reference)).toMatchObject({ sparse: true });
    // What somebody left who was killed while deleting the other platform.
    const left = content.find(({ descriptor }) => descriptor.platform?.architecture === 'amd64')!;
    await stores[1]!.push(left.descriptor, left.bytes);
    await stores[1]!.tag(root, reference, { sparse: true });
    rmSync(join(folder, 'to/blobs/sha256', left.descriptor.digest.slice(7)));
    await stores[1]!.close();
    expect((await stores[1]!.prune()).blobs).toBe(0);
  });

  test.each([
    ['changed', (bytes: Buffer) => Buffer.concat([bytes.subarray(1), Buffer.from('!')])],
    ['cut short', (bytes: Buffer) => bytes.subarray(1)],
    ['made longer', (bytes: Buffer) => Buffer.concat([bytes, bytes])],
  ])('with content that was %s arrives nowhere', async (_, damage) => {
    const { root, content } = await pushImage(from, sampleImage('a'));
    const layer = content.find(({ descriptor }) => descriptor.mediaType.includes('ebpf'))!;
    writeFileSync(join(folder, 'from/blobs/sha256', layer.descriptor.digest.slice(7)), damage(Buffer.from(layer.bytes)));
    await expect(copyImage(from, to, root)).rejects.toThrow(layer.descriptor.digest);
    expect(await to.exists(layer.descriptor)).toBe(false);
    expect(await to.exists(root)).toBe(false);
  });

  test('is given up when the signal says so, with nothing left under way', async () => {
    const { root } = await pushImage(from, sampleImage('a'));
    const abort = new AbortController();
    let underWay = 0;
    const slow: Repository = Object.assign(Object.create(to) as Repository, {
      write: async () => {
        underWay++;
        abort.abort();
        await new Promise((resolve) => setTimeout(resolve, 30));
        underWay--;
      },
      exists: (descriptor: Parameters<Repository['exists']>[0]) => to.exists(descriptor),
    });
    await expect(copyImage(from, slow, root, { signal: abort.signal })).rejects.toThrow('abort');
    expect(underWay).toBe(0);
  });
});

describe('attachments', () => {
  test('are found by tag and by subject, and travel with what is attached to them', async () => {
    const { root } = await pushImage(from, sampleImage('a'));
    const signature = await pushImage(from, sampleAttachment('signature'));
    await from.tag(signature.root, attachmentTag(root.digest, '.sig'));
    const sbom = await pushImage(from, sampleAttachment('sbom', root));
    const ofSbom = await pushImage(from, sampleAttachment('signature of the sbom', sbom.root));
    await pushImage(from, sampleAttachment('about another', signature.root));
    await from.commit();
    await copyImage(from, to, root);
    expect(await copyAttachments(from, to, root.digest)).toBe(3);
    expect(await findAttachments(new LocalRepository(stores[1]!, to.name), root.digest)).toEqual([]);
    await to.commit();
    const found = (await findAttachments(to, root.digest)).map(({ descriptor, tag }) => [descriptor.digest, tag]);
    expect(found).toEqual([
      [signature.root.digest, attachmentTag(root.digest, '.sig')],
      [sbom.root.digest, undefined],
    ]);
    expect((await to.referrers(sbom.root.digest)).map(({ digest }) => digest)).toEqual([ofSbom.root.digest]);
    expect((await to.referrers(root.digest))[0]).toMatchObject({ artifactType: 'application/vnd.example.note' });
  });

  test('are no images, and leave with their image', async () => {
    const store = stores[0]!;
    const { root } = await pushImage(from, sampleImage('a'));
    await from.tag(root, 'v1');
    await from.tag(root, 'v2');
    const signature = await pushImage(from, sampleAttachment('signature'));
    await from.tag(signature.root, attachmentTag(root.digest, '.sig'));
    const sbom = await pushImage(from, sampleAttachment('sbom', root));
    await pushImage(from, sampleAttachment('signature of the sbom', sbom.root));
    await from.commit();
    expect((await store.list()).map(({ name }) => name)).toEqual(['example.org/tools/x:v1', 'example.org/tools/x:v2']);
    await store.close();
    await store.remove(parseImageReference('example.org/tools/x:v1'));
    expect(await findAttachments(from, root.digest)).toHaveLength(2);
    expect((await store.remove(parseImageReference('example.org/tools/x:v2'))).collected?.blobs).toBe(13); // {} is shared
    expect(await store.entries()).toEqual([]);
  });

  test('whose manifest says something else are not believed', async () => {
    const { root } = await pushImage(from, sampleImage('a'));
    const liar: Repository = Object.assign(Object.create(from) as Repository, {
      referrers: async () => [sampleAttachment('x').root],
      resolve: async () => undefined,
      fetch: async () => sampleAttachment('x').content[2]!.bytes,
    });
    expect(isManifestType(sampleAttachment('x').root.mediaType)).toBe(true);
    expect(await findAttachments(liar, root.digest)).toEqual([]);
  });
});
