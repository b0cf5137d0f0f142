// SPDX-License-Identifier: GPL-2.0
/* Several probes of user space in one object. */
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <gadget/buffer.h>
#include <gadget/filter.h>
#include <gadget/macros.h>
#include <gadget/types.h>

enum user_probe {
	ENTRY,
	RETURN,
	SYMBOL,
	SYMBOL_AND_OFFSET,
	LIBRARY,
};

struct event {
	gadget_pid pid;
	enum user_probe probe_raw;
	__s64 value;
	gadget_comm comm[TASK_COMM_LEN];
};

GADGET_TRACER_MAP(events, 1024 * 256);
GADGET_TRACER(calls, events, event);

static __always_inline int emit(void *ctx, enum user_probe probe, __s64 value)
{
	struct event *event;

	if (gadget_should_discard_data_current())
		return 0;
	event = gadget_reserve_buf(&events, sizeof(*event));
	if (!event)
		return 0;
	event->pid = bpf_get_current_pid_tgid() >> 32;
	event->probe_raw = probe;
	event->value = value;
	bpf_get_current_comm(&event->comm, sizeof(event->comm));
	gadget_submit_buf(ctx, &events, event, sizeof(*event));
	return 0;
}

/* Where each is attached is said in gadget.yaml: the program's path is not known before. */
SEC("uprobe/program:busy")
int BPF_UPROBE(busy_entry, long rounds)
{
	return emit(ctx, ENTRY, rounds);
}

SEC("uretprobe/program:busy")
int BPF_URETPROBE(busy_return, long sum)
{
	return emit(ctx, RETURN, sum);
}

SEC("uprobe/program:stepped")
int BPF_UPROBE(at_symbol)
{
	return emit(ctx, SYMBOL, 0);
}

SEC("uprobe/program:stepped+1")
int BPF_UPROBE(at_offset)
{
	return emit(ctx, SYMBOL_AND_OFFSET, 0);
}

SEC("uprobe/libc:getppid")
int BPF_UPROBE(in_library)
{
	return emit(ctx, LIBRARY, 0);
}

char LICENSE[] SEC("license") = "GPL";
