import { type CopyOptions, copyImage } from './copy.ts';
import type { Descriptor } from './descriptor.ts';
import { parseManifest } from './manifest.ts';
import { isManifestType } from './media-types.ts';
import type { ReadableRepository, Repository } from './repository.ts';
import { addLegacyLayer } from './signature/legacy-manifest.ts';

/**
 * Copies what is attached by a tag. Where the destination's tag has signatures or attestations of others, they stay: each is a layer of one
 * manifest, and the new ones come after them.
 */
export async function copyTagged(
  from: ReadableRepository,
  to: Repository,
  { descriptor, tag }: { readonly descriptor: Descriptor; readonly tag: string },
  options: CopyOptions,
): Promise<void> {
  const there = await to.resolve({ tag });
  const [theirs, ours] = await Promise.all([layersOf(to, there), layersOf(from, descriptor)]);
  const missing = ours.filter((layer) => !theirs.some((other) => isSame(layer, other)));
  if (ours.length > 0 && missing.length === 0) return;
  await copyImage(from, to, descriptor, options);
  const keepsTheirs = theirs.every((layer) => ours.some((other) => isSame(layer, other)));
  if (keepsTheirs || tag.endsWith('.sbom')) await to.tag(descriptor, tag);
  else for (const layer of missing) await addLegacyLayer(to, tag, layer);
}

async function layersOf(repository: ReadableRepository, descriptor: Descriptor | undefined): Promise<readonly Descriptor[]> {
  if (descriptor === undefined || !isManifestType(descriptor.mediaType)) return [];
  return parseManifest(await repository.fetch(descriptor), descriptor.digest).layers;
}

/** A signature is in the annotations of its layer. */
function isSame(one: Descriptor, other: Descriptor): boolean {
  return one.digest === other.digest && JSON.stringify(one.annotations) === JSON.stringify(other.annotations);
}
