import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type Ability, readAbilities } from '../../runtime/gadget/abilities/abilities.ts';
import { helperName } from '../../runtime/gadget/abilities/helper-names.ts';
import { specFromParts } from '../../runtime/gadget/from-image.ts';
import { compileBpf } from '../support/bpf-compiler.ts';

const source = `
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>

extern int bpf_sock_destroy(struct sock_common *sock) __ksym;

static __noinline long kill_it(int signal) { return bpf_send_signal(signal); }
__noinline long poke(void *to) { int zero = 0; return bpf_probe_write_user(to, &zero, sizeof(zero)); }
static long in_loop(__u32 index, void *context) { return kill_it(index); }

SEC("tracepoint/a/nothing") int nothing(void *ctx) { bpf_get_current_pid_tgid(); return 0; }
SEC("tracepoint/a/direct") int direct(void *ctx) { bpf_send_signal(9); return 0; }
SEC("tracepoint/a/through") int through_functions(void *ctx) { return poke(ctx) + kill_it(9); }
SEC("tracepoint/a/callback") int by_callback(void *ctx) { return bpf_loop(3, in_loop, (void *)0, 0); }
SEC("kprobe/x") int override(struct pt_regs *ctx) { return bpf_override_return(ctx, -1); }
SEC("classifier/ingress") int filter(struct __sk_buff *skb) { return 0; }
SEC("tracepoint/a/packets") int packets(struct __sk_buff *skb) { return bpf_skb_change_tail(skb, 1, 0); }
SEC("iter/tcp") int kfunc(struct bpf_iter__tcp *ctx) { struct sock_common *sock = ctx->sk_common; return sock ? bpf_sock_destroy(sock) : 0; }
SEC("lsm/file_open") int lsm(void *ctx) { return 0; }
char LICENSE[] SEC("license") = "GPL";
`;

test('what programs call is read from their instructions, callees and callbacks included', async () => {
  const object = await compileBpf(source);
  const spec = specFromParts({ name: 'x', architecture: 'amd64', object, metadataText: undefined }, () => {});
  const found = Object.fromEntries(readAbilities(spec).map(({ program, calls, abilities }) => [program, { calls, abilities }]));
  expect(found).toEqual({
    nothing: { calls: ['bpf_get_current_pid_tgid'], abilities: [] },
    direct: { calls: ['bpf_send_signal'], abilities: ['send-signal'] },
    through_functions: { calls: ['bpf_probe_write_user', 'bpf_send_signal'], abilities: ['write-user-memory', 'send-signal'] },
    by_callback: { calls: ['bpf_loop', 'bpf_send_signal'], abilities: ['send-signal'] },
    override: { calls: ['bpf_override_return'], abilities: ['override-return'] },
    filter: { calls: [], abilities: ['change-packets'] },
    packets: { calls: ['bpf_skb_change_tail'], abilities: ['change-packets'] },
    kfunc: { calls: ['bpf_sock_destroy'], abilities: ['change-sockets'] },
    lsm: { calls: [], abilities: ['deny-operations'] },
  });
});

const head = `
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
char LICENSE[] SEC("license") = "GPL";
`;

/** The abilities by program of what is compiled. */
async function abilitiesIn(text: string, metadataText?: string): Promise<Record<string, readonly Ability[]>> {
  const spec = specFromParts({ name: 'x', architecture: 'amd64', object: await compileBpf(text), metadataText }, () => {});
  return Object.fromEntries(readAbilities(spec).map(({ program, abilities }) => [program, abilities]));
}

test('what a program may do by its section alone', async () => {
  const bySection: Readonly<Record<string, readonly Ability[]>> = {
    'struct_ops/init': ['change-kernel'],
    'struct_ops.s/init': ['change-kernel'],
    'freplace/other': ['change-kernel'],
    syscall: ['change-kernel'],
    'raw_tp.w/nbd_send_request': ['change-kernel'],
    'raw_tracepoint.w/nbd_send_request': ['change-kernel'],
    'raw_tp/nbd_send_request': [],
    'syscalls/none': [],
    '?xdp': ['change-packets'],
    sockops: ['change-sockets'],
    lirc_mode2: [],
    socket1: [],
  };
  const programs = Object.keys(bySection).map((section, index) => `SEC("${section}") int p${index}(void *ctx) { return 0; }`);
  const expected = Object.values(bySection).map((abilities, index) => [`p${index}`, abilities]);
  expect(await abilitiesIn(head + programs.join('\n'))).toEqual(Object.fromEntries(expected));
});

