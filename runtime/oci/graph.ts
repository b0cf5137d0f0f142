import type { Descriptor } from './descriptor.ts';
import { invalid } from './json-document.ts';
import { hasSuccessors, maxManifestBytes, successorsOf } from './manifest.ts';

/** An index of indexes of manifests is as deep as images go. */
const maxDepth = 4;
/** The most pieces of content of one image. */
const maxNodes = 20_000;

/**
 * Every piece of content that an image consists of, the root first; each digest once per media type it is named with. `fetch` gives the bytes of manifests and
 * indexes, undefined to go no further there. Throws IMAGE_INVALID when the graph is deeper or larger than an image can be.
 */
export function walkGraph(root: Descriptor, fetch: (descriptor: Descriptor) => Uint8Array | undefined): readonly Descriptor[] {
  const found = new Map<string, Descriptor>();
  const visit = (descriptor: Descriptor, depth: number): void => {
    const key = `${descriptor.mediaType} ${descriptor.digest}`;
    if (found.has(key)) return;
    if (depth > maxDepth) throw invalid(root.digest, `nests manifests more than ${maxDepth} deep`);
    if (found.size >= maxNodes) throw invalid(root.digest, `has more than ${maxNodes} pieces of content`);
    found.set(key, descriptor);
    if (!hasSuccessors(descriptor)) return;
    if (descriptor.size > maxManifestBytes) throw invalid(descriptor.digest, `is a manifest of more than ${maxManifestBytes} bytes`);
    const bytes = fetch(descriptor);
    if (bytes === undefined) return;
    for (const successor of successorsOf(descriptor, bytes)) visit(successor, depth + 1);
  };
  visit(root, 0);
  return [...found.values()];
}
