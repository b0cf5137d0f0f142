// A program as bpfman loads: it counts in a hash map. Written for these tests.
#include <vmlinux.h>

#include <bpf/bpf_helpers.h>

struct opened {
	u32 pid;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct opened);
	__type(value, u64);
} opens SEC(".maps");

SEC("tracepoint/syscalls/sys_enter_openat")
int tracepoint_open_recorder(void *ctx)
{
	struct opened key = {.pid = bpf_get_current_pid_tgid() >> 32};
	u64 one = 1, *count = bpf_map_lookup_elem(&opens, &key);

	if (count)
		__sync_fetch_and_add(count, 1);
	else
		bpf_map_update_elem(&opens, &key, &one, BPF_ANY);
	return 0;
}

char _license[] SEC("license") = "Dual BSD/GPL";
