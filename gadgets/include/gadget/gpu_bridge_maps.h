/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The maps of gpu_types.h. Before inclusion define GPU_BRIDGE_WANT_META,
 * _DEVICE, _PER_PID, _PER_PID_PER_DEVICE or _ALL for those that are needed.
 *
 * The maps are pinned by name: if the daemon has not made them yet the gadget
 * does, empty, and the daemon takes those.
 */
#ifndef __GADGET_GPU_BRIDGE_MAPS_H
#define __GADGET_GPU_BRIDGE_MAPS_H

#ifndef __VMLINUX_H__
#include <stdbool.h>
#endif

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include <gadget/gpu_types.h>

#ifdef GPU_BRIDGE_WANT_ALL
#undef GPU_BRIDGE_WANT_META
#undef GPU_BRIDGE_WANT_DEVICE
#undef GPU_BRIDGE_WANT_PER_PID
#undef GPU_BRIDGE_WANT_PER_PID_PER_DEVICE
#define GPU_BRIDGE_WANT_META
#define GPU_BRIDGE_WANT_DEVICE
#define GPU_BRIDGE_WANT_PER_PID
#define GPU_BRIDGE_WANT_PER_PID_PER_DEVICE
#endif

#define __GPU_MAX_PROCESSES 4096

#ifdef GPU_BRIDGE_WANT_META
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct gpu_meta);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} gpu_meta SEC(".maps");

/* The daemon's state if it wrote it within the last stale_ms, else NULL. */
static __always_inline struct gpu_meta *gpu_meta_fresh(__u64 now_boot_ns, __u64 stale_ms)
{
	__u32 zero = 0;
	struct gpu_meta *meta = bpf_map_lookup_elem(&gpu_meta, &zero);
	__u64 updated;

	if (!meta)
		return NULL;

	/* It may have been written after the caller looked at the clock. */
	updated = meta->last_update_boottime_ns;
	if (now_boot_ns > updated && now_boot_ns - updated > stale_ms * 1000000ULL)
		return NULL;
	return meta;
}
#endif

#ifdef GPU_BRIDGE_WANT_DEVICE
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, GPU_MAX_DEVICES);
	__type(key, __u32);
	__type(value, struct gpu_device_metrics);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} gpu_device SEC(".maps");

/* Whether the device runs below max_pct; false for one the daemon cannot have. */
static __always_inline bool gpu_device_underutilized(__u8 device, __u32 max_pct)
{
	__u32 index = device;
	struct gpu_device_metrics *metrics = bpf_map_lookup_elem(&gpu_device, &index);

	return metrics && metrics->sm_util_pct < max_pct;
}
#endif

#ifdef GPU_BRIDGE_WANT_PER_PID
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, __GPU_MAX_PROCESSES);
	__type(key, __u32);
	__type(value, struct gpu_pid_metrics_aggregated);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} gpu_per_pid SEC(".maps");

/* What a process uses if it holds at least min_bytes of GPU memory, else NULL. */
static __always_inline struct gpu_pid_metrics_aggregated *gpu_pid_holder(__u32 tgid,
									 __u64 min_bytes)
{
	struct gpu_pid_metrics_aggregated *process = bpf_map_lookup_elem(&gpu_per_pid, &tgid);

	if (!process || process->used_gpu_memory_total < min_bytes)
		return NULL;
	return process;
}
#endif

#ifdef GPU_BRIDGE_WANT_PER_PID_PER_DEVICE
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, __GPU_MAX_PROCESSES);
	__type(key, __u64);
	__type(value, struct gpu_pid_metrics);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} gpu_per_pid_per_device SEC(".maps");
#endif

#endif /* __GADGET_GPU_BRIDGE_MAPS_H */
