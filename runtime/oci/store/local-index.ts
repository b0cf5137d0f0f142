import { ImageError } from '../../base/errors.ts';
import { subjectOfTag } from '../attachments.ts';
import type { TaggedImage, TagOptions } from '../content-store.ts';
import type { Descriptor } from '../descriptor.ts';
import { parseDescriptor } from '../descriptor.ts';
import type { Digest } from '../digest.ts';
import { isDigest } from '../digest.ts';
import type { ImageReference } from '../image-reference.ts';
import { splitStoredName } from '../image-summary.ts';
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
  /** Some of its platforms are not in the store. */
  readonly sparse: boolean;
  /** What a signature or another referrer is about. */
  readonly subject: Digest | undefined;
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
    throw new ImageError('STORE_CORRUPT', `the image store's index cannot be read: ${cause.message}`, {
      cause,
      context: { path },
      hint: 'move the file away: the store is empty then, and images have to be built or pulled again',
    });
  }
}

function parseEntry(value: unknown, subject: string): IndexEntry {
  const descriptor = parseDescriptor(value, subject);
  return { ...localMarks(descriptor), json: expectObject(value, subject) };
}

/** What index.json says of an entry in annotations of its own, apart from those of the content. */
function localMarks({ annotations = {}, ...descriptor }: Descriptor): Omit<IndexEntry, 'json'> {
  const {
    [annotationKeys.refName]: name,
    [annotationKeys.builtHere]: builtHere,
    [annotationKeys.sparse]: sparse,
    [annotationKeys.subject]: subject,
    ...others
  } = annotations;
  return {
    name,
    descriptor: { ...descriptor, annotations: others },
    builtHere: builtHere === 'true',
    sparse: sparse === 'true',
    subject: isDigest(subject) ? subject : undefined,
  };
}

/** The bytes of index.json. */
export function encodeLocalIndex(index: LocalIndex): string {
  return JSON.stringify({ ...index.json, manifests: index.entries.map((entry) => entry.json) });
}

/** A name to be put into the index. */
export interface NewEntry {
  readonly name: string;
  readonly descriptor: Descriptor;
  readonly builtHere?: boolean;
  readonly sparse?: boolean;
  readonly subject?: Digest;
}

/** Makes a name stand for a descriptor. The mark "built here" stays when name and content stay the same. */
export function withEntry(index: LocalIndex, { name, ...given }: NewEntry): LocalIndex {
  // The local annotations are ours to give: what the descriptor brings of them is not believed.
  const { descriptor } = localMarks(given.descriptor);
  const known = index.entries.find((entry) => entry.name === name && entry.descriptor.digest === descriptor.digest);
  const builtHere = given.builtHere === true || known?.builtHere === true;
  const { sparse = false, subject } = given;
  const annotations = {
    ...descriptor.annotations,
    [annotationKeys.refName]: name,
    ...(builtHere ? { [annotationKeys.builtHere]: 'true' } : {}),
    ...(sparse ? { [annotationKeys.sparse]: 'true' } : {}),
    ...(subject === undefined ? {} : { [annotationKeys.subject]: subject }),
  };
  const entry: IndexEntry = { name, descriptor, builtHere, sparse, subject, json: { ...descriptor, annotations } };
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

/** The entry that makes the reference name this content. Throws IMAGE_REFERENCE_INVALID when it has another digest. */
export function namedEntry(reference: ImageReference, descriptor: Descriptor, options: TagOptions = {}): NewEntry {
  if (reference.digest !== undefined && reference.digest !== descriptor.digest) {
    throw new ImageError('IMAGE_REFERENCE_INVALID', `${reference} cannot name content with the digest ${descriptor.digest}`);
  }
  return { name: storedName(reference), descriptor, ...options };
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

/** The index without what is attached to content that no entry of the same repository names any more. */
export function withoutOrphans(index: LocalIndex): LocalIndex {
  const named = new Set(index.entries.map((entry) => `${repositoryOf(entry.name)}@${entry.descriptor.digest}`));
  const entries = index.entries.filter((entry) => {
    const subject = attachedTo(entry);
    return subject === undefined || named.has(`${repositoryOf(entry.name)}@${subject}`);
  });
  // What was attached to an orphan is one now.
  return entries.length === index.entries.length ? index : withoutOrphans({ ...index, entries });
}

/** `registry/repository` of an entry's name. */
export function repositoryOf(name: string | undefined): string {
  return name === undefined ? '' : splitStoredName(name).repository;
}

/** The digest of the image that a signature, attestation or SBOM is about; undefined for an image. */
export function attachedTo({ name, subject }: IndexEntry): Digest | undefined {
  return subject ?? subjectOfTag(name?.slice(name.lastIndexOf(':') + 1) ?? '');
}

function isOfRepository(name: string | undefined, repository: string): boolean {
  if (name === undefined || !name.startsWith(repository)) return false;
  const separator = name[repository.length];
  return (separator === ':' || separator === '@') && !name.includes('/', repository.length);
}

export function taggedImage({ descriptor, builtHere, sparse }: IndexEntry, name: string): TaggedImage {
  return { name, descriptor, builtHere, sparse };
}

/** The named images, by name; what is attached to an image is not one. */
export function taggedImages(index: LocalIndex): readonly TaggedImage[] {
  const images = index.entries.filter((entry) => attachedTo(entry) === undefined);
  const named = images.flatMap((entry) => (entry.name === undefined ? [] : [taggedImage(entry, entry.name)]));
  return named.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}
