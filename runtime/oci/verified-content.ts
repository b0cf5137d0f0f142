import { createHash } from 'node:crypto';
import type { Descriptor } from './descriptor.ts';
import { invalid } from './json-document.ts';

/**
 * Passes content on and checks it on the way: more bytes than the descriptor says end it at once, and after the last piece it throws
 * IMAGE_INVALID when size or digest differ. So a reader that comes to the end has had the right content.
 */
export async function* verifiedContent(descriptor: Descriptor, pieces: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const piece of pieces) {
    size += piece.length;
    if (size > descriptor.size) throw invalid(descriptor.digest, `has more than the ${descriptor.size} bytes it should have`);
    hash.update(piece);
    yield piece;
  }
  if (size < descriptor.size) throw invalid(descriptor.digest, `has ${size} bytes instead of ${descriptor.size}`);
  const actual = `sha256:${hash.digest('hex')}`;
  if (actual !== descriptor.digest) throw invalid(descriptor.digest, `its content has the digest ${actual}`);
}
