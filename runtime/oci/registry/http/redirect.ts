import type { HttpRequest, HttpResponse } from './exchange.ts';
import { isSameOrigin, resolveLocation, shownAddress } from './location.ts';

/** As many as browsers allow would only hide a loop. */
const maxRedirects = 10;
const everyMethod = new Set([307, 308]);
const readingOnly = new Set([301, 302, 303, 307, 308]);

/** A redirect that is not followed. */
export class RedirectFault extends Error {}

/**
 * Sends a request and follows where it leads, by hand: what is secret goes to the host it is meant for, and to no other. Reading
 * requests follow every kind; others only those that keep the method, when their content can be sent again. Statuses in `kept` are answers in
 * themselves.
 */
export async function followRedirects(
  request: HttpRequest,
  send: (request: HttpRequest) => Promise<HttpResponse>,
  kept: readonly number[] = [],
): Promise<HttpResponse> {
  let current = request;
  for (let count = 0; ; count++) {
    const response = await send(current);
    if (kept.includes(response.status) || !isFollowed(current, response.status)) return response;
    response.discard();
    if (count === maxRedirects) throw new RedirectFault(`was redirected more than ${maxRedirects} times`);
    current = next(current, response);
  }
}

function isFollowed({ method, body }: HttpRequest, status: number): boolean {
  if (method === 'GET' || method === 'HEAD') return readingOnly.has(status);
  return everyMethod.has(status) && (body === undefined || body instanceof Uint8Array);
}

function next(request: HttpRequest, response: HttpResponse): HttpRequest {
  const url = resolveLocation(request.url, response.headers.location);
  if (url === undefined)
    throw new RedirectFault(`was redirected from ${shownAddress(request.url)} to nowhere, or from HTTPS back to plain HTTP`);
  if (isSameOrigin(url, request.url)) return { ...request, url };
  const { authorization: _secret, ...headers } = request.headers ?? {};
  return { ...request, url, headers };
}
