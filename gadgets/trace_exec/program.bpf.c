// SPDX-License-Identifier: GPL-2.0
/*
 * Programs that are started. A success is seen at sched_process_exec, once, whichever thread
 * called; a failure when the call returns. No state is kept between the two.
 */

#include <vmlinux.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define GADGET_NO_BUF_RESERVE
#include <gadget/buffer.h>
#include <gadget/common.h>
#include <gadget/filesystem.h>
#include <gadget/filter.h>
#include <gadget/macros.h>
#include <gadget/syscall_args.h>
#include <gadget/types.h>

/* Bytes of arguments that a record holds; a power of two, so that a mask bounds an index for the
 * verifier. */
#define ARGS_MAX 8192

/* Of a failed call: arguments that are counted and read, and bytes of each. Bounds the loop that
 * the verifier walks. */
#define FAILED_ARGS_COUNT 64
#define FAILED_ARG_SIZE 1024

#define MINOR_BITS 20
#define MINOR_MASK ((1U << MINOR_BITS) - 1)

/* A record ends where its arguments do; it is whole with --paths and when the call failed. Readers
 * take what is missing as zeros. */
struct event {
	gadget_timestamp timestamp_raw;
	struct gadget_process proc;
	__u64 inode;
	__u32 loginuid;
	__u32 sessionid;
	gadget_errno error_raw;
	__u32 dev_major;
	__u32 dev_minor;
	__u32 args_count;
	__u32 args_size;
	char args[ARGS_MAX];
	char cwd[GADGET_PATH_MAX];
	char file[GADGET_PATH_MAX];
	char exepath[GADGET_PATH_MAX];
	char parent_exepath[GADGET_PATH_MAX];
};

GADGET_TRACER_MAP(events, 1024 * 256);
GADGET_TRACER(exec, events, event);

/* A record is larger than the eBPF stack. Room behind it for the last argument of a failed call. */
struct scratch {
	struct event event;
	char overflow[FAILED_ARG_SIZE];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scratch);
} scratch SEC(".maps");

const volatile bool ignore_failed = true;
GADGET_PARAM(ignore_failed);

const volatile bool paths = false;
GADGET_PARAM(paths);

static __always_inline struct event *new_event(struct task_struct *task)
{
	__u32 zero = 0;
	struct event *event = bpf_map_lookup_elem(&scratch, &zero);

	if (!event)
		return NULL;
	__builtin_memset(event, 0, offsetof(struct event, args));
	event->timestamp_raw = bpf_ktime_get_boot_ns();
	gadget_process_populate(&event->proc);
	if (bpf_core_field_exists(task->loginuid)) { /* CONFIG_AUDIT */
		event->loginuid = BPF_CORE_READ(task, loginuid.val);
		event->sessionid = BPF_CORE_READ(task, sessionid);
	}
	return event;
}

/* Not inlined: four copies of the walk up the tree are a long program. */
static __noinline void read_path(char *to, struct path *path)
{
	char *text = get_path_str(path);

	if (!text || bpf_probe_read_kernel_str(to, GADGET_PATH_MAX, text) < 0)
		to[0] = '\0';
}

static __always_inline void read_exe_path(char *to, struct task_struct *task)
{
	struct file *file = BPF_CORE_READ(task, mm, exe_file);

	to[0] = '\0';
	if (file) /* kernel threads have none */
		read_path(to, __builtin_preserve_access_index(&file->f_path));
}

static __always_inline void read_paths(struct event *event, struct task_struct *task)
{
	struct fs_struct *fs = BPF_CORE_READ(task, fs);

	read_path(event->cwd, __builtin_preserve_access_index(&fs->pwd));
	read_exe_path(event->exepath, task);
	read_exe_path(event->parent_exepath, BPF_CORE_READ(task, real_parent));
}

static __always_inline void output(void *ctx, struct event *event)
{
	__u64 size = offsetof(struct event, args) + event->args_size;

	if (paths || event->error_raw)
		size = sizeof(*event);
	/* for the verifier: the register that is checked has to be the one that is used */
	barrier_var(size);
	if (size > sizeof(*event))
		size = sizeof(*event);
	gadget_output_buf(ctx, &events, event, size);
}

