// SPDX-License-Identifier: GPL-2.0
/* How long block requests take: a histogram for each operation and device, in powers of two of a
 * microsecond. */

#include <vmlinux.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include <gadget/bits.bpf.h>
#include <gadget/block_request.h>
#include <gadget/macros.h>
#include <gadget/types.h>

/* Requests that can be in flight, and rows that a table can have. */
#define REQUESTS_MAX 10240
#define ROWS_MAX 256

/* Slot 0 is less than 1 µs, slot n from 2^(n-1) to 2^n - 1 µs, the last one all above: 33 s. */
#define SLOTS_MAX 27

struct info {
	enum block_operation op_raw;
	__u32 major;
	__u32 minor;
};

struct value {
	gadget_histogram_slot__u32 latency[SLOTS_MAX];
};

struct start {
	__u64 timestamp; /* nanoseconds since boot */
	enum block_operation operation;
	__u32 __pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, ROWS_MAX);
	__type(key, struct info);
	__type(value, struct value);
} latencies SEC(".maps");
GADGET_MAPITER(blockio, latencies);

/* LRU, because a request that is merged into another never completes. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, REQUESTS_MAX);
	__type(key, struct gadget_block_request);
	__type(value, struct start);
} requests SEC(".maps");

const volatile bool queued = false;
GADGET_PARAM(queued);

static __always_inline int start_request(struct trace_event_raw_block_rq *ctx, __u64 flags)
{
	struct gadget_block_request request = {.sector = ctx->sector, .dev = ctx->dev};
	char rwbs[2] = {ctx->rwbs[0], ctx->rwbs[1]};
	struct start start = {
		.timestamp = bpf_ktime_get_boot_ns(),
		.operation = gadget_block_operation(rwbs),
	};

	bpf_map_update_elem(&requests, &request, &start, flags);
	return 0;
}

SEC("tracepoint/block/block_rq_insert")
int ig_rq_insert(struct trace_event_raw_block_rq *ctx)
{
	return queued ? start_request(ctx, BPF_ANY) : 0;
}

/* A request that went around the scheduler was not inserted: it starts here in any case. */
SEC("tracepoint/block/block_rq_issue")
int ig_rq_issue(struct trace_event_raw_block_rq *ctx)
{
	return start_request(ctx, queued ? BPF_NOEXIST : BPF_ANY);
}

static __always_inline void count(const struct start *start, __u32 dev)
{
	__u64 slot = get_slot_idx((bpf_ktime_get_boot_ns() - start->timestamp) / 1000);
	struct info info = {
		.op_raw = start->operation,
		.major = GADGET_DEV_MAJOR(dev),
		.minor = GADGET_DEV_MINOR(dev),
	};
	struct value zero = {}, *value;

	bpf_map_update_elem(&latencies, &info, &zero, BPF_NOEXIST);
	value = bpf_map_lookup_elem(&latencies, &info);
	if (!value)
		return;
	if (slot >= SLOTS_MAX)
		slot = SLOTS_MAX - 1;
	__sync_fetch_and_add(&value->latency[slot], 1);
}

SEC("tracepoint/block/block_rq_complete")
int ig_rq_complete(void *ctx)
{
	struct gadget_block_request request = {};
	struct start *start;

	gadget_block_completion(ctx, &request);
	start = bpf_map_lookup_elem(&requests, &request);
	if (!start)
		return 0;
	count(start, request.dev);
	bpf_map_delete_elem(&requests, &request);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
