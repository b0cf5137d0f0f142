import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseBundle } from '../../runtime/oci/signature/bundle.ts';
import type { BundleSignature, FoundSignature, FoundSignatures } from '../../runtime/oci/signature/found-signatures.ts';
import { signStatement } from '../../runtime/oci/signature/in-toto.ts';
import { type CertificateIdentity, verifyKeyless } from '../../runtime/oci/signature/keyless.ts';
import { simpleSigningPayload } from '../../runtime/oci/signature/simple-signing.ts';
import { parseTrustedRoot, readTrustedRoot } from '../../runtime/oci/signature/trusted-root.ts';
import { type Verification, verifySignatures } from '../../runtime/oci/signature/verify.ts';
import { FakeSigstore, type KeylessOptions } from '../support/keyless/fake-sigstore.ts';

const image = `sha256:${'a'.repeat(64)}` as const;
const statement = signStatement('registry.example/org/gadget', image);
const sigstore = new FakeSigstore();
const signer = { identity: 'https://ci.example/release', issuer: 'https://issuer.example' };

function found(...signatures: FoundSignature[]): FoundSignatures {
  return { repository: 'registry.example/org/gadget', image, signatures, ignored: [], manifests: [] };
}

function bundleSignature(json: unknown): BundleSignature {
  return { form: 'bundle', manifest: image, bundle: parseBundle(Buffer.from(JSON.stringify(json))) };
}

function verify(signature: FoundSignature, identities: readonly CertificateIdentity[], root = sigstore): Promise<Verification> {
  return verifySignatures(found(signature), { keys: [], identities, trustedRoot: () => parseTrustedRoot(root.trustedRoot, 'root') });
}

async function reasonOf(
  signature: FoundSignature,
  identities: readonly CertificateIdentity[] = [signer],
  root = sigstore,
): Promise<string> {
  const result = await verify(signature, identities, root);
  return result.verified ? 'verified' : result.failures.map(({ reason }) => reason).join();
}

function legacySignature(options: KeylessOptions = {}, payload = simpleSigningPayload('x', image)): FoundSignature {
  return { form: 'legacy', manifest: image, payload, ...sigstore.annotations(payload, options) };
}

