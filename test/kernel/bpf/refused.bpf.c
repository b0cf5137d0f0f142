// Programs that a kernel must not take, each for another reason.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} map SEC(".maps");

static __always_inline int read_unchecked(void)
{
	__u32 key = 0;
	__u64 *value = bpf_map_lookup_elem(&map, &key);
	return *value;
}

SEC("tracepoint/syscalls/sys_enter_getuid")
int unchecked_pointer(void *ctx)
{
	return read_unchecked();
}

SEC("tp_btf/no_such_tracepoint")
int unknown_tracepoint(void *ctx)
{
	return 0;
}

SEC("tracepoint/no_such/tracepoint")
int harmless(void *ctx)
{
	return 0;
}

// The verifier tells of every instruction: some hundred kilobytes before it comes to the point.
SEC("tracepoint/syscalls/sys_enter_getuid")
int long_story(void *ctx)
{
	__u64 chapter = 0;
	asm volatile(".rept 3000\n%[chapter] += 1\n.endr" : [chapter] "+r"(chapter));
	return read_unchecked() + chapter;
}

char LICENSE[] SEC("license") = "GPL";
