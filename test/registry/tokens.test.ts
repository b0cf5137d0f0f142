import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Certificates } from '../../registry-fixtures/certificates.ts';
import { makeCertificates } from '../../registry-fixtures/certificates.ts';
import type { DockerRegistry } from '../../registry-fixtures/docker-registry.ts';
import { startDockerRegistry } from '../../registry-fixtures/docker-registry.ts';
import { startFaultProxy } from '../../registry-fixtures/fault-proxy.ts';
import { makeFolder, removeFolder } from '../../registry-fixtures/folder.ts';
import type { TokenServer, TokenServerOptions } from '../../registry-fixtures/token-server.ts';
import { startTokenServer } from '../../registry-fixtures/token-server.ts';
import type { Credential } from '../../runtime/oci/registry/auth/credentials.ts';
import { openRegistry } from '../../runtime/oci/registry/registry-client.ts';
import { expectSame, failureOf, fast, piecewise, pushedManifest, randomBlob, readAll } from './content.ts';

const user = { username: 'me', password: 'pass:word' };
let folder: string;
let certificates: Certificates;
const closing: (() => Promise<void>)[] = [];

beforeAll(() => {
  folder = makeFolder();
  certificates = makeCertificates(folder);
});
afterAll(async () => {
  for (const close of closing) await close();
  removeFolder(folder);
});

async function start(options: Partial<TokenServerOptions> = {}): Promise<{ registry: DockerRegistry; tokens: TokenServer }> {
  const tokens = await startTokenServer({ certificates, ...options });
  const { realm, service, issuer } = tokens;
  const tls = options.tls === true ? { tls: certificates } : {};
  const registry = await startDockerRegistry({ ...tls, token: { realm, service, issuer, certificatesFile: certificates.certFile } });
  closing.push(tokens.close, registry.close);
  return { registry, tokens };
}

function repositoryOf(registry: { readonly host: string }, credential?: Credential) {
  const client = openRegistry({
    retries: fast,
    caFiles: [certificates.caFile],
    ...(credential === undefined ? {} : { credentials: async () => credential }),
  });
  closing.push(async () => client.close());
  return client.repository({ registry: registry.host, repository: 'test/tokens' });
}

test.each([
  ['anonymously', {}, undefined],
  ['with a password', { user }, user],
  ['with a password, over TLS', { user, tls: true }, user],
  ['with a password that a server wants in a form', { user, postOnly: true }, user],
  ['with an identity token', { user, identityToken: 'id-1' }, { identityToken: 'id-1' }],
] as const)('a token is got %s', async (_, server, credential) => {
  const { registry } = await start(server);
  const repository = repositoryOf(registry, credential);
  const { descriptor, bytes } = randomBlob(2_000_000);
  await repository.write(descriptor, piecewise(bytes));
  expectSame(await readAll(repository.read(descriptor)), bytes);
  await repository.tag((await pushedManifest(repository)).descriptor, 'v1');
  expect(await repository.tags()).toEqual(['v1']);
});

test('a wrong password is refused by the token server, and not shown', async () => {
  const { registry, tokens } = await start({ user });
  const error = await failureOf(pushedManifest(repositoryOf(registry, { username: 'me', password: 'unguessable' })));
  expect(error).toMatchObject({ code: 'REGISTRY_DENIED' });
  expect(error.message).toContain(new URL(tokens.realm).host);
  expect(JSON.stringify([error.message, error.hint, error])).not.toMatch(/unguessable|dW5ndWVzc2FibGU/);
});

test('a token is asked for once per scope, also by many at once', async () => {
  const { registry, tokens } = await start();
  const repository = repositoryOf(registry);
  const blobs = Array.from({ length: 8 }, () => randomBlob(1000));
  await repository.push(blobs[0]!.descriptor, blobs[0]!.bytes);
  await Promise.all(blobs.map(({ descriptor, bytes }) => repository.push(descriptor, bytes)));
  await Promise.all(blobs.map(({ descriptor }) => repository.exists(descriptor)));
  expect(tokens.requests.map(({ scopes }) => scopes)).toEqual([['repository:test/tokens:pull,push']]);
});

test('a token that ran out is renewed', async () => {
  const { registry, tokens } = await start({ lifetime: 300 });
  const repository = repositoryOf(registry);
  const { descriptor } = await pushedManifest(repository);
  const before = tokens.requests.length;
  tokens.lifetime = 1;
  await repository.delete(descriptor);
  await new Promise((resolve) => setTimeout(resolve, 1100));
  const other = await pushedManifest(repository);
  await repository.delete(other.descriptor);
  expect(tokens.requests.length).toBe(before + 2);
});

test('a token that the registry stops taking in the middle of an upload is replaced, and the upload goes on', async () => {
  const { registry, tokens } = await start({ lifetime: 300 });
  const repository = repositoryOf(registry);
  const { descriptor, bytes } = randomBlob(3_000_000);
  let told = 0;
  let expired = false;
  // Two seconds of the minute that the registry grants for clocks that are off are left; what we are told means the usual minute.
  tokens.lifetime = -58;
  const slowOnce = async function* (from: number) {
    if (!expired) {
      expired = true;
      tokens.lifetime = 300;
      await new Promise((resolve) => setTimeout(resolve, 2500));
    }
    yield* piecewise(bytes)(from);
  };
  await repository.write(descriptor, slowOnce, { onBytes: (count) => (told += count) });
  expect(told).toBe(bytes.length);
  expectSame(await readAll(repository.read(descriptor)), bytes);
  expect(tokens.requests.length).toBeGreaterThan(1);
});

test('an HTTPS registry cannot send us to a token server without TLS', async () => {
  const tokens = await startTokenServer({ certificates, user });
  const { realm, service, issuer } = tokens;
  const registry = await startDockerRegistry({
    tls: certificates,
    token: { realm, service, issuer, certificatesFile: certificates.certFile },
  });
  closing.push(tokens.close, registry.close);
  await expect(pushedManifest(repositoryOf(registry, user))).rejects.toMatchObject({ code: 'REGISTRY_DENIED' });
  expect(tokens.requests).toEqual([]);
});

test('a registry that says back what it was sent does not make us say it', async () => {
  const basic = Buffer.from('me:pass:word').toString('base64');
  const proxy = await startFaultProxy('127.0.0.1:1', ({ headers }) => ({
    kind: 'answer',
    status: 401,
    headers: { 'www-authenticate': 'Basic realm="x"', 'content-type': 'text/plain' },
    body: `no: ${headers.authorization} is me:pass:word, "pass:word" \u001b[31m`,
  }));
  closing.push(proxy.close);
  const error = await failureOf(repositoryOf(proxy, user).tags());
  expect(proxy.requests.at(-1)?.headers.authorization).toBe(`Basic ${basic}`);
  expect(error.message).toContain('no: Basic *** is ***, "***" \\x1b[31m');
});
