import { expect, test } from 'vitest';
import { unattachable } from '../../runtime/engine/attachable.ts';
import { readSectionName } from '../../runtime/gadget/sections.ts';
import { gadgetSpec } from '../support/gadget-spec.ts';

const why = (section: string) => {
  const { kind, target } = readSectionName(section);
  const program = { name: 'p', section, kind, target, disabled: false, optional: false, alternatives: [] };
  const error = unattachable(gadgetSpec({ programs: [program] }), program);
  return error && { code: error.code, hint: error.hint, program: error.context['program'] };
};

test.each([
  'tracepoint/sched/sched_switch',
  'tp/sched/sched_switch',
  'raw_tp/sched_switch',
  'tp_btf/sched_switch',
  'fentry/vfs_read',
  'fexit.s/vfs_read',
  'lsm/file_open',
  'kprobe/vfs_read+0x10',
  'kretprobe/vfs_read',
  'uprobe/libc:malloc',
  'uretprobe//usr/lib/x.so:name',
  'iter/task',
  'perf_event',
  'perf_event/clock',
])('%s may be tried', (section) => expect(why(section)).toBeUndefined());

test.each([
  ['tracepoint/sched_switch', 'SPEC_INVALID', 'write its section as SEC("tracepoint/<category>/<name>")'],
  ['tracepoint/a/b/c', 'SPEC_INVALID', 'write its section as SEC("tracepoint/<category>/<name>")'],
  ['raw_tp/', 'SPEC_INVALID', 'write its section as SEC("raw_tracepoint/<name>")'],
  ['uprobe/malloc', 'SPEC_INVALID', 'write its section as SEC("uprobe/<file>:<symbol>")'],
  ['uprobe/libc:', 'SPEC_INVALID', 'write its section as SEC("uprobe/<file>:<symbol>")'],
  ['kprob/vfs_read', 'PROGRAM_UNSUPPORTED', 'did you mean kprobe?'],
  ['tracepint/a/b', 'PROGRAM_UNSUPPORTED', 'did you mean tracepoint?'],
  ['xdp', 'PROGRAM_UNSUPPORTED', 'if the gadget works without it, mark it in gadget.yaml: programs.p.optional: true'],
  ['socket1', 'PROGRAM_UNSUPPORTED', 'if the gadget works without it, mark it in gadget.yaml: programs.p.optional: true'],
])('%s: %s', (section, code, hint) => expect(why(section)).toEqual({ code, hint, program: 'p' }));
