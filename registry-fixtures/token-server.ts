import { createHash, createPrivateKey, createPublicKey, randomUUID, sign, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Certificates } from './certificates.ts';
import { closer, listen } from './listen.ts';

export interface TokenServerOptions {
  readonly certificates: Certificates;
  /** Serves HTTPS. */
  readonly tls?: boolean;
  /** Who gets tokens; everybody when there is none. */
  readonly user?: { readonly username: string; readonly password: string };
  /** What `POST` takes as a refresh token. */
  readonly identityToken?: string;
  /** Seconds. */
  readonly lifetime?: number;
  /** Answers 404 to `GET`, as servers do that only know OAuth. */
  readonly postOnly?: boolean;
}

/** One request that came in. */
export interface TokenRequest {
  readonly method: string;
  readonly scopes: readonly string[];
  readonly authorization: string | undefined;
}

/** A token server as docker-registry trusts it: https://distribution.github.io/distribution/spec/auth/token/ */
export interface TokenServer {
  readonly realm: string;
  readonly service: string;
  readonly issuer: string;
  readonly requests: TokenRequest[];
  /** Seconds that tokens live from now on. */
  lifetime: number;
  close(): Promise<void>;
}

const service = 'fixture-registry';
const issuer = 'fixture-issuer';

export async function startTokenServer(options: TokenServerOptions): Promise<TokenServer> {
  const { certificates } = options;
  const requests: TokenRequest[] = [];
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    void respond(request, response).catch(() => response.destroy());
  };
  const tls = { cert: readFileSync(certificates.certFile), key: readFileSync(certificates.keyFile) };
  const server = options.tls === true ? createTlsServer(tls, answer) : createServer(answer);
  const close = closer(server);
  const port = await listen(server);

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const form = new URLSearchParams(request.method === 'POST' ? await textOf(request) : '');
    const scopes = request.method === 'POST' ? (form.get('scope') ?? '').split(' ') : url.searchParams.getAll('scope');
    requests.push({ method: request.method ?? '', scopes, authorization: request.headers.authorization });
    if (request.method === 'GET' && options.postOnly === true) return send(response, 404, { error: 'unsupported' });
    if (!isPermitted(options, request, form))
      return send(response, 401, { errors: [{ code: 'UNAUTHORIZED', message: 'wrong user or password' }] });
    const token = makeToken(
      certificates,
      scopes.filter((scope) => scope !== ''),
      started.lifetime,
    );
    send(
      response,
      200,
      request.method === 'POST' ? { access_token: token, expires_in: started.lifetime } : { token, expires_in: started.lifetime },
    );
  }

  const started: TokenServer = {
    realm: `${options.tls === true ? 'https' : 'http'}://127.0.0.1:${port}/token`,
    service,
    issuer,
    requests,
    lifetime: options.lifetime ?? 300,
    close,
  };
  return started;
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function textOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString('utf8');
}

function isPermitted({ user, identityToken }: TokenServerOptions, request: IncomingMessage, form: URLSearchParams): boolean {
  if (form.get('grant_type') === 'refresh_token') return identityToken !== undefined && form.get('refresh_token') === identityToken;
  if (user === undefined) return true;
  if (form.get('grant_type') === 'password') return form.get('username') === user.username && form.get('password') === user.password;
  return request.headers.authorization === `Basic ${Buffer.from(`${user.username}:${user.password}`).toString('base64')}`;
}

/** A JWT of ES256 that permits everything it is asked for. */
function makeToken(certificates: Certificates, scopes: readonly string[], lifetime: number): string {
  const key = createPrivateKey(readFileSync(certificates.keyFile));
  const certificate = new X509Certificate(readFileSync(certificates.certFile));
  const now = Math.floor(Date.now() / 1000);
  const access = scopes.map((scope) => {
    const [type, ...rest] = scope.split(':');
    return { type, name: rest.slice(0, -1).join(':'), actions: (rest.at(-1) ?? '').split(',') };
  });
  const header = { typ: 'JWT', alg: 'ES256', kid: keyId(certificate), x5c: [certificate.raw.toString('base64')] };
  const claims = { iss: issuer, sub: 'user', aud: service, iat: now, nbf: now - 10, exp: now + lifetime, jti: randomUUID(), access };
  const text = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${text}.${sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

/** libtrust's name of a key: base32 of the first 30 bytes of SHA-256 of the public key, in groups of 4. */
function keyId(certificate: X509Certificate): string {
  const der = createPublicKey(certificate.publicKey.export({ type: 'spki', format: 'pem' })).export({ type: 'spki', format: 'der' });
  const bits = [...createHash('sha256').update(der).digest().subarray(0, 30)].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const text = (bits.match(/.{5}/g) ?? []).map((five) => letters[Number.parseInt(five, 2)]).join('');
  return (text.match(/.{4}/g) ?? []).join(':');
}
