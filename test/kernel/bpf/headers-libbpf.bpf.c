// SPDX-License-Identifier: GPL-2.0
/* What our headers add to those of libbpf 1.1, run on getuid(2) or only loaded. */
#include <vmlinux.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/usdt.bpf.h>

__u32 sum, first_words, last, pids, versions;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct iphdr);
} header SEC(".maps");

SEC("tracepoint/syscalls/sys_enter_getuid")
int loops(void *ctx)
{
	__u32 zero = 0;
	struct iphdr *ip = bpf_map_lookup_elem(&header, &zero);
	int i, *p;

	sum = first_words = last = 0;
	bpf_for(i, 0, 10)
		sum += i;
	bpf_repeat(7)
		first_words++;
	bpf_for_each(num, p, 3, 6)
		last = *p;

	if (bpf_ksym_exists(bpf_rdonly_cast))
		pids = bpf_core_cast((void *)bpf_get_current_task(), struct task_struct)->tgid;

	if (ip) {
		BPF_CORE_WRITE_BITFIELD(ip, version, 6);
		BPF_CORE_WRITE_BITFIELD(ip, ihl, 0x1f5);
		versions =
			BPF_CORE_READ_BITFIELD(ip, version) << 4 | BPF_CORE_READ_BITFIELD(ip, ihl);
	}
	return 0;
}

SEC("uprobe")
int BPF_UPROBE(six, int a, int b, int c, int d, int e, int f)
{
	sum = a + f;
	return 0;
}

SEC("uretprobe")
int BPF_URETPROBE(result, int value)
{
	sum = value;
	return 0;
}

SEC("kprobe")
int BPF_KPROBE(kernel_six, int a, int b, int c, int d, int e, int f)
{
	sum = a + f;
	return 0;
}

SEC("usdt")
int BPF_USDT(user_probe, int a)
{
	sum = bpf_usdt_arg_size(ctx, a & 3);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
