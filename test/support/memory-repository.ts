import { ImageError } from '../../runtime/base/errors.ts';
import { type Descriptor, describe, verifyContent } from '../../runtime/oci/descriptor.ts';
import type { Digest } from '../../runtime/oci/digest.ts';
import { parseManifest } from '../../runtime/oci/manifest.ts';
import { isManifestType } from '../../runtime/oci/media-types.ts';
import type { ContentSource, Repository, Version } from '../../runtime/oci/repository.ts';

/** A repository in memory. What it holds is open, so that a test can damage it. */
export class MemoryRepository implements Repository {
  readonly name: string;
  readonly blobs = new Map<Digest, { descriptor: Descriptor; bytes: Uint8Array }>();
  readonly names = new Map<string, Descriptor>();

  constructor(name = 'registry.example/org/gadget') {
    this.name = name;
  }

  async resolve({ tag, digest }: Version): Promise<Descriptor | undefined> {
    if (digest === undefined) return tag === undefined ? undefined : this.names.get(tag);
    return this.blobs.get(digest)?.descriptor;
  }

  async exists({ digest }: Descriptor): Promise<boolean> {
    return this.blobs.has(digest);
  }

  async fetch(descriptor: Descriptor): Promise<Uint8Array> {
    const bytes = this.blobs.get(descriptor.digest)?.bytes;
    if (bytes === undefined) throw new ImageError('IMAGE_NOT_FOUND', `${this.name}@${descriptor.digest} is not there`);
    verifyContent(descriptor, bytes);
    return bytes;
  }

  async *read(descriptor: Descriptor, fromByte = 0): AsyncIterable<Uint8Array> {
    yield (await this.fetch(descriptor)).subarray(fromByte);
  }

  async tags(): Promise<readonly string[]> {
    return [...this.names.keys()];
  }

  async referrers(subject: Digest): Promise<readonly Descriptor[]> {
    const manifests = [...this.blobs.values()].filter(({ descriptor }) => isManifestType(descriptor.mediaType));
    return manifests.filter(({ bytes }) => parseManifest(bytes).subject?.digest === subject).map(({ descriptor }) => descriptor);
  }

  async push(descriptor: Descriptor, bytes: Uint8Array): Promise<void> {
    verifyContent(descriptor, bytes);
    this.blobs.set(descriptor.digest, { descriptor, bytes });
  }

  async write(descriptor: Descriptor, source: ContentSource): Promise<void> {
    const pieces: Uint8Array[] = [];
    for await (const piece of source(0)) pieces.push(piece);
    await this.push(descriptor, Buffer.concat(pieces));
  }

  async tag(descriptor: Descriptor, tag: string): Promise<void> {
    await this.fetch(descriptor);
    this.names.set(tag, descriptor);
  }

  /** Pushes a JSON document and returns its descriptor. */
  async pushJson(mediaType: string, value: unknown): Promise<Descriptor> {
    const bytes = Buffer.from(JSON.stringify(value));
    const descriptor = describe(mediaType, bytes);
    await this.push(descriptor, bytes);
    return descriptor;
  }
}
