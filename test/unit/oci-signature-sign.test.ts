import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Diagnostic } from '../../runtime/base/diagnostics.ts';
import type { GadgetError } from '../../runtime/base/errors.ts';
import { attachmentTag } from '../../runtime/oci/attachments.ts';
import { type Descriptor, describe as describeContent } from '../../runtime/oci/descriptor.ts';
import { parseManifest } from '../../runtime/oci/manifest.ts';
import { mediaTypes } from '../../runtime/oci/media-types.ts';
import { findSignatures } from '../../runtime/oci/signature/find.ts';
import { type SignatureForm, signatureForms, signatureTypes } from '../../runtime/oci/signature/forms.ts';
import type { SigningKey } from '../../runtime/oci/signature/private-key.ts';
import { publicKeyOf } from '../../runtime/oci/signature/public-key.ts';
import { signImage } from '../../runtime/oci/signature/sign.ts';
import { type TrustedSigners, type Verification, verifySignatures } from '../../runtime/oci/signature/verify.ts';
import { MemoryRepository } from '../support/memory-repository.ts';

function newKey(kind: 'ec' | 'ed25519' | 'rsa' = 'ec'): SigningKey {
  const pair =
    kind === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : kind === 'rsa'
        ? generateKeyPairSync('rsa', { modulusLength: 2048 })
        : generateKeyPairSync('ed25519');
  return { privateKey: pair.privateKey, publicKey: publicKeyOf(pair.publicKey) };
}

const [alice, bob] = [newKey(), newKey()];

function trust(...keys: SigningKey[]): TrustedSigners {
  const trustedRoot = (): never => {
    throw new Error('no certificate is to be verified');
  };
  return { keys: keys.map(({ publicKey }) => publicKey), identities: [], trustedRoot };
}

async function withImage(text = 'one'): Promise<{ repository: MemoryRepository; image: Descriptor }> {
  const repository = new MemoryRepository();
  return { repository, image: await repository.pushJson(mediaTypes.index, { schemaVersion: 2, manifests: [], annotations: { text } }) };
}

async function verify(
  { repository, image }: { repository: MemoryRepository; image: Descriptor },
  ...keys: SigningKey[]
): Promise<Verification> {
  return verifySignatures(await findSignatures(repository, image.digest), trust(...keys));
}

const reasons = (result: Verification): readonly string[] => (result.verified ? [] : result.failures.map(({ reason }) => reason));

describe.each(signatureForms)('the form %s', (form) => {
  it.each(['ec', 'ed25519', 'rsa'] as const)('is verified with the %s key that signed', async (kind) => {
    const at = await withImage();
    const key = newKey(kind);
    const { manifest } = await signImage(at.repository, at.image.digest, key, { form });
    expect(await verify(at, bob, key)).toEqual({
      verified: true,
      form,
      manifest,
      signer: { kind: 'key', fingerprint: key.publicKey.fingerprint },
    });
  });

  it('is not verified with another key, or none', async () => {
    const at = await withImage();
    await signImage(at.repository, at.image.digest, alice, { form });
    expect(reasons(await verify(at, bob))).toEqual([`it is not by the trusted key (${bob.publicKey.fingerprint.slice(0, 19)})`]);
    expect(reasons(await verify(at))).toEqual(['it is by a key, and no key is trusted for this image']);
  });

  it('keeps the signatures of others, warns of them, and does not sign twice', async () => {
    const at = await withImage();
    const diagnostics: Diagnostic[] = [];
    const report = (diagnostic: Diagnostic): void => void diagnostics.push(diagnostic);
    await signImage(at.repository, at.image.digest, alice, { form, report });
    expect(diagnostics).toEqual([]);
    expect((await signImage(at.repository, at.image.digest, bob, { form, report })).wasSigned).toBe(false);
    expect(diagnostics.map(({ message }) => message)).toEqual([expect.stringContaining('Inspektor Gadget refuses')]);
    const size = at.repository.blobs.size;
    expect((await signImage(at.repository, at.image.digest, alice, { form, report })).wasSigned).toBe(true);
    expect(at.repository.blobs.size).toBe(size);
    expect([(await verify(at, alice)).verified, (await verify(at, bob)).verified]).toEqual([true, true]);
  });

  it('does not count for another image', async () => {
    const at = await withImage();
    await signImage(at.repository, at.image.digest, alice, { form });
    const other = await at.repository.pushJson(mediaTypes.index, { schemaVersion: 2, manifests: [], annotations: { text: 'other' } });
    await moveSignature(at.repository, at.image, other, form);
    const found = await findSignatures(at.repository, other.digest);
    expect(found.signatures.length).toBe(1);
    expect((await verifySignatures(found, trust(alice))).verified).toBe(false);
  });

  it('says where the signatures are, so that they can be copied', async () => {
    const at = await withImage();
    const { manifest } = await signImage(at.repository, at.image.digest, alice, { form });
    const { manifests } = await findSignatures(at.repository, at.image.digest);
    expect(manifests.map(({ descriptor, tag }) => [descriptor.digest, tag])).toEqual([
      [manifest, form === 'legacy' ? attachmentTag(at.image.digest, '.sig') : undefined],
    ]);
  });
});

