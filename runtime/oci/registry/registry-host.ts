import { setMaxListeners } from 'node:events';
import { Authorizer } from './auth/authorizer.ts';
import type { TokenCall } from './auth/token-request.ts';
import type { Tokens } from './auth/tokens.ts';
import type { Agents, Trust } from './http/agents.ts';
import { readBody } from './http/body.ts';
import { detectTls } from './http/detect-tls.ts';
import type { HttpRequest, HttpResponse } from './http/exchange.ts';
import { exchange } from './http/exchange.ts';
import { isSameOrigin } from './http/location.ts';
import { isLoopback, splitHostPort } from './http/loopback.ts';
import { followRedirects } from './http/redirect.ts';
import type { RetryPolicy } from './http/retries.ts';
import { Retries } from './http/retries.ts';
import { Slots } from './http/slots.ts';
import { maxAnswerBytes } from './limits.ts';
import { unreachable } from './network-fault.ts';
import { isTransientStatus, refusalOf } from './refusal.ts';
import type { RegistryOptions, RegistryTimeouts } from './registry-options.ts';
import { defaultConcurrency, defaultUserAgent } from './registry-options.ts';

/** What all hosts of one client share. */
export interface HostSettings {
  readonly options: RegistryOptions;
  readonly timeouts: RegistryTimeouts;
  readonly retryPolicy: RetryPolicy;
  readonly agents: Agents;
  readonly tokens: Tokens;
}

/** Small requests at once, beside the blobs. */
const maxRequests = 8;
/** How long a registry on this machine may take to say whether it speaks TLS. */
const detectMs = 2000;

const dockerHub = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io']);

/** Whether the name is one of those of Docker Hub. */
export function isDockerHub(registry: string): boolean {
  return dockerHub.has(registry.toLowerCase());
}

/** A repository as its registry spells it: Docker Hub keeps its own images under a name that nobody writes. */
export function repositoryPath(registry: string, repository: string): string {
  return isDockerHub(registry) && !repository.includes('/') ? `library/${repository}` : repository;
}

/** One registry server: how it is reached, what it is told, how much is asked of it at once. */
export class Host {
  /** `host[:port]` as in image references. */
  readonly registry: string;
  readonly timeouts: RegistryTimeouts;
  readonly retryPolicy: RetryPolicy;
  readonly userAgent: string;
  /** Downloads and uploads have places of their own: a copy holds one of each, and must never wait for its own other half. */
  readonly slots: { readonly requests: Slots; readonly downloads: Slots; readonly uploads: Slots };
  readonly #settings: HostSettings;
  readonly #warned = new Set<string>();
  #origin: Promise<URL> | undefined;
  #authorizer: Promise<Authorizer> | undefined;

  constructor(registry: string, settings: HostSettings) {
    this.registry = registry;
    this.timeouts = settings.timeouts;
    this.retryPolicy = settings.retryPolicy;
    this.userAgent = settings.options.userAgent ?? defaultUserAgent;
    this.#settings = settings;
    const blobs = Math.max(1, settings.options.concurrency ?? defaultConcurrency);
    this.slots = { requests: new Slots(maxRequests), downloads: new Slots(blobs), uploads: new Slots(blobs) };
  }

  /** Scheme, host and port. Found out by asking where plain HTTP is allowed. */
  origin(): Promise<URL> {
    this.#origin ??= this.#findOrigin();
    return this.#origin;
  }

  authorizer(): Promise<Authorizer> {
    this.#authorizer ??= this.#makeAuthorizer();
    return this.#authorizer;
  }

