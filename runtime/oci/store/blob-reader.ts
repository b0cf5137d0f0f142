import { statSync } from 'node:fs';
import { ImageError } from '../../base/errors.ts';
import type { Descriptor } from '../descriptor.ts';
import { verifyContent } from '../descriptor.ts';
import { invalid } from '../json-document.ts';
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
    throw new ImageError('STORE_CORRUPT', `content in the image store is damaged: ${cause.message}`, {
      cause,
      context: { path },
      hint: 'build the image again, which puts good content in its place, or remove and pull it again',
    });
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
  });
}