/** Attaches the signature of one image to another, as an attacker would. */
async function moveSignature(repository: MemoryRepository, from: Descriptor, to: Descriptor, form: SignatureForm): Promise<void> {
  if (form === 'legacy') {
    await repository.tag((await repository.resolve({ tag: attachmentTag(from.digest, '.sig') }))!, attachmentTag(to.digest, '.sig'));
    return;
  }
  const [referrer] = await repository.referrers(from.digest);
  const json = JSON.parse(Buffer.from(await repository.fetch(referrer!)).toString()) as object;
  await repository.pushJson(mediaTypes.manifest, { ...json, subject: to });
}

describe('what is found', () => {
  it('is of all forms together, and any that matches wins', async () => {
    const at = await withImage();
    for (const form of signatureForms) await signImage(at.repository, at.image.digest, form === 'bundle' ? bob : alice, { form });
    const found = await findSignatures(at.repository, at.image.digest);
    expect(found.signatures.map(({ form }) => form).sort()).toEqual([...signatureForms].sort());
    expect(await verify(at, bob)).toMatchObject({ verified: true, form: 'bundle' });
  });

  it('is nothing for an image without signatures, and signing needs an image', async () => {
    const at = await withImage();
    expect(await findSignatures(at.repository, at.image.digest)).toMatchObject({ signatures: [], ignored: [], manifests: [] });
    const missing = `sha256:${'0'.repeat(64)}` as const;
    expect(await signImage(at.repository, missing, alice).catch((error: GadgetError) => error.code)).toBe('IMAGE_NOT_FOUND');
  });

  it('does not rest on the artifact type of an entry, nor on its place in the list', async () => {
    const at = await withImage();
    await signImage(at.repository, at.image.digest, alice, { form: 'bundle' });
    const [referrer] = await at.repository.referrers(at.image.digest);
    at.repository.referrers = async () => [{ ...referrer!, artifactType: mediaTypes.emptyConfig }];
    expect((await verify(at, alice)).verified).toBe(true);
  });

  it('leaves out entries whose manifest is about another image', async () => {
    const [at, other] = [await withImage('one'), await withImage('two')];
    await signImage(at.repository, at.image.digest, alice, { form: 'oci11' });
    const entries = await at.repository.referrers(at.image.digest);
    at.repository.referrers = async () => entries;
    expect(await findSignatures(at.repository, other.image.digest)).toMatchObject({ signatures: [], ignored: [] });
  });

  it('is bounded, and says what was not read', async () => {
    const at = await withImage();
    const referrers: Descriptor[] = [];
    for (let at_ = 0; at_ < 130; at_++) {
      referrers.push(
        await at.repository.pushJson(mediaTypes.manifest, {
          schemaVersion: 2,
          artifactType: 'application/spdx+json',
          config: describeContent(mediaTypes.emptyConfig, Buffer.from('{}')),
          layers: [],
          subject: at.image,
          annotations: { number: String(at_) },
        }),
      );
    }
    await signImage(at.repository, at.image.digest, alice, { form: 'bundle' });
    const { signatures, ignored } = await findSignatures(at.repository, at.image.digest);
    expect(signatures.length).toBe(1);
    expect(ignored.map(({ reason }) => reason)).toEqual(Array(3).fill('it comes after 128 others'));
  });
});

