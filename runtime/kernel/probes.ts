import { existsSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { missingCapabilities } from './capabilities.ts';
import { errnoName, isNativeFailure } from './failure.ts';
import { native } from './native.ts';
import type { KernelFeatures, Probe } from './types.ts';

export type ProgramKind = Parameters<KernelFeatures['programKind']>[0];

/** Numbers of `enum bpf_prog_type`, `bpf_map_type` and `bpf_attach_type` (linux/bpf.h). */
const programTypes = { kprobe: 2, tracepoint: 5, perf_event: 7, raw_tracepoint: 17, tracing: 26, lsm: 29 } as const;
const mapTypeRingBuffer = 27;
const attachTypes = { tp_btf: 23, fentry: 24, lsm: 27, iter: 28 } as const;

/** Where a kernel with kprobes or uprobes shows them. */
export const kprobeSigns = [
  '/sys/bus/event_source/devices/kprobe/type',
  '/sys/kernel/tracing/kprobe_events',
  '/sys/kernel/debug/tracing/kprobe_events',
] as const;
export const uprobeSigns = [
  '/sys/bus/event_source/devices/uprobe/type',
  '/sys/kernel/tracing/uprobe_events',
  '/sys/kernel/debug/tracing/uprobe_events',
] as const;

/** Functions that every kernel has, tried in order; the first is made for such tests (CONFIG_NET). */
const wellKnownFunctions = ['bpf_fentry_test1', 'vfs_read'] as const;

const supported: Probe = { supported: true };
const unsupported = (why: string): Probe => ({ supported: false, why });
const unknown = (why: string): Probe => ({ supported: 'unknown', why });

/** Whether the kernel has ring buffers (Linux 5.8). */
export function probeRingBuffer(): Probe {
  return privileged() ?? fromNumber(native().probeMapType(mapTypeRingBuffer), 'the kernel has no ring buffers (Linux 5.8 has)');
}

/** Whether programs of a kind can be loaded and attached, found out by doing so with an empty one where that is possible. */
export function probeProgramKind(kind: ProgramKind): Probe {
  return privileged() ?? probes[kind]();
}

/** Without privilege the kernel refuses everything alike, so a probe would tell nothing. */
function privileged(): Probe | undefined {
  const missing = missingCapabilities(['CAP_BPF', 'CAP_PERFMON']);
  return missing.length === 0 ? undefined : unknown(`${missing.join(' and ')} missing`);
}

function fromNumber(answer: number, why: string): Probe {
  if (answer > 0) return supported;
  return answer === 0 ? unsupported(why) : unknown(errnoName(-answer));
}

function programType(type: number): Probe {
  return fromNumber(native().probeProgramType(type), 'the kernel does not take programs of this type');
}

/** The program type, and a file by which the kernel shows that it has the mechanism. */
function withSigns(type: number, signs: readonly string[], why: string): Probe {
  return signs.some((path) => existsSync(path)) ? programType(type) : unsupported(why);
}

const probes: Readonly<Record<ProgramKind, () => Probe>> = {
  tracepoint: () => programType(programTypes.tracepoint),
  raw_tracepoint: () => programType(programTypes.raw_tracepoint),
  kprobe: () => withSigns(programTypes.kprobe, kprobeSigns, 'the kernel was built without kprobes'),
  uprobe: () => withSigns(programTypes.kprobe, uprobeSigns, 'the kernel was built without uprobes'),
  perf_event: () => attempt(() => native().probePerfEvent(), programTypes.perf_event),
  tp_btf: () => tracing(programTypes.tracing, attachTypes.tp_btf, ['sched_switch'], true),
  fentry: () => tracing(programTypes.tracing, attachTypes.fentry, wellKnownFunctions, true),
  iter: () => tracing(programTypes.tracing, attachTypes.iter, ['task'], false),
  lsm: () =>
    activeLsms().includes('bpf')
      ? tracing(programTypes.lsm, attachTypes.lsm, ['file_open'], false)
      : unsupported('bpf is not among the active security modules'),
};

function attempt(call: () => void, type: number): Probe {
  try {
    call();
    return programType(type);
  } catch (error) {
    if (!isNativeFailure(error)) throw error;
    return unsupported(errnoName(error.errno));
  }
}

/** Tries the targets until one is there; what the kernel says of that one is the answer. */
function tracing(type: number, attachType: number, targets: readonly string[], attach: boolean): Probe {
  if (!existsSync('/sys/kernel/btf/vmlinux')) return unsupported('the kernel has no BTF (/sys/kernel/btf/vmlinux)');
  let answer = unsupported('there is nothing to attach to');
  for (const target of targets) {
    try {
      native().probeTracing(type, attachType, target, attach);
      return supported;
    } catch (error) {
      if (!isNativeFailure(error)) throw error;
      if (error.operation !== 'find_target') return refusalOf(error.errno, error.operation);
      answer = unsupported(`the kernel has no ${target} to attach to`);
    }
  }
  return answer;
}

/** Being short of memory or descriptors says nothing of the kernel. */
function refusalOf(errno: number, operation: string): Probe {
  const { ENOMEM, EMFILE, ENFILE, EAGAIN, EBUSY } = constants.errno;
  const why = `${operation}: ${errnoName(errno)}`;
  return [ENOMEM, EMFILE, ENFILE, EAGAIN, EBUSY].includes(errno) ? unknown(why) : unsupported(why);
}

function activeLsms(): readonly string[] {
  try {
    return readFileSync('/sys/kernel/security/lsm', 'utf8').trim().split(',');
  } catch {
    return ['bpf']; // securityfs is not mounted: the attempt decides
  }
}
