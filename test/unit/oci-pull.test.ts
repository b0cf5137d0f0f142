import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Descriptor } from '../../runtime/oci/descriptor.ts';
import { parseImageReference } from '../../runtime/oci/image-reference.ts';
import { pullImage } from '../../runtime/oci/pull.ts';
import { openImageStore } from '../../runtime/oci/store/image-store.ts';
import { ReadableLocalRepository } from '../../runtime/oci/store/local-repository.ts';
import { MemoryRepository } from '../support/memory-repository.ts';
import { pushImage, type SampleImage, sampleAttachment, sampleImage } from '../support/sample-image.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'gadget-pull-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const verify = async (): Promise<void> => undefined;
const image = sampleImage('pulled');
const note = sampleAttachment('a note', image.root);

async function remote(name: string, ...images: readonly SampleImage[]): Promise<MemoryRepository> {
  const repository = new MemoryRepository(name);
  for (const one of images) await pushImage(repository, one);
  await repository.tag(image.root, 'v1');
  return repository;
}

const pull = async (from: MemoryRepository, architecture?: string) =>
  pullImage(from, openImageStore(root), parseImageReference(`${from.name}:v1`), {
    verify,
    ...(architecture === undefined ? {} : { architecture }),
  });

const localReferrers = (name: string): Promise<readonly Descriptor[]> =>
  new ReadableLocalRepository(openImageStore(root), name).referrers(image.root.digest);

describe('what is attached to an image', () => {
  test('belongs to each repository that it was pulled from', async () => {
    for (const name of ['a.example/x', 'b.example/y']) await pull(await remote(name, image, note));
    for (const name of ['a.example/x', 'b.example/y']) {
      expect(await localReferrers(name)).toMatchObject([{ digest: note.root.digest }]);
    }
  });

  test('is named once, however often it is pulled', async () => {
    const from = await remote('a.example/x', image, note);
    await pull(from);
    await pull(from);
    expect((await openImageStore(root).entries()).filter(({ subject }) => subject !== undefined)).toHaveLength(1);
  });
});

describe('one platform', () => {
  test('makes an image sparse, until the rest is pulled', async () => {
    const from = await remote('a.example/x', image);
    expect(await pull(from, 'amd64')).toMatchObject({ sparse: true });
    expect(await openImageStore(root).list()).toMatchObject([{ sparse: true }]);
    expect(await pull(from)).toMatchObject({ sparse: false });
    expect(await openImageStore(root).list()).toMatchObject([{ sparse: false }]);
  });

  test('of an image that is there as a whole leaves it so', async () => {
    const from = await remote('a.example/x', image);
    await pull(from);
    expect(await pull(from, 'amd64')).toMatchObject({ sparse: false });
  });
});
