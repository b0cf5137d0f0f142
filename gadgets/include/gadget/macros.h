/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Declarations that user space reads from the object's BTF.
 *
 * Each macro leaves a global variable behind whose name says everything; its
 * value is never used. Names are joined with three underscores, so no name
 * given here may contain three in a row. An event type is a struct's tag
 * without the word "struct". Every macro ends in its own semicolon.
 */
#ifndef __GADGET_MACROS_H
#define __GADGET_MACROS_H

/* Not static: clang leaves unused static variables out of BTF. */
#define __gadget_marker(name) const void *name;

/* Keeps the type in BTF when no code uses it. */
#define __gadget_keep_type(name, type) const struct type *name;

/* A stream of records of struct event_type, through the buffer map_name. */
#define GADGET_TRACER(name, map_name, event_type)                             \
	__gadget_marker(gadget_tracer_##name##___##map_name##___##event_type) \
	__gadget_keep_type(__gadget_tracer_type_##name, event_type)

/* Makes the global "const volatile" variable name a parameter of the gadget. */
#define GADGET_PARAM(name) __gadget_marker(gadget_param_##name)

/* The entries of a hash map, read at an interval. */
#define GADGET_MAPITER(name, map_name) __gadget_marker(gadget_mapiter_##name##___##map_name)

#define __gadget_iter1(marker, p1) __gadget_marker(marker##___##p1)
#define __gadget_iter2(marker, p1, p2) __gadget_marker(marker##___##p1##___##p2)
#define __gadget_iter3(marker, p1, p2, p3) __gadget_marker(marker##___##p1##___##p2##___##p3)
#define __gadget_pick_iter(_1, _2, _3, macro, ...) macro
#define __gadget_iter(marker, ...)                                      \
	__gadget_pick_iter(__VA_ARGS__, __gadget_iter3, __gadget_iter2, \
			   __gadget_iter1, )(marker, __VA_ARGS__)

/* What one to three BPF iterator programs write, as one list of struct type. */
#define GADGET_ITER(name, type, ...)                            \
	__gadget_keep_type(unusedevent_##name##___##type, type) \
	__gadget_iter(gadget_iter_##name##___##type, __VA_ARGS__)

/* The older name. */
#define GADGET_SNAPSHOTTER GADGET_ITER

/* The map whose elements the iter/bpf_map_elem program prog walks. */
#define GADGET_ITER_TARGET_MAP(prog, map_name) \
	__gadget_marker(gadget_mapelem_iter_target_##prog##___##map_name)

/* The sockmap or sockhash that the sk_skb or sk_msg program prog belongs to. */
#define GADGET_SK_TARGET_MAP(prog, map_name) \
	__gadget_marker(gadget_sk_prog_target_##prog##___##map_name)

#endif /* __GADGET_MACROS_H */
