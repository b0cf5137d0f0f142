import { createHash, randomUUID } from 'node:crypto';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { closer, listen } from './listen.ts';

export interface MemoryRegistryOptions {
  /** Knows the referrers API and answers with `OCI-Subject`. On by default. */
  readonly referrers?: boolean;
  /** Sends blobs from another origin, as registries with storage elsewhere do. */
  readonly blobsElsewhere?: boolean;
  /** The form of `Location` headers of uploads. */
  readonly location?: 'absolute' | 'path' | 'query-only';
  /** The most bytes of one request's content. */
  readonly maxRequestBytes?: number;
  readonly chunkMinLength?: number;
  /** Leaves `Docker-Content-Digest` out of answers to HEAD. */
  readonly silentHead?: boolean;
  /** Wants this `Authorization`. */
  readonly authorization?: string;
  /** `WWW-Authenticate` of refusals. */
  readonly challenge?: string;
  /** Tags a page, at most. */
  readonly pageSize?: number;
  /** Sends this with every answer. */
  readonly headers?: OutgoingHttpHeaders;
  /** Answers `sha256-<hex>` with the manifest of that digest, as registry.gitlab.com does. */
  readonly resolvesDigestTags?: boolean;
}

export interface StoredManifest {
  readonly mediaType: string;
  readonly bytes: Buffer;
}

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
}

/**
 * A small registry that can do what docker-registry 2.8 cannot: uploads that go on after a cut, the referrers API, blobs on another host. One
 * namespace of repositories, all in memory.
 */
export interface MemoryRegistry {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  readonly blobs: Map<string, Buffer>;
  /** `repository:tag` and `repository@digest`. */
  readonly manifests: Map<string, StoredManifest>;
  readonly requests: SeenRequest[];
  /** What came to the origin that blobs are on. */
  readonly storageRequests: SeenRequest[];
  close(): Promise<void>;
}

interface Upload {
  bytes: Buffer[];
  length: number;
}

const digestOf = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

export async function startMemoryRegistry(options: MemoryRegistryOptions = {}): Promise<MemoryRegistry> {
  const blobs = new Map<string, Buffer>();
  const manifests = new Map<string, StoredManifest>();
  const uploads = new Map<string, Upload>();
  const requests: SeenRequest[] = [];
  const storageRequests: SeenRequest[] = [];
  const storage = createServer((request, response) => {
    storageRequests.push(seen(request));
    give(blobReply(blobs.get(`sha256:${request.url?.slice(1).split('?')[0]}`), request), request, response);
  });
  const server = createServer((request, response) => {
    requests.push(seen(request));
    for (const [name, value] of Object.entries(options.headers ?? {})) response.setHeader(name, value!);
    void answer({ request, options, blobs, manifests, uploads, storagePort }).then(
      (made) => give(made, request, response),
      () => response.destroy(),
    );
  });
  const closeBoth = [closer(server), closer(storage)];
  const port = await listen(server);
  const storagePort = await listen(storage);
  return {
    host: `127.0.0.1:${port}`,
    blobs,
    manifests,
    requests,
    storageRequests,
    close: async () => {
      await Promise.all(closeBoth.map((close) => close()));
    },
  };
}

interface Context {
  readonly request: IncomingMessage;
  readonly options: MemoryRegistryOptions;
  readonly blobs: Map<string, Buffer>;
  readonly manifests: Map<string, StoredManifest>;
  readonly uploads: Map<string, Upload>;
  readonly storagePort: number;
}

function seen({ method = '', url = '', headers }: IncomingMessage): SeenRequest {
  return { method, path: url, headers };
}

async function answer(context: Context): Promise<Reply> {
  const { request, options } = context;
  const url = new URL(request.url ?? '/', `http://${request.headers.host}`);
  if (options.authorization !== undefined && request.headers.authorization !== options.authorization) {
    return refused(401, 'UNAUTHORIZED', { 'www-authenticate': options.challenge ?? 'Basic realm="fixture"' });
  }
  if (url.pathname === '/v2/') return reply(200);
  const match = /^\/v2\/(.+?)\/(blobs|manifests|tags|referrers)\/(.*)$/.exec(url.pathname);
  if (match === null) return refused(404, 'NAME_UNKNOWN');
  const [, repository = '', kind, rest = ''] = match;
  if (kind === 'blobs') return rest.startsWith('uploads/') ? upload(context, url, rest.slice('uploads/'.length)) : blob(context, rest);
  if (kind === 'manifests') return manifest(context, repository, rest);
  return kind === 'tags' ? tags(context, url, repository) : referrers(context, url, repository, rest);
}

