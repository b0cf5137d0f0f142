// SPDX-License-Identifier: GPL-2.0
/* Processes that run, with --threads all their threads. */

#include <vmlinux.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include <gadget/filter.h>
#include <gadget/macros.h>
#include <gadget/types.h>

/* Bits of a task's state: the kernel's include/linux/sched.h. */
#define TASK_INTERRUPTIBLE 0x1
#define TASK_UNINTERRUPTIBLE 0x2
#define TASK_STOPPED 0x4
#define TASK_TRACED 0x8
#define EXIT_DEAD 0x10
#define EXIT_ZOMBIE 0x20
#define TASK_PARKED 0x40
#define TASK_NOLOAD 0x400
#define TASK_FROZEN 0x8000

enum process_state {
	RUNNING,
	SLEEPING,
	DISK_SLEEP,
	IDLE,
	STOPPED,
	TRACED,
	PARKED,
	FROZEN,
	ZOMBIE,
	DEAD,
};

struct process_entry {
	gadget_comm comm[TASK_COMM_LEN];
	gadget_pid pid;
	gadget_tid tid;
	gadget_mntns_id mntns_id;
	struct gadget_creds creds;
	struct gadget_parent parent;
	gadget_timestamp start_time_raw;
	enum process_state state_raw;
	__u32 __pad;
};

const volatile bool threads = false;
GADGET_PARAM(threads);

GADGET_ITER(processes, process_entry, ig_snap_proc);

/* The member had another name until 5.14, and another type. */
struct task_struct___o {
	volatile long state;
} __attribute__((preserve_access_index));

static __always_inline __u32 read_state_bits(struct task_struct *task)
{
	struct task_struct___o *old = (void *)task;

	if (bpf_core_field_exists(task->__state))
		return BPF_CORE_READ(task, __state);
	return BPF_CORE_READ(old, state);
}

static __always_inline enum process_state read_state(struct task_struct *task)
{
	__u32 state = read_state_bits(task);
	int exit_state = BPF_CORE_READ(task, exit_state);

	if (exit_state & EXIT_ZOMBIE)
		return ZOMBIE;
	if (exit_state & EXIT_DEAD)
		return DEAD;
	if (state & TASK_FROZEN)
		return FROZEN;
	if (state & TASK_PARKED)
		return PARKED;
	if (state & TASK_TRACED)
		return TRACED;
	if (state & TASK_STOPPED)
		return STOPPED;
	if (state & TASK_UNINTERRUPTIBLE)
		return state & TASK_NOLOAD ? IDLE : DISK_SLEEP;
	return state & TASK_INTERRUPTIBLE ? SLEEPING : RUNNING;
}

static __always_inline void fill(struct process_entry *entry, struct task_struct *task)
{
	struct task_struct *parent = BPF_CORE_READ(task, real_parent);

	BPF_CORE_READ_INTO(&entry->comm, task, comm);
	entry->pid = BPF_CORE_READ(task, tgid);
	entry->tid = BPF_CORE_READ(task, pid);
	/* 0 of a task that has exited */
	entry->mntns_id = BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum);
	entry->creds.uid = BPF_CORE_READ(task, cred, uid.val);
	entry->creds.gid = BPF_CORE_READ(task, cred, gid.val);
	BPF_CORE_READ_INTO(&entry->parent.comm, parent, comm);
	entry->parent.pid = BPF_CORE_READ(parent, tgid);
	entry->parent.tid = BPF_CORE_READ(parent, pid);
	entry->start_time_raw = BPF_CORE_READ(task, start_boottime);
	entry->state_raw = read_state(task);
}

SEC("iter/task")
int ig_snap_proc(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct process_entry entry = {};

	if (!task) /* the end */
		return 0;
	if (!threads && task->tgid != task->pid)
		return 0;
	fill(&entry, task);
	if (gadget_should_discard_data(entry.mntns_id, entry.pid, entry.tid, entry.comm,
				       entry.creds.uid, entry.creds.gid))
		return 0;
	bpf_seq_write(ctx->meta->seq, &entry, sizeof(entry));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
