import type { IteratorStream as NativeIterator, Link as NativeLink } from '../../native/index.d.ts';
import { guarded, operationFailed } from './failure.ts';
import type { IteratorStream, Link } from './types.ts';

/** One read of a BPF iterator; the kernel fills 8 pages at most at a time. */
const chunkBytes = 64 * 1024;

/** An attached program, over the addon. */
export class KernelLink implements Link {
  readonly #native: NativeLink;

  constructor(link: NativeLink) {
    this.#native = link;
  }

  openIterator(): IteratorStream {
    return new KernelIteratorStream(guarded(() => this.#native.openIterator(), operationFailed));
  }

  close(): void {
    this.#native.close();
  }
}

class KernelIteratorStream implements IteratorStream {
  readonly #native: NativeIterator;
  readonly #chunk = new Uint8Array(chunkBytes);

  constructor(iterator: NativeIterator) {
    this.#native = iterator;
  }

  read(): Uint8Array | undefined {
    const length = guarded(() => this.#native.read(this.#chunk), operationFailed);
    return length === 0 ? undefined : this.#chunk.subarray(0, length);
  }

  close(): void {
    this.#native.close();
  }
}
