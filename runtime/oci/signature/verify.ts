import type { TrustMaterial } from '@sigstore/verify';
import { safeText } from '../../base/safe-text.ts';
import type { Digest } from '../digest.ts';
import { preAuthEncoding } from './dsse.ts';
import type { SignatureForm } from './forms.ts';
import type { FoundSignature, FoundSignatures, IgnoredSignature } from './found-signatures.ts';
import { statementProblem } from './in-toto.ts';
import { isSignedBy } from './key-kinds.ts';
import { type CertificateIdentity, type KeylessResult, verifyKeyless } from './keyless.ts';
import type { PublicKey } from './public-key.ts';
import { payloadProblem } from './simple-signing.ts';

/** Who is trusted to sign an image. */
export interface TrustedSigners {
  readonly keys: readonly PublicKey[];
  /** Compared exactly, both parts. */
  readonly identities: readonly CertificateIdentity[];
  /** What certificates are verified against; asked for only when there is a certificate to verify. */
  readonly trustedRoot: () => Promise<TrustMaterial>;
}

export type Signer = ({ readonly kind: 'identity' } & CertificateIdentity) | { readonly kind: 'key'; readonly fingerprint: string };

/** One signature is by somebody trusted. */
export interface Verified {
  readonly verified: true;
  readonly form: SignatureForm;
  /** Digest of the manifest that holds the signature. */
  readonly manifest: Digest;
  readonly signer: Signer;
}

/** No signature is. */
export interface NotVerified {
  readonly verified: false;
  /** Why each signature does not count. */
  readonly failures: readonly IgnoredSignature[];
  /** Identities whose signature is right, and that are not trusted. */
  readonly strangers: readonly CertificateIdentity[];
  /** Some certificate did not verify: a fault, or a trusted root that is too old. */
  readonly isRootInDoubt: boolean;
}

export type Verification = Verified | NotVerified;

/** Looks for one signature of the image by somebody trusted: any is enough, whatever its form. Keys are tried first, they are quick. */
export async function verifySignatures(found: FoundSignatures, trusted: TrustedSigners): Promise<Verification> {
  for (const signature of found.signatures) {
    const verified = verifyWithKeys(signature, found.image, trusted.keys);
    if (verified !== undefined) return verified;
  }
  const failures: IgnoredSignature[] = [...found.ignored];
  const strangers: CertificateIdentity[] = [];
  let isRootInDoubt = false;
  for (const signature of found.signatures) {
    const { form, manifest } = signature;
    const result = hasCertificate(signature)
      ? await verifyCertificate(signature, found.image, trusted)
      : ({ reason: keyFailure(signature, found.image, trusted) } satisfies Failure);
    if ('verified' in result) return result;
    if (result.stranger !== undefined) strangers.push(result.stranger);
    isRootInDoubt ||= result.isRootInDoubt === true;
    failures.push({ manifest, form, reason: result.reason });
  }
  return { verified: false, failures, strangers, isRootInDoubt };
}

/** The signature as verified when it is by one of the keys. */
export function verifyWithKeys(signature: FoundSignature, image: Digest, keys: readonly PublicKey[]): Verified | undefined {
  if (contentProblem(signature, image) !== undefined) return undefined;
  const { bytes, raw } = signedBytes(signature);
  const key = keys.find((candidate) => isSignedBy(candidate.key, bytes, raw));
  if (key === undefined) return undefined;
  const { form, manifest } = signature;
  return { verified: true, form, manifest, signer: { kind: 'key', fingerprint: key.fingerprint } };
}

function contentProblem(signature: FoundSignature, image: Digest): string | undefined {
  if (signature.form !== 'bundle') return payloadProblem(signature.payload, image);
  return statementProblem(signature.bundle.payloadType, signature.bundle.payload, image);
}

function signedBytes(signature: FoundSignature): { bytes: Uint8Array; raw: Uint8Array } {
  if (signature.form !== 'bundle') return { bytes: signature.payload, raw: signature.signature };
  const { payloadType, payload, signature: raw } = signature.bundle;
  return { bytes: preAuthEncoding(payloadType, payload), raw };
}

function hasCertificate(signature: FoundSignature): boolean {
  return signature.form === 'bundle' ? signature.bundle.signedWith === 'certificate' : signature.certificate !== undefined;
}

function keyFailure(signature: FoundSignature, image: Digest, { keys }: TrustedSigners): string {
  const problem = contentProblem(signature, image);
  if (problem !== undefined) return problem;
  if (keys.length === 0) return 'it is by a key, and no key is trusted for this image';
  return `it is not by ${keys.length === 1 ? 'the trusted key' : `any of the ${keys.length} trusted keys`} (${keys
    .map(({ fingerprint }) => fingerprint.slice(0, 19))
    .slice(0, 5)
    .join(', ')})`;
}

interface Failure {
  readonly reason: string;
  readonly stranger?: CertificateIdentity;
  readonly isRootInDoubt?: boolean;
}

async function verifyCertificate(signature: FoundSignature, image: Digest, trusted: TrustedSigners): Promise<Verified | Failure> {
  const problem = contentProblem(signature, image);
  if (problem !== undefined) return { reason: problem };
  const result = await verifyKeyless(signature, await trusted.trustedRoot());
  if ('problem' in result) return { reason: `it does not verify: ${result.problem}`, isRootInDoubt: true };
  const verifiedProblem = keylessContentProblem(signature, result, image);
  if (verifiedProblem !== undefined) return { reason: verifiedProblem };
  const { identity, issuer } = result.signer;
  const isTrusted = trusted.identities.some((entry) => entry.identity === identity && entry.issuer === issuer);
  if (isTrusted)
    return { verified: true, form: signature.form, manifest: signature.manifest, signer: { kind: 'identity', identity, issuer } };
  return { reason: `it is by ${safeText(identity)} (issuer ${safeText(issuer)}), who is not trusted`, stranger: result.signer };
}

/** Looks again at what the certificate's key was verified to have signed. */
function keylessContentProblem(
  { form }: FoundSignature,
  result: Exclude<KeylessResult, { problem: string }>,
  image: Digest,
): string | undefined {
  return form === 'bundle' ? statementProblem(result.payloadType, result.payload, image) : payloadProblem(result.payload, image);
}
