/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Keeps the set of processes that descend from those user space puts into it,
 * so that a run can be narrowed to a command and its children.
 */
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

/* Descendants that live at the same time. */
#define MAX_LIVING 32768
/* Ended ones, whose last events may not have been read yet; the oldest are forgotten. */
#define MAX_ENDED 16384

/*
 * Both are allocated beforehand: kernels before 6.1 warn about, and real-time
 * kernels refuse, tracing programs with maps that allocate when they are used.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_LIVING);
	__type(key, __u32); /* process id, in the kernel's words a tgid */
	__type(value, __u8);
} living SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, MAX_ENDED);
	__type(key, __u32);
	__type(value, __u8);
} ended SEC(".maps");

/* TP_PROTO(struct task_struct *parent, struct task_struct *child): before the child runs its first
 * instruction. */
SEC("raw_tracepoint/sched_process_fork")
int on_fork(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *parent = (struct task_struct *)ctx->args[0];
	struct task_struct *child = (struct task_struct *)ctx->args[1];
	__u32 from = BPF_CORE_READ(parent, tgid);
	__u32 to = BPF_CORE_READ(child, tgid);
	__u8 yes = 1;

	if (from == to) /* a thread */
		return 0;
	/* The id may have been that of a process that has ended. */
	bpf_map_delete_elem(&ended, &to);
	/* A thread may outlive the first one of its process. */
	if (bpf_map_lookup_elem(&living, &from) || bpf_map_lookup_elem(&ended, &from))
		bpf_map_update_elem(&living, &to, &yes, BPF_ANY);
	return 0;
}

SEC("raw_tracepoint/sched_process_exit")
int on_exit(void *ctx)
{
	__u64 id = bpf_get_current_pid_tgid();
	__u32 pid = id >> 32;
	__u8 yes = 1;

	if (pid != (__u32)id || !bpf_map_lookup_elem(&living, &pid))
		return 0;
	bpf_map_update_elem(&ended, &pid, &yes, BPF_ANY);
	bpf_map_delete_elem(&living, &pid);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
