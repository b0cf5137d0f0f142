import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { createServer, request as sendRequest } from 'node:http';
import { closer, listen } from './listen.ts';

/** A request that passes. */
export interface PassingRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  /** How many requests came before it. */
  readonly count: number;
}

/** What can go wrong with one request. */
export type Fault =
  /** The proxy answers itself. */
  | { readonly kind: 'answer'; readonly status: number; readonly headers?: OutgoingHttpHeaders; readonly body?: string }
  /** The connection ends after so many bytes of the request's content have reached the registry. */
  | { readonly kind: 'cut-request'; readonly afterBytes: number }
  /** The connection ends after so many bytes of the answer: of its content, or before its head. */
  | { readonly kind: 'cut-answer'; readonly afterBytes: number | 'head' }
  /** The answer's content stops flowing after so many bytes, and then comes a byte at a time. */
  | { readonly kind: 'slow'; readonly afterBytes: number; readonly everyMs: number }
  /** No head ever comes. */
  | { readonly kind: 'silent' }
  /** The answer is changed on its way. */
  | {
      readonly kind: 'change';
      readonly headers?: (headers: OutgoingHttpHeaders) => OutgoingHttpHeaders;
      readonly body?: (body: Buffer) => Buffer;
    };

/** Decides what happens to a request; undefined lets it pass. */
export type FaultPlan = (request: PassingRequest) => Fault | undefined;

/** A proxy in front of a registry that breaks what it is told to break. */
export interface FaultProxy {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  readonly requests: PassingRequest[];
  /** The plan can be changed between requests. */
  plan: FaultPlan;
  close(): Promise<void>;
}

/** Starts a proxy in front of a registry that speaks plain HTTP. */
export async function startFaultProxy(target: string, plan: FaultPlan = () => undefined): Promise<FaultProxy> {
  const requests: PassingRequest[] = [];
  const server = createServer((request, response) => {
    const passing = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, count: requests.length };
    requests.push(passing);
    pass(target, proxy.plan(passing), { request, response });
  });
  const close = closer(server);
  const proxy: FaultProxy = { host: `127.0.0.1:${await listen(server)}`, requests, plan, close };
  return proxy;
}

interface Passage {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

function pass(target: string, fault: Fault | undefined, { request, response }: Passage): void {
  request.on('error', () => undefined);
  response.on('error', () => undefined);
  if (fault?.kind === 'silent') return;
  if (fault?.kind === 'answer') {
    request.resume();
    response.writeHead(fault.status, fault.headers).end(fault.body);
    return;
  }
  // Taken now: a request that was read to its end no longer has it.
  const { socket } = request;
  const [hostname, port] = target.split(':');
  const onward = sendRequest({ hostname, port, method: request.method, path: request.url, headers: request.headers });
  onward.on('error', () => socket.destroy());
  onward.on('response', (answer) => giveBack(answer, fault, response));
  const cutAfter = fault?.kind === 'cut-request' ? fault.afterBytes : Number.POSITIVE_INFINITY;
  void forward(request, cutAfter, (piece) => onward.write(piece)).then(
    (isWhole) => {
      if (isWhole) onward.end();
      else onward.destroy();
      if (!isWhole) socket.destroy();
    },
    () => onward.destroy(),
  );
}

/** Hands on content until the cut; false when it was cut. */
async function forward(from: IncomingMessage, cutAfter: number, write: (piece: Buffer) => unknown): Promise<boolean> {
  let passed = 0;
  if (cutAfter === 0) return false;
  for await (const piece of from as AsyncIterable<Buffer>) {
    const part = piece.subarray(0, cutAfter - passed);
    passed += part.length;
    write(part);
    if (passed >= cutAfter) {
      // What was written has to leave before the connection ends.
      await new Promise((resolve) => setTimeout(resolve, 5));
      return false;
    }
  }
  return true;
}

function giveBack(answer: IncomingMessage, fault: Fault | undefined, response: ServerResponse): void {
  answer.on('error', () => response.destroy());
  const status = answer.statusCode ?? 502;
  if (fault?.kind === 'cut-answer' && fault.afterBytes === 'head') {
    response.destroy();
    return;
  }
  if (fault?.kind === 'change') {
    void changed(answer, fault, response, status);
    return;
  }
  response.writeHead(status, answer.headers);
  if (fault?.kind === 'cut-answer') {
    response.flushHeaders();
    void forward(answer, Number(fault.afterBytes), (piece) => response.write(piece)).then((isWhole) =>
      isWhole ? response.end() : setTimeout(() => response.destroy(), 5),
    );
  } else if (fault?.kind === 'slow') {
    void dribble(answer, fault, response);
  } else {
    answer.pipe(response);
  }
}

async function changed(
  answer: IncomingMessage,
  fault: Extract<Fault, { kind: 'change' }>,
  response: ServerResponse,
  status: number,
): Promise<void> {
  const pieces: Buffer[] = [];
  for await (const piece of answer as AsyncIterable<Buffer>) pieces.push(piece);
  const body = (fault.body ?? ((same) => same))(Buffer.concat(pieces));
  const headers = fault.body === undefined ? answer.headers : { ...answer.headers, 'content-length': body.length };
  response.writeHead(status, (fault.headers ?? ((same) => same))(headers)).end(body);
}

async function dribble(answer: IncomingMessage, fault: Extract<Fault, { kind: 'slow' }>, response: ServerResponse): Promise<void> {
  let passed = 0;
  for await (const piece of answer as AsyncIterable<Buffer>) {
    for (const part of [
      piece.subarray(0, Math.max(0, fault.afterBytes - passed)),
      piece.subarray(Math.max(0, fault.afterBytes - passed)),
    ]) {
      if (passed < fault.afterBytes) {
        response.write(part);
        passed += part.length;
        continue;
      }
      for (const byte of part) {
        if (response.destroyed) return;
        response.write(Buffer.of(byte));
        await new Promise((resolve) => setTimeout(resolve, fault.everyMs));
      }
    }
  }
  response.end();
}
