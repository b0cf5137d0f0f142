/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The way of a record to user space: a ring buffer, or per-CPU perf buffers
 * on kernels before 5.8. The kernel's BTF decides which code stays, and the
 * loader makes the map of the matching type.
 *
 * Loss: what the ring buffer refuses is counted exactly in the per-CPU map
 * <map>_lost_samples; a perf buffer counts what it refuses by itself.
 *
 * Needs enum bpf_func_id (vmlinux.h or linux/bpf.h). Define before inclusion:
 *   GADGET_NO_BUF_RESERVE  leaves only gadget_output_buf(), and no heap;
 *   GADGET_MAX_EVENT_SIZE  the largest record in bytes that can be reserved.
 */
#ifndef __GADGET_BUFFER_H
#define __GADGET_BUFFER_H

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include <gadget/macros.h>

#ifndef GADGET_MAX_EVENT_SIZE
#define GADGET_MAX_EVENT_SIZE 10240
#endif

/* A buffer of size bytes (a power of two, at least a page), and its counter. */
#define GADGET_TRACER_MAP(name, size)                    \
	__gadget_marker(gadget_map_tracer_##name)        \
	struct {                                         \
		__uint(type, BPF_MAP_TYPE_RINGBUF);      \
		__uint(max_entries, size);               \
	} name SEC(".maps");                             \
	struct {                                         \
		__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY); \
		__uint(max_entries, 1);                  \
		__type(key, __u32);                      \
		__type(value, __u64);                    \
	} name##_lost_samples SEC(".maps");

/* Constant once relocated: the verifier sees one of the two ways only. */
#define __gadget_has_ringbuf(func) \
	bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_ringbuf_##func)

/*
 * A per-CPU value can still be incremented by two: an interrupt or NMI may run
 * a program between the load and the store of this one. So the add is atomic.
 */
static __always_inline void __gadget_count_lost(void *lost_samples)
{
	__u32 zero = 0;
	__u64 *count = bpf_map_lookup_elem(lost_samples, &zero);

	if (count)
		__sync_fetch_and_add(count, 1);
}

#ifndef GADGET_NO_BUF_RESERVE

struct __gadget_heap_slot {
	__u8 data[GADGET_MAX_EVENT_SIZE];
};

/* Where a record is put together on its way to a perf buffer. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct __gadget_heap_slot);
} gadget_heap SEC(".maps");

static __always_inline void *__gadget_reserve_buf(void *map, void *lost_samples, __u64 size)
{
	__u32 zero = 0;
	void *buf = NULL;

	if (__gadget_has_ringbuf(reserve))
		buf = bpf_ringbuf_reserve(map, size, 0);
	else if (size <= GADGET_MAX_EVENT_SIZE)
		buf = bpf_map_lookup_elem(&gadget_heap, &zero);

	if (!buf)
		__gadget_count_lost(lost_samples);
	return buf;
}

/*
 * void *gadget_reserve_buf(&name, size): memory for one record, not zeroed,
 * or NULL when the buffer is full. The argument has to read "&name". size is
 * a constant of at most GADGET_MAX_EVENT_SIZE. Every record that was reserved
 * must be submitted or discarded.
 */
#define gadget_reserve_buf(map, size) \
	__gadget_reserve_buf((void *)(map), (void *)(map##_lost_samples), size)

/* Gives a reserved record to user space. 0, or the perf buffer's error. */
static __always_inline long gadget_submit_buf(void *ctx, void *map, void *buf, __u64 size)
{
	if (!__gadget_has_ringbuf(submit))
		return bpf_perf_event_output(ctx, map, BPF_F_CURRENT_CPU, buf, size);

	bpf_ringbuf_submit(buf, 0);
	return 0;
}

/* Gives a reserved record back. A perf buffer knows nothing of it yet. */
static __always_inline void gadget_discard_buf(void *buf)
{
	if (__gadget_has_ringbuf(discard))
		bpf_ringbuf_discard(buf, 0);
}

#endif /* GADGET_NO_BUF_RESERVE */

/* What a perf buffer answers when it is full, and then counts by itself. */
#define __GADGET_ENOSPC 28

static __always_inline long __gadget_output_buf(void *ctx, void *map, void *lost_samples, void *buf,
						__u64 size)
{
	long err;

	if (!__gadget_has_ringbuf(output)) {
		err = bpf_perf_event_output(ctx, map, BPF_F_CURRENT_CPU, buf, size);
		if (err && err != -__GADGET_ENOSPC)
			__gadget_count_lost(lost_samples);
		return err;
	}

	if (bpf_ringbuf_output(map, buf, size, 0))
		__gadget_count_lost(lost_samples);
	return 0;
}

/*
 * long gadget_output_buf(ctx, &name, buf, size): copies a record, whose size
 * may be known at run time only. The second argument has to read "&name".
 * A record that the ring refuses is counted, and is no error.
 */
#define gadget_output_buf(ctx, map, buf, size)                                          \
	__gadget_output_buf((void *)(ctx), (void *)(map), (void *)(map##_lost_samples), \
			    (void *)(buf), size)

#endif /* __GADGET_BUFFER_H */
