/* SPDX-License-Identifier: GPL-2.0 */
/*
 * User stacks, and what is needed to turn their addresses into symbols.
 *
 * Off until user space sets collect_ustack. The parameters are frozen before
 * load, so what is off costs nothing.
 */
#ifndef __GADGET_USER_STACK_MAP_H
#define __GADGET_USER_STACK_MAP_H

#include <vmlinux.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include <gadget/core_fixes.bpf.h>
#include <gadget/fnv1a.h>
#include <gadget/macros.h>
#include <gadget/types.h>

/* Frames of a stack (the kernel's own limit), and stacks that are kept. */
#define GADGET_USER_MAX_STACK_DEPTH 127
#define GADGET_USER_STACK_MAP_MAX_ENTRIES 10000

const volatile bool collect_ustack = false;
GADGET_PARAM(collect_ustack);

/* Also the build id and file offset of each frame: names survive the process. */
const volatile bool collect_build_id = false;
GADGET_PARAM(collect_build_id);

/* Also a stack of interpreted languages, by an OpenTelemetry profiler. */
const volatile bool collect_otel_stack = false;
GADGET_PARAM(collect_otel_stack);

/* User space makes the map ig_build_id of this size. */
const volatile int ig_build_id_max_entries = 1024;
GADGET_PARAM(ig_build_id_max_entries);

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, GADGET_USER_MAX_STACK_DEPTH * sizeof(__u64));
	__uint(max_entries, GADGET_USER_STACK_MAP_MAX_ENTRIES);
} ig_ustack SEC(".maps");

/* Frames by stack id. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, GADGET_USER_MAX_STACK_DEPTH * sizeof(struct bpf_stack_build_id));
	__uint(max_entries, 0);
} ig_build_id SEC(".maps");

/* What the profiler's program is told. */
struct generic_param {
	__u64 correlation_id;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct generic_param);
} otel_generic_params SEC(".maps");

/* Slot 0 takes the profiler's program. One map per type: they cannot be mixed. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} otel_tc_kprobe SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} otel_tc_perf SEC(".maps");

/*
 * A tail call does not return to its caller, but to the caller of the function
 * that makes it. So these are functions, and not inlined.
 */
static __noinline int __gadget_otel_stack_kprobe(void *ctx)
{
	bpf_tail_call(ctx, &otel_tc_kprobe, 0);
	return 0;
}

static __noinline int __gadget_otel_stack_perf(void *ctx)
{
	bpf_tail_call(ctx, &otel_tc_perf, 0);
	return 0;
}

/* A number for the profiler's stack, the same in both records; 0 if none is possible. */
static __always_inline __u64 __gadget_new_correlation_id(void)
{
	__u32 zero = 0;
	struct generic_param *param = bpf_map_lookup_elem(&otel_generic_params, &zero);
	__u64 id;

	if (!param)
		return 0;

	id = (__u64)bpf_get_prandom_u32() << 32 | bpf_get_prandom_u32();
	param->correlation_id = id;
	return id;
}

static const struct bpf_stack_build_id __gadget_no_build_ids[GADGET_USER_MAX_STACK_DEPTH] = {};

/* Once per stack. An entry that could not be filled is left to the next time. */
static __always_inline void __gadget_collect_build_ids(void *ctx, __u32 stack_id)
{
	void *frames;

	if (bpf_map_update_elem(&ig_build_id, &stack_id, __gadget_no_build_ids, BPF_NOEXIST))
		return;

	frames = bpf_map_lookup_elem(&ig_build_id, &stack_id);
	if (!frames)
		return;

	if (bpf_get_stack(ctx, frames, sizeof(__gadget_no_build_ids),
			  BPF_F_USER_STACK | BPF_F_USER_BUILD_ID) < 0)
		bpf_map_delete_elem(&ig_build_id, &stack_id);
}

/* 4.18, 6.7 and 6.11 changed inode.i_mtime; the first only its type's name. */
struct inode___mtime_before_6_7 {
	struct timespec64___gadget i_mtime;
} __gadget_relocatable;

struct inode___mtime_before_6_11 {
	struct timespec64___gadget __i_mtime;
} __gadget_relocatable;

struct inode___mtime_since_6_11 {
	__s64 i_mtime_sec;
	__u32 i_mtime_nsec;
} __gadget_relocatable;

/* When the file's contents changed, in seconds since 1970 and nanoseconds. */
static __always_inline void gadget_inode_get_mtime(struct inode *inode, __u64 *sec, __u32 *nsec)
{
	struct inode___mtime_since_6_11 *newest = (void *)inode;
	struct inode___mtime_before_6_11 *middle = (void *)inode;
	struct inode___mtime_before_6_7 *oldest = (void *)inode;

	if (bpf_core_field_exists(newest->i_mtime_sec)) {
		*sec = BPF_CORE_READ(newest, i_mtime_sec);
		*nsec = BPF_CORE_READ(newest, i_mtime_nsec);
	} else if (bpf_core_field_exists(middle->__i_mtime)) {
		*sec = BPF_CORE_READ(middle, __i_mtime.tv_sec);
		*nsec = BPF_CORE_READ(middle, __i_mtime.tv_nsec);
	} else {
		*sec = BPF_CORE_READ(oldest, i_mtime.tv_sec);
		*nsec = BPF_CORE_READ(oldest, i_mtime.tv_nsec);
	}
}

