import type { Authorizer } from './auth/authorizer.ts';
import type { Scope } from './auth/scope.ts';
import { readBody } from './http/body.ts';
import type { BodyStream, HttpRequest, HttpResponse, Method } from './http/exchange.ts';
import { isSameOrigin } from './http/location.ts';
import { followRedirects } from './http/redirect.ts';
import type { RetryPolicy } from './http/retries.ts';
import { Retries } from './http/retries.ts';
import { parseWarnings } from './http/warning-header.ts';
import { maxAnswerBytes } from './limits.ts';
import { unreachable } from './network-fault.ts';
import type { Asked, Reply } from './refusal.ts';
import { refusalOf } from './refusal.ts';
import { RegistryError } from './registry-error.ts';
import type { Host } from './registry-host.ts';

const mirrorAttempts = 2;

/** One request of the registry protocol. */
export interface ApiRequest {
  readonly method: Method;
  /** Below `/v2/REPOSITORY/`, or the full address that the registry named itself. */
  readonly target: string | URL;
  /** What is done, for messages: `read the manifest v1`. */
  readonly action: string;
  readonly scopes: readonly Scope[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | BodyStream;
  /** Answers that the caller handles; all others are thrown. */
  readonly accept: readonly number[];
  readonly signal?: AbortSignal | undefined;
  /** Instead of the usual time for an answer, in milliseconds. */
  readonly answerMs?: number;
  readonly maxBytes?: number;
}

/** One repository at one place where it can be reached: the registry itself or a mirror. */
export class Endpoint {
  readonly host: Host;
  /** In the registry's own spelling. */
  readonly repository: string;
  /** `registry/repository`, for messages. */
  readonly name: string;
  readonly retryPolicy: RetryPolicy;

  /** A place that is not the only one is given up sooner. */
  constructor(host: Host, repository: string, { isMirror = false }: { readonly isMirror?: boolean } = {}) {
    this.host = host;
    this.retryPolicy = isMirror ? { ...host.retryPolicy, attempts: Math.min(mirrorAttempts, host.retryPolicy.attempts) } : host.retryPolicy;
    this.repository = repository;
    this.name = repository === '' ? host.registry : `${host.registry}/${repository}`;
  }

  /** Sends a small request as often as it takes, and reads the whole answer. */
  async ask(request: ApiRequest): Promise<Reply> {
    const signal = this.host.signalWith(request.signal);
    const retries = new Retries(this.retryPolicy, signal);
    for (;;) {
      const leave = await this.host.slots.requests.take(signal);
      try {
        return await this.#askOnce(request);
      } catch (error) {
        leave();
        await retries.pause(error);
      } finally {
        leave();
      }
    }
  }

  /** Sends a request once, with what it takes to be let in. The caller reads or discards the answer, and decides about another try. */
  async open(request: ApiRequest): Promise<HttpResponse> {
    try {
      return await this.#open(request);
    } catch (error) {
      this.host.signalWith(request.signal)?.throwIfAborted();
      throw unreachable(this.name, error);
    }
  }

  /** An error for an answer that came too late to be refused by `open`. */
  fault(message: string, transient: boolean): RegistryError {
    return new RegistryError('REGISTRY_ERROR', `${this.name}: ${message}`, {
      transient,
      context: { registry: this.host.registry, repository: this.name },
    });
  }

  async #askOnce(request: ApiRequest): Promise<Reply> {
    const response = await this.open(request);
    try {
      const body = await readBody(response, request.maxBytes ?? maxAnswerBytes, this.host.timeouts.stallMs);
      if (body === undefined) throw this.fault(`the answer to the request to ${request.action} is longer than it can be`, false);
      return { status: response.status, headers: response.headers as Reply['headers'], url: response.url, body };
    } catch (error) {
      this.host.signalWith(request.signal)?.throwIfAborted();
      throw unreachable(this.name, error);
    }
  }

  async #open(request: ApiRequest): Promise<HttpResponse> {
    const origin = await this.host.origin();
    const authorizer = await this.host.authorizer();
    const url = typeof request.target === 'string' ? new URL(`/v2/${this.repository}/${request.target}`, origin) : request.target;
    const isOwn = isSameOrigin(url, origin);
    const purpose = { repository: this.repository, scopes: request.scopes };
    let authorization = isOwn ? await authorizer.header(purpose) : undefined;
    for (let tries = 0; ; tries++) {
      const response = await this.#send(request, url, authorization);
      if (request.accept.includes(response.status)) return response;
      const refused = response.status === 401 && isOwn && isSameOrigin(response.url, origin);
      if (!refused || tries === 2) throw await this.#refusal(request, response, { authorization, authorizer });
      const before = authorization;
      authorization = await authorizer.headerAfterRefusal(response.headers['www-authenticate'], purpose, before);
      if (authorization === undefined) throw await this.#refusal(request, response, { authorization: before, authorizer });
      response.discard();
      if (request.body !== undefined && !(request.body instanceof Uint8Array)) throw this.#expired(request);
    }
  }

  async #send(request: ApiRequest, url: URL, authorization: string | undefined): Promise<HttpResponse> {
    const { method, headers, body, answerMs } = request;
    const http: Omit<HttpRequest, 'connectMs' | 'stallMs' | 'answerMs'> = {
      method,
      url,
      headers: { 'user-agent': this.host.userAgent, ...headers, ...(authorization === undefined ? {} : { authorization }) },
      ...(body === undefined ? {} : { body }),
      signal: this.host.signalWith(request.signal),
    };
    const timeouts = this.host.timeouts;
    const timed = { ...http, connectMs: timeouts.connectMs, stallMs: timeouts.stallMs, answerMs: answerMs ?? timeouts.answerMs };
    const response = await followRedirects(timed, (next) => this.host.exchange(next), request.accept);
    const warning = response.headers['warning'];
    for (const text of parseWarnings(typeof warning === 'string' ? warning : warning?.[0])) this.host.warn(text);
    return response;
  }

  async #refusal(
    request: ApiRequest,
    response: HttpResponse,
    { authorization, authorizer }: { readonly authorization: string | undefined; readonly authorizer: Authorizer },
  ): Promise<RegistryError> {
    const body = await readBody(response, maxAnswerBytes, this.host.timeouts.stallMs).catch(() => undefined);
    const asked: Asked = {
      name: this.name,
      registry: this.host.registry,
      action: request.action,
      authorization,
      hasCredentials: await authorizer.hasCredentials(this.repository),
      withheld: await this.host.withholdsCredentials(),
    };
    response.discard();
    return refusalOf(asked, { ...response, headers: response.headers as Reply['headers'], body: body ?? Buffer.alloc(0) });
  }

  /** Content that flows cannot be sent again from here; whoever sends it can begin again with the new token. */
  #expired({ action }: ApiRequest): RegistryError {
    return new RegistryError('REGISTRY_DENIED', `${this.name}: the permission to ${action} ran out`, { status: 401, transient: true });
  }
}
