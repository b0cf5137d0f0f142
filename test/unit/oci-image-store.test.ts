import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Descriptor } from '../../runtime/oci/descriptor.ts';
import { describe as describeBytes } from '../../runtime/oci/descriptor.ts';
import { digestHex } from '../../runtime/oci/digest.ts';
import { parseImageReference as ref } from '../../runtime/oci/image-reference.ts';
import { annotationKeys } from '../../runtime/oci/media-types.ts';
import { lockFile } from '../../runtime/oci/store/file-lock.ts';
import type { ImageStore } from '../../runtime/oci/store/image-store.ts';
import { openImageStore } from '../../runtime/oci/store/image-store.ts';
import { LayeredStore } from '../../runtime/oci/store/layered-store.ts';
import { pushImage, sampleImage } from '../support/sample-image.ts';

let root: string;
let store: ImageStore;
const coded = (code: string) => expect.objectContaining({ code });
const blobPath = (descriptor: Descriptor) => join(root, 'blobs', 'sha256', digestHex(descriptor.digest));
const indexJson = () => JSON.parse(readFileSync(join(root, 'index.json'), 'utf8'));

beforeEach(() => {
  root = join(mkdtempSync(join(tmpdir(), 'gadget-store-')), 'store');
  store = openImageStore(root);
});
afterEach(async () => {
  await store.close();
  rmSync(join(root, '..'), { recursive: true });
});

async function stored(name: string, content = name): Promise<Descriptor> {
  const image = await pushImage(store, sampleImage(content));
  await store.tag(image.root, ref(name));
  await store.close();
  return image.root;
}

test('a missing folder is an empty store and stays missing', async () => {
  expect(await store.list()).toEqual([]);
  expect(await store.resolve(ref('x'))).toBeUndefined();
  expect(readdirSync(join(root, '..'))).toEqual([]);
});

test('an image goes in and comes out', async () => {
  const image = await pushImage(store, sampleImage('a'));
  await store.tag(image.root, ref('x:v1'), { builtHere: true, sparse: false });
  expect(await store.resolve(ref('x:v1'))).toEqual({ ...image.root, annotations: {} });
  for (const { descriptor, bytes } of image.content) {
    expect(await store.exists(descriptor)).toBe(true);
    expect(Buffer.from(await store.fetch(descriptor))).toEqual(Buffer.from(bytes));
  }
  expect(await store.list()).toEqual([
    { name: String(ref('x:v1')), descriptor: { ...image.root, annotations: {} }, builtHere: true, sparse: false },
  ]);
});

test('the folder is an OCI image layout', async () => {
  const descriptor = await stored('x');
  expect(JSON.parse(readFileSync(join(root, 'oci-layout'), 'utf8'))).toEqual({ imageLayoutVersion: '1.0.0' });
  expect(indexJson()).toEqual({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: [{ ...descriptor, annotations: { 'org.opencontainers.image.ref.name': 'ghcr.io/inspektor-gadget/gadget/x:latest' } }],
  });
  expect(readdirSync(join(root, 'tmp'))).toEqual([]);
});

describe('push', () => {
  const bytes = Buffer.from('content');
  const descriptor = describeBytes('text/plain', bytes);

  test('refuses content that is not what its descriptor says', async () => {
    await expect(store.push(descriptor, Buffer.from('c0ntent'))).rejects.toThrow(coded('IMAGE_INVALID'));
    await expect(store.push({ ...descriptor, size: 3 }, bytes)).rejects.toThrow(coded('IMAGE_INVALID'));
    expect(await store.exists(descriptor)).toBe(false);
  });

  test('replaces damaged content', async () => {
    await store.push(descriptor, bytes);
    writeFileSync(blobPath(descriptor), 'damaged');
    await expect(store.fetch(descriptor)).rejects.toThrow(coded('STORE_CORRUPT'));
    await store.push(descriptor, bytes);
    expect(Buffer.from(await store.fetch(descriptor))).toEqual(bytes);
  });

  test('content that is not there', async () => {
    await expect(store.fetch(descriptor)).rejects.toThrow(coded('IMAGE_NOT_FOUND'));
  });

  test('a store open for reading refuses it', async () => {
    const readOnly = openImageStore(root, { readOnly: true });
    await expect(readOnly.push(descriptor, bytes)).rejects.toThrow(coded('STORE_IO'));
    await expect(readOnly.untag(ref('x'))).rejects.toThrow(coded('STORE_IO'));
  });
});

