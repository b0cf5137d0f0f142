import type { Agent, ClientRequest, IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders, RequestOptions } from 'node:http';
import { StallWatch } from './stall-watch.ts';

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Content that is sent as it is read. */
export interface BodyStream {
  /** Bytes, exactly. */
  readonly length: number;
  readonly pieces: AsyncIterable<Uint8Array>;
}

export interface HttpRequest {
  readonly method: Method;
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | BodyStream;
  readonly signal?: AbortSignal | undefined;
  readonly connectMs: number;
  readonly answerMs: number;
  readonly stallMs: number;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The address that answered, after redirects. */
  readonly url: URL;
  /** The content, still to be read; `discard` when it is not wanted. */
  readonly stream: IncomingMessage;
  /** Frees the connection: for others when little is left to read, else by closing it. */
  discard(): void;
}

/** The peer did not do in time what it should. */
export class TimeoutFault extends Error {
  readonly code = 'ETIMEDOUT';
}

/** Reading what was to be sent failed: no fault of the registry. */
export class SourceFault extends Error {}

/** A rest of this size is cheaper to read than a new connection to make. */
const cheapRestBytes = 64 * 1024;

/** Sends one request and returns when the head of its answer is there. No redirects, no second tries. Errors are those of Node, `TimeoutFault` and `SourceFault`. */
export async function exchange(request: HttpRequest, agent: Agent): Promise<HttpResponse> {
  request.signal?.throwIfAborted();
  const { request: open } = request.url.protocol === 'https:' ? await import('node:https') : await import('node:http');
  const sent = open(request.url, requestOptions(request, agent));
  const answer = answerTo(sent, request);
  try {
    await sendBody(sent, request, answer);
    return toResponse(await answer.head, sent, request);
  } catch (error) {
    sent.destroy();
    request.signal?.throwIfAborted();
    throw error;
  } finally {
    answer.settle();
  }
}

function requestOptions({ method, headers, body, signal }: HttpRequest, agent: Agent): RequestOptions {
  const length = body === undefined ? (method === 'GET' || method === 'HEAD' || method === 'DELETE' ? undefined : 0) : body.length;
  const all: OutgoingHttpHeaders = { ...headers, ...(length === undefined ? {} : { 'content-length': length }) };
  return { method, headers: all, agent, ...(signal === undefined ? {} : { signal }) };
}

interface Answer {
  readonly head: Promise<IncomingMessage>;
  readonly isThere: () => boolean;
  /** Waits until the request takes more bytes, or is over. */
  readonly drained: () => Promise<void>;
  /** The whole request is sent: time for the answer runs. */
  readonly expect: () => void;
  readonly settle: () => void;
}

function answerTo(sent: ClientRequest, { connectMs, answerMs, url }: HttpRequest): Answer {
  let there = false;
  let wake: (() => void) | undefined;
  let timer = setTimeout(() => sent.destroy(new TimeoutFault(`no connection to ${url.host} within ${connectMs} ms`)), connectMs);
  const head = new Promise<IncomingMessage>((resolve, reject) => {
    sent.once('response', resolve);
    // Stays for faults after the head, which its stream reports.
    sent.on('error', reject);
    sent.once('close', () => reject(new Error('the connection was closed')));
  });
  const over = (): void => {
    there = true;
    wake?.();
  };
  head.then(over, over);
  sent.on('drain', () => wake?.());
  whenConnected(sent, url, () => clearTimeout(timer));
  return {
    head,
    isThere: () => there,
    drained: () =>
      new Promise((resolve) => {
        wake = resolve;
        if (there) resolve();
      }),
    expect: () => {
      const begin = (): void => {
        clearTimeout(timer);
        timer = setTimeout(() => sent.destroy(new TimeoutFault(`no answer from ${url.host} within ${answerMs} ms`)), answerMs);
      };
      if (sent.socket?.connecting === false) begin();
      else whenConnected(sent, url, begin);
    },
    settle: () => clearTimeout(timer),
  };
}

function whenConnected(sent: ClientRequest, url: URL, then: () => void): void {
  sent.once('socket', (socket) => {
    if (!socket.connecting) then();
    else socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', then);
  });
}

async function sendBody(sent: ClientRequest, request: HttpRequest, answer: Answer): Promise<void> {
  const { body, stallMs, url } = request;
  if (body === undefined || body instanceof Uint8Array) {
    sent.end(body);
    answer.expect();
    return;
  }
  const watch = new StallWatch(stallMs, () => sent.destroy(new TimeoutFault(`${url.host} took no content for ${stallMs} ms`)));
  try {
    await pump(sent, body.pieces, { answer, watch });
  } finally {
    watch.close();
  }
  // An answer before the end is a refusal: the rest is not sent.
  if (answer.isThere()) return;
  sent.end();
  answer.expect();
}

async function pump(
  sent: ClientRequest,
  pieces: AsyncIterable<Uint8Array>,
  { answer, watch }: { answer: Answer; watch: StallWatch },
): Promise<void> {
  const iterator = pieces[Symbol.asyncIterator]();
  try {
    while (!answer.isThere()) {
      const next = await iterator.next().catch((cause: unknown) => {
        throw new SourceFault('content to be sent could not be read', { cause });
      });
      if (next.done === true) return;
      watch.waiting();
      if (!sent.write(next.value)) await answer.drained();
      watch.moved(next.value.length);
    }
  } finally {
    await iterator.return?.().catch(() => undefined);
  }
}

function toResponse(message: IncomingMessage, sent: ClientRequest, { url }: HttpRequest): HttpResponse {
  // Without a reader, a fault after the head would end the process.
  message.on('error', () => undefined);
  return {
    status: message.statusCode ?? 0,
    headers: message.headers,
    url,
    stream: message,
    discard: () => {
      const length = Number(message.headers['content-length'] ?? Number.NaN);
      if (sent.writableEnded && (message.complete || length <= cheapRestBytes || sent.method === 'HEAD')) message.resume();
      else message.destroy();
    },
  };
}
