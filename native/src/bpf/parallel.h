#pragma once

#include <cstddef>
#include <functional>

namespace gadget::bpf {

/// Calls `work(0)` … `work(count - 1)`, several at a time on threads made for it ("gadget-detach"), and waits
/// for all. For system calls that mostly wait for the kernel.
void in_parallel(size_t count, const std::function<void(size_t)> &work);

} // namespace gadget::bpf