test('what a program may do by what it calls', async () => {
  const byCall: Readonly<Record<string, readonly Ability[]>> = {
    'bpf_tcp_send_ack(ctx, 1)': ['change-packets'],
    'bpf_sys_bpf(0, ctx, 8)': ['change-kernel'],
    'bpf_sysctl_set_new_value(ctx, ctx, 1)': ['change-kernel'],
    'bpf_rc_repeat(ctx)': ['send-input'],
    'bpf_rc_keydown(ctx, 1, 2, 3)': ['send-input'],
    'bpf_rc_pointer_rel(ctx, 1, 1)': ['send-input'],
    'bpf_sk_assign_tcp_reqsk(ctx)': ['change-sockets'],
    'bpf_sock_addr_set_sun_path(ctx)': ['change-sockets'],
    'bpf_set_dentry_xattr(ctx)': ['change-files'],
    'bpf_remove_dentry_xattr_locked(ctx)': ['change-files'],
    'bpf_send_signal_task(ctx)': ['send-signal'],
    'bpf_sock_destroy___newer(ctx)': ['change-sockets'],
    'hid_bpf_input_report(ctx)': ['send-input'],
    'scx_bpf_exit_bstr(ctx)': ['change-kernel'],
    'bpf_of_tomorrow(ctx)': ['unknown'],
    'panic_of_a_module(ctx)': ['unknown'],
    '((long (*)(void *))9999)(ctx)': ['unknown'],
    '({ asm volatile(".byte 0x85, 0x20, 0, 0, 0x10, 0, 0, 0"); 0; })': ['unknown'],
    '((long (*)(void *))0xbad2310)(ctx)': [],
    'bpf_rcu_read_lock(ctx)': [],
    'bpf_task_from_pid(ctx)': [],
    'bpf_task_from_pid___older(ctx)': [],
    'bpf_cgroup_ancestor(ctx)': [],
    'bpf_iter_task_new(ctx)': [],
    'bpf_dynptr_size(ctx)': [],
    'bpf_cast_to_kern_ctx(ctx)': [],
    'bpf_obj_new_impl(ctx)': [],
    'bpf_path_d_path(ctx)': [],
    'bpf_get_dentry_xattr(ctx)': [],
    'bpf_copy_from_user_str(ctx)': [],
    'bpf_wq_start(ctx)': [],
    'bpf_ktime_get_boot_ns()': [],
  };
  const calls = Object.keys(byCall);
  const kfuncs = calls.flatMap((call) => /^(\w+)\(ctx\)$/.exec(call)?.[1] ?? []).filter((name) => name !== 'bpf_rc_repeat');
  const declared = kfuncs.map((name) => `extern long ${name}(void *) __ksym __weak;`);
  const programs = calls.map((call, index) => `SEC("kprobe/x") int p${index}(void *ctx) { return ${call}; }`);
  const expected = Object.values(byCall).map((abilities, index) => [`p${index}`, abilities]);
  expect(await abilitiesIn([head, ...declared, ...programs].join('\n'))).toEqual(Object.fromEntries(expected));
});

const gadgets = new URL('../../gadgets/', import.meta.url);
const own = readdirSync(gadgets).filter((name) => existsSync(new URL(`${name}/program.bpf.c`, gadgets)));

test.each(own)('%s only looks at the host', async (name) => {
  const folder = new URL(`${name}/`, gadgets);
  const found = await abilitiesIn(
    readFileSync(new URL('program.bpf.c', folder), 'utf8'),
    readFileSync(new URL('gadget.yaml', folder), 'utf8'),
  );
  expect(Object.keys(found)).not.toEqual([]);
  expect(Object.values(found).flat()).toEqual([]);
});

test('helpers have the numbers that libbpf gives them', () => {
  const defs = readFileSync('/usr/include/bpf/bpf_helper_defs.h', 'utf8');
  const known = [...defs.matchAll(/\(\*(bpf_\w+)\)\([^;]*?= \(void \*\) (\d+);/g)];
  expect(known.length).toBeGreaterThan(200);
  for (const [, name, id] of known) expect(helperName(Number(id))).toBe(name);
  expect(helperName(9999)).toBe('helper 9999');
});