/* Tells two runs of one program apart that happen to have the same pid. */
static __always_inline __u32 gadget_get_base_addr_hash(struct task_struct *task)
{
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	__u32 hash = fnv_32a_init();

	fnv_32a_update_u64(&hash, (__u64)mm);
	fnv_32a_update_u64(&hash, BPF_CORE_READ(mm, start_code));
	fnv_32a_update_u64(&hash, BPF_CORE_READ(mm, start_stack));
	return hash;
}

/*
 * A pid as the namespace of that level sees it. Found by hand: an index past
 * the one element that kernels before 6.5 declare cannot be relocated.
 */
static __always_inline struct upid *__gadget_upid(struct pid *pid, __u32 level)
{
	return (void *)pid + bpf_core_field_offset(struct pid, numbers) +
	       level * bpf_core_type_size(struct upid);
}

static __always_inline void __gadget_user_stack_pids(struct task_struct *task,
						     struct gadget_user_stack *ustack)
{
	struct pid *pid = BPF_CORE_READ(task, thread_pid);
	struct upid *upid = __gadget_upid(pid, 0);

	ustack->tgid_level0 = BPF_CORE_READ(task, tgid);
	ustack->pid_level0 = BPF_CORE_READ(task, pid);
	ustack->pidns_level0 = BPF_CORE_READ(upid, ns, ns.inum);

	if (BPF_CORE_READ(pid, level) < 1)
		return;

	upid = __gadget_upid(pid, 1);
	ustack->pid_level1 = BPF_CORE_READ(upid, nr);
	ustack->pidns_level1 = BPF_CORE_READ(upid, ns, ns.inum);
}

static __always_inline void __gadget_user_stack_exe(struct task_struct *task,
						    struct gadget_user_stack *ustack)
{
	struct inode *inode = BPF_CORE_READ(task, mm, exe_file, f_inode);
	/* The kernel's dev_t, not that of stat(2): 12 bits and 20 bits. */
	__u32 dev = BPF_CORE_READ(inode, i_sb, s_dev);
	__u64 mtime_sec = 0;
	__u32 mtime_nsec = 0;

	gadget_inode_get_mtime(inode, &mtime_sec, &mtime_nsec);
	ustack->major = dev >> 20;
	ustack->minor = dev & ((1 << 20) - 1);
	ustack->inode = BPF_CORE_READ(inode, i_ino);
	ustack->mtime_sec = mtime_sec;
	ustack->mtime_nsec = mtime_nsec;
	ustack->base_addr_hash = gadget_get_base_addr_hash(task);
}

/* Everything but the profiler's part; true when stacks are asked for. */
static __always_inline bool __gadget_get_user_stack(void *ctx, struct gadget_user_stack *ustack)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	long stack_id;

	__builtin_memset(ustack, 0, sizeof(*ustack));
	if (!collect_ustack)
		return false;

	stack_id = bpf_get_stackid(ctx, &ig_ustack, BPF_F_FAST_STACK_CMP | BPF_F_USER_STACK);
	if (collect_build_id && stack_id >= 0)
		__gadget_collect_build_ids(ctx, stack_id);

	ustack->stack_id = stack_id;
	ustack->boot_timestamp = bpf_ktime_get_boot_ns();
	__gadget_user_stack_exe(task, ustack);
	__gadget_user_stack_pids(task, ustack);
	return true;
}

/* Programs of type kprobe: kprobe, uprobe, USDT, and their returns. */
static __always_inline void gadget_get_user_stack_from_kprobe(void *ctx,
							      struct gadget_user_stack *ustack)
{
	if (!__gadget_get_user_stack(ctx, ustack) || !collect_otel_stack)
		return;

	ustack->otel_correlation_id = __gadget_new_correlation_id();
	__gadget_otel_stack_kprobe(ctx);
}

static __always_inline void gadget_get_user_stack_from_perf_event(void *ctx,
								  struct gadget_user_stack *ustack)
{
	if (!__gadget_get_user_stack(ctx, ustack) || !collect_otel_stack)
		return;

	ustack->otel_correlation_id = __gadget_new_correlation_id();
	__gadget_otel_stack_perf(ctx);
}

/* The profiler has no program of this type: asked for it, the gadget does not load. */
static __always_inline void gadget_get_user_stack_from_tracepoint(void *ctx,
								  struct gadget_user_stack *ustack)
{
	if (__gadget_get_user_stack(ctx, ustack) && collect_otel_stack)
		bpf_core_unreachable();
}

/* Picks by the type of ctx. A tracepoint's has none of its own: call its function. */
#define gadget_get_user_stack(ctx, ustack)                                                  \
	_Generic((ctx),                                                                     \
		struct pt_regs *: gadget_get_user_stack_from_kprobe,                        \
		struct bpf_perf_event_data *: gadget_get_user_stack_from_perf_event)((ctx), \
										     (ustack))

#endif /* __GADGET_USER_STACK_MAP_H */
