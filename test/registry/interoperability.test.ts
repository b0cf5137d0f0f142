import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Certificates } from '../../registry-fixtures/certificates.ts';
import { makeCertificates } from '../../registry-fixtures/certificates.ts';
import type { DockerRegistry } from '../../registry-fixtures/docker-registry.ts';
import { fixtureUser, startDockerRegistry } from '../../registry-fixtures/docker-registry.ts';
import { makeFolder, removeFolder } from '../../registry-fixtures/folder.ts';
import { eraseLogin, storeLogin } from '../../runtime/oci/registry/auth/login.ts';
import { storedCredentials } from '../../runtime/oci/registry/auth/stored-credentials.ts';
import type { RegistryClient } from '../../runtime/oci/registry/registry-client.ts';
import { openRegistry } from '../../runtime/oci/registry/registry-client.ts';
import { sampleImage } from '../support/sample-image.ts';

let folder: string;
let certificates: Certificates;
let plain: DockerRegistry;
let secured: DockerRegistry;
let authFile: string;
let client: RegistryClient;

beforeAll(async () => {
  folder = makeFolder();
  certificates = makeCertificates(folder);
  plain = await startDockerRegistry();
  secured = await startDockerRegistry({ tls: certificates, basic: true });
  authFile = join(folder, 'auth.json');
  client = openRegistry({ caFiles: [certificates.caFile], credentials: storedCredentials({ authFile, environment: {} }) });
});
afterAll(async () => {
  client.close();
  await plain.close();
  await secured.close();
  removeFolder(folder);
});

async function skopeo(...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('skopeo', [...args], { env: { ...process.env, SSL_CERT_FILE: certificates.caFile } });
  return stdout;
}

test('what we push skopeo copies, and what skopeo copies we read, with logins of either', async () => {
  const image = sampleImage('travels');
  const here = client.repository({ registry: plain.host, repository: 'org/image' });
  for (const { descriptor, bytes } of image.content) await here.push(descriptor, bytes);
  await here.tag(image.root, 'v1');

  expect(await storeLogin(secured.host, fixtureUser, { authFile })).toEqual({ path: authFile });
  const target = `docker://${secured.host}/org/copied:v2`;
  await skopeo('copy', '--all', '--authfile', authFile, '--src-tls-verify=false', `docker://${plain.host}/org/image:v1`, target);

  const there = client.repository({ registry: secured.host, repository: 'org/copied' });
  expect(await there.resolve({ tag: 'v2' })).toEqual({ mediaType: image.root.mediaType, digest: image.root.digest, size: image.root.size });
  for (const { descriptor, bytes } of image.content) expect(Buffer.from(await there.fetch(descriptor))).toEqual(Buffer.from(bytes));
  const listed = JSON.parse(await skopeo('list-tags', '--authfile', authFile, target.slice(0, target.lastIndexOf(':')))) as {
    Tags: string[];
  };
  expect(listed.Tags).toEqual(await there.tags());
});

test("skopeo's login is ours, and ours is gone after a logout", async () => {
  const own = join(folder, 'skopeo.json');
  await skopeo('login', '--authfile', own, '-u', fixtureUser.username, '-p', fixtureUser.password, secured.host);
  const withTheirs = openRegistry({ caFiles: [certificates.caFile], credentials: storedCredentials({ authFile: own }) });
  await withTheirs.check(secured.host);
  withTheirs.close();
  expect(await eraseLogin(secured.host, { authFile: own })).toEqual([{ path: own }]);
  expect(JSON.parse(readFileSync(own, 'utf8'))).toEqual({ auths: {} });
  const without = openRegistry({ caFiles: [certificates.caFile], credentials: storedCredentials({ authFile: own }) });
  await expect(without.check(secured.host)).rejects.toMatchObject({
    code: 'REGISTRY_DENIED',
    message: expect.stringContaining(`${secured.host}: not permitted to log in`),
  });
  without.close();
});
