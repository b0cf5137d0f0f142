// What an author writes for BumbleBee: maps that its runner shows begin with a word it knows.
// Written for these tests.
#include <vmlinux.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#ifdef OLD_SECTIONS
#define SHOWN(word, name) name SEC(".maps." #word)
#else
#define SHOWN(word, name) word##_##name SEC(".maps")
#endif

typedef u64 duration;

struct event_t {
	u32 pid;
	duration spent;
	char comm[16];
};

struct dimensions_t {
	u32 pid;
	char comm[16];
};

#ifndef ONLY_SHOWN_MAPS
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 128);
	__type(key, u32);
	__type(value, u64);
} started SEC(".maps");
#endif

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 18);
	__type(value, struct event_t);
} SHOWN(print, events);

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct dimensions_t);
	__type(value, u64);
} SHOWN(counter, opens);

#ifdef OLD_SECTIONS
#define EVENTS events
#define OPENS opens
#else
#define EVENTS print_events
#define OPENS counter_opens
#endif

SEC("tracepoint/syscalls/sys_enter_openat")
int count_opens(struct trace_event_raw_sys_enter *ctx)
{
	struct dimensions_t key = {.pid = bpf_get_current_pid_tgid() >> 32};
	struct event_t *event;
	u64 one = 1, *count;

	bpf_get_current_comm(&key.comm, sizeof(key.comm));
	count = bpf_map_lookup_elem(&OPENS, &key);
	if (count)
		__sync_fetch_and_add(count, 1);
	else
		bpf_map_update_elem(&OPENS, &key, &one, BPF_ANY);

#ifndef ONLY_SHOWN_MAPS
	bpf_map_update_elem(&started, &key.pid, &one, BPF_ANY);
#endif
	event = bpf_ringbuf_reserve(&EVENTS, sizeof(*event), 0);
	if (!event)
		return 0;
	event->pid = key.pid;
	event->spent = 1500;
	__builtin_memcpy(event->comm, key.comm, sizeof(event->comm));
	bpf_ringbuf_submit(event, 0);
	return 0;
}

char __license[] SEC("license") = "GPL";
