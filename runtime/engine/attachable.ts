import { suggestion } from '../base/closest-name.ts';
import { GadgetSpecError } from '../base/errors.ts';
import type { GadgetSpec, ProgramKind, ProgramSpec } from '../gadget/spec.ts';
import { looksUpSockets } from './socket-lookup.ts';

/** How a section names each kind that can be attached here, and what follows. */
const sections: Readonly<Partial<Record<ProgramKind, string>>> = {
  tracepoint: 'tracepoint/<category>/<name>',
  raw_tracepoint: 'raw_tracepoint/<name>',
  tp_btf: 'tp_btf/<name>',
  fentry: 'fentry/<function>',
  fexit: 'fexit/<function>',
  lsm: 'lsm/<hook>',
  kprobe: 'kprobe/<function>',
  kretprobe: 'kretprobe/<function>',
  uprobe: 'uprobe/<file>:<symbol>',
  uretprobe: 'uretprobe/<file>:<symbol>',
  iter: 'iter/<what>',
  perf_event: 'perf_event/<name>',
};

const targets: Readonly<Partial<Record<ProgramKind, RegExp>>> = {
  tracepoint: /^[^/]+\/[^/]+$/,
  uprobe: /^.+:[^:]+$/,
  uretprobe: /^.+:[^:]+$/,
  perf_event: /^/,
};

/** Why a program cannot be attached on any machine; undefined when nothing speaks against it before the kernel is asked. */
export function unattachable(spec: GadgetSpec, program: ProgramSpec): GadgetSpecError | undefined {
  const form = sections[program.kind];
  if (form === undefined) return unsupportedKind(spec, program);
  if (looksUpSockets(spec, program)) return unsupportedLookup(spec, program);
  if ((targets[program.kind] ?? /./).test(program.target)) return undefined;
  const message = `${spec.name}: program ${program.name} says "${program.target}" where it is attached, which is no target of a ${program.kind}`;
  return new GadgetSpecError('SPEC_INVALID', message, {
    context: { gadget: spec.name, program: program.name },
    hint: `write its section as SEC("${form}")`,
  });
}

function unsupportedLookup(spec: GadgetSpec, program: ProgramSpec): GadgetSpecError {
  const message = `${spec.name}: program ${program.name} looks up the processes of sockets (gadget_socket_lookup), which this version does not follow`;
  return new GadgetSpecError('PROGRAM_UNSUPPORTED', message, {
    context: { gadget: spec.name, program: program.name },
    hint: optionalHint(program),
  });
}

function optionalHint({ name }: ProgramSpec): string {
  return `if the gadget works without it, mark it in gadget.yaml: programs.${name}.optional: true`;
}

function unsupportedKind(spec: GadgetSpec, program: ProgramSpec): GadgetSpecError {
  const message = `${spec.name}: program ${program.name} (section ${program.section}) is of a kind that cannot be attached`;
  const [prefix = ''] = program.section.replace('?', '').split('/');
  const known = Object.values(sections).map((form) => form.split('/')[0]!);
  const mistyped = program.kind === 'unknown' ? suggestion(prefix, known) : undefined;
  return new GadgetSpecError('PROGRAM_UNSUPPORTED', message, {
    context: { gadget: spec.name, program: program.name },
    hint: mistyped ?? optionalHint(program),
  });
}
