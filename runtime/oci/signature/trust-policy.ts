import type { ImageReference } from '../image-reference.ts';
import { builtinTrust } from './builtin-trust.ts';
import type { CertificateIdentity } from './keyless.ts';
import { type PublicKey, parsePublicKeys } from './public-key.ts';

/** Who may sign the images below a prefix: a key, or an identity that an issuer vouches for. */
export type TrustEntry = TrustedKeyEntry | TrustedIdentityEntry;

export interface TrustedKeyEntry {
  /** `registry`, `registry/repository` or the first parts of a repository: `ghcr.io/org`. */
  readonly prefix: string;
  /** Public keys in PEM. */
  readonly key: string;
}

export type TrustedIdentityEntry = { readonly prefix: string } & CertificateIdentity;

/** Who is trusted on this machine. */
export interface TrustPolicy {
  readonly entries: readonly TrustEntry[];
  /** False leaves out what is trusted by default. */
  readonly builtin: boolean;
}

/** Keys and identities for one image. */
export interface ImageTrust {
  readonly keys: readonly PublicKey[];
  readonly identities: readonly CertificateIdentity[];
}

/**
 * Everybody who is trusted for the image: of every entry whose prefix covers it, not only of the longest, so that an entry for one
 * repository adds to that of its organisation. Throws KEY_INVALID.
 */
export function trustFor(policy: TrustPolicy, image: ImageReference): ImageTrust {
  const entries = [...(policy.builtin ? builtinTrust : []), ...policy.entries].filter(({ prefix }) => isBelow(prefix, image));
  return {
    keys: entries.flatMap((entry) => ('key' in entry ? parsePublicKeys(entry.key, `the key trusted for ${entry.prefix}`) : [])),
    identities: entries.flatMap((entry) => ('key' in entry ? [] : [{ identity: entry.identity, issuer: entry.issuer }])),
  };
}

/** Whether the prefix covers the image: whole parts only, so `ghcr.io/org` does not cover `ghcr.io/organisation`. Hosts have no case. */
export function isBelow(prefix: string, { registry, repository }: ImageReference): boolean {
  return `${registry.toLowerCase()}/${repository}/`.startsWith(`${prefix}/`);
}
