// SPDX-License-Identifier: GPL-2.0
/* Structures that differ between kernels, as this one has them. */
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <gadget/buffer.h>
#include <gadget/core_fixes.bpf.h>
#include <gadget/filter.h>

struct event {
	__u64 ctime;
	__s64 state;
	__s64 syscall;
	__u64 arguments[8];
};

const volatile __s64 wanted_syscall = -1;

GADGET_TRACER_MAP(events, 1 << 16);
GADGET_TRACER(calls, events, event);

SEC("raw_tp/sys_enter")
int on_call(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct pt_regs *regs = (struct pt_regs *)ctx->args[0];
	struct event event = {};

	event.syscall = gadget_get_syscall_nr(regs);
	if (event.syscall != wanted_syscall || gadget_should_discard_data_current())
		return 0;

	event.ctime =
		gadget_get_ctime_nanosec_from_inode(BPF_CORE_READ(task, mm, exe_file, f_inode));
	event.state = get_task_state(task);
	for (int n = 0; n < 8; n++)
		event.arguments[n] = gadget_get_syscall_arg(regs, n);
	gadget_output_buf(ctx, &events, &event, sizeof(event));
	return 0;
}

__u64 disks, packet, sock, answers;

SEC("tp_btf/block_rq_complete")
int BPF_PROG(on_block, struct request *request)
{
	if (get_disk(request) == get_gendisk(BPF_CORE_READ(request, bio)))
		__sync_fetch_and_add(&disks, 1);
	return 0;
}

SEC("tracepoint/tcp/tcp_retransmit_skb")
int on_retransmit(void *ctx)
{
	packet = (__u64)gadget_get_tcp_retransmit_skb_skbaddr(ctx);
	sock = (__u64)gadget_get_tcp_retransmit_skb_skaddr(ctx);
	answers = has_block_rq_completion() | has_kfree() << 1 | has_kmem_cache_free() << 2 |
		  renamedata_has_old_mnt_userns_field() << 3;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
