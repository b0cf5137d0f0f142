import { ImageError } from '../../base/errors.ts';
import { subjectOfTag } from '../attachments.ts';
import type { Descriptor } from '../descriptor.ts';
import { verifyContent } from '../descriptor.ts';
import type { Digest } from '../digest.ts';
import { hasSuccessors } from '../manifest.ts';
import type { ContentSource, Repository, TransferOptions, Version } from '../repository.ts';
import { maxContentBytes } from '../store/blob-reader.ts';
import { hasBlob } from './blobs.ts';
import { deleteContent, deleteTag } from './delete.ts';
import { download } from './download.ts';
import type { Endpoint } from './endpoint.ts';
import { getManifest, putManifest, resolveManifest } from './manifests.ts';
import { firstAnswer, firstFinding } from './places.ts';
import { RecentManifests } from './recent-manifests.ts';
import type { ReferrersOptions } from './referrers.ts';
import { listReferrers } from './referrers.ts';
import { referrerDescriptor, subjectOf } from './referrers-tag.ts';
import { adding, updateReferrersTag } from './referrers-update.ts';
import { contentMismatch, notFound, RegistryError } from './registry-error.ts';
import { repositoryPath } from './registry-host.ts';
import { listTags } from './tags.ts';
import { upload } from './upload.ts';
import type { Started } from './upload-session.ts';
import { UploadSession } from './upload-session.ts';
import { sourceOf } from './upload-source.ts';

/** Uploads that a refused mount has begun are used when they are no older than this, in milliseconds. */
const sessionLifeMs = 60_000;

/** Where a repository is: mirrors to read from, in order, and the registry itself. */
export interface RepositoryPlaces {
  readonly name: string;
  readonly mirrors: readonly Endpoint[];
  readonly registry: Endpoint;
  readonly signal?: AbortSignal | undefined;
}

/** Whoever may not read the other repository, or asks a registry that knows no mounting, has to upload. */
function notMounted(error: unknown): Started {
  if (error instanceof RegistryError && error.status !== undefined && !error.transient) return { mounted: false, session: undefined };
  throw error;
}

/** One repository of a registry. What is read comes from mirrors first; what is written goes to the registry itself. */
export class RegistryRepository implements Repository {
  readonly name: string;
  readonly #registry: Endpoint;
  readonly #places: readonly Endpoint[];
  readonly #signal: AbortSignal | undefined;
  #isOutOfReach = false;
  readonly #recent = new RecentManifests();
  readonly #sessions = new Map<Digest, { readonly session: UploadSession; readonly begunMs: number }>();

  constructor({ name, mirrors, registry, signal }: RepositoryPlaces) {
    this.name = name;
    this.#registry = registry;
    this.#places = [...mirrors, registry];
    this.#signal = signal;
  }

