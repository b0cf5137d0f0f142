/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which process owns a socket, for programs that run where no process does.
 *
 * User space fills the map while processes bind and connect. Include vmlinux.h
 * or linux/types.h before, and define one of
 *   GADGET_TYPE_NETWORKING  to look up by packet,
 *   GADGET_TYPE_TRACING     to look up by struct sock (needs vmlinux.h).
 */
#ifndef __GADGET_SOCKETS_MAP_H
#define __GADGET_SOCKETS_MAP_H

/* They cannot be mixed, so the source chooses. */
#if !defined(__VMLINUX_H__) && !defined(_LINUX_TYPES_H)
#error "include vmlinux.h or linux/types.h before gadget/sockets-map.h"
#endif

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include <gadget/types.h>

#define GADGET_MAX_SOCKETS 16384

/* Numbers of protocols, named so that they meet neither uapi's nor vmlinux.h's. */
#define GADGET_SE_PACKET_HOST 0
#define GADGET_SE_AF_INET 2
#define GADGET_SE_AF_INET6 10
#define GADGET_SE_ETH_HLEN 14
#define GADGET_SE_ETH_P_IP 0x0800
#define GADGET_SE_ETH_P_IPV6 0x86DD
#define GADGET_SE_IPPROTO_TCP 6
#define GADGET_SE_IPPROTO_UDP 17

/* port is the socket's own, in host byte order. Zero it first: it has padding. */
struct gadget_socket_key {
	__u32 netns;
	__u16 family;
	__u8 proto;
	__u16 port;
};

/* User space puts its own map here; its values are as long as it decided. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, GADGET_MAX_SOCKETS);
	__type(key, struct gadget_socket_key);
	__type(value, struct gadget_socket_value);
} gadget_sockets SEC(".maps");

#ifdef GADGET_TYPE_NETWORKING

#define GADGET_SE_ETH_PROTO_OFFSET 12
#define GADGET_SE_IPV4_PROTO_OFFSET 9
#define GADGET_SE_IPV4_FRAGMENT_OFFSET 6
#define GADGET_SE_IPV4_FRAGMENT_MASK 0x1fff
#define GADGET_SE_IPV6_HLEN 40
#define GADGET_SE_IPV6_NEXTHDR_OFFSET 6
#define GADGET_SE_IPV6_FRAGMENT_MASK 0xfff8
#define GADGET_SE_MAX_IPV6_HEADERS 6
#define GADGET_SE_NEXTHDR_HOP 0
#define GADGET_SE_NEXTHDR_ROUTING 43
#define GADGET_SE_NEXTHDR_FRAGMENT 44
#define GADGET_SE_NEXTHDR_AUTH 51
#define GADGET_SE_NEXTHDR_DEST 60

/* Offset of the transport header, its protocol in *proto; negative if there is none. */
static __always_inline long __gadget_ipv4_transport(const struct __sk_buff *skb, __u8 *proto)
{
	__u16 fragment;
	__u8 length;

	if (bpf_skb_load_bytes(skb, GADGET_SE_ETH_HLEN, &length, sizeof(length)) ||
	    bpf_skb_load_bytes(skb, GADGET_SE_ETH_HLEN + GADGET_SE_IPV4_FRAGMENT_OFFSET, &fragment,
			       sizeof(fragment)) ||
	    bpf_skb_load_bytes(skb, GADGET_SE_ETH_HLEN + GADGET_SE_IPV4_PROTO_OFFSET, proto,
			       sizeof(*proto)))
		return -1;

	/* Ports are in the first fragment only. */
	if (bpf_ntohs(fragment) & GADGET_SE_IPV4_FRAGMENT_MASK)
		return -1;
	return GADGET_SE_ETH_HLEN + (length & 0xf) * 4;
}

/* The same behind at most six extension headers. RFC 8200, section 4. */
static __always_inline long __gadget_ipv6_transport(const struct __sk_buff *skb, __u8 *proto)
{
	long offset = GADGET_SE_ETH_HLEN + GADGET_SE_IPV6_HLEN;

	if (bpf_skb_load_bytes(skb, GADGET_SE_ETH_HLEN + GADGET_SE_IPV6_NEXTHDR_OFFSET, proto,
			       sizeof(*proto)))
		return -1;

	for (int i = 0; i < GADGET_SE_MAX_IPV6_HEADERS; i++) {
		struct {
			__u8 next;
			__u8 length;
			__u16 fragment;
		} header;

		if (*proto != GADGET_SE_NEXTHDR_HOP && *proto != GADGET_SE_NEXTHDR_ROUTING &&
		    *proto != GADGET_SE_NEXTHDR_FRAGMENT && *proto != GADGET_SE_NEXTHDR_AUTH &&
		    *proto != GADGET_SE_NEXTHDR_DEST)
			return offset;

		if (bpf_skb_load_bytes(skb, offset, &header, sizeof(header)))
			return -1;

		if (*proto == GADGET_SE_NEXTHDR_FRAGMENT) {
			if (bpf_ntohs(header.fragment) & GADGET_SE_IPV6_FRAGMENT_MASK)
				return -1;
			offset += 8;
		} else if (*proto == GADGET_SE_NEXTHDR_AUTH) {
			offset += (header.length + 2) * 4;
		} else {
			offset += (header.length + 1) * 8;
		}
		*proto = header.next;
	}
	return offset;
}

