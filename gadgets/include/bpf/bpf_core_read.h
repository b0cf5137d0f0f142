/* SPDX-License-Identifier: GPL-2.0 */
/* The system's bpf_core_read.h and what libbpf added to it after 1.1. */
#ifndef __GADGET_BPF_CORE_READ_H
#define __GADGET_BPF_CORE_READ_H

#include <bpf/bpf_helpers.h>
#include_next <bpf/bpf_core_read.h>

/* A pointer that can be read without a helper, as type (6.2). */
#ifndef bpf_core_cast
extern void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __weak __ksym;

#define bpf_core_cast(ptr, type) \
	((typeof(type) *)bpf_rdonly_cast((ptr), bpf_core_type_id_kernel(type)))
#endif

/*
 * Writes a bit-field in memory that the program may write directly. The field
 * is read as the unsigned integer that holds it, its bits are replaced, and it
 * is written back.
 */
#ifndef BPF_CORE_WRITE_BITFIELD
#define BPF_CORE_WRITE_BITFIELD(s, field, new_val)                               \
	({                                                                       \
		void *___p = (void *)(s) + __CORE_RELO(s, field, BYTE_OFFSET);   \
		unsigned int ___size = __CORE_RELO(s, field, BYTE_SIZE);         \
		unsigned int ___left = __CORE_RELO(s, field, LSHIFT_U64);        \
		unsigned int ___right = __CORE_RELO(s, field, RSHIFT_U64);       \
		unsigned int ___shift = ___right - ___left;                      \
		unsigned long long ___mask = (~0ULL << ___right) >> ___left;     \
		unsigned long long ___new = (unsigned long long)(new_val);       \
		unsigned long long ___old;                                       \
                                                                                 \
		asm volatile("" : "+r"(___p));                                   \
		___old = ___size == 1	? *(unsigned char *)___p                 \
			 : ___size == 2 ? *(unsigned short *)___p                \
			 : ___size == 4 ? *(unsigned int *)___p                  \
					: *(unsigned long long *)___p;           \
		___new = (___old & ~___mask) | ((___new << ___shift) & ___mask); \
		if (___size == 1)                                                \
			*(unsigned char *)___p = ___new;                         \
		else if (___size == 2)                                           \
			*(unsigned short *)___p = ___new;                        \
		else if (___size == 4)                                           \
			*(unsigned int *)___p = ___new;                          \
		else                                                             \
			*(unsigned long long *)___p = ___new;                    \
	})
#endif

#endif /* __GADGET_BPF_CORE_READ_H */
