import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Descriptor } from '../descriptor.ts';
import type { Digest } from '../digest.ts';
import { digestOf } from '../digest.ts';
import { mediaTypes } from '../media-types.ts';
import type { Endpoint } from './endpoint.ts';
import { putManifest } from './manifests.ts';
import { readTaggedIndex, referrersTag } from './referrers-tag.ts';
import { RegistryError } from './registry-error.ts';

/** How often a list that others keep writing over is written. */
const attempts = 10;
/** Time in which another writer that read the list before us writes it, in milliseconds, beside what our own writing took. */
const settleMs = 20;

/** A change of the list; the list itself when there is nothing to change. */
export type ListChange = (referrers: readonly Descriptor[]) => readonly Descriptor[];

/** Writers of this process to the same list wait for each other. */
const queues = new Map<string, Promise<void>>();

/**
 * Changes the list that stands in for the referrers API. Registries know no condition on a tag, so two writers can undo each other's work:
 * the list is read again after a while, and changed again when the change is not in it.
 */
export async function updateReferrersTag(endpoint: Endpoint, subject: Digest, change: ListChange, signal?: AbortSignal): Promise<void> {
  const key = `${endpoint.name}@${subject}`;
  const before = queues.get(key) ?? Promise.resolve();
  const own = before.then(() => updateUntilSettled(endpoint, subject, change, signal));
  const settled = own.catch(() => undefined);
  queues.set(key, settled);
  try {
    await own;
  } finally {
    if (queues.get(key) === settled) queues.delete(key);
  }
}

async function updateUntilSettled(endpoint: Endpoint, subject: Digest, change: ListChange, signal: AbortSignal | undefined): Promise<void> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const started = performance.now();
    const current = await readTaggedIndex(endpoint, subject, signal);
    if (current.isForeign) throw foreignTag(endpoint, subject);
    const changed = change(current.referrers);
    if (changed === current.referrers) return;
    await writeIndex(endpoint, subject, changed, signal);
    const tookMs = performance.now() - started;
    await sleep(settleMs + tookMs + randomInt(settleMs * (attempt + 1)), undefined, signal === undefined ? {} : { signal });
  }
  throw endpoint.fault(`others keep writing over ${referrersTag(subject)}, the list of what refers to ${subject}`, false);
}

async function writeIndex(
  endpoint: Endpoint,
  subject: Digest,
  manifests: readonly Descriptor[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.index, manifests }));
  const manifest = { mediaType: mediaTypes.index, bytes, digest: digestOf(bytes) };
  await putManifest(endpoint, manifest, { version: referrersTag(subject), signal });
}

function foreignTag(endpoint: Endpoint, subject: Digest): RegistryError {
  const tag = referrersTag(subject);
  return new RegistryError('REGISTRY_ERROR', `${endpoint.name}: the tag ${tag} is no list of what refers to ${subject}`, {
    context: { repository: endpoint.name, digest: subject, tag },
    hint: 'a copying tool has put an image under this tag; delete the tag on the registry, then push again',
  });
}

/** Adds a manifest to the list. */
export function adding(descriptor: Descriptor): ListChange {
  return (referrers) => (referrers.some((known) => known.digest === descriptor.digest) ? referrers : [...referrers, descriptor]);
}

/** Takes a manifest off the list. */
export function removing(digest: Digest): ListChange {
  return (referrers) =>
    referrers.some((known) => known.digest === digest) ? referrers.filter((known) => known.digest !== digest) : referrers;
}
