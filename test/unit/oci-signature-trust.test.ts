import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { GadgetError } from '../../runtime/base/errors.ts';
import { parseImageReference } from '../../runtime/oci/image-reference.ts';
import { mediaTypes } from '../../runtime/oci/media-types.ts';
import { builtinTrust } from '../../runtime/oci/signature/builtin-trust.ts';
import { addTrust, removeTrust } from '../../runtime/oci/signature/change-trust.ts';
import type { SigningKey } from '../../runtime/oci/signature/private-key.ts';
import { publicKeyOf } from '../../runtime/oci/signature/public-key.ts';
import { mustVerify, requireTrusted } from '../../runtime/oci/signature/require-trusted.ts';
import { signImage } from '../../runtime/oci/signature/sign.ts';
import { parseTrustEntries } from '../../runtime/oci/signature/trust-entries.ts';
import { formatTrustFile, parseTrustFile, readTrustFile, standardPolicy, updateTrustFile } from '../../runtime/oci/signature/trust-file.ts';
import { readTrustPolicy, trustFilePaths } from '../../runtime/oci/signature/trust-location.ts';
import { isBelow, type TrustEntry, type TrustPolicy, trustFor } from '../../runtime/oci/signature/trust-policy.ts';
import { FakeSigstore } from '../support/keyless/fake-sigstore.ts';
import { MemoryRepository } from '../support/memory-repository.ts';
import { cosignPair } from '../support/signing-keys.ts';

const folder = mkdtempSync(join(tmpdir(), 'gadget-trust-'));
afterAll(() => rmSync(folder, { recursive: true }));

const keyEntry = (prefix: string, key: string = cosignPair.publicPem): TrustEntry => ({ prefix, key });
const robot = { identity: 'https://ci.example/release', issuer: 'https://issuer.example' };
const policyOf = (...entries: TrustEntry[]): TrustPolicy => ({ entries, builtin: true });

describe('a prefix', () => {
  it.each([
    ['ghcr.io', 'ghcr.io/org/x', true],
    ['ghcr.io/org', 'ghcr.io/org/x:v1', true],
    ['ghcr.io/org/x', 'ghcr.io/org/x', true],
    ['ghcr.io/org/x', 'ghcr.io/org/x/y', true],
    ['ghcr.io/org', 'ghcr.io/organisation/x', false],
    ['ghcr.io/org/x', 'ghcr.io/org/xy', false],
    ['ghcr.io/org', 'ghcr.example/org/x', false],
    ['ghcr.io', 'ghcr.io.example/x', false],
    ['127.0.0.1:5000', '127.0.0.1:5001/x', false],
    ['127.0.0.1:5000/org', '127.0.0.1:5000/org/x', true],
    ['ghcr.io/org', 'GHCR.IO/org/x', true],
  ])('%s of %s: %s', (prefix, image, expected) => {
    expect(isBelow(prefix, parseImageReference(image))).toBe(expected);
  });

  it('covers with every entry that fits', () => {
    const policy = policyOf(keyEntry('ghcr.io/org'), { prefix: 'ghcr.io/org/x', ...robot }, keyEntry('ghcr.io/other'));
    const { keys, identities } = trustFor(policy, parseImageReference('ghcr.io/org/x'));
    expect([keys.map(({ pem }) => pem), identities]).toEqual([[cosignPair.publicPem], [robot]]);
  });

  it('is built in for gadgets of Inspektor Gadget only, and can be left out', () => {
    expect(trustFor(standardPolicy, parseImageReference('trace_open')).keys.map(({ pem }) => pem)).toEqual([builtinTrust[0]!.key]);
    expect(trustFor(standardPolicy, parseImageReference('ghcr.io/inspektor-gadget/other')).keys).toEqual([]);
    expect(trustFor({ ...standardPolicy, builtin: false }, parseImageReference('trace_open')).keys).toEqual([]);
  });
});

