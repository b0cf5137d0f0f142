/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kernel structures that changed in ways CO-RE does not follow by itself.
 *
 * For each there is a flavour per layout ("___o" the older, "___x" the other):
 * the loader drops what follows the three underscores and relocates against
 * the running kernel's type, and bpf_core_field_exists() says which one it is.
 * Flavours hold only the members that are read.
 */
#ifndef __GADGET_CORE_FIXES_BPF_H
#define __GADGET_CORE_FIXES_BPF_H

#include <vmlinux.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define __gadget_relocatable __attribute__((preserve_access_index))

/*
 * A call that the verifier refuses, for branches that must have been removed:
 * a program that still reaches it does not load. No helper has this number;
 * libbpf writes the same one where a relocation fails, and says so in its log.
 */
static void *(*const bpf_core_unreachable)(void) = (void *)0xbad2310;

/* 5.14 (2f064a59a11f): task_struct.state became __state, an unsigned int. */
struct task_struct___o {
	volatile long state;
} __gadget_relocatable;

struct task_struct___x {
	unsigned int __state;
} __gadget_relocatable;

/* A task's state, TASK_RUNNING (0) and so on. */
static __always_inline __s64 get_task_state(void *task)
{
	struct task_struct___x *t = task;

	if (bpf_core_field_exists(t->__state))
		return BPF_CORE_READ(t, __state);
	return BPF_CORE_READ((struct task_struct___o *)task, state);
}

/* 5.12 (309dca309fc3): bio.bi_disk became bi_bdev. */
struct bio___o {
	struct gendisk *bi_disk;
} __gadget_relocatable;

struct bio___x {
	struct block_device *bi_bdev;
} __gadget_relocatable;

/* The disk of a struct bio. */
static __always_inline struct gendisk *get_gendisk(void *bio)
{
	struct bio___x *b = bio;

	if (bpf_core_field_exists(b->bi_bdev))
		return BPF_CORE_READ(b, bi_bdev, bd_disk);
	return BPF_CORE_READ((struct bio___o *)bio, bi_disk);
}

/* 5.17 (f3fa33acca9f): request.rq_disk went; the queue knows its disk since 5.15. */
struct request_queue___x {
	struct gendisk *disk;
} __gadget_relocatable;

struct request___x {
	struct request_queue___x *q;
	struct gendisk *rq_disk;
} __gadget_relocatable;

/* The disk of a struct request. */
static __always_inline struct gendisk *get_disk(void *request)
{
	struct request___x *r = request;

	if (bpf_core_field_exists(r->rq_disk))
		return BPF_CORE_READ(r, rq_disk);
	return BPF_CORE_READ(r, q, disk);
}

/* 5.16: block_rq_complete got an event class of its own, then block_rq_completion. */
struct trace_event_raw_block_rq_complete___x {
	dev_t dev;
	sector_t sector;
	unsigned int nr_sector;
} __gadget_relocatable;

struct trace_event_raw_block_rq_completion___x {
	dev_t dev;
	sector_t sector;
	unsigned int nr_sector;
} __gadget_relocatable;

/* Whether block_rq_complete hands over struct trace_event_raw_block_rq_completion. */
static __always_inline bool has_block_rq_completion(void)
{
	return bpf_core_type_exists(struct trace_event_raw_block_rq_completion___x);
}

/* 5.12 (3544de8ee6e4): kmem_free was split into kfree and kmem_cache_free. */
struct trace_event_raw_kmem_free___x {
	const void *ptr;
} __gadget_relocatable;

struct trace_event_raw_kfree___x {
	const void *ptr;
} __gadget_relocatable;

struct trace_event_raw_kmem_cache_free___x {
	const void *ptr;
} __gadget_relocatable;

/* Whether the tracepoint kfree hands over a struct of its own. */
static __always_inline bool has_kfree(void)
{
	return bpf_core_type_exists(struct trace_event_raw_kfree___x);
}

/* The same of kmem_cache_free. */
static __always_inline bool has_kmem_cache_free(void)
{
	return bpf_core_type_exists(struct trace_event_raw_kmem_cache_free___x);
}

/* 6.3 (abf08576afe3): user namespaces of mounts became struct mnt_idmap. */
struct renamedata___x {
	struct user_namespace *old_mnt_userns;
} __gadget_relocatable;

/* Whether struct renamedata has the older member. */
static __always_inline bool renamedata_has_old_mnt_userns_field(void)
{
	return bpf_core_field_exists(struct renamedata___x, old_mnt_userns);
}

/* tcp_retransmit_skb left the class tcp_event_sk_skb when it got more members. */
struct trace_event_raw_tcp_event_sk_skb___o {
	const void *skbaddr;
	const void *skaddr;
} __gadget_relocatable;