describe('a keyless signature', () => {
  it.each([
    ['bundle of Rekor 1', bundleSignature(sigstore.bundle(statement))],
    ['bundle with an entry of Rekor 2 over what is signed', bundleSignature(sigstore.bundle(statement, { entry: 'hashedrekord-2' }))],
    ['annotations of a layer', legacySignature()],
  ])('is verified offline: %s', async (_form, signature) => {
    expect(await verify(signature, [{ identity: 'other', issuer: 'other' }, signer])).toEqual({
      verified: true,
      form: signature.form,
      manifest: image,
      signer: { kind: 'identity', ...signer },
    });
  });

  it.each<[string, CertificateIdentity]>([
    ['a prefix', { ...signer, identity: 'https://ci.example/rel' }],
    ['a regular expression', { ...signer, identity: '.*' }],
    ['another case', { ...signer, identity: 'https://CI.example/release' }],
    ['another issuer', { ...signer, issuer: 'https://issuer.example/' }],
    ['an empty issuer', { ...signer, issuer: '' }],
  ])('is not taken when the trusted identity is %s', async (_what, identity) => {
    const result = await verify(bundleSignature(sigstore.bundle(statement)), [identity]);
    expect(result).toMatchObject({ verified: false, strangers: [signer] });
  });

  it.each<[string, KeylessOptions, string]>([
    ['a certificate without an issuer', { issuer: undefined }, 'both an identity and an issuer'],
    ['a certificate that no log has seen', { isLogged: false }, 'expected 1 SCTs, got 0'],
    ['a time before the authority', { at: new Date('2023-01-01T00:00:00Z') }, 'does not verify'],
  ])('does not verify with %s', async (_what, options, reason) => {
    expect(await reasonOf(bundleSignature(sigstore.bundle(statement, options)))).toContain(reason);
  });

  it('does not verify with the root of others', async () => {
    expect(await reasonOf(bundleSignature(sigstore.bundle(statement)), [signer], new FakeSigstore())).toContain('does not verify');
  });

  const change = (path: string, value: unknown) => {
    const json = structuredClone(sigstore.bundle(statement)) as Record<string, unknown>;
    const keys = path.split('.');
    const parent = keys.slice(0, -1).reduce((node, key) => node[key] as Record<string, unknown>, json);
    parent[keys.at(-1)!] = value;
    return bundleSignature(json);
  };
  const entry = 'verificationMaterial.tlogEntries.0';

  it.each<[string, FoundSignature]>([
    ['another payload', change('dsseEnvelope.payload', signStatement('y', image).toString('base64'))],
    ['another signature', change('dsseEnvelope.signatures.0.sig', 'MEUCIQDy52Geq864')],
    ['no log entry', change('verificationMaterial.tlogEntries', [])],
    ['another time', change(`${entry}.integratedTime`, '1748779210')],
    ['a promise of nobody', change(`${entry}.inclusionPromise.signedEntryTimestamp`, 'AAAA')],
    ['another checkpoint', change(`${entry}.inclusionProof.checkpoint.envelope`, 'log.example\n2\nAAAA\n\n\u2014 log.example AAAAAAAA\n')],
    ['another entry', change(`${entry}.canonicalizedBody`, Buffer.from('{"kind":"dsse","apiVersion":"0.0.1"}').toString('base64'))],
    ['the certificate of somebody else', change('verificationMaterial.certificate', { rawBytes: 'MIIC' })],
  ])('does not verify with %s', async (_what, signature) => {
    expect(await reasonOf(signature)).toMatch(/^it does not verify: /);
  });

  it('is refused in no time when the name in a checkpoint is a regular expression that takes hours', async () => {
    const signature = bundleSignature(sigstore.bundle(statement, { checkpointSigner: '(((((.+)+)+)+)+)+!' }));
    expect(await reasonOf(signature)).toContain('no plain name');
    const behindDash = bundleSignature(sigstore.bundle(statement, { checkpointSigner: '\u2014 (((((.+)+)+)+)+)+!' }));
    expect(await reasonOf(behindDash)).toContain('no plain name');
  });

  it('is refused when it has more log entries than there can be', async () => {
    const json = sigstore.bundle(statement) as { verificationMaterial: { tlogEntries: unknown[] } };
    json.verificationMaterial.tlogEntries = Array(9).fill(json.verificationMaterial.tlogEntries[0]);
    expect(await reasonOf(bundleSignature(json))).toContain('9 log entries');
  });

  it.each<[string, FoundSignature, string]>([
    [
      'an attestation',
      bundleSignature(sigstore.bundle(Buffer.from(statement.toString().replace('cosign/sign', 'other')))),
      'an attestation',
    ],
    ['another image', bundleSignature(sigstore.bundle(signStatement('x', `sha256:${'b'.repeat(64)}`))), 'about another image'],
    ['another image, in annotations', legacySignature({}, simpleSigningPayload('x', `sha256:${'b'.repeat(64)}`)), 'it is about'],
    ['no log entry in annotations', { ...legacySignature(), rekorBundle: '{}' } as FoundSignature, 'log entry: Payload'],
    ['no PEM in annotations', { ...legacySignature(), certificate: 'x' } as FoundSignature, 'no certificate'],
  ])('of %s does not count', async (_what, signature, reason) => {
    expect(await reasonOf(signature)).toContain(reason);
  });
});

describe('trusted roots', () => {
  it('shipped: verifies a bundle that the public Sigstore made', async () => {
    // From the package pypi-attestations 0.0.27 (Apache-2.0): signed by its release workflow, logged by rekor.sigstore.dev.
    const json = JSON.parse(readFileSync(resolve(import.meta.dirname, '../support/keyless/public-bundle.json'), 'utf8')) as unknown;
    const result = await verifyKeyless(bundleSignature(json), await readTrustedRoot());
    expect(result).toMatchObject({ signer: { issuer: 'https://token.actions.githubusercontent.com' } });
    const fake = await verifyKeyless(bundleSignature(json), await parseTrustedRoot(sigstore.trustedRoot, 'root'));
    expect(fake).toEqual({ problem: expect.any(String) });
  });

  it.each([
    ['no JSON', 'text'],
    ['another media type', '{"mediaType":"application/json"}'],
    ['a damaged key', sigstore.trustedRoot.toString().replace('"rawBytes":"M', '"rawBytes":"A')],
  ])('refuses %s', async (_what, text) => {
    await expect(parseTrustedRoot(Buffer.from(text), 'r.json')).rejects.toMatchObject({ code: 'TRUST_INVALID' });
  });

  it('refuses a file that is not there', async () => {
    await expect(readTrustedRoot('/nonexistent/root.json')).rejects.toMatchObject({ code: 'TRUST_INVALID' });
  });
});
