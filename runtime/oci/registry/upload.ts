import type { Descriptor } from '../descriptor.ts';
import type { ContentSource, TransferOptions } from '../repository.ts';
import { hasBlob } from './blobs.ts';
import type { Endpoint } from './endpoint.ts';
import type { BodyStream } from './http/exchange.ts';
import { Retries } from './http/retries.ts';
import { progressBytes } from './http/stall-watch.ts';
import { RegistryError } from './registry-error.ts';
import { UploadSession } from './upload-session.ts';
import { sourcePieces } from './upload-source.ts';

/** Up to this size a blob goes in one request after the first; sending it again costs less than asking what arrived. */
const smallBytes = 1024 * 1024;
/** The size of chunks for registries that refuse the whole in one; a registry can ask for more. */
const chunkBytes = 16 * 1024 * 1024;
const tooLarge = 413;
/** Answers to an upload that the registry has lost, or has come to hold something else of: a new one can go well. */
const lostStatuses = new Set([400, 404, 416]);
const newBeginnings = 2;

export interface UploadOptions extends TransferOptions {
  /** An upload that has begun. */
  readonly session?: UploadSession | undefined;
}

/**
 * Stores a blob: the whole in one request, in chunks where the registry refuses that. After a cut the registry is asked how far it came, and
 * the rest is sent; one that has forgotten (docker-registry 2.8 always has) gets everything again.
 */
export async function upload(
  endpoint: Endpoint,
  descriptor: Descriptor,
  source: ContentSource,
  options: UploadOptions = {},
): Promise<void> {
  const signal = endpoint.host.signalWith(options.signal);
  const leave = await endpoint.host.slots.uploads.take(signal);
  try {
    await new Upload(endpoint, descriptor, source, options).run(new Retries(endpoint.retryPolicy, signal), signal);
  } finally {
    leave();
  }
}

class Upload {
  readonly #endpoint: Endpoint;
  readonly #descriptor: Descriptor;
  readonly #source: ContentSource;
  readonly #options: UploadOptions;
  #session: UploadSession | undefined;
  /** Whether the registry refused the whole in one request. */
  #inChunks = false;
  #beginnings = 0;
  /** What reading the content ended in: no fault of this registry, though it may be one of another. */
  #sourceError: unknown;
  /** Bytes that `onBytes` was told of. */
  #told = 0;

  constructor(endpoint: Endpoint, descriptor: Descriptor, source: ContentSource, options: UploadOptions) {
    this.#endpoint = endpoint;
    this.#descriptor = descriptor;
    this.#source = source;
    this.#options = options;
    this.#session = options.session;
  }

  async run(retries: Retries, signal: AbortSignal | undefined): Promise<void> {
    for (;;) {
      const before = this.#session?.offset ?? 0;
      try {
        return await this.#send();
      } catch (error) {
        signal?.throwIfAborted();
        if (error === this.#sourceError) throw error;
        if (this.#canBeginAnew(error)) continue;
        await retries.pause(error);
        if (await this.#recover()) return;
        if ((this.#session?.offset ?? 0) >= before + progressBytes) retries.progressed();
      }
    }
  }

  async #send(): Promise<void> {
    this.#session ??= await UploadSession.start(this.#endpoint, this.#descriptor, this.#options.signal);
    const session = this.#session;
    const { size } = this.#descriptor;
    if (!this.#inChunks && session.offset === 0 && size <= smallBytes) return session.putWhole(this.#body(0, size));
    while (session.offset < size) {
      const end = this.#inChunks ? Math.min(size, session.offset + Math.max(chunkBytes, session.minChunkBytes)) : size;
      await session.patch(this.#body(session.offset, end), end);
    }
    await session.commit();
  }

  #body(from: number, end: number): BodyStream {
    return { length: end - from, pieces: this.#read(from, end) };
  }

  async *#read(from: number, end: number): AsyncGenerator<Uint8Array> {
    try {
      yield* sourcePieces(this.#source, this.#descriptor, { from, end, onBytes: (bytes) => this.#tell(bytes) });
    } catch (error) {
      this.#sourceError = error;
      throw error;
    }
  }

  #canBeginAnew(error: unknown): boolean {
    if (!(error instanceof RegistryError) || this.#session === undefined) return false;
    const needsChunks = error.status === tooLarge && !this.#inChunks;
    const isLost = lostStatuses.has(error.status ?? 0) && this.#beginnings < newBeginnings;
    if (!needsChunks && !isLost) return false;
    this.#inChunks ||= needsChunks;
    this.#beginnings++;
    this.#continueAt(0);
    return true;
  }

  /** After a failure: finds out what the registry has. True when it has everything. */
  async #recover(): Promise<boolean> {
    const session = this.#session;
    // The answer to the last request may be what was lost.
    if (session?.isCommitting && (await hasBlob(this.#endpoint, this.#descriptor, this.#options.signal))) {
      this.#tell(this.#descriptor.size - this.#told);
      return true;
    }
    this.#continueAt((await session?.askOffset()) ?? 0);
    return false;
  }

  #continueAt(offset: number): void {
    if (offset === 0) this.#session = undefined;
    this.#tell(offset - this.#told);
  }

  #tell(bytes: number): void {
    if (bytes === 0) return;
    this.#told += bytes;
    this.#options.onBytes?.(bytes);
  }
}
