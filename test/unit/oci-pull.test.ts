import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ErrorCode, ImageError } from '../../runtime/base/errors.ts';
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

const pull = async (from: MemoryRepository, architecture?: string, signal?: AbortSignal) =>
  pullImage(from, openImageStore(root), parseImageReference(`${from.name}:v1`), {
    verify,
    ...(signal === undefined ? {} : { signal }),
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

describe('a pull that fails', () => {
  const kept = sampleImage('kept');
  const blobs = () => readdirSync(join(root, 'blobs/sha256')).sort();
  /** Read last, so that the rest is in the store by then. */
  const layer = image.content.find(({ bytes }) => Buffer.from(bytes).toString().startsWith('arm64'))!.descriptor;

  async function failing(fail: () => never): Promise<MemoryRepository> {
    const from = await remote('a.example/x', image, note);
    const read = from.read.bind(from);
    from.read = async function* (descriptor: Descriptor, fromByte?: number) {
      if (descriptor.digest !== layer.digest) return yield* read(descriptor, fromByte);
      await new Promise((resolve) => setTimeout(resolve, 50));
      fail();
    };
    return from;
  }

  const withCode = (code: ErrorCode) => () => {
    throw new ImageError(code, 'made to fail');
  };

  beforeEach(async () => {
    const store = openImageStore(root);
    await pushImage(store, kept);
    await store.tag(kept.root, parseImageReference('a.example/kept:v1'));
    await store.close();
  });

  test.each(['CONTENT_MISMATCH', 'IMAGE_INVALID', 'IMAGE_NOT_FOUND'] as const)('with %s leaves the store as it was', async (code) => {
    const before = blobs();
    await expect(pull(await failing(withCode(code)))).rejects.toMatchObject({ code });
    expect(blobs()).toEqual(before);
  });

  test('as somebody else writes leaves what that one wrote', async () => {
    const other = openImageStore(root);
    const written = await pushImage(other, sampleImage('of another'));
    await expect(pull(await failing(withCode('IMAGE_INVALID')))).rejects.toMatchObject({ code: 'IMAGE_INVALID' });
    await other.tag(written.root, parseImageReference('a.example/other:v1'));
    await other.close();
    expect(await openImageStore(root).list()).toHaveLength(2);
  });

  test.each<[string, string, (stop: AbortController) => never]>([
    [
      'is interrupted',
      'AbortError',
      (stop) => {
        stop.abort();
        throw stop.signal.reason;
      },
    ],
    ['loses its network', 'ImageError', withCode('REGISTRY_UNREACHABLE')],
  ])('as it %s keeps what is complete for the next one', async (_, name, fail) => {
    const before = blobs();
    const stop = new AbortController();
    await expect(pull(await failing(() => fail(stop)), undefined, stop.signal)).rejects.toMatchObject({ name });
    expect(blobs().length).toBeGreaterThan(before.length);
    await openImageStore(root).prune();
    expect(blobs()).toEqual(before);
  });

  test('verification has not touched the store', async () => {
    const from = await remote('a.example/x', image);
    const refuse = async () => {
      throw new ImageError('SIGNATURE_MISSING', 'nobody signed it');
    };
    const store = openImageStore(join(root, 'new'));
    await expect(pullImage(from, store, parseImageReference('a.example/x:v1'), { verify: refuse })).rejects.toMatchObject({
      code: 'SIGNATURE_MISSING',
    });
    expect(readdirSync(root)).not.toContain('new');
  });
});