describe('trust entries', () => {
  it('are canonical', () => {
    expect(
      parseTrustEntries(
        [
          { prefix: 'GHCR.io/org/', key: `text\n${cosignPair.publicPem}` },
          { prefix: 'localhost:5000', ...robot },
        ],
        't',
      ),
    ).toEqual([keyEntry('ghcr.io/org'), { prefix: 'localhost:5000', ...robot }]);
  });

  it.each<[string, unknown, string]>([
    ['no list', {}, 't is not a list'],
    ['no entry', [1], 't[0] is not an entry'],
    ['a misspelt member', [{ prefix: 'ghcr.io/org', keys: cosignPair.publicPem }], 'unknown "keys"'],
    ['nobody', [{ prefix: 'ghcr.io/org' }], 'neither key nor identity'],
    ['an identity without an issuer', [{ prefix: 'ghcr.io/org', identity: 'x' }], 'an identity without an issuer'],
    ['an issuer without an identity', [{ prefix: 'ghcr.io/org', issuer: 'x' }], 'an issuer without an identity'],
    ['an empty issuer', [{ prefix: 'ghcr.io/org', identity: 'x', issuer: '' }], 'issuer is not text'],
    ['a key and an identity', [{ prefix: 'ghcr.io/org', key: cosignPair.publicPem, ...robot }], 'both a key and an identity'],
    ['no prefix', [{ key: cosignPair.publicPem }], 'prefix is not text'],
    ['an empty prefix', [keyEntry('')], 'prefix is not text'],
    ['a prefix without a registry', [keyEntry('org')], 'no registry'],
    ['a prefix with a tag', [keyEntry('ghcr.io/org/x:v1')], 'no registry'],
    ['a prefix with a digest', [keyEntry(`ghcr.io/org@sha256:${'0'.repeat(64)}`)], 'no registry'],
    ['a pattern', [keyEntry('ghcr.io/*')], 'no registry'],
    ['a URL', [keyEntry('https://ghcr.io/org')], 'no registry'],
    ['an empty part', [keyEntry('ghcr.io//org')], 'no registry'],
    ['a private key', [keyEntry('ghcr.io/org', cosignPair.privatePem)], 'is a private key'],
    ['a key that is none', [keyEntry('ghcr.io/org', 'text')], 'no PEM block'],
  ])('refuse %s', (_what, value, problem) => {
    expect(() => parseTrustEntries(value, 't')).toThrow(
      expect.objectContaining({ code: 'TRUST_INVALID', message: expect.stringContaining(problem) }),
    );
  });
});

describe('changing trust', () => {
  const other = publicKeyOf(generateKeyPairSync('ed25519').publicKey);
  const full = policyOf(
    keyEntry('ghcr.io/org'),
    keyEntry('ghcr.io/org', other.pem),
    { prefix: 'ghcr.io/org', ...robot },
    keyEntry('ghcr.io/org/x'),
  );

  it('adds an entry once', () => {
    const policy = addTrust(standardPolicy, keyEntry('ghcr.io/org'));
    expect(addTrust(policy, keyEntry('ghcr.io/org'))).toEqual(policyOf(keyEntry('ghcr.io/org')));
  });

  it.each([
    ['all of exactly this prefix', 'ghcr.io/org/', {}, [3]],
    ['one key', 'ghcr.io/org', { fingerprint: other.fingerprint.slice(0, 20) }, [0, 2, 3]],
    ['one identity', 'ghcr.io/org', { identity: robot.identity }, [0, 1, 3]],
    ['nothing for an empty fingerprint', 'ghcr.io/org', { fingerprint: 'SHA256:' }, [0, 1, 2, 3]],
    ['nothing of another prefix', 'ghcr.io', {}, [0, 1, 2, 3]],
  ])('removes %s', (_what, prefix, selection, left) => {
    const { policy, removed } = removeTrust(full, prefix, selection);
    expect(policy.entries).toEqual(left.map((at) => full.entries[at]));
    expect(removed.length).toBe(full.entries.length - left.length);
  });

  it('removes what is trusted by default, and remembers', () => {
    const { policy, removed } = removeTrust(standardPolicy, 'ghcr.io/inspektor-gadget/gadget');
    expect([policy, removed]).toEqual([{ entries: [], builtin: false }, builtinTrust]);
    expect(parseTrustFile(Buffer.from(formatTrustFile(policy)), 't')).toEqual(policy);
  });
});

