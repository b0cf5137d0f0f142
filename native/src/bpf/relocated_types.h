#pragma once

#include "byte_view.h"

#include <optional>
#include <string>
#include <vector>

namespace gadget::bpf {

/// A kernel type that an object is adjusted to when it is loaded.
struct RelocatedType {
    std::string name; ///< without `___flavor`
    uint32_t kind;
};

/// The name without its flavor: `task_struct___old` means `task_struct`.
std::string_view essential_name(std::string_view name);

/// The types that the CO-RE relocations of an ELF object start from, each once. Nothing when there are none,
/// or when one compares types in more depth than members and sizes, so that all types of the kernel may
/// matter.
std::optional<std::vector<RelocatedType>> relocated_types(ByteView object);

} // namespace gadget::bpf