interface Reply {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body?: Buffer | string;
}

function reply(status: number, headers: OutgoingHttpHeaders = {}, body?: Buffer | string): Reply {
  return { status, headers, ...(body === undefined ? {} : { body }) };
}

function refused(status: number, code: string, headers: OutgoingHttpHeaders = {}): Reply {
  const body = JSON.stringify({ errors: [{ code, message: code.toLowerCase() }] });
  return reply(status, { 'content-type': 'application/json', ...headers }, body);
}

function give({ status, headers, body }: Reply, request: IncomingMessage, response: ServerResponse): void {
  const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
  response.writeHead(status, { ...length, ...headers }).end(request.method === 'HEAD' ? undefined : body);
}

async function contentOf(request: IncomingMessage, take: (piece: Buffer) => void): Promise<void> {
  for await (const piece of request as AsyncIterable<Buffer>) take(piece);
}

function blob({ request, blobs, options, storagePort }: Context, digest: string): Reply {
  const bytes = blobs.get(digest);
  if (request.method === 'DELETE') return blobs.delete(digest) ? reply(202) : refused(404, 'BLOB_UNKNOWN');
  if (bytes === undefined) return refused(404, 'BLOB_UNKNOWN');
  if (options.blobsElsewhere !== true || request.method !== 'GET') return blobReply(bytes, request);
  return reply(307, { location: `http://127.0.0.1:${storagePort}/${digest.slice('sha256:'.length)}?signature=secret` });
}

function blobReply(bytes: Buffer | undefined, request: IncomingMessage): Reply {
  if (bytes === undefined) return reply(404);
  const type = { 'content-type': 'application/octet-stream' };
  const first = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1];
  if (first === undefined) return reply(200, type, bytes);
  return reply(206, { ...type, 'content-range': `bytes ${first}-${bytes.length - 1}/${bytes.length}` }, bytes.subarray(Number(first)));
}

async function upload(context: Context, url: URL, rest: string): Promise<Reply> {
  const { request, blobs, uploads, options } = context;
  if (request.method === 'POST') {
    const mount = url.searchParams.get('mount');
    if (mount !== null && blobs.has(mount)) return reply(201, { location: `/v2/x/blobs/${mount}` });
    const id = randomUUID();
    uploads.set(id, { bytes: [], length: 0 });
    const minimum = options.chunkMinLength === undefined ? {} : { 'oci-chunk-min-length': options.chunkMinLength };
    return reply(202, { location: locationOf(context, url, id), range: '0-0', ...minimum });
  }
  const id = url.searchParams.get('upload') ?? rest;
  const going = uploads.get(id);
  if (going === undefined) return refused(404, 'BLOB_UPLOAD_UNKNOWN');
  const state = () => ({ location: locationOf(context, url, id), range: `0-${Math.max(0, going.length - 1)}` });
  if (request.method === 'GET') return reply(204, state());
  if (request.method === 'DELETE') {
    uploads.delete(id);
    return reply(204);
  }
  if (Number(request.headers['content-length'] ?? 0) > (options.maxRequestBytes ?? Number.POSITIVE_INFINITY)) {
    return refused(413, 'SIZE_INVALID', { connection: 'close' });
  }
  const from = /^(\d+)-\d+$/.exec(request.headers['content-range'] ?? '')?.[1];
  if (from !== undefined && Number(from) !== going.length) return refused(416, 'RANGE_INVALID');
  // What arrived before a cut is kept.
  await contentOf(request, (piece) => {
    going.bytes.push(piece);
    going.length += piece.length;
  });
  if (request.method === 'PATCH') return reply(202, state());
  const bytes = Buffer.concat(going.bytes);
  const digest = digestOf(bytes);
  if (digest !== url.searchParams.get('digest')) return refused(400, 'DIGEST_INVALID');
  uploads.delete(id);
  blobs.set(digest, bytes);
  return reply(201, { location: `/v2/x/blobs/${digest}`, 'docker-content-digest': digest });
}

