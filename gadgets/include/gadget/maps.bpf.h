/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __GADGET_MAPS_BPF_H
#define __GADGET_MAPS_BPF_H

#include <asm-generic/errno.h>
#include <bpf/bpf_helpers.h>

/*
 * The value of key, which is init if there was none yet. NULL when the map is
 * full. Another CPU may insert the key meanwhile: then its value is returned.
 */
static __always_inline void *bpf_map_lookup_or_try_init(void *map, const void *key,
							const void *init)
{
	void *value = bpf_map_lookup_elem(map, key);
	long err;

	if (value)
		return value;

	err = bpf_map_update_elem(map, key, init, BPF_NOEXIST);
	if (err && err != -EEXIST)
		return NULL;

	return bpf_map_lookup_elem(map, key);
}

#endif /* __GADGET_MAPS_BPF_H */