describe('tag', () => {
  test('refuses an image of which a part is missing', async () => {
    const image = sampleImage('a');
    for (const missing of image.content) {
      const other = openImageStore(join(root, digestHex(missing.descriptor.digest)));
      for (const { descriptor, bytes } of image.content) if (descriptor !== missing.descriptor) await other.push(descriptor, bytes);
      await expect(other.tag(image.root, ref('x'))).rejects.toThrow(coded('IMAGE_NOT_FOUND'));
      expect(await other.list()).toEqual([]);
      await other.close();
    }
  });

  test('moves a name', async () => {
    await stored('x', 'old');
    const descriptor = await stored('x', 'new');
    expect((await store.list()).map((image) => image.descriptor.digest)).toEqual([descriptor.digest]);
  });

  test('a digest in the name must be that of the content', async () => {
    const descriptor = await stored('x');
    const other = ref(`y@sha256:${'0'.repeat(64)}`);
    await expect(store.tag(descriptor, other)).rejects.toThrow(coded('IMAGE_REFERENCE_INVALID'));
    await store.tag(descriptor, ref(`y@${descriptor.digest}`));
    expect((await store.resolve(ref(`y@${descriptor.digest}`)))?.digest).toBe(descriptor.digest);
  });

  test('"built here" is not believed when it comes with the content, and ends with it', async () => {
    const { root: plain } = await pushImage(store, sampleImage('a'));
    const claiming = { ...plain, annotations: { [annotationKeys.builtHere]: 'true', [annotationKeys.refName]: 'evil', kept: 'yes' } };
    await store.tag(claiming, ref('x'));
    expect(await store.find(ref('x'))).toEqual({
      name: String(ref('x')),
      descriptor: { ...plain, annotations: { kept: 'yes' } },
      builtHere: false,
      sparse: false,
    });
    await store.tag(plain, ref('x'), { builtHere: true });
    await store.tag(plain, ref('x'));
    expect((await store.find(ref('x')))?.builtHere).toBe(true);
    await stored('x', 'other');
    expect((await store.find(ref('x')))?.builtHere).toBe(false);
    await store.tag(plain, ref('x'), { builtHere: true });
    await store.remove(ref('x'));
    await pushImage(store, sampleImage('a'));
    await store.tag(plain, ref('x'));
    expect((await store.find(ref('x')))?.builtHere).toBe(false);
  });

  test('keeps what other tools wrote into the index', async () => {
    const descriptor = await stored('x');
    const foreign = { ...descriptor, annotations: { [annotationKeys.refName]: 'latest' }, urls: ['https://example.test'] };
    writeFileSync(join(root, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [foreign], annotations: { by: 'other' } }));
    await store.tag(descriptor, ref('y'));
    expect(indexJson()).toMatchObject({ annotations: { by: 'other' }, manifests: [foreign, {}] });
  });
});

describe('resolve', () => {
  test('by digest, within one repository only', async () => {
    const descriptor = await stored('reg.example/a/b:v1');
    const found = async (text: string) => (await store.resolve(ref(`${text}@${descriptor.digest}`))) !== undefined;
    expect([
      await found('reg.example/a/b'),
      await found('reg.example/a/b:other'),
      await found('reg.example/a/c'),
      await found('reg.example/a'),
    ]).toEqual([true, true, false, false]);
  });

  test.each([['{'], ['[]'], ['{"manifests":[{}]}'], ['{}']])('an index that is %s is a typed error', async (text) => {
    mkdirSync(root);
    writeFileSync(join(root, 'index.json'), text);
    await expect(store.resolve(ref('x'))).rejects.toThrow(coded('STORE_CORRUPT'));
    await expect(store.untag(ref('x'))).rejects.toThrow(coded('STORE_CORRUPT'));
    expect(readFileSync(join(root, 'index.json'), 'utf8')).toBe(text);
  });
});