static __always_inline long __gadget_packet_key(const struct __sk_buff *skb, __u8 is_ingress,
						struct gadget_socket_key *key)
{
	struct {
		__u16 source;
		__u16 dest;
	} ports;
	__u16 ether_type;
	long offset;

	__builtin_memset(key, 0, sizeof(*key));
	/* Put there by the dispatcher that calls the gadget. */
	key->netns = skb->cb[0];

	if (bpf_skb_load_bytes(skb, GADGET_SE_ETH_PROTO_OFFSET, &ether_type, sizeof(ether_type)))
		return -1;

	switch (bpf_ntohs(ether_type)) {
	case GADGET_SE_ETH_P_IP:
		key->family = GADGET_SE_AF_INET;
		offset = __gadget_ipv4_transport(skb, &key->proto);
		break;
	case GADGET_SE_ETH_P_IPV6:
		key->family = GADGET_SE_AF_INET6;
		offset = __gadget_ipv6_transport(skb, &key->proto);
		break;
	default:
		return -1;
	}

	if (offset < 0 ||
	    (key->proto != GADGET_SE_IPPROTO_TCP && key->proto != GADGET_SE_IPPROTO_UDP) ||
	    bpf_skb_load_bytes(skb, offset, &ports, sizeof(ports)))
		return -1;

	key->port = bpf_ntohs(is_ingress ? ports.dest : ports.source);
	return 0;
}

/* The owner of the socket that receives (or sends) an Ethernet frame, or NULL. */
static __always_inline struct gadget_socket_value *
gadget_socket_lookup_with_direction(const struct __sk_buff *skb, __u8 is_ingress)
{
	struct gadget_socket_value *value;
	struct gadget_socket_key key;

	if (__gadget_packet_key(skb, is_ingress, &key))
		return NULL;

	value = bpf_map_lookup_elem(&gadget_sockets, &key);
	if (value || key.family != GADGET_SE_AF_INET)
		return value;

	/* An IPv6 socket may take IPv4 packets too. */
	key.family = GADGET_SE_AF_INET6;
	value = bpf_map_lookup_elem(&gadget_sockets, &key);
	return value && value->ipv6only == 0 ? value : NULL;
}

/* The same, the direction taken from the packet's type. */
static __always_inline struct gadget_socket_value *gadget_socket_lookup(const struct __sk_buff *skb)
{
	return gadget_socket_lookup_with_direction(skb, skb->pkt_type == GADGET_SE_PACKET_HOST);
}

#elif defined(GADGET_TYPE_TRACING)

/* The owner of a socket in that network namespace, or NULL. */
static __always_inline struct gadget_socket_value *gadget_socket_lookup(const struct sock *sk,
									__u32 netns)
{
	struct gadget_socket_key key;

	/* With its padding, which is a part of the key. */
	__builtin_memset(&key, 0, sizeof(key));
	key.netns = netns;
	key.family = BPF_CORE_READ(sk, __sk_common.skc_family);
	if (key.family != GADGET_SE_AF_INET && key.family != GADGET_SE_AF_INET6)
		return NULL;

	/* A bit-field before 5.6. */
	key.proto = BPF_CORE_READ_BITFIELD_PROBED(sk, sk_protocol);
	key.port = bpf_ntohs(BPF_CORE_READ((const struct inet_sock *)sk, inet_sport));
	return bpf_map_lookup_elem(&gadget_sockets, &key);
}

#endif

/* Fills p with the socket's owner; leaves it alone when value is NULL. */
static __always_inline void
gadget_process_populate_from_socket(const struct gadget_socket_value *value,
				    struct gadget_process *p)
{
	if (!value)
		return;

	p->pid = value->pid_tgid >> 32;
	p->tid = (__u32)value->pid_tgid;
	p->mntns_id = value->mntns;
	p->creds.uid = (__u32)value->uid_gid;
	p->creds.gid = value->uid_gid >> 32;
	__builtin_memcpy(p->comm, value->task, sizeof(p->comm));
	__builtin_memcpy(p->parent.comm, value->ptask, sizeof(p->parent.comm));
	p->parent.pid = value->ppid;
	if (bpf_core_field_exists(value->ptid))
		p->parent.tid = value->ptid;
}

#endif /* __GADGET_SOCKETS_MAP_H */
