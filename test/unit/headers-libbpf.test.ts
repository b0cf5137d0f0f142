import { describe, expect, it } from 'vitest';
import { architectures, compileBpf, complaints } from '../support/bpf-compiler.ts';

const includes = ['vmlinux.h', 'bpf/bpf_helpers.h', 'bpf/bpf_core_read.h', 'bpf/bpf_tracing.h', 'bpf/usdt.bpf.h']
  .map((name) => `#include <${name}>\n`)
  .join('');

/** What libbpf added after 1.1.2, used as programs do. */
const newer = `${includes}
int sum;
struct held { struct task_struct __kptr_untrusted *task; };
SEC("uprobe") int BPF_UPROBE(up, int a, int b, int c, int d, int e, int f) { sum += a + f; return 0; }
SEC("uretprobe") int BPF_URETPROBE(up_return, int r) { sum += r; return 0; }
SEC("kprobe/x") int BPF_KPROBE(probe, int a, int b, int c, int d, int e, int f) { sum += f; return 0; }
SEC("ksyscall/mmap") int BPF_KSYSCALL(call, void *a, int b, int c, int d, int e, long offset) { sum += offset; return 0; }
SEC("usdt") int BPF_USDT(user_probe, int a) { sum += bpf_usdt_arg_size(ctx, 0); return 0; }
__noinline int with_context(void *ctx __arg_ctx, int *x __arg_nonnull) { return *x; }
SEC("raw_tp/sys_enter") int loops(struct bpf_raw_tracepoint_args *ctx)
{
  struct pt_regs *regs = (void *)ctx->args[0];
  int i, n = ctx->args[1] & 63, *p;
  bpf_for(i, 0, n) sum += i;
  bpf_for_each(num, p, 3, n) sum += *p;
  bpf_repeat(n) sum++;
  if (bpf_ksym_exists(bpf_rdonly_cast)) sum += bpf_core_cast((void *)bpf_get_current_task(), struct task_struct)->pid;
  if (bpf_core_type_matches(struct task_struct)) sum++;
  sum += PT_REGS_PARM6(regs) + PT_REGS_PARM6_CORE(regs) + PT_REGS_PARM6_SYSCALL(regs) + PT_REGS_PARM6_CORE_SYSCALL(regs);
  return 0;
}
`;
const seventh = `${includes}int sum;
SEC("kprobe/x") int BPF_KPROBE(probe, int a, int b, int c, int d, int e, int f, int g, int h) { sum += g + h + PT_REGS_PARM7_CORE(ctx); return 0; }
`;

describe.concurrent('the headers over libbpf', () => {
  it('have what libbpf added after 1.1', async () => {
    for (const architecture of architectures) expect((await compileBpf(newer, architecture)).length).toBeGreaterThan(0);
  });

  it('know the seventh argument where a register holds it', async () => {
    expect(await complaints(seventh, 'arm64')).toBe('');
    expect(await complaints(seventh, 'amd64')).toMatch(/__unsupported__/);
  });
});
