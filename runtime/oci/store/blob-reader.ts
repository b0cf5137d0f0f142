import { createReadStream, statSync } from 'node:fs';
import { ImageError } from '../../base/errors.ts';
import type { Descriptor } from '../descriptor.ts';
import { verifyContent } from '../descriptor.ts';
import { invalid } from '../json-document.ts';
import { verifiedContent } from '../verified-content.ts';
import type { StoreLayout } from './layout.ts';
import { errnoOf, storeFailure } from './layout.ts';
import { readFileBounded } from './read-file.ts';

/** The largest content that is read into memory, in bytes. eBPF objects and WASM modules stay far below. */
export const maxContentBytes = 256 * 1024 * 1024;

/** The verified content, or undefined when the store does not have it. Throws STORE_CORRUPT when it is not what its name says. */
export function readBlob(layout: StoreLayout, descriptor: Descriptor): Uint8Array | undefined {
  if (descriptor.size > maxContentBytes) {
    throw invalid(descriptor.digest, `${descriptor.size} bytes are more than the ${maxContentBytes} that are read into memory`);
  }
  const path = layout.blob(descriptor.digest);
  try {
    const bytes = readFileBounded(path, maxContentBytes);
    if (bytes !== undefined) verifyContent(descriptor, bytes);
    return bytes;
  } catch (cause) {
    if (!(cause instanceof ImageError) || cause.code !== 'IMAGE_INVALID') throw cause;
    throw damaged(path, cause);
  }
}

const replaceHint = 'build the image again, which puts good content in its place, or remove and pull it again';

function damaged(path: string, cause: ImageError): ImageError {
  return new ImageError('STORE_CORRUPT', `content in the image store is damaged: ${cause.message}`, {
    cause,
    context: { path },
    hint: replaceHint,
  });
}

/** Pieces of content that are read at once, in bytes. */
const pieceBytes = 256 * 1024;

/** The content in pieces from a byte on, verified when that is the first. Throws IMAGE_NOT_FOUND and STORE_CORRUPT. */
export async function* readBlobInPieces(layout: StoreLayout, descriptor: Descriptor, fromByte: number): AsyncIterable<Uint8Array> {
  const path = layout.blob(descriptor.digest);
  if (!hasBlob(layout, descriptor)) requireBlob(layout, descriptor);
  const pieces = createReadStream(path, { start: fromByte, highWaterMark: pieceBytes }) as AsyncIterable<Uint8Array>;
  try {
    yield* fromByte === 0 ? verifiedContent(descriptor, pieces) : pieces;
  } catch (cause) {
    throw cause instanceof ImageError ? damaged(path, cause) : storeFailure('read', path, cause);
  }
}

/** Whether the store has a file of that digest and size; its content is not read. */
export function hasBlob(layout: StoreLayout, descriptor: Descriptor): boolean {
  try {
    const status = statSync(layout.blob(descriptor.digest), { throwIfNoEntry: false });
    return status?.isFile() === true && status.size === descriptor.size;
  } catch (cause) {
    if (errnoOf(cause) === 'ENOTDIR') return false;
    throw storeFailure('read', layout.blob(descriptor.digest), cause);
  }
}

/** The content, which has to be there. */
export function requireBlob(layout: StoreLayout, descriptor: Descriptor): Uint8Array {
  const bytes = readBlob(layout, descriptor);
  if (bytes !== undefined) return bytes;
  throw new ImageError('IMAGE_NOT_FOUND', `${descriptor.digest} is not in the image store ${layout.root}`, {
    context: { digest: descriptor.digest, root: layout.root },
    hint: replaceHint,
  });
}
