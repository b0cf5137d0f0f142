import type { Descriptor } from '../descriptor.ts';
import { repositoryScope } from './auth/scope.ts';
import type { Endpoint } from './endpoint.ts';

const redirects = [301, 302, 303, 307, 308];

/** Whether the repository has the blob, in one HEAD request. */
export async function hasBlob(endpoint: Endpoint, { digest, size }: Descriptor, signal?: AbortSignal): Promise<boolean> {
  const reply = await endpoint.ask({
    method: 'HEAD',
    target: `blobs/${digest}`,
    action: `look for ${digest}`,
    scopes: [repositoryScope(endpoint.repository, ['pull'])],
    // A way to where the blob is stored says enough, and may be good for GET only.
    accept: [200, 404, ...redirects],
    signal,
  });
  if (redirects.includes(reply.status)) return true;
  const length = reply.headers['content-length'];
  // One of another size is damaged, and has to be written again.
  return reply.status === 200 && (length === undefined || Number(length) === size);
}
