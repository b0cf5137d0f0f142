/* SPDX-License-Identifier: GPL-2.0 */
/* The system's usdt.bpf.h and what libbpf added to it after 1.1. */
#ifndef __GADGET_USDT_BPF_H
#define __GADGET_USDT_BPF_H

#include <bpf/libbpf_version.h>
#include_next <bpf/usdt.bpf.h>

/* A function cannot be asked for with #ifndef; libbpf 1.6 brought it. */
#if LIBBPF_MAJOR_VERSION < 1 || (LIBBPF_MAJOR_VERSION == 1 && LIBBPF_MINOR_VERSION < 6)

/* Bytes of argument arg_num (from 0) as the probe declares it, or a negative error. */
__weak __hidden int bpf_usdt_arg_size(struct pt_regs *ctx, __u64 arg_num)
{
	struct __bpf_usdt_spec *spec;
	int spec_id = __bpf_usdt_spec_id(ctx);

	if (spec_id < 0)
		return -ESRCH;

	spec = bpf_map_lookup_elem(&__bpf_usdt_specs, &spec_id);
	if (!spec)
		return -ESRCH;

	if (arg_num >= BPF_USDT_MAX_ARG_CNT)
		return -ENOENT;
	/* Keeps the check and the access on the same register. */
	barrier_var(arg_num);
	if ((long)arg_num >= spec->arg_cnt)
		return -ENOENT;

	/* The shift drops the bits of a 64-bit register that are not the argument's. */
	return (64 - (unsigned int)spec->args[arg_num].arg_bitshift) / 8;
}

#endif

#endif /* __GADGET_USDT_BPF_H */
