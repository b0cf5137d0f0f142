import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';
import type { NativeFailure } from '../../native/index.d.ts';
import type { ErrorCode } from '../base/errors.ts';
import { missingCapabilities } from './capabilities.ts';
import { KernelError } from './errors.ts';

/** ENOTSUPP: kernel-internal, yet bpf(2) returns it. */
const errnoNotSupported = 524;

const { errno: errnos } = constants;

/** Whether an exception is one of the addon's plain failures. */
export function isNativeFailure(error: unknown): error is NativeFailure {
  return typeof error === 'object' && error !== null && !(error instanceof Error) && 'errno' in error && 'operation' in error;
}

/** Runs a call into the addon; `explain` makes an Error of its failure, other exceptions pass. */
export function guarded<T>(call: () => T, explain: (failure: NativeFailure) => Error): T {
  try {
    return call();
  } catch (error) {
    throw isNativeFailure(error) ? explain(error) : error;
  }
}

/** `ENOENT`, or a number where the errno has no name. */
export function errnoName(errno: number): string {
  if (errno === errnoNotSupported) return 'ENOTSUPP';
  return getSystemErrorMap().get(-errno)?.[0] ?? `errno ${errno}`;
}

/** EPERM and EACCES, which mean "you may not" or, for root, "this kernel does not". */
export function isRefusal(errno: number): boolean {
  return errno === errnos.EPERM || errno === errnos.EACCES;
}

/** The kernel was built without it. */
export function isUnsupported(errno: number): boolean {
  return errno === errnos.EOPNOTSUPP || errno === errnoNotSupported || errno === errnos.ENOSYS;
}

export const isMissing = (errno: number): boolean => errno === errnos.ENOENT || errno === errnos.ESRCH;

/** libbpf's lines without its prefix and without the one that only repeats that a load failed. */
export function logLines(log: string): readonly string[] {
  return log
    .split('\n')
    .map((line) => line.replace(/^libbpf: /, '').trimEnd())
    .filter((line) => line !== '' && !/^failed to load object/.test(line));
}

export interface FailureWords {
  readonly code: ErrorCode;
  /** What was tried: `cannot attach program x to tracepoint a/b`. */
  readonly message: string;
  readonly hint?: string;
  readonly context?: Readonly<Record<string, string | number | bigint>>;
  readonly verifierLog?: readonly string[];
}

/** A KernelError with the failure's facts; libbpf's last line becomes part of the message. */
export function kernelError(failure: NativeFailure, words: FailureWords): KernelError {
  const reason = words.verifierLog === undefined ? logLines(failure.log).at(-1) : undefined;
  const name = failure.errno === 0 ? '' : `: ${errnoName(failure.errno)}`;
  return new KernelError(words.code, `${words.message}${name}${reason === undefined ? '' : ` (${reason})`}`, {
    errno: failure.errno,
    operation: failure.operation,
    context: words.context ?? {},
    ...(words.hint === undefined ? {} : { hint: words.hint }),
    ...(words.verifierLog === undefined ? {} : { verifierLog: words.verifierLog }),
  });
}

/** For operations without a story of their own: maps, descriptors, settings before load. */
export function operationFailed(failure: NativeFailure): KernelError {
  const message = `${failure.operation.replaceAll('_', ' ')}${failure.subject === '' ? '' : ` of ${failure.subject}`} failed`;
  if (isRefusal(failure.errno)) return refused(failure, message, []);
  return kernelError(failure, { code: 'KERNEL_OPERATION_FAILED', message });
}

/** Says whether a capability is missing, or the kernel refuses what we may do. */
export function refused(failure: NativeFailure, message: string, needed: readonly string[], context = {}): KernelError {
  const missing = missingCapabilities(needed.length === 0 ? ['CAP_BPF', 'CAP_PERFMON'] : needed);
  if (missing.length > 0) {
    const hint = `run as root, or grant ${missing.join(' and ')}`;
    return kernelError(failure, { code: 'PRIVILEGE_MISSING', message, context, hint });
  }
  const hint = 'all capabilities are there: this kernel was built or configured without it, or a security policy forbids it';
  return kernelError(failure, { code: 'KERNEL_FEATURE_MISSING', message, context, hint });
}