describe('remove', () => {
  test('deletes what nothing else needs', async () => {
    const shared = await stored('x', 'same');
    await stored('y', 'same');
    const first = await store.remove(ref('x'));
    expect(first).toMatchObject({ images: [{ name: String(ref('x')) }], collected: { blobs: 0, bytes: 0 } });
    expect(await store.exists(shared)).toBe(true);
    expect((await store.remove(ref('y'))).collected?.blobs).toBe(sampleImage('same').content.length);
    expect(readdirSync(join(root, 'blobs', 'sha256'))).toEqual([]);
  });

  test('of an unknown image removes nothing', async () => {
    await stored('x');
    expect(await store.remove(ref('y'))).toEqual({ images: [], collected: undefined });
  });

  test('leaves content alone while another writer has not named its own', async () => {
    await stored('x');
    const writer = openImageStore(root);
    const image = await pushImage(writer, sampleImage('pending'));
    expect(await store.remove(ref('x'))).toMatchObject({ images: [{}], collected: undefined });
    await writer.tag(image.root, ref('pending'));
    await writer.close();
    const { blobs } = await store.prune();
    expect(blobs).toBe(sampleImage('x').content.length);
    for (const { descriptor } of image.content) expect(await store.exists(descriptor)).toBe(true);
  });

  test('frees nothing while a damaged image hides what it needs', async () => {
    const damaged = await stored('x');
    await stored('y');
    writeFileSync(blobPath(damaged), '{}');
    await expect(store.remove(ref('y'))).rejects.toThrow(coded('STORE_CORRUPT'));
    expect((await store.list()).map((image) => image.name)).toEqual([String(ref('x'))]);
    expect((await store.remove(ref('x'))).collected?.blobs).toBeGreaterThan(0);
  });
});

describe('leftovers of a killed writer', () => {
  test('are deleted by the next writer', async () => {
    await stored('x');
    writeFileSync(join(root, 'tmp', 'leftover'), 'half a blob');
    await stored('y');
    expect(readdirSync(join(root, 'tmp'))).toEqual([]);
  });

  test('are left alone while somebody else is writing', async () => {
    const writer = openImageStore(root);
    await pushImage(writer, sampleImage('pending'));
    writeFileSync(join(root, 'tmp', 'live'), 'half a blob');
    await stored('y');
    expect(readdirSync(join(root, 'tmp'))).toEqual(['live']);
    await writer.close();
  });

  test('content without a name is deleted by prune', async () => {
    const { root: orphan, content } = await pushImage(store, sampleImage('orphan'));
    await store.close();
    expect((await store.prune()).blobs).toBe(content.length);
    expect(await store.exists(orphan)).toBe(false);
  });
});

test('many writers at once lose no name', async () => {
  const names = Array.from({ length: 12 }, (_, at) => `n${at}`);
  await Promise.all(
    names.map(async (name) => {
      const writer = openImageStore(root);
      const image = await pushImage(writer, sampleImage(name));
      await writer.tag(image.root, ref(name));
      await writer.close();
    }),
  );
  expect((await store.list()).map((image) => image.name).sort()).toEqual(names.map((name) => String(ref(name))).sort());
});

describe('a lock', () => {
  const path = () => join(root, '..', 'lock');
  test.each([
    ['exclusive', 'exclusive', false],
    ['exclusive', 'shared', false],
    ['shared', 'exclusive', false],
    ['shared', 'shared', true],
  ] as const)('held %s, asked for %s: %s', async (held, asked, granted) => {
    const first = await lockFile(path(), { mode: held, waitMs: 0 });
    const second = await lockFile(path(), { mode: asked, waitMs: 0 });
    expect(second !== undefined).toBe(granted);
    await first?.close();
    await second?.close();
    const third = await lockFile(path(), { mode: asked, waitMs: 0 });
    expect(third).toBeDefined();
    await third?.close();
  });

  test('is waited for, and not for longer than asked', async () => {
    const first = await lockFile(path(), { mode: 'exclusive', waitMs: 0 });
    expect(await lockFile(path(), { mode: 'exclusive', waitMs: 50 })).toBeUndefined();
    const second = lockFile(path(), { mode: 'exclusive', waitMs: 10_000 });
    await first?.close();
    expect(await second).toBeDefined();
    await (await second)?.close();
  });
});

test('several stores are read as one, the earlier winning', async () => {
  const other = openImageStore(join(root, '..', 'other'));
  await stored('both', 'mine');
  await stored('own');
  const theirs = await pushImage(other, sampleImage('theirs'));
  for (const name of ['both', 'theirs']) await other.tag(theirs.root, ref(name));
  await other.close();
  const layered = new LayeredStore([store, other]);
  expect((await layered.list()).map((image) => image.name)).toEqual(['both', 'own', 'theirs'].map((name) => String(ref(name))));
  expect(await layered.resolve(ref('both'))).toEqual(await store.resolve(ref('both')));
  expect(await layered.resolve(ref('theirs'))).toEqual(await other.resolve(ref('theirs')));
  expect(await layered.exists(theirs.root)).toBe(true);
  expect(Buffer.from(await layered.fetch(theirs.root))).toEqual(Buffer.from(await other.fetch(theirs.root)));
  const nowhere = describeBytes('text/plain', Buffer.from('nowhere'));
  await expect(layered.fetch(nowhere)).rejects.toThrow(coded('IMAGE_NOT_FOUND'));
});
