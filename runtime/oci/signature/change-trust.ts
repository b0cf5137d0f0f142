import { builtinTrust } from './builtin-trust.ts';
import { parsePublicKeys } from './public-key.ts';
import { canonicalPrefix } from './trust-entries.ts';
import type { TrustEntry, TrustPolicy } from './trust-policy.ts';

/** The policy with the entry, which is there once however often it is added. */
export function addTrust(policy: TrustPolicy, entry: TrustEntry): TrustPolicy {
  const text = JSON.stringify(entry);
  if (policy.entries.some((other) => JSON.stringify(other) === text)) return policy;
  return { ...policy, entries: [...policy.entries, entry] };
}

/** Which entries of a prefix are meant; all of them when it says nothing. */
export interface TrustSelection {
  /** The start of a key's fingerprint, with or without `SHA256:`. */
  readonly fingerprint?: string;
  readonly identity?: string;
}

/** The policy without the entries of exactly this prefix, and those that went. What is trusted by default can go, too. */
export function removeTrust(
  policy: TrustPolicy,
  prefix: string,
  selection: TrustSelection = {},
): { readonly policy: TrustPolicy; readonly removed: readonly TrustEntry[] } {
  const canonical = canonicalPrefix(prefix);
  const goes = (entry: TrustEntry): boolean => entry.prefix === canonical && isSelected(entry, selection);
  const builtin = policy.builtin ? builtinTrust.filter(goes) : [];
  return {
    policy: { entries: policy.entries.filter((entry) => !goes(entry)), builtin: policy.builtin && builtin.length === 0 },
    removed: [...builtin, ...policy.entries.filter(goes)],
  };
}

function isSelected(entry: TrustEntry, { fingerprint, identity }: TrustSelection): boolean {
  if (fingerprint === undefined && identity === undefined) return true;
  if (!('key' in entry)) return entry.identity === identity;
  const start = fingerprint?.replace(/^SHA256:/, '').toLowerCase();
  return start !== undefined && start !== '' && parsePublicKeys(entry.key).some((key) => key.fingerprint.startsWith(`SHA256:${start}`));
}
