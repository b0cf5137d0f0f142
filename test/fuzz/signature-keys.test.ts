import fc from 'fast-check';
import { expect, test } from 'vitest';
import { GadgetError } from '../../runtime/base/errors.ts';
import { formatPem, maxPemLength, parsePem } from '../../runtime/oci/signature/pem.ts';
import { readPrivateKey } from '../../runtime/oci/signature/private-key.ts';
import { parsePublicKeys } from '../../runtime/oci/signature/public-key.ts';
import { openSecretbox, sealSecretbox } from '../../runtime/oci/signature/secretbox.ts';
import { cosignPair } from '../support/signing-keys.ts';

/** A text with some characters replaced, added or cut. */
function damaged(text: string): fc.Arbitrary<string> {
  return fc
    .tuple(fc.nat(text.length), fc.nat(40), fc.string({ maxLength: 20 }))
    .map(([at, cut, patch]) => text.slice(0, at) + patch + text.slice(at + cut));
}

const label = fc.constantFrom('PUBLIC KEY', 'PRIVATE KEY', 'EC PRIVATE KEY', 'RSA PRIVATE KEY', 'ENCRYPTED PRIVATE KEY', 'CERTIFICATE');
const anyPem = fc.oneof(
  fc.string({ maxLength: 500 }),
  damaged(cosignPair.publicPem),
  fc.tuple(label, fc.uint8Array({ maxLength: 200 })).map(([name, bytes]) => formatPem(name, bytes)),
  // The envelope of an encrypted key, before the slow part.
  fc.json().map((text) => formatPem('ENCRYPTED SIGSTORE PRIVATE KEY', Buffer.from(text))),
);

test('PEM: what was formatted is read', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(label, fc.uint8Array({ maxLength: 300 })), { maxLength: 5 }), (blocks) => {
      const text = blocks.map(([name, bytes]) => `comment\n${formatPem(name, bytes)}`).join('');
      expect(parsePem(text).map(({ label: name, bytes }) => [name, new Uint8Array(bytes)])).toEqual(blocks);
    }),
  );
});

test.each(['-----BEGIN A-----', '-----BEGIN ', '-----BEGIN A-----AAAA\n', '-----END A-----'])(
  'PEM: %j many times is read in linear time',
  (piece) => {
    const text = piece.repeat(Math.floor(maxPemLength / piece.length));
    const start = process.cpuUsage().user;
    parsePem(text);
    expect(process.cpuUsage().user - start).toBeLessThan(2_000_000);
  },
);

test('public keys: keys, or a typed error', () => {
  fc.assert(
    fc.property(anyPem, (text) => {
      try {
        for (const { fingerprint } of parsePublicKeys(text)) expect(fingerprint).toMatch(/^SHA256:[0-9a-f]{64}$/);
      } catch (error) {
        expect([error instanceof GadgetError, (error as GadgetError).code]).toEqual([true, 'KEY_INVALID']);
      }
    }),
    { numRuns: 1000 },
  );
});

test('private keys: a key, or a typed error that shows nothing of it', async () => {
  await fc.assert(
    fc.asyncProperty(anyPem, async (text) => {
      const error = await readPrivateKey(text, () => 'password').catch((cause: unknown) => cause);
      if (!(error instanceof GadgetError)) return;
      expect(error.code).toBe('KEY_INVALID');
    }),
    { numRuns: 1000 },
  );
});

test('secretbox: opens what it sealed, and nothing that was changed', () => {
  const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
  const nonce = fc.uint8Array({ minLength: 24, maxLength: 24 });
  fc.assert(
    fc.property(key, nonce, fc.uint8Array({ maxLength: 200 }), fc.nat(), (k, n, text, where) => {
      const box = sealSecretbox(k, n, text);
      expect(openSecretbox(k, n, box)).toEqual(Buffer.from(text));
      box[where % box.length]! ^= 1 << (where % 8);
      expect(openSecretbox(k, n, box)).toBeUndefined();
    }),
  );
});
