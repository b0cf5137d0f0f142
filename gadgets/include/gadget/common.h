/* SPDX-License-Identifier: GPL-2.0 */
/* Who does it: fills struct gadget_process. */
#ifndef __GADGET_COMMON_H
#define __GADGET_COMMON_H

#include <vmlinux.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include <gadget/mntns.h>
#include <gadget/types.h>

/* The process whose child task is, after re-parenting to init if its own died. */
static __always_inline void __gadget_parent_populate(struct task_struct *task,
						     struct gadget_parent *p)
{
	struct task_struct *parent = BPF_CORE_READ(task, real_parent);

	if (!parent)
		return;

	p->pid = BPF_CORE_READ(parent, tgid);
	p->tid = BPF_CORE_READ(parent, pid);
	BPF_CORE_READ_INTO(&p->comm, parent, comm);
}

/* Fills p with the current process; the parent is left alone if there is none. */
static __always_inline void gadget_process_populate(struct gadget_process *p)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	__u64 uid_gid = bpf_get_current_uid_gid();

	p->pid = pid_tgid >> 32;
	p->tid = (__u32)pid_tgid;
	p->creds.uid = (__u32)uid_gid;
	p->creds.gid = uid_gid >> 32;
	p->mntns_id = gadget_get_current_mntns_id();
	bpf_get_current_comm(p->comm, sizeof(p->comm));
	__gadget_parent_populate((struct task_struct *)bpf_get_current_task(), &p->parent);
}

#endif /* __GADGET_COMMON_H */
