/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Types whose name tells user space how to show a field.
 *
 * A loader finds the typedef or struct name in the object's BTF and adds the
 * readable form beside the raw one. The layouts are a contract with every
 * loader and every image: never change them.
 *
 * Include vmlinux.h or linux/types.h first; the __u types come from there.
 */
#ifndef __GADGET_TYPES_H
#define __GADGET_TYPES_H

#ifndef __VMLINUX_H__
#include <stdbool.h>
#endif

#ifndef TASK_COMM_LEN
#define TASK_COMM_LEN 16
#endif

/* The most bytes a path in a socket's optional fields can have. */
#define GADGET_SE_PATH_MAX 4096

/* An IPv4 or IPv6 address in network byte order; the version is beside it. */
union gadget_ip_addr_t {
	__u8 v6[16];
	unsigned __int128 v6_raw;
	__u32 v4;
};

/* version is 4 or 6; 0 means that there is no address. */
struct gadget_l3endpoint_t {
	union gadget_ip_addr_t addr_raw;
	__u8 version;
};

/* port is in host byte order; proto_raw is an IPPROTO_ number. */
struct gadget_l4endpoint_t {
	union gadget_ip_addr_t addr_raw;
	__u16 port;
	__u16 proto_raw;
	__u8 version;
};

/* Inode numbers of namespaces. */
typedef __u64 gadget_mntns_id;
typedef __u32 gadget_netns_id;

/* Nanoseconds since boot, as bpf_ktime_get_boot_ns() gives them. */
typedef __u64 gadget_timestamp;
/* Nanoseconds between two moments. */
typedef __u64 gadget_duration;
typedef __u64 gadget_bytes;

typedef __u32 gadget_signal;
/* A positive error number, 0 for success. */
typedef __u32 gadget_errno;
typedef __u64 gadget_syscall;

typedef __u32 gadget_uid;
typedef __u32 gadget_gid;

/* pid and tid as user space means them: the kernel's tgid and pid. */
typedef __u32 gadget_pid;
typedef __u32 gadget_ppid;
typedef __u32 gadget_tid;
typedef __u32 gadget_ptid;

/* Elements of arrays of TASK_COMM_LEN. */
typedef char gadget_comm;
typedef char gadget_pcomm;

/* umode_t of an inode; flags of open(2). */
typedef __u32 gadget_file_mode;
typedef __u32 gadget_file_flags;

/* A key of the map ig_kstack. */
typedef __u32 gadget_kernel_stack;

/* Fields that become metrics. */
typedef __u32 gadget_counter__u32;
typedef __u64 gadget_counter__u64;
typedef __u32 gadget_gauge__u32;
typedef __u64 gadget_gauge__u64;
typedef __u32 gadget_histogram_slot__u32;
typedef __u64 gadget_histogram_slot__u64;

/*
 * Where a user stack was taken, with all that is needed to name its frames
 * after the process has gone. inode 0 means that stacks were not asked for.
 */
struct gadget_user_stack {
	/* The executable: device, inode and modification time. */
	__u32 major;
	__u32 minor;
	__u64 inode;
	__u64 mtime_sec;
	__u32 mtime_nsec;
	/* Tells two runs of one executable apart: FNV-1a of mm addresses. */
	__u32 base_addr_hash;

	/* A key of the maps ig_ustack and ig_build_id. */
	__u32 stack_id;

	/* The process as the initial pid namespace and the next one see it. */
	__u32 tgid_level0;
	__u32 pid_level0;
	__u32 pidns_level0;
	__u32 pid_level1;
	__u32 pidns_level1;

	/* Links the record to a stack that an OpenTelemetry profiler took. */
	__u64 otel_correlation_id;
	/* Nanoseconds since boot when the stack was taken. */
	__u64 boot_timestamp;
};

struct gadget_creds {
	gadget_uid uid;
	gadget_gid gid;
};

struct gadget_parent {
	gadget_pcomm comm[TASK_COMM_LEN];
	gadget_ppid pid;
	gadget_ptid tid;
};

struct gadget_process {
	gadget_comm comm[TASK_COMM_LEN];
	gadget_pid pid;
	gadget_tid tid;
	gadget_mntns_id mntns_id;
	struct gadget_creds creds;
	struct gadget_parent parent;
};

/*
 * Who owns a socket: the value of the map gadget_sockets.
 *
 * Which optional fields exist, and how long they are, is decided when the
 * gadget is loaded: user space hands the loader a BTF type of this name and
 * the accesses are relocated. Ask with bpf_core_field_exists() and
 * bpf_core_field_size(), never with sizeof.
 */
struct gadget_socket_value {
	__u64 mntns;
	/* tgid in the upper half, kernel pid in the lower. */
	__u64 pid_tgid;
	/* gid in the upper half, uid in the lower. */
	__u64 uid_gid;
	char task[TASK_COMM_LEN];
	char ptask[TASK_COMM_LEN];
	/* Address of the struct sock. */
	__u64 sock;
	/* Nanoseconds since boot when the socket was released; 0 while it lives. */
	__u64 deletion_timestamp;
	__u32 ppid;
	__u32 ptid;
	/* 0: an IPv6 socket that takes IPv4 packets too. */
	char ipv6only;

	char optional_fields_start[0] __attribute__((aligned(8)));
	char cwd[GADGET_SE_PATH_MAX];
	char exepath[GADGET_SE_PATH_MAX];
} __attribute__((preserve_access_index));

#endif /* __GADGET_TYPES_H */
