import { randomBytes, type ScryptOptions, scrypt } from 'node:crypto';
import { GadgetError } from '../../base/errors.ts';
import { expectObject, expectString, parseJsonObject } from '../json-document.ts';
import { formatPem } from './pem.ts';
import { openSecretbox, sealSecretbox } from './secretbox.ts';

/** Labels of the PEM block of `cosign generate-key-pair`, newest first. */
export const encryptedKeyLabels: readonly string[] = ['ENCRYPTED SIGSTORE PRIVATE KEY', 'ENCRYPTED COSIGN PRIVATE KEY'];

/** What cosign writes, and has written. Others are refused: the parameters come from the file, and could ask for hours or for nearly nothing. */
const allowedCosts: readonly number[] = [65_536, 32_768];
const standardCost = { N: 65_536, r: 8, p: 1 } as const;
const saltBytes = 32;
const nonceBytes = 24;
const maxEnvelopeBytes = 64 * 1024;
/** scrypt needs 128·N·r bytes, and Node a little more. */
const maxMemoryBytes = 96 * 1024 * 1024;

/** Encrypts PKCS #8 DER as `cosign generate-key-pair` does: scrypt, then NaCl's secretbox. */
export async function encryptKey(pkcs8: Uint8Array, password: string): Promise<string> {
  const [salt, nonce] = [randomBytes(saltBytes), randomBytes(nonceBytes)];
  const key = await deriveKey(password, salt, standardCost.N);
  const envelope = {
    kdf: { name: 'scrypt', params: standardCost, salt: salt.toString('base64') },
    cipher: { name: 'nacl/secretbox', nonce: nonce.toString('base64') },
    ciphertext: sealSecretbox(key, nonce, pkcs8).toString('base64'),
  };
  return formatPem(encryptedKeyLabels[0]!, Buffer.from(JSON.stringify(envelope)));
}

/** The PKCS #8 DER inside the PEM block's bytes. Throws KEY_INVALID, and KEY_PASSWORD_WRONG when it does not open. */
export async function decryptKey(block: Uint8Array, password: string): Promise<Buffer> {
  const { cost, salt, nonce, ciphertext } = parseEnvelope(block);
  const pkcs8 = openSecretbox(await deriveKey(password, salt, cost), nonce, ciphertext);
  if (pkcs8 !== undefined) return pkcs8;
  throw new GadgetError('KEY_PASSWORD_WRONG', 'the private key does not open with this password', {
    hint: 'set COSIGN_PASSWORD, or type the password again',
  });
}

interface Envelope {
  readonly cost: number;
  readonly salt: Buffer;
  readonly nonce: Buffer;
  readonly ciphertext: Buffer;
}

function parseEnvelope(block: Uint8Array): Envelope {
  try {
    return readEnvelope(block);
  } catch (cause) {
    throw cause instanceof GadgetError && cause.code === 'KEY_INVALID' ? cause : unreadable('cannot be read', cause);
  }
}

function readEnvelope(block: Uint8Array): Envelope {
  const json = parseJsonObject(block, 'encrypted private key', maxEnvelopeBytes);
  const kdf = expectObject(json['kdf'], 'kdf');
  const params = expectObject(kdf['params'], 'kdf.params');
  const cipher = expectObject(json['cipher'], 'cipher');
  if (kdf['name'] !== 'scrypt' || cipher['name'] !== 'nacl/secretbox') throw unreadable('is not encrypted with scrypt and nacl/secretbox');
  const cost = allowedCosts.find((allowed) => allowed === params['N']);
  if (cost === undefined || params['r'] !== standardCost.r || params['p'] !== standardCost.p) {
    throw unreadable(`has scrypt parameters other than N=${allowedCosts.join(' or ')}, r=8, p=1`);
  }
  const salt = Buffer.from(expectString(kdf['salt'], 'kdf.salt'), 'base64');
  const nonce = Buffer.from(expectString(cipher['nonce'], 'cipher.nonce'), 'base64');
  if (salt.length !== saltBytes || nonce.length !== nonceBytes) throw unreadable('has a salt or nonce of the wrong length');
  return { cost, salt, nonce, ciphertext: Buffer.from(expectString(json['ciphertext'], 'ciphertext'), 'base64') };
}

function unreadable(problem: string, cause?: unknown): GadgetError {
  return new GadgetError('KEY_INVALID', `the encrypted private key ${problem}`, cause === undefined ? {} : { cause });
}

function deriveKey(password: string, salt: Uint8Array, cost: number): Promise<Buffer> {
  const options: ScryptOptions = { N: cost, r: standardCost.r, p: standardCost.p, maxmem: maxMemoryBytes };
  return new Promise((resolve, reject) => {
    scrypt(password, salt, 32, options, (error, key) => (error === null ? resolve(key) : reject(error)));
  });
}
