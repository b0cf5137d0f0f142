import { ImageError } from '../../base/errors.ts';
import type { TaggedImage } from '../content-store.ts';
import type { Descriptor } from '../descriptor.ts';
import { parseDescriptor } from '../descriptor.ts';
import type { ImageReference } from '../image-reference.ts';
import type { JsonObject } from '../json-document.ts';
import { expectList, expectObject, parseJsonObject } from '../json-document.ts';
import { annotationKeys, mediaTypes } from '../media-types.ts';
import type { StoreLayout } from './layout.ts';
import { readFileBounded } from './read-file.ts';

/** The largest index.json in bytes: room for some hundred thousand names. */
const maxIndexBytes = 64 * 1024 * 1024;
const maxIndexEntries = 500_000;

/** One entry of index.json. Entries without a name keep content alive all the same. */
export interface IndexEntry {
  readonly name: string | undefined;
  readonly descriptor: Descriptor;
  readonly builtHere: boolean;
  /** As written, with members that other tools put there. */
  readonly json: JsonObject;
}

/** The content of index.json: which images the store has, and by which names. */
export interface LocalIndex {
  readonly entries: readonly IndexEntry[];
  readonly json: JsonObject;
}

const emptyIndex: LocalIndex = { entries: [], json: { schemaVersion: 2, mediaType: mediaTypes.index } };

/** Reads index.json; a store without one is empty. Throws STORE_CORRUPT when it is not an index. */
export function readLocalIndex(layout: StoreLayout): LocalIndex {
  const bytes = readFileBounded(layout.indexFile, maxIndexBytes);
  return bytes === undefined ? emptyIndex : parseLocalIndex(bytes, layout.indexFile);
}

export function parseLocalIndex(bytes: Uint8Array, path: string): LocalIndex {
  try {
    const json = parseJsonObject(bytes, path, maxIndexBytes);
    const entries = expectList(json['manifests'], `${path}: manifests`, maxIndexEntries);
    return { entries: entries.map((entry, at) => parseEntry(entry, `${path}: manifests[${at}]`)), json };
  } catch (cause) {
    if (!(cause instanceof ImageError)) throw cause;
    throw new ImageError('STORE_CORRUPT', `the image store's index cannot be read: ${cause.message}`, { cause, context: { path } });
  }
}

function parseEntry(value: unknown, subject: string): IndexEntry {
  const descriptor = parseDescriptor(value, subject);
  const { [annotationKeys.refName]: name, [annotationKeys.builtHere]: builtHere, ...annotations } = descriptor.annotations ?? {};
  return { name, descriptor: { ...descriptor, annotations }, builtHere: builtHere === 'true', json: expectObject(value, subject) };
}

/** The bytes of index.json. */
export function encodeLocalIndex(index: LocalIndex): string {
  return JSON.stringify({ ...index.json, manifests: index.entries.map((entry) => entry.json) });
}

/** Makes `name` stand for the descriptor. The mark "built here" stays when name and content stay the same. */
export function withEntry(index: LocalIndex, name: string, descriptor: Descriptor, options: { readonly builtHere: boolean }): LocalIndex {
  const known = index.entries.find((entry) => entry.name === name);
  const builtHere = options.builtHere || (known?.descriptor.digest === descriptor.digest && known.builtHere);
  // The local annotations are ours to give: what the descriptor brings of them is not believed.
  const { [annotationKeys.refName]: _name, [annotationKeys.builtHere]: _mark, ...annotations } = descriptor.annotations ?? {};
  const json = {
    ...descriptor,
    annotations: { ...annotations, [annotationKeys.refName]: name, ...(builtHere ? { [annotationKeys.builtHere]: 'true' } : {}) },
  };
  const entry: IndexEntry = { name, descriptor: { ...descriptor, annotations }, builtHere, json };
  const others = index.entries.filter(
    (other) => other.name !== name && !(other.name === undefined && other.descriptor.digest === descriptor.digest),
  );
  return { ...index, entries: [...others, entry] };
}

/** The name under which a reference is kept: a digest says more than a tag. */
export function storedName(reference: ImageReference): string {
  const repository = `${reference.registry}/${reference.repository}`;
  return reference.digest === undefined ? `${repository}:${reference.tag}` : `${repository}@${reference.digest}`;
}

/** Entries that the reference means: the one of that tag, or all of that repository with that digest. */
export function entriesOf(index: LocalIndex, reference: ImageReference): readonly IndexEntry[] {
  const { digest } = reference;
  if (digest === undefined) {
    const name = storedName(reference);
    return index.entries.filter((entry) => entry.name === name);
  }
  const repository = `${reference.registry}/${reference.repository}`;
  return index.entries.filter((entry) => entry.descriptor.digest === digest && isOfRepository(entry.name, repository));
}

function isOfRepository(name: string | undefined, repository: string): boolean {
  if (name === undefined || !name.startsWith(repository)) return false;
  const separator = name[repository.length];
  return (separator === ':' || separator === '@') && !name.includes('/', repository.length);
}

/** The named entries, by name. */
export function taggedImages(index: LocalIndex): readonly TaggedImage[] {
  const named = index.entries.flatMap(({ name, descriptor, builtHere }) => (name === undefined ? [] : [{ name, descriptor, builtHere }]));
  return named.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}
