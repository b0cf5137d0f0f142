// SPDX-License-Identifier: GPL-2.0
/* System calls, counted when they begin and when they end, in maps of two types. */
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <gadget/filter.h>
#include <gadget/macros.h>
#include <gadget/maps.bpf.h>
#include <gadget/types.h>

struct caller {
	gadget_comm comm[TASK_COMM_LEN];
	gadget_pid pid;
	__u32 __pad;
};

struct call {
	struct caller caller;
	__u64 number;
};

struct count {
	__u64 calls;
	__s64 last_result;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct call);
	__type(value, struct count);
} begun SEC(".maps");
GADGET_MAPITER(begin, begun);

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct call);
	__type(value, struct count);
} ended SEC(".maps");
GADGET_MAPITER(end, ended);

static __always_inline void count_call(void *map, __u64 number, __s64 result)
{
	struct call call = {.number = number};
	struct count none = {}, *count;

	if (gadget_should_discard_data_current())
		return;
	call.caller.pid = bpf_get_current_pid_tgid() >> 32;
	bpf_get_current_comm(&call.caller.comm, sizeof(call.caller.comm));
	count = bpf_map_lookup_or_try_init(map, &call, &none);
	if (!count)
		return;
	__sync_fetch_and_add(&count->calls, 1);
	count->last_result = result;
}

SEC("raw_tp/sys_enter")
int on_begin(struct bpf_raw_tracepoint_args *ctx)
{
	count_call(&begun, ctx->args[1], 0);
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(on_end, struct pt_regs *regs, long result)
{
	count_call(&ended, 0, result);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
