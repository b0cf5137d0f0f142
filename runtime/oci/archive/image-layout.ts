import { parseDescriptor } from '../descriptor.ts';
import { type Digest, digestHex, isDigest } from '../digest.ts';
import { expectList, type JsonObject, parseJsonObject } from '../json-document.ts';
import { annotationKeys } from '../media-types.ts';
import type { ArchiveContent, ArchiveEntry, ArchiveIndex } from './archive-index.ts';
import { type ArchivedFile, type ArchiveSource, invalidArchive } from './archive-source.ts';

/** The largest index.json of an archive, in bytes. */
const maxIndexBytes = 16 * 1024 * 1024;
const maxIndexEntries = 10_000;

/** Folders that a layout may have; in the last oras writes what it has not finished. */
export const layoutFolders: ReadonlySet<string> = new Set(['', 'blobs', 'blobs/sha256', 'ingest']);

/** Files beside the blobs; the last two are written by `docker save`. */
const layoutFiles: ReadonlySet<string> = new Set(['oci-layout', 'index.json', 'manifest.json', 'repositories']);

type Files = ReadonlyMap<string, ArchivedFile>;

/**
 * The images of an image layout (https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md), in a tar or a folder. Throws
 * ARCHIVE_INVALID for what no layout has, and IMAGE_INVALID.
 */
export async function readLayout(source: ArchiveSource, files: Files): Promise<ArchiveIndex> {
  const content = new Map<Digest, ArchiveContent>();
  for (const [name, file] of files) {
    const digest = checkName(source.path, name, file);
    if (digest !== undefined) content.set(digest, file);
  }
  const layout = await readJson(source, files, 'oci-layout', 4096);
  if (layout['imageLayoutVersion'] !== '1.0.0') throw invalidArchive(source.path, 'is not an image layout of version 1.0.0');
  const index = await readJson(source, files, 'index.json', maxIndexBytes);
  const manifests = expectList(index['manifests'], `${source.path}: index.json: manifests`, maxIndexEntries);
  return { entries: manifests.map((manifest, at) => entryOf(manifest, `${source.path}: index.json: manifests[${at}]`)), content };
}

/** The path of a blob in a layout. */
export function blobPath(digest: Digest): string {
  return `blobs/sha256/${digestHex(digest)}`;
}

/** Containerd keeps the full name apart, in an annotation of its own. */
const containerdName = 'io.containerd.image.name';

function entryOf(value: unknown, subject: string): Omit<ArchiveEntry, 'subject'> {
  const descriptor = parseDescriptor(value, subject);
  const { [annotationKeys.refName]: refName, [containerdName]: fullName, ...annotations } = descriptor.annotations ?? {};
  return { name: fullName ?? refName, descriptor: { ...descriptor, annotations } };
}

/** Refuses what a layout cannot have: the digest of a blob, undefined for anything else that may be there. */
function checkName(path: string, name: string, { type }: ArchivedFile): Digest | undefined {
  const shown = JSON.stringify(name);
  if (type === 'directory' && layoutFolders.has(name.replace(/\/$/, ''))) return undefined;
  if (type !== 'file' && type !== 'contiguous-file') throw invalidArchive(path, `has a ${type} ${shown}; an image layout has files only`);
  const digest = `sha256:${name.slice('blobs/sha256/'.length)}`;
  if (name.startsWith('blobs/sha256/') && isDigest(digest)) return digest;
  if (layoutFiles.has(name)) return undefined;
  throw invalidArchive(path, `has a file ${shown}, which no image layout has`);
}

async function readJson(source: ArchiveSource, files: Files, name: string, maxBytes: number): Promise<JsonObject> {
  const file = files.get(name);
  if (file === undefined) throw invalidArchive(source.path, `has no ${name}`);
  return parseJsonObject(await source.readAll(file, name, maxBytes), `${source.path}: ${name}`, maxBytes);
}
