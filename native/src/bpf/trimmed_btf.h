#pragma once

#include "byte_view.h"
#include "unique_fd.h"

namespace gadget::bpf {

/// A memory file of the few kernel types that an object's CO-RE relocations look at, for libbpf to read
/// instead of all: with a kernel's 120,000 types it takes 40 ms for a program that asks for ten. Relocating
/// against it gives what relocating against all would. Not valid when that cannot be promised, or when the
/// kernel shows no BTF.
UniqueFd trimmed_kernel_btf(ByteView object);

} // namespace gadget::bpf
