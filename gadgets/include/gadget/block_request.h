/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __GADGET_BLOCK_REQUEST_H
#define __GADGET_BLOCK_REQUEST_H

/*
 * Block requests as the tracepoints of block/ show them: from the first that mentions a request to
 * its completion.
 *
 * Tracepoints say device and sector, not the address of the request. A request keeps both from
 * start to end, but when an earlier neighbour is merged into its front; such a request is counted
 * from its next tracepoint on.
 */

#include <vmlinux.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

/* Bytes of a sector in the block layer, whatever the device has. */
#define GADGET_SECTOR_SIZE 512

/* A kernel dev_t is major << 20 | minor. */
#define GADGET_DEV_MAJOR(dev) ((dev) >> 20)
#define GADGET_DEV_MINOR(dev) ((dev) & ((1U << 20) - 1))

enum block_operation {
	READ = 0,
	WRITE = 1,
	DISCARD = 2,
	FLUSH = 3,
	OTHER = 4,
};

/* What tells requests in flight apart. */
struct gadget_block_request {
	__u64 sector;
	__u32 dev;
	__u32 __pad;
};

/* Until 5.15 of this name. */
struct trace_event_raw_block_rq_complete___o {
	dev_t dev;
	sector_t sector;
	unsigned int nr_sector;
} __attribute__((preserve_access_index));

/* The operation in the text that tracepoints have of it: an F of "flush before" may come first,
 * other letters after. */
static __always_inline enum block_operation gadget_block_operation(const char *rwbs)
{
	char letter = rwbs[0] == 'F' && rwbs[1] && rwbs[1] != 'F' ? rwbs[1] : rwbs[0];

	switch (letter) {
	case 'R':
		return READ;
	case 'W':
		return WRITE;
	case 'D':
		return DISCARD;
	case 'F':
		return FLUSH;
	default:
		return OTHER;
	}
}

/* The request that completes, and how many sectors of it. The kernel's type of ctx is either of
 * two: both are read, not dereferenced. */
static __always_inline __u32 gadget_block_completion(void *ctx,
						     struct gadget_block_request *request)
{
	struct trace_event_raw_block_rq_completion *now = ctx;
	struct trace_event_raw_block_rq_complete___o *old = ctx;

	if (bpf_core_type_exists(struct trace_event_raw_block_rq_completion)) {
		request->dev = BPF_CORE_READ(now, dev);
		request->sector = BPF_CORE_READ(now, sector);
		return BPF_CORE_READ(now, nr_sector);
	}
	request->dev = BPF_CORE_READ(old, dev);
	request->sector = BPF_CORE_READ(old, sector);
	return BPF_CORE_READ(old, nr_sector);
}

#endif /* __GADGET_BLOCK_REQUEST_H */
