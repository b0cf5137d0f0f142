import { describe, expect, it } from 'vitest';
import type { Diagnostic } from '../../runtime/base/diagnostics.ts';
import type { GadgetError } from '../../runtime/base/errors.ts';
import { specFromParts } from '../../runtime/gadget/from-image.ts';
import { readSectionName } from '../../runtime/gadget/sections.ts';
import type { GadgetSpec } from '../../runtime/gadget/spec.ts';
import { findField } from '../../runtime/schema/data-source.ts';
import { compileBpf } from '../support/bpf-compiler.ts';

const head = `#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <gadget/buffer.h>
#include <gadget/macros.h>
#include <gadget/types.h>
struct event { gadget_timestamp timestamp_raw; struct gadget_process proc; __u32 size; };
struct count_key { __u32 pid; };
struct count_value { __u64 calls; };
struct item { __u32 pid; };
`;
const counts = `struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 64); __uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, struct count_key); __type(value, struct count_value); } counts SEC(".maps");
`;
const program = (section: string, name: string) => `SEC("${section}") int ${name}(void *ctx) { return 0; }\n`;

async function spec(source: string, metadataText?: string): Promise<GadgetSpec> {
  return specFromParts({ name: 'g', architecture: 'amd64', object: await compileBpf(head + source), metadataText }, () => {});
}

async function refusal(source: string, metadataText?: string): Promise<GadgetError> {
  return spec(source, metadataText).then(
    () => expect.unreachable('was accepted'),
    (error: GadgetError) => error,
  );
}

