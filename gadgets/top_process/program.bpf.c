// SPDX-License-Identifier: GPL-2.0
/*
 * CPU time by process. What a task ran is counted when it leaves its CPU, and by a clock as long as
 * it stays: a task that is never interrupted is shown too.
 */

#include <vmlinux.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include <gadget/common.h>
#include <gadget/filter.h>
#include <gadget/macros.h>
#include <gadget/types.h>

/* Rows that a table can have. */
#define PROCESSES_MAX 16384

struct process {
	gadget_pid pid;
	__u32 __pad;
};

struct usage {
	gadget_mntns_id mntns_id;
	gadget_comm comm[TASK_COMM_LEN];
	gadget_ppid ppid;
	gadget_uid uid;
	gadget_duration cpu_time_raw;
	__u64 switches;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PROCESSES_MAX);
	__type(key, struct process);
	__type(value, struct usage);
} usages SEC(".maps");
GADGET_MAPITER(processes, usages);

/* Up to when this CPU's time is accounted, on the clock that stands still while the machine sleeps;
 * 0 before the first event. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} accounted SEC(".maps");

/* Nanoseconds since the last call on this CPU. Both programs run with interrupts off, so they never
 * meet. */
static __always_inline __u64 account(void)
{
	__u32 zero = 0;
	__u64 *last = bpf_map_lookup_elem(&accounted, &zero);
	__u64 now = bpf_ktime_get_ns();
	__u64 spent;

	if (!last)
		return 0;
	spent = *last ? now - *last : 0;
	*last = now;
	return spent;
}

static __always_inline struct usage *find_usage(__u32 pid)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct process key = {.pid = pid};
	struct usage *usage = bpf_map_lookup_elem(&usages, &key);
	struct usage fresh = {};

	if (usage)
		return usage;
	fresh.mntns_id = gadget_get_current_mntns_id();
	fresh.ppid = BPF_CORE_READ(task, real_parent, tgid);
	fresh.uid = (__u32)bpf_get_current_uid_gid();
	BPF_CORE_READ_INTO(&fresh.comm, task, group_leader, comm);
	bpf_map_update_elem(&usages, &key, &fresh, BPF_NOEXIST);
	return bpf_map_lookup_elem(&usages, &key);
}

static __always_inline int count(__u64 switches)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	__u64 spent = account();
	struct usage *usage;

	if (!(__u32)pid_tgid || gadget_should_discard_data_current()) /* idle has tid 0 */
		return 0;
	usage = find_usage(pid_tgid >> 32);
	if (!usage)
		return 0;
	/* it may have another name since it is in the table: execve */
	if (pid_tgid >> 32 == (__u32)pid_tgid)
		bpf_get_current_comm(usage->comm, sizeof(usage->comm));
	__sync_fetch_and_add(&usage->cpu_time_raw, spent);
	if (switches) /* clang makes of adding 0 an instruction that Linux 5.10 lacks */
		__sync_fetch_and_add(&usage->switches, switches);
	return 0;
}

/* The current task is still the one that leaves the CPU. */
SEC("raw_tp/sched_switch")
int ig_sched_switch(void *ctx)
{
	return count(1);
}

SEC("perf_event/clock")
int ig_clock(void *ctx)
{
	return count(0);
}

char LICENSE[] SEC("license") = "GPL";
