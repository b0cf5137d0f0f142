import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DockerRegistry, startDockerRegistry } from '../../registry-fixtures/docker-registry.ts';
import { openRegistry } from '../../runtime/oci/registry/registry-client.ts';
import { findSignatures } from '../../runtime/oci/signature/find.ts';
import type { SignatureForm } from '../../runtime/oci/signature/forms.ts';
import { publicKeyOf } from '../../runtime/oci/signature/public-key.ts';
import { signImage } from '../../runtime/oci/signature/sign.ts';
import { verifySignatures } from '../../runtime/oci/signature/verify.ts';
import { findProgram } from '../support/find-program.ts';
import { sampleImage } from '../support/sample-image.ts';

const skopeo = findProgram('skopeo');

describe.skipIf(skopeo === undefined || findProgram('docker-registry') === undefined)('skopeo sync --all', () => {
  const client = openRegistry();
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = { privateKey: pair.privateKey, publicKey: publicKeyOf(pair.publicKey) };
  let from: DockerRegistry;
  let to: DockerRegistry;

  beforeAll(async () => {
    [from, to] = await Promise.all([startDockerRegistry(), startDockerRegistry()]);
  });
  afterAll(async () => {
    client.close();
    await Promise.all([from.close(), to.close()]);
  });

  it.each<SignatureForm>(['legacy', 'oci11'])('carries digest and signature of the form %s to another registry', async (form) => {
    const source = client.repository({ registry: from.host, repository: `org/${form}` });
    const { root, content } = sampleImage(form);
    for (const { descriptor, bytes } of content) await source.push(descriptor, bytes);
    await source.tag(root, 'v1');
    await signImage(source, root.digest, key, { form });

    const insecure = ['--src-tls-verify=false', '--dest-tls-verify=false'];
    await promisify(execFile)(skopeo!, [
      'sync',
      '--all',
      ...insecure,
      '--src',
      'docker',
      '--dest',
      'docker',
      source.name,
      `${to.host}/mirror`,
    ]);

    const copy = client.repository({ registry: to.host, repository: `mirror/${form}` });
    expect((await copy.resolve({ tag: 'v1' }))?.digest).toBe(root.digest);
    const trustedRoot = (): never => {
      throw new Error('no certificate is to be verified');
    };
    const result = await verifySignatures(await findSignatures(copy, root.digest), { keys: [key.publicKey], identities: [], trustedRoot });
    expect(result).toMatchObject({ verified: true, form });
  });
});