struct trace_event_raw_tcp_retransmit_skb___x {
	const void *skbaddr;
	const void *skaddr;
} __gadget_relocatable;

#define __gadget_tcp_retransmit_skb_member(ctx, member)                                          \
	(bpf_core_type_exists(struct trace_event_raw_tcp_retransmit_skb___x)                     \
		 ? BPF_CORE_READ((struct trace_event_raw_tcp_retransmit_skb___x *)(ctx), member) \
		 : BPF_CORE_READ((struct trace_event_raw_tcp_event_sk_skb___o *)(ctx), member))

/* The packet that tracepoint tcp:tcp_retransmit_skb is about. */
static __always_inline const struct sk_buff *gadget_get_tcp_retransmit_skb_skbaddr(void *ctx)
{
	return __gadget_tcp_retransmit_skb_member(ctx, skbaddr);
}

/* The same event's socket. */
static __always_inline const struct sock *gadget_get_tcp_retransmit_skb_skaddr(void *ctx)
{
	return __gadget_tcp_retransmit_skb_member(ctx, skaddr);
}

/* 6.6 (13bc24457850) renamed inode.i_ctime; 6.11 (3aa63a569c64) made it two integers. */
struct timespec64___gadget {
	__s64 tv_sec;
	long tv_nsec;
} __gadget_relocatable;

struct inode___ctime_before_6_6 {
	struct timespec64___gadget i_ctime;
} __gadget_relocatable;

struct inode___ctime_before_6_11 {
	struct timespec64___gadget __i_ctime;
} __gadget_relocatable;

struct inode___ctime_since_6_11 {
	__s64 i_ctime_sec;
	__u32 i_ctime_nsec;
} __gadget_relocatable;

/* I_CTIME_QUERIED (6.13): somebody has seen this time. Not a part of it. */
#define __GADGET_CTIME_NSEC_MASK 0x7fffffff

/* An inode's change time in nanoseconds since 1970; 0 for times before. */
static __always_inline __u64 gadget_get_ctime_nanosec_from_inode(struct inode *inode)
{
	struct inode___ctime_since_6_11 *newest = (void *)inode;
	struct inode___ctime_before_6_11 *middle = (void *)inode;
	struct inode___ctime_before_6_6 *oldest = (void *)inode;
	__s64 sec;
	__u32 nsec;

	if (bpf_core_field_exists(newest->i_ctime_sec)) {
		sec = BPF_CORE_READ(newest, i_ctime_sec);
		nsec = BPF_CORE_READ(newest, i_ctime_nsec);
	} else if (bpf_core_field_exists(middle->__i_ctime)) {
		sec = BPF_CORE_READ(middle, __i_ctime.tv_sec);
		nsec = BPF_CORE_READ(middle, __i_ctime.tv_nsec);
	} else {
		sec = BPF_CORE_READ(oldest, i_ctime.tv_sec);
		nsec = BPF_CORE_READ(oldest, i_ctime.tv_nsec);
	}

	if (sec < 0)
		return 0;
	return sec * 1000000000ULL + (nsec & __GADGET_CTIME_NSEC_MASK);
}

/* The part of arm64's struct pt_regs that struct user_pt_regs does not have. */
struct pt_regs___syscall {
	__s32 syscallno;
	unsigned long orig_ax;
} __gadget_relocatable;

/* The number of the system call that regs entered the kernel with. */
static __always_inline long gadget_get_syscall_nr(struct pt_regs *regs)
{
	struct pt_regs___syscall *r = (void *)regs;

#if defined(__TARGET_ARCH_arm64)
	return BPF_CORE_READ(r, syscallno);
#else
	return BPF_CORE_READ(r, orig_ax);
#endif
}

/* Argument n (1 to 6) of that system call; 0 for any other n. */
static __always_inline unsigned long gadget_get_syscall_arg(struct pt_regs *regs, unsigned int n)
{
	switch (n) {
	case 1:
		return PT_REGS_PARM1_CORE_SYSCALL(regs);
	case 2:
		return PT_REGS_PARM2_CORE_SYSCALL(regs);
	case 3:
		return PT_REGS_PARM3_CORE_SYSCALL(regs);
	case 4:
		return PT_REGS_PARM4_CORE_SYSCALL(regs);
	case 5:
		return PT_REGS_PARM5_CORE_SYSCALL(regs);
	case 6:
		return PT_REGS_PARM6_CORE_SYSCALL(regs);
	default:
		return 0;
	}
}

#endif /* __GADGET_CORE_FIXES_BPF_H */
