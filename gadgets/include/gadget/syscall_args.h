/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __GADGET_SYSCALL_ARGS_H
#define __GADGET_SYSCALL_ARGS_H

/*
 * A system call's arguments, read when it returns.
 *
 * The user's registers are still on the kernel stack at sys_exit, so one program at the exit knows
 * arguments and result: no program at the entry, no map between the two, and strings that the
 * kernel has just read are in memory. execve is the exception: when it succeeds, the registers are
 * those of the new program.
 */

#include <vmlinux.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/* Bytes of a kernel stack where the kernel cannot tell us the place of the registers: 5.10 to 5.14,
 * 4 KiB pages, no KASAN. */
#define GADGET_KERNEL_STACK_SIZE 16384

/* User registers of the current task, to be read with the PT_REGS_PARMn_CORE_SYSCALL macros. */
static __always_inline struct pt_regs *gadget_current_user_regs(void)
{
	struct task_struct *task;
	void *stack;

	/* The helper came with 5.15; the verifier drops the branch not taken. */
	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs))
		return (struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf());

	task = (struct task_struct *)bpf_get_current_task();
	stack = BPF_CORE_READ(task, stack);
	return stack + GADGET_KERNEL_STACK_SIZE - bpf_core_type_size(struct pt_regs);
}

#endif /* __GADGET_SYSCALL_ARGS_H */
