/* SPDX-License-Identifier: GPL-2.0 */
#include <vmlinux.h>

#include <gadget/buffer.h>
#include <gadget/filter.h>

struct event {
	gadget_comm comm[TASK_COMM_LEN];
	__u32 mask;
};

GADGET_TRACER_MAP(events, 4096);
GADGET_TRACER(masks, events, event);

/* Its section says of what type it is; nothing has that name. */
SEC("tracepoint/none/called")
int called(struct syscall_trace_enter *ctx)
{
	struct event *event = gadget_reserve_buf(&events, sizeof(*event));

	if (!event)
		return 0;
	bpf_get_current_comm(event->comm, sizeof(event->comm));
	event->mask = ctx->args[0];
	gadget_submit_buf(ctx, &events, event, sizeof(*event));
	return 0;
}

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__array(values, int(void *));
} jumps SEC(".maps") = {.values = {[1] = (void *)&called}};

SEC("tracepoint/syscalls/sys_enter_umask")
int caller(struct syscall_trace_enter *ctx)
{
	if (!gadget_should_discard_data_current())
		bpf_tail_call(ctx, &jumps, 1);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
