import type { Descriptor } from '../descriptor.ts';
import type { Digest } from '../digest.ts';
import { digestHex } from '../digest.ts';
import type { ImageIndex, Manifest } from '../manifest.ts';
import { parseImageIndex, parseManifest } from '../manifest.ts';
import { isIndexType } from '../media-types.ts';
import type { Endpoint } from './endpoint.ts';
import { maxReferrers } from './limits.ts';
import type { FoundManifest } from './manifests.ts';
import { getManifest } from './manifests.ts';

/** How many manifests are read at the same time to see what they refer to. */
const readsAtOnce = 4;

/** What the tag that stands in for the referrers API holds. */
export interface TaggedIndex {
  /** Undefined when the tag does not exist. */
  readonly digest: Digest | undefined;
  /** Entries whose manifests refer to the subject indeed. */
  readonly referrers: readonly Descriptor[];
  /** Whether the tag names something that is no list of referrers of this subject: not to be written over. */
  readonly isForeign: boolean;
}

/** The tag that lists what refers to a digest: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#referrers-tag-schema */
export function referrersTag(subject: Digest): string {
  return `sha256-${digestHex(subject)}`;
}

/** Manifests whose `subject` is this digest, by the tag; none when there is no such list. */
export async function taggedReferrers(endpoint: Endpoint, subject: Digest, signal?: AbortSignal): Promise<readonly Descriptor[]> {
  return (await readTaggedIndex(endpoint, subject, signal)).referrers;
}

/**
 * Reads the tag and believes none of it: registry.gitlab.com answers with the subject itself, and copying tools put images under such
 * tags. An entry counts when its manifest's own `subject` says so.
 */
export async function readTaggedIndex(endpoint: Endpoint, subject: Digest, signal?: AbortSignal): Promise<TaggedIndex> {
  const found = await getManifest(endpoint, referrersTag(subject), signal);
  if (found === undefined) return { digest: undefined, referrers: [], isForeign: false };
  const { digest } = found.descriptor;
  // No tag at all: the registry took the digest out of the name.
  if (digest === subject) return { digest: undefined, referrers: [], isForeign: false };
  const index = indexOf(found);
  if (index === undefined) return { digest, referrers: [], isForeign: true };
  if (index.manifests.length > maxReferrers) throw endpoint.fault(`more than ${maxReferrers} manifests refer to ${subject}`, false);
  const subjects = await subjectsOf(endpoint, index.manifests, signal);
  return {
    digest,
    referrers: index.manifests.filter((entry) => subjects.get(entry.digest) === subject),
    // Entries whose manifests are gone say nothing.
    isForeign: [...subjects.values()].some((actual) => actual !== subject && actual !== 'gone'),
  };
}

function indexOf({ descriptor, bytes }: FoundManifest): ImageIndex | undefined {
  if (!isIndexType(descriptor.mediaType)) return undefined;
  try {
    return parseImageIndex(bytes, descriptor.digest);
  } catch {
    return undefined;
  }
}

type Subject = Digest | 'none' | 'gone';

async function subjectsOf(endpoint: Endpoint, entries: readonly Descriptor[], signal?: AbortSignal): Promise<Map<Digest, Subject>> {
  const subjects = new Map<Digest, Subject>();
  const waiting = [...new Set(entries.map((entry) => entry.digest))];
  const read = async (): Promise<void> => {
    for (let digest = waiting.pop(); digest !== undefined; digest = waiting.pop()) {
      const found = await getManifest(endpoint, digest, signal);
      subjects.set(digest, found === undefined ? 'gone' : (subjectOf(found.descriptor, found.bytes)?.digest ?? 'none'));
    }
  };
  await Promise.all(Array.from({ length: readsAtOnce }, read));
  return subjects;
}

/** What a manifest or an index refers to, if anything. */
export function subjectOf({ mediaType, digest }: Descriptor, bytes: Uint8Array): Descriptor | undefined {
  return parsed(mediaType, digest, bytes)?.subject;
}

/** The descriptor under which a manifest is listed: with its type and annotations, as the specification wants. */
export function referrerDescriptor(descriptor: Descriptor, bytes: Uint8Array): Descriptor {
  const { mediaType, digest, size } = descriptor;
  const document = parsed(mediaType, digest, bytes);
  const artifactType = document?.artifactType ?? (document !== undefined && 'config' in document ? document.config.mediaType : undefined);
  const annotations = document?.annotations ?? {};
  return {
    mediaType,
    digest,
    size,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
  };
}

function parsed(mediaType: string, digest: Digest, bytes: Uint8Array): Manifest | ImageIndex | undefined {
  try {
    return isIndexType(mediaType) ? parseImageIndex(bytes, digest) : parseManifest(bytes, digest);
  } catch {
    return undefined;
  }
}
