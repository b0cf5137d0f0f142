// SPDX-License-Identifier: GPL-2.0
/* Variants: the first names a function that no kernel has, so its alternative has to be taken. */
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <gadget/buffer.h>
#include <gadget/macros.h>
#include <gadget/types.h>

struct event {
	gadget_pid pid;
	__u32 variant;
};

GADGET_TRACER_MAP(events, 1024 * 256);
GADGET_TRACER(variants, events, event);

static __always_inline int emit(void *ctx, __u32 variant)
{
	struct event *event = gadget_reserve_buf(&events, sizeof(*event));

	if (!event)
		return 0;
	event->pid = bpf_get_current_pid_tgid() >> 32;
	event->variant = variant;
	gadget_submit_buf(ctx, &events, event, sizeof(*event));
	return 0;
}

SEC("fentry/no_kernel_has_this_function")
int BPF_PROG(first)
{
	return emit(ctx, 1);
}

SEC("kprobe/do_unlinkat")
int BPF_KPROBE(second)
{
	return emit(ctx, 2);
}

SEC("kprobe/no_kernel_has_this_one_either")
int BPF_KPROBE(missing)
{
	return emit(ctx, 3);
}

char LICENSE[] SEC("license") = "GPL";
