/* SPDX-License-Identifier: GPL-2.0 */
/* Logarithms for histograms with power-of-two slots. */
#ifndef __GADGET_BITS_BPF_H
#define __GADGET_BITS_BPF_H

#include <bpf/bpf_helpers.h>

#ifndef READ_ONCE
#define READ_ONCE(x) (*(const volatile typeof(x) *)&(x))
#endif
#ifndef WRITE_ONCE
#define WRITE_ONCE(x, val) (*(volatile typeof(x) *)&(x) = (val))
#endif

/* clang knows a log2() of the C library, which takes a double. */
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wincompatible-library-redeclaration"

/* floor(log2(v)); 0 for 0. No branches: the verifier walks one path. */
static __always_inline __u64 log2(__u32 v)
{
	__u32 result = (v > 0xffff) << 4;
	__u32 step;

	v >>= result;
	step = (v > 0xff) << 3;
	v >>= step;
	result |= step;
	step = (v > 0xf) << 2;
	v >>= step;
	result |= step;
	step = (v > 0x3) << 1;
	v >>= step;
	result |= step;
	return result | (v >> 1);
}

static __always_inline __u64 log2l(__u64 v)
{
	__u32 high = v >> 32;

	return high ? log2(high) + 32 : log2((__u32)v);
}

#pragma clang diagnostic pop

/* The slot that holds v: 0 for 0, n for 2^(n-1) up to 2^n - 1. At most 64. */
static __always_inline __u64 get_slot_idx(__u64 v)
{
	return v ? log2l(v) + 1 : 0;
}

#endif /* __GADGET_BITS_BPF_H */
