import { createHash } from 'node:crypto';
import type { Descriptor } from '../descriptor.ts';
import { hasSuccessors } from '../manifest.ts';
import type { TransferOptions } from '../repository.ts';
import { repositoryScope } from './auth/scope.ts';
import type { Endpoint } from './endpoint.ts';
import { piecesOf } from './http/body.ts';
import type { HttpResponse } from './http/exchange.ts';
import { Retries } from './http/retries.ts';
import { progressBytes } from './http/stall-watch.ts';
import { unreachable } from './network-fault.ts';
import { contentMismatch, notFound, RegistryError } from './registry-error.ts';

/** Content that a place sent wrongly from the start can be asked for this often: nothing of it was handed on. */
const wrongAnswers = 2;

/**
 * Content in pieces from `fromByte` on, from the first of the places that has it. A cut connection is made anew and goes on where it
 * stopped; when a place has nothing or gives up, the next one goes on. Read from byte 0, size and digest are verified before the end.
 */
export async function* download(
  places: readonly Endpoint[],
  descriptor: Descriptor,
  { fromByte = 0, ...options }: TransferOptions & { readonly fromByte?: number } = {},
): AsyncGenerator<Uint8Array> {
  const progress = new Progress(descriptor, fromByte);
  let lastError: unknown;
  for (const place of places) {
    try {
      yield* downloadFrom(place, progress, options);
      progress.verify(place.name);
      return;
    } catch (error) {
      if (!isFaultOfPlace(error) || progress.isComplete) throw error;
      lastError = betterError(lastError, error);
    }
  }
  throw lastError;
}

/** What was handed on so far. */
class Progress {
  readonly descriptor: Descriptor;
  readonly #hash = createHash('sha256');
  readonly #start: number;
  at: number;
  /** Whether it makes sense to ask for a part. */
  takesRanges = true;

  constructor(descriptor: Descriptor, fromByte: number) {
    this.descriptor = descriptor;
    this.#start = fromByte;
    this.at = fromByte;
  }

  get isComplete(): boolean {
    return this.at >= this.descriptor.size;
  }

  add(piece: Uint8Array): void {
    if (this.#start === 0) this.#hash.update(piece);
    this.at += piece.length;
  }

  verify(name: string): void {
    if (this.#start !== 0) return;
    const actual = `sha256:${this.#hash.digest('hex')}`;
    if (actual !== this.descriptor.digest)
      throw contentMismatch(name, this.descriptor.digest, `the registry sent content with the digest ${actual}`);
  }
}

/** Refusals, faults and absence are of the place; an abort and what the consumer throws are not. */
function isFaultOfPlace(error: unknown): boolean {
  return error instanceof RegistryError;
}

/** That one mirror lacks something says less than that another cannot be reached. */
function betterError(one: unknown, other: unknown): unknown {
  return one instanceof RegistryError &&
    other instanceof RegistryError &&
    other.code === 'IMAGE_NOT_FOUND' &&
    one.code !== 'IMAGE_NOT_FOUND'
    ? one
    : other;
}

async function* downloadFrom(place: Endpoint, progress: Progress, options: TransferOptions): AsyncGenerator<Uint8Array> {
  const signal = place.host.signalWith(options.signal);
  const retries = new Retries(place.retryPolicy, signal);
  const leave = await place.host.slots.downloads.take(signal);
  let wrong = 0;
  try {
    while (!progress.isComplete) {
      const before = progress.at;
      try {
        yield* downloadOnce(place, progress, options);
      } catch (error) {
        signal?.throwIfAborted();
        if (progress.at >= before + progressBytes) retries.progressed();
        if (error instanceof RegistryError && error.code === 'CONTENT_MISMATCH' && ++wrong < wrongAnswers) continue;
        await retries.pause(unreachable(place.name, error));
      }
    }
  } finally {
    leave();
  }
}

async function* downloadOnce(place: Endpoint, progress: Progress, options: TransferOptions): AsyncGenerator<Uint8Array> {
  const { descriptor, at } = progress;
  const response = await openBlob(place, progress, options.signal);
  try {
    let toSkip = at - firstByte(place, response, progress);
    for await (const piece of piecesOf(response, place.host.timeouts.stallMs)) {
      const wanted = toSkip === 0 ? piece : piece.subarray(Math.min(toSkip, piece.length));
      toSkip -= piece.length - wanted.length;
      if (wanted.length === 0) continue;
      if (progress.at + wanted.length > descriptor.size)
        throw contentMismatch(place.name, descriptor.digest, `the registry sent more than its ${descriptor.size} bytes`);
      progress.add(wanted);
      options.onBytes?.(wanted.length);
      yield wanted;
    }
  } finally {
    response.discard();
  }
  if (progress.isComplete) return;
  throw place.fault(`the registry ended ${descriptor.digest} after ${progress.at} of ${descriptor.size} bytes`, true);
}

async function openBlob(place: Endpoint, progress: Progress, signal: AbortSignal | undefined): Promise<HttpResponse> {
  const { descriptor, at } = progress;
  const kind = hasSuccessors(descriptor) ? 'manifests' : 'blobs';
  const response = await place.open({
    method: 'GET',
    target: `${kind}/${descriptor.digest}`,
    action: `read ${descriptor.digest}`,
    scopes: [repositoryScope(place.repository, ['pull'])],
    headers: {
      accept: kind === 'manifests' ? descriptor.mediaType : '*/*',
      'accept-encoding': 'identity',
      ...(at > 0 && progress.takesRanges ? { range: `bytes=${at}-` } : {}),
    },
    accept: [200, 206, 404, 416],
    signal,
  });
  if (response.status === 200 || response.status === 206) return response;
  response.discard();
  if (response.status === 404) throw notFound(place.name, descriptor.digest);
  progress.takesRanges = false;
  throw place.fault(`the registry does not send a part of ${descriptor.digest}`, at > 0);
}

/** The position of the first byte of an answer, which has to fit what was asked for and what the descriptor says. */
function firstByte(place: Endpoint, response: HttpResponse, { descriptor, at }: Progress): number {
  const wrong = (problem: string): never => {
    throw contentMismatch(place.name, descriptor.digest, problem);
  };
  const { 'content-length': length, 'content-range': range, 'content-encoding': encoding } = response.headers;
  if (encoding !== undefined && encoding !== 'identity') wrong(`the registry sent it encoded as ${JSON.stringify(encoding.slice(0, 40))}`);
  if (response.status === 200) {
    if (length !== undefined && Number(length) !== descriptor.size)
      wrong(`the registry sends ${Number(length)} bytes instead of ${descriptor.size}`);
    return 0;
  }
  const match = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(range ?? '');
  if (match === null) return wrong('the registry sent a part without saying which');
  const [, first, last, total] = match;
  if (Number(first) !== at || Number(last) >= descriptor.size || (total !== '*' && Number(total) !== descriptor.size)) {
    wrong(`the registry sent the part ${range?.slice(6, 80)} when asked for ${at}-${descriptor.size - 1}/${descriptor.size}`);
  }
  return at;
}
