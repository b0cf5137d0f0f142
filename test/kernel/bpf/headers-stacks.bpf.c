// SPDX-License-Identifier: GPL-2.0
/* User stacks in each type of program that can take them. */
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <gadget/buffer.h>
#include <gadget/filter.h>
#include <gadget/user_stack_map.h>

struct event {
	struct gadget_user_stack stack;
};

GADGET_TRACER_MAP(events, 1 << 16);
GADGET_TRACER(stacks, events, event);

SEC("tracepoint/syscalls/sys_enter_close")
int from_tracepoint(struct syscall_trace_enter *ctx)
{
	struct event event;

	if (gadget_should_discard_data_current())
		return 0;

	gadget_get_user_stack_from_tracepoint(ctx, &event.stack);
	gadget_output_buf(ctx, &events, &event, sizeof(event));
	return 0;
}

SEC("uprobe")
int BPF_UPROBE(from_uprobe)
{
	struct event event;

	gadget_get_user_stack(ctx, &event.stack);
	gadget_output_buf(ctx, &events, &event, sizeof(event));
	return 0;
}

SEC("perf_event")
int from_perf_event(struct bpf_perf_event_data *ctx)
{
	struct event event;

	gadget_get_user_stack(ctx, &event.stack);
	gadget_output_buf(ctx, &events, &event, sizeof(event));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
