import type { Descriptor } from '../descriptor.ts';
import type { Digest } from '../digest.ts';
import type { ReadableRepository, Version } from '../repository.ts';
import type { ArchiveEntry } from './archive-index.ts';
import type { Archive } from './open-archive.ts';

/** What an archive has of one repository. */
export class ArchiveRepository implements ReadableRepository {
  readonly name: string;
  readonly #archive: Archive;

  constructor(archive: Archive, name: string) {
    this.#archive = archive;
    this.name = name;
  }

  async resolve({ tag, digest }: Version): Promise<Descriptor | undefined> {
    const isMeant = (entry: ArchiveEntry) => (digest === undefined ? this.#tagOf(entry) === tag : entry.descriptor.digest === digest);
    return this.#archive.entries.find(isMeant)?.descriptor;
  }

  async exists(descriptor: Descriptor): Promise<boolean> {
    return this.#archive.exists(descriptor);
  }

  fetch(descriptor: Descriptor): Promise<Uint8Array> {
    return this.#archive.fetch(descriptor);
  }

  read(descriptor: Descriptor, fromByte?: number): AsyncIterable<Uint8Array> {
    return this.#archive.read(descriptor, fromByte);
  }

  async tags(): Promise<readonly string[]> {
    return this.#archive.entries.map((entry) => this.#tagOf(entry)).filter((tag) => tag !== undefined);
  }

  async referrers(subject: Digest): Promise<readonly Descriptor[]> {
    const referrers = this.#archive.entries.filter((entry) => entry.subject === subject && this.#tagOf(entry) === undefined);
    return referrers.map(({ descriptor }) => descriptor);
  }

  /** Of a name that is full, when it is of this repository; a name that is a tag only is of every repository. */
  #tagOf({ name }: ArchiveEntry): string | undefined {
    if (name === undefined || isTagOnly(name)) return name;
    const colon = name.lastIndexOf(':');
    return name.slice(0, colon) === this.name && !name.includes('@') ? name.slice(colon + 1) : undefined;
  }
}

/** Whether an entry's name leaves the repository open, as oras and skopeo write it. */
export function isTagOnly(name: string): boolean {
  return !/[/:@]/.test(name);
}
