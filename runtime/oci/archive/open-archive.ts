import { stat } from 'node:fs/promises';
import { ImageError } from '../../base/errors.ts';
import { subjectOfTag } from '../attachments.ts';
import type { Descriptor } from '../descriptor.ts';
import { verifyContent } from '../descriptor.ts';
import type { Digest } from '../digest.ts';
import { maxManifestBytes, parseManifest } from '../manifest.ts';
import { isManifestType } from '../media-types.ts';
import { verifiedContent } from '../verified-content.ts';
import type { ArchiveContent, ArchiveEntry, ArchiveIndex } from './archive-index.ts';
import { type ArchiveSource, invalidArchive, unreadable } from './archive-source.ts';
import { readDockerArchive } from './docker-archive.ts';
import { readLayout } from './image-layout.ts';
import { LayoutFolder } from './layout-folder.ts';
import { TarArchive } from './tar-archive.ts';

/**
 * An archive of images, read where it lies: an image layout (https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md) in a
 * folder or an uncompressed tar, or what `docker save` writes.
 */
export class Archive {
  readonly entries: readonly ArchiveEntry[];
  readonly #source: ArchiveSource;
  readonly #content: ReadonlyMap<Digest, ArchiveContent>;

  private constructor(source: ArchiveSource, content: ReadonlyMap<Digest, ArchiveContent>, entries: readonly ArchiveEntry[]) {
    this.#source = source;
    this.#content = content;
    this.entries = entries;
  }

  /** Errors, which call it `shown`: ARCHIVE_INVALID, STORE_IO when it cannot be read. Whoever opens it closes it. */
  static async open(path: string, shown = path): Promise<Archive> {
    const source = await openSource(path, shown);
    try {
      const { entries, content } = await readIndex(source);
      const archive = new Archive(source, content, []);
      const withSubjects: ArchiveEntry[] = [];
      for (const entry of entries) withSubjects.push({ ...entry, subject: await archive.#subjectOf(entry) });
      return new Archive(source, content, withSubjects);
    } catch (cause) {
      await source.close();
      throw cause;
    }
  }

  exists(descriptor: Descriptor): boolean {
    return this.#content.has(descriptor.digest);
  }

  /** Throws IMAGE_NOT_FOUND and IMAGE_INVALID. */
  async fetch(descriptor: Descriptor): Promise<Uint8Array> {
    const content = this.#require(descriptor);
    const bytes = content instanceof Uint8Array ? content : await this.#source.readAll(content, descriptor.digest, maxManifestBytes);
    verifyContent(descriptor, bytes);
    return bytes;
  }

  /** Verified when read from byte 0. Throws IMAGE_NOT_FOUND and IMAGE_INVALID. */
  async *read(descriptor: Descriptor, fromByte = 0): AsyncIterable<Uint8Array> {
    const content = this.#require(descriptor);
    if (content instanceof Uint8Array) yield content.subarray(fromByte);
    else if (fromByte > 0) yield* this.#source.pieces(content, fromByte);
    else yield* verifiedContent(descriptor, this.#source.pieces(content));
  }

  close(): Promise<void> {
    return this.#source.close();
  }

  #require({ digest }: Descriptor): ArchiveContent {
    const content = this.#content.get(digest);
    if (content !== undefined) return content;
    throw new ImageError('IMAGE_NOT_FOUND', `${digest} is not in ${this.#source.path}`, { context: { digest, path: this.#source.path } });
  }

  async #subjectOf({ name, descriptor }: Omit<ArchiveEntry, 'subject'>): Promise<Digest | undefined> {
    const byTag = subjectOfTag(name?.slice(name.lastIndexOf(':') + 1) ?? '');
    if (byTag !== undefined || !isManifestType(descriptor.mediaType) || !this.exists(descriptor)) return byTag;
    return parseManifest(await this.fetch(descriptor), descriptor.digest).subject?.digest;
  }
}

async function openSource(path: string, shown: string): Promise<ArchiveSource> {
  const status = await stat(path).catch((cause) => {
    throw unreadable(shown, cause);
  });
  if (status.isDirectory()) return new LayoutFolder(path);
  if (status.isFile()) return await TarArchive.open(path, shown);
  throw invalidArchive(shown, 'is neither a file nor a folder', { hint: '"gadget image import -" reads a pipe' });
}

async function readIndex(source: ArchiveSource): Promise<ArchiveIndex> {
  // Some tools write "./" before every name.
  const files = new Map((await source.files()).map((file) => [file.name.replace(/^(?:\.\/)+/, ''), file] as const));
  if (files.has('oci-layout')) return readLayout(source, files);
  if (source instanceof LayoutFolder) throw invalidArchive(source.path, 'is a folder, and no OCI image layout (it has no "oci-layout")');
  if (files.has('manifest.json')) return readDockerArchive(source, files);
  throw invalidArchive(
    source.path,
    'is neither an OCI image layout (no "oci-layout") nor an archive of `docker save` (no "manifest.json")',
  );
}
