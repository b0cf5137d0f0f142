import type { Agent, AgentOptions } from 'node:http';
import type { SecureContextOptions } from 'node:tls';
import { GadgetError } from '../../../base/errors.ts';
import type { ClientCertificate } from './certificates.ts';
import { readPem, registryCertificates, systemAuthorities } from './certificates.ts';
import { proxyFor } from './proxy.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export interface AgentsOptions {
  readonly environment: Environment;
  readonly caFiles: readonly string[];
  readonly clientCertificate?: { readonly certFile: string; readonly keyFile: string };
}

/** How far a host is trusted. */
export interface Trust {
  /** `host[:port]` of the registry when the address is its own: its certificate folders count, and it is shown our certificate. */
  readonly registry?: string;
  /** Takes any certificate. */
  readonly unverified?: boolean;
}

/** Node gives up a dual-stack connection attempt after 250 ms, which slow networks do not make. */
const familyAttemptTimeoutMs = 2000;
const idleSocketMs = 30_000;

/** Connections that are kept open, one pool per host and way of trusting it. */
export class Agents {
  readonly #options: AgentsOptions;
  readonly #agents = new Map<string, Promise<Agent>>();

  constructor(options: AgentsOptions) {
    this.#options = options;
  }

  for(url: URL, trust: Trust): Promise<Agent> {
    const key = `${url.origin} ${trust.registry ?? ''} ${trust.unverified ?? false}`;
    let agent = this.#agents.get(key);
    if (agent === undefined) {
      agent = this.#make(url, trust);
      this.#agents.set(key, agent);
    }
    return agent;
  }

  /** Ends all connections. */
  close(): void {
    for (const agent of this.#agents.values()) {
      void agent.then(
        (made) => made.destroy(),
        () => undefined,
      );
    }
    this.#agents.clear();
  }

  async #make(url: URL, trust: Trust): Promise<Agent> {
    const pool = {
      keepAlive: true,
      scheduling: 'lifo' as const,
      timeout: idleSocketMs,
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: familyAttemptTimeoutMs,
    } satisfies AgentOptions & object;
    const proxy = proxyFor(url, this.#options.environment);
    if (proxy !== undefined) return this.#makeProxied(url, proxy, pool, trust);
    if (url.protocol === 'http:') return new (await import('node:http')).Agent(pool);
    return new (await import('node:https')).Agent({ ...pool, ...(await this.#security(trust)) });
  }

  async #makeProxied(url: URL, proxy: URL, pool: AgentOptions, trust: Trust): Promise<Agent> {
    if (proxy.protocol !== 'http:' && proxy.protocol !== 'https:') {
      throw new GadgetError('CONFIG_INVALID', `the proxy ${proxy.protocol}//${proxy.host} is no HTTP proxy`, {
        hint: 'set HTTPS_PROXY to an address that begins with http:// or https://, or exempt the registry with NO_PROXY',
      });
    }
    const { HttpProxyAgent, HttpsProxyAgent } = await import('hpagent');
    if (url.protocol === 'http:') return new HttpProxyAgent({ ...pool, proxy });
    return new HttpsProxyAgent({ ...pool, proxy, ...(await this.#security(trust)) });
  }

  /** One secure context for all connections: parsing the certificates for each of them would take milliseconds. */
  async #security(trust: Trust) {
    const { createSecureContext } = await import('node:tls');
    const context = await this.#contextOptions(trust);
    return { secureContext: createSecureContext(context), rejectUnauthorized: trust.unverified !== true };
  }

  async #contextOptions(trust: Trust): Promise<SecureContextOptions> {
    const own = trust.registry === undefined ? undefined : await registryCertificates(trust.registry, this.#options.environment);
    const client = trust.registry === undefined ? undefined : ((await this.#clientCertificate()) ?? own?.client);
    const named = await Promise.all(this.#options.caFiles.map((path) => readPem(path, 'a file of certificate authorities')));
    const added = [...named, ...(own?.authorities ?? [])];
    return { minVersion: 'TLSv1.2', ...(client ?? {}), ...(await trustedAuthorities(added, trust, this.#options.environment)) };
  }

  async #clientCertificate(): Promise<ClientCertificate | undefined> {
    const files = this.#options.clientCertificate;
    if (files === undefined) return undefined;
    return {
      cert: await readPem(files.certFile, 'the client certificate'),
      key: await readPem(files.keyFile, "the client certificate's key"),
    };
  }
}

async function trustedAuthorities(added: readonly Buffer[], trust: Trust, environment: Environment): Promise<SecureContextOptions> {
  if (trust.unverified === true) return { ca: [] };
  const system = systemAuthorities(environment);
  if (system !== undefined) return { ca: [system, ...added] };
  return added.length === 0 ? {} : { ca: [...(await import('node:tls')).rootCertificates, ...added] };
}
