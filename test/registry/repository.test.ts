import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DockerRegistry } from '../../registry-fixtures/docker-registry.ts';
import { startDockerRegistry } from '../../registry-fixtures/docker-registry.ts';
import type { MemoryRegistry } from '../../registry-fixtures/memory-registry.ts';
import { startMemoryRegistry } from '../../registry-fixtures/memory-registry.ts';
import { digestOf } from '../../runtime/oci/digest.ts';
import { mediaTypes } from '../../runtime/oci/media-types.ts';
import type { RegistryClient } from '../../runtime/oci/registry/registry-client.ts';
import { openRegistry } from '../../runtime/oci/registry/registry-client.ts';
import type { RegistryRepository } from '../../runtime/oci/registry/registry-repository.ts';
import { coded, expectSame, fast, jsonOf, piecewise, pushedManifest, randomBlob, readAll } from './content.ts';

let docker: DockerRegistry;
let memory: MemoryRegistry;
let client: RegistryClient;
let count = 0;

beforeAll(async () => {
  docker = await startDockerRegistry();
  memory = await startMemoryRegistry();
  client = openRegistry({ retries: fast });
});
afterAll(async () => {
  client.close();
  await docker.close();
  await memory.close();
});

describe.each(['docker-registry', 'a registry with the referrers API'])('%s', (kind) => {
  const fresh = (): RegistryRepository =>
    client.repository({ registry: kind === 'docker-registry' ? docker.host : memory.host, repository: `test/r${count++}` });

  test.each([0, 1, 1000, 1024 * 1024, 1024 * 1024 + 1, 5_000_000])('a blob of %i bytes goes in and comes out', async (size) => {
    const repository = fresh();
    const { descriptor, bytes } = randomBlob(size);
    let told = 0;
    await repository.write(descriptor, piecewise(bytes), { onBytes: (count) => (told += count) });
    expect(told).toBe(size);
    expect(await repository.exists(descriptor)).toBe(true);
    told = 0;
    expectSame(await readAll(repository.read(descriptor, 0, { onBytes: (count) => (told += count) })), bytes);
    expect(told).toBe(size);
    expectSame(await repository.fetch(descriptor), bytes);
  });

  test('a blob is read from any byte on', async () => {
    const repository = fresh();
    const { descriptor, bytes } = randomBlob(100_000);
    await repository.push(descriptor, bytes);
    for (const from of [1, 65_536, 99_999]) expectSame(await readAll(repository.read(descriptor, from)), bytes.subarray(from));
  });

  test('a manifest keeps its very bytes', async () => {
    const repository = fresh();
    const odd = jsonOf(mediaTypes.index, { schemaVersion: 2, manifests: [] });
    const bytes = Buffer.concat([Buffer.from(' \n'), odd.bytes, Buffer.from('\n\n')]);
    const descriptor = { mediaType: mediaTypes.index, digest: digestOf(bytes), size: bytes.length };
    await repository.push(descriptor, bytes);
    await repository.tag(descriptor, 'v1');
    expect(await repository.resolve({ tag: 'v1' })).toEqual(descriptor);
    expect(await repository.resolve({ tag: 'gone', digest: descriptor.digest })).toEqual(descriptor);
    expect(await readAll(repository.read(descriptor))).toEqual(bytes);
    const other = client.repository({
      registry: repository.name.split('/')[0]!,
      repository: repository.name.split('/').slice(1).join('/'),
    });
    expect(Buffer.from(await other.fetch(descriptor))).toEqual(bytes);
    await other.tag(descriptor, 'v2');
    expect(await other.tags()).toEqual(['v1', 'v2']);
  });

  test('what is not there', async () => {
    const repository = fresh();
    const { descriptor } = randomBlob(10);
    const manifest = { ...descriptor, mediaType: mediaTypes.manifest };
    expect(await repository.resolve({ tag: 'v1' })).toBeUndefined();
    expect(await repository.resolve({ digest: descriptor.digest })).toBeUndefined();
    expect(await repository.exists(descriptor)).toBe(false);
    expect(await repository.exists(manifest)).toBe(false);
    expect(await repository.tags()).toEqual([]);
    expect(await repository.referrers(descriptor.digest)).toEqual([]);
    await expect(repository.fetch(descriptor)).rejects.toEqual(coded('IMAGE_NOT_FOUND'));
    await expect(repository.fetch(manifest)).rejects.toEqual(coded('IMAGE_NOT_FOUND'));
    await expect(readAll(repository.read(descriptor))).rejects.toEqual(coded('IMAGE_NOT_FOUND'));
    await expect(repository.tag(manifest, 'v1')).rejects.toEqual(coded('IMAGE_NOT_FOUND'));
    await expect(repository.delete(manifest)).rejects.toEqual(coded('IMAGE_NOT_FOUND'));
  });

  test('content that is not what its descriptor says is not sent', async () => {
    const repository = fresh();
    const { descriptor, bytes } = randomBlob(3_000_000);
    await expect(repository.push(descriptor, bytes.subarray(1))).rejects.toEqual(coded('IMAGE_INVALID'));
    await expect(repository.write(descriptor, piecewise(bytes.subarray(1)))).rejects.toEqual(coded('IMAGE_INVALID'));
    await expect(repository.write(descriptor, piecewise(Buffer.concat([bytes, bytes])))).rejects.toEqual(coded('IMAGE_INVALID'));
    expect(await repository.exists(descriptor)).toBe(false);
  });

  test('a source that fails ends the upload with its own error', async () => {
    const repository = fresh();
    const { descriptor } = randomBlob(3_000_000);
    const failing = async function* () {
      yield Buffer.alloc(100_000);
      throw new Error('the disk is gone');
    };
    await expect(repository.write(descriptor, failing)).rejects.toThrow('the disk is gone');
  });

  test('a source that another registry lacks is read once', async () => {
    const repository = fresh();
    const { descriptor } = randomBlob(2_000_000);
    let begun = 0;
    const missing = fresh();
    const source = (fromByte: number) => {
      begun++;
      return missing.read(descriptor, fromByte);
    };
    await expect(repository.write(descriptor, source)).rejects.toMatchObject({
      code: 'IMAGE_NOT_FOUND',
      message: expect.stringContaining(missing.name),
    });
    expect(begun).toBe(1);
  });

  test('a blob is taken over from another repository', async () => {
    const [from, to] = [fresh(), fresh()];
    const { descriptor, bytes } = randomBlob(2_000_000);
    await from.write(descriptor, piecewise(bytes));
    expect(await to.mount(descriptor, from.name)).toBe(true);
    expectSame(await readAll(to.read(descriptor)), bytes);
    const other = randomBlob(2_000_000);
    expect(await to.mount(other.descriptor, from.name)).toBe(false);
    expect(await to.mount(descriptor, 'other.example/org/image')).toBe(false);
    await to.write(other.descriptor, piecewise(other.bytes));
    expect(await to.exists(other.descriptor)).toBe(true);
  });

  test('referrers are listed, and forgotten when they are deleted', async () => {
    const repository = fresh();
    const subject = await pushedManifest(repository);
    const about = { subject: subject.descriptor };
    const signature = await pushedManifest(repository, { ...about, artifactType: 'application/x.signature', annotations: { a: 'b' } });
    const sbom = await pushedManifest(repository, { ...about, artifactType: 'application/x.sbom' });
    const found = await repository.referrers(subject.descriptor.digest);
    expect(found.map(({ digest, artifactType }) => [digest, artifactType])).toEqual([
      [signature.descriptor.digest, 'application/x.signature'],
      [sbom.descriptor.digest, 'application/x.sbom'],
    ]);
    const onlyType = await repository.referrers(subject.descriptor.digest, { artifactType: 'application/x.sbom' });
    expect(onlyType.map(({ digest }) => digest)).toEqual([sbom.descriptor.digest]);
    await repository.delete(signature.descriptor);
    expect((await repository.referrers(subject.descriptor.digest)).map(({ digest }) => digest)).toEqual([sbom.descriptor.digest]);
  });

  test('a manifest is deleted', async () => {
    const repository = fresh();
    const { descriptor } = await pushedManifest(repository);
    await repository.delete(descriptor);
    expect(await repository.exists(descriptor)).toBe(false);
  });
});

