// SPDX-License-Identifier: GPL-2.0
/*
 * Mounts and unmounts, with their duration. Newer mount(8) does not call mount(2): what it does
 * ends in move_mount(2), which is shown too.
 */

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

#define FS_NAME_MAX 32
#define PATH_LENGTH 512
#define DATA_MAX 512

/* Threads that can be inside one of the calls at a time. */
#define CALLS_MAX 1024

enum op {
	MOUNT = 0,
	UMOUNT = 1,
	MOVE_MOUNT = 2,
};

/* mount(2): include/uapi/linux/mount.h. Macros there, so the kernel's BTF has no enum of them. */
enum mount_flags_set {
	MS_RDONLY = 1 << 0,
	MS_NOSUID = 1 << 1,
	MS_NODEV = 1 << 2,
	MS_NOEXEC = 1 << 3,
	MS_SYNCHRONOUS = 1 << 4,
	MS_REMOUNT = 1 << 5,
	MS_MANDLOCK = 1 << 6,
	MS_DIRSYNC = 1 << 7,
	MS_NOSYMFOLLOW = 1 << 8,
	MS_NOATIME = 1 << 10,
	MS_NODIRATIME = 1 << 11,
	MS_BIND = 1 << 12,
	MS_MOVE = 1 << 13,
	MS_REC = 1 << 14,
	MS_SILENT = 1 << 15,
	MS_POSIXACL = 1 << 16,
	MS_UNBINDABLE = 1 << 17,
	MS_PRIVATE = 1 << 18,
	MS_SLAVE = 1 << 19,
	MS_SHARED = 1 << 20,
	MS_RELATIME = 1 << 21,
	MS_KERNMOUNT = 1 << 22,
	MS_I_VERSION = 1 << 23,
	MS_STRICTATIME = 1 << 24,
	MS_LAZYTIME = 1 << 25,
};

/* umount2(2): include/linux/fs.h. */
enum umount_flags_set {
	MNT_FORCE = 1 << 0,
	MNT_DETACH = 1 << 1,
	MNT_EXPIRE = 1 << 2,
	UMOUNT_NOFOLLOW = 1 << 3,
};

struct event {
	gadget_timestamp timestamp_raw;
	struct gadget_process proc;
	gadget_duration delta_raw;
	enum op op_raw;
	enum mount_flags_set flags_raw;
	enum umount_flags_set umount_flags_raw;
	gadget_errno error_raw;
	char fs[FS_NAME_MAX];
	char src[PATH_LENGTH];
	char dest[PATH_LENGTH];
	char data[DATA_MAX];
};

GADGET_TRACER_MAP(events, 1024 * 256);
GADGET_TRACER(mount, events, event);

/* tid → nanoseconds since boot at the call's entry. LRU, because a kernel that stops a task in the
 * call never shows its exit. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, CALLS_MAX);
	__type(key, __u32);
	__type(value, __u64);
} entries SEC(".maps");

static __always_inline int enter(void)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid();
	__u64 now = bpf_ktime_get_boot_ns();

	if (!gadget_should_discard_data_current())
		bpf_map_update_elem(&entries, &tid, &now, BPF_ANY);
	return 0;
}

/* The record of a call that was seen to start, all but its own arguments; NULL for other calls. */
static __always_inline struct event *new_event(struct trace_event_raw_sys_exit *ctx, enum op op)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid();
	__u64 *start = bpf_map_lookup_elem(&entries, &tid);
	struct event *event;
	__u64 now;

	if (!start)
		return NULL;
	now = bpf_ktime_get_boot_ns();
	event = gadget_reserve_buf(&events, sizeof(*event));
	if (event) {
		event->timestamp_raw = now;
		event->delta_raw = now - *start;
		event->op_raw = op;
		event->flags_raw = 0;
		event->umount_flags_raw = 0;
		event->error_raw = ctx->ret < 0 ? -ctx->ret : 0;
		gadget_process_populate(&event->proc);
	}
	bpf_map_delete_elem(&entries, &tid);
	return event;
}

/* Empty when the caller gave none, or something that is not text. */
static __always_inline void read_string(char *to, __u32 size, unsigned long from)
{
	if (!from || bpf_probe_read_user_str(to, size, (const void *)from) < 0)
		to[0] = '\0';
}

SEC("tracepoint/syscalls/sys_enter_mount")
int ig_mount_e(void *ctx)
{
	return enter();
}

SEC("tracepoint/syscalls/sys_exit_mount")
int ig_mount_x(struct trace_event_raw_sys_exit *ctx)
{
	struct event *event = new_event(ctx, MOUNT);
	struct pt_regs *regs;

	if (!event)
		return 0;
	regs = gadget_current_user_regs();
	event->flags_raw = PT_REGS_PARM4_CORE_SYSCALL(regs);
	read_string(event->src, sizeof(event->src), PT_REGS_PARM1_CORE_SYSCALL(regs));
	read_string(event->dest, sizeof(event->dest), PT_REGS_PARM2_CORE_SYSCALL(regs));
	read_string(event->fs, sizeof(event->fs), PT_REGS_PARM3_CORE_SYSCALL(regs));
	read_string(event->data, sizeof(event->data), PT_REGS_PARM5_CORE_SYSCALL(regs));
	gadget_submit_buf(ctx, &events, event, sizeof(*event));
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_umount")
int ig_umount_e(void *ctx)
{
	return enter();
}

SEC("tracepoint/syscalls/sys_exit_umount")
int ig_umount_x(struct trace_event_raw_sys_exit *ctx)
{
	struct event *event = new_event(ctx, UMOUNT);
	struct pt_regs *regs;

	if (!event)
		return 0;
	regs = gadget_current_user_regs();
	event->umount_flags_raw = PT_REGS_PARM2_CORE_SYSCALL(regs);
	read_string(event->dest, sizeof(event->dest), PT_REGS_PARM1_CORE_SYSCALL(regs));
	event->src[0] = event->fs[0] = event->data[0] = '\0';
	gadget_submit_buf(ctx, &events, event, sizeof(*event));
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_move_mount")
int ig_move_mount_e(void *ctx)
{
	return enter();
}

SEC("tracepoint/syscalls/sys_exit_move_mount")
int ig_move_mount_x(struct trace_event_raw_sys_exit *ctx)
{
	struct event *event = new_event(ctx, MOVE_MOUNT);
	struct pt_regs *regs;

	if (!event)
		return 0;
	regs = gadget_current_user_regs();
	read_string(event->src, sizeof(event->src), PT_REGS_PARM2_CORE_SYSCALL(regs));
	read_string(event->dest, sizeof(event->dest), PT_REGS_PARM4_CORE_SYSCALL(regs));
	event->fs[0] = event->data[0] = '\0';
	gadget_submit_buf(ctx, &events, event, sizeof(*event));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
