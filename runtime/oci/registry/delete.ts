import type { Descriptor } from '../descriptor.ts';
import { hasSuccessors } from '../manifest.ts';
import type { Action } from './auth/scope.ts';
import { repositoryScope } from './auth/scope.ts';
import type { Endpoint } from './endpoint.ts';
import { getManifest } from './manifests.ts';
import { referrersFromApi } from './referrers.ts';
import { subjectOf } from './referrers-tag.ts';
import { removing, updateReferrersTag } from './referrers-update.ts';
import { notFound, RegistryError } from './registry-error.ts';

/** What registries answer that delete no tags: docker-registry 400, others as they like. */
const withoutTagDeletion = new Set([400, 405, 501]);

/** Deletes a tag and leaves what it names. Throws REGISTRY_ERROR when the registry can only delete by digest. */
export async function deleteTag(endpoint: Endpoint, tag: string, signal?: AbortSignal): Promise<void> {
  try {
    await remove(endpoint, `manifests/${tag}`, tag, signal);
  } catch (error) {
    if (!(error instanceof RegistryError) || !withoutTagDeletion.has(error.status ?? 0)) throw error;
    throw new RegistryError('REGISTRY_ERROR', `${endpoint.name}: the registry does not delete the tag ${tag} alone`, {
      cause: error,
      context: { repository: endpoint.name, tag },
      hint: 'delete the image by its digest (REPOSITORY@sha256:…), which takes all of its tags away; or put the tag on another image',
    });
  }
}

/** Deletes a manifest, with its entry in the list that stands in for the referrers API, or a blob. */
export async function deleteContent(endpoint: Endpoint, descriptor: Descriptor, signal?: AbortSignal): Promise<void> {
  if (!hasSuccessors(descriptor)) return remove(endpoint, `blobs/${descriptor.digest}`, descriptor.digest, signal);
  await leaveList(endpoint, descriptor, signal);
  await remove(endpoint, `manifests/${descriptor.digest}`, descriptor.digest, signal);
}

async function leaveList(endpoint: Endpoint, descriptor: Descriptor, signal: AbortSignal | undefined): Promise<void> {
  const found = await getManifest(endpoint, descriptor.digest, signal);
  if (found === undefined) throw notFound(endpoint.name, descriptor.digest);
  const subject = subjectOf(found.descriptor, found.bytes);
  if (subject === undefined) return;
  const listed = await referrersFromApi(endpoint, subject.digest, signal === undefined ? {} : { signal });
  if (listed === undefined) await updateReferrersTag(endpoint, subject.digest, removing(descriptor.digest), signal);
}

async function remove(endpoint: Endpoint, target: string, shown: string, signal: AbortSignal | undefined): Promise<void> {
  const actions: readonly Action[] = ['delete'];
  const reply = await endpoint.ask({
    method: 'DELETE',
    target,
    action: `delete ${shown}`,
    scopes: [repositoryScope(endpoint.repository, actions)],
    accept: [200, 202, 204, 404],
    signal,
  });
  if (reply.status === 404) throw notFound(endpoint.name, shown);
}