describe('trust.json', () => {
  const path = join(folder, 'deep', 'trust.json');

  it('is the standard policy when it is not there', async () => {
    expect(await readTrustFile(join(folder, 'none.json'))).toEqual(standardPolicy);
  });

  it('takes changes of many at once, and leaves no other files', async () => {
    const prefixes = Array.from({ length: 8 }, (_, at) => `ghcr.io/org${at}`);
    await Promise.all(prefixes.map((prefix) => updateTrustFile(path, (policy) => addTrust(policy, keyEntry(prefix)))));
    expect((await readTrustFile(path)).entries.map(({ prefix }) => prefix).sort()).toEqual(prefixes);
    expect(readdirSync(join(folder, 'deep')).sort()).toEqual(['trust.json', 'trust.json.lock']);
  });

  it('is left alone when it cannot be read or the change fails', async () => {
    const broken = join(folder, 'broken.json');
    writeFileSync(broken, '{"trust": [');
    await expect(updateTrustFile(broken, (policy) => policy)).rejects.toMatchObject({ code: 'TRUST_INVALID' });
    expect(readFileSync(broken, 'utf8')).toBe('{"trust": [');
    await expect(updateTrustFile(join(broken, 'trust.json'), (policy) => policy)).rejects.toMatchObject({ code: 'TRUST_INVALID' });
  });

  it.each([
    ['a list', '[]'],
    ['no UTF-8', Buffer.of(0xff)],
    ['a misspelt member', '{"trusts":[]}'],
    ['builtin of another type', '{"builtin":"false"}'],
  ])('refuses %s', (_what, text) => {
    expect(() => parseTrustFile(Buffer.from(text), 't')).toThrow(expect.objectContaining({ code: 'TRUST_INVALID' }));
  });

  it.each([
    ['root', {}, 0, ['/etc/gadget/trust.json']],
    ['whoever names one', { GADGET_TRUST: '/t.json', HOME: '/home/u' }, 1000, ['/t.json']],
    ['a user', { HOME: '/home/u' }, 1000, ['/home/u/.config/gadget/trust.json', '/etc/gadget/trust.json']],
    ['a user with XDG', { HOME: '/h', XDG_CONFIG_HOME: '/c' }, 1000, ['/c/gadget/trust.json', '/etc/gadget/trust.json']],
    ['a relative XDG', { HOME: '/h', XDG_CONFIG_HOME: 'c' }, 1000, ['/h/.config/gadget/trust.json', '/etc/gadget/trust.json']],
  ])('of %s', (_who, env, uid, paths) => {
    expect(trustFilePaths(env, uid)).toEqual(paths);
  });

  it('of user and system are taken together', async () => {
    const [own, system] = [join(folder, 'own.json'), join(folder, 'system.json')];
    writeFileSync(own, formatTrustFile(policyOf(keyEntry('ghcr.io/own'))));
    writeFileSync(system, formatTrustFile({ entries: [keyEntry('ghcr.io/system')], builtin: false }));
    expect(await readTrustPolicy([own, system])).toEqual({
      entries: [keyEntry('ghcr.io/own'), keyEntry('ghcr.io/system')],
      builtin: false,
    });
  });
});

