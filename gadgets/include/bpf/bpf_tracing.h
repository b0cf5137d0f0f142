/* SPDX-License-Identifier: GPL-2.0 */
/* The system's bpf_tracing.h and what libbpf added to it after 1.1. */
#ifndef __GADGET_BPF_TRACING_H
#define __GADGET_BPF_TRACING_H

#include <bpf/bpf_helpers.h>
#include_next <bpf/bpf_tracing.h>

/*
 * Registers of the sixth to eighth argument, by the C calling convention. A
 * name that is no register makes a compiler error where the argument is used:
 * on x86-64 the seventh is on the stack.
 */
#ifndef __PT_PARM6_REG
#if defined(bpf_target_x86)
#define __PT_PARM6_REG r9
#elif defined(bpf_target_arm64)
#define __PT_PARM6_REG regs[5]
#else
#define __PT_PARM6_REG __unsupported__
#endif
#endif

#ifndef __PT_PARM7_REG
#if defined(bpf_target_arm64)
#define __PT_PARM7_REG regs[6]
#else
#define __PT_PARM7_REG __unsupported__
#endif
#endif

#ifndef __PT_PARM8_REG
#if defined(bpf_target_arm64)
#define __PT_PARM8_REG regs[7]
#else
#define __PT_PARM8_REG __unsupported__
#endif
#endif

/* System calls have six arguments on x86-64 and arm64; a seventh on none of them. */
#ifndef __PT_PARM6_SYSCALL_REG
#define __PT_PARM6_SYSCALL_REG __PT_PARM6_REG
#endif
#ifndef __PT_PARM7_SYSCALL_REG
#define __PT_PARM7_SYSCALL_REG __unsupported__
#endif

#ifndef PT_REGS_PARM6
#define PT_REGS_PARM6(x) (__PT_REGS_CAST(x)->__PT_PARM6_REG)
#endif
#ifndef PT_REGS_PARM7
#define PT_REGS_PARM7(x) (__PT_REGS_CAST(x)->__PT_PARM7_REG)
#endif
#ifndef PT_REGS_PARM8
#define PT_REGS_PARM8(x) (__PT_REGS_CAST(x)->__PT_PARM8_REG)
#endif

#ifndef PT_REGS_PARM6_CORE
#define PT_REGS_PARM6_CORE(x) BPF_CORE_READ(__PT_REGS_CAST(x), __PT_PARM6_REG)
#endif
#ifndef PT_REGS_PARM7_CORE
#define PT_REGS_PARM7_CORE(x) BPF_CORE_READ(__PT_REGS_CAST(x), __PT_PARM7_REG)
#endif
#ifndef PT_REGS_PARM8_CORE
#define PT_REGS_PARM8_CORE(x) BPF_CORE_READ(__PT_REGS_CAST(x), __PT_PARM8_REG)
#endif

#ifndef PT_REGS_PARM6_SYSCALL
#define PT_REGS_PARM6_SYSCALL(x) (__PT_REGS_CAST(x)->__PT_PARM6_SYSCALL_REG)
#endif
#ifndef PT_REGS_PARM7_SYSCALL
#define PT_REGS_PARM7_SYSCALL(x) (__PT_REGS_CAST(x)->__PT_PARM7_SYSCALL_REG)
#endif
#ifndef PT_REGS_PARM6_CORE_SYSCALL
#define PT_REGS_PARM6_CORE_SYSCALL(x) BPF_CORE_READ(__PT_REGS_CAST(x), __PT_PARM6_SYSCALL_REG)
#endif
#ifndef PT_REGS_PARM7_CORE_SYSCALL
#define PT_REGS_PARM7_CORE_SYSCALL(x) BPF_CORE_READ(__PT_REGS_CAST(x), __PT_PARM7_SYSCALL_REG)
#endif

/* Further arguments of BPF_KPROBE. */
#ifndef ___bpf_kprobe_args6
#define ___bpf_kprobe_args6(x, args...) ___bpf_kprobe_args5(args), (void *)PT_REGS_PARM6(ctx)
#endif
#ifndef ___bpf_kprobe_args7
#define ___bpf_kprobe_args7(x, args...) ___bpf_kprobe_args6(args), (void *)PT_REGS_PARM7(ctx)
#endif
#ifndef ___bpf_kprobe_args8
#define ___bpf_kprobe_args8(x, args...) ___bpf_kprobe_args7(args), (void *)PT_REGS_PARM8(ctx)
#endif

/* The sixth argument of BPF_KSYSCALL. */
#ifndef ___bpf_syscall_args6
#define ___bpf_syscall_args6(x, args...) \
	___bpf_syscall_args5(args), (void *)PT_REGS_PARM6_SYSCALL(regs)
#endif
#ifndef ___bpf_syscall_args7
#define ___bpf_syscall_args7(x, args...) \
	___bpf_syscall_args6(args), (void *)PT_REGS_PARM7_SYSCALL(regs)
#endif
#ifndef ___bpf_syswrap_args6
#define ___bpf_syswrap_args6(x, args...) \
	___bpf_syswrap_args5(args), (void *)PT_REGS_PARM6_CORE_SYSCALL(regs)
#endif
#ifndef ___bpf_syswrap_args7
#define ___bpf_syswrap_args7(x, args...) \
	___bpf_syswrap_args6(args), (void *)PT_REGS_PARM7_CORE_SYSCALL(regs)
#endif

/* Functions of user space are called as those of the kernel are. */
#ifndef BPF_UPROBE
#define BPF_UPROBE(name, args...) BPF_KPROBE(name, ##args)
#endif
#ifndef BPF_URETPROBE
#define BPF_URETPROBE(name, args...) BPF_KRETPROBE(name, ##args)
#endif

#endif /* __GADGET_BPF_TRACING_H */
