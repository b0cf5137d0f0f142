import type { Descriptor } from '../descriptor.ts';
import { isDigest } from '../digest.ts';
import { repositoryScope } from './auth/scope.ts';
import type { ApiRequest, Endpoint } from './endpoint.ts';
import type { BodyStream, HttpResponse } from './http/exchange.ts';
import { resolveLocation } from './http/location.ts';
import type { Reply } from './refusal.ts';
import { contentMismatch, RegistryError } from './registry-error.ts';

const octets = { 'content-type': 'application/octet-stream' };
/** A registry must not make us hold back more than this for one chunk, in bytes. */
const maxMinChunkBytes = 1024 * 1024 * 1024;

/** What starting an upload came to: with `mount`, the registry may have the blob already. */
export interface Started {
  readonly mounted: boolean;
  readonly session: UploadSession | undefined;
}

/** One upload as the registry sees it: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-blobs */
export class UploadSession {
  /** Bytes that the registry is known to have. */
  offset = 0;
  /** The last request of this upload is on its way. */
  isCommitting = false;
  minChunkBytes = 0;
  readonly #endpoint: Endpoint;
  readonly #descriptor: Descriptor;
  readonly #signal: AbortSignal | undefined;
  #location: URL;

  private constructor(
    { endpoint, descriptor, signal }: { endpoint: Endpoint; descriptor: Descriptor; signal: AbortSignal | undefined },
    location: URL,
  ) {
    this.#endpoint = endpoint;
    this.#descriptor = descriptor;
    this.#signal = signal;
    this.#location = location;
  }

  static async start(endpoint: Endpoint, descriptor: Descriptor, signal?: AbortSignal): Promise<UploadSession> {
    const { session } = await UploadSession.#post(endpoint, descriptor, { query: '', scopes: [], signal });
    if (session === undefined) throw endpoint.fault('the registry did not say where to upload', false);
    return session;
  }

  /** Asks the registry to take the blob from another of its repositories; when it does not, an upload has begun. */
  static mount(endpoint: Endpoint, descriptor: Descriptor, from: string): Promise<Started> {
    const query = `?${new URLSearchParams({ mount: descriptor.digest, from })}`;
    return UploadSession.#post(endpoint, descriptor, { query, scopes: [repositoryScope(from, ['pull'])], signal: undefined });
  }

  static async #post(
    endpoint: Endpoint,
    descriptor: Descriptor,
    { query, scopes, signal }: { readonly query: string; readonly scopes: readonly string[]; readonly signal: AbortSignal | undefined },
  ): Promise<Started> {
    const reply = await endpoint.ask({
      method: 'POST',
      target: `blobs/uploads/${query}`,
      action: `begin the upload of ${descriptor.digest}`,
      scopes: [...pushScope(endpoint), ...scopes],
      accept: query === '' ? [202] : [201, 202],
      signal,
    });
    if (reply.status === 201) return { mounted: true, session: undefined };
    const location = resolveLocation(reply.url, header(reply, 'location'));
    if (location === undefined) throw endpoint.fault('the registry did not say where to upload, or named a place without TLS', false);
    const session = new UploadSession({ endpoint, descriptor, signal }, location);
    const minChunk = Number(header(reply, 'oci-chunk-min-length') ?? 0);
    if (Number.isSafeInteger(minChunk) && minChunk > 0) session.minChunkBytes = Math.min(minChunk, maxMinChunkBytes);
    return { mounted: false, session };
  }

  /** Sends everything and finishes, in one request. */
  async putWhole(body: BodyStream): Promise<void> {
    this.isCommitting = true;
    await this.#finish({ body, headers: octets });
  }

  /** Sends bytes from `offset` to `end`. */
  async patch(body: BodyStream, end: number): Promise<void> {
    const response = await this.#endpoint.open({
      ...this.#request('PATCH', `send ${this.#descriptor.digest}`),
      headers: { ...octets, 'content-range': `${this.offset}-${end - 1}` },
      body,
      accept: [202, 201, 204],
    });
    response.discard();
    this.#moveTo(response);
    this.offset = end;
  }

  /** Tells the registry that everything was sent. */
  async commit(): Promise<void> {
    this.isCommitting = true;
    await this.#finish({});
  }

  /** How far the registry came; undefined when it has forgotten. A `Range: 0-0` means nothing yet, as docker-registry has it. */
  async askOffset(): Promise<number | undefined> {
    this.isCommitting = false;
    try {
      const reply = await this.#endpoint.ask({
        ...this.#request('GET', `ask about the upload of ${this.#descriptor.digest}`),
        accept: [204, 202, 200],
      });
      const last = /^(?:bytes=)?0-(\d+)$/.exec(header(reply, 'range') ?? '')?.[1];
      const offset = last === undefined || last === '0' ? 0 : Number(last) + 1;
      if (offset > this.#descriptor.size) return undefined;
      this.#moveTo(reply);
      this.offset = offset;
      return offset;
    } catch (error) {
      // Whatever is wrong with this upload, a new one can go well.
      if (error instanceof RegistryError && error.code !== 'REGISTRY_UNREACHABLE') return undefined;
      throw error;
    }
  }

  /** Lets the registry forget the upload; when that does not work it does so by itself in time. */
  async cancel(): Promise<void> {
    await this.#endpoint
      .open({ ...this.#request('DELETE', 'cancel an upload'), accept: [204, 202, 200, 404] })
      .then((response) => response.discard())
      .catch(() => undefined);
  }

  async #finish(content: Pick<ApiRequest, 'body' | 'headers'>): Promise<void> {
    const { digest } = this.#descriptor;
    const target = new URL(this.#location);
    // Appended, not set: that would write the registry's own parameters anew, and some are signed.
    target.search += `${target.search === '' ? '?' : '&'}digest=${encodeURIComponent(digest)}`;
    const request = { ...this.#request('PUT', `store ${digest}`), ...content, target, answerMs: this.#endpoint.host.timeouts.commitMs };
    const response = await this.#endpoint.open({ ...request, accept: [201, 204, 200] });
    response.discard();
    const stored = response.headers['docker-content-digest'];
    if (isDigest(stored) && stored !== digest) throw contentMismatch(this.#endpoint.name, digest, `the registry stored it as ${stored}`);
  }

  #request(method: ApiRequest['method'], action: string) {
    return { method, action, target: this.#location, scopes: pushScope(this.#endpoint), signal: this.#signal };
  }

  #moveTo(response: HttpResponse | Reply): void {
    const { location } = response.headers;
    this.#location = resolveLocation(this.#location, typeof location === 'string' ? location : undefined) ?? this.#location;
  }
}

function pushScope(endpoint: Endpoint): readonly string[] {
  return [repositoryScope(endpoint.repository, ['pull', 'push'])];
}

function header(reply: Reply, name: string): string | undefined {
  const value = reply.headers[name];
  return typeof value === 'string' ? value : value?.[0];
}