  /** Whether credentials are kept from this registry because the way to it is not safe. */
  async withholdsCredentials(): Promise<boolean> {
    if (isLoopback(this.#name.host)) return false;
    return this.#isInsecure || (await this.origin()).protocol === 'http:';
  }

  /** Aborted when either this client or the one piece of work is. */
  signalWith(signal: AbortSignal | undefined): AbortSignal | undefined {
    const own = this.#settings.options.signal;
    // Every request listens; that they are many is no leak.
    for (const each of [signal, own]) if (each !== undefined) setMaxListeners(0, each);
    if (signal === undefined || own === undefined) return signal ?? own;
    return AbortSignal.any([signal, own]);
  }

  /** One request and its answer, wherever it goes; only this registry's own address gets this registry's trust. */
  async exchange(request: HttpRequest): Promise<HttpResponse> {
    const isOwn = isSameOrigin(request.url, await this.origin());
    const trust: Trust = isOwn ? { registry: this.registry, unverified: this.#isInsecure } : {};
    return exchange(request, await this.#settings.agents.for(request.url, trust));
  }

  /** Hands on what the registry says about itself, each sentence once. */
  warn(text: string): void {
    if (this.#warned.has(text) || this.#warned.size > 100) return;
    this.#warned.add(text);
    this.#settings.options.onWarning?.({ registry: this.registry, text });
  }

  get #name(): { readonly host: string; readonly port: string | undefined } {
    return splitHostPort(isDockerHub(this.registry) ? 'registry-1.docker.io' : this.registry);
  }

  get #isInsecure(): boolean {
    const names = (this.#settings.options.insecureRegistries ?? []).map((name) => name.toLowerCase());
    return names.includes(this.registry.toLowerCase()) || names.includes(this.#name.host.toLowerCase());
  }

  async #findOrigin(): Promise<URL> {
    const { host, port } = this.#name;
    const at = (scheme: string): URL => new URL(`${scheme}://${host}${port === undefined ? '' : `:${port}`}`);
    if (this.#settings.options.plainHttp === true) return at('http');
    if (!this.#isInsecure && !isLoopback(host)) return at('https');
    const bare = host.replace(/^\[|\]$/g, '');
    const speaksTls = await detectTls(bare, Number(port ?? 443), detectMs);
    if (speaksTls !== undefined) return at(speaksTls ? 'https' : 'http');
    // Without a port, plain HTTP is on another one; nobody there is an error that the request itself reports.
    return at(port === undefined && (await detectTls(bare, 80, detectMs)) === false ? 'http' : 'https');
  }

  async #makeAuthorizer(): Promise<Authorizer> {
    return new Authorizer({
      registry: this.registry,
      origin: await this.origin(),
      credentials: (await this.withholdsCredentials()) ? undefined : this.#settings.options.credentials,
      tokens: this.#settings.tokens,
      sendTokenCall: (call) => this.#sendTokenCall(call),
      refusal: (realm, answer) =>
        refusalOf(
          { name: this.registry, registry: this.registry, action: `give a token at ${realm.host}`, hasCredentials: true },
          // What comes with a 200 can hold a token: not to be shown.
          { status: answer.status, headers: {}, url: realm, body: answer.status === 200 ? Buffer.alloc(0) : Buffer.from(answer.body) },
        ),
    });
  }

  async #sendTokenCall(call: TokenCall): Promise<{ status: number; body: Uint8Array }> {
    const retries = new Retries(this.retryPolicy, this.#settings.options.signal);
    for (;;) {
      try {
        const answer = await this.#sendTokenCallOnce(call);
        if (!isTransientStatus(answer.status)) return answer;
        throw refusalOf(
          { name: this.registry, registry: this.registry, action: `give a token at ${call.url.host}` },
          { ...answer, url: call.url, headers: answer.headers, body: Buffer.alloc(0) },
        );
      } catch (error) {
        await retries.pause(unreachable(`the token server ${call.url.host} of ${this.registry}`, error));
      }
    }
  }

  async #sendTokenCallOnce(call: TokenCall) {
    const request: HttpRequest = {
      ...call,
      headers: { 'user-agent': this.userAgent, ...call.headers },
      ...this.timeouts,
      signal: this.#settings.options.signal,
    };
    // A form holds its secret in the content, which no redirect may carry away.
    const response = call.method === 'GET' ? await followRedirects(request, (next) => this.exchange(next)) : await this.exchange(request);
    const body = await readBody(response, maxAnswerBytes, this.timeouts.stallMs);
    response.discard();
    return {
      status: response.status,
      headers: response.headers as Record<string, string | string[] | undefined>,
      body: body ?? Buffer.alloc(0),
    };
  }
}
