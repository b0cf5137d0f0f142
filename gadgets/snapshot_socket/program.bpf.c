// SPDX-License-Identifier: GPL-2.0
/* TCP and UDP sockets of a network namespace. */

#include <vmlinux.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include <gadget/macros.h>
#include <gadget/types.h>

#define AF_INET 2
#define AF_INET6 10

/* States of the kernel's include/net/tcp_states.h. A UDP socket is ESTABLISHED once connected, else
 * CLOSE. */
enum socket_state_name {
	ESTABLISHED = 1,
	SYN_SENT = 2,
	SYN_RECV = 3,
	FIN_WAIT1 = 4,
	FIN_WAIT2 = 5,
	TIME_WAIT = 6,
	CLOSE = 7,
	CLOSE_WAIT = 8,
	LAST_ACK = 9,
	LISTEN = 10,
	CLOSING = 11,
	NEW_SYN_RECV = 12,
	BOUND_INACTIVE = 13,
};

struct socket_entry {
	struct gadget_l4endpoint_t src;
	struct gadget_l4endpoint_t dst;
	__u64 ino;
	gadget_netns_id netns_id;
	gadget_uid uid;
	enum socket_state_name state_raw;
	__u32 __pad[3];
};

GADGET_ITER(sockets, socket_entry, ig_snap_tcp, ig_snap_udp);

/* What full sockets, half-open and waiting ones have in common. */
static __always_inline void fill_common(struct socket_entry *entry, struct sock_common *sk,
					__u16 proto)
{
	entry->src.proto_raw = entry->dst.proto_raw = proto;
	entry->src.port = BPF_CORE_READ(sk, skc_num);
	entry->dst.port = bpf_ntohs(BPF_CORE_READ(sk, skc_dport));
	entry->netns_id = BPF_CORE_READ(sk, skc_net.net, ns.inum);
	entry->state_raw = BPF_CORE_READ(sk, skc_state);
	if (BPF_CORE_READ(sk, skc_family) == AF_INET6) {
		entry->src.version = entry->dst.version = 6;
		BPF_CORE_READ_INTO(&entry->src.addr_raw.v6, sk, skc_v6_rcv_saddr.in6_u.u6_addr8);
		BPF_CORE_READ_INTO(&entry->dst.addr_raw.v6, sk, skc_v6_daddr.in6_u.u6_addr8);
		return;
	}
	entry->src.version = entry->dst.version = 4;
	entry->src.addr_raw.v4 = BPF_CORE_READ(sk, skc_rcv_saddr);
	entry->dst.addr_raw.v4 = BPF_CORE_READ(sk, skc_daddr);
}

/* The inode lies before the socket's own structure, in one that holds both. 0 for a socket that no
 * file refers to. */
static __always_inline __u64 read_inode(struct sock *sk)
{
	struct socket *socket = BPF_CORE_READ(sk, sk_socket);
	struct socket_alloc *both =
		(void *)socket - bpf_core_field_offset(struct socket_alloc, socket);

	return socket ? BPF_CORE_READ(both, vfs_inode.i_ino) : 0;
}

SEC("iter/tcp")
int ig_snap_tcp(struct bpf_iter__tcp *ctx)
{
	struct sock_common *sk = ctx->sk_common;
	struct socket_entry entry = {};
	struct tcp_sock *tcp;

	if (!sk) /* the end */
		return 0;
	fill_common(&entry, sk, IPPROTO_TCP);
	entry.uid = ctx->uid;
	tcp = bpf_skc_to_tcp_sock(sk); /* NULL for half-open and waiting ones */
	if (tcp)
		entry.ino = read_inode((struct sock *)tcp);
	bpf_seq_write(ctx->meta->seq, &entry, sizeof(entry));
	return 0;
}

SEC("iter/udp")
int ig_snap_udp(struct bpf_iter__udp *ctx)
{
	struct udp_sock *udp = ctx->udp_sk;
	struct socket_entry entry = {};

	if (!udp) /* the end */
		return 0;
	fill_common(&entry, (struct sock_common *)udp, IPPROTO_UDP);
	entry.uid = ctx->uid;
	entry.ino = read_inode((struct sock *)udp);
	bpf_seq_write(ctx->meta->seq, &entry, sizeof(entry));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
