import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { GadgetError } from '../../base/errors.ts';

/** RSA keys of fewer bits have been broken. */
const minRsaBits = 2048;
/** Node verifies with any size; a key of megabytes would take minutes. */
const maxRsaBits = 16_384;

/** The digest that goes with the curve, besides SHA-256, which cosign takes for all. */
const curveDigests: Readonly<Record<string, string>> = { secp384r1: 'sha384', secp521r1: 'sha512' };

/** Refuses keys that cannot be relied on. Throws KEY_INVALID. */
export function checkKeyKind(key: KeyObject, subject: string): void {
  const { asymmetricKeyType: kind, asymmetricKeyDetails: details } = key;
  if (kind === 'ec' || kind === 'ed25519' || kind === 'ed448') return;
  if (kind !== 'rsa' && kind !== 'rsa-pss') {
    throw new GadgetError('KEY_INVALID', `${subject} is a key of the kind ${kind ?? 'secret'}: only EC, Ed25519 and RSA keys sign images`);
  }
  const bits = details?.modulusLength ?? 0;
  if (bits >= minRsaBits && bits <= maxRsaBits) return;
  throw new GadgetError('KEY_INVALID', `${subject} is an RSA key of ${bits} bits: ${minRsaBits} to ${maxRsaBits} are taken`);
}

/** Signs as cosign does: ECDSA and RSA PKCS #1 v1.5 over SHA-256 (ECDSA in DER), EdDSA over the bytes themselves. */
export function signBytes(privateKey: KeyObject, bytes: Uint8Array): Buffer {
  return sign(isEdwards(privateKey) ? null : 'sha256', bytes, privateKey);
}

/** Whether the signature over these bytes is by the key. False for anything that is no signature. */
export function isSignedBy(publicKey: KeyObject, bytes: Uint8Array, signature: Uint8Array): boolean {
  return digestsFor(publicKey).some((digest) => verifies(digest, publicKey, bytes, signature));
}

function verifies(digest: string | null, publicKey: KeyObject, bytes: Uint8Array, signature: Uint8Array): boolean {
  try {
    return verify(digest, bytes, publicKey, signature);
  } catch {
    // A signature that is no DER, or an algorithm that this OpenSSL does not have.
    return false;
  }
}

function digestsFor(key: KeyObject): readonly (string | null)[] {
  if (isEdwards(key)) return [null];
  const ofCurve = curveDigests[key.asymmetricKeyDetails?.namedCurve ?? ''];
  return ofCurve === undefined ? ['sha256'] : ['sha256', ofCurve];
}

function isEdwards(key: KeyObject): boolean {
  return key.asymmetricKeyType === 'ed25519' || key.asymmetricKeyType === 'ed448';
}

/** The public half. */
export function publicHalf(privateKey: KeyObject): KeyObject {
  return createPublicKey(privateKey);
}
