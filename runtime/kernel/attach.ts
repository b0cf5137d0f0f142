import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import type { NativeFailure, Link as NativeLink, Program as NativeProgram } from '../../native/index.d.ts';
import { KernelError } from './errors.ts';
import { guarded, isMissing, isRefusal, isUnsupported, kernelError, refused } from './failure.ts';
import { missingTargetHint } from './load-failure.ts';
import { nearBtfTarget, nearFunction, nearTracepoint } from './near-targets.ts';
import { kprobeSigns, uprobeSigns } from './probes.ts';
import { tracepointId } from './tracefs.ts';
import type { AttachRequest } from './types.ts';

const everyProcess = -1;
const noMap = -1;

/** Attaches one program. KernelError: ATTACH_FAILED, ATTACH_TARGET_MISSING, PRIVILEGE_MISSING, KERNEL_FEATURE_MISSING. */
export function attach(program: NativeProgram, request: AttachRequest): NativeLink {
  return guarded(
    () => attachNative(program, request),
    (failure) => attachFailed(failure, program.name, request),
  );
}

function attachNative(program: NativeProgram, request: AttachRequest): NativeLink {
  switch (request.kind) {
    case 'tracepoint':
      return program.attachTracepoint(existingTracepoint(program.name, request));
    case 'raw_tracepoint':
      return program.attachRawTracepoint(request.name);
    case 'tracing':
      return program.attachTracing();
    case 'kprobe':
      return program.attachKprobe(request.symbol, BigInt(request.offset ?? 0), request.onReturn);
    case 'uprobe':
      return program.attachUprobe(
        request.path,
        request.offset,
        request.onReturn,
        request.pid ?? everyProcess,
        request.semaphoreOffset ?? 0n,
      );
    case 'perf_event':
      return program.attachPerfEvent(request.type, BigInt(request.config), BigInt(request.frequencyHz), request.cpu);
    case 'iter':
      return program.attachIterator(request.mapFd ?? noMap);
  }
}

function existingTracepoint(program: string, request: AttachRequest & { kind: 'tracepoint' }): number {
  const id = tracepointId(request.category, request.name);
  if (id !== undefined) return id;
  throw targetMissing(constants.errno.ENOENT, program, request);
}

function targetMissing(errno: number, program: string, request: AttachRequest): KernelError {
  return new KernelError(
    'ATTACH_TARGET_MISSING',
    `cannot attach program ${program} to ${describeTarget(request)}: this kernel has none of that name`,
    { errno, operation: 'attach', context: { program, kind: request.kind }, hint: nearTarget(request) ?? missingTargetHint },
  );
}

function nearTarget(request: AttachRequest): string | undefined {
  if (request.kind === 'tracepoint') return nearTracepoint(request.category, request.name);
  if (request.kind === 'raw_tracepoint') return nearBtfTarget(request.name);
  return request.kind === 'kprobe' ? nearFunction(request.symbol) : undefined;
}

/** Where a request wants to go, in words. */
export function describeTarget(request: AttachRequest): string {
  switch (request.kind) {
    case 'tracepoint':
      return `tracepoint ${request.category}/${request.name}`;
    case 'raw_tracepoint':
      return `raw tracepoint ${request.name}`;
    case 'tracing':
      return 'its target';
    case 'kprobe':
      return `${request.onReturn ? 'the return of ' : ''}kernel function ${request.symbol}`;
    case 'uprobe':
      return `${request.onReturn ? 'the return of ' : ''}${request.path} at 0x${request.offset.toString(16)}`;
    case 'perf_event':
      return `samples of CPU ${request.cpu}`;
    case 'iter':
      return 'its iterator';
  }
}

function attachFailed(failure: NativeFailure, program: string, request: AttachRequest): KernelError {
  const message = `cannot attach program ${program} to ${describeTarget(request)}`;
  const context = { program, kind: request.kind };
  const lacking = lackingMechanism(request);
  if (lacking !== undefined) {
    const { errno, operation } = failure;
    const options = { errno, operation, context, hint: missingTargetHint };
    return new KernelError('KERNEL_FEATURE_MISSING', `${message}: ${lacking}`, options);
  }
  if (isRefusal(failure.errno)) return refused(failure, message, [], context);
  if (isUnsupported(failure.errno)) return kernelError(failure, { code: 'KERNEL_FEATURE_MISSING', message, context });
  if (isMissing(failure.errno) && request.kind !== 'uprobe') return targetMissing(failure.errno, program, request);
  return kernelError(failure, { code: isMissing(failure.errno) ? 'ATTACH_TARGET_MISSING' : 'ATTACH_FAILED', message, context });
}

/** A kernel without kprobes answers ENOENT, as it does for a function it lacks: the difference is worth telling. */
function lackingMechanism(request: AttachRequest): string | undefined {
  const has = (signs: readonly string[]): boolean => signs.some((path) => existsSync(path));
  if (request.kind === 'kprobe' && !has(kprobeSigns)) return 'this kernel was built without kprobes (CONFIG_KPROBE_EVENTS)';
  if (request.kind === 'uprobe' && !has(uprobeSigns)) return 'this kernel was built without uprobes (CONFIG_UPROBE_EVENTS)';
  return undefined;
}
