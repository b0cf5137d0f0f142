import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { GadgetError } from '../../runtime/base/errors.ts';
import { isSignedBy, signBytes } from '../../runtime/oci/signature/key-kinds.ts';
import { formatPem, parsePem } from '../../runtime/oci/signature/pem.ts';
import { generateKeyPair, readPrivateKey } from '../../runtime/oci/signature/private-key.ts';
import { parsePublicKeys } from '../../runtime/oci/signature/public-key.ts';
import { openSecretbox, sealSecretbox } from '../../runtime/oci/signature/secretbox.ts';
import { cosignPair } from '../support/signing-keys.ts';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

// The vector of NaCl's own tests (tests/secretbox.c).
const vector = {
  key: hex('1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389'),
  nonce: hex('69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37'),
  plaintext: hex(
    'be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffce5ecbaaf33bd751a1ac728d45e6c61296cdc3c01233561f41db66cce314adb31' +
      '0e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a024a838f21af1fde048977eb48f59ffd4924ca1c60902e52f0a089bc76897040e082f93776384864' +
      '5e0705',
  ),
  box: hex(
    'f3ffc7703f9400e52a7dfb4b3d3305d98e993b9f48681273c29650ba32fc76ce48332ea7164d96a4476fb8c531a1186ac0dfc17c98dce87b4da7f011ec48c972' +
      '71d2c20f9b928fe2270d6fb863d51738b48eeee314a7cc8ab932164548e526ae90224368517acfeabd6bb3732bc0e9da99832b61ca01b6de56244a9e88d5f9b3' +
      '7973f622a43d14a6599b1f654cb45a74e355a5',
  ),
};

describe('secretbox', () => {
  it('seals and opens as NaCl does', () => {
    expect(sealSecretbox(vector.key, vector.nonce, vector.plaintext)).toEqual(vector.box);
    expect(openSecretbox(vector.key, vector.nonce, vector.box)).toEqual(vector.plaintext);
  });

  it.each([
    ['the tag', 0],
    ['the first byte', 16],
    ['the last byte', vector.box.length - 1],
  ])('does not open when %s was changed', (_what, at) => {
    const changed = Buffer.from(vector.box);
    changed[at]! ^= 1;
    expect(openSecretbox(vector.key, vector.nonce, changed)).toBeUndefined();
  });

  it('does not open a box without a whole tag', () => {
    expect(openSecretbox(vector.key, vector.nonce, Buffer.alloc(15))).toBeUndefined();
  });
});

const codeOf = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: GadgetError) => error.code);
const plainPem = (privateKey: KeyObject, type: 'pkcs8' | 'sec1' | 'pkcs1'): string =>
  privateKey.export({ type: type as 'pkcs8', format: 'pem' }).toString();
const noPassword = (): string => {
  throw new Error('no password is needed');
};

