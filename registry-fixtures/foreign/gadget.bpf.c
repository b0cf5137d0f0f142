// A gadget in the way of Inspektor Gadget; its field of the kernel's task makes it need relocation.
// Written for these tests.
#include <vmlinux.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include <gadget/buffer.h>
#include <gadget/macros.h>

struct event {
	u32 pid;
	u32 tgid;
};

GADGET_TRACER_MAP(events, 1024 * 256);
GADGET_TRACER(opens, events, event);

SEC("tracepoint/syscalls/sys_enter_openat")
int trace_opens(void *ctx)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct event *event = gadget_reserve_buf(&events, sizeof(*event));

	if (!event)
		return 0;
	event->pid = bpf_get_current_pid_tgid() >> 32;
	event->tgid = BPF_CORE_READ(task, tgid);
	gadget_submit_buf(ctx, &events, event, sizeof(*event));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
