// SPDX-License-Identifier: GPL-2.0
/* Every kind of question that an object may ask about the kernel's types; each program is changed
 * by the answers. */
#include <vmlinux.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct task_struct___flavored {
	int tgid;
} __attribute__((preserve_access_index));

struct no_such_struct {
	int member;
} __attribute__((preserve_access_index));

struct pid___without {
	int no_such_member;
} __attribute__((preserve_access_index));

enum bpf_func_id___short {
	BPF_FUNC_trace_printk___short = 0xabc,
};

__u64 answers[16];

SEC("tracepoint/syscalls/sys_enter_getuid")
int ask_fields(void *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct task_struct___flavored *flavored = (void *)task;

	answers[0] = BPF_CORE_READ(task, real_parent, se.load.weight);
	answers[1] = BPF_CORE_READ(flavored, tgid);
	answers[2] = BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum);
	answers[3] = bpf_core_field_exists(task->mm->exe_file);
	answers[4] = bpf_core_field_exists(((struct pid___without *)task)->no_such_member);
	answers[5] = bpf_core_field_size(task->comm);
	answers[6] = BPF_CORE_READ_BITFIELD_PROBED(task, in_iowait);
	answers[7] = bpf_core_field_size(struct task_struct, thread_pid);
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_getuid")
int ask_types(void *ctx)
{
	answers[8] = bpf_core_type_exists(struct task_struct);
	answers[9] = bpf_core_type_size(struct upid);
	answers[10] = bpf_core_enum_value(enum bpf_func_id, BPF_FUNC_get_current_cgroup_id);
	answers[11] = bpf_core_enum_value(enum bpf_func_id___short, BPF_FUNC_trace_printk___short);
	answers[12] = bpf_core_enum_value_exists(enum bpf_map_type, BPF_MAP_TYPE_RINGBUF);
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_getuid")
int ask_in_vain(void *ctx)
{
	answers[13] = bpf_core_type_exists(struct no_such_struct);
	answers[14] = bpf_core_field_exists(struct no_such_struct, member);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
