// SPDX-License-Identifier: GPL-2.0
/* More records than the smallest buffer takes, from every thread of one process. */
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <gadget/buffer.h>
#include <gadget/filter.h>

struct event {
	__u64 number;
	__u8 filling[56];
};

__u64 submitted;

GADGET_TRACER_MAP(events, 4096);
GADGET_TRACER(calls, events, event);

SEC("tracepoint/raw_syscalls/sys_enter")
int by_reserve(struct trace_event_raw_sys_enter *ctx)
{
	struct event *event;
	__u64 number;

	if (gadget_should_discard_data_current())
		return 0;

	number = __sync_fetch_and_add(&submitted, 1);
	event = gadget_reserve_buf(&events, sizeof(*event));
	if (!event)
		return 0;
	__builtin_memset(event, 0, sizeof(*event));
	event->number = number;
	gadget_submit_buf(ctx, &events, event, sizeof(*event));
	return 0;
}

SEC("tracepoint/raw_syscalls/sys_enter")
int by_copy(struct trace_event_raw_sys_enter *ctx)
{
	struct event event = {};

	if (gadget_should_discard_data_current())
		return 0;

	event.number = __sync_fetch_and_add(&submitted, 1);
	gadget_output_buf(ctx, &events, &event, sizeof(event));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
