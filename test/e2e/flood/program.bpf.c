// SPDX-License-Identifier: GPL-2.0
/*
 * A load of known size: getpriority(2) of the process `--load` submits `--burst` records, write(2)
 * of anybody one (`--writes`). How many were submitted is counted in a pinned map, which outlives
 * the run.
 */
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>

#include <gadget/buffer.h>
#include <gadget/macros.h>
#include <gadget/types.h>

#define BURST_MAX 64

/* Runs at the same time need pins of different names. */
#ifndef FLOOD_COUNTER
#define FLOOD_COUNTER flood_submitted
#endif

struct event {
	__u64 number;
	gadget_pid pid;
	__u32 kind;
	char text[80];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, __u64);
} FLOOD_COUNTER SEC(".maps");

#ifdef FLOOD_PERF_BUFFER
struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} events SEC(".maps");
#else
GADGET_TRACER_MAP(events, 1024 * 256);
#endif
GADGET_TRACER(flood, events, event);

const volatile __u32 load = 0;
GADGET_PARAM(load);

const volatile __u32 burst = 1;
GADGET_PARAM(burst);

const volatile bool writes = true;
GADGET_PARAM(writes);

static __always_inline void fill(struct event *event, __u64 number, __u32 kind)
{
	event->number = number;
	event->pid = bpf_get_current_pid_tgid() >> 32;
	event->kind = kind;
	__builtin_memset(event->text, 'x', sizeof(event->text) - 1);
	event->text[sizeof(event->text) - 1] = '\0';
}

static __always_inline void submit(void *ctx, __u32 kind)
{
	__u32 zero = 0;
	__u64 *submitted = bpf_map_lookup_elem(&FLOOD_COUNTER, &zero);
	__u64 number;

	if (!submitted)
		return;
	number = __sync_fetch_and_add(submitted, 1);
#ifdef FLOOD_PERF_BUFFER
	struct event event;

	fill(&event, number, kind);
	bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, &event, sizeof(event));
#else
	struct event *event = gadget_reserve_buf(&events, sizeof(*event));

	if (!event)
		return;
	fill(event, number, kind);
	gadget_submit_buf(ctx, &events, event, sizeof(*event));
#endif
}

SEC("tracepoint/syscalls/sys_enter_getpriority")
int on_getpriority(void *ctx)
{
	if (load != bpf_get_current_pid_tgid() >> 32)
		return 0;
	for (__u32 i = 0; i < BURST_MAX && i < burst; i++)
		submit(ctx, i % 4);
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_write")
int on_write(void *ctx)
{
	if (writes)
		submit(ctx, 9);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
