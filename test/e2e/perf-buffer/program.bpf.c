// SPDX-License-Identifier: GPL-2.0
/* Each getuid(2) of one process, numbered, through a perf buffer of the program's own. */
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <gadget/filter.h>
#include <gadget/macros.h>
#include <gadget/types.h>

struct event {
	gadget_timestamp timestamp_raw;
	gadget_pid pid;
	__u32 number;
	gadget_comm comm[TASK_COMM_LEN];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} events SEC(".maps");

GADGET_TRACER(calls, events, event);

__u32 calls_so_far;

SEC("tracepoint/syscalls/sys_enter_getuid")
int on_getuid(struct syscall_trace_enter *ctx)
{
	struct event event = {};

	if (gadget_should_discard_data_current())
		return 0;
	event.timestamp_raw = bpf_ktime_get_boot_ns();
	event.pid = bpf_get_current_pid_tgid() >> 32;
	event.number = __sync_fetch_and_add(&calls_so_far, 1);
	bpf_get_current_comm(&event.comm, sizeof(event.comm));
	bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, &event, sizeof(event));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
