/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A place where user space puts a packet filter in tcpdump's syntax.
 *
 *	GADGET_PF(in);
 *	...
 *	if (!gadget_pf_matches(in, skb, data, data_end))
 *		return TC_ACT_OK;
 *
 * makes the parameter pf-in; GADGET_PF() and a call without a name make pf.
 * The filter's instructions are put before those of the function, and find
 * their arguments in R1 to R5: the packet three times, its start, its end.
 */
#ifndef __GADGET_PACKETFILTER_H
#define __GADGET_PACKETFILTER_H

#include <bpf/bpf_helpers.h>

#ifndef __VMLINUX_H__
#include <stdbool.h>
#endif

/*
 * Without a filter every packet matches that has bytes. The arguments that say
 * the same must be used, or the compiler would pass fewer.
 */
#define GADGET_PF(name)                                                                            \
	static __noinline bool gadget_pf_##name(void *_skb, void *__skb, void *___skb, void *data, \
						void *data_end)                                    \
	{                                                                                          \
		return data != data_end && _skb == __skb && __skb == ___skb;                       \
	}

#define __gadget_pf_unnamed(skb, data, data_end) __gadget_pf_named(, skb, data, data_end)
#define __gadget_pf_named(name, skb, data, data_end)                                  \
	gadget_pf_##name((void *)(skb), (void *)(skb), (void *)(skb), (void *)(data), \
			 (void *)(data_end))
#define __gadget_pf_misuse(...)                                                      \
	({                                                                           \
		_Static_assert(0, "gadget_pf_matches([name,] skb, data, data_end)"); \
		false;                                                               \
	})
#define __gadget_pf_pick(_1, _2, _3, _4, _5, macro, ...) macro

/* True when the packet matches the filter: gadget_pf_matches([name,] skb, data, data_end). */
#define gadget_pf_matches(...)                                                                    \
	__gadget_pf_pick(__VA_ARGS__, __gadget_pf_misuse, __gadget_pf_named, __gadget_pf_unnamed, \
			 __gadget_pf_misuse, __gadget_pf_misuse, )(__VA_ARGS__)

#endif /* __GADGET_PACKETFILTER_H */
