import { ImageError } from '../../../base/errors.ts';
import { Agents } from '../../registry/http/agents.ts';
import { readBody } from '../../registry/http/body.ts';
import { exchange, type HttpResponse } from '../../registry/http/exchange.ts';
import { followRedirects } from '../../registry/http/redirect.ts';
import { defaultTimeouts } from '../../registry/registry-options.ts';
import type { RepositoryFile } from './update.ts';

export interface HttpFilesOptions {
  /** For proxies and certificate authorities. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal | undefined;
}

/** Files below a URL. What they say is verified by who reads them, so plain HTTP is no danger. Errors: REGISTRY_UNREACHABLE, REGISTRY_ERROR. */
export function httpFiles(base: string, { environment, signal }: HttpFilesOptions): RepositoryFile & { close(): void } {
  const agents = new Agents({ environment, caFiles: [] });
  const { connectMs, answerMs, stallMs } = defaultTimeouts;
  const file: RepositoryFile = async (path, maxBytes) => {
    const url = new URL(path, base.endsWith('/') ? base : `${base}/`);
    try {
      const request = { method: 'GET', url, signal, connectMs, answerMs, stallMs } as const;
      const response = await followRedirects(request, async (next) => exchange(next, await agents.for(next.url, {})));
      return await contentOf(response, url, maxBytes);
    } catch (cause) {
      signal?.throwIfAborted();
      if (cause instanceof ImageError) throw cause;
      throw new ImageError('REGISTRY_UNREACHABLE', `${url.host} cannot be reached: ${(cause as Error).message}`, { cause });
    }
  };
  return Object.assign(file, { close: () => agents.close() });
}

async function contentOf(response: HttpResponse, url: URL, maxBytes: number): Promise<Uint8Array | undefined> {
  // Storage services say of what is not there that it is not allowed.
  if (response.status === 404 || response.status === 403) {
    response.discard();
    return undefined;
  }
  if (response.status !== 200) {
    response.discard();
    throw new ImageError('REGISTRY_ERROR', `${url.href} was answered with ${response.status}`);
  }
  const body = await readBody(response, maxBytes, defaultTimeouts.stallMs);
  if (body !== undefined) return body;
  response.discard();
  throw new ImageError('REGISTRY_ERROR', `${url.href} has more than ${maxBytes} bytes`);
}
