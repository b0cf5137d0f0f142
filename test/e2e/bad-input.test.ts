import { afterAll, beforeAll, expect, it } from 'vitest';
import { resolveUprobe } from '../../runtime/engine/uprobe-target.ts';
import { createKernel } from '../../runtime/kernel/kernel.ts';
import { describeAsRoot } from '../support/as-root.ts';
import { type Answer, nothingStays, Workshop } from './bad-input/refusal.ts';
import { type Change, mark } from './bad-input/sample.ts';

let workshop: Workshop;
beforeAll(() => {
  workshop = new Workshop();
});
afterAll(() => workshop.close());

async function runGadget(change: Change, ...flags: string[]): Promise<Answer> {
  workshop.gadget('bad', change);
  return workshop.run(['run', './bad', '-o', 'none', '-t', '1', ...flags]);
}

const said = (...lines: string[]) => `${lines.join('\n')}\n`;
const yaml = (text: string, more: Change = {}): Change => ({ ...more, files: { 'gadget.yaml': text } });
const elsewhere = 'hint: kernels differ: give the program an alternative in gadget.yaml, or mark it optional';

describeAsRoot('a gadget that is not right', () => {
  it('is the only thing wrong here', async () => {
    expect(await runGadget({})).toEqual({ status: 0, stdout: '', stderr: expect.stringMatching(/^calls: \d+ delivered, .*0 lost\n$/) });
  });

  it.each<[what: string, change: Change, status: number, stderr: string]>([
    [
      'no BTF in the object',
      { files: { 'build.yaml': 'cflags: -g0\n', 'program.bpf.c': 'int nothing(void) { return 0; }\n' } },
      4,
      said(
        'error: bad: the eBPF object has no BTF, so its events cannot be understood',
        'hint: compile it with -g, and strip it with "llvm-strip -g" only, which keeps BTF; "gadget build" does both',
      ),
    ],
    [
      'a tracer of no map',
      { macro: 'GADGET_TRACER(calls, nowhere, event);' },
      4,
      said(
        'error: bad: GADGET_TRACER(calls, nowhere, event): the object has no map nowhere',
        'hint: declare the map nowhere in SEC(".maps") before the macro',
      ),
    ],
    [
      'a tracer of no struct',
      { macro: `GADGET_TRACER(calls, ${mark}_events, evnt);` },
      4,
      said(
        'error: bad: GADGET_TRACER(calls, on_events, evnt): the object has no struct evnt',
        'hint: define struct evnt before the macro; the macro takes its name without "struct"',
      ),
    ],
    [
      'a map iterator of no map',
      { macro: 'GADGET_MAPITER(calls, evnts);' },
      4,
      said(
        'error: bad: GADGET_MAPITER(calls, evnts): the object has no map evnts',
        'hint: declare the map evnts in SEC(".maps") before the macro',
      ),
    ],
    [
      'a map iterator of a ring buffer',
      { macro: `GADGET_MAPITER(calls, ${mark}_events);` },
      4,
      said(
        'error: bad: GADGET_MAPITER(calls, on_events): the map on_events is of type ringbuf; only hash maps are read',
        'hint: declare on_events with __uint(type, BPF_MAP_TYPE_HASH)',
      ),
    ],
    [
      'a snapshotter of no program',
      { macro: 'GADGET_SNAPSHOTTER(calls, event, walk);' },
      4,
      said('error: bad: GADGET_ITER(calls, event, walk): the object has no program walk', 'hint: define walk with SEC("iter/…")'),
    ],
    [
      'a snapshotter of a tracepoint',
      { macro: `GADGET_SNAPSHOTTER(calls, event, ${mark}_call);` },
      4,
      said(
        'error: bad: GADGET_ITER(calls, event, on_call): the program on_call is in section tracepoint/sched/sched_process_exec',
        'hint: an iterator is in SEC("iter/task") or another "iter/…"',
      ),
    ],
    [
      'a param that may change',
      { more: 'int counter = 3; GADGET_PARAM(counter);' },
      4,
      said(
        'error: bad: GADGET_PARAM(counter): the variable is not constant data that may be set before load',
        'hint: declare counter "const volatile"',
      ),
    ],
    [
      'a param without its variable',
      { more: 'GADGET_PARAM(nowhere);' },
      4,
      said(
        'error: bad: GADGET_PARAM(nowhere): the object has no global variable nowhere',
        'hint: declare "const volatile" nowhere before the macro, and use it: the compiler drops variables that nothing reads',
      ),
    ],
    [
      'no data source',
      { macro: '' },
      4,
      said(
        'error: bad has no data source that can be shown',
        'hint: declare one in its source: GADGET_TRACER, GADGET_MAPITER or GADGET_ITER',
      ),
    ],
    [
      'a mistyped tracepoint',
      { section: 'tracepoint/sched/sched_process_exce' },
      5,
      said(
        'error: cannot attach program on_call to tracepoint sched/sched_process_exce: this kernel has none of that name',
        'hint: did you mean sched/sched_process_exec?',
      ),
    ],
    [
      'a tracepoint of another category',
      { section: 'tracepoint/task/sched_process_exec' },
      5,
      said(
        'error: cannot attach program on_call to tracepoint task/sched_process_exec: this kernel has none of that name',
        'hint: did you mean sched/sched_process_exec?',
      ),
    ],
    [
      'a tracepoint that no kernel has',
      { section: 'tracepoint/nowhere/quite_unlike_any_other' },
      5,
      said(
        'error: cannot attach program on_call to tracepoint nowhere/quite_unlike_any_other: this kernel has none of that name',
        elsewhere,
      ),
    ],
    [
      'a tracepoint without its category',
      { section: 'tracepoint/sched_process_exec' },
      4,
      said(
        'error: bad: program on_call says "sched_process_exec" where it is attached, which is no target of a tracepoint',
        'hint: write its section as SEC("tracepoint/<category>/<name>")',
      ),
    ],
    [
      'a raw tracepoint that is missing',
      { section: 'raw_tracepoint/sched_process_exce' },
      5,
      said(
        'error: cannot attach program on_call to raw tracepoint sched_process_exce: this kernel has none of that name',
        'hint: did you mean sched_process_exec?',
      ),
    ],
    [
      'a tracepoint by type that is missing',
      { section: 'tp_btf/sched_process_exce' },
      5,
      said(
        'error: cannot load program on_call: this kernel has no "sched_process_exce" to attach it to',
        'hint: did you mean sched_process_exec?',
      ),
    ],
    [
      'a function that is missing',
      { section: 'fentry/do_sys_opeant2' },
      5,
      said('error: cannot load program on_call: this kernel has no "do_sys_opeant2" to attach it to', 'hint: did you mean do_sys_openat2?'),
    ],
    [
      'a symbol of a library that is missing',
      { section: 'uprobe/libc:nanosleeep' },
      5,
      said(`error: ${resolveUprobe('libc:open').path} has no symbol nanosleeep`, 'hint: did you mean nanosleep?'),
    ],
    [
      'a library that is missing',
      { section: 'uprobe/libnowhere:open' },
      5,
      said(
        'error: there is no library libnowhere on this machine',
        'hint: name its file by an absolute path, or mark the program optional in gadget.yaml',
      ),
    ],
    [
      'a mistyped kind of program',
      { section: 'tracepint/sched/sched_process_exec' },
      4,
      said(
        'error: bad: program on_call (section tracepint/sched/sched_process_exec) is of a kind that cannot be attached',
        'hint: did you mean tracepoint?',
      ),
    ],
    [
      'a kind of program that is not supported',
      { section: 'usdt/libc:a:b' },
      4,
      said(
        'error: bad: program on_call (section usdt/libc:a:b) is of a kind that cannot be attached',
        'hint: if the gadget works without it, mark it in gadget.yaml: programs.on_call.optional: true',
      ),
    ],
    [
      'a map that cannot be',
      { more: 'struct { __uint(type, BPF_MAP_TYPE_ARRAY); __type(key, __u32); __type(value, __u64); } MARK_empty SEC(".maps");' },
      5,
      said(
        "error: cannot create map on_empty: EINVAL (map 'on_empty': failed to create: Invalid argument(-22)); it is declared as array, 0 entries, keys of 4 and values of 8 bytes",
      ),
    ],
    [
      'a wrong type in gadget.yaml',
      yaml('name: bad\ndatasources:\n  calls:\n    fields: 7\n'),
      4,
      said('error: bad/gadget.yaml:4:5: fields of data source "calls" must be a mapping, not the number 7'),
    ],
    ['a list for a text in gadget.yaml', yaml('name: [bad]\n'), 4, said('error: bad/gadget.yaml:1:1: name must be a text, not a list')],
    ['a tab in gadget.yaml', yaml('name: bad\n\ttab: 1\n'), 4, said('error: bad/gadget.yaml:2:1: Tabs are not allowed as indentation')],
    ['a key twice in gadget.yaml', yaml('name: a\nname: b\n'), 4, said('error: bad/gadget.yaml:2:1: Map keys must be unique')],
    [
      'a default that does not fit',
      yaml('params:\n  ebpf:\n    least_pid: {key: least-pid, defaultValue: lots}\n'),
      4,
      said(
        'bad/gadget.yaml:3:5: warning: the default does not fit: "lots" is no value for --least-pid (uint32)',
        'hint: write a whole number from 0 to 4294967295',
        'error: bad: the default of --least-pid in gadget.yaml, "lots", does not fit its type uint32',
        'hint: write a whole number from 0 to 4294967295, as params.ebpf.least_pid.defaultValue',
      ),
    ],
    [
      'a build file with a fault',
      { files: { 'build.yaml': 'cflags: [1\n' } },
      4,
      said('error: bad/build.yaml:2:1: Flow sequence in block collection must be sufficiently indented and end with a ]'),
    ],
    [
      'a build file that names another source',
      { files: { 'build.yaml': 'ebpfsource: other.c\n' } },
      4,
      said("error: bad/build.yaml:1:1: there is no file other.c in the gadget's folder"),
    ],
  ])('%s', async (_, change, status, stderr) => {
    expect(await runGadget(change)).toEqual({ status, stdout: '', stderr });
    await nothingStays();
  });

  it('a function that is missing, or a kernel without kprobes', async () => {
    const { supported } = createKernel().features.programKind('kprobe');
    const { status, stderr } = await runGadget({ section: 'kprobe/do_sys_opeant2' });
    const tried = 'error: cannot attach program on_call to kernel function do_sys_opeant2';
    expect([status, stderr]).toEqual(
      supported === true
        ? [5, said(`${tried}: this kernel has none of that name`, 'hint: did you mean do_sys_openat2?')]
        : [6, said(`${tried}: this kernel was built without kprobes (CONFIG_KPROBE_EVENTS)`, elsewhere)],
    );
    await nothingStays();
  });

  it('a program that the verifier refuses: the last useful lines, all of them with -v', async () => {
    const change = { more: 'SEC("tracepoint/sched/sched_process_fork") int MARK_reads(void *ctx) { return *(volatile int *)0; }' };
    const [brief, whole] = [await runGadget(change), await runGadget(change, '-v')];
    expect(brief).toMatchObject({ status: 5, stdout: '' });
    expect(brief.stderr).toMatch(
      /^error: cannot load program on_reads: the kernel's verifier refuses it: EACCES\nverifier.*:\n( {2}.*\n)+$/,
    );
    expect(brief.stderr).toMatch(/ {2}.*invalid mem access 'scalar'\n$/);
    expect(brief.stderr.split('\n').length).toBeLessThan(10);
    expect(brief.stderr).not.toMatch(/processed \d+ insns/);
    expect(whole.stderr).toMatch(/processed \d+ insns/);
    await nothingStays();
  });

  it('a source that does not compile: the words of the compiler', async () => {
    const { status, stdout, stderr } = await runGadget({ more: 'static int broken(void) { return undeclared_name; }' });
    expect([status, stdout]).toEqual([4, '']);
    expect(stderr).toMatch(/^program\.bpf\.c:\d+:\d+: error: use of undeclared identifier 'undeclared_name'\n/);
    expect(stderr).toMatch(/\n1 error generated\.\nerror: clang cannot compile program\.bpf\.c for (amd64|arm64)\n$/);
  });

  it('unknown keys in gadget.yaml warn with their place, and the gadget runs', async () => {
    const text = `descripton: x
datasources:
  cals: {}
  calls:
    fields:
      pid: {annotations: {columns.with: 7}}
      pidd: {annotations: {description: x}}
params: {ebpf: {leest_pid: {key: x}}}
operator: {proces: {emitstats: true}}
programs: {on_cal: {optional: true}}
`.replace('on_cal:', `${mark}_cal:`);
    const { status, stderr } = await runGadget(yaml(text));
    expect(status).toBe(0);
    expect(
      stderr
        .split('\n')
        .filter((line) => /warning|hint/.test(line))
        .sort(),
    ).toEqual(
      [
        'bad/gadget.yaml:1:1: warning: unknown key "descripton" in gadget.yaml is ignored',
        'bad/gadget.yaml:3:3: warning: the eBPF program has no data source cals',
        'bad/gadget.yaml:6:27: warning: unknown annotation "columns.with" is ignored',
        'bad/gadget.yaml:7:7: warning: data source calls has no field pidd',
        'bad/gadget.yaml:8:17: warning: the eBPF program has no param leest_pid',
        'bad/gadget.yaml:9:21: warning: unknown setting operator.proces.emitstats is ignored',
        'bad/gadget.yaml:10:12: warning: the eBPF object has no program on_cal',
        'hint: did you mean calls?',
        'hint: did you mean columns.width?',
        'hint: did you mean description?',
        'hint: did you mean least_pid?',
        'hint: did you mean on_call?',
        'hint: did you mean pid?',
        'hint: did you mean process.emitstats?',
      ].sort(),
    );
  });

  it('a program that is not there for want of an alternative is left out when it is optional', async () => {
    const more =
      'SEC("tracepoint/sched/no_such_thing_at_all") int MARK_more(void *ctx) { return 0; }\nSEC("xdp") int MARK_never(void *ctx) { return 0; }';
    const { status, stderr } = await runGadget(
      yaml(`programs: {${mark}_more: {optional: true}, ${mark}_never: {optional: true}}`, { more }),
    );
    expect(status).toBe(0);
    expect(stderr).toMatch(/^on_more: left out \(cannot attach program on_more to tracepoint sched\/no_such_thing_at_all: .*\)$/m);
    expect(stderr).toMatch(/^on_never: left out \(bad: program on_never \(section xdp\) is of a kind that cannot be attached\)$/m);
    await nothingStays();
  });
});
