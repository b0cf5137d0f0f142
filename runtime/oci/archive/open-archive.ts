import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { ImageError } from '../../base/errors.ts';
import { subjectOfTag } from '../attachments.ts';
import type { Descriptor } from '../descriptor.ts';
import { parseDescriptor, verifyContent } from '../descriptor.ts';
import { type Digest, digestHex, isDigest } from '../digest.ts';
import { expectList, type JsonObject, parseJsonObject } from '../json-document.ts';
import { maxManifestBytes, parseManifest } from '../manifest.ts';
import { annotationKeys, isManifestType } from '../media-types.ts';
import { verifiedContent } from '../verified-content.ts';
import { readDockerArchive } from './docker-archive.ts';
import { invalidArchive, listTarEntries, type TarEntry } from './tar-entries.ts';

/** The largest index.json of an archive, in bytes. */
const maxIndexBytes = 16 * 1024 * 1024;
const maxIndexEntries = 10_000;
/** Bytes that are read at once. */
const pieceBytes = 256 * 1024;

/** Something that an archive names, or that is in its index without a name. */
export interface ArchiveEntry {
  /** As written: a full reference, a tag only, or nothing. */
  readonly name: string | undefined;
  readonly descriptor: Descriptor;
  /** What a referrer is about. */
  readonly subject: Digest | undefined;
}

/** Where content comes from: a part of the archive, or bytes that were made of it. */
export type ArchiveContent = Pick<TarEntry, 'offset' | 'size'> | Uint8Array;

/** What an archive was found to be. */
export interface ArchiveIndex {
  readonly entries: ReadonlyArray<Omit<ArchiveEntry, 'subject'>>;
  readonly content: ReadonlyMap<Digest, ArchiveContent>;
}

/** Reads content of a tar file that lies at some place in it. */
export class ArchiveFile {
  readonly path: string;
  readonly #file: FileHandle;

  constructor(path: string, file: FileHandle) {
    this.path = path;
    this.#file = file;
  }

