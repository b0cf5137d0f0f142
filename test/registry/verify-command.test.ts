import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type MemoryRegistry, startMemoryRegistry } from '../../registry-fixtures/memory-registry.ts';
import { type Descriptor, describe } from '../../runtime/oci/descriptor.ts';
import { mediaTypes } from '../../runtime/oci/media-types.ts';
import { openRegistry } from '../../runtime/oci/registry/registry-client.ts';
import { signatureTypes } from '../../runtime/oci/signature/forms.ts';
import { signStatement } from '../../runtime/oci/signature/in-toto.ts';
import { pushReferrer } from '../../runtime/oci/signature/referrer.ts';
import { FakeSigstore } from '../support/keyless/fake-sigstore.ts';
import { type GadgetRunResult, runGadget } from '../support/run-gadget.ts';
import { sampleImage } from '../support/sample-image.ts';

const folder = mkdtempSync(join(tmpdir(), 'gadget-verify-'));
const file = (name: string): string => join(folder, name);
const client = openRegistry();
const sigstore = new FakeSigstore();
let registry: MemoryRegistry;

const gadget = (...args: readonly string[]): Promise<GadgetRunResult> => {
  const env = { GADGET_TRUST: file('trust.json'), GADGET_STORE: file('store'), GADGET_CONFIG: '/dev/null', COSIGN_PASSWORD: 'password' };
  return runGadget(args, { env });
};

async function pushImage(
  name: string,
): Promise<{ reference: string; image: Descriptor; repository: ReturnType<typeof client.repository> }> {
  const repository = client.repository({ registry: registry.host, repository: `org/${name}` });
  const { root, content } = sampleImage(name);
  for (const { descriptor, bytes } of content) await repository.push(descriptor, bytes);
  await repository.tag(root, 'v1');
  return { reference: `${registry.host}/org/${name}:v1`, image: root, repository };
}

beforeAll(async () => {
  registry = await startMemoryRegistry();
  writeFileSync(file('root.json'), sigstore.trustedRoot);
});
afterAll(async () => {
  client.close();
  await registry.close();
  rmSync(folder, { recursive: true });
});

test('a key: not signed, signed by a stranger, then trusted by the very command that the refusal names', async () => {
  const { reference } = await pushImage('keyed');
  expect((await gadget('key', 'generate', file('k'))).status).toBe(0);
  const unsigned = await gadget('image', 'verify', reference);
  expect([unsigned.status, unsigned.stderr]).toEqual([3, expect.stringContaining('no signature that can be verified')]);
  expect((await gadget('image', 'sign', reference, '--key', file('k.key'))).status).toBe(0);
  const untrusted = await gadget('image', 'verify', reference);
  const command = `gadget trust add ${registry.host}/org --key ${file('k.pub')}`;
  expect([untrusted.status, untrusted.stderr]).toEqual([3, expect.stringContaining(command)]);
  const [, ...words] = command.split(' ');
  expect((await gadget(...words)).status).toBe(0);
  const verified = await gadget('image', 'verify', reference);
  expect([verified.status, verified.stdout]).toEqual([0, expect.stringContaining('signed by the key SHA256:')]);
  expect((await gadget('trust', 'remove', `${registry.host}/org`)).status).toBe(0);
  expect((await gadget('image', 'verify', reference)).status).toBe(3);
  expect((await gadget('image', 'verify', reference, '--public-keys', file('k.pub'))).status).toBe(0);
});

test('an identity: the refusal names the command whole, and the bundle verifies without network', async () => {
  const { reference, image, repository } = await pushImage('keyless');
  const bytes = Buffer.from(JSON.stringify(sigstore.bundle(signStatement('x', image.digest))));
  const layer = describe(signatureTypes.bundle, bytes);
  await repository.push(layer, bytes);
  const types = { artifactType: signatureTypes.bundle, configType: mediaTypes.emptyConfig };
  await pushReferrer(repository, { ...types, layers: [layer], subject: image });
  const refused = await gadget('image', 'verify', reference, '--trusted-root', file('root.json'));
  expect(refused.status).toBe(3);
  const command = /gadget (trust add \S+ --identity \S+ --issuer [^\s;]+)/.exec(refused.stderr)?.[1];
  expect((await gadget(...command!.split(' '))).status).toBe(0);
  const verified = await gadget('image', 'verify', reference, '--trusted-root', file('root.json'));
  expect([verified.status, verified.stdout]).toEqual([0, expect.stringContaining('https://ci.example/release')]);
  const shippedRoot = await gadget('image', 'verify', reference);
  expect([shippedRoot.status, shippedRoot.stderr]).toEqual([3, expect.stringContaining('--trusted-root FILE')]);
});