describe('an image that has to be trusted', () => {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key: SigningKey = { privateKey: pair.privateKey, publicKey: publicKeyOf(pair.publicKey) };
  const reference = parseImageReference('127.0.0.1:5000/org/mygadget:v1');

  async function check(signed: boolean, ...entries: TrustEntry[]): Promise<unknown> {
    const repository = new MemoryRepository('127.0.0.1:5000/org/mygadget');
    const image = await repository.pushJson(mediaTypes.index, { schemaVersion: 2, manifests: [] });
    if (signed) await signImage(repository, image.digest, key);
    return requireTrusted(repository, reference, image.digest, { policy: policyOf(...entries) }).catch((error: unknown) => error);
  }

  it('is taken when a trusted key signed it', async () => {
    expect(await check(true, keyEntry('127.0.0.1:5000/org', key.publicKey.pem))).toMatchObject({
      verified: true,
      form: 'legacy',
      signer: { kind: 'key', fingerprint: key.publicKey.fingerprint },
    });
  });

  it('is taken with a key that is named for this once', async () => {
    const repository = new MemoryRepository();
    const image = await repository.pushJson(mediaTypes.index, { schemaVersion: 2, manifests: [] });
    await signImage(repository, image.digest, key);
    const options = { policy: standardPolicy, publicKeys: [key.publicKey] };
    expect(await requireTrusted(repository, reference, image.digest, options)).toMatchObject({ verified: true });
  });

  it.each<[string, boolean, TrustEntry[], string, string, string]>([
    [
      'is not signed',
      false,
      [keyEntry('127.0.0.1:5000')],
      'SIGNATURE_MISSING',
      'no signature that can be verified',
      '--verify-image=false',
    ],
    ['is trusted to nobody', true, [], 'TRUST_MISSING', 'nobody is trusted', 'gadget trust add 127.0.0.1:5000/org --key FILE'],
    [
      'is signed by another key',
      true,
      [keyEntry('127.0.0.1:5000/org')],
      'SIGNATURE_UNTRUSTED',
      'it is not by the trusted key (SHA256:',
      'gadget trust add 127.0.0.1:5000/org --key FILE',
    ],
  ])('is refused when it %s', async (_what, signed, entries, code, message, hint) => {
    const error = await check(signed, ...entries);
    expect(error).toBeInstanceOf(GadgetError);
    expect(error).toMatchObject({ code, message: expect.stringContaining(message), hint: expect.stringContaining(hint) });
  });

  it('names the identity that a certificate proves in the command', async () => {
    const sigstore = new FakeSigstore();
    const root = join(folder, 'root.json');
    writeFileSync(root, sigstore.trustedRoot);
    const repository = new MemoryRepository();
    const image = await repository.pushJson(mediaTypes.index, { schemaVersion: 2, manifests: [] });
    const { signStatement } = await import('../../runtime/oci/signature/in-toto.ts');
    const { pushReferrer } = await import('../../runtime/oci/signature/referrer.ts');
    const { describe: describeContent } = await import('../../runtime/oci/descriptor.ts');
    const { signatureTypes } = await import('../../runtime/oci/signature/forms.ts');
    const identity = "https://ci.example/a'b\u001b[2J";
    const bytes = Buffer.from(JSON.stringify(sigstore.bundle(signStatement('x', image.digest), { identity })));
    const layer = describeContent(signatureTypes.bundle, bytes);
    await repository.push(layer, bytes);
    const types = { artifactType: signatureTypes.bundle, configType: mediaTypes.emptyConfig };
    await pushReferrer(repository, { ...types, layers: [layer], subject: image });
    const refused = (trustedRoot: string | undefined): Promise<GadgetError> =>
      requireTrusted(repository, reference, image.digest, {
        policy: standardPolicy,
        ...(trustedRoot === undefined ? {} : { trustedRoot }),
      }).then(
        () => expect.unreachable(),
        (error: GadgetError) => error,
      );
    expect((await refused(root)).hint).toContain(
      "gadget trust add 127.0.0.1:5000/org --identity 'https://ci.example/a'\\''b\\x1b[2J' --issuer https://issuer.example;",
    );
    expect((await refused(undefined)).hint).toContain('gadget trust update');
  });

  it.each([
    [true, true, false],
    [true, false, false],
    [false, true, true],
    [false, false, false],
  ])('built here: %s, to be verified: %s, verified: %s', (builtHere, verifyImage, expected) => {
    expect(mustVerify({ builtHere }, { verifyImage })).toBe(expected);
  });
});
