import { createHash } from 'node:crypto';
import { type Descriptor, describe } from '../descriptor.ts';
import type { Digest } from '../digest.ts';
import { expectList, expectObject, expectString } from '../json-document.ts';
import { maxManifestBytes, maxManifestItems } from '../manifest.ts';
import { mediaTypes } from '../media-types.ts';
import type { ArchiveContent, ArchiveIndex } from './archive-index.ts';
import { type ArchivedFile, type ArchiveSource, invalidArchive } from './archive-source.ts';

/** The most images in one archive. */
const maxImages = 1000;

type Files = ReadonlyMap<string, ArchivedFile>;

/**
 * The images in an archive of `docker save`: manifest.json names config and layers of each, and a manifest is made of them. Files that it
 * does not name are not looked at (skopeo writes links among them). Throws ARCHIVE_INVALID and IMAGE_INVALID.
 */
export async function readDockerArchive(source: ArchiveSource, files: Files): Promise<ArchiveIndex> {
  const subject = `${source.path}: manifest.json`;
  const bytes = await source.readAll(files.get('manifest.json')!, 'manifest.json', maxManifestBytes);
  const content = new Map<Digest, ArchiveContent>();
  const entries: Array<ArchiveIndex['entries'][number]> = [];
  for (const [at, item] of expectList(parseJson(source.path, bytes), subject, maxImages).entries()) {
    const image = expectObject(item, `${subject}[${at}]`);
    const descriptor = await addImage(source, files, image, content);
    const names = expectList(image['RepoTags'] ?? [], `${subject}[${at}].RepoTags`, maxManifestItems);
    for (const name of names.length === 0 ? [undefined] : names) {
      entries.push({ name: name === undefined ? undefined : expectString(name, `${subject}[${at}].RepoTags`), descriptor });
    }
  }
  return { entries, content };
}

async function addImage(
  source: ArchiveSource,
  files: Files,
  image: Readonly<Record<string, unknown>>,
  content: Map<Digest, ArchiveContent>,
): Promise<Descriptor> {
  const add = async (value: unknown, mediaType: string): Promise<Descriptor> => {
    const name = expectString(value, `${source.path}: manifest.json: file name`);
    const entry = files.get(name);
    if (entry?.type !== 'file') throw invalidArchive(source.path, `has no file ${JSON.stringify(name)}, which its manifest.json names`);
    const digest = await digestOfEntry(source, entry);
    content.set(digest, entry);
    return { mediaType, digest, size: entry.size };
  };
  const config = await add(image['Config'], mediaTypes.imageConfig);
  const layers: Descriptor[] = [];
  for (const layer of expectList(image['Layers'], `${source.path}: manifest.json: Layers`, maxManifestItems)) {
    layers.push(await add(layer, mediaTypes.imageLayer));
  }
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.manifest, config, layers }));
  const manifest = describe(mediaTypes.manifest, bytes);
  content.set(manifest.digest, bytes);
  return manifest;
}

async function digestOfEntry(source: ArchiveSource, entry: ArchivedFile): Promise<Digest> {
  const hash = createHash('sha256');
  for await (const piece of source.pieces(entry)) hash.update(piece);
  return `sha256:${hash.digest('hex')}`;
}

function parseJson(path: string, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw invalidArchive(path, 'has a manifest.json that is not JSON in UTF-8', { cause });
  }
}
