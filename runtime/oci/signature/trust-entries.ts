import { GadgetError } from '../../base/errors.ts';
import { parseImageReference } from '../image-reference.ts';
import { parsePublicKeys } from './public-key.ts';
import type { TrustEntry } from './trust-policy.ts';

/** The most entries of one file. */
const maxEntries = 10_000;
const maxTextLength = 2048;
const members: readonly string[] = ['prefix', 'key', 'identity', 'issuer'];

/**
 * Trust entries from a parsed document: the list `trust` of the configuration file, or of trust.json. Each has a prefix and either a key
 * (PEM) or both identity and issuer; anything else is an error, since a misspelt word must not widen trust. Throws TRUST_INVALID.
 */
export function parseTrustEntries(value: unknown, subject: string): readonly TrustEntry[] {
  if (!Array.isArray(value)) throw trustInvalid(`${subject} is not a list`);
  if (value.length > maxEntries) throw trustInvalid(`${subject} has ${value.length} entries, more than the ${maxEntries} allowed`);
  return value.map((entry, at) => parseTrustEntry(entry, `${subject}[${at}]`));
}

/** One entry, checked. Throws TRUST_INVALID. */
export function parseTrustEntry(value: unknown, subject: string): TrustEntry {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw trustInvalid(`${subject} is not an entry`);
  const unknown = Object.keys(value).find((name) => !members.includes(name));
  if (unknown !== undefined) throw trustInvalid(`${subject} has an unknown ${JSON.stringify(unknown.slice(0, 40))}`);
  const { prefix, key, identity, issuer } = value as Readonly<Record<string, unknown>>;
  const canonical = canonicalPrefix(expectText(prefix, `${subject}: prefix`), subject);
  if (key !== undefined) {
    if (identity !== undefined || issuer !== undefined)
      throw trustInvalid(`${subject} has both a key and an identity: make it two entries`);
    return { prefix: canonical, key: canonicalKey(key, subject) };
  }
  if (identity === undefined && issuer === undefined) throw trustInvalid(`${subject} says neither key nor identity`);
  if (identity === undefined || issuer === undefined) {
    throw trustInvalid(`${subject} has ${identity === undefined ? 'an issuer without an identity' : 'an identity without an issuer'}`, {
      hint: 'anybody can have any name at an issuer of their own: say both',
    });
  }
  return { prefix: canonical, identity: expectText(identity, `${subject}: identity`), issuer: expectText(issuer, `${subject}: issuer`) };
}

/** The prefix as it is compared: without a slash at its end, the host in lower case. Throws TRUST_INVALID. */
export function canonicalPrefix(text: string, subject = 'the prefix'): string {
  const [host = '', ...path] = text.replace(/\/$/, '').split('/');
  const prefix = [host.toLowerCase(), ...path].join('/');
  if (isPrefix(prefix)) return prefix;
  throw trustInvalid(`${subject}: ${JSON.stringify(text.slice(0, 80))} is no registry or start of a repository's name`, {
    hint: 'write it as registry[/repository], without tag: ghcr.io/org',
  });
}

function isPrefix(prefix: string): boolean {
  try {
    // Something below it must be an image of that very registry.
    const { registry, repository, tag } = parseImageReference(`${prefix}/x`);
    return tag === 'latest' && `${registry}/${repository}/`.startsWith(`${prefix}/`);
  } catch (error) {
    if (error instanceof GadgetError) return false;
    throw error;
  }
}

function canonicalKey(key: unknown, subject: string): string {
  if (typeof key !== 'string') throw trustInvalid(`${subject}: key is not text`);
  try {
    return parsePublicKeys(key, `${subject}: key`)
      .map(({ pem }) => pem)
      .join('');
  } catch (cause) {
    throw cause instanceof GadgetError ? trustInvalid(cause.message, { cause }) : cause;
  }
}

function expectText(value: unknown, subject: string): string {
  if (typeof value === 'string' && value !== '' && value.length <= maxTextLength) return value;
  throw trustInvalid(`${subject} is not text of 1 to ${maxTextLength} characters`);
}

export function trustInvalid(message: string, options: { readonly cause?: unknown; readonly hint?: string } = {}): GadgetError {
  return new GadgetError('TRUST_INVALID', message, options);
}