describe('what is beside an image, others may have put there', () => {
  const payload = Buffer.alloc(250_000);
  const layerOf = (at: number): Layer => ({
    mediaType: signatureTypes.simpleSigning,
    bytes: Buffer.concat([payload, Buffer.from(String(at))]),
    annotations: { 'dev.cosignproject.cosign/signature': 'AAAA' },
  });

  it('is read up to 32 MiB', async () => {
    const at = await withReferrer(
      Array.from({ length: 64 }, (_, index) => layerOf(index)),
      oci11,
    );
    for (let copy = 1; copy < 4; copy++)
      await addReferrer(
        at,
        Array.from({ length: 64 }, (_, index) => layerOf(copy * 64 + index)),
      );
    const { signatures, ignored } = await findSignatures(at.repository, at.image.digest);
    expect([signatures.length, ignored.length]).toEqual([133, 123]);
    expect(ignored[0]!.reason).toContain('33554432 bytes of other signatures');
  });

  it('is read up to 512 pieces, and content that is there twice once', async () => {
    const at = await withReferrer(Array(64).fill(layerOf(0)), oci11);
    for (let copy = 1; copy < 10; copy++)
      await addReferrer(at, Array(64).fill({ ...layerOf(0), annotations: { 'dev.cosignproject.cosign/signature': `AA${copy}A` } }));
    let fetched = 0;
    const { fetch } = at.repository;
    at.repository.fetch = (descriptor) => {
      if (descriptor.mediaType === signatureTypes.simpleSigning) fetched++;
      return fetch.call(at.repository, descriptor);
    };
    const { signatures, ignored } = await findSignatures(at.repository, at.image.digest);
    // Eight manifests are read at once; the two after them come too late.
    expect([signatures.length + 8, fetched]).toEqual([512, 1]);
    expect(ignored.at(-1)!.reason).toContain('after 512 other pieces');
  });

  it('is not fetched when its manifest says that it is an attestation', async () => {
    const annotations = { 'dev.sigstore.bundle.predicateType': 'https://slsa.dev/provenance/v1' };
    const at = await withReferrer([bundleLayer(bundle)], { annotations });
    const [blob] = [...at.repository.blobs.values()].filter(({ descriptor }) => descriptor.mediaType === signatureTypes.bundle);
    at.repository.blobs.delete(blob!.descriptor.digest);
    const { ignored } = await findSignatures(at.repository, at.image.digest);
    expect(ignored.map(({ reason }) => reason)).toEqual([expect.stringContaining('it is an attestation')]);
  });
});

interface Layer {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  readonly annotations?: Record<string, string>;
}

async function withReferrer(layers: readonly Layer[], more: object = {}): ReturnType<typeof withImage> {
  const at = await withImage();
  await addReferrer(at, layers, more);
  return at;
}

async function addReferrer(at: Awaited<ReturnType<typeof withImage>>, layers: readonly Layer[], more: object = oci11): Promise<void> {
  const descriptors = layers.map(({ mediaType, bytes, annotations = {} }) => ({ ...describeContent(mediaType, bytes), annotations }));
  for (const [index, descriptor] of descriptors.entries()) await at.repository.push(descriptor, layers[index]!.bytes);
  const config = { mediaType: mediaTypes.emptyConfig, digest: at.image.digest, size: 2 };
  await at.repository.pushJson(mediaTypes.manifest, { schemaVersion: 2, config, layers: descriptors, subject: at.image, ...more });
}

