import type { Descriptor } from '../descriptor.ts';
import type { Digest } from '../digest.ts';
import { digestOf, isDigest } from '../digest.ts';
import { maxManifestBytes } from '../manifest.ts';
import { mediaTypes } from '../media-types.ts';
import { repositoryScope } from './auth/scope.ts';
import type { Endpoint } from './endpoint.ts';
import type { Reply } from './refusal.ts';
import { contentMismatch } from './registry-error.ts';

/** Every type by name: docker-registry 2.8 answers 404 for an OCI index when asked for anything at all. */
const accept = [mediaTypes.index, mediaTypes.manifest, mediaTypes.dockerIndex, mediaTypes.dockerManifest].join(', ');
/** What a registry that does not know HEAD, or does not like it, answers. */
const headless = [400, 405, 406, 501];

/** A manifest as the registry gave it, with the digest and type that its bytes have. */
export interface FoundManifest {
  readonly descriptor: Descriptor;
  readonly bytes: Buffer;
}

/** The descriptor of a manifest by tag or digest, with one HEAD request where the registry says enough. Undefined when there is none. */
export async function resolveManifest(endpoint: Endpoint, version: string, signal?: AbortSignal): Promise<Descriptor | undefined> {
  const reply = await endpoint.ask({
    method: 'HEAD',
    target: `manifests/${version}`,
    action: `find the manifest ${version}`,
    scopes: [repositoryScope(endpoint.repository, ['pull'])],
    headers: { accept },
    accept: [200, 404, ...headless],
    signal,
  });
  if (reply.status === 404) return undefined;
  const described = reply.status === 200 ? describedBy(reply) : undefined;
  if (described !== undefined && (!isDigest(version) || described.digest === version)) return described;
  return (await getManifest(endpoint, version, signal))?.descriptor;
}

function describedBy({ headers }: Reply): Descriptor | undefined {
  const digest = headers['docker-content-digest'];
  const size = Number(headers['content-length'] ?? Number.NaN);
  const mediaType = typeOf(headers['content-type']);
  if (!isDigest(digest) || mediaType === undefined || !Number.isSafeInteger(size) || size <= 0) return undefined;
  return { mediaType, digest, size };
}

/** A manifest by tag or digest; undefined when there is none. Asked for by digest, it has that digest. Throws CONTENT_MISMATCH. */
export async function getManifest(endpoint: Endpoint, version: string, signal?: AbortSignal): Promise<FoundManifest | undefined> {
  const first = await getManifestOnce(endpoint, version, signal);
  if (first === undefined || !isDigest(version) || first.descriptor.digest === version) return first;
  // A cache on the way may have mixed something up: once more.
  const second = await getManifestOnce(endpoint, version, signal);
  if (second === undefined || second.descriptor.digest === version) return second;
  throw contentMismatch(endpoint.name, version, `the registry sent a manifest with the digest ${second.descriptor.digest}`);
}

async function getManifestOnce(endpoint: Endpoint, version: string, signal: AbortSignal | undefined): Promise<FoundManifest | undefined> {
  const reply = await endpoint.ask({
    method: 'GET',
    target: `manifests/${version}`,
    action: `read the manifest ${version}`,
    scopes: [repositoryScope(endpoint.repository, ['pull'])],
    headers: { accept, 'accept-encoding': 'identity' },
    accept: [200, 404],
    maxBytes: maxManifestBytes,
    signal,
  });
  if (reply.status === 404) return undefined;
  const mediaType = typeOf(reply.headers['content-type']) ?? typeInside(reply.body) ?? mediaTypes.manifest;
  return { descriptor: { mediaType, digest: digestOf(reply.body), size: reply.body.length }, bytes: reply.body };
}

/** Stores a manifest under its digest or a tag; says whether the registry lists what its `subject` refers to. Throws what the registry answers. */
export async function putManifest(
  endpoint: Endpoint,
  manifest: { readonly mediaType: string; readonly bytes: Uint8Array; readonly digest: Digest },
  { version, signal }: { readonly version: string; readonly signal?: AbortSignal | undefined },
): Promise<{ readonly listsSubject: boolean }> {
  const reply = await endpoint.ask({
    method: 'PUT',
    target: `manifests/${version}`,
    action: `store the manifest ${version}`,
    scopes: [repositoryScope(endpoint.repository, ['pull', 'push'])],
    headers: { 'content-type': manifest.mediaType },
    body: manifest.bytes,
    accept: [200, 201, 202, 204],
    answerMs: endpoint.host.timeouts.commitMs,
    signal,
  });
  const stored = reply.headers['docker-content-digest'];
  if (isDigest(stored) && stored !== manifest.digest) {
    throw contentMismatch(endpoint.name, manifest.digest, `the registry stored the manifest as ${stored}`);
  }
  return { listsSubject: reply.headers['oci-subject'] !== undefined };
}

/** The media type of a `Content-Type` header; undefined for those that say nothing about manifests. */
function typeOf(header: string | readonly string[] | undefined): string | undefined {
  const type = (typeof header === 'string' ? header : header?.[0])?.split(';')[0]?.trim().toLowerCase();
  return type === undefined || !/^application\/vnd\.[\w.+-]{1,200}$/.test(type) ? undefined : type;
}

/** What a manifest says of itself, for registries that say `application/json`. */
function typeInside(bytes: Buffer): string | undefined {
  try {
    const json = JSON.parse(bytes.toString('utf8')) as { readonly mediaType?: unknown; readonly manifests?: unknown };
    if (typeof json.mediaType === 'string') return typeOf(json.mediaType);
    return json.manifests === undefined ? mediaTypes.manifest : mediaTypes.index;
  } catch {
    return undefined;
  }
}
