import type { Transform } from 'node:stream';
import { ImageError } from '../base/errors.ts';

/** What a tar may make of us. A layer that goes beyond is refused. */
export interface LayerLimits {
  /** Bytes of the tar, unpacked. */
  readonly unpackedBytes: number;
  /** Bytes of a file that is wanted. */
  readonly fileBytes: number;
  readonly entries: number;
}

export interface LayerRequest {
  /** For messages: `the BTF archive of x`. */
  readonly subject: string;
  readonly limits: LayerLimits;
  /** Whether the file of that name is to be kept; names come without `./` at their start. */
  readonly wants: (name: string) => boolean;
}

/**
 * Files of a layer that is a tar, compressed with gzip or not, by name, read as it flows: of the others nothing is kept. Links, devices and
 * the like are passed over. Throws IMAGE_INVALID for what is no such layer or exceeds the limits, and what `pieces` throws.
 */
export async function readLayerFiles(pieces: AsyncIterable<Uint8Array>, request: LayerRequest): Promise<ReadonlyMap<string, Uint8Array>> {
  const [{ extract }, { pipeline }] = await Promise.all([import('tar-stream'), import('node:stream/promises')]);
  const files = new Map<string, Uint8Array>();
  const parser = extract();
  let entries = 0;
  parser.on('entry', ({ name, type, size = 0 }, content, next) => {
    const plain = name.replace(/^(?:\.\/)+/, '');
    const isWanted = type === 'file' && request.wants(plain);
    const problem =
      ++entries > request.limits.entries
        ? `has more than ${request.limits.entries} entries`
        : isWanted && size > request.limits.fileBytes
          ? `has a file ${JSON.stringify(plain)} of ${size} bytes, more than the ${request.limits.fileBytes} allowed`
          : undefined;
    // What ends the parser ends the entry too, and is told by the parser.
    content.on('error', () => undefined);
    if (problem !== undefined) return void parser.destroy(refusal(request, problem));
    content.on('end', next);
    if (!isWanted) return void content.resume();
    const parts: Uint8Array[] = [];
    content.on('data', (part) => parts.push(part as Uint8Array));
    content.on('end', () => files.set(plain, Buffer.concat(parts)));
  });
  try {
    await pipeline(bounded(unpacked(pieces), request), parser as unknown as NodeJS.WritableStream);
  } catch (cause) {
    throw isDamage(cause) ? refusal(request, 'is no tar, or a damaged one', cause) : cause;
  }
  return files;
}

/** Faults of zlib have a code, those of tar-stream none; ours and those of the source are errors of other classes. */
function isDamage(cause: unknown): boolean {
  if (!(cause instanceof Error) || cause instanceof ImageError) return false;
  const { code } = cause as NodeJS.ErrnoException;
  return code === undefined ? cause.constructor === Error : code.startsWith('Z_');
}

async function* bounded(pieces: AsyncIterable<Uint8Array>, request: LayerRequest): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const piece of pieces) {
    bytes += piece.length;
    if (bytes > request.limits.unpackedBytes) throw refusal(request, `unpacks to more than ${request.limits.unpackedBytes} bytes`);
    yield piece;
  }
}

/** Takes gzip away, which two bytes tell of. */
async function* unpacked(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const iterator = pieces[Symbol.asyncIterator]();
  const first = await firstBytes(iterator, 2);
  const all = prepended(first, iterator);
  if (first[0] !== 0x1f || first[1] !== 0x8b) return void (yield* all);
  const [{ createGunzip }, { Readable, pipeline }] = await Promise.all([import('node:zlib'), import('node:stream')]);
  const gunzip: Transform = createGunzip();
  // A fault of the source ends the reading of what it is unpacked to.
  pipeline(Readable.from(all), gunzip, () => undefined);
  yield* gunzip as AsyncIterable<Uint8Array>;
}

/** At least so many bytes, unless there are fewer. */
async function firstBytes(iterator: AsyncIterator<Uint8Array>, least: number): Promise<Uint8Array> {
  let bytes = Buffer.alloc(0);
  for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
    bytes = Buffer.concat([bytes, next.value]);
    if (bytes.length >= least) break;
  }
  return bytes;
}

async function* prepended(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield first;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

function refusal({ subject }: LayerRequest, problem: string, cause?: unknown): ImageError {
  return new ImageError('IMAGE_INVALID', `${subject} ${problem}`, cause === undefined ? {} : { cause });
}
