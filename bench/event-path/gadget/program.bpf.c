// SPDX-License-Identifier: GPL-2.0
/* Records of 104 bytes with nine fields, one for each getpgid: a call so rare that a benchmark
 * alone makes it. */

#include <vmlinux.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include <gadget/buffer.h>
#include <gadget/macros.h>

#define COMM_LEN 16
#define TEXT_LEN 32

/* No field has a special type: what is printed of it is what is in it, whoever prints it. */
struct event {
	__u64 time_ns;
	__u64 cgroup_id;
	__u64 number;
	__u32 pid;
	__u32 tid;
	__u32 uid;
	__u32 gid;
	char comm[COMM_LEN];
	char parent_comm[COMM_LEN];
	char text[TEXT_LEN];
};

GADGET_TRACER_MAP(events, 1024 * 256);
GADGET_TRACER(calls, events, event);

SEC("tracepoint/syscalls/sys_enter_getpgid")
int on_getpgid(struct trace_event_raw_sys_enter *ctx)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct event *event = gadget_reserve_buf(&events, sizeof(*event));
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	__u64 uid_gid = bpf_get_current_uid_gid();

	if (!event)
		return 0;
	event->time_ns = bpf_ktime_get_boot_ns();
	event->cgroup_id = bpf_get_current_cgroup_id();
	event->number = ctx->args[0];
	event->pid = pid_tgid >> 32;
	event->tid = (__u32)pid_tgid;
	event->uid = (__u32)uid_gid;
	event->gid = uid_gid >> 32;
	bpf_get_current_comm(event->comm, sizeof(event->comm));
	BPF_CORE_READ_STR_INTO(&event->parent_comm, task, real_parent, comm);
	__builtin_memset(event->text, 0, sizeof(event->text));
	__builtin_memcpy(event->text, "/usr/share/zoneinfo", sizeof("/usr/share/zoneinfo"));
	gadget_submit_buf(ctx, &events, event, sizeof(*event));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
