/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The filters that every gadget offers: container, pid, tid, uid, gid, comm.
 *
 * Filters that are off cost nothing: the parameters are frozen before load,
 * so the verifier removes their code.
 *
 * Programs that see packets define GADGET_TYPE_NETWORKING before inclusion:
 * there is no current process for them.
 */
#ifndef __GADGET_FILTER_H
#define __GADGET_FILTER_H

#include <gadget/macros.h>
#include <gadget/types.h>
#include <gadget/mntns_filter.h>
#ifndef GADGET_TYPE_NETWORKING
#include <gadget/mntns.h>
#endif

/* No user or group has it: such a filter is off. */
#define GADGET_INVALID_ID ((gadget_uid)-1)

const volatile gadget_pid targ_pid = 0;
const volatile gadget_tid targ_tid = 0;
const volatile gadget_uid targ_uid = GADGET_INVALID_ID;
const volatile gadget_gid targ_gid = GADGET_INVALID_ID;
const volatile gadget_comm targ_comm[TASK_COMM_LEN] = {};

GADGET_PARAM(targ_pid);
GADGET_PARAM(targ_tid);
GADGET_PARAM(targ_uid);
GADGET_PARAM(targ_gid);
GADGET_PARAM(targ_comm);

static __always_inline bool gadget_should_discard_pid(gadget_pid pid)
{
	return targ_pid && targ_pid != pid;
}

static __always_inline bool gadget_should_discard_tid(gadget_tid tid)
{
	return targ_tid && targ_tid != tid;
}

static __always_inline bool gadget_should_discard_uid(gadget_uid uid)
{
	return targ_uid != GADGET_INVALID_ID && targ_uid != uid;
}

static __always_inline bool gadget_should_discard_gid(gadget_gid gid)
{
	return targ_gid != GADGET_INVALID_ID && targ_gid != gid;
}

/*
 * comm has TASK_COMM_LEN bytes. What follows its NUL does not count: it can be
 * the rest of a longer name that the task had before.
 */
static __always_inline bool gadget_should_discard_comm(const gadget_comm comm[TASK_COMM_LEN])
{
	if (!targ_comm[0])
		return false;

	for (int i = 0; i < TASK_COMM_LEN; i++) {
		if (comm[i] != targ_comm[i])
			return true;
		if (!comm[i])
			break;
	}
	return false;
}

/* True when an event of this process is not wanted. */
static __always_inline bool gadget_should_discard_data(gadget_mntns_id mntns_id, gadget_pid pid,
						       gadget_tid tid,
						       const gadget_comm comm[TASK_COMM_LEN],
						       gadget_uid uid, gadget_gid gid)
{
	return gadget_should_discard_mntns_id(mntns_id) || gadget_should_discard_pid(pid) ||
	       gadget_should_discard_tid(tid) || gadget_should_discard_uid(uid) ||
	       gadget_should_discard_gid(gid) || gadget_should_discard_comm(comm);
}

#ifndef GADGET_TYPE_NETWORKING
/* The same for the current process; reads only what an active filter needs. */
static __always_inline bool gadget_should_discard_data_current(void)
{
	if (gadget_filter_by_mntns && gadget_should_discard_mntns_id(gadget_get_current_mntns_id()))
		return true;

	if (targ_pid || targ_tid) {
		__u64 pid_tgid = bpf_get_current_pid_tgid();

		if (gadget_should_discard_pid(pid_tgid >> 32) ||
		    gadget_should_discard_tid((__u32)pid_tgid))
			return true;
	}

	if (targ_uid != GADGET_INVALID_ID || targ_gid != GADGET_INVALID_ID) {
		__u64 uid_gid = bpf_get_current_uid_gid();

		if (gadget_should_discard_uid((__u32)uid_gid) ||
		    gadget_should_discard_gid(uid_gid >> 32))
			return true;
	}

	if (targ_comm[0]) {
		gadget_comm comm[TASK_COMM_LEN] = {};

		bpf_get_current_comm(comm, sizeof(comm));
		return gadget_should_discard_comm(comm);
	}
	return false;
}
#endif /* GADGET_TYPE_NETWORKING */

static __always_inline bool __gadget_any_filter(void)
{
	return gadget_filter_by_mntns || targ_pid || targ_tid || targ_uid != GADGET_INVALID_ID ||
	       targ_gid != GADGET_INVALID_ID || targ_comm[0];
}

/*
 * The same for the owner of a packet's socket. A packet whose owner is unknown
 * (skb_val is NULL) passes only while no filter is active.
 */
static __always_inline bool
gadget_should_discard_data_by_skb(const struct gadget_socket_value *skb_val)
{
	if (!__gadget_any_filter())
		return false;
	if (!skb_val)
		return true;

	return gadget_should_discard_data(skb_val->mntns, skb_val->pid_tgid >> 32,
					  (__u32)skb_val->pid_tgid, skb_val->task,
					  (__u32)skb_val->uid_gid, skb_val->uid_gid >> 32);
}

#endif /* __GADGET_FILTER_H */
