import { safeText } from '../../base/safe-text.ts';
import { parseRetryAfter } from './http/retries.ts';
import type { RegistryErrorOptions } from './registry-error.ts';
import { RegistryError } from './registry-error.ts';

/** A whole answer. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly url: URL;
  readonly body: Buffer;
}

/** What was asked of whom. */
export interface Asked {
  /** `registry/repository`. */
  readonly name: string;
  readonly registry: string;
  /** `read the manifest v1`. */
  readonly action: string;
  /** Sent with the request, and never to be shown. */
  readonly authorization?: string | undefined;
  readonly hasCredentials?: boolean;
  /** Why credentials that may exist were not sent. */
  readonly withheld?: boolean;
}

const transientStatuses = new Set([408, 425, 429, 500, 502, 503, 504]);
const maxMessageLength = 300;

/** Whether a later try of the same request can have another answer. */
export function isTransientStatus(status: number): boolean {
  return transientStatuses.has(status);
}

/**
 * What is sent was verified before, so this is the registry's own trouble, or the line's: docker-registry says it of a manifest that another client is
 * storing at the same moment.
 */
function isDigestDoubted(status: number, said: string): boolean {
  return status === 400 && said.includes('DIGEST_INVALID');
}

/** The error for an answer that nobody wanted, with what the registry says about it. */
export function refusalOf(asked: Asked, reply: Reply): RegistryError {
  const { name, registry, action } = asked;
  const said = withoutSecrets(registryMessage(reply), asked.authorization);
  const options: RegistryErrorOptions = { status: reply.status, context: { registry, repository: name, status: reply.status } };
  const detail = `${reply.status}${said === '' ? '' : `: ${said}`}`;
  if (reply.status === 401 || reply.status === 403) {
    return new RegistryError('REGISTRY_DENIED', `${name}: not permitted to ${action} (${detail})`, { ...options, hint: deniedHint(asked) });
  }
  if (reply.status === 404) {
    return new RegistryError('IMAGE_NOT_FOUND', `${name}: nothing there to ${action} (${detail})`, {
      ...options,
      hint: `check the name; some registries answer the same when nobody is logged in: \`gadget login ${registry}\``,
    });
  }
  const retryAfterMs = parseRetryAfter(text(reply.headers['retry-after']));
  return new RegistryError('REGISTRY_ERROR', `${name}: the registry did not ${action} (${detail})`, {
    ...options,
    hint: hintFor(reply.status, registry, retryAfterMs),
    transient: isTransientStatus(reply.status) || isDigestDoubted(reply.status, said),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

function deniedHint({ registry, hasCredentials, withheld }: Asked): string {
  if (withheld) return 'credentials are only sent over verified TLS or to this machine; reach the registry that way';
  if (hasCredentials) return `the credentials for ${registry} do not permit it; log in as somebody else with \`gadget login ${registry}\``;
  return `log in with \`gadget login ${registry}\``;
}

function hintFor(status: number, registry: string, retryAfterMs = 0): string {
  const asked = retryAfterMs === 0 ? undefined : `the registry asks to wait ${Math.ceil(retryAfterMs / 1000)} s`;
  if (status === 429) return `${registry} limits the number of requests; ${asked ?? 'wait'}, or log in for a higher limit`;
  if (status === 413) return `${registry} or a proxy before it takes no content of this size`;
  if (status === 405) return `${registry} has this turned off; docker-registry needs REGISTRY_STORAGE_DELETE_ENABLED=true to delete`;
  if (isTransientStatus(status)) return asked ?? 'try again later';
  return `see the logs of ${registry}`;
}

/** The first error of a registry's list (https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#error-codes), or its plain text. */
function registryMessage(reply: Reply): string {
  const raw = reply.body.subarray(0, 64 * 1024).toString('utf8');
  return safeText(listedError(raw) ?? plainText(reply, raw)).slice(0, maxMessageLength);
}

function listedError(raw: string): string | undefined {
  try {
    const { errors } = JSON.parse(raw) as { readonly errors?: readonly { readonly code?: unknown; readonly message?: unknown }[] };
    const first = errors?.[0];
    const parts = [first?.code, first?.message].filter((part): part is string => typeof part === 'string' && part !== '');
    return first === undefined ? undefined : parts.join(' ');
  } catch {
    return undefined;
  }
}

function plainText(reply: Reply, raw: string): string {
  return text(reply.headers['content-type'])?.startsWith('text/plain') ? raw.trim() : '';
}

/** A registry can send back what it was sent. */
function withoutSecrets(message: string, authorization: string | undefined): string {
  if (authorization === undefined) return message;
  const secret = authorization.slice(authorization.indexOf(' ') + 1);
  const decoded = authorization.startsWith('Basic ') ? Buffer.from(secret, 'base64').toString() : '';
  const password = decoded.slice(decoded.indexOf(':') + 1);
  return [secret, decoded, password].reduce((shown, part) => (part === '' ? shown : shown.replaceAll(part, '***')), message);
}

function text(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : value?.[0];
}