test('docker-registry deletes no tags, and the error says what to do', async () => {
  const repository = client.repository({ registry: docker.host, repository: 'test/tags' });
  const { descriptor } = await pushedManifest(repository);
  await repository.tag(descriptor, 'v1');
  await expect(repository.delete('v1')).rejects.toEqual(
    expect.objectContaining({ code: 'REGISTRY_ERROR', hint: expect.stringContaining('by its digest') }),
  );
});

test('tags come in pages', async () => {
  const paged = await startMemoryRegistry({ pageSize: 2 });
  const repository = client.repository({ registry: paged.host, repository: 'test/many' });
  const { descriptor } = await pushedManifest(repository);
  const names = ['a', 'b', 'c', 'd', 'e'];
  for (const name of names) await repository.tag(descriptor, name);
  expect(await repository.tags()).toEqual(names);
  await paged.close();
});

test('a registry that names no digest in HEAD is asked for the manifest itself', async () => {
  const silent = await startMemoryRegistry({ silentHead: true });
  const repository = client.repository({ registry: silent.host, repository: 'test/silent' });
  const { descriptor } = await pushedManifest(repository);
  await repository.tag(descriptor, 'v1');
  expect(await repository.resolve({ tag: 'v1' })).toEqual(descriptor);
  await silent.close();
});

test('warnings of registries are handed on once, safe to show', async () => {
  const warnings: unknown[] = [];
  const warning = '299 - "this registry \\"retires\\" \u009b31msoon"';
  const warned = await startMemoryRegistry({ headers: { warning } });
  const warnedClient = openRegistry({ onWarning: (warning) => warnings.push(warning) });
  const repository = warnedClient.repository({ registry: warned.host, repository: 'test/warned' });
  await repository.resolve({ tag: 'a' });
  await repository.resolve({ tag: 'b' });
  expect(warnings).toEqual([{ registry: warned.host, text: 'this registry "retires" \\u{9b}31msoon' }]);
  warnedClient.close();
  await warned.close();
});
