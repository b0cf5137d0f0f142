import type { Descriptor } from '../descriptor.ts';
import type { Digest } from '../digest.ts';
import type { ImageIndex } from '../manifest.ts';
import { parseImageIndex } from '../manifest.ts';
import { mediaTypes } from '../media-types.ts';
import { repositoryScope } from './auth/scope.ts';
import type { Endpoint } from './endpoint.ts';
import { maxReferrers } from './limits.ts';
import { pages } from './paging.ts';
import { taggedReferrers } from './referrers-tag.ts';

/** What registries without this API answer to it. */
const withoutApi = [400, 404, 405, 406, 501];

export interface ReferrersOptions {
  /** Only those of this type; the registry filters where it can. */
  readonly artifactType?: string;
  readonly signal?: AbortSignal;
}

/**
 * Manifests whose `subject` is this digest, from the referrers API, else from the tag that stands in for it:
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers
 */
export async function listReferrers(endpoint: Endpoint, subject: Digest, options: ReferrersOptions = {}): Promise<readonly Descriptor[]> {
  const listed = (await referrersFromApi(endpoint, subject, options)) ?? (await taggedReferrers(endpoint, subject, options.signal));
  const { artifactType } = options;
  // Whatever the registry says of its filters in OCI-Filters-Applied, filtering again changes nothing that is right.
  return artifactType === undefined ? listed : listed.filter((descriptor) => descriptor.artifactType === artifactType);
}

/** Undefined when the registry has no such API. */
export async function referrersFromApi(
  endpoint: Endpoint,
  subject: Digest,
  options: ReferrersOptions,
): Promise<readonly Descriptor[] | undefined> {
  const { artifactType, signal } = options;
  const request = {
    method: 'GET' as const,
    target: `referrers/${subject}${artifactType === undefined ? '' : `?${new URLSearchParams({ artifactType })}`}`,
    action: `list what refers to ${subject}`,
    scopes: [repositoryScope(endpoint.repository, ['pull'])],
    headers: { accept: mediaTypes.index },
    accept: [200, ...withoutApi],
    signal,
  };
  const found = new Map<Digest, Descriptor>();
  for await (const reply of pages(endpoint, request)) {
    const index = reply.status === 200 ? indexIn(reply.body) : undefined;
    // A page of something else, as proxies and single-page sites answer with 200 to anything, is no answer either.
    if (index === undefined) return found.size === 0 ? undefined : [...found.values()];
    for (const descriptor of index.manifests) if (descriptor.digest !== subject) found.set(descriptor.digest, descriptor);
    if (found.size > maxReferrers) throw endpoint.fault(`more than ${maxReferrers} manifests refer to ${subject}`, false);
  }
  return [...found.values()];
}

function indexIn(body: Uint8Array): ImageIndex | undefined {
  try {
    return parseImageIndex(body, 'list of referrers');
  } catch {
    return undefined;
  }
}
