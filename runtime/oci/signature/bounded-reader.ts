import type { Descriptor } from '../descriptor.ts';
import { type Digest, shortDigest } from '../digest.ts';
import { invalid } from '../json-document.ts';
import type { ReadableRepository } from '../repository.ts';

/** The most pieces and bytes that are read beside one image: what is there, others may have put there. */
const maxPieces = 512;
const maxTotalBytes = 32 * 1024 * 1024;

/** Reads what is beside an image, each content once, and ends before it becomes much. */
export class BoundedReader {
  readonly #repository: ReadableRepository;
  readonly #contents = new Map<Digest, Promise<Uint8Array>>();
  #pieces = 0;
  #bytes = 0;

  constructor(repository: ReadableRepository) {
    this.#repository = repository;
  }

  /** Content of at most `maxBytes`. Throws IMAGE_INVALID for more, or when all together is too much; and what the repository throws. */
  async fetch(descriptor: Descriptor, maxBytes: number): Promise<Uint8Array> {
    const { digest, size } = descriptor;
    if (size > maxBytes) throw invalid(shortDigest(digest), `has ${size} bytes, more than the ${maxBytes} allowed`);
    if (++this.#pieces > maxPieces) throw invalid(shortDigest(digest), `comes after ${maxPieces} other pieces of signatures`);
    const known = this.#contents.get(digest);
    // Another size would be refused, were it fetched.
    if (known !== undefined && (await known).length === size) return known;
    if (this.#bytes + size > maxTotalBytes) throw invalid(shortDigest(digest), `comes after ${maxTotalBytes} bytes of other signatures`);
    this.#bytes += size;
    const content = this.#repository.fetch(descriptor);
    this.#contents.set(digest, content);
    return await content;
  }
}
