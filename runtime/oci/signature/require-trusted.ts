import { ImageError } from '../../base/errors.ts';
import { safeText } from '../../base/safe-text.ts';
import type { Digest } from '../digest.ts';
import type { ImageReference } from '../image-reference.ts';
import type { ReadableRepository } from '../repository.ts';
import { findSignatures } from './find.ts';
import { formNames } from './forms.ts';
import type { FoundSignatures, IgnoredSignature } from './found-signatures.ts';
import type { PublicKey } from './public-key.ts';
import { type TrustPolicy, trustFor } from './trust-policy.ts';
import { readTrustedRoot } from './trusted-root.ts';
import { type NotVerified, type Verified, verifySignatures } from './verify.ts';

/** What the user says about verification, and what the machine knows. */
export interface VerificationOptions {
  readonly policy: TrustPolicy;
  /** Keys of `--public-keys`: they are trusted for every image, besides what the policy says. */
  readonly publicKeys?: readonly PublicKey[];
  /** File of `--trusted-root`. */
  readonly trustedRoot?: string;
  /** The repository is that of the local store: its registry may have more signatures by now. */
  readonly isLocal?: boolean;
  /** Keys that are not trusted: a refusal names the file of the one that has signed. Asked for only then. */
  readonly keysAtHand?: () => Promise<readonly KeyFile[]>;
}

/** Public keys and the file they are in. */
export interface KeyFile {
  readonly path: string;
  readonly keys: readonly PublicKey[];
}

/** Whether an image has to be signed by somebody trusted: not when it was built on this machine, nor with `--verify-image=false`. */
export function mustVerify(image: { readonly builtHere: boolean }, flags: { readonly verifyImage: boolean }): boolean {
  return flags.verifyImage && !image.builtHere;
}

/**
 * Finds and verifies the signatures of the image in the repository, a registry or the local store. Returns the one that counts. Throws
 * SIGNATURE_MISSING, TRUST_MISSING or SIGNATURE_UNTRUSTED with what to do, and what the repository throws.
 */
export async function requireTrusted(
  repository: ReadableRepository,
  image: ImageReference,
  digest: Digest,
  options: VerificationOptions,
): Promise<Verified> {
  const found = await findSignatures(repository, digest);
  const trust = trustFor(options.policy, image);
  const keys = [...(options.publicKeys ?? []), ...trust.keys];
  const trustedRoot = () => readTrustedRoot(options.trustedRoot);
  const result = await verifySignatures(found, { keys, identities: trust.identities, trustedRoot });
  if (result.verified) return result;
  if (found.signatures.length === 0) throw missing(found, image, options.isLocal ?? false);
  const keyFile = await signersFile(found, options);
  const isNobodyTrusted = keys.length === 0 && trust.identities.length === 0;
  throw (isNobodyTrusted ? nobodyTrusted : untrusted)(image, digest, { ...result, keyFile });
}

async function signersFile(found: FoundSignatures, { keysAtHand, trustedRoot }: VerificationOptions): Promise<string | undefined> {
  for (const { path, keys } of (await keysAtHand?.()) ?? []) {
    const { verified } = await verifySignatures(found, { keys, identities: [], trustedRoot: () => readTrustedRoot(trustedRoot) });
    if (verified) return path;
  }
  return undefined;
}

type Refusal = NotVerified & { readonly keyFile: string | undefined };

function missing({ image: digest, ignored }: FoundSignatures, image: ImageReference, isLocal: boolean): ImageError {
  const name = nameOf(image, digest);
  const details = ignored.length === 0 ? '' : `: ${describeFailures(ignored)}`;
  return new ImageError('SIGNATURE_MISSING', `${name} has no signature that can be verified${details}`, {
    context: { image: name },
    hint: isLocal
      ? `fetch signatures made since: gadget pull ${image}; or run it unverified with --verify-image=false`
      : `run it unverified with --verify-image=false, or sign it: gadget image sign ${image} --key FILE`,
  });
}

function nobodyTrusted(image: ImageReference, digest: Digest, result: Refusal): ImageError {
  const name = nameOf(image, digest);
  return new ImageError('TRUST_MISSING', `${name} is signed, but nobody is trusted for it: ${describeFailures(result.failures)}`, {
    context: { image: name },
    hint: trustHint(image, result),
  });
}

function untrusted(image: ImageReference, digest: Digest, result: Refusal): ImageError {
  const name = nameOf(image, digest);
  return new ImageError('SIGNATURE_UNTRUSTED', `${name} is signed by nobody who is trusted for it: ${describeFailures(result.failures)}`, {
    context: { image: name },
    hint: trustHint(image, result),
  });
}

/** The exact command: with the signer's identity where a certificate proves one, else with the file of the key, where it is at hand. */
function trustHint(image: ImageReference, { strangers: [stranger], isRootInDoubt, keyFile }: Refusal): string {
  const command = `gadget trust add ${trustPrefix(image)}`;
  const key = `--key ${keyFile === undefined ? 'FILE' : quote(keyFile)}`;
  const who =
    stranger === undefined || keyFile !== undefined ? key : `--identity ${quote(stranger.identity)} --issuer ${quote(stranger.issuer)}`;
  const root = isRootInDoubt
    ? '; if the signature is recent, the trusted root may be too old for it: gadget trust update, or --trusted-root FILE'
    : '';
  return `if you trust its publisher: ${command} ${who}; or run it unverified with --verify-image=false${root}`;
}

/** The registry and the first part of the repository: the organisation. */
export function trustPrefix({ registry, repository }: ImageReference): string {
  return `${registry}/${repository.split('/')[0]}`;
}

function quote(text: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(text) ? text : `'${safeText(text).replaceAll("'", "'\\''")}'`;
}

function nameOf({ registry, repository }: ImageReference, digest: Digest): string {
  return `${registry}/${repository}@${digest}`;
}

const maxDescribed = 5;

function describeFailures(failures: readonly IgnoredSignature[]): string {
  const texts = failures.map(({ form, reason }) => `${form === undefined ? 'a referrer' : `a ${formNames[form]}`}: ${safeText(reason)}`);
  const distinct = [...new Set(texts)];
  const more = distinct.length > maxDescribed ? [`and ${distinct.length - maxDescribed} more`] : [];
  return [...distinct.slice(0, maxDescribed), ...more].join('; ');
}
