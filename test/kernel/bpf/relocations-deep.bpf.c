// SPDX-License-Identifier: GPL-2.0
/* Questions whose answer lies behind a pointer. */
#include <vmlinux.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

__u64 answers[4];

SEC("tracepoint/syscalls/sys_enter_getuid")
int ask_behind_pointers(void *ctx)
{
	answers[0] = bpf_core_type_exists(bpf_func_t);
	answers[1] = bpf_core_type_exists(struct pid);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
