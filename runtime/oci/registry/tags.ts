import type { JsonObject } from '../json-document.ts';
import { parseJsonObject } from '../json-document.ts';
import { repositoryScope } from './auth/scope.ts';
import type { Endpoint } from './endpoint.ts';
import { maxAnswerBytes, maxTags } from './limits.ts';
import { pages } from './paging.ts';

const pageSize = 1000;
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;

/** All tags of the repository, page by page; undefined when there is no such repository. What cannot be a tag is left out. */
export async function listTags(endpoint: Endpoint, signal?: AbortSignal): Promise<readonly string[] | undefined> {
  const tags = new Set<string>();
  const request = {
    method: 'GET' as const,
    target: `tags/list?n=${pageSize}`,
    action: 'list the tags',
    scopes: [repositoryScope(endpoint.repository, ['pull'])],
    accept: [200, 404],
    signal,
  };
  for await (const reply of pages(endpoint, request)) {
    if (reply.status === 404) return tags.size === 0 ? undefined : [...tags];
    for (const tag of tagsIn(endpoint, reply.body)) if (typeof tag === 'string' && tagPattern.test(tag)) tags.add(tag);
    if (tags.size > maxTags) throw endpoint.fault(`the repository has more than ${maxTags} tags`, false);
  }
  return [...tags];
}

function tagsIn(endpoint: Endpoint, body: Uint8Array): readonly unknown[] {
  let json: JsonObject;
  try {
    json = parseJsonObject(body, 'list of tags', maxAnswerBytes);
  } catch {
    throw endpoint.fault('the list of tags is no JSON', false);
  }
  // A repository whose tags are all deleted has null.
  const tags = json['tags'] ?? [];
  if (!Array.isArray(tags)) throw endpoint.fault('the list of tags is no list', false);
  return tags;
}
