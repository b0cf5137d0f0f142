import type { ErrorCode, GadgetErrorOptions } from '../../base/errors.ts';
import { ImageError } from '../../base/errors.ts';
import { isDigest } from '../digest.ts';

export interface RegistryErrorOptions extends GadgetErrorOptions {
  /** The HTTP status, when there was an answer. */
  readonly status?: number;
  /** Whether the same request can succeed later. */
  readonly transient?: boolean;
  /** How long the registry asks to wait, in milliseconds. */
  readonly retryAfterMs?: number;
}

/** A registry that cannot be reached, refuses, or answers what it should not. Names the registry and the repository. */
export class RegistryError extends ImageError {
  readonly status?: number;
  readonly transient: boolean;
  readonly retryAfterMs?: number;

  constructor(code: ErrorCode, message: string, options: RegistryErrorOptions = {}) {
    super(code, message, options);
    this.transient = options.transient ?? false;
    if (options.status !== undefined) this.status = options.status;
    if (options.retryAfterMs !== undefined) this.retryAfterMs = options.retryAfterMs;
  }
}

/** Content that is not what its descriptor says. Asking again may help once: proxies and caches damage content, too. */
export function contentMismatch(repository: string, digest: string, problem: string): RegistryError {
  return new RegistryError('CONTENT_MISMATCH', `${repository}@${digest}: ${problem}`, {
    context: { repository, digest },
    hint: 'the registry, a mirror or a proxy in between serves damaged content; try again, or push the image again',
  });
}

/** A thing that the repository does not have: content, by its digest, or a tag. */
export function notFound(repository: string, what: string): RegistryError {
  if (isDigest(what)) {
    return new RegistryError('IMAGE_NOT_FOUND', `${repository}@${what} is named by the image and is not in the registry`, {
      status: 404,
      context: { repository, digest: what },
      hint: 'the image there is incomplete: push or copy it again',
    });
  }
  return new RegistryError('IMAGE_NOT_FOUND', `${repository} has no ${what}`, {
    status: 404,
    context: { repository },
    hint: `check the name; tags of that repository are listed by: gadget image tags ${repository}`,
  });
}
