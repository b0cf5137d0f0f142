/* SPDX-License-Identifier: GPL-2.0 */
/* A number of 32 bits that is checked once and then used as an index, with a call and a branch
 * between. */
#include <vmlinux.h>

#include <bpf/bpf_helpers.h>

struct calls {
	__u8 seen[501];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u64);
	__type(value, struct calls);
} calls SEC(".maps");

__u64 total;

SEC("raw_tracepoint/sys_enter")
int note_call(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 number = ctx->args[1];
	__u64 key = 0;
	struct calls *value;

	if (number >= 500)
		return 0;
	value = bpf_map_lookup_elem(&calls, &key);
	if (!value)
		return 0;
	__sync_fetch_and_add(&total, 1);
	if (number == 157 && value->seen[500])
		return 0;
	value->seen[number] = 1;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
