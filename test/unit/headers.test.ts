import { describe, expect, it } from 'vitest';
import type { BtfFile } from '../../runtime/btf/parse.ts';
import { readObject } from '../../runtime/gadget/object.ts';
import { type Architecture, architectures, compileBpf, complaints } from '../support/bpf-compiler.ts';

const kernel = '#include <vmlinux.h>\n';
const uapi = '#include <linux/bpf.h>\n#include <linux/types.h>\n';
const libbpf = '#include <bpf/bpf_helpers.h>\n#include <bpf/bpf_core_read.h>\n#include <bpf/bpf_tracing.h>\n';
const header = (...names: string[]) => names.map((name) => `#include <gadget/${name}>\n`).join('');

/** What each header says it needs before it, and nothing else. */
const alone: Readonly<Record<string, string>> = {
  'types.h': kernel,
  'macros.h': '',
  'buffer.h': kernel,
  'filter.h': kernel,
  'mntns.h': '',
  'mntns_filter.h': kernel,
  'common.h': '',
  'sockets-map.h': kernel,
  'filesystem.h': kernel + libbpf,
  'core_fixes.bpf.h': '',
  'user_stack_map.h': '',
  'kernel_stack_map.h': kernel,
  'bits.bpf.h': kernel,
  'maps.bpf.h': kernel,
  'fnv1a.h': kernel,
  'packetfilter.h': kernel,
  'gpu_types.h': kernel,
  'gpu_bridge_maps.h': `${kernel}#define GPU_BRIDGE_WANT_ALL\n`,
};

/** Headers in the company that gadgets give them. */
const together: Readonly<Record<string, string>> = {
  'all of a tracer, each twice': `${kernel}${libbpf}${header('buffer.h', 'filter.h', 'common.h', 'filesystem.h', 'core_fixes.bpf.h').repeat(2)}`,
  'every stack': kernel + header('user_stack_map.h', 'kernel_stack_map.h', 'core_fixes.bpf.h', 'types.h'),
  'a histogram': kernel + header('bits.bpf.h', 'maps.bpf.h', 'macros.h', 'mntns_filter.h'),
  'sockets, from packets': `${kernel}#define GADGET_TYPE_NETWORKING\n${header('sockets-map.h', 'filter.h', 'packetfilter.h', 'buffer.h')}`,
  'sockets, from packets, without vmlinux.h': `${uapi}#define GADGET_TYPE_NETWORKING\n${header('types.h', 'sockets-map.h', 'filter.h', 'buffer.h', 'packetfilter.h', 'maps.bpf.h')}`,
  'sockets, beside the headers of a packet parser': `${uapi}#include <linux/if_ether.h>\n#include <linux/ip.h>\n#include <linux/in.h>\n#define GADGET_TYPE_NETWORKING\n${header('sockets-map.h')}`,
  'sockets, from struct sock': `${kernel}#define GADGET_TYPE_TRACING\n${header('sockets-map.h', 'filter.h', 'common.h', 'core_fixes.bpf.h')}`,
  'hashes and maps without vmlinux.h': uapi + header('fnv1a.h', 'bits.bpf.h', 'kernel_stack_map.h', 'mntns_filter.h', 'gpu_bridge_maps.h'),
  'an enumerator BPF_MAP after filesystem.h': `${kernel}${libbpf}${header('filesystem.h')}enum kinds { BPF_MAP };`,
  'filter.h brings the mount namespace': `${kernel}${header('filter.h')}__u64 f(void) { return gadget_get_current_mntns_id() + gadget_get_mntns_id(); }`,
  'filter.h brings the macros': `${kernel}${header('filter.h')}const volatile int x = 1; GADGET_PARAM(x);`,
  'TASK_COMM_LEN without vmlinux.h': `${uapi}${header('types.h')}_Static_assert(TASK_COMM_LEN == 16, "");`,
  'a record of another largest size': `${kernel}#define GADGET_MAX_EVENT_SIZE 20000\n${header('buffer.h')}_Static_assert(sizeof(struct __gadget_heap_slot) == 20000, "");`,
};

/** Sources that must not compile, and a word of the reason. */
const refused: Readonly<Record<string, readonly [source: string, reason: RegExp]>> = {
  'sockets-map.h without types': [header('sockets-map.h'), /include vmlinux.h or linux\/types.h before/],
  'a look-up of neither kind': [
    `${kernel}${header('sockets-map.h')}void *f(void *x) { return gadget_socket_lookup(x); }`,
    /gadget_socket_lookup/,
  ],
  'a packet filter with two arguments': [
    `${kernel}${header('packetfilter.h')}GADGET_PF(x) bool f(void *s) { return gadget_pf_matches(x, s); }`,
    /static assertion failed/,
  ],
  'a packet filter with five': [
    `${kernel}${header('packetfilter.h')}GADGET_PF(x) bool f(void *s) { return gadget_pf_matches(x, s, s, s, s); }`,
    /static assertion failed/,
  ],
  'a user stack of an untyped context': [
    `${kernel}${header('user_stack_map.h')}void f(void *ctx, struct gadget_user_stack *s) { gadget_get_user_stack(ctx, s); }`,
    /not compatible with any generic association/,
  ],
  'a reservation without the heap': [
    `${kernel}#define GADGET_NO_BUF_RESERVE\n${header('buffer.h')}GADGET_TRACER_MAP(m, 4096) void *f(void) { return gadget_reserve_buf(&m, 8); }`,
    /gadget_reserve_buf/,
  ],
  'the current process of a packet': [
    `${kernel}#define GADGET_TYPE_NETWORKING\n${header('filter.h')}bool f(void) { return gadget_should_discard_data_current(); }`,
    /gadget_should_discard_data_current/,
  ],
  'an iterator of four programs': [`${kernel}${header('macros.h')}struct e { int x; }; GADGET_ITER(i, e, a, b, c, d)`, /error/],
};

/** Runs one source on every architecture and expects silence of the compiler. */
async function expectClean(source: string): Promise<void> {
  for (const architecture of architectures) expect(await complaints(source, architecture), architecture).toBe('');
}

async function globalsOf(source: string, architecture: Architecture): Promise<string[]> {
  const { btf } = readObject('test', await compileBpf(source, architecture));
  return [...(btf as BtfFile).ofKind('variable')].map((id) => btf.nameOf(id));
}

describe.concurrent('every header compiles', () => {
  it.for(Object.entries(alone))('%s alone', ([name, before]) => expectClean(before + header(name)));
  it.for(Object.entries(together))('%s', ([, source]) => expectClean(source));
});

describe.concurrent('refused with a reason', () => {
  it.for(Object.entries(refused))('%s', async ([, [source, reason]]) => {
    for (const architecture of architectures) expect(await complaints(source, architecture)).toMatch(reason);
  });
});

describe.concurrent('what the buffer brings', () => {
  it.for(architectures)('a map, its counter and a heap on %s; no heap when it is not wanted', async (architecture) => {
    const source = `${header('buffer.h')}GADGET_TRACER_MAP(events, 4096)`;
    const maps = ['events', 'events_lost_samples'];
    expect(await globalsOf(kernel + source, architecture)).toEqual(
      expect.arrayContaining([...maps, 'gadget_heap', 'gadget_map_tracer_events']),
    );
    const without = await globalsOf(`${kernel}#define GADGET_NO_BUF_RESERVE\n${source}`, architecture);
    expect(without).toEqual(expect.arrayContaining(maps));
    expect(without).not.toContain('gadget_heap');
  });
});
