import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DockerRegistry } from '../../registry-fixtures/docker-registry.ts';
import { startDockerRegistry } from '../../registry-fixtures/docker-registry.ts';
import { startFaultProxy } from '../../registry-fixtures/fault-proxy.ts';
import { closer, freePort, listen } from '../../registry-fixtures/listen.ts';
import { openRegistry } from '../../runtime/oci/registry/registry-client.ts';
import type { RegistryRepository } from '../../runtime/oci/registry/registry-repository.ts';
import type { Content } from './content.ts';
import { expectSame, failureOf, fast, piecewise, pushedManifest, randomBlob, readAll } from './content.ts';

let upstream: DockerRegistry;
let mirror: DockerRegistry;
let manifest: Content;
let blob: Content;

beforeAll(async () => {
  upstream = await startDockerRegistry();
  mirror = await startDockerRegistry({ mirrorOf: `http://${upstream.host}` });
  const repository = openRegistry().repository({ registry: upstream.host, repository: 'org/image' });
  manifest = await pushedManifest(repository);
  await repository.tag(manifest.descriptor, 'v1');
  blob = randomBlob(300_000);
  await repository.write(blob.descriptor, piecewise(blob.bytes));
});
afterAll(async () => {
  await mirror.close();
  await upstream.close();
});

function through(mirrors: readonly string[], registry = upstream.host): RegistryRepository {
  return openRegistry({ mirrors: { [registry]: mirrors }, retries: fast }).repository({ registry, repository: 'org/image' });
}

test('a mirror is read from even when the registry is away', async () => {
  const warm = through([mirror.host]);
  expect(await warm.resolve({ tag: 'v1' })).toEqual(manifest.descriptor);
  expectSame(await warm.fetch(manifest.descriptor), manifest.bytes);
  const away = through([mirror.host], `127.0.0.1:${await freePort()}`);
  expect(await away.resolve({ tag: 'v1' })).toEqual(manifest.descriptor);
  expectSame(await readAll(away.read(blob.descriptor)), blob.bytes);
});

test('the registry of a mirror is the same in any case', async () => {
  const client = openRegistry({ mirrors: { 'Registry.Invalid': [upstream.host] }, retries: fast });
  expect(await client.repository({ registry: 'registry.INVALID', repository: 'org/image' }).resolve({ tag: 'v1' })).toEqual(
    manifest.descriptor,
  );
});

test('what is written goes to the registry itself', async () => {
  const repository = through([mirror.host]);
  const other = randomBlob(1000);
  await repository.push(other.descriptor, other.bytes);
  expect(await openRegistry().repository({ registry: upstream.host, repository: 'org/image' }).exists(other.descriptor)).toBe(true);
});

test('a mirror that is away or lacks the image is passed over', async () => {
  const empty = await startDockerRegistry();
  const repository = through([`127.0.0.1:${await freePort()}`, `${empty.host}/some/prefix`]);
  expect(await repository.resolve({ tag: 'v1' })).toEqual(manifest.descriptor);
  expect(await repository.resolve({ tag: 'gone' })).toBeUndefined();
  expect(await repository.tags()).toEqual(['v1']);
  expectSame(await readAll(repository.read(blob.descriptor)), blob.bytes);
  expectSame(await repository.fetch(manifest.descriptor), manifest.bytes);
  await empty.close();
});

test('a mirror that breaks in the middle is continued elsewhere; one that lies is found out', async () => {
  const proxy = await startFaultProxy(upstream.host, ({ path, count }) =>
    path.includes('/blobs/') ? (count === 0 ? { kind: 'cut-answer', afterBytes: 100_000 } : { kind: 'answer', status: 503 }) : undefined,
  );
  expectSame(await readAll(through([proxy.host]).read(blob.descriptor)), blob.bytes);
  proxy.plan = () => ({ kind: 'change', body: (body) => Buffer.alloc(body.length) });
  expectSame(await through([proxy.host]).fetch(blob.descriptor), blob.bytes);
  expectSame(await through([proxy.host]).fetch(manifest.descriptor), manifest.bytes);
  await proxy.close();
});

test('something that is no mirror', () => {
  expect(() => through(['https://mirror.example'])).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
});

/** An HTTP proxy that knows CONNECT only. */
async function startProxy(authorization?: string) {
  const asked: string[] = [];
  const server = createServer();
  server.on('connect', (request, socket: Socket) => {
    asked.push(request.url ?? '');
    if (request.headers['proxy-authorization'] !== authorization) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      return;
    }
    const onward = connect(Number(upstream.host.split(':')[1]), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    for (const end of [onward, socket]) end.on('error', () => socket.destroy());
  });
  const close = closer(server);
  return { asked, close, host: `127.0.0.1:${await listen(server)}` };
}

test('a registry is reached through a proxy, this machine never is', async () => {
  const proxy = await startProxy(`Basic ${Buffer.from('me:word').toString('base64')}`);
  const reach = (registry: string, environment: Record<string, string>) =>
    openRegistry({ plainHttp: true, retries: { ...fast, attempts: 1 }, environment })
      .repository({ registry, repository: 'org/image' })
      .resolve({ tag: 'v1' });
  const environment = { http_proxy: `http://me:word@${proxy.host}` };
  expect(await reach('registry.example:80', environment)).toEqual(manifest.descriptor);
  expect(await reach(upstream.host, environment)).toEqual(manifest.descriptor);
  expect(proxy.asked).toEqual(['registry.example:80']);
  const refused = await failureOf(reach('registry.example', { http_proxy: `http://me:wrong-word@${proxy.host}` }));
  expect(refused).toMatchObject({ code: 'REGISTRY_UNREACHABLE', hint: expect.stringContaining('proxy') });
  expect(JSON.stringify([refused.message, refused])).not.toContain('wrong-word');
  await expect(reach('registry.example', { http_proxy: 'socks5://127.0.0.1:1' })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  await proxy.close();
});
