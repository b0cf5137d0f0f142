import type { Descriptor } from './descriptor.ts';
import type { Digest } from './digest.ts';
import type { ImageReference } from './image-reference.ts';

/** A place that images can be read from: the local store, a registry, an archive. */
export interface ReadableStore {
  /** The descriptor that the reference names, or undefined when there is no such image. */
  resolve(reference: ImageReference): Promise<Descriptor | undefined>;
  /** The content, its size and digest verified. Throws IMAGE_NOT_FOUND when it is not there. */
  fetch(descriptor: Descriptor): Promise<Uint8Array>;
  exists(descriptor: Descriptor): Promise<boolean>;
  list(): Promise<readonly TaggedImage[]>;
}

/** Images on this machine, which know whether they were built here. */
export interface LocalImages extends ReadableStore {
  /** As `resolve`, with what else the store knows. */
  find(reference: ImageReference): Promise<TaggedImage | undefined>;
  /** The content in pieces from a byte on, verified when that is the first. Throws IMAGE_NOT_FOUND and STORE_CORRUPT. */
  read(descriptor: Descriptor, fromByte?: number): AsyncIterable<Uint8Array>;
  /** All that has a name of its own, signatures and the like included. */
  entries(): Promise<readonly LocalEntry[]>;
}

/** A name in the local store, of an image or of something that is attached to one. */
export interface LocalEntry {
  /** As of `TaggedImage`; undefined when another tool wrote the entry without a name. */
  readonly name: string | undefined;
  readonly descriptor: Descriptor;
  /** What a signature or another referrer is about. */
  readonly subject: Digest | undefined;
}

/** A place that images can be written to as well. Content goes first and names last, so that a name always has all its content. */
export interface ContentStore extends ReadableStore {
  /** Stores content under its digest; nothing happens when it is there already. Throws IMAGE_INVALID when it is not what the descriptor says. */
  push(descriptor: Descriptor, bytes: Uint8Array): Promise<void>;
  /** Makes the reference name this content, which must be complete. */
  tag(descriptor: Descriptor, reference: ImageReference, options?: TagOptions): Promise<void>;
}

export interface TagOptions {
  /** Marks the image as built on this machine. */
  readonly builtHere?: boolean;
  /** Some of its platforms need not be there. */
  readonly sparse?: boolean;
}

/** A name in a store and what it stands for. */
export interface TaggedImage {
  /** `registry/repository:tag` or `registry/repository@digest`. Written by whoever wrote the store: may be any text. */
  readonly name: string;
  readonly descriptor: Descriptor;
  readonly builtHere: boolean;
  /** Some of its platforms are not in the store. */
  readonly sparse: boolean;
}