describe('private keys', () => {
  it('opens a key of cosign', async () => {
    const { publicKey } = await readPrivateKey(cosignPair.privatePem, () => cosignPair.password);
    expect(publicKey.pem).toBe(cosignPair.publicPem);
  });

  it('opens what it generated', async () => {
    const pair = await generateKeyPair({ password: 'pass' });
    const key = await readPrivateKey(pair.privatePem, async () => 'pass');
    expect([key.publicKey.pem, key.publicKey.fingerprint]).toEqual([pair.publicPem, pair.fingerprint]);
    expect(pair.fingerprint).toMatch(/^SHA256:[0-9a-f]{64}$/);
    expect(await codeOf(readPrivateKey(pair.privatePem, () => 'Pass'))).toBe('KEY_PASSWORD_WRONG');
  });

  it.each([
    ['EC P-256', generateKeyPairSync('ec', { namedCurve: 'P-256' }), ['pkcs8', 'sec1']],
    ['EC P-384', generateKeyPairSync('ec', { namedCurve: 'P-384' }), ['pkcs8', 'sec1']],
    ['Ed25519', generateKeyPairSync('ed25519'), ['pkcs8']],
    ['RSA', generateKeyPairSync('rsa', { modulusLength: 2048 }), ['pkcs8', 'pkcs1']],
  ] as const)('reads a plain %s key and signs with it', async (_kind, { privateKey, publicKey }, types) => {
    for (const type of types) {
      const key = await readPrivateKey(plainPem(privateKey, type), noPassword);
      const signature = signBytes(key.privateKey, Buffer.from('text'));
      expect(isSignedBy(publicKey, Buffer.from('text'), signature)).toBe(true);
      expect(isSignedBy(publicKey, Buffer.from('Text'), signature)).toBe(false);
      expect(isSignedBy(publicKey, Buffer.from('text'), Buffer.alloc(0))).toBe(false);
    }
  });

  it('skips the parameters that openssl writes before an EC key', async () => {
    const pem = plainPem(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, 'sec1');
    const key = await readPrivateKey(`${formatPem('EC PARAMETERS', hex('06082a8648ce3d030107'))}${pem}`, noPassword);
    expect(key.publicKey.key.asymmetricKeyType).toBe('ec');
  });

  const envelope = (change: (json: Record<string, Record<string, unknown>>) => void): string => {
    const json = JSON.parse(parsePem(cosignPair.privatePem)[0]!.bytes.toString()) as Record<string, Record<string, unknown>>;
    change(json);
    return formatPem('ENCRYPTED SIGSTORE PRIVATE KEY', Buffer.from(JSON.stringify(json)));
  };

  it.each([
    ['no PEM', 'text'],
    ['a public key', cosignPair.publicPem],
    ['PKCS #8 encryption', formatPem('ENCRYPTED PRIVATE KEY', Buffer.alloc(10))],
    ['damaged PKCS #8', formatPem('PRIVATE KEY', Buffer.alloc(10))],
    ['an envelope that is no JSON', formatPem('ENCRYPTED COSIGN PRIVATE KEY', Buffer.from('{'))],
    ['another key derivation', envelope((json) => Object.assign(json['kdf']!, { name: 'pbkdf2' }))],
    ['a cost that is too low', envelope((json) => Object.assign(json['kdf']!['params']!, { N: 4096 }))],
    ['a cost that would take hours', envelope((json) => Object.assign(json['kdf']!['params']!, { N: 2 ** 30 }))],
    ['many lanes', envelope((json) => Object.assign(json['kdf']!['params']!, { p: 4096 }))],
    ['a short salt', envelope((json) => Object.assign(json['kdf']!, { salt: 'AAAA' }))],
    ['a short nonce', envelope((json) => Object.assign(json['cipher']!, { nonce: 'AAAA' }))],
    ['a weak RSA key', plainPem(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey, 'pkcs8')],
    ['a kind that does not sign', plainPem(generateKeyPairSync('x25519').privateKey, 'pkcs8')],
  ])('refuses %s', async (_what, pem) => {
    expect(await codeOf(readPrivateKey(pem, () => cosignPair.password))).toBe('KEY_INVALID');
  });

  it('does not open a changed cipher text, or with another password', async () => {
    const changed = envelope((json) => Object.assign(json, { ciphertext: Buffer.alloc(154).toString('base64') }));
    expect(await codeOf(readPrivateKey(changed, () => cosignPair.password))).toBe('KEY_PASSWORD_WRONG');
    expect(await codeOf(readPrivateKey(cosignPair.privatePem, () => ''))).toBe('KEY_PASSWORD_WRONG');
  });
});

describe('public keys', () => {
  it('reads every key of a file', () => {
    const other = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' });
    const keys = parsePublicKeys(`# of our team\n${cosignPair.publicPem}\n${other}`);
    expect(keys.map(({ key }) => key.asymmetricKeyType)).toEqual(['ec', 'ed25519']);
    expect(keys[0]!.pem).toBe(cosignPair.publicPem);
  });

  it.each([
    ['nothing', '', 'holds no PEM block'],
    ['a private key', cosignPair.privatePem, 'is a private key'],
    ['a certificate', formatPem('CERTIFICATE', Buffer.alloc(3)), 'instead of "PUBLIC KEY"'],
    ['damaged bytes', formatPem('PUBLIC KEY', Buffer.alloc(3)), 'no public key that can be read'],
    ['a weak RSA key', generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ type: 'spki', format: 'pem' }), '1024 bits'],
    ['too many', cosignPair.publicPem.repeat(101), '101 keys'],
  ])('refuses %s', (_what, text, problem) => {
    expect(() => parsePublicKeys(text.toString(), 'k.pub')).toThrow(problem);
  });
});
