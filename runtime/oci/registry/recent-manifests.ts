import type { Digest } from '../digest.ts';

const maxManifests = 16;
const maxBytes = 1024 * 1024;

/** The last manifests that were pushed: a tag is put on one of them as a rule, and sends its bytes again. */
export class RecentManifests {
  readonly #bytes = new Map<Digest, Uint8Array>();

  keep(digest: Digest, bytes: Uint8Array): void {
    if (bytes.length > maxBytes) return;
    this.#bytes.delete(digest);
    this.#bytes.set(digest, bytes);
    if (this.#bytes.size > maxManifests) this.#bytes.delete(this.#bytes.keys().next().value!);
  }

  get(digest: Digest): Uint8Array | undefined {
    return this.#bytes.get(digest);
  }
}
