// One counting program for each way to attach.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

__u64 hits = 0;

#define COUNTING(section, name)                 \
	SEC(section) int name(void *ctx)        \
	{                                       \
		__sync_fetch_and_add(&hits, 1); \
		return 0;                       \
	}

COUNTING("tracepoint/syscalls/sys_enter_getuid", on_tracepoint)
COUNTING("raw_tracepoint/sys_enter", on_raw_tracepoint)
COUNTING("tp_btf/sys_enter", on_tp_btf)
COUNTING("fentry/vfs_read", on_fentry)
COUNTING("fexit/vfs_read", on_fexit)
COUNTING("lsm/file_open", on_lsm)
COUNTING("kprobe", on_kprobe)
COUNTING("uprobe", on_uprobe)
COUNTING("perf_event", on_perf_event)

char LICENSE[] SEC("license") = "GPL";
