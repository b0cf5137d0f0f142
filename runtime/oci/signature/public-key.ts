import { createPublicKey, hash, type KeyObject } from 'node:crypto';
import { GadgetError } from '../../base/errors.ts';
import { checkKeyKind } from './key-kinds.ts';
import { formatPem, type PemBlock, parsePem } from './pem.ts';

/** A key that signatures are verified with. */
export interface PublicKey {
  readonly key: KeyObject;
  /** `SHA256:` and the SHA-256 of the SubjectPublicKeyInfo in hexadecimal: tells keys apart for people. */
  readonly fingerprint: string;
  /** The same hash in base64: how bundles name the key they are signed with. */
  readonly hint: string;
  readonly pem: string;
}

/** The most keys of one file. */
const maxKeys = 100;

/** A key with its fingerprint. Throws KEY_INVALID for kinds that do not sign images. */
export function publicKeyOf(key: KeyObject, subject = 'the key'): PublicKey {
  checkKeyKind(key, subject);
  const spki = key.export({ type: 'spki', format: 'der' });
  return {
    key,
    fingerprint: `SHA256:${hash('sha256', spki, 'hex')}`,
    hint: hash('sha256', spki, 'base64'),
    pem: formatPem('PUBLIC KEY', spki),
  };
}

/** Every public key (PKIX, PEM) of the text. Throws KEY_INVALID when there is none, or something that is not one. */
export function parsePublicKeys(text: string, subject = 'the key'): readonly PublicKey[] {
  const blocks = parsePem(text);
  if (blocks.length === 0) throw noKey(subject, 'holds no PEM block');
  if (blocks.length > maxKeys) throw noKey(subject, `holds ${blocks.length} keys, more than the ${maxKeys} allowed`);
  return blocks.map((block) => parseBlock(block, subject));
}

function parseBlock({ label, bytes }: PemBlock, subject: string): PublicKey {
  if (label.includes('PRIVATE')) throw noKey(subject, 'is a private key', 'name the public key, and keep this one to yourself');
  if (label !== 'PUBLIC KEY') throw noKey(subject, `is a PEM block of "${label}" instead of "PUBLIC KEY"`);
  let key: KeyObject;
  try {
    key = createPublicKey({ key: bytes, format: 'der', type: 'spki' });
  } catch (cause) {
    throw new GadgetError('KEY_INVALID', `${subject} is no public key that can be read`, { cause });
  }
  return publicKeyOf(key, subject);
}

function noKey(subject: string, problem: string, hint = 'it starts with -----BEGIN PUBLIC KEY-----'): GadgetError {
  return new GadgetError('KEY_INVALID', `${subject} ${problem}`, { hint });
}