function locationOf({ options }: Context, url: URL, id: string): string {
  const base = url.pathname.replace(/uploads\/.*$/, 'uploads/');
  if (options.location === 'absolute') return new URL(`${base}${id}?state=a%2Bb`, url).href;
  return options.location === 'query-only' ? `?upload=${id}` : `${base}${id}?state=a%2Bb`;
}

/** A tag alone, or a digest with all of its tags. */
function deleteManifest(manifests: Map<string, StoredManifest>, repository: string, key: string): boolean {
  const deleted = manifests.get(key);
  if (deleted === undefined) return false;
  const isTag = key.startsWith(`${repository}:`);
  for (const [name, { bytes }] of manifests) {
    if (name === key || (!isTag && name.startsWith(`${repository}:`) && bytes.equals(deleted.bytes))) manifests.delete(name);
  }
  return true;
}

async function manifest(context: Context, repository: string, name: string): Promise<Reply> {
  const { request, manifests, options } = context;
  const key = name.startsWith('sha256:') ? `${repository}@${name}` : `${repository}:${name}`;
  if (request.method === 'PUT') return putManifest(context, repository, key);
  if (request.method === 'DELETE') return deleteManifest(manifests, repository, key) ? reply(202) : refused(404, 'MANIFEST_UNKNOWN');
  const asDigest =
    options.resolvesDigestTags === true && /^sha256-[0-9a-f]{64}$/.test(name)
      ? manifests.get(`${repository}@${name.replace('-', ':')}`)
      : undefined;
  const found = asDigest ?? manifests.get(key);
  if (found === undefined) return refused(404, 'MANIFEST_UNKNOWN');
  const digest = request.method === 'HEAD' && options.silentHead === true ? {} : { 'docker-content-digest': digestOf(found.bytes) };
  return reply(200, { 'content-type': found.mediaType, ...digest }, found.bytes);
}

async function putManifest(context: Context, repository: string, key: string): Promise<Reply> {
  const { request, manifests, options } = context;
  const pieces: Buffer[] = [];
  await contentOf(request, (piece) => pieces.push(piece));
  const bytes = Buffer.concat(pieces);
  const digest = digestOf(bytes);
  const stored = { mediaType: String(request.headers['content-type']), bytes };
  manifests.set(`${repository}@${digest}`, stored);
  manifests.set(key, stored);
  const subject = (JSON.parse(bytes.toString()) as { subject?: { digest: string } }).subject?.digest;
  const known = subject === undefined || options.referrers === false ? {} : { 'oci-subject': subject };
  return reply(201, { 'docker-content-digest': digest, ...known });
}

function tags(context: Context, url: URL, repository: string): Reply {
  const own = [...context.manifests.keys()]
    .filter((key) => key.startsWith(`${repository}:`))
    .map((key) => key.slice(repository.length + 1));
  if (own.length === 0) return refused(404, 'NAME_UNKNOWN');
  const last = url.searchParams.get('last');
  const rest = own.sort().filter((tag) => last === null || tag > last);
  const page = rest.slice(0, context.options.pageSize ?? rest.length);
  const link = page.length < rest.length ? { link: `<${url.pathname}?last=${page.at(-1)}>; rel="next"` } : {};
  return reply(200, { 'content-type': 'application/json', ...link }, JSON.stringify({ name: repository, tags: page }));
}

function referrers(context: Context, url: URL, repository: string, subject: string): Reply {
  const { options, manifests } = context;
  if (options.referrers === false) return refused(404, 'UNSUPPORTED');
  const wanted = url.searchParams.get('artifactType');
  const found = [...manifests].flatMap(([key, { mediaType, bytes }]) => {
    const json = JSON.parse(bytes.toString()) as { subject?: { digest: string }; artifactType?: string; config?: { mediaType: string } };
    // As the specification has it: an image manifest without artifactType is of its config's type.
    const artifactType = json.artifactType ?? json.config?.mediaType;
    if (!key.startsWith(`${repository}@`) || json.subject?.digest !== subject) return [];
    if (wanted !== null && artifactType !== wanted) return [];
    return [
      {
        mediaType,
        digest: digestOf(bytes),
        size: bytes.length,
        ...(artifactType === undefined ? {} : { artifactType }),
      },
    ];
  });
  const type = 'application/vnd.oci.image.index.v1+json';
  const filters = wanted === null ? {} : { 'oci-filters-applied': 'artifactType' };
  return reply(200, { 'content-type': type, ...filters }, JSON.stringify({ schemaVersion: 2, mediaType: type, manifests: found }));
}
