import { GadgetError } from '../../base/errors.ts';
import { SourceFault, TimeoutFault } from './http/exchange.ts';
import { RedirectFault } from './http/redirect.ts';
import { RegistryError } from './registry-error.ts';

interface NodeFault {
  readonly code?: unknown;
  readonly message: string;
  readonly errors?: readonly NodeFault[];
}

/** Faults that the next try can be spared. */
const transientCodes = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'EPROTO',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_STREAM_DESTROYED',
  'ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC',
]);

const hints: readonly (readonly [RegExp, string])[] = [
  [/^(?:ENOTFOUND|EAI_)/, 'check the name of the registry and the DNS of this machine'],
  [/^ECONNREFUSED$/, 'check that the registry runs and that the port is right'],
  [
    /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS/,
    'name the authority that signed its certificate with --ca-file, or, on a network you trust, name the registry in --insecure-registries',
  ],
  [/SSL|EPROTO/, 'a registry without TLS has to be named in --insecure-registries, or use --plain-http'],
];

/** What went wrong between us and a registry, as an error that names both ends of it. Faults that are none of the network's pass unchanged. */
export function unreachable(name: string, cause: unknown): unknown {
  if (cause instanceof GadgetError) return cause;
  if (cause instanceof SourceFault) return cause.cause;
  if (cause instanceof RedirectFault) {
    return new RegistryError('REGISTRY_ERROR', `${name} ${cause.message}`, { cause, context: { repository: name } });
  }
  const fault = firstFault(cause as NodeFault);
  const code = String(fault.code ?? '');
  if (!(cause instanceof Error) || !isNetworkFault(cause, code)) return cause;
  const hint =
    hints.find(([pattern]) => pattern.test(code))?.[1] ??
    'check the network and the proxy settings (HTTPS_PROXY, NO_PROXY), then try again';
  return new RegistryError('REGISTRY_UNREACHABLE', `${name} cannot be reached: ${fault.message}`, {
    cause: fault,
    context: { repository: name, ...(code === '' ? {} : { errno: code }) },
    hint,
    transient: isTransient(cause, code),
  });
}

/** Of a connection that was tried over several addresses, the first failure says most. */
function firstFault(cause: NodeFault): NodeFault {
  return cause.errors?.[0] ?? cause;
}

function isNetworkFault(cause: Error, code: string): boolean {
  return code !== '' || isTransient(cause, code) || /^Bad response: \d+$|^Proxy timeout$/.test(cause.message);
}

function isTransient(cause: Error, code: string): boolean {
  if (cause instanceof TimeoutFault || transientCodes.has(code) || code.startsWith('HPE_')) return true;
  return /socket hang up|^aborted$|connection was closed|Premature close/i.test(cause.message);
}
