import { join } from 'node:path';
import { ImageError } from '../../base/errors.ts';
import type { Digest } from '../digest.ts';
import { digestHex } from '../digest.ts';

/** Where things are in an image layout: https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md */
export interface StoreLayout {
  readonly root: string;
  readonly layoutFile: string;
  readonly indexFile: string;
  readonly blobs: string;
  /** Files on their way to their place; the specification leaves room for more folders. */
  readonly temporary: string;
  /** Held while index.json is replaced. */
  readonly indexLock: string;
  /** Held together by those who add content, alone by who deletes it. */
  readonly contentLock: string;
  blob(digest: Digest): string;
}

export function storeLayout(root: string): StoreLayout {
  const blobs = join(root, 'blobs', 'sha256');
  return {
    root,
    layoutFile: join(root, 'oci-layout'),
    indexFile: join(root, 'index.json'),
    blobs,
    temporary: join(root, 'tmp'),
    indexLock: join(root, 'index.json.lock'),
    contentLock: join(root, 'content.lock'),
    blob: (digest) => join(blobs, digestHex(digest)),
  };
}

/** Content of the file `oci-layout`. */
export const layoutMarker = '{"imageLayoutVersion":"1.0.0"}';

/** A failed file operation, told as a failure of the store. */
export function storeFailure(operation: string, path: string, cause: unknown): ImageError {
  const errno = errnoOf(cause);
  const denied = errno === 'EACCES' || errno === 'EPERM' || errno === 'EROFS';
  return new ImageError('STORE_IO', `cannot ${operation} ${path}: ${errno ?? String(cause)}`, {
    cause,
    context: { path },
    ...(denied ? { hint: 'run as a user who may write there, or name another folder in GADGET_STORE' } : {}),
    ...(errno === 'ENOSPC' ? { hint: 'the disk is full; `gadget image remove` frees space' } : {}),
  });
}

/** `ENOENT` and the like. */
export function errnoOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : undefined;
}
