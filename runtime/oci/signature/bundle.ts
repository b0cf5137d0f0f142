import { expectList, expectObject, expectString, invalid, type JsonObject, parseJsonObject } from '../json-document.ts';
import { preAuthEncoding } from './dsse.ts';
import { isBundleType, signatureTypes } from './forms.ts';
import { inTotoType } from './in-toto.ts';
import { signBytes } from './key-kinds.ts';
import type { SigningKey } from './private-key.ts';

/** The largest bundle in bytes: of a signature some 10 KiB, of an attestation as large as what it attests. */
export const maxBundleBytes = 4 * 1024 * 1024;

/** A Sigstore bundle around a DSSE envelope: https://docs.sigstore.dev/about/bundle/ */
export interface SignatureBundle {
  readonly payloadType: string;
  readonly payload: Buffer;
  readonly signature: Buffer;
  /** Signed with a key that has to be known, or with one that a certificate in the bundle binds to an identity. */
  readonly signedWith: 'key' | 'certificate';
  /** The whole document, for what verifies certificates. */
  readonly json: JsonObject;
}

/** A bundle that a key signs over a statement. The bytes are the same each time but for the signature. */
export function makeBundle(statement: Uint8Array, { privateKey, publicKey }: SigningKey): Buffer {
  const sig = signBytes(privateKey, preAuthEncoding(inTotoType, statement)).toString('base64');
  return Buffer.from(
    JSON.stringify({
      mediaType: signatureTypes.bundle,
      verificationMaterial: { publicKey: { hint: publicKey.hint }, tlogEntries: [] },
      dsseEnvelope: { payload: Buffer.from(statement).toString('base64'), payloadType: inTotoType, signatures: [{ sig }] },
    }),
  );
}

/** A bundle from its bytes. Throws IMAGE_INVALID for anything else, bundles around a message signature included. */
export function parseBundle(bytes: Uint8Array): SignatureBundle {
  const json = parseJsonObject(bytes, 'bundle', maxBundleBytes);
  if (!isBundleType(expectString(json['mediaType'], 'bundle: mediaType'))) throw invalid('bundle', 'is of a version that is not known');
  if (json['dsseEnvelope'] === undefined) throw invalid('bundle', 'holds no DSSE envelope: a signature over a file is none over an image');
  const envelope = expectObject(json['dsseEnvelope'], 'bundle: dsseEnvelope');
  const signatures = expectList(envelope['signatures'], 'bundle: signatures', 1);
  return {
    payloadType: expectString(envelope['payloadType'], 'bundle: payloadType'),
    payload: base64(envelope['payload'], 'bundle: payload'),
    signature: base64(expectObject(signatures[0], 'bundle: signature')['sig'], 'bundle: signature'),
    signedWith: signerKind(expectObject(json['verificationMaterial'], 'bundle: verificationMaterial')),
    json,
  };
}

function signerKind(material: JsonObject): 'key' | 'certificate' {
  if (material['publicKey'] !== undefined) return 'key';
  if (material['certificate'] !== undefined || material['x509CertificateChain'] !== undefined) return 'certificate';
  throw invalid('bundle', 'says neither key nor certificate');
}

function base64(value: unknown, subject: string): Buffer {
  return Buffer.from(expectString(value, subject), 'base64');
}