  async resolve(version: Version): Promise<Descriptor | undefined> {
    const name = version.digest ?? version.tag ?? 'latest';
    const find = (place: Endpoint) => resolveManifest(place, name, this.#signal);
    return subjectOfTag(name) === undefined ? firstFinding(this.#places, find) : this.#findAttached(find);
  }

  /** As `Repository.exists`, of the registry itself: a mirror says nothing about where things are written. */
  async exists(descriptor: Descriptor): Promise<boolean> {
    if (!hasSuccessors(descriptor)) return hasBlob(this.#registry, descriptor, this.#signal);
    return (await resolveManifest(this.#registry, descriptor.digest, this.#signal)) !== undefined;
  }

  async fetch(descriptor: Descriptor): Promise<Uint8Array> {
    if (descriptor.size > maxContentBytes) {
      throw new ImageError(
        'IMAGE_INVALID',
        `${this.name}@${descriptor.digest}: ${descriptor.size} bytes are more than the ${maxContentBytes} that are read into memory`,
      );
    }
    return hasSuccessors(descriptor) ? this.#fetchManifest(descriptor) : this.#fetchBlob(descriptor);
  }

  read(descriptor: Descriptor, fromByte = 0, options: TransferOptions = {}): AsyncIterable<Uint8Array> {
    return download(this.#places, descriptor, { ...this.#with(options), fromByte });
  }

  /** All tags, of the first place that knows the repository; none when no place does. */
  async tags(): Promise<readonly string[]> {
    return (await firstFinding(this.#places, (place) => listTags(place, this.#signal))) ?? [];
  }

  /** As `ReadableRepository.referrers`; of one type only when it is named. */
  async referrers(subject: Digest, options: ReferrersOptions = {}): Promise<readonly Descriptor[]> {
    const asked = { ...(this.#signal === undefined ? {} : { signal: this.#signal }), ...options };
    const list = async (place: Endpoint): Promise<readonly Descriptor[] | undefined> => {
      const found = await listReferrers(place, subject, asked);
      return found.length === 0 ? undefined : found;
    };
    return (await this.#findAttached(list)) ?? [];
  }

  async push(descriptor: Descriptor, bytes: Uint8Array): Promise<void> {
    verifyContent(descriptor, bytes);
    if (!hasSuccessors(descriptor)) return this.write(descriptor, sourceOf(bytes));
    const manifest = { mediaType: descriptor.mediaType, digest: descriptor.digest, bytes };
    const { listsSubject } = await putManifest(this.#registry, manifest, { version: descriptor.digest, signal: this.#signal });
    this.#recent.keep(descriptor.digest, bytes);
    const subject = subjectOf(descriptor, bytes);
    if (subject === undefined || listsSubject) return;
    await updateReferrersTag(this.#registry, subject.digest, adding(referrerDescriptor(descriptor, bytes)), this.#signal);
  }

  async write(descriptor: Descriptor, source: ContentSource, options: TransferOptions = {}): Promise<void> {
    const begun = this.#sessions.get(descriptor.digest);
    this.#sessions.delete(descriptor.digest);
    const session = begun !== undefined && performance.now() - begun.begunMs < sessionLifeMs ? begun.session : undefined;
    await upload(this.#registry, descriptor, source, { ...this.#with(options), session });
  }

  async tag(descriptor: Descriptor, tag: string): Promise<void> {
    const bytes = this.#recent.get(descriptor.digest) ?? (await this.#fetchFromRegistry(descriptor));
    await putManifest(
      this.#registry,
      { mediaType: descriptor.mediaType, digest: descriptor.digest, bytes },
      { version: tag, signal: this.#signal },
    );
  }

  /** As `Repository.mount`; false at once when the other repository is of another registry. */
  async mount(descriptor: Descriptor, from: string): Promise<boolean> {
    const registry = this.name.slice(0, this.name.indexOf('/'));
    if (!from.startsWith(`${registry}/`)) return false;
    const path = repositoryPath(registry, from.slice(registry.length + 1));
    const { mounted, session } = await UploadSession.mount(this.#registry, descriptor, path).catch(notMounted);
    if (session !== undefined) this.#sessions.set(descriptor.digest, { session, begunMs: performance.now() });
    return mounted;
  }

  /** Deletes a manifest or a blob, or only a tag. Throws IMAGE_NOT_FOUND, or REGISTRY_ERROR of a registry that does not delete. */
  async delete(what: Descriptor | string): Promise<void> {
    if (typeof what === 'string') await deleteTag(this.#registry, what, this.#signal);
    else await deleteContent(this.#registry, what, this.#signal);
  }

  /** What is attached to an image is what a mirror says when the registry itself is out of reach; then it is not asked again. */
  async #findAttached<T>(look: (place: Endpoint) => Promise<T | undefined>): Promise<T | undefined> {
    let hasAnswer = false;
    const watched = async (place: Endpoint): Promise<T | undefined> => {
      const found = await look(place);
      hasAnswer = true;
      return found;
    };
    try {
      return await firstFinding(this.#isOutOfReach ? this.#places.slice(0, -1) : this.#places, watched);
    } catch (error) {
      if (!hasAnswer || !(error instanceof RegistryError) || error.code !== 'REGISTRY_UNREACHABLE') throw error;
      this.#isOutOfReach = true;
      return undefined;
    }
  }

  async #fetchManifest(descriptor: Descriptor): Promise<Uint8Array> {
    const known = this.#recent.get(descriptor.digest);
    const found = known ?? (await firstFinding(this.#places, (place) => getManifest(place, descriptor.digest, this.#signal)))?.bytes;
    return this.#checked(descriptor, found);
  }

  async #fetchFromRegistry(descriptor: Descriptor): Promise<Uint8Array> {
    return this.#checked(descriptor, (await getManifest(this.#registry, descriptor.digest, this.#signal))?.bytes);
  }

  /** `getManifest` has seen to the digest. */
  #checked(descriptor: Descriptor, bytes: Uint8Array | undefined): Uint8Array {
    if (bytes === undefined) throw notFound(this.name, descriptor.digest);
    if (bytes.length !== descriptor.size)
      throw contentMismatch(this.name, descriptor.digest, `it has ${bytes.length} bytes instead of ${descriptor.size}`);
    return bytes;
  }

  async #fetchBlob(descriptor: Descriptor): Promise<Uint8Array> {
    return firstAnswer(this.#places, async (place) => {
      const pieces: Uint8Array[] = [];
      for await (const piece of download([place], descriptor, this.#with({}))) pieces.push(piece);
      return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces, descriptor.size);
    });
  }

  #with(options: TransferOptions): TransferOptions {
    const signal =
      options.signal !== undefined && this.#signal !== undefined
        ? AbortSignal.any([options.signal, this.#signal])
        : (options.signal ?? this.#signal);
    return { ...options, ...(signal === undefined ? {} : { signal }) };
  }
}
