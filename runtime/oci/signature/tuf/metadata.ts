import { createPublicKey, hash, type KeyObject, verify } from 'node:crypto';
import { expectList, expectObject, expectString, invalid, type JsonObject, parseJsonObject } from '../../json-document.ts';
import { canonicalJson } from './canonical-json.ts';

/** The four roles of The Update Framework: https://theupdateframework.github.io/specification/v1.0.33/#roles-and-pki */
export type Role = 'root' | 'timestamp' | 'snapshot' | 'targets';

/** The most keys and signatures of one file. */
const maxKeys = 64;
/** The most bytes of a file, the largest that the reference client takes. */
export const maxMetadataBytes = 5_000_000;

/** A file of metadata: what it says, and who signed that. Nothing is verified yet. */
export interface Metadata {
  readonly signed: JsonObject;
  readonly signatures: readonly { readonly keyId: string; readonly signature: Buffer }[];
  readonly version: number;
  readonly expires: Date;
}

/** The metadata of these bytes, which has to be of the role. Throws IMAGE_INVALID. */
export function parseMetadata(bytes: Uint8Array, role: Role): Metadata {
  const json = parseJsonObject(bytes, role, maxMetadataBytes);
  const signed = expectObject(json['signed'], `${role}: signed`);
  const { _type: type, version, expires } = signed;
  if (type !== role) throw invalid(role, 'is metadata of another role');
  if (!Number.isSafeInteger(version) || (version as number) < 1) throw invalid(role, 'has no version');
  const until = new Date(expectString(expires, `${role}: expires`));
  if (Number.isNaN(until.getTime())) throw invalid(role, 'does not say when it expires');
  const signatures = expectList(json['signatures'], `${role}: signatures`, maxKeys).map((item) => {
    const { keyid, sig } = expectObject(item, `${role}: signature`);
    return { keyId: expectString(keyid, `${role}: keyid`), signature: Buffer.from(expectString(sig, `${role}: sig`), 'hex') };
  });
  return { signed, signatures, version: version as number, expires: until };
}

/** Refuses metadata that fewer keys have signed than the root asks for. The same key under several names counts once. Throws IMAGE_INVALID. */
export function requireSigned(metadata: Metadata, role: Role, root: Metadata): void {
  const { keyIds, threshold } = roleOf(root, role);
  const keys = expectObject(root.signed['keys'], 'root: keys');
  const bytes = Buffer.from(canonicalJson(metadata.signed));
  const signers = new Set<string>();
  for (const { keyId, signature } of metadata.signatures) {
    if (!keyIds.includes(keyId) || !Object.hasOwn(keys, keyId)) continue;
    const key = parseKey(expectObject(keys[keyId], 'root: key'));
    if (key !== undefined && isSigned(key, bytes, signature))
      signers.add(hash('sha256', key.export({ type: 'spki', format: 'der' }), 'hex'));
  }
  if (signers.size < threshold)
    throw invalid(role, `version ${metadata.version} is signed by ${signers.size} of the ${threshold} keys it needs`);
}

/** The keys of a role and how many of them have to sign. */
export function roleOf(root: Metadata, role: Role): { readonly keyIds: readonly string[]; readonly threshold: number } {
  const { keyids, threshold } = expectObject(expectObject(root.signed['roles'], 'root: roles')[role], `root: role ${role}`);
  if (!Number.isSafeInteger(threshold) || (threshold as number) < 1) throw invalid('root', `has no threshold for ${role}`);
  const keyIds = expectList(keyids, 'root: keyids', maxKeys).map((keyId) => expectString(keyId, 'root: keyid'));
  return { keyIds, threshold: threshold as number };
}

/** A key of a kind that is known; others sign nothing. */
function parseKey({ keytype, keyval }: JsonObject): KeyObject | undefined {
  const text = expectString(expectObject(keyval, 'root: keyval')['public'], 'root: public key');
  try {
    if (keytype === 'ed25519') return ed25519Key(Buffer.from(text, 'hex'));
    return text.startsWith('-----BEGIN') ? createPublicKey(text) : undefined;
  } catch {
    return undefined;
  }
}

function ed25519Key(bytes: Buffer): KeyObject {
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: bytes.toString('base64url') }, format: 'jwk' });
}

function isSigned(key: KeyObject, bytes: Uint8Array, signature: Uint8Array): boolean {
  try {
    if (key.asymmetricKeyType === 'ed25519') return verify(null, bytes, key, signature);
    // The schemes with RSA differ; the public Sigstore has none.
    return key.asymmetricKeyType === 'ec' && verify('sha256', bytes, key, signature);
  } catch {
    return false;
  }
}