/* The new program's own argument area: contiguous, separated by NUL, and in memory, for the kernel
 * has just written it. */
static __always_inline void read_args(struct event *event, struct task_struct *task)
{
	__u64 start = BPF_CORE_READ(task, mm, arg_start);
	__u64 size = BPF_CORE_READ(task, mm, arg_end) - start;

	if (size > ARGS_MAX)
		size = ARGS_MAX;
	if (!bpf_probe_read_user(event->args, size, (void *)start))
		event->args_size = size;
}

static __always_inline void read_inode(struct event *event, struct file *file)
{
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	dev_t device = BPF_CORE_READ(inode, i_sb, s_dev);

	event->inode = BPF_CORE_READ(inode, i_ino);
	event->dev_major = device >> MINOR_BITS;
	event->dev_minor = device & MINOR_MASK;
}

SEC("raw_tp/sched_process_exec")
int ig_sched_exec(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (struct task_struct *)ctx->args[0];
	struct linux_binprm *bprm = (struct linux_binprm *)ctx->args[2];
	struct event *event;
	struct file *file;

	if (gadget_should_discard_data_current())
		return 0;
	event = new_event(task);
	if (!event)
		return 0;
	file = BPF_CORE_READ(bprm, file);
	event->args_count = BPF_CORE_READ(bprm, argc);
	read_args(event, task);
	read_inode(event, file);
	if (paths) {
		read_paths(event, task);
		read_path(event->file, __builtin_preserve_access_index(&file->f_path));
	}
	output(ctx, event);
	return 0;
}

/* The arguments that were asked for, from the caller's memory; those that are not in memory end the
 * list. */
static __always_inline void read_failed_args(struct event *event, const char *const *argv)
{
	const char *arg = NULL;
	__u32 size = 0;
	long length;

	for (int i = 0; i < FAILED_ARGS_COUNT; i++) {
		if (bpf_probe_read_user(&arg, sizeof(arg), &argv[i]) || !arg)
			break;
		length = bpf_probe_read_user_str(&event->args[size & (ARGS_MAX - 1)],
						 FAILED_ARG_SIZE, arg);
		if (length < 0 || size + length > ARGS_MAX)
			break;
		size += length;
		event->args_count++;
	}
	event->args_size = size;
}

/* Not what was started, but what was asked for: name and arguments as the caller gave them. */
static __always_inline int failed_exec(struct trace_event_raw_sys_exit *ctx, const char *name,
				       const char *const *argv)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct event *event;

	if (gadget_should_discard_data_current())
		return 0;
	event = new_event(task);
	if (!event)
		return 0;
	event->error_raw = -ctx->ret;
	read_failed_args(event, argv);
	if (bpf_probe_read_user_str(event->file, sizeof(event->file), name) < 0)
		event->file[0] = '\0';
	event->cwd[0] = event->exepath[0] = event->parent_exepath[0] = '\0';
	if (paths)
		read_paths(event, task);
	output(ctx, event);
	return 0;
}

SEC("tracepoint/syscalls/sys_exit_execve")
int ig_execve_x(struct trace_event_raw_sys_exit *ctx)
{
	struct pt_regs *regs;

	if (ignore_failed || ctx->ret >= 0)
		return 0;
	regs = gadget_current_user_regs();
	return failed_exec(ctx, (const char *)PT_REGS_PARM1_CORE_SYSCALL(regs),
			   (const char *const *)PT_REGS_PARM2_CORE_SYSCALL(regs));
}

SEC("tracepoint/syscalls/sys_exit_execveat")
int ig_execveat_x(struct trace_event_raw_sys_exit *ctx)
{
	struct pt_regs *regs;

	if (ignore_failed || ctx->ret >= 0)
		return 0;
	regs = gadget_current_user_regs();
	return failed_exec(ctx, (const char *)PT_REGS_PARM2_CORE_SYSCALL(regs),
			   (const char *const *)PT_REGS_PARM3_CORE_SYSCALL(regs));
}

char LICENSE[] SEC("license") = "GPL";
