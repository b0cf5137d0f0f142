import { createHash } from 'node:crypto';
import type { SignedEntity, TrustMaterial } from '@sigstore/verify';
import { safeText } from '../../base/safe-text.ts';
import { checkBundleLimits } from './bundle-limits.ts';
import { preAuthEncoding } from './dsse.ts';
import type { FoundSignature } from './found-signatures.ts';
import { keylessBundle } from './keyless-legacy.ts';

/** Who a certificate says the signer is: `https://github.com/org/repo/.github/workflows/release.yml@refs/heads/main`, and who vouches for it. */
export interface CertificateIdentity {
  readonly identity: string;
  /** URL of the OpenID Connect provider. */
  readonly issuer: string;
}

/** What a keyless signature proves: who signed which payload; or why it proves nothing. */
export type KeylessResult =
  | { readonly signer: CertificateIdentity; readonly payloadType: string; readonly payload: Uint8Array }
  | { readonly problem: string };

/**
 * Verifies a signature whose key was bound to an identity by a certificate, without network: the chain to the root, the timestamps, the
 * entries of both logs, the signature. It says who signed; whether that is somebody trusted is for the caller to compare, exactly: the
 * library's own comparison takes the expected identity for an unanchored regular expression.
 */
export async function verifyKeyless(found: FoundSignature, material: TrustMaterial): Promise<KeylessResult> {
  try {
    return await verifyEntity(found, material);
  } catch (error) {
    // Whatever bytes of strangers make of a library, they prove nothing.
    return { problem: safeText(error instanceof Error ? error.message : String(error)).slice(0, 300) };
  }
}

async function verifyEntity(found: FoundSignature, material: TrustMaterial): Promise<KeylessResult> {
  const { bundleFromJSON } = await import('@sigstore/bundle');
  const { toSignedEntity, Verifier } = await import('@sigstore/verify');
  const bundle = bundleFromJSON(keylessBundle(found));
  checkBundleLimits(bundle);
  const signed = toSignedEntity(bundle, found.form === 'bundle' ? undefined : Buffer.from(found.payload));
  const { content } = bundle;
  // What the library verified is what is looked at afterwards, not another decoding of it.
  const { payloadType, payload } =
    content.$case === 'dsseEnvelope'
      ? content.dsseEnvelope
      : { payloadType: '', payload: found.form === 'bundle' ? Buffer.alloc(0) : found.payload };
  const entity = content.$case === 'dsseEnvelope' ? acceptingEnvelopeDigest(signed, preAuthEncoding(payloadType, payload)) : signed;
  const { identity } = new Verifier(material).verify(entity);
  const issuer = identity?.extensions?.issuer;
  if (!identity?.subjectAlternativeName || !issuer) return { problem: 'its certificate does not name both an identity and an issuer' };
  return { signer: { identity: identity.subjectAlternativeName, issuer }, payloadType, payload };
}

/**
 * Logs hold the digest of a DSSE envelope's payload, or, as of Rekor 2, of the bytes that are signed (the pre-authentication encoding). The
 * library knows the first only. Either names the very content whose signature it verifies.
 */
function acceptingEnvelopeDigest(entity: SignedEntity, signedBytes: Uint8Array): SignedEntity {
  const { signature } = entity;
  const digest = createHash('sha256').update(signedBytes).digest();
  return {
    ...entity,
    signature: {
      signature: signature.signature,
      compareSignature: (other) => signature.compareSignature(other),
      compareDigest: (other) => signature.compareDigest(other) || digest.equals(other),
      verifySignature: (key) => signature.verifySignature(key),
    },
  };
}
