import type { Descriptor } from '../descriptor.ts';
import { invalid } from '../json-document.ts';
import type { ContentSource, TransferOptions } from '../repository.ts';

export interface SourceRange extends TransferOptions {
  readonly from: number;
  /** One past the last byte. */
  readonly end: number;
}

/** The bytes of a part of some content, exactly: a source that has fewer or more than its descriptor says is an error before the last byte goes. */
export async function* sourcePieces(
  source: ContentSource,
  descriptor: Descriptor,
  { from, end, onBytes }: SourceRange,
): AsyncGenerator<Uint8Array> {
  let at = from;
  for await (const piece of source(from)) {
    const wanted = piece.subarray(0, end - at);
    if (end === descriptor.size && piece.length > wanted.length)
      throw invalid(descriptor.digest, `has more than its ${descriptor.size} bytes`);
    at += wanted.length;
    if (wanted.length > 0) yield wanted;
    onBytes?.(wanted.length);
    if (at === end && end < descriptor.size) return;
  }
  if (at < end) throw invalid(descriptor.digest, `has ${at} bytes instead of ${descriptor.size}`);
}

/** Bytes in memory as a source. */
export function sourceOf(bytes: Uint8Array): ContentSource {
  return async function* (fromByte) {
    if (fromByte < bytes.length) yield bytes.subarray(fromByte);
  };
}
