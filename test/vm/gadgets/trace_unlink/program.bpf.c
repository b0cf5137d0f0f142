// SPDX-License-Identifier: GPL-2.0
/* One event from each kind of probe that needs a kernel built with kprobes and trampolines. */
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <gadget/buffer.h>
#include <gadget/macros.h>
#include <gadget/types.h>

enum unlink_probe {
	KPROBE,
	KRETPROBE,
	FENTRY,
	FEXIT,
};

struct event {
	gadget_timestamp timestamp_raw;
	gadget_pid pid;
	enum unlink_probe probe_raw;
	int result;
	gadget_comm comm[TASK_COMM_LEN];
};

GADGET_TRACER_MAP(events, 1024 * 256);
GADGET_TRACER(unlink, events, event);

static __always_inline int emit(void *ctx, enum unlink_probe probe, int result)
{
	struct event *event = gadget_reserve_buf(&events, sizeof(*event));

	if (!event)
		return 0;
	event->timestamp_raw = bpf_ktime_get_boot_ns();
	event->pid = bpf_get_current_pid_tgid() >> 32;
	event->probe_raw = probe;
	event->result = result;
	bpf_get_current_comm(&event->comm, sizeof(event->comm));
	gadget_submit_buf(ctx, &events, event, sizeof(*event));
	return 0;
}

SEC("kprobe/do_unlinkat")
int BPF_KPROBE(unlink_kprobe)
{
	return emit(ctx, KPROBE, 0);
}

SEC("kretprobe/do_unlinkat")
int BPF_KRETPROBE(unlink_kretprobe, int result)
{
	return emit(ctx, KRETPROBE, result);
}

SEC("fentry/do_unlinkat")
int BPF_PROG(unlink_fentry)
{
	return emit(ctx, FENTRY, 0);
}

SEC("fexit/do_unlinkat")
int BPF_PROG(unlink_fexit, int dfd, struct filename *name, int result)
{
	return emit(ctx, FEXIT, result);
}

char LICENSE[] SEC("license") = "GPL";
