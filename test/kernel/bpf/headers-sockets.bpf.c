// SPDX-License-Identifier: GPL-2.0
/* The owner of every socket that changes its state, and the state of the GPUs. */
#define GADGET_TYPE_TRACING
#define GPU_BRIDGE_WANT_ALL
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <gadget/buffer.h>
#include <gadget/gpu_bridge_maps.h>
#include <gadget/sockets-map.h>

struct event {
	struct gadget_process proc;
	__u32 netns;
	__u32 cwd_bytes;
	__u32 has_exepath;
	__u32 gpu_is_fresh;
};

GADGET_TRACER_MAP(events, 1 << 16);
GADGET_TRACER(states, events, event);

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(on_state, const struct sock *sk)
{
	__u32 netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	struct gadget_socket_value *value = gadget_socket_lookup(sk, netns);
	struct event event = {.netns = netns};

	if (!value)
		return 0;

	gadget_process_populate_from_socket(value, &event.proc);
	event.cwd_bytes = bpf_core_field_exists(value->cwd) ? bpf_core_field_size(value->cwd) : 0;
	event.has_exepath = bpf_core_field_exists(value->exepath);
	event.gpu_is_fresh = !!gpu_meta_fresh(bpf_ktime_get_boot_ns(), 1000) &&
			     gpu_pid_holder(event.proc.pid, 1) && gpu_device_underutilized(0, 70);
	gadget_output_buf(ctx, &events, &event, sizeof(event));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