const bundleLayer = (json: object): Layer => ({ mediaType: signatureTypes.bundle, bytes: Buffer.from(JSON.stringify(json)) });
const envelope = { payload: 'e30=', payloadType: 'application/vnd.in-toto+json', signatures: [{ sig: 'AAAA' }] };
const bundle = { mediaType: signatureTypes.bundle, verificationMaterial: { publicKey: { hint: 'x' } }, dsseEnvelope: envelope };
const oci11 = { config: { mediaType: signatureTypes.oci11, digest: `sha256:${'1'.repeat(64)}`, size: 2 } };

describe('what cannot be taken for a signature is ignored with a reason', () => {
  it.each<[string, readonly Layer[], object, string]>([
    ['a signature of Notation', [], { artifactType: signatureTypes.notation }, 'Notation, which is not supported'],
    ['a bundle that is no JSON', [{ mediaType: signatureTypes.bundle, bytes: Buffer.from('{') }], {}, 'not JSON'],
    ['a bundle of an unknown version', [bundleLayer({ ...bundle, mediaType: 'application/x' })], {}, 'version that is not known'],
    ['a bundle of a file', [bundleLayer({ ...bundle, dsseEnvelope: undefined, messageSignature: {} })], {}, 'no DSSE envelope'],
    [
      'an envelope of two signatures',
      [bundleLayer({ ...bundle, dsseEnvelope: { ...envelope, signatures: [{ sig: '' }, { sig: '' }] } })],
      {},
      '2 items',
    ],
    ['an envelope of none', [bundleLayer({ ...bundle, dsseEnvelope: { ...envelope, signatures: [] } })], {}, 'not a JSON object'],
    ['a bundle of nobody', [bundleLayer({ ...bundle, verificationMaterial: {} })], {}, 'neither key nor certificate'],
    ['a layer of another type', [{ mediaType: 'text/plain', bytes: Buffer.from('x') }], oci11, 'without a signature'],
    ['a layer without its signature', [{ mediaType: signatureTypes.simpleSigning, bytes: Buffer.from('x') }], oci11, 'without a signature'],
    [
      'a payload that is too large',
      [
        {
          mediaType: signatureTypes.simpleSigning,
          bytes: Buffer.alloc(300_000),
          annotations: { 'dev.cosignproject.cosign/signature': 'AAAA' },
        },
      ],
      oci11,
      'more than the 262144 allowed',
    ],
  ])('%s', async (_what, layers, more, reason) => {
    const at = await withReferrer(layers, more);
    const { signatures, ignored } = await findSignatures(at.repository, at.image.digest);
    expect([signatures, ignored.map((entry) => entry.reason)]).toEqual([[], [expect.stringContaining(reason)]]);
  });

  it('a manifest that is missing or too large', async () => {
    const at = await withImage();
    const missing = describeContent(mediaTypes.manifest, Buffer.from('gone'));
    at.repository.referrers = async () => [missing, { ...missing, size: 2 ** 30 }];
    const { ignored } = await findSignatures(at.repository, at.image.digest);
    expect(ignored.map(({ reason }) => reason)).toEqual([
      expect.stringContaining('not there'),
      expect.stringContaining('more than the 1048576 allowed'),
    ]);
  });
});

