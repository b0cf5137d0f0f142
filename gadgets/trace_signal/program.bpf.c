// SPDX-License-Identifier: GPL-2.0
/* Signals: those that were generated, whoever sent them, and calls of kill, tkill and tgkill that
 * failed. Or only those calls. */

#include <vmlinux.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include <gadget/buffer.h>
#include <gadget/common.h>
#include <gadget/filter.h>
#include <gadget/macros.h>
#include <gadget/syscall_args.h>
#include <gadget/types.h>

#define EAGAIN 11

/* What became of a generated signal: TRACE_SIGNAL_* of include/trace/events/signal.h. */
enum signal_result {
	DELIVERED = 0,
	IGNORED = 1,
	ALREADY_PENDING = 2,
	OVERFLOW_FAIL = 3, /* the queue was full: the signal is lost */
	LOSE_INFO = 4,	   /* the queue was full: delivered without who sent it */
	CALL_RETURNED = 5, /* not of the kernel: this record is a call, not a signal */
};

struct event {
	gadget_timestamp timestamp_raw;
	struct gadget_process proc;
	gadget_pid tpid;
	gadget_signal sig_raw;
	gadget_errno error_raw;
	enum signal_result result_raw;
	gadget_comm tcomm[TASK_COMM_LEN];
};

GADGET_TRACER_MAP(events, 1024 * 256);
GADGET_TRACER(signal, events, event);

const volatile bool failed = false;
GADGET_PARAM(failed);

const volatile bool kill_only = false;
GADGET_PARAM(kill_only);

const volatile int signal = 0;
GADGET_PARAM(signal);

static __always_inline struct event *new_event(__u32 tpid, int sig)
{
	struct event *event;

	if (signal && sig != signal)
		return NULL;
	if (gadget_should_discard_data_current())
		return NULL;
	event = gadget_reserve_buf(&events, sizeof(*event));
	if (!event)
		return NULL;
	event->timestamp_raw = bpf_ktime_get_boot_ns();
	gadget_process_populate(&event->proc);
	event->tpid = tpid;
	event->sig_raw = sig;
	__builtin_memset(event->tcomm, 0, sizeof(event->tcomm));
	return event;
}

SEC("tracepoint/signal/signal_generate")
int ig_sig_generate(struct trace_event_raw_signal_generate *ctx)
{
	struct event *event;

	if (kill_only || (failed && ctx->result != OVERFLOW_FAIL))
		return 0;
	event = new_event(ctx->pid, ctx->sig);
	if (!event)
		return 0;
	event->error_raw = ctx->result == OVERFLOW_FAIL ? EAGAIN : 0;
	event->result_raw = ctx->result;
	bpf_core_read(event->tcomm, sizeof(event->tcomm), &ctx->comm);
	gadget_submit_buf(ctx, &events, event, sizeof(*event));
	return 0;
}

/* A call that succeeds shows as the signal it generates, unless calls are all that is wanted. */
static __always_inline bool is_call_wanted(struct trace_event_raw_sys_exit *ctx)
{
	return ctx->ret < 0 || (kill_only && !failed);
}

static __always_inline int submit_call(struct trace_event_raw_sys_exit *ctx, __u32 tpid, int sig)
{
	struct event *event = new_event(tpid, sig);

	if (!event)
		return 0;
	event->error_raw = ctx->ret < 0 ? -ctx->ret : 0;
	event->result_raw = CALL_RETURNED;
	gadget_submit_buf(ctx, &events, event, sizeof(*event));
	return 0;
}

SEC("tracepoint/syscalls/sys_exit_kill")
int ig_kill_x(struct trace_event_raw_sys_exit *ctx)
{
	struct pt_regs *regs;

	if (!is_call_wanted(ctx))
		return 0;
	regs = gadget_current_user_regs();
	return submit_call(ctx, PT_REGS_PARM1_CORE_SYSCALL(regs), PT_REGS_PARM2_CORE_SYSCALL(regs));
}

SEC("tracepoint/syscalls/sys_exit_tkill")
int ig_tkill_x(struct trace_event_raw_sys_exit *ctx)
{
	struct pt_regs *regs;

	if (!is_call_wanted(ctx))
		return 0;
	regs = gadget_current_user_regs();
	return submit_call(ctx, PT_REGS_PARM1_CORE_SYSCALL(regs), PT_REGS_PARM2_CORE_SYSCALL(regs));
}

/* The thread is what is signalled: the call's second argument. */
SEC("tracepoint/syscalls/sys_exit_tgkill")
int ig_tgkill_x(struct trace_event_raw_sys_exit *ctx)
{
	struct pt_regs *regs;

	if (!is_call_wanted(ctx))
		return 0;
	regs = gadget_current_user_regs();
	return submit_call(ctx, PT_REGS_PARM2_CORE_SYSCALL(regs), PT_REGS_PARM3_CORE_SYSCALL(regs));
}

char LICENSE[] SEC("license") = "GPL";
