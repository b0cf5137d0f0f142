import type { Descriptor } from './descriptor.ts';
import type { Digest } from './digest.ts';

/** How content travels: who may stop it, and who watches. */
export interface TransferOptions {
  readonly signal?: AbortSignal;
  /** Told of bytes as they pass; negative when bytes have to be sent again. */
  readonly onBytes?: (bytes: number) => void;
}

/**
 * Content that can be read more than once, from any byte on, so that an interrupted transfer can go on or start again. Its bytes are verified
 * by whoever made it: reading ends in an error when they are not what their descriptor says.
 */
export type ContentSource = (fromByte: number) => AsyncIterable<Uint8Array>;

/** What a name in a repository can be looked up by. A digest says more than a tag. */
export interface Version {
  readonly tag?: string;
  readonly digest?: Digest;
}

/** One repository of a store, to be read: of a registry, of the local store, of an archive. The model of oras-go's `ReadOnlyTarget`. */
export interface ReadableRepository {
  /** `registry/repository`, for messages. */
  readonly name: string;
  /** The descriptor of what the version names, or undefined when there is no such thing. */
  resolve(version: Version): Promise<Descriptor | undefined>;
  exists(descriptor: Descriptor): Promise<boolean>;
  /** Content that is small enough for memory, such as a manifest: verified. Throws IMAGE_NOT_FOUND. */
  fetch(descriptor: Descriptor): Promise<Uint8Array>;
  /** Content in pieces from `fromByte` on; when read from byte 0, size and digest are verified as it flows. Throws IMAGE_NOT_FOUND. */
  read(descriptor: Descriptor, fromByte?: number, options?: TransferOptions): AsyncIterable<Uint8Array>;
  tags(): Promise<readonly string[]>;
  /** Manifests whose `subject` is this digest: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers */
  referrers(subject: Digest): Promise<readonly Descriptor[]>;
}

/** One repository of a store, to be read and written. Content goes first and names last, so that a name always has all its content. */
export interface Repository extends ReadableRepository {
  /** Stores content that is small enough for memory; of a manifest these very bytes. Throws IMAGE_INVALID when they are not what the descriptor says. */
  push(descriptor: Descriptor, bytes: Uint8Array): Promise<void>;
  /** Stores content of any size. */
  write(descriptor: Descriptor, source: ContentSource, options?: TransferOptions): Promise<void>;
  /** Makes the tag name this manifest, which must be there. */
  tag(descriptor: Descriptor, tag: string): Promise<void>;
  /**
   * Takes content over from another repository (`registry/repository`) without moving bytes. False when it cannot be done, as between two
   * registries; then it has to be written.
   */
  mount?(descriptor: Descriptor, from: string): Promise<boolean>;
}
