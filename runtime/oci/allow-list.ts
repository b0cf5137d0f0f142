import type { Digest } from './digest.ts';
import { type ImageReference, parseImageReference } from './image-reference.ts';

/** Which images may be used: `registry/repository:tag`, `registry/repository@digest`, or the start of one of them with `*` behind it. */
export interface AllowList {
  /** Whether the image may be used, as far as can be told before its digest is known. */
  mayAllow(image: ImageReference): boolean;
  allows(image: ImageReference, digest: Digest): boolean;
}

/** A list of patterns; names without a registry mean the default one. Undefined allows everything. Throws IMAGE_REFERENCE_INVALID. */
export function allowList(patterns: readonly string[] | undefined, defaultRegistry: string): AllowList {
  if (patterns === undefined) return { mayAllow: () => true, allows: () => true };
  const starts = patterns.filter((pattern) => pattern.endsWith('*')).map((pattern) => withCanonicalHost(pattern.slice(0, -1)));
  const exact = patterns.filter((pattern) => !pattern.endsWith('*')).map((pattern) => parseImageReference(pattern, { defaultRegistry }));
  const fits = (image: ImageReference, digest: Digest | undefined) => {
    const names = namesOf(image, digest);
    if (starts.some((start) => names.some((name) => name.startsWith(start)))) return true;
    return exact.some((allowed) => repositoryOf(allowed) === repositoryOf(image) && isVersionAllowed(allowed, image, digest));
  };
  return { mayAllow: (image) => fits(image, image.digest), allows: (image, digest) => fits(image, digest) };
}

/** Before the digest is known, one that is allowed could be meant. */
function isVersionAllowed(allowed: ImageReference, image: ImageReference, digest: Digest | undefined): boolean {
  if (allowed.digest !== undefined) return digest === undefined || digest === allowed.digest;
  return image.tag === allowed.tag;
}

/** The image in every way that a pattern can name it. */
function namesOf(image: ImageReference, digest: Digest | undefined): readonly string[] {
  const repository = repositoryOf(image);
  return [
    ...(image.tag === undefined ? [] : [`${repository}:${image.tag}`]),
    ...(digest === undefined ? [] : [`${repository}@${digest}`]),
    ...(image.tag === undefined && digest === undefined ? [repository] : []),
  ];
}

/** Hosts have no case. */
function withCanonicalHost(pattern: string): string {
  const slash = pattern.indexOf('/');
  return slash < 0 ? pattern.toLowerCase() : pattern.slice(0, slash).toLowerCase() + pattern.slice(slash);
}

/** What the place of an image is called. */
type Place = Pick<ImageReference, 'registry' | 'repository'>;

function repositoryOf({ registry, repository }: Place): string {
  return `${registry.toLowerCase()}/${repository}`;
}

/**
 * Whether an image is in one of the registries: `registry`, `registry/first/parts` of whole path parts, or the start of a name with `*`
 * behind it. Undefined allows every one.
 */
export function isRegistryAllowed(patterns: readonly string[] | undefined, image: Place): boolean {
  const name = repositoryOf(image);
  return (
    patterns
      ?.map(withCanonicalHost)
      .some((pattern) =>
        pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : `${name}/`.startsWith(`${pattern.replace(/\/$/, '')}/`),
      ) ?? true
  );
}

/** Whether anything of this registry, `host[:port]`, is in one of the registries of `isRegistryAllowed`. */
export function isHostAllowed(patterns: readonly string[] | undefined, registry: string): boolean {
  const host = registry.toLowerCase();
  return (
    patterns?.map(withCanonicalHost).some((pattern) => {
      const isStart = pattern.endsWith('*') && !pattern.includes('/');
      return isStart ? host.startsWith(pattern.slice(0, -1)) : host === pattern.split('/')[0];
    }) ?? true
  );
}
