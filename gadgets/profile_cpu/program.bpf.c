// SPDX-License-Identifier: GPL-2.0
/* Where CPU time goes: stacks that a clock found running, counted by process. */

#include <vmlinux.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include <gadget/common.h>
#include <gadget/filter.h>
#include <gadget/kernel_stack_map.h>
#include <gadget/macros.h>
#include <gadget/types.h>
#include <gadget/user_stack_map.h>

/* Different stacks of different processes that are kept between two fetches. */
#define SAMPLES_MAX 10240

/* Where the kernel's half of the addresses starts, on amd64 and arm64 alike. */
#define KERNEL_ADDRESS_BIT (1ULL << 63)

/* An id that no stack has. */
#define NO_STACK (~0U)

struct stack_key {
	__u64 kernel_ip;
	struct gadget_process proc;
	__u32 user_stack_id;
	gadget_kernel_stack kern_stack_raw;
};

struct stack_count {
	__u64 samples;
	struct gadget_user_stack user_stack_raw;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SAMPLES_MAX);
	__type(key, struct stack_key);
	__type(value, struct stack_count);
} counts SEC(".maps");
GADGET_MAPITER(samples, counts);

const volatile bool kernel_stacks_only = false;
GADGET_PARAM(kernel_stacks_only);

const volatile bool user_stacks_only = false;
GADGET_PARAM(user_stacks_only);

const volatile bool include_idle = false;
GADGET_PARAM(include_idle);

/* Threads of a process count together. */
static __always_inline void populate_key(struct stack_key *key, struct bpf_perf_event_data *ctx)
{
	__u64 ip = PT_REGS_IP(&ctx->regs);

	gadget_process_populate(&key->proc);
	key->proc.tid = key->proc.pid;
	if (user_stacks_only || !(ip & KERNEL_ADDRESS_BIT))
		return;
	key->kernel_ip = ip;
	key->kern_stack_raw = gadget_get_kernel_stack(ctx);
}

SEC("perf_event/profiler")
int ig_prof_cpu(struct bpf_perf_event_data *ctx)
{
	struct stack_key key = {.kern_stack_raw = NO_STACK};
	struct stack_count fresh = {}, *count;

	if (!include_idle && !(__u32)bpf_get_current_pid_tgid()) /* idle has tid 0 */
		return 0;
	if (gadget_should_discard_data_current())
		return 0;
	populate_key(&key, ctx);
	if (!kernel_stacks_only) {
		gadget_get_user_stack(ctx, &fresh.user_stack_raw);
		key.user_stack_id = fresh.user_stack_raw.stack_id;
	}
	bpf_map_update_elem(&counts, &key, &fresh, BPF_NOEXIST);
	count = bpf_map_lookup_elem(&counts, &key);
	if (count)
		__sync_fetch_and_add(&count->samples, 1);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
