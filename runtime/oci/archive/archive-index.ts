import type { Descriptor } from '../descriptor.ts';
import type { Digest } from '../digest.ts';
import type { ArchivedFile } from './archive-source.ts';

/** Something that an archive names, or that is in its index without a name. */
export interface ArchiveEntry {
  /** As written: a full reference, a tag only, or nothing. */
  readonly name: string | undefined;
  readonly descriptor: Descriptor;
  /** What a referrer is about. */
  readonly subject: Digest | undefined;
}

/** Where content comes from: a file of the archive, or bytes that were made of it. */
export type ArchiveContent = ArchivedFile | Uint8Array;

/** What an archive was found to be. */
export interface ArchiveIndex {
  readonly entries: ReadonlyArray<Omit<ArchiveEntry, 'subject'>>;
  readonly content: ReadonlyMap<Digest, ArchiveContent>;
}
