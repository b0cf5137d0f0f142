import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readAbilities } from '../../runtime/gadget/abilities/abilities.ts';
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

test('helpers have the numbers that libbpf gives them', () => {
  const defs = readFileSync('/usr/include/bpf/bpf_helper_defs.h', 'utf8');
  const known = [...defs.matchAll(/\(\*(bpf_\w+)\)\([^;]*?= \(void \*\) (\d+);/g)];
  expect(known.length).toBeGreaterThan(200);
  for (const [, name, id] of known) expect(helperName(Number(id))).toBe(name);
  expect(helperName(9999)).toBe('helper 9999');
});
