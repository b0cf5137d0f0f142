import { copyFileSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Certificates } from '../../registry-fixtures/certificates.ts';
import { makeCertificates } from '../../registry-fixtures/certificates.ts';
import type { DockerRegistry } from '../../registry-fixtures/docker-registry.ts';
import { fixtureUser, startDockerRegistry } from '../../registry-fixtures/docker-registry.ts';
import { makeFolder, removeFolder } from '../../registry-fixtures/folder.ts';
import { closer, freePort, listen } from '../../registry-fixtures/listen.ts';
import { openRegistry } from '../../runtime/oci/registry/registry-client.ts';
import type { RegistryOptions } from '../../runtime/oci/registry/registry-options.ts';
import { failureOf, fast, pushedManifest } from './content.ts';

let folder: string;
let certificates: Certificates;
let secured: DockerRegistry;
let mutual: DockerRegistry;

beforeAll(async () => {
  folder = makeFolder();
  certificates = makeCertificates(folder);
  secured = await startDockerRegistry({ tls: certificates, basic: true });
  mutual = await startDockerRegistry({ tls: certificates, clientCertificates: true });
});
afterAll(async () => {
  await secured.close();
  await mutual.close();
  removeFolder(folder);
});

async function pushTo(registry: string, options: RegistryOptions): Promise<void> {
  const client = openRegistry({ retries: fast, environment: {}, ...options });
  try {
    await pushedManifest(client.repository({ registry, repository: 'test/tls' }));
  } finally {
    client.close();
  }
}

const credentials = async () => fixtureUser;

test('TLS with an authority of its own and a password', async () => {
  await pushTo(secured.host, { caFiles: [certificates.caFile], credentials });
});

test('an unknown authority is refused, and the error says how to trust it', async () => {
  const error = await failureOf(pushTo(secured.host, { credentials }));
  expect(error).toMatchObject({ code: 'REGISTRY_UNREACHABLE', hint: expect.stringContaining('--ca-file') });
  expect(error.message).toContain(secured.host);
});

test('an insecure registry may show any certificate, and on loopback gets credentials', async () => {
  await pushTo(secured.host, { insecureRegistries: [secured.host], credentials });
});

test('without credentials, and with wrong ones', async () => {
  const trusting = { caFiles: [certificates.caFile] };
  expect(await failureOf(pushTo(secured.host, trusting))).toMatchObject({
    code: 'REGISTRY_DENIED',
    hint: `log in with \`gadget login ${secured.host}\``,
  });
  const wrong = { ...trusting, credentials: async () => ({ username: 'user', password: 'h4rdly-secret' }) };
  const error = await failureOf(pushTo(secured.host, wrong));
  expect(error).toMatchObject({ code: 'REGISTRY_DENIED', hint: expect.stringContaining('do not permit') });
  expect(JSON.stringify([error.message, error.hint, error])).not.toContain('h4rdly');
});

test('a login is checked', async () => {
  const client = openRegistry({ caFiles: [certificates.caFile], credentials, retries: fast });
  await client.check(secured.host);
  const other = openRegistry({ caFiles: [certificates.caFile], retries: fast });
  await expect(other.check(secured.host)).rejects.toMatchObject({ code: 'REGISTRY_DENIED' });
  client.close();
  other.close();
});

test("a client's certificate", async () => {
  const { caFile, clientCertFile: certFile, clientKeyFile: keyFile } = certificates;
  await pushTo(mutual.host, { caFiles: [caFile], clientCertificate: { certFile, keyFile } });
  expect(await failureOf(pushTo(mutual.host, { caFiles: [caFile] }))).toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
});

test('certificates in the folder for a registry', async () => {
  const own = join(folder, 'config/containers/certs.d', mutual.host);
  mkdirSync(own, { recursive: true });
  copyFileSync(certificates.caFile, join(own, 'ca.crt'));
  copyFileSync(certificates.clientCertFile, join(own, 'client.cert'));
  copyFileSync(certificates.clientKeyFile, join(own, 'client.key'));
  await pushTo(mutual.host, { environment: { XDG_CONFIG_HOME: join(folder, 'config') } });
});

test.each([
  ['that is missing', 'gone.pem'],
  ['that is no PEM', 'server.ext'],
])('a file of authorities %s', async (_, name) => {
  const error = await failureOf(pushTo(secured.host, { caFiles: [join(folder, name)] }));
  expect(error).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining(name) });
});

test('nobody listens', async () => {
  const host = `127.0.0.1:${await freePort()}`;
  const error = await failureOf(pushTo(host, {}));
  expect(error).toMatchObject({ code: 'REGISTRY_UNREACHABLE', message: expect.stringContaining(`${host}/test/tls cannot be reached`) });
  expect(error.hint).toContain('check that the registry runs');
});

test('a name that does not exist', async () => {
  const error = await failureOf(pushTo('registry.invalid', { retries: { ...fast, attempts: 1 } }));
  expect(error).toMatchObject({ code: 'REGISTRY_UNREACHABLE', message: expect.stringContaining('registry.invalid') });
});

test('plain HTTP elsewhere than on loopback needs a flag, and gets no credentials then', async () => {
  const asked: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    asked.push(request.headers.authorization);
    response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
  });
  const close = closer(server);
  const port = await listen(server);
  // A name that means this machine and does not look like it.
  const registry = `0.0.0.0:${port}`;
  expect(await failureOf(pushTo(registry, { credentials }))).toMatchObject({
    code: 'REGISTRY_UNREACHABLE',
    hint: expect.stringContaining('--insecure-registries'),
  });
  expect(asked).toEqual([]);
  for (const options of [{ insecureRegistries: [registry] }, { insecureRegistries: ['0.0.0.0'] }, { plainHttp: true }]) {
    const error = await failureOf(pushTo(registry, { ...options, credentials }));
    expect(error).toMatchObject({ code: 'REGISTRY_DENIED', hint: expect.stringContaining('only sent over verified TLS') });
  }
  expect(asked).toEqual([undefined, undefined, undefined]);
  await close();
});
