/* SPDX-License-Identifier: GPL-2.0 */
/*
 * FNV-1a hashes of 32 and 64 bits. Numbers are taken byte by byte, the lowest
 * first, so that the machine's byte order does not matter.
 *
 * http://www.isthe.com/chongo/tech/comp/fnv/
 */
#ifndef __GADGET_FNV1A_H
#define __GADGET_FNV1A_H

#include <bpf/bpf_helpers.h>

#define FNV1_32_INIT ((__u32)0x811c9dc5)
#define FNV1_32_PRIME ((__u32)0x01000193)
#define FNV1_64_INIT ((__u64)0xcbf29ce484222325ULL)
#define FNV1_64_PRIME ((__u64)0x100000001b3ULL)

static __always_inline __u32 fnv_32a_init(void)
{
	return FNV1_32_INIT;
}

static __always_inline __u64 fnv_64a_init(void)
{
	return FNV1_64_INIT;
}

static __always_inline void fnv_32a_update_u8(__u32 *hash, __u8 value)
{
	*hash = (*hash ^ value) * FNV1_32_PRIME;
}

static __always_inline void fnv_32a_update_u16(__u32 *hash, __u16 value)
{
	fnv_32a_update_u8(hash, (__u8)value);
	fnv_32a_update_u8(hash, (__u8)(value >> 8));
}

static __always_inline void fnv_32a_update_u32(__u32 *hash, __u32 value)
{
	fnv_32a_update_u16(hash, (__u16)value);
	fnv_32a_update_u16(hash, (__u16)(value >> 16));
}

static __always_inline void fnv_32a_update_u64(__u32 *hash, __u64 value)
{
	fnv_32a_update_u32(hash, (__u32)value);
	fnv_32a_update_u32(hash, (__u32)(value >> 32));
}

static __always_inline void fnv_64a_update_u8(__u64 *hash, __u8 value)
{
	*hash = (*hash ^ value) * FNV1_64_PRIME;
}

static __always_inline void fnv_64a_update_u16(__u64 *hash, __u16 value)
{
	fnv_64a_update_u8(hash, (__u8)value);
	fnv_64a_update_u8(hash, (__u8)(value >> 8));
}

static __always_inline void fnv_64a_update_u32(__u64 *hash, __u32 value)
{
	fnv_64a_update_u16(hash, (__u16)value);
	fnv_64a_update_u16(hash, (__u16)(value >> 16));
}

static __always_inline void fnv_64a_update_u64(__u64 *hash, __u64 value)
{
	fnv_64a_update_u32(hash, (__u32)value);
	fnv_64a_update_u32(hash, (__u32)(value >> 32));
}

#endif /* __GADGET_FNV1A_H */
