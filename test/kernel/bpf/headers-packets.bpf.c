// SPDX-License-Identifier: GPL-2.0
/* The owner of a packet: its pid as the program's answer, 0 without an owner. */
#define GADGET_TYPE_NETWORKING
#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include <gadget/filter.h>
#include <gadget/packetfilter.h>
#include <gadget/sockets-map.h>

GADGET_PF(in);
GADGET_PF();

struct gadget_process process;

static __always_inline int owner(const struct gadget_socket_value *value)
{
	process.pid = 0;
	if (gadget_should_discard_data_by_skb(value))
		return -1;
	gadget_process_populate_from_socket(value, &process);
	return process.pid;
}

SEC("tc")
int receiver(struct __sk_buff *skb)
{
	return owner(gadget_socket_lookup_with_direction(skb, 1));
}

SEC("tc")
int sender(struct __sk_buff *skb)
{
	return owner(gadget_socket_lookup_with_direction(skb, 0));
}

SEC("tc")
int by_packet_type(struct __sk_buff *skb)
{
	return owner(gadget_socket_lookup(skb));
}

SEC("tc")
int filtered(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data, *data_end = (void *)(long)skb->data_end;

	return gadget_pf_matches(in, skb, data, data_end) && gadget_pf_matches(skb, data, data_end);
}

SEC("socket")
int as_socket_filter(struct __sk_buff *skb)
{
	return owner(gadget_socket_lookup(skb));
}

char LICENSE[] SEC("license") = "GPL";
