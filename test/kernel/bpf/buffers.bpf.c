// Submits one record for each getuid() of the wanted process; the record's number says what became
// of it.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct record {
	__u64 number;
	__u32 pid;
	__u32 zero;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

struct large_record {
	__u64 number;
	char rest[200 * 1024 - 8];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 512 * 1024);
} large SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} perf SEC(".maps");

const volatile __u32 wanted_pid = 0;
// Every n-th record is reserved and thrown away; 0: none.
const volatile __u32 discard_each = 0;
__u64 submitted = 0;
__u64 refused = 0;

static int is_wanted(void)
{
	return (bpf_get_current_pid_tgid() >> 32) == wanted_pid;
}

SEC("tracepoint/syscalls/sys_enter_getuid")
int to_ring(void *ctx)
{
	if (!is_wanted())
		return 0;
	struct record *record = bpf_ringbuf_reserve(&ring, sizeof(*record), 0);
	if (!record) {
		refused++;
		return 0;
	}
	record->number = submitted++;
	record->pid = wanted_pid;
	record->zero = 0;
	if (discard_each && record->number % discard_each == 0)
		bpf_ringbuf_discard(record, 0);
	else
		bpf_ringbuf_submit(record, 0);
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_getuid")
int to_large(void *ctx)
{
	if (!is_wanted())
		return 0;
	struct large_record *record = bpf_ringbuf_reserve(&large, sizeof(*record), 0);
	if (!record)
		return 0;
	record->number = submitted++;
	record->rest[sizeof(record->rest) - 1] = 'a' + (record->number & 7);
	bpf_ringbuf_submit(record, 0);
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_getuid")
int to_perf(void *ctx)
{
	if (!is_wanted())
		return 0;
	struct record record = {.number = submitted, .pid = wanted_pid};
	if (bpf_perf_event_output(ctx, &perf, BPF_F_CURRENT_CPU, &record, sizeof(record)))
		refused++;
	else
		submitted++;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