describe('a payload that approves of something else does not count, though its signature is right', () => {
  const payloadOf = (change: (json: { critical: Record<string, unknown> }) => void) => (image: Descriptor) => {
    const json = {
      critical: {
        identity: { 'docker-reference': 'elsewhere.example/copy' },
        image: { 'docker-manifest-digest': image.digest },
        type: 'cosign container image signature',
      },
      optional: null,
    };
    change(json);
    return Buffer.from(JSON.stringify(json));
  };

  it.each<[string, (image: Descriptor) => Uint8Array, string | undefined]>([
    ['the reference of a copy counts', payloadOf(() => {}), undefined],
    [
      'another digest',
      payloadOf((json) => Object.assign(json.critical, { image: { 'docker-manifest-digest': 'sha256:0' } })),
      'about "sha256:0"',
    ],
    ['no digest', payloadOf((json) => Object.assign(json.critical, { image: {} })), 'about no digest'],
    ['another type', payloadOf((json) => Object.assign(json.critical, { type: 'atomic container signature' })), 'not of a type'],
    ['no JSON', () => Buffer.from('text'), 'not JSON'],
  ])('%s', async (_what, payload, reason) => {
    const at = await withImage();
    const bytes = payload(at.image);
    const { signBytes } = await import('../../runtime/oci/signature/key-kinds.ts');
    const found = {
      ...(await findSignatures(at.repository, at.image.digest)),
      signatures: [{ form: 'legacy', manifest: at.image.digest, payload: bytes, signature: signBytes(alice.privateKey, bytes) } as const],
    };
    const result = await verifySignatures(found, trust(alice));
    expect(reasons(result)).toEqual(reason === undefined ? [] : [expect.stringContaining(reason)]);
    expect(result.verified).toBe(reason === undefined);
  });

  it.each<[string, object, string]>([
    ['an attestation', { predicateType: 'https://slsa.dev/provenance/v1' }, 'it is an attestation'],
    ['another version of statements', { _type: 'https://in-toto.io/Statement/v9' }, 'unknown version'],
    ['another subject', { subject: [{ name: 'x', digest: { sha256: '0'.repeat(64) } }] }, 'about another image'],
    ['no subject', { subject: [] }, 'about another image'],
  ])('%s', async (_what, change, reason) => {
    const at = await withImage();
    const { makeBundle } = await import('../../runtime/oci/signature/bundle.ts');
    const { signStatement } = await import('../../runtime/oci/signature/in-toto.ts');
    const statement = { ...(JSON.parse(signStatement('x', at.image.digest).toString()) as object), ...change };
    const bytes = makeBundle(Buffer.from(JSON.stringify(statement)), alice);
    const signed = await withReferrer([{ mediaType: signatureTypes.bundle, bytes }]);
    expect(signed.image.digest).toBe(at.image.digest);
    expect(reasons(await verify(signed, alice))).toEqual([expect.stringContaining(reason)]);
  });
});

describe('manifests', () => {
  it('have the shapes cosign writes', async () => {
    const at = await withImage();
    const read = async (form: SignatureForm): Promise<ReturnType<typeof parseManifest>> => {
      const { manifest } = await signImage(at.repository, at.image.digest, alice, { form });
      return parseManifest(at.repository.blobs.get(manifest)!.bytes);
    };
    const [legacy, referrer, bundled] = [await read('legacy'), await read('oci11'), await read('bundle')];
    expect([legacy.config.mediaType, legacy.subject]).toEqual([signatureTypes.imageConfig, undefined]);
    expect([referrer.config.mediaType, referrer.artifactType, referrer.subject?.digest]).toEqual([
      signatureTypes.oci11,
      undefined,
      at.image.digest,
    ]);
    expect([bundled.config.mediaType, bundled.artifactType, bundled.layers[0]?.mediaType]).toEqual([
      mediaTypes.emptyConfig,
      signatureTypes.bundle,
      signatureTypes.bundle,
    ]);
  });

  it('of two who sign at once hold both signatures', async () => {
    const at = await withImage();
    await Promise.all([alice, bob].map((key) => signImage(at.repository, at.image.digest, key)));
    expect([(await verify(at, alice)).verified, (await verify(at, bob)).verified]).toEqual([true, true]);
  });
});
