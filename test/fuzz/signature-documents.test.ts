import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GadgetError } from '../../runtime/base/errors.ts';
import { mediaTypes } from '../../runtime/oci/media-types.ts';
import { makeBundle, parseBundle } from '../../runtime/oci/signature/bundle.ts';
import { findSignatures } from '../../runtime/oci/signature/find.ts';
import { signatureForms } from '../../runtime/oci/signature/forms.ts';
import { signStatement, statementProblem } from '../../runtime/oci/signature/in-toto.ts';
import { verifyKeyless } from '../../runtime/oci/signature/keyless.ts';
import { publicKeyOf } from '../../runtime/oci/signature/public-key.ts';
import { signImage } from '../../runtime/oci/signature/sign.ts';
import { payloadProblem, simpleSigningPayload } from '../../runtime/oci/signature/simple-signing.ts';
import { formatTrustFile, parseTrustFile } from '../../runtime/oci/signature/trust-file.ts';
import { parseTrustedRoot } from '../../runtime/oci/signature/trusted-root.ts';
import { canonicalJson } from '../../runtime/oci/signature/tuf/canonical-json.ts';
import { parseMetadata, requireSigned } from '../../runtime/oci/signature/tuf/metadata.ts';
import { verifySignatures } from '../../runtime/oci/signature/verify.ts';
import { FakeTufRepository } from '../support/fake-tuf-repository.ts';
import { FakeSigstore } from '../support/keyless/fake-sigstore.ts';
import { MemoryRepository } from '../support/memory-repository.ts';
import { cosignPair } from '../support/signing-keys.ts';

const image = `sha256:${'a'.repeat(64)}` as const;
const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const key = { privateKey: pair.privateKey, publicKey: publicKeyOf(pair.publicKey) };
const sigstore = new FakeSigstore();
const statement = signStatement('registry.example/x', image);
const trustFile = {
  builtin: false,
  trust: [
    { prefix: 'ghcr.io/org', key: cosignPair.publicPem },
    { prefix: 'ghcr.io/org', identity: 'x', issuer: 'y' },
  ],
};

/** A good document with one member, at any depth, replaced by any JSON. */
function mutated(document: object): fc.Arbitrary<unknown> {
  return fc.tuple(fc.constantFrom(...pathsOf(document)), fc.jsonValue()).map(([path, value]) => {
    const copy: unknown = structuredClone(document);
    const parent = path.slice(0, -1).reduce((node, name) => node[name] as Record<string, unknown>, copy as Record<string, unknown>);
    parent[path.at(-1)!] = value;
    return copy;
  });
}

function pathsOf(value: unknown): string[][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => [[name], ...pathsOf(member).map((path) => [name, ...path])]);
}

const bytesOf = (document: object): fc.Arbitrary<Uint8Array> =>
  fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.json().map((text) => Buffer.from(text)),
    mutated(document).map((value) => Buffer.from(JSON.stringify(value))),
  );

const bundleJson = JSON.parse(makeBundle(statement, key).toString()) as object;

