import { createServer } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { startFaultProxy } from '../../registry-fixtures/fault-proxy.ts';
import { closer, listen } from '../../registry-fixtures/listen.ts';
import type { MemoryRegistryOptions } from '../../registry-fixtures/memory-registry.ts';
import { startMemoryRegistry } from '../../registry-fixtures/memory-registry.ts';
import { openRegistry } from '../../runtime/oci/registry/registry-client.ts';
import { expectSame, failureOf, fast, piecewise, randomBlob, readAll } from './content.ts';

const user = { username: 'me', password: 'secret-word' };
const authorization = `Basic ${Buffer.from('me:secret-word').toString('base64')}`;
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function start(options: MemoryRegistryOptions = {}) {
  const registry = await startMemoryRegistry({ authorization, ...options });
  const client = openRegistry({ credentials: async () => user, retries: fast });
  closing.push(registry.close, async () => client.close());
  return { registry, repository: client.repository({ registry: registry.host, repository: 'test/redirects' }) };
}

test('a blob on another host is read without the credentials, and again from the registry after a cut', async () => {
  const { registry, repository } = await start({ blobsElsewhere: true });
  const { descriptor, bytes } = randomBlob(200_000);
  await repository.push(descriptor, bytes);
  expectSame(await readAll(repository.read(descriptor)), bytes);
  expectSame(await readAll(repository.read(descriptor, 1000)), bytes.subarray(1000));
  expect(registry.requests.at(-1)?.headers.authorization).toBe(authorization);
  expect(registry.storageRequests.map(({ headers }) => [headers.authorization, headers.range])).toEqual([
    [undefined, undefined],
    [undefined, 'bytes=1000-'],
  ]);
});

test('a storage that wants a login is not told ours', async () => {
  const challenge = { 'www-authenticate': 'Basic realm="x"' };
  const storage = await startFaultProxy('127.0.0.1:1', () => ({ kind: 'answer', status: 401, headers: challenge }));
  const registry = await startFaultProxy('127.0.0.1:1', ({ headers }) =>
    headers.authorization === undefined
      ? { kind: 'answer', status: 401, headers: challenge }
      : { kind: 'answer', status: 302, headers: { location: `http://${storage.host}/blob` } },
  );
  closing.push(storage.close, registry.close);
  const repository = openRegistry({ credentials: async () => user }).repository({ registry: registry.host, repository: 'test/redirects' });
  await expect(repository.fetch(randomBlob(10).descriptor)).rejects.toMatchObject({ code: 'REGISTRY_DENIED' });
  expect(storage.requests.map(({ headers }) => headers.authorization)).toEqual([undefined]);
});

test.each([
  ['in a circle', '/v2/test/redirects/blobs/sha256:x', 'more than 10 times'],
  ['to no address', 'http://[', 'to nowhere'],
  ['to another protocol', 'ftp://127.0.0.1/x', 'to nowhere'],
  ['with credentials in the address', 'http://a:b@127.0.0.1/x', 'to nowhere'],
])('a redirect %s', async (_, location, message) => {
  const proxy = await startFaultProxy('127.0.0.1:1', () => ({ kind: 'answer', status: 307, headers: { location } }));
  closing.push(proxy.close);
  const repository = openRegistry({ retries: fast }).repository({ registry: proxy.host, repository: 'test/redirects' });
  const error = await failureOf(repository.fetch(randomBlob(10).descriptor));
  expect(error).toMatchObject({ code: 'REGISTRY_ERROR', message: expect.stringContaining(message) });
  expect(proxy.requests.length).toBeLessThanOrEqual(11);
});

test.each(['absolute', 'path', 'query-only'] as const)('an upload to a location that is %s', async (location) => {
  const { repository } = await start({ location });
  for (const size of [1000, 2_000_000]) {
    const { descriptor, bytes } = randomBlob(size);
    await repository.write(descriptor, piecewise(bytes));
    expectSame(await readAll(repository.read(descriptor)), bytes);
  }
});

test('an upload to another host goes there without the credentials', async () => {
  const seen: (string | undefined)[] = [];
  const storage = createServer((request, response) => {
    seen.push(request.headers.authorization);
    request.resume().once('end', () => response.writeHead(request.method === 'PATCH' ? 202 : 201).end());
  });
  const close = closer(storage);
  const port = await listen(storage);
  const { registry, repository } = await start();
  const proxy = await startFaultProxy(registry.host, ({ method }) =>
    method === 'POST'
      ? { kind: 'change', headers: (headers) => ({ ...headers, location: `http://127.0.0.1:${port}/up?signature=abc` }) }
      : undefined,
  );
  closing.push(close, proxy.close);
  const through = openRegistry({ credentials: async () => user, retries: fast }).repository({ registry: proxy.host, repository: 'test/x' });
  const { descriptor, bytes } = randomBlob(2_000_000);
  await through.write(descriptor, piecewise(bytes));
  expect(seen).toEqual([undefined, undefined]);
  expect(await repository.exists(descriptor)).toBe(false);
});

test('a registry that takes no large requests gets chunks, of the size that it asks for', async () => {
  const { registry, repository } = await start({ maxRequestBytes: 20_000_000, chunkMinLength: 18_000_000 });
  const { descriptor, bytes } = randomBlob(40_000_000);
  let told = 0;
  await repository.write(descriptor, piecewise(bytes), { onBytes: (count) => (told += count) });
  const ranges = registry.requests.filter(({ method }) => method === 'PATCH').map(({ headers }) => headers['content-range']);
  expect(ranges).toEqual(['0-39999999', '0-17999999', '18000000-35999999', '36000000-39999999']);
  expect(told).toBe(bytes.length);
  expectSame(registry.blobs.get(descriptor.digest)!, bytes);
});

test('a registry that sends even HEAD to its storage has the blob', async () => {
  const storage = await startFaultProxy('127.0.0.1:1', () => ({ kind: 'answer', status: 403 }));
  const registry = await startFaultProxy('127.0.0.1:1', () => ({
    kind: 'answer',
    status: 307,
    headers: { location: `http://${storage.host}/blob` },
  }));
  closing.push(storage.close, registry.close);
  const repository = openRegistry().repository({ registry: registry.host, repository: 'test/redirects' });
  expect(await repository.exists(randomBlob(10).descriptor)).toBe(true);
  expect(storage.requests).toEqual([]);
});

test.each([401, 403, 404, 405])('a registry that answers a mount with %i gets an upload', async (status) => {
  const registry = await startMemoryRegistry();
  closing.push(registry.close);
  const proxy = await startFaultProxy(registry.host, ({ path }) => (path.includes('mount=') ? { kind: 'answer', status } : undefined));
  closing.push(proxy.close);
  const repository = openRegistry().repository({ registry: proxy.host, repository: 'test/redirects' });
  const { descriptor, bytes } = randomBlob(10);
  expect(await repository.mount(descriptor, `${proxy.host}/test/other`)).toBe(false);
  await repository.push(descriptor, bytes);
  expect(await repository.exists(descriptor)).toBe(true);
});
