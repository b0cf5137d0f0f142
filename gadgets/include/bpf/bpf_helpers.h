/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The system's bpf_helpers.h and what libbpf added to it after 1.1.
 *
 * The folder of this file comes before the system's in the include path.
 * Every name is left alone when the system's header has it already.
 */
#ifndef __GADGET_BPF_HELPERS_H
#define __GADGET_BPF_HELPERS_H

#include_next <bpf/bpf_helpers.h>

#ifndef likely
#define likely(x) (__builtin_expect(!!(x), 1))
#endif
#ifndef unlikely
#define unlikely(x) (__builtin_expect(!!(x), 0))
#endif

/* Kinds of kernel pointers in map values (6.4; __percpu_kptr 6.7, __uptr 6.13). */
#ifndef __kptr_untrusted
#define __kptr_untrusted __attribute__((btf_type_tag("kptr_untrusted")))
#endif
#ifndef __percpu_kptr
#define __percpu_kptr __attribute__((btf_type_tag("percpu_kptr")))
#endif
#ifndef __uptr
#define __uptr __attribute__((btf_type_tag("uptr")))
#endif

/* What the verifier may assume of a global function's argument (6.8). */
#ifndef __arg_ctx
#define __arg_ctx __attribute__((btf_decl_tag("arg:ctx")))
#endif
#ifndef __arg_nonnull
#define __arg_nonnull __attribute__((btf_decl_tag("arg:nonnull")))
#endif
#ifndef __arg_nullable
#define __arg_nullable __attribute__((btf_decl_tag("arg:nullable")))
#endif
#ifndef __arg_trusted
#define __arg_trusted __attribute__((btf_decl_tag("arg:trusted")))
#endif
#ifndef __arg_untrusted
#define __arg_untrusted __attribute__((btf_decl_tag("arg:untrusted")))
#endif
#ifndef __arg_arena
#define __arg_arena __attribute__((btf_decl_tag("arg:arena")))
#endif

/*
 * Whether the running kernel has a kernel function or variable. The address of
 * a symbol that is not weak is never zero, so that would be no question.
 */
#ifndef bpf_ksym_exists
#define bpf_ksym_exists(sym)                                                         \
	({                                                                           \
		_Static_assert(!__builtin_constant_p(!!sym), #sym " is not __weak"); \
		!!sym;                                                               \
	})
#endif

/* Open-coded iterators (6.4). Weak: programs that use none need no such kernel. */
#ifndef bpf_for_each

struct bpf_iter_num;

extern int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end) __weak __ksym;
extern int *bpf_iter_num_next(struct bpf_iter_num *it) __weak __ksym;
extern void bpf_iter_num_destroy(struct bpf_iter_num *it) __weak __ksym;

/*
 * for (cur in the iterator bpf_iter_<type> made with args). It is destroyed
 * however the body is left. The loop's second variable is there to construct
 * it; the destructor is named beside, for a clean-up function alone leaves no
 * relocation behind.
 */
#define bpf_for_each(type, cur, args...)                                                      \
	for (struct bpf_iter_##type ___it                                                     \
	     __attribute__((aligned(8), cleanup(bpf_iter_##type##_destroy))),                 \
	     *___made __attribute__((unused)) = (bpf_iter_##type##_new(&___it, ##args),       \
						 (void)bpf_iter_##type##_destroy, (void *)0); \
	     ((cur) = bpf_iter_##type##_next(&___it));)

#endif

/* for (i = start; i < end; i++), the bounds known at run time only. */
#ifndef bpf_for
#define bpf_for(i, start, end)                                                                     \
	for (struct bpf_iter_num ___it __attribute__((aligned(8), cleanup(bpf_iter_num_destroy))), \
	     *___made __attribute__((unused)) = (bpf_iter_num_new(&___it, (start), (end)),         \
						 (void)bpf_iter_num_destroy, (void *)0);           \
	     ({                                                                                    \
		     int *___next = bpf_iter_num_next(&___it);                                     \
		     /* the check tells the verifier the range of i */                             \
		     ___next && ((i) = *___next, (i) >= (start) && (i) < (end));                   \
	     });)
#endif

/* N times the body. */
#ifndef bpf_repeat
#define bpf_repeat(N)                                                                              \
	for (struct bpf_iter_num ___it __attribute__((aligned(8), cleanup(bpf_iter_num_destroy))), \
	     *___made __attribute__((unused)) =                                                    \
		     (bpf_iter_num_new(&___it, 0, (N)), (void)bpf_iter_num_destroy, (void *)0);    \
	     bpf_iter_num_next(&___it);)
#endif

#endif /* __GADGET_BPF_HELPERS_H */
