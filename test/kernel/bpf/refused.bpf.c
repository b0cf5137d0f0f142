// Programs that a kernel must not take, each for another reason.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u64);
} map SEC(".maps");

SEC("tracepoint/syscalls/sys_enter_getuid")
int unchecked_pointer(void *ctx)
{
    __u32 key = 0;
    __u64 *value = bpf_map_lookup_elem(&map, &key);
    return *value;
}

SEC("tp_btf/no_such_tracepoint")
int unknown_tracepoint(void *ctx) { return 0; }

SEC("tracepoint/no_such/tracepoint")
int harmless(void *ctx) { return 0; }

char LICENSE[] SEC("license") = "GPL";