describe('data sources', () => {
  it('reads a tracer with its counter of lost samples', async () => {
    const { sources } = await spec('GADGET_TRACER_MAP(events, 4096);\nGADGET_TRACER(open, events, event);\n');
    expect(sources).toHaveLength(1);
    expect(sources[0]!.origin).toEqual({ kind: 'tracer', map: 'events', lostSamplesMap: 'events_lost_samples' });
    expect(sources[0]!.dataSource).toMatchObject({ name: 'open', shape: 'single', typeName: 'event' });
  });

  it('reads a map iterator: members of the key first, with their tag', async () => {
    const { sources, maps } = await spec(`${counts}GADGET_MAPITER(calls, counts);\n`);
    expect(sources[0]!.origin).toEqual({ kind: 'map-iterator', map: 'counts', keySize: 4, valueSize: 8 });
    const { fields } = sources[0]!.dataSource;
    expect(fields.map(({ fullName, tags, origin }) => [fullName, tags.has('role:key'), origin])).toEqual([
      ['pid', true, { from: 'record', offset: 0, size: 4 }],
      ['calls', false, { from: 'record', offset: 4, size: 8 }],
    ]);
    expect(maps.find(({ name }) => name === 'counts')).toMatchObject({
      type: 1,
      keySize: 4,
      valueSize: 8,
      maxEntries: 64,
      pinnedByName: true,
    });
  });

  it.each([
    ['GADGET_ITER(items, item, one, two);'],
    ['const void *gadget_snapshotter_items___item___one___two __attribute__((unused)); const struct item *forced;'],
  ])('reads an iterator: %s', async (macro) => {
    const { sources } = await spec(`${macro}\n${program('iter/task', 'one')}${program('iter/tcp', 'two')}`);
    expect(sources[0]!.origin).toEqual({ kind: 'iterator', programs: ['one', 'two'] });
    expect(sources[0]!.dataSource).toMatchObject({ name: 'items', shape: 'array' });
  });

  it('reads the map of an iterator over elements', async () => {
    const { iteratorTargets } = await spec(`${counts}${program('iter/bpf_map_elem', 'each')}GADGET_ITER_TARGET_MAP(each, counts);\n`);
    expect([...iteratorTargets]).toEqual([['each', 'counts']]);
  });

  it('annotates fields by their type, then by template, then as written', async () => {
    const { sources } = await spec(
      'GADGET_TRACER_MAP(events, 4096);\nGADGET_TRACER(open, events, event);\n',
      'datasources: {open: {tags: [t], annotations: {cli.clear-screen-before: true}, fields: {size: {annotations: {template: bytes, columns.width: 7}}, proc.PID: {annotations: {columns.minwidth: 9}}}}}',
    );
    const source = sources[0]!.dataSource;
    const of = (name: string) => Object.fromEntries(findField(source, name)!.annotations);
    expect(source.tags).toContain('t');
    expect(source.annotations.get('cli.clear-screen-before')).toBe('true');
    expect(of('size')).toEqual({ template: 'bytes', 'columns.width': '7', 'columns.alignment': 'right' });
    expect(of('proc.pid')).toMatchObject({ 'columns.alias': 'pid', 'columns.minwidth': '9', 'columns.alignment': 'right' });
    expect(of('proc.parent.pid')).toMatchObject({ 'columns.alias': 'pid', 'columns.hidden': 'true' });
    expect(of('timestamp_raw')).toMatchObject({ 'columns.hidden': 'true', 'columns.width': '35' });
  });

  it.each([
    [
      'GADGET_TRACER(open, evnets, event);\nGADGET_TRACER_MAP(events, 4096);',
      /GADGET_TRACER\(open, evnets, event\): the object has no map evnets/,
      'did you mean events?',
    ],
    [
      'GADGET_TRACER_MAP(events, 4096);\nconst void *gadget_tracer_open___events___evnt __attribute__((unused)); const struct event *forced;',
      /has no struct evnt/,
      'did you mean event?',
    ],
    [`${counts}GADGET_TRACER(open, counts, event);`, /the map counts is of type hash, which carries no events/, /GADGET_TRACER_MAP/],
    ['GADGET_MAPITER(calls, counts);', /GADGET_MAPITER\(calls, counts\): the object has no map counts/, /SEC\("\.maps"\)/],
    [
      'GADGET_TRACER_MAP(events, 4096);\nGADGET_MAPITER(calls, events);',
      /the map events is of type ringbuf; only hash maps are read/,
      /BPF_MAP_TYPE_HASH/,
    ],
    [
      'struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 1); __type(key, __u32); __type(value, struct item); } m SEC(".maps");\nGADGET_MAPITER(calls, m);',
      /the key of map m is no struct/,
      /struct/,
    ],
    ['GADGET_ITER(items, item, none);', /GADGET_ITER\(items, item, none\): the object has no program none/, /SEC\("iter/],
    [`GADGET_ITER(items, item, one);\n${program('tracepoint/a/b', 'one')}`, /the program one is in section tracepoint\/a\/b/, /iter/],
    [
      'const void *gadget_param_absent __attribute__((unused));',
      /GADGET_PARAM\(absent\): the object has no global variable absent/,
      /const volatile/,
    ],
    ['int changing = 4;\nGADGET_PARAM(changing);', /GADGET_PARAM\(changing\): the variable is not constant data/, /const volatile/],
    [
      'const void *gadget_tracer_only___two __attribute__((unused));',
      /is none that GADGET_TRACER makes: 2 names instead of 3/,
      /underscores/,
    ],
    [program('perf_event/sampler', 'sample'), /does not say what sample \(sampler\) samples/, /programs\.sampler\.perf/],
  ])('refuses what the object lacks: %s', async (source, message, hint) => {
    const error = await refusal(`${source}\n`);
    expect(error.code).toBe('SPEC_INVALID');
    expect(error.message).toMatch(message);
    expect(error.hint).toMatch(hint);
  });

  it('refuses two sources of one name', async () => {
    const error = await refusal(
      `GADGET_TRACER_MAP(events, 4096);\nGADGET_TRACER(same, events, event);\n${counts}GADGET_MAPITER(same, counts);\n`,
    );
    expect(error.message).toMatch(/two data sources are called same/);
  });
});

describe('programs', () => {
  it('knows variants, what is off and what may fail', async () => {
    const source = ['primary', 'second', 'off', 'other'].map((name) => program(`fentry/${name}`, name)).join('');
    const { programs } = await spec(
      `${source}${program('?kprobe/x', 'asleep')}`,
      `programs:
  primary: {alternatives: [second, absent, primary], optional: true}
  second: {attach_to: gadget_program_disabled}
  off: {attach_to: gadget_program_disabled}
  other: {attach_to: elsewhere}`,
    );
    expect(
      programs.map(({ name, kind, target, disabled, optional, alternatives }) => [name, kind, target, disabled, optional, alternatives]),
    ).toEqual([
      ['primary', 'fentry', 'primary', false, true, ['second']],
      ['second', 'fentry', 'second', false, false, []],
      ['off', 'fentry', 'off', true, false, []],
      ['other', 'fentry', 'elsewhere', false, false, []],
      ['asleep', 'kprobe', 'x', true, false, []],
    ]);
  });

  it('takes several programs of one section, and no function that is only called', async () => {
    const { programs } = await spec(
      `${program('tp/a/b', 'one')}${program('tp/a/b', 'two')}__attribute__((noinline)) int helper(int x) { return x + 1; }\n`,
    );
    expect(programs.map(({ name }) => name)).toEqual(['one', 'two']);
  });

  it('sets up sampling from gadget.yaml', async () => {
    const text =
      'programs: {sampler: {perf: {type: software, config: count_sw_cpu_clock, sampleType: sample_raw}, sampler: {frequency: 99}}}';
    const { programs } = await spec(program('perf_event/sampler', 'sample'), text);
    expect(programs[0]).toMatchObject({
      kind: 'perf_event',
      perfEvent: { type: 'software', config: 'count_sw_cpu_clock', frequencyHz: 99 },
    });
    const error = await refusal(program('perf_event/sampler', 'sample'), text.replace('count_sw_cpu_clock', 'cache_misses'));
    expect(error.message).toMatch(/cannot sample software\/cache_misses/);
  });

  it.each([
    ['tracepoint/syscalls/sys_enter_openat', 'tracepoint', 'syscalls/sys_enter_openat'],
    ['tp/sched/sched_switch', 'tracepoint', 'sched/sched_switch'],
    ['raw_tp/sched_switch', 'raw_tracepoint', 'sched_switch'],
    ['tp_btf/sched_switch', 'tp_btf', 'sched_switch'],
    ['fentry.s/do_unlinkat', 'fentry', 'do_unlinkat'],
    ['kretprobe/tcp_connect', 'kretprobe', 'tcp_connect'],
    ['uprobe/libc:malloc', 'uprobe', 'libc:malloc'],
    ['uretprobe//usr/lib/x.so:f', 'uretprobe', '/usr/lib/x.so:f'],
    ['usdt/python:python:gc__start', 'usdt', 'python:python:gc__start'],
    ['iter/task_file', 'iter', 'task_file'],
    ['iter.s/bpf_map_elem', 'iter', 'bpf_map_elem'],
    ['perf_event', 'perf_event', ''],
    ['socket1', 'socket_filter', '1'],
    ['classifier/ingress/drop', 'sched_cls', 'ingress/drop'],
    ['lsm/file_open', 'lsm', 'file_open'],
    ['sk_skb/stream_parser', 'sk_skb', 'stream_parser'],
    ['sk_msg', 'sk_msg', ''],
    ['xdp', 'unknown', 'xdp'],
    ['kprobe.multi/x*', 'unknown', 'x*'],
    ['constructor', 'unknown', 'constructor'],
  ])('section %s', (section, kind, target) => {
    expect(readSectionName(section)).toEqual({ kind, target, off: false });
  });
});

it('knows which programs others call', async () => {
  const array = `struct { __uint(type, BPF_MAP_TYPE_PROG_ARRAY); __uint(max_entries, 2); __type(key, __u32); __array(values, int(void *)); }
  jumps SEC(".maps") = { .values = { [1] = &called } };\n`;
  const tracepoint = 'tracepoint/syscalls/sys_enter_execve';
  const { programs } = await spec(
    program(tracepoint, 'called') + array + program(tracepoint, 'caller'),
    'programs: {called: {attach_to: gadget_program_disabled}}',
  );
  expect(programs).toMatchObject([
    { name: 'called', disabled: true, tailCalled: true },
    { name: 'caller', disabled: false },
  ]);
  expect(programs[1]).not.toHaveProperty('tailCalled');
});

describe('an object', () => {
  const parts = { name: 'g', architecture: 'amd64', metadataText: undefined } as const;

  it('is needed by no gadget of metadata alone', () => {
    expect(specFromParts({ ...parts, object: undefined, metadataText: 'name: x' }, () => {})).toMatchObject({
      sources: [],
      programs: [],
      metadata: { name: 'x' },
    });
  });

  it('that is none is refused', () => {
    expect(() => specFromParts({ ...parts, object: new Uint8Array(100) }, () => {})).toThrow(
      expect.objectContaining({ code: 'ELF_INVALID' }),
    );
  });

  it('without BTF is refused, with how to get it', async () => {
    const { execFileSync } = await import('node:child_process');
    const object = execFileSync('clang-19', ['-target', 'bpf', '-O2', '-c', '-x', 'c', '-', '-o', '-'], {
      input: 'int f(void) { return 0; }',
    });
    expect(() => specFromParts({ ...parts, object }, () => {})).toThrow(
      expect.objectContaining({ code: 'BTF_MISSING', hint: expect.stringContaining('-g') }),
    );
  });

  it('of another machine is refused', async () => {
    const object = Buffer.from(await compileBpf(head));
    object.writeUInt16LE(62, 18);
    expect(() => specFromParts({ ...parts, object }, () => {})).toThrow(expect.objectContaining({ code: 'SPEC_INVALID' }));
  });

  it('says which members are left out', async () => {
    const said: Diagnostic[] = [];
    const source = 'struct odd { __u32 pid; void (*call)(void); };\nGADGET_TRACER_MAP(events, 4096);\nGADGET_TRACER(odd, events, odd);\n';
    const { sources } = specFromParts({ ...parts, object: await compileBpf(head + source) }, (diagnostic) => said.push(diagnostic));
    expect(sources[0]!.dataSource.fields.map(({ name }) => name)).toContain('pid');
    expect(said.every(({ message }) => message.startsWith('odd: field call'))).toBe(true);
  });
});
