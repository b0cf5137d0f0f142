import type { LocalEntry, LocalImages } from '../content-store.ts';
import type { Descriptor } from '../descriptor.ts';
import type { Digest } from '../digest.ts';
import { walkGraph } from '../graph.ts';
import { splitStoredName } from '../image-summary.ts';
import { parseManifest } from '../manifest.ts';
import { isManifestType } from '../media-types.ts';
import type { ContentSource, ReadableRepository, Repository, TransferOptions, Version } from '../repository.ts';
import type { ImageStore } from './image-store.ts';
import { type NewEntry, repositoryOf } from './local-index.ts';

/** One repository of the local stores, to be read. */
export class ReadableLocalRepository implements ReadableRepository {
  readonly name: string;
  readonly #images: LocalImages;

  constructor(images: LocalImages, name: string) {
    this.#images = images;
    this.name = name;
  }

  async resolve({ tag, digest }: Version): Promise<Descriptor | undefined> {
    const entries = await this.entries();
    return entries.find((entry) => (digest === undefined ? entry.name === `${this.name}:${tag}` : entry.descriptor.digest === digest))
      ?.descriptor;
  }

  /** Of a manifest that misses something it is false, whatever it is that misses. */
  async exists(descriptor: Descriptor): Promise<boolean> {
    if (!(await this.#images.exists(descriptor))) return false;
    const content = await walkGraph(descriptor, async (manifest) =>
      (await this.#images.exists(manifest)) ? await this.#images.fetch(manifest) : undefined,
    );
    const there = await Promise.all(content.map((part) => this.#images.exists(part)));
    return !there.includes(false);
  }

  fetch(descriptor: Descriptor): Promise<Uint8Array> {
    return this.#images.fetch(descriptor);
  }

  read(descriptor: Descriptor, fromByte?: number): AsyncIterable<Uint8Array> {
    return this.#images.read(descriptor, fromByte);
  }

  async tags(): Promise<readonly string[]> {
    const versions = (await this.entries()).map(({ name = '' }) => splitStoredName(name).version);
    return versions.filter((version) => !version.startsWith('sha256:')).sort();
  }

  async referrers(subject: Digest): Promise<readonly Descriptor[]> {
    return (await this.entries()).filter((entry) => entry.subject === subject).map(({ descriptor }) => descriptor);
  }

  protected async entries(): Promise<readonly LocalEntry[]> {
    return (await this.#images.entries()).filter((entry) => repositoryOf(entry.name) === this.name);
  }
}

/**
 * One repository of the local store, to be read and written. Names, those of signatures and other referrers too, are given all at once by
 * `commit`, so that nobody else sees an image without what is attached to it. Whoever writes closes the store.
 */
export class LocalRepository extends ReadableLocalRepository implements Repository {
  readonly #store: ImageStore;
  #names: NewEntry[] = [];

  constructor(store: ImageStore, name: string) {
    super(store, name);
    this.#store = store;
  }

  /** Names that are to be given. */
  get names(): readonly NewEntry[] {
    return this.#names;
  }

  /** What is there stays until the store is closed. Of a referrer it is false until this repository has it, whichever other repository does. */
  override async exists(descriptor: Descriptor): Promise<boolean> {
    await this.#store.keepContent();
    if (!(await super.exists(descriptor))) return false;
    if (!isManifestType(descriptor.mediaType)) return true;
    const { subject } = parseManifest(await this.fetch(descriptor), descriptor.digest);
    return subject === undefined || (await this.entries()).some((entry) => entry.descriptor.digest === descriptor.digest);
  }

  /** With the names that are to be given, as if they were. */
  protected override async entries(): Promise<readonly LocalEntry[]> {
    const given = new Set(this.#names.map(({ name }) => name));
    const known = (await super.entries()).filter(({ name }) => name === undefined || !given.has(name));
    return [...known, ...this.#names.map(({ name, descriptor, subject }) => ({ name, descriptor, subject }))];
  }

  /** A referrer gets its digest for a name, so that it can be found by its subject. */
  async push(descriptor: Descriptor, bytes: Uint8Array): Promise<void> {
    await this.#store.push(descriptor, bytes);
    if (!isManifestType(descriptor.mediaType)) return;
    const { subject, artifactType } = parseManifest(bytes, descriptor.digest);
    if (subject === undefined) return;
    const referrer = artifactType === undefined ? descriptor : { ...descriptor, artifactType };
    this.#names.push({ name: `${this.name}@${descriptor.digest}`, descriptor: referrer, subject: subject.digest });
  }

  async write(descriptor: Descriptor, source: ContentSource, options: TransferOptions = {}): Promise<void> {
    try {
      await this.#store.write(descriptor, watched(source(0), options));
    } catch (error) {
      options.signal?.throwIfAborted();
      throw error;
    }
  }

  async tag(descriptor: Descriptor, tag: string): Promise<void> {
    this.#names.push({ name: `${this.name}:${tag}`, descriptor });
  }

  /** Gives the names of what was pushed and tagged, and those given here. On disk when it returns. */
  async commit(more: readonly NewEntry[] = []): Promise<void> {
    await this.#store.name([...this.#names, ...more]);
    this.#names = [];
  }
}

async function* watched(pieces: AsyncIterable<Uint8Array>, { onBytes, signal }: TransferOptions): AsyncIterable<Uint8Array> {
  for await (const piece of pieces) {
    signal?.throwIfAborted();
    onBytes?.(piece.length);
    yield piece;
  }
}
