import { Endpoint } from './endpoint.ts';
import type { Host } from './registry-host.ts';

/** Asks for the root of the registry's API, with the host's credentials. */
export async function checkLogin(host: Host): Promise<void> {
  const target = new URL('/v2/', await host.origin());
  await new Endpoint(host, '').ask({ method: 'GET', target, action: 'log in', scopes: [], accept: [200] });
}
