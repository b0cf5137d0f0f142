import { createPrivateKey, generateKeyPair as generate, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { GadgetError } from '../../base/errors.ts';
import { decryptKey, encryptedKeyLabels, encryptKey } from './encrypted-key.ts';
import { publicHalf } from './key-kinds.ts';
import { type PemBlock, parsePem } from './pem.ts';
import { type PublicKey, publicKeyOf } from './public-key.ts';

/** A key that signs. */
export interface SigningKey {
  readonly privateKey: KeyObject;
  readonly publicKey: PublicKey;
}

/** Gives the password of an encrypted key: from the environment or the terminal. Asked only when there is need of it. */
export type AskPassword = () => string | Promise<string>;

/** A pair of key files as `cosign generate-key-pair` writes them. */
export interface KeyPairFiles {
  /** PEM, encrypted with the password: `cosign.key`. */
  readonly privatePem: string;
  /** PEM: `cosign.pub`. */
  readonly publicPem: string;
  readonly fingerprint: string;
}

const derTypes: Readonly<Record<string, 'pkcs8' | 'sec1' | 'pkcs1'>> = {
  'PRIVATE KEY': 'pkcs8',
  'EC PRIVATE KEY': 'sec1',
  'RSA PRIVATE KEY': 'pkcs1',
};

/** A new key on the curve P-256. An empty password is allowed, as cosign does. */
export async function generateKeyPair(options: { readonly password: string }): Promise<KeyPairFiles> {
  const { privateKey, publicKey } = await promisify(generate)('ec', { namedCurve: 'P-256' });
  const { pem, fingerprint } = publicKeyOf(publicKey);
  const privatePem = await encryptKey(privateKey.export({ type: 'pkcs8', format: 'der' }), options.password);
  return { privatePem, publicPem: pem, fingerprint };
}

/**
 * The private key of a PEM text: encrypted by cosign, or plain (PKCS #8, SEC 1, PKCS #1). Other blocks, such as EC PARAMETERS, are skipped.
 * Throws KEY_INVALID and KEY_PASSWORD_WRONG; neither tells anything of the key.
 */
export async function readPrivateKey(text: string, askPassword: AskPassword): Promise<SigningKey> {
  const block = parsePem(text).find(({ label }) => label.endsWith('PRIVATE KEY'));
  if (block === undefined) throw new GadgetError('KEY_INVALID', 'the file holds no private key in PEM');
  const privateKey = await privateKeyOf(block, askPassword);
  return { privateKey, publicKey: publicKeyOf(publicHalf(privateKey), 'the private key') };
}

async function privateKeyOf({ label, bytes }: PemBlock, askPassword: AskPassword): Promise<KeyObject> {
  if (encryptedKeyLabels.includes(label)) return parseDer(await decryptKey(bytes, await askPassword()), 'pkcs8');
  const type = derTypes[label];
  if (type !== undefined) return parseDer(bytes, type);
  throw new GadgetError('KEY_INVALID', `a private key of the kind "${label}" cannot be read`, {
    hint: 'take an encrypted key of `gadget key generate` or cosign, or a plain one (PKCS #8)',
  });
}

function parseDer(key: Buffer, type: 'pkcs8' | 'sec1' | 'pkcs1'): KeyObject {
  try {
    return createPrivateKey({ key, format: 'der', type });
  } catch {
    // Its cause could show bytes of the key.
    throw new GadgetError('KEY_INVALID', 'the private key is damaged');
  }
}
