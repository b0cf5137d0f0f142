import type { JsonObject } from '../../json-document.ts';
import { parseJsonObject } from '../../json-document.ts';
import type { HttpResponse, Method } from '../http/exchange.ts';
import { isLoopback } from '../http/loopback.ts';
import type { Credential } from './credentials.ts';
import type { Scope } from './scope.ts';

/** Where and for what a token is asked: what a `Bearer` challenge says. */
export interface TokenTarget {
  readonly realm: URL;
  readonly service: string | undefined;
  readonly scopes: readonly Scope[];
}

/** A token, and until when it is used, in milliseconds since the epoch. */
export interface AccessToken {
  readonly token: string;
  readonly expiresAtMs: number;
}

/** One request to a token server. */
export interface TokenCall {
  readonly method: Method;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

/** Sends to a token server, retries what is transient, and answers with the whole content. */
export type SendTokenCall = (call: TokenCall) => Promise<{ readonly status: number; readonly body: Uint8Array }>;

/** A token server that does not say how long its token lives means one minute: https://distribution.github.io/distribution/spec/auth/token/ */
const defaultLifetimeSeconds = 60;
/** Tokens are renewed this long before they end, or after 9/10 of a short life. */
const marginMs = 10_000;
const maxTokenLength = 64 * 1024;
const clientId = 'gadget';

/** Whether credentials may be sent to this token server: over TLS, or to this machine. */
export function mayTellSecrets(realm: URL): boolean {
  return realm.protocol === 'https:' || isLoopback(realm.hostname);
}

/**
 * The request for a token: `GET` with basic authentication or none (https://distribution.github.io/distribution/spec/auth/token/), `POST`
 * with an identity token or where `GET` is not known (https://distribution.github.io/distribution/spec/auth/oauth/).
 */
export function tokenCall(target: TokenTarget, credential: Credential | undefined, useForm = false): TokenCall {
  if (credential !== undefined && 'identityToken' in credential) {
    return formCall(target, { grant_type: 'refresh_token', refresh_token: credential.identityToken });
  }
  if (credential === undefined || !('username' in credential)) return getCall(target, {});
  const { username, password } = credential;
  if (useForm) return formCall(target, { grant_type: 'password', username, password });
  return getCall(target, { authorization: basicAuthorization(username, password) });
}

export function basicAuthorization(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function getCall({ realm, service, scopes }: TokenTarget, headers: Readonly<Record<string, string>>): TokenCall {
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set('service', service);
  for (const scope of scopes) url.searchParams.append('scope', scope);
  return { method: 'GET', url, headers };
}

function formCall({ realm, service, scopes }: TokenTarget, grant: Readonly<Record<string, string>>): TokenCall {
  const form = new URLSearchParams({
    ...grant,
    ...(service === undefined ? {} : { service }),
    client_id: clientId,
    scope: scopes.join(' '),
  });
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return { method: 'POST', url: realm, headers, body: Buffer.from(form.toString()) };
}

/** The token in an answer; undefined when there is none. */
export function parseTokenAnswer(body: Uint8Array, nowMs = Date.now()): AccessToken | undefined {
  const json = parseAnswer(body);
  const token = firstText(json['token'], json['access_token']);
  // It becomes part of a header.
  if (token === undefined || token.length > maxTokenLength || !/^[\x21-\x7e]+$/.test(token)) return undefined;
  const seconds = Number(json['expires_in'] ?? defaultLifetimeSeconds);
  const lifetimeMs = (Number.isFinite(seconds) && seconds > 0 ? seconds : defaultLifetimeSeconds) * 1000;
  return { token, expiresAtMs: nowMs + lifetimeMs - Math.min(marginMs, lifetimeMs / 10) };
}

function parseAnswer(body: Uint8Array): JsonObject {
  try {
    return parseJsonObject(body, 'answer of the token server', 1024 * 1024);
  } catch {
    return {};
  }
}

function firstText(...values: readonly unknown[]): string | undefined {
  return values.find((value): value is string => typeof value === 'string' && value !== '');
}

/** Whether a token server that answers this to `GET` may know `POST`. */
export function wantsForm(response: Pick<HttpResponse, 'status'>): boolean {
  return response.status === 404 || response.status === 405;
}
