import type { ApiRequest, Endpoint } from './endpoint.ts';
import { nextLink } from './http/link-header.ts';
import { isSameOrigin, resolveLocation } from './http/location.ts';
import { maxPages } from './limits.ts';
import type { Reply } from './refusal.ts';

/** The answers to a request and to the `Link`s to the next page in them. A list that leads to another host or in a circle is an error. */
export async function* pages(endpoint: Endpoint, first: ApiRequest): AsyncGenerator<Reply> {
  const seen = new Set<string>();
  let request = first;
  for (let count = 0; count < maxPages; count++) {
    const reply = await endpoint.ask(request);
    yield reply;
    const link = reply.headers['link'];
    const next = nextLink(typeof link === 'string' ? link : link?.join(', '));
    if (next === undefined) return;
    const target = resolveLocation(reply.url, next);
    if (target === undefined || !isSameOrigin(target, reply.url)) throw endpoint.fault('the next page of a list is on another host', false);
    if (seen.has(target.href)) throw endpoint.fault('the pages of a list lead in a circle', false);
    seen.add(target.href);
    request = { ...first, target };
  }
  throw endpoint.fault(`a list has more than ${maxPages} pages`, false);
}
