// SPDX-License-Identifier: GPL-2.0
/* A record for every close(2) of one process: who, which file, when, from where. */
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <gadget/bits.bpf.h>
#include <gadget/buffer.h>
#include <gadget/common.h>
#include <gadget/filesystem.h>
#include <gadget/filter.h>
#include <gadget/kernel_stack_map.h>
#include <gadget/maps.bpf.h>

struct event {
	gadget_timestamp timestamp_raw;
	struct gadget_process proc;
	__s64 kernel_stack;
	__u64 count;
	__s64 path_length;
	char path[GADGET_PATH_MAX];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

GADGET_TRACER_MAP(events, 1 << 20);
GADGET_TRACER(closes, events, event);

SEC("tracepoint/syscalls/sys_enter_close")
int on_close(struct syscall_trace_enter *ctx)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	__u64 zero = 0, *count;
	struct event *event;

	if (gadget_should_discard_data_current())
		return 0;

	count = bpf_map_lookup_or_try_init(&counts, &pid, &zero);
	if (!count)
		return 0;
	__sync_fetch_and_add(count, 1);

	event = gadget_reserve_buf(&events, sizeof(*event));
	if (!event)
		return 0;

	gadget_process_populate(&event->proc);
	event->timestamp_raw = bpf_ktime_get_boot_ns();
	event->kernel_stack = gadget_get_kernel_stack(ctx);
	event->count = *count;
	event->path_length =
		read_full_path_of_open_file_fd(ctx->args[0], event->path, sizeof(event->path));
	if (event->path_length < 0)
		gadget_discard_buf(event);
	else
		gadget_submit_buf(ctx, &events, event, sizeof(*event));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
