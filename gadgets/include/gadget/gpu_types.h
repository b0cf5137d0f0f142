/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a daemon beside the GPU driver publishes in maps under /sys/fs/bpf.
 *
 * The layouts are that daemon's. A value it cannot measure is 0.
 * Include vmlinux.h or linux/types.h first.
 */
#ifndef __GADGET_GPU_TYPES_H
#define __GADGET_GPU_TYPES_H

#define GPU_SCHEMA_VERSION 1

#define GPU_MAX_DEVICES 16
/* gpu_device_primary of a process that uses several devices. */
#define GPU_DEVICE_PRIMARY_MULTI 0xFF

/* Whether the daemon lives; its only entry has key 0. */
struct gpu_meta {
	__u32 schema_version;
	__u32 n_devices;
	/* Nanoseconds since boot, as bpf_ktime_get_boot_ns() gives them. */
	__u64 last_update_boottime_ns;
	__u32 helper_pid;
	__u32 _reserved;
	/* Wall clock minus time since boot; timestamp_ns below is wall clock. */
	__s64 clock_offset_ns;
};

/* A device; the key is its index. Percentages are 0 to 100, memory is in bytes. */
struct gpu_device_metrics {
	__u64 timestamp_ns;

	__u32 sm_util_pct;
	__u32 mem_util_pct;

	__u64 mem_total;
	/* Without mem_reserved, which is the driver's. */
	__u64 mem_used;
	__u64 mem_reserved;

	__u32 temp_c;
	__u32 power_mw;

	__u32 sm_clock_mhz;
	__u32 mem_clock_mhz;

	/* Bits as NVML defines them. */
	__u64 throttle_reasons;

	__u64 pcie_tx_kbps;
	__u64 pcie_rx_kbps;

	__u32 enc_util_pct;
	__u32 dec_util_pct;

	__u64 nvlink_tx_kbps;
	__u64 nvlink_rx_kbps;

	__u64 ecc_corrected_total;
	__u64 ecc_uncorrected_total;

	__u32 fan_speed_pct;
	__u32 compute_mode;
};

/* A process on one device; the key is pid << 32 | device. */
struct gpu_pid_metrics {
	__u64 timestamp_ns;
	__u64 used_gpu_memory;

	__u32 sm_util_pct;
	__u32 mem_util_pct;
	__u32 enc_util_pct;
	__u32 dec_util_pct;

	__u8 gpu_device;
	__u8 mig_instance;
	__u16 _pad;
};

/* A process on all its devices; the key is its pid in the initial namespace. */
struct gpu_pid_metrics_aggregated {
	__u64 timestamp_ns;
	__u64 used_gpu_memory_total;

	__u32 sm_util_pct_max;
	__u32 mem_util_pct_max;

	/* A device's index, or GPU_DEVICE_PRIMARY_MULTI. */
	__u8 gpu_device_primary;
	__u8 device_count;
	__u16 _pad;
};

#endif /* __GADGET_GPU_TYPES_H */
