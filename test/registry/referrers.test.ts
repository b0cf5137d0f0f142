import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DockerRegistry } from '../../registry-fixtures/docker-registry.ts';
import { startDockerRegistry } from '../../registry-fixtures/docker-registry.ts';
import { startMemoryRegistry } from '../../registry-fixtures/memory-registry.ts';
import { digestHex, digestOf } from '../../runtime/oci/digest.ts';
import { mediaTypes } from '../../runtime/oci/media-types.ts';
import { openRegistry } from '../../runtime/oci/registry/registry-client.ts';
import type { RegistryRepository } from '../../runtime/oci/registry/registry-repository.ts';
import type { Content } from './content.ts';
import { failureOf, fast, jsonOf, pushedManifest } from './content.ts';

let docker: DockerRegistry;
let count = 0;
const digests = (found: readonly { readonly digest: string }[]): string[] => found.map(({ digest }) => digest).sort();

beforeAll(async () => {
  docker = await startDockerRegistry();
});
afterAll(async () => {
  await docker.close();
});

/** Every call is a client of its own, as another process would be. */
function open(repository: string, registry = docker.host): RegistryRepository {
  return openRegistry({ retries: fast }).repository({ registry, repository });
}

/** Puts an index under the tag that stands in for the referrers API. */
async function pushTagged(repository: RegistryRepository, subject: Content, manifests: readonly unknown[]): Promise<Content> {
  const index = jsonOf(mediaTypes.index, { schemaVersion: 2, mediaType: mediaTypes.index, manifests });
  await repository.push(index.descriptor, index.bytes);
  await repository.tag(index.descriptor, `sha256-${digestHex(subject.descriptor.digest)}`);
  return index;
}

test('many writers at once lose nothing', async () => {
  const name = `test/race${count++}`;
  const subject = await pushedManifest(open(name));
  const pushed = await Promise.all(
    Array.from({ length: 6 }, (_, at) => pushedManifest(open(name), { subject: subject.descriptor, artifactType: `application/x.${at}` })),
  );
  expect(digests(await open(name).referrers(subject.descriptor.digest))).toEqual(digests(pushed.map(({ descriptor }) => descriptor)));
});

test('an entry counts only when its manifest refers to the subject', async () => {
  const repository = open(`test/fallback${count++}`);
  const subject = await pushedManifest(repository);
  const right = await pushedManifest(repository, { subject: subject.descriptor });
  const wrong = await pushedManifest(repository);
  await pushTagged(repository, subject, [wrong.descriptor, right.descriptor]);
  expect(digests(await repository.referrers(subject.descriptor.digest))).toEqual([right.descriptor.digest]);
});

test('an image that a copying tool put under the tag is no list, and is never extended', async () => {
  const repository = open(`test/fallback${count++}`);
  const subject = await pushedManifest(repository);
  const child = await pushedManifest(repository);
  const image = await pushTagged(repository, subject, [{ ...child.descriptor, platform: { os: 'linux', architecture: 'amd64' } }]);
  expect(await repository.referrers(subject.descriptor.digest)).toEqual([]);
  const error = await failureOf(pushedManifest(repository, { subject: subject.descriptor }));
  expect(error).toMatchObject({
    code: 'REGISTRY_ERROR',
    message: expect.stringContaining('is no list'),
    hint: expect.stringContaining('delete the tag'),
  });
  expect(await repository.resolve({ tag: `sha256-${digestHex(subject.descriptor.digest)}` })).toEqual(image.descriptor);
});

test('a manifest under the tag is no list either', async () => {
  const repository = open(`test/fallback${count++}`);
  const subject = await pushedManifest(repository);
  const other = await pushedManifest(repository);
  await repository.tag(other.descriptor, `sha256-${digestHex(subject.descriptor.digest)}`);
  expect(await repository.referrers(subject.descriptor.digest)).toEqual([]);
  await expect(pushedManifest(repository, { subject: subject.descriptor })).rejects.toMatchObject({ code: 'REGISTRY_ERROR' });
});

test('entries whose manifests are gone are left out', async () => {
  const memory = await startMemoryRegistry({ referrers: false });
  const repository = open('test/gone', memory.host);
  const subject = await pushedManifest(repository);
  const [kept, gone] = [
    await pushedManifest(repository, { subject: subject.descriptor }),
    await pushedManifest(repository, { subject: subject.descriptor }),
  ];
  memory.manifests.delete(`test/gone@${gone.descriptor.digest}`);
  expect(digests(await repository.referrers(subject.descriptor.digest))).toEqual([kept.descriptor.digest]);
  const added = await pushedManifest(repository, { subject: subject.descriptor });
  expect(digests(await repository.referrers(subject.descriptor.digest))).toEqual(digests([kept.descriptor, added.descriptor]));
  await memory.close();
});

test('a registry that answers the tag with the subject itself lists nothing', async () => {
  const memory = await startMemoryRegistry({ referrers: false, resolvesDigestTags: true });
  const repository = open('test/gitlab', memory.host);
  const child = await pushedManifest(repository);
  const index = jsonOf(mediaTypes.index, { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [child.descriptor] });
  await repository.push(index.descriptor, index.bytes);
  expect(await repository.referrers(index.descriptor.digest)).toEqual([]);
  await memory.close();
});

test('a registry with the API needs no tag, and filters by type', async () => {
  const memory = await startMemoryRegistry();
  const repository = open('test/api', memory.host);
  const subject = await pushedManifest(repository);
  const one = await pushedManifest(repository, { subject: subject.descriptor, artifactType: 'application/x.one' });
  await pushedManifest(repository, { subject: subject.descriptor, artifactType: 'application/x.two' });
  expect(digests(await repository.referrers(subject.descriptor.digest, { artifactType: 'application/x.one' }))).toEqual([
    one.descriptor.digest,
  ]);
  expect([...memory.manifests.keys()].filter((key) => key.includes(':sha256-'))).toEqual([]);
  await memory.close();
});

test('a list of thousands of entries is refused', async () => {
  const repository = open(`test/fallback${count++}`);
  const memory = await startMemoryRegistry({ referrers: false });
  const huge = open('test/huge', memory.host);
  const entries = Array.from({ length: 1001 }, () => ({ mediaType: mediaTypes.manifest, digest: digestOf(randomBytes(8)), size: 1 }));
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.index, manifests: entries }));
  const subject = await pushedManifest(huge);
  memory.manifests.set(`test/huge:sha256-${digestHex(subject.descriptor.digest)}`, { mediaType: mediaTypes.index, bytes });
  const before = memory.requests.length;
  expect(await huge.referrers(subject.descriptor.digest)).toEqual([]);
  expect(memory.requests.length - before).toBeLessThan(5);
  expect(await repository.tags()).toEqual([]);
  await memory.close();
});
