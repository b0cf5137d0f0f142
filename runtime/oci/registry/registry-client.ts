import { GadgetError } from '../../base/errors.ts';
import type { ImageReference } from '../image-reference.ts';
import { Tokens } from './auth/tokens.ts';
import { Endpoint } from './endpoint.ts';
import { Agents } from './http/agents.ts';
import { defaultRetryPolicy } from './http/retries.ts';
import { checkLogin } from './login-check.ts';
import type { HostSettings } from './registry-host.ts';
import { Host, isDockerHub, repositoryPath } from './registry-host.ts';
import type { RegistryOptions } from './registry-options.ts';
import { defaultTimeouts } from './registry-options.ts';
import { RegistryRepository } from './registry-repository.ts';

/** A client for any number of registries. One per process is right: it keeps connections and tokens. */
export function openRegistry(options: RegistryOptions = {}): RegistryClient {
  return new RegistryClient(options);
}

/** Registries by their names in image references: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md */
export class RegistryClient {
  readonly #settings: HostSettings;
  readonly #hosts = new Map<string, Host>();

  constructor(options: RegistryOptions) {
    this.#settings = {
      options,
      timeouts: { ...defaultTimeouts, ...options.timeouts },
      retryPolicy: { ...defaultRetryPolicy, ...options.retries },
      agents: new Agents({
        environment: options.environment ?? process.env,
        caFiles: options.caFiles ?? [],
        ...(options.clientCertificate === undefined ? {} : { clientCertificate: options.clientCertificate }),
      }),
      tokens: new Tokens(),
    };
  }

  /** The repository that a reference is in; nothing is asked yet. */
  repository({ registry, repository }: Pick<ImageReference, 'registry' | 'repository'>): RegistryRepository {
    const mirrors = this.#mirrorsOf(registry) ?? (isDockerHub(registry) ? this.#mirrorsOf('docker.io') : undefined) ?? [];
    const name = repositoryPath(registry, repository);
    return new RegistryRepository({
      name: `${registry}/${repository}`,
      mirrors: mirrors.map((mirror) => this.#mirror(mirror, name)),
      registry: new Endpoint(this.#host(registry), name),
      signal: this.#settings.options.signal,
    });
  }

  /** Asks the registry whether it is there and lets us in with the credentials it is given. Throws REGISTRY_DENIED, REGISTRY_UNREACHABLE. */
  async check(registry: string): Promise<void> {
    await checkLogin(this.#host(registry));
  }

  /** Ends the connections that are kept open. The client can still be used. */
  close(): void {
    this.#settings.agents.close();
  }

  /** Host names are the same in any case (RFC 4343). */
  #mirrorsOf(registry: string): readonly string[] | undefined {
    const wanted = registry.toLowerCase();
    return Object.entries(this.#settings.options.mirrors ?? {}).find(([name]) => name.toLowerCase() === wanted)?.[1];
  }

  #host(registry: string): Host {
    let host = this.#hosts.get(registry);
    if (host === undefined) {
      host = new Host(registry, this.#settings);
      this.#hosts.set(registry, host);
    }
    return host;
  }

  #mirror(mirror: string, repository: string): Endpoint {
    const match = /^([A-Za-z0-9.-]+(?::\d{1,5})?|\[[0-9A-Fa-f:]+\](?::\d{1,5})?)((?:\/[a-z0-9][a-z0-9._-]*)*)\/?$/.exec(mirror);
    if (match === null) {
      throw new GadgetError('CONFIG_INVALID', `${JSON.stringify(mirror)} is no mirror`, {
        hint: 'write a mirror as host[:port][/prefix], without a scheme',
      });
    }
    return new Endpoint(this.#host(match[1]!), `${match[2]!.slice(1)}${match[2] === '' ? '' : '/'}${repository}`, { isMirror: true });
  }
}
