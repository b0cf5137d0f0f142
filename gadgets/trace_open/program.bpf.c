// SPDX-License-Identifier: GPL-2.0
/* Files that processes open: one record for each open, openat, openat2 and creat, made when the
 * call returns. */

#include <vmlinux.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include <gadget/buffer.h>
#include <gadget/common.h>
#include <gadget/filesystem.h>
#include <gadget/filter.h>
#include <gadget/macros.h>
#include <gadget/syscall_args.h>
#include <gadget/types.h>
#include <gadget/user_stack_map.h>

#define NAME_MAX 255

/* What creat(2) means, in open's terms: O_CREAT | O_WRONLY | O_TRUNC. */
#define CREAT_FLAGS 01101

/* The long fields come last: a record without them ends before `fpath`, and readers take what is
 * missing as zeros. */
struct event {
	gadget_timestamp timestamp_raw;
	struct gadget_process proc;
	gadget_errno error_raw;
	__u32 fd;
	gadget_file_flags flags_raw;
	gadget_file_mode mode_raw;
	char fname[NAME_MAX];
	char __pad;
	struct gadget_user_stack ustack;
	char fpath[GADGET_PATH_MAX];
};

struct open_call {
	const char *name;
	__u32 flags;
	__u32 mode;
};

GADGET_TRACER_MAP(events, 1024 * 256);
GADGET_TRACER(open, events, event);

const volatile bool failed = false;
GADGET_PARAM(failed);

const volatile bool paths = false;
GADGET_PARAM(paths);

static __always_inline void fill(void *ctx, struct event *event, const struct open_call *call,
				 long ret)
{
	event->timestamp_raw = bpf_ktime_get_boot_ns();
	gadget_process_populate(&event->proc);
	event->error_raw = ret < 0 ? -ret : 0;
	event->fd = ret < 0 ? 0 : ret;
	event->flags_raw = call->flags;
	event->mode_raw = call->mode;
	if (bpf_probe_read_user_str(event->fname, sizeof(event->fname), call->name) < 0)
		event->fname[0] = '\0';
}

static __always_inline void submit_short(void *ctx, const struct open_call *call, long ret)
{
	struct event *event = gadget_reserve_buf(&events, offsetof(struct event, ustack));

	if (!event)
		return;
	fill(ctx, event, call, ret);
	gadget_submit_buf(ctx, &events, event, offsetof(struct event, ustack));
}

static __always_inline void submit_long(void *ctx, const struct open_call *call, long ret)
{
	struct event *event = gadget_reserve_buf(&events, sizeof(*event));

	if (!event)
		return;
	fill(ctx, event, call, ret);
	gadget_get_user_stack_from_tracepoint(ctx, &event->ustack);
	if (!paths || ret < 0 ||
	    read_full_path_of_open_file_fd(ret, event->fpath, sizeof(event->fpath)) < 0)
		event->fpath[0] = '\0';
	gadget_submit_buf(ctx, &events, event, sizeof(*event));
}

/* A name and flags that the caller's registers hold; `how` of openat2 is in the caller's memory. */
static __always_inline int submit(struct trace_event_raw_sys_exit *ctx,
				  const struct open_call *call)
{
	if (paths || collect_ustack)
		submit_long(ctx, call, ctx->ret);
	else
		submit_short(ctx, call, ctx->ret);
	return 0;
}

static __always_inline bool is_wanted(struct trace_event_raw_sys_exit *ctx)
{
	if (failed && ctx->ret >= 0)
		return false;
	return !gadget_should_discard_data_current();
}

SEC("tracepoint/syscalls/sys_exit_openat")
int ig_openat_x(struct trace_event_raw_sys_exit *ctx)
{
	struct open_call call = {};
	struct pt_regs *regs;

	if (!is_wanted(ctx))
		return 0;
	regs = gadget_current_user_regs();
	call.name = (const char *)PT_REGS_PARM2_CORE_SYSCALL(regs);
	call.flags = PT_REGS_PARM3_CORE_SYSCALL(regs);
	call.mode = PT_REGS_PARM4_CORE_SYSCALL(regs);
	return submit(ctx, &call);
}

SEC("tracepoint/syscalls/sys_exit_openat2")
int ig_openat2_x(struct trace_event_raw_sys_exit *ctx)
{
	struct open_call call = {};
	struct open_how how = {};
	struct pt_regs *regs;

	if (!is_wanted(ctx))
		return 0;
	regs = gadget_current_user_regs();
	call.name = (const char *)PT_REGS_PARM2_CORE_SYSCALL(regs);
	if (!bpf_probe_read_user(&how, sizeof(how), (void *)PT_REGS_PARM3_CORE_SYSCALL(regs))) {
		call.flags = how.flags;
		call.mode = how.mode;
	}
	return submit(ctx, &call);
}

#ifndef __TARGET_ARCH_arm64 /* arm64 has neither of these system calls */
SEC("tracepoint/syscalls/sys_exit_open")
int ig_open_x(struct trace_event_raw_sys_exit *ctx)
{
	struct open_call call = {};
	struct pt_regs *regs;

	if (!is_wanted(ctx))
		return 0;
	regs = gadget_current_user_regs();
	call.name = (const char *)PT_REGS_PARM1_CORE_SYSCALL(regs);
	call.flags = PT_REGS_PARM2_CORE_SYSCALL(regs);
	call.mode = PT_REGS_PARM3_CORE_SYSCALL(regs);
	return submit(ctx, &call);
}

SEC("tracepoint/syscalls/sys_exit_creat")
int ig_creat_x(struct trace_event_raw_sys_exit *ctx)
{
	struct open_call call = {.flags = CREAT_FLAGS};
	struct pt_regs *regs;

	if (!is_wanted(ctx))
		return 0;
	regs = gadget_current_user_regs();
	call.name = (const char *)PT_REGS_PARM1_CORE_SYSCALL(regs);
	call.mode = PT_REGS_PARM2_CORE_SYSCALL(regs);
	return submit(ctx, &call);
}
#endif

char LICENSE[] SEC("license") = "GPL";
