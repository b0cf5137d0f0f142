import { GadgetSpecError } from '../base/errors.ts';
import type { GadgetSpec, ProgramSpec } from '../gadget/spec.ts';
import type { AttachRequest, BpfObject, Kernel, Link } from '../kernel/types.ts';
import { resolveUprobe, type SymbolReader } from './uprobe-target.ts';

/** PERF_TYPE_SOFTWARE and PERF_COUNT_SW_CPU_CLOCK (linux/perf_event.h). */
const perfTypeSoftware = 1;
const perfCountSoftwareCpuClock = 0;

/** A program of a run and what keeps it attached. */
export interface Attachment {
  readonly program: ProgramSpec;
  readonly links: readonly Link[];
}

/** What is known of the gadget and of where it is attached. */
export interface AttachPlace {
  readonly spec: GadgetSpec;
  readonly kernel: Kernel;
  readonly symbols: SymbolReader;
}

/** A failure to attach, with the program it was. */
export class AttachFailure extends Error {
  readonly program: string;

  constructor(program: string, cause: unknown) {
    super(`cannot attach program ${program}`, { cause });
    this.program = program;
  }
}

/** Attaches every chosen program, in order. On failure nothing of this call stays attached. */
export function attachPrograms(object: BpfObject, place: AttachPlace, chosen: readonly ProgramSpec[]): Attachment[] {
  const attachments: Attachment[] = [];
  try {
    for (const program of chosen) attachments.push({ program, links: attachProgram(object, place, program) });
  } catch (error) {
    for (const { links } of attachments) for (const link of links) link.close();
    throw error;
  }
  return attachments;
}

function attachProgram(object: BpfObject, place: AttachPlace, program: ProgramSpec): Link[] {
  const handle = object.program(program.name);
  if (handle === undefined) throw new GadgetSpecError('SPEC_INVALID', `${place.spec.name}: the object has no program ${program.name}`);
  const links: Link[] = [];
  try {
    for (const request of requestsFor(object, place, program)) links.push(handle.attach(request));
  } catch (error) {
    for (const link of links) link.close();
    throw new AttachFailure(program.name, error);
  }
  return links;
}

/** How a program of each kind wants to be attached; several requests where it is once per CPU. */
function requestsFor(object: BpfObject, { spec, kernel, symbols }: AttachPlace, program: ProgramSpec): AttachRequest[] {
  switch (program.kind) {
    case 'tracepoint': {
      const [category = '', name = ''] = program.target.split('/');
      return [{ kind: 'tracepoint', category, name }];
    }
    case 'raw_tracepoint':
      return [{ kind: 'raw_tracepoint', name: program.target }];
    case 'tp_btf':
    case 'fentry':
    case 'fexit':
    case 'lsm':
      return [{ kind: 'tracing' }];
    case 'kprobe':
    case 'kretprobe':
      return [kprobeRequest(program)];
    case 'uprobe':
    case 'uretprobe': {
      const { path, offset } = resolveUprobe(program.target, symbols);
      return [{ kind: 'uprobe', path, offset, onReturn: program.kind === 'uretprobe' }];
    }
    case 'perf_event': {
      const frequencyHz = program.perfEvent!.frequencyHz;
      return kernel.features
        .onlineCpus()
        .map((cpu) => ({ kind: 'perf_event', type: perfTypeSoftware, config: perfCountSoftwareCpuClock, frequencyHz, cpu }));
    }
    case 'iter':
      return [iteratorRequest(object, spec, program)];
    default:
      throw new TypeError(`${program.name}: unattachable() lets no ${program.kind} pass`);
  }
}

/** `sys_x` names a system call: its symbol has the architecture's prefix. `symbol+0x10` has an offset. */
function kprobeRequest(program: ProgramSpec): AttachRequest {
  const match = /^(.*?)(?:\+(0x[0-9a-f]+|\d+))?$/i.exec(program.target)!;
  const symbol = match[1]!;
  const offset = match[2] === undefined ? 0 : Number(match[2]);
  const prefix = process.arch === 'arm64' ? '__arm64_' : '__x64_';
  return { kind: 'kprobe', symbol: symbol.startsWith('sys_') ? prefix + symbol : symbol, offset, onReturn: program.kind === 'kretprobe' };
}

function iteratorRequest(object: BpfObject, spec: GadgetSpec, program: ProgramSpec): AttachRequest {
  const target = spec.iteratorTargets.get(program.name);
  if (target === undefined) return { kind: 'iter' };
  const map = object.map(target);
  if (map === undefined)
    throw new GadgetSpecError('SPEC_INVALID', `${spec.name}: iterator ${program.name} walks the map ${target}, which the object lacks`);
  return { kind: 'iter', mapFd: map.fd };
}
