import type { Descriptor } from './descriptor.ts';
import { invalid } from './json-document.ts';
import { hasSuccessors, maxManifestBytes, successorsOf } from './manifest.ts';

/** An index of indexes of manifests is as deep as images go. */
export const maxDepth = 4;
/** The most pieces of content of one image. */
export const maxNodes = 20_000;

/** Gives the bytes of a manifest or index; undefined to go no further there. */
export type FetchManifest = (descriptor: Descriptor) => Promise<Uint8Array | undefined>;

/**
 * Every piece of content that an image consists of, the root first; each digest once per media type it is named with. Throws IMAGE_INVALID when the graph is deeper or larger than an image can be.
 */
export async function walkGraph(root: Descriptor, fetch: FetchManifest): Promise<readonly Descriptor[]> {
  const found = new Map<string, Descriptor>();
  const visit = async (descriptor: Descriptor, depth: number): Promise<void> => {
    const key = `${descriptor.mediaType} ${descriptor.digest}`;
    if (found.has(key)) return;
    if (depth > maxDepth) throw invalid(root.digest, `nests manifests more than ${maxDepth} deep`);
    if (found.size >= maxNodes) throw invalid(root.digest, `has more than ${maxNodes} pieces of content`);
    found.set(key, descriptor);
    if (!hasSuccessors(descriptor)) return;
    if (descriptor.size > maxManifestBytes) throw invalid(descriptor.digest, `is a manifest of more than ${maxManifestBytes} bytes`);
    const bytes = await fetch(descriptor);
    if (bytes === undefined) return;
    for (const successor of successorsOf(descriptor, bytes)) await visit(successor, depth + 1);
  };
  await visit(root, 0);
  return [...found.values()];
}
