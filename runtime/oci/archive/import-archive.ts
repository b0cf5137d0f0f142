import { ImageError } from '../../base/errors.ts';
import { copyAttachments } from '../attachments.ts';
import { type CopyOptions, copyImage } from '../copy.ts';
import type { Descriptor } from '../descriptor.ts';
import type { Digest } from '../digest.ts';
import { walkGraph } from '../graph.ts';
import { type ImageReference, parseImageReference } from '../image-reference.ts';
import { isIndexType } from '../media-types.ts';
import type { ImageStore } from '../store/image-store.ts';
import { storedName } from '../store/local-index.ts';
import { LocalRepository } from '../store/local-repository.ts';
import type { ArchiveEntry } from './archive-index.ts';
import { ArchiveRepository, isTagOnly } from './archive-repository.ts';
import type { Archive } from './open-archive.ts';

export interface ImportOptions extends CopyOptions {
  /** Registry and repository of bare names. */
  readonly defaultRegistry: string;
  /** `registry/repository` for images that the archive names by a tag only, or not at all. */
  readonly repository?: string;
}

/** An image that an archive brought. */
export interface ImportedImage {
  readonly name: string;
  readonly descriptor: Descriptor;
  readonly sparse: boolean;
  /** Signatures, attestations and SBOMs that came with it. */
  readonly attachments: number;
}

/**
 * Takes all images of an archive over into the store, with what is attached to them; named all at once when everything is there. Errors:
 * ARCHIVE_INVALID, IMAGE_INVALID, IMAGE_REFERENCE_INVALID, and those of the store; then no image is named.
 */
export async function importArchive(archive: Archive, store: ImageStore, options: ImportOptions): Promise<readonly ImportedImage[]> {
  const parts = await partsOfOthers(archive);
  const images = archive.entries
    .filter(({ name, subject, descriptor }) => subject === undefined && (name !== undefined || !parts.has(descriptor.digest)))
    .map((entry) => ({ entry, reference: referenceOf(entry, options) }));
  const repositories = new Map<string, LocalRepository>();
  const imported: ImportedImage[] = [];
  try {
    for (const { entry, reference } of images) {
      const name = `${reference.registry}/${reference.repository}`;
      const to = repositories.get(name) ?? new LocalRepository(store, name);
      repositories.set(name, to);
      imported.push(await importImage(archive, to, { entry, reference, options }));
    }
    await store.name([...[...repositories.values()].flatMap((repository) => repository.names), ...imported]);
  } finally {
    await store.close();
  }
  return imported;
}

/** What is in the graph of another entry: oras lists every manifest that it writes, platforms as well. */
async function partsOfOthers(archive: Archive): Promise<ReadonlySet<Digest>> {
  const parts = new Set<Digest>();
  for (const { descriptor: root } of archive.entries) {
    if (!isIndexType(root.mediaType) || !archive.exists(root)) continue;
    const content = await walkGraph(root, async (manifest) => (archive.exists(manifest) ? await archive.fetch(manifest) : undefined));
    for (const { digest } of content) if (digest !== root.digest) parts.add(digest);
  }
  return parts;
}

async function importImage(
  archive: Archive,
  to: LocalRepository,
  image: { readonly entry: ArchiveEntry; readonly reference: ImageReference; readonly options: ImportOptions },
): Promise<ImportedImage> {
  const { entry, reference, options } = image;
  const from = new ArchiveRepository(archive, to.name);
  const wants = (manifest: Descriptor) => archive.exists(manifest);
  await copyImage(from, to, entry.descriptor, { ...options, wants });
  const attachments = await copyAttachments(from, to, entry.descriptor.digest, options);
  const sparse = await isSparse(archive, entry.descriptor);
  return { name: storedName(reference), descriptor: entry.descriptor, sparse, attachments };
}

async function isSparse(archive: Archive, root: Descriptor): Promise<boolean> {
  const content = await walkGraph(root, async (manifest) => (archive.exists(manifest) ? await archive.fetch(manifest) : undefined));
  return content.some((part) => !archive.exists(part));
}

function referenceOf({ name, descriptor }: ArchiveEntry, { repository, defaultRegistry }: ImportOptions): ImageReference {
  if (name !== undefined && !isTagOnly(name)) return parseImageReference(name, { defaultRegistry });
  if (repository !== undefined) {
    return parseImageReference(`${repository}${name === undefined ? `@${descriptor.digest}` : `:${name}`}`, { defaultRegistry });
  }
  const called = name === undefined ? 'has no name' : `is called ${JSON.stringify(name)} only`;
  throw new ImageError('IMAGE_REFERENCE_INVALID', `the image ${descriptor.digest} in the archive ${called}`, {
    hint: 'say which repository it belongs to: gadget image import FILE --repository registry/repository',
  });
}
