import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDockerRegistry } from '../../registry-fixtures/docker-registry.ts';
import { startMemoryRegistry } from '../../registry-fixtures/memory-registry.ts';
import type { Descriptor } from '../../runtime/oci/descriptor.ts';
import { openRegistry } from '../../runtime/oci/registry/registry-client.ts';
import type { RegistryRepository } from '../../runtime/oci/registry/registry-repository.ts';
import { findSignatures } from '../../runtime/oci/signature/find.ts';
import { type SignatureForm, signatureForms } from '../../runtime/oci/signature/forms.ts';
import { generateKeyPair, readPrivateKey, type SigningKey } from '../../runtime/oci/signature/private-key.ts';
import { type PublicKey, parsePublicKeys } from '../../runtime/oci/signature/public-key.ts';
import { signImage } from '../../runtime/oci/signature/sign.ts';
import { verifySignatures } from '../../runtime/oci/signature/verify.ts';
import { debianProgram } from '../support/debian-program.ts';
import { findProgram } from '../support/find-program.ts';
import { sampleImage } from '../support/sample-image.ts';

const cosign = await debianProgram('cosign');
const hasRegistry = findProgram('docker-registry') !== undefined;

const password = 'pass word';
/** Enough of a trusted root for signatures of keys. */
const emptyRoot = '{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}';
const signPredicate = 'https://sigstore.dev/cosign/sign/v1';

const registries = [
  ['docker-registry', startDockerRegistry],
  ['a registry with the referrers API', startMemoryRegistry],
] as const;

describe.skipIf(cosign === undefined || !hasRegistry).each(registries)('with cosign and %s', (_registry, start) => {
  const folder = mkdtempSync(join(tmpdir(), 'gadget-cosign-'));
  const file = (name: string): string => join(folder, name);
  const client = openRegistry();
  let registry: { readonly host: string; close(): Promise<void> };
  let ours: SigningKey;
  let theirs: PublicKey;
  let images = 0;

  async function run(...args: readonly string[]): Promise<string> {
    const env = { ...process.env, COSIGN_PASSWORD: password, COSIGN_EXPERIMENTAL: '1', HOME: folder };
    const { stdout, stderr } = await promisify(execFile)(cosign!, args, { env, cwd: folder });
    return stdout + stderr;
  }

  const succeeds = (...args: readonly string[]): Promise<boolean> =>
    run(...args).then(
      () => true,
      () => false,
    );

  async function newImage(): Promise<{ repository: RegistryRepository; image: Descriptor; reference: string }> {
    const repository = client.repository({ registry: registry.host, repository: `org/gadget-${++images}` });
    const { root, content } = sampleImage(`image ${images}`);
    for (const { descriptor, bytes } of content) await repository.push(descriptor, bytes);
    return { repository, image: root, reference: `${repository.name}@${root.digest}` };
  }

  beforeAll(async () => {
    registry = await start();
    const pair = await generateKeyPair({ password });
    writeFileSync(file('ours.key'), pair.privatePem, { mode: 0o600 });
    writeFileSync(file('ours.pub'), pair.publicPem);
    ours = await readPrivateKey(pair.privatePem, () => password);
    await run('generate-key-pair', '--output-key-prefix', 'theirs');
    theirs = parsePublicKeys(readFileSync(file('theirs.pub'), 'utf8'))[0]!;
    writeFileSync(file('root.json'), emptyRoot);
  });

  afterAll(async () => {
    client.close();
    await registry.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function verify(repository: RegistryRepository, image: Descriptor, ...keys: readonly PublicKey[]): Promise<unknown> {
    const trustedRoot = (): never => {
      throw new Error('no certificate is to be verified');
    };
    const result = await verifySignatures(await findSignatures(repository, image.digest), { keys, identities: [], trustedRoot });
    return result.verified ? result.form : result.failures;
  }

  /** How cosign verifies each form. */
  const verifyArguments: Readonly<Record<SignatureForm, (key: string, reference: string) => readonly string[]>> = {
    legacy: (key, reference) => ['verify', '--insecure-ignore-tlog=true', '--key', key, reference],
    oci11: (key, reference) => ['verify', '--insecure-ignore-tlog=true', '--experimental-oci11', '--key', key, reference],
    bundle: (key, reference) => [
      'verify-attestation',
      '--new-bundle-format',
      '--insecure-ignore-tlog=true',
      '--trusted-root',
      'root.json',
      '--type',
      signPredicate,
      '--key',
      key,
      reference,
    ],
  };

  /** How cosign signs in each form. */
  const signArguments: Readonly<Record<SignatureForm, (key: string, reference: string) => readonly string[]>> = {
    legacy: (key, reference) => ['sign', '--tlog-upload=false', '-y', '--key', key, reference],
    oci11: (key, reference) => ['sign', '--tlog-upload=false', '-y', '--registry-referrers-mode=oci-1-1', '--key', key, reference],
    bundle: (key, reference) => [
      'attest',
      '--new-bundle-format',
      '--tlog-upload=false',
      '-y',
      '--type',
      signPredicate,
      '--predicate',
      'predicate.json',
      '--key',
      key,
      reference,
    ],
  };

  describe.each(signatureForms)('%s', (form) => {
    it('cosign verifies what is signed here, and with no other key', async () => {
      const { repository, image, reference } = await newImage();
      await signImage(repository, image.digest, ours, { form });
      expect(await run(...verifyArguments[form]('ours.pub', reference))).toContain('verified');
      expect(await succeeds(...verifyArguments[form]('theirs.pub', reference))).toBe(false);
    });

    it('what cosign signs is verified here, and with no other key', async () => {
      writeFileSync(file('predicate.json'), '{}');
      const { repository, image, reference } = await newImage();
      await run(...signArguments[form]('theirs.key', reference));
      expect(await verify(repository, image, theirs)).toBe(form);
      expect(await verify(repository, image, ours.publicKey)).toEqual([expect.objectContaining({ form })]);
    });

    it('both sign one image, and each verifies both', async () => {
      writeFileSync(file('predicate.json'), '{}');
      const { repository, image, reference } = await newImage();
      await run(...signArguments[form]('theirs.key', reference));
      await signImage(repository, image.digest, ours, { form });
      expect([await verify(repository, image, theirs), await verify(repository, image, ours.publicKey)]).toEqual([form, form]);
      expect(await succeeds(...verifyArguments[form]('theirs.pub', reference))).toBe(true);
      expect(await succeeds(...verifyArguments[form]('ours.pub', reference))).toBe(true);
    });
  });

  it('cosign signs with a key that was generated here', async () => {
    const { repository, image, reference } = await newImage();
    await run(...signArguments.legacy('ours.key', reference));
    expect(await verify(repository, image, ours.publicKey)).toBe('legacy');
  });

  it('a key of cosign signs here', async () => {
    const { repository, image, reference } = await newImage();
    const key = await readPrivateKey(readFileSync(file('theirs.key'), 'utf8'), () => password);
    await signImage(repository, image.digest, key);
    expect(await succeeds(...verifyArguments.legacy('theirs.pub', reference))).toBe(true);
  });

  it('an attestation of cosign by a trusted key approves of nothing', async () => {
    writeFileSync(file('predicate.json'), '{}');
    const { repository, image, reference } = await newImage();
    const attest = signArguments.bundle('theirs.key', reference).map((argument) => (argument === signPredicate ? 'custom' : argument));
    await run(...attest);
    expect(await verify(repository, image, theirs)).toEqual([
      expect.objectContaining({ reason: expect.stringContaining('an attestation') }),
    ]);
  });
});