  entries(): Promise<readonly TarEntry[]> {
    return listTarEntries(this.#file, this.path);
  }

  /** A file of at most `maxBytes`. Throws ARCHIVE_INVALID. */
  async readAll(entry: Pick<TarEntry, 'offset' | 'size'>, name: string, maxBytes: number): Promise<Uint8Array> {
    if (entry.size > maxBytes) throw invalidArchive(this.path, `has a ${name} of ${entry.size} bytes, more than the ${maxBytes} allowed`);
    const bytes = Buffer.alloc(entry.size);
    const { bytesRead } = await this.#file.read(bytes, 0, entry.size, entry.offset);
    return bytes.subarray(0, bytesRead);
  }

  async *pieces({ offset, size }: Pick<TarEntry, 'offset' | 'size'>, fromByte = 0): AsyncIterable<Uint8Array> {
    for (let at = fromByte; at < size; at += pieceBytes) {
      const length = Math.min(pieceBytes, size - at);
      const { buffer, bytesRead } = await this.#file.read(Buffer.allocUnsafe(length), 0, length, offset + at);
      yield buffer.subarray(0, bytesRead);
    }
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

/**
 * An archive of images, read where it lies: an image layout (https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md) in an
 * uncompressed tar, or what `docker save` writes.
 */
export class Archive {
  readonly entries: readonly ArchiveEntry[];
  readonly #file: ArchiveFile;
  readonly #content: ReadonlyMap<Digest, ArchiveContent>;

  private constructor(file: ArchiveFile, content: ReadonlyMap<Digest, ArchiveContent>, entries: readonly ArchiveEntry[]) {
    this.#file = file;
    this.#content = content;
    this.entries = entries;
  }

  /** Errors: ARCHIVE_INVALID, STORE_IO when the file cannot be read. Whoever opens it closes it. */
  static async open(path: string): Promise<Archive> {
    const handle = await open(path, 'r').catch((cause: NodeJS.ErrnoException) => {
      throw new ImageError('STORE_IO', `cannot read ${path}: ${cause.code}`, { cause, context: { path } });
    });
    const file = new ArchiveFile(path, handle);
    try {
      if ((await handle.stat()).isDirectory()) throw folderInstead(path);
      const { entries, content } = await readIndex(file);
      const archive = new Archive(file, content, []);
      const withSubjects = await Promise.all(entries.map(async (entry) => ({ ...entry, subject: await archive.#subjectOf(entry) })));
      return new Archive(file, content, withSubjects);
    } catch (cause) {
      await file.close();
      throw cause;
    }
  }

  exists(descriptor: Descriptor): boolean {
    return this.#content.has(descriptor.digest);
  }

  /** Throws IMAGE_NOT_FOUND and IMAGE_INVALID. */
  async fetch(descriptor: Descriptor): Promise<Uint8Array> {
    const content = this.#require(descriptor);
    const bytes = content instanceof Uint8Array ? content : await this.#file.readAll(content, descriptor.digest, maxManifestBytes);
    verifyContent(descriptor, bytes);
    return bytes;
  }

  /** Verified when read from byte 0. Throws IMAGE_NOT_FOUND and IMAGE_INVALID. */
  async *read(descriptor: Descriptor, fromByte = 0): AsyncIterable<Uint8Array> {
    const content = this.#require(descriptor);
    if (content instanceof Uint8Array) yield content.subarray(fromByte);
    else if (fromByte > 0) yield* this.#file.pieces(content, fromByte);
    else yield* verifiedContent(descriptor, this.#file.pieces(content));
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  #require({ digest }: Descriptor): ArchiveContent {
    const content = this.#content.get(digest);
    if (content !== undefined) return content;
    throw new ImageError('IMAGE_NOT_FOUND', `${digest} is not in ${this.#file.path}`, { context: { digest, path: this.#file.path } });
  }

  async #subjectOf({ name, descriptor }: Omit<ArchiveEntry, 'subject'>): Promise<Digest | undefined> {
    const byTag = subjectOfTag(name?.slice(name.lastIndexOf(':') + 1) ?? '');
    if (byTag !== undefined || !isManifestType(descriptor.mediaType) || !this.exists(descriptor)) return byTag;
    return parseManifest(await this.fetch(descriptor), descriptor.digest).subject?.digest;
  }
}

async function readIndex(file: ArchiveFile): Promise<ArchiveIndex> {
  // Some tools write "./" before every name.
  const files = new Map((await file.entries()).map((entry) => [entry.name.replace(/^(?:\.\/)+/, ''), entry] as const));
  if (files.has('oci-layout')) return readLayout(file, files);
  if (files.has('manifest.json')) return readDockerArchive(file, files);
  throw invalidArchive(file.path, 'is neither an OCI image layout (no "oci-layout") nor an archive of `docker save` (no "manifest.json")');
}

async function readLayout(file: ArchiveFile, files: ReadonlyMap<string, TarEntry>): Promise<ArchiveIndex> {
  const content = new Map<Digest, ArchiveContent>();
  for (const [name, entry] of files) {
    const digest = checkName(file.path, name, entry);
    if (digest !== undefined) content.set(digest, entry);
  }
  const layout = await readJson(file, files, 'oci-layout', 4096);
  if (layout['imageLayoutVersion'] !== '1.0.0') throw invalidArchive(file.path, 'is not an image layout of version 1.0.0');
  const index = await readJson(file, files, 'index.json', maxIndexBytes);
  const manifests = expectList(index['manifests'], `${file.path}: index.json: manifests`, maxIndexEntries);
  return { entries: manifests.map((manifest, at) => entryOf(manifest, `${file.path}: index.json: manifests[${at}]`)), content };
}

function folderInstead(path: string): ImageError {
  return new ImageError('ARCHIVE_INVALID', `${path} is a folder`, {
    context: { path },
    hint: `an image layout is read from a tar: tar -C ${path} -cf layout.tar .`,
  });
}

/** Containerd keeps the full name apart, in an annotation of its own. */
const containerdName = 'io.containerd.image.name';

function entryOf(value: unknown, subject: string): Omit<ArchiveEntry, 'subject'> {
  const descriptor = parseDescriptor(value, subject);
  const { [annotationKeys.refName]: refName, [containerdName]: fullName, ...annotations } = descriptor.annotations ?? {};
  return { name: fullName ?? refName, descriptor: { ...descriptor, annotations } };
}

/** Refuses what a layout cannot have: the digest of a blob, undefined for anything else that may be there. */
function checkName(path: string, name: string, { type }: TarEntry): Digest | undefined {
  const shown = JSON.stringify(name);
  // oras leaves the empty folder that it writes in.
  if (type === 'directory' && /^(?:|blobs\/?|blobs\/sha256\/?|ingest\/?)$/.test(name)) return undefined;
  if (type !== 'file' && type !== 'contiguous-file') throw invalidArchive(path, `has a ${type} ${shown}; an image layout has files only`);
  const digest = `sha256:${name.slice('blobs/sha256/'.length)}`;
  if (name.startsWith('blobs/sha256/') && isDigest(digest)) return digest;
  // The last two are written beside a layout by `docker save`.
  if (['oci-layout', 'index.json', 'manifest.json', 'repositories'].includes(name)) return undefined;
  throw invalidArchive(path, `has a file ${shown}, which no image layout has`);
}

async function readJson(file: ArchiveFile, files: ReadonlyMap<string, TarEntry>, name: string, maxBytes: number): Promise<JsonObject> {
  const entry = files.get(name);
  if (entry === undefined) throw invalidArchive(file.path, `has no ${name}`);
  return parseJsonObject(await file.readAll(entry, name, maxBytes), `${file.path}: ${name}`, maxBytes);
}

/** The path of a blob in a layout. */
export function blobPath(digest: Digest): string {
  return `blobs/sha256/${digestHex(digest)}`;
}
