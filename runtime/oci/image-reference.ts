import { ImageError } from '../base/errors.ts';
import type { Digest } from './digest.ts';
import { isDigest } from './digest.ts';

/** Where names without a registry belong, unless configured otherwise. */
export const standardDefaultRegistry = 'ghcr.io/inspektor-gadget/gadget';

/** The full name of an image: `registry/repository`, with a tag, a digest or both. */
export interface ImageReference {
  /** Host, with port if any: `ghcr.io`, `localhost:5000`, `[::1]:5000`. */
  readonly registry: string;
  readonly repository: string;
  /** `latest` when the text has neither tag nor digest. */
  readonly tag?: string;
  readonly digest?: Digest;
  /** The canonical text; parsing it gives the same reference. */
  toString(): string;
}

export interface ReferenceOptions {
  /** Registry and repository prefix of bare names: `registry.example:5000/gadgets`. */
  readonly defaultRegistry?: string;
}

// The grammar of https://github.com/distribution/reference. Every pattern is linear: no two parts can match the same text.
const hostName = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]{0,61}[a-zA-Z0-9])(?:\\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]{0,61}[a-zA-Z0-9]))*';
const registryPattern = new RegExp(`^(?:${hostName}|\\[[a-fA-F0-9:]{2,39}\\])(?::[0-9]{1,5})?$`);
const componentPattern = /^[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*$/;
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;

/** The most characters of `registry/repository`: the limit of the distribution grammar. */
const maxNameLength = 255;
/** The longest text that can be a reference: name, tag of 128, digest of 71, two separators. */
const maxTextLength = maxNameLength + 1 + 128 + 1 + 71;

/**
 * A reference from text, completed: no registry means the default one, neither tag nor digest means `latest`.
 * `docker.io` is used only when written. Throws IMAGE_REFERENCE_INVALID.
 */
export function parseImageReference(text: string, options: ReferenceOptions = {}): ImageReference {
  const fail: (problem: string) => never = refuse(text);
  if (text === '') fail('is empty');
  if (text.length > maxTextLength) fail(`has ${text.length} characters, more than the ${maxTextLength} possible`);
  const { name, tag, digest } = splitText(text);
  if (digest !== undefined && !isDigest(digest)) fail('has a digest that is not "sha256:" and 64 hexadecimal digits in lower case');
  if (tag !== undefined && !tagPattern.test(tag)) fail('has a tag that is not 1 to 128 letters, digits, "_", "." or "-"');
  const full = completeName(name, options.defaultRegistry ?? standardDefaultRegistry);
  // Else the canonical text would mean something else when read again.
  if (!looksLikeRegistry(full.registry))
    fail(`would belong to the default registry ${JSON.stringify(full.registry)}, which is no full host name`);
  checkName(full, fail);
  const effectiveTag = tag ?? (digest === undefined ? 'latest' : undefined);
  return makeReference(full, effectiveTag, digest as Digest | undefined);
}

/** The same repository with another tag, digest, or both. */
export function withVersion(reference: ImageReference, version: { readonly tag?: string; readonly digest?: Digest }): ImageReference {
  return makeReference(reference, version.tag, version.digest);
}

interface FullName {
  readonly registry: string;
  readonly repository: string;
}

function makeReference({ registry, repository }: FullName, tag?: string, digest?: Digest): ImageReference {
  const canonical = `${registry}/${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
  return {
    registry,
    repository,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
    toString: () => canonical,
  };
}

function splitText(text: string): { name: string; tag: string | undefined; digest: string | undefined } {
  const at = text.indexOf('@');
  const digest = at < 0 ? undefined : text.slice(at + 1);
  const rest = at < 0 ? text : text.slice(0, at);
  // A colon before the last slash is that of a port.
  const colon = rest.indexOf(':', rest.lastIndexOf('/') + 1);
  if (colon < 0) return { name: rest, tag: undefined, digest };
  return { name: rest.slice(0, colon), tag: rest.slice(colon + 1), digest };
}

function completeName(name: string, defaultRegistry: string): FullName {
  const { registry, repository } = addRegistry(name, defaultRegistry);
  // On ghcr.io a repository always has an owner: a single word means the gadget of that name, as existing documents write it.
  const isBareGadget = registry === 'ghcr.io' && !repository.includes('/');
  return { registry, repository: isBareGadget ? `inspektor-gadget/gadget/${repository}` : repository };
}

function addRegistry(name: string, defaultRegistry: string): FullName {
  const slash = name.indexOf('/');
  const first = name.slice(0, Math.max(slash, 0));
  if (slash >= 0 && looksLikeRegistry(first)) return { registry: first, repository: name.slice(slash + 1) };
  const { registry, prefix } = splitDefault(defaultRegistry);
  return { registry, repository: slash < 0 ? prefix + name : name };
}

function looksLikeRegistry(component: string): boolean {
  return /[.:]/.test(component) || component === 'localhost' || component !== component.toLowerCase();
}

function splitDefault(text: string): { registry: string; prefix: string } {
  const trimmed = text.endsWith('/') ? text.slice(0, -1) : text;
  const slash = trimmed.indexOf('/');
  if (slash < 0) return { registry: trimmed, prefix: '' };
  return { registry: trimmed.slice(0, slash), prefix: `${trimmed.slice(slash + 1)}/` };
}

function checkName({ registry, repository }: FullName, fail: (problem: string) => never): void {
  if (!registryPattern.test(registry)) fail(`has ${JSON.stringify(registry)} for a registry, which is no host name or address`);
  if (registry.length + 1 + repository.length > maxNameLength) fail(`has a name of more than ${maxNameLength} characters`);
  const odd = repository.split('/').find((component) => !componentPattern.test(component));
  if (odd === undefined) return;
  if (odd === '') fail('has an empty part between slashes');
  fail(`has ${JSON.stringify(odd)} in its name: parts are lower-case letters and digits, with ".", "_", "__" or "-" between them`);
}

function refuse(text: string): (problem: string) => never {
  const shown = text.length > 80 ? `${text.slice(0, 80)}…` : text;
  return (problem) => {
    throw new ImageError('IMAGE_REFERENCE_INVALID', `image reference ${JSON.stringify(shown)} ${problem}`, {
      hint: 'write it as [registry/]repository[:tag][@sha256:…]',
    });
  };
}
