// SPDX-License-Identifier: GPL-2.0
/* Block I/O by process, operation and device: bytes, time and number of requests. */

#include <vmlinux.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include <gadget/block_request.h>
#include <gadget/common.h>
#include <gadget/filter.h>
#include <gadget/macros.h>
#include <gadget/types.h>

/* Requests that can be in flight, and rows that a table can have. */
#define REQUESTS_MAX 10240
#define ROWS_MAX 10240

struct info {
	struct gadget_process proc;
	enum block_operation rw_raw;
	__u32 major;
	__u32 minor;
	__u32 __pad;
};

struct value {
	gadget_bytes bytes_raw;
	__u64 us;
	__u64 io;
};

struct start {
	__u64 timestamp; /* nanoseconds since boot */
	struct info info;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, ROWS_MAX);
	__type(key, struct info);
	__type(value, struct value);
} counts SEC(".maps");
GADGET_MAPITER(blockio, counts);

/* LRU, because a request that is merged into another never completes. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, REQUESTS_MAX);
	__type(key, struct gadget_block_request);
	__type(value, struct start);
} requests SEC(".maps");

/* Who runs when a request is first seen is who it is counted for: later on it may be a kernel
 * thread that drives the device. */
static __always_inline int start_request(struct trace_event_raw_block_rq *ctx, __u64 flags)
{
	struct gadget_block_request request = {.sector = ctx->sector, .dev = ctx->dev};
	char rwbs[2] = {ctx->rwbs[0], ctx->rwbs[1]};
	struct start start = {};

	if (gadget_should_discard_data_current())
		return 0;
	start.timestamp = bpf_ktime_get_boot_ns();
	gadget_process_populate(&start.info.proc);
	start.info.rw_raw = gadget_block_operation(rwbs);
	start.info.major = GADGET_DEV_MAJOR(request.dev);
	start.info.minor = GADGET_DEV_MINOR(request.dev);
	bpf_map_update_elem(&requests, &request, &start, flags);
	return 0;
}

/* The earliest and best place, of Linux 6.5 and up. */
SEC("tracepoint/block/block_io_start")
int ig_io_start(struct trace_event_raw_block_rq *ctx)
{
	return start_request(ctx, BPF_ANY);
}

/* Requests that go through a scheduler. */
SEC("tracepoint/block/block_rq_insert")
int ig_rq_insert(struct trace_event_raw_block_rq *ctx)
{
	return start_request(ctx, BPF_NOEXIST);
}

SEC("tracepoint/block/block_rq_issue")
int ig_rq_issue(struct trace_event_raw_block_rq *ctx)
{
	return start_request(ctx, BPF_NOEXIST);
}

SEC("tracepoint/block/block_rq_complete")
int ig_rq_complete(void *ctx)
{
	struct gadget_block_request request = {};
	__u32 sectors = gadget_block_completion(ctx, &request);
	struct start *start = bpf_map_lookup_elem(&requests, &request);
	struct value zero = {}, *value;

	if (!start)
		return 0;
	bpf_map_update_elem(&counts, &start->info, &zero, BPF_NOEXIST);
	value = bpf_map_lookup_elem(&counts, &start->info);
	if (value) {
		__sync_fetch_and_add(&value->bytes_raw, (__u64)sectors * GADGET_SECTOR_SIZE);
		__sync_fetch_and_add(&value->us,
				     (bpf_ktime_get_boot_ns() - start->timestamp) / 1000);
		__sync_fetch_and_add(&value->io, 1);
	}
	bpf_map_delete_elem(&requests, &request);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