describe.each<[string, object, (bytes: Uint8Array) => unknown, string]>([
  ['bundle', bundleJson, parseBundle, 'IMAGE_INVALID'],
  ['trust file', trustFile, (bytes) => parseTrustFile(bytes, 'trust.json'), 'TRUST_INVALID'],
])('%s', (_name, document, read, code) => {
  test('a value or a typed error', () => {
    fc.assert(
      fc.property(bytesOf(document), (bytes) => {
        try {
          expect(read(bytes)).toBeDefined();
        } catch (error) {
          expect([error instanceof GadgetError, (error as GadgetError).code]).toEqual([true, code]);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

test('a trust file that is read is written and read the same', () => {
  fc.assert(
    fc.property(fc.boolean(), fc.array(fc.constantFrom(...trustFile.trust)), (builtin, trust) => {
      const policy = parseTrustFile(Buffer.from(JSON.stringify({ builtin, trust })), 'trust.json');
      expect(parseTrustFile(Buffer.from(formatTrustFile(policy)), 'trust.json')).toEqual(policy);
    }),
  );
});

test.each<[string, object, (bytes: Uint8Array) => string | undefined]>([
  ['payload', JSON.parse(simpleSigningPayload('x', image).toString()) as object, (bytes) => payloadProblem(bytes, image)],
  ['statement', JSON.parse(statement.toString()) as object, (bytes) => statementProblem('application/vnd.in-toto+json', bytes, image)],
])('%s: approves, or a reason', (_name, document, problem) => {
  fc.assert(
    fc.property(bytesOf(document), (bytes) => {
      const reason = problem(bytes);
      if (reason === undefined) expect(Buffer.from(bytes).toString()).toContain('a'.repeat(64));
      else expect(reason.length).toBeGreaterThan(0);
    }),
    { numRuns: 1000 },
  );
});

test('trusted root: material, or a typed error', async () => {
  const root = JSON.parse(sigstore.trustedRoot.toString()) as object;
  await fc.assert(
    fc.asyncProperty(bytesOf(root), async (bytes) => {
      const error = await parseTrustedRoot(bytes, 'root').catch((cause: unknown) => cause);
      if (error instanceof Error) expect([error instanceof GadgetError, (error as GadgetError).code]).toEqual([true, 'TRUST_INVALID']);
    }),
    { numRuns: 300 },
  );
});

test('keyless bundle: only the payload that was signed, or a problem', async () => {
  const material = await parseTrustedRoot(sigstore.trustedRoot, 'root');
  await fc.assert(
    fc.asyncProperty(mutated(sigstore.bundle(statement)), async (json) => {
      let bundle: ReturnType<typeof parseBundle>;
      try {
        bundle = parseBundle(Buffer.from(JSON.stringify(json)));
      } catch (error) {
        expect(error).toBeInstanceOf(GadgetError);
        return;
      }
      const result = await verifyKeyless({ form: 'bundle', manifest: image, bundle }, material);
      if ('problem' in result) return;
      expect([result.signer.identity, Buffer.from(result.payload).equals(statement)]).toEqual(['https://ci.example/release', true]);
    }),
    { numRuns: 300 },
  );
});

test.each(signatureForms)('a repository with damaged content (%s): verified, not verified, or a typed error', async (form) => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.nat(), fc.jsonValue(), async (which, where, value) => {
      const repository = new MemoryRepository();
      const subject = await repository.pushJson(mediaTypes.index, { schemaVersion: 2, manifests: [] });
      const { manifest } = await signImage(repository, subject.digest, key, { form });
      // Whoever may write to the repository chooses the manifest; its digest fits.
      const json = JSON.parse(Buffer.from(repository.blobs.get(manifest)!.bytes).toString()) as object;
      const paths = pathsOf(json);
      const path = paths[where % paths.length]!;
      const parent = path.slice(0, -1).reduce((node, name) => node[name] as Record<string, unknown>, json as Record<string, unknown>);
      parent[path.at(-1)!] = which % 3 === 0 ? value : JSON.stringify(value);
      const changed = await repository.pushJson(mediaTypes.manifest, json);
      if (form === 'legacy') await repository.tag(changed, [...repository.names.keys()][0]!);
      repository.referrers = async () => (form === 'legacy' ? [] : [changed]);
      const found = await findSignatures(repository, subject.digest);
      const result = await verifySignatures(found, {
        keys: [key.publicKey],
        identities: [],
        trustedRoot: () => parseTrustedRoot(sigstore.trustedRoot, 'root'),
      });
      expect(typeof result.verified).toBe('boolean');
    }),
    { numRuns: 200 },
  );
});

test.each(['root', 'timestamp', 'snapshot', 'targets'] as const)('metadata of TUF (%s): read and refused, or a typed error', (role) => {
  const repository = new FakeTufRepository();
  const root = parseMetadata(repository.publishRoot(), 'root');
  repository.publish('x', Buffer.from('x'));
  const path = [...repository.files.keys()].find((name) => name.endsWith(`${role}.json`))!;
  const document = JSON.parse(Buffer.from(repository.files.get(path)!).toString()) as object;
  fc.assert(
    fc.property(bytesOf(document), (bytes) => {
      try {
        const metadata = parseMetadata(bytes, role);
        requireSigned(metadata, role, root);
        expect(canonicalJson(metadata.signed)).toBe(canonicalJson((document as { signed: object }).signed));
        requireSigned(root, 'root', metadata.signed['roles'] === undefined ? root : metadata);
      } catch (error) {
        expect([error instanceof GadgetError, (error as GadgetError).code]).toEqual([true, 'IMAGE_INVALID']);
      }
    }),
    { numRuns: 300 },
  );
});

test('metadata of TUF that nests deeply is refused', () => {
  const deep = `{"signed":{"_type":"root","version":1,"expires":"2030-01-01T00:00:00Z","x":${'['.repeat(100_000)}${']'.repeat(100_000)}},"signatures":[]}`;
  const root = parseMetadata(new FakeTufRepository().publishRoot(), 'root');
  expect(() => requireSigned(parseMetadata(Buffer.from(deep), 'root'), 'root', root)).toThrow('nests more than 64 deep');
});
