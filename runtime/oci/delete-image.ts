import { GadgetError } from '../base/errors.ts';
import { attachmentTag, findAttachments } from './attachments.ts';
import type { Descriptor } from './descriptor.ts';
import type { Digest } from './digest.ts';
import { parseImageIndex } from './manifest.ts';
import { isIndexType } from './media-types.ts';
import type { ReadableRepository } from './repository.ts';

/** A signature of an SBOM of an image, and what is attached to that. */
const maxDepth = 3;

/** A repository that content can be deleted from. */
export interface DeletableRepository extends ReadableRepository {
  /** Throws IMAGE_NOT_FOUND for what is not there. */
  delete(what: Descriptor): Promise<void>;
}

/**
 * Deletes an image under all of its tags, with what is attached to it and what is attached to that. Attachments go first: without their subject
 * nobody would find them. Manifests that an index names stay, as other indexes may name them. Throws what the repository throws.
 */
export async function deleteImage(repository: DeletableRepository, image: Descriptor): Promise<void> {
  await deleteAttached(repository, image.digest, { seen: new Set([image.digest]), depth: 0 });
  await repository.delete(image);
}

interface Way {
  /** What is being deleted: nothing is gone into twice. */
  readonly seen: Set<Digest>;
  readonly depth: number;
}

async function deleteAttached(repository: DeletableRepository, subject: Digest, { seen, depth }: Way): Promise<void> {
  if (depth === maxDepth) return;
  for (const { descriptor } of await findAttachments(repository, subject)) {
    if (seen.has(descriptor.digest)) continue;
    seen.add(descriptor.digest);
    await deleteAttached(repository, descriptor.digest, { seen, depth: depth + 1 });
    await repository.delete(descriptor).catch(unlessGone);
  }
  await deleteEmptyList(repository, subject);
}

/** Somebody else has deleted it. */
function unlessGone(error: unknown): void {
  if (!(error instanceof GadgetError) || error.code !== 'IMAGE_NOT_FOUND') throw error;
}

/** The list that stands in for the referrers API, once nothing is in it. One that stays does no harm. */
async function deleteEmptyList(repository: DeletableRepository, subject: Digest): Promise<void> {
  try {
    const list = await repository.resolve({ tag: attachmentTag(subject) });
    // registry.gitlab.com answers with the subject itself.
    if (list === undefined || list.digest === subject || !isIndexType(list.mediaType)) return;
    const { manifests } = parseImageIndex(await repository.fetch(list), list.digest);
    if (manifests.length === 0) await repository.delete(list);
  } catch {
    // Registries may forbid it, and an image under this tag may be none that is understood.
  }
}
