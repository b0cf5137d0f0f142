#pragma once

#include "byte_view.h"

#include <linux/btf.h>

#include <optional>
#include <vector>

namespace gadget::bpf {

/// BTF_KIND_ENUM64, which the headers of Linux 5.10 lack.
constexpr uint32_t kBtfKindEnum64 = 19;

/// A type as it stands in BTF: its fixed part, and where what follows it starts.
struct BtfType {
    btf_type head;
    size_t details; ///< offset of members, array, parameters … in the type section

    uint32_t kind() const { return BTF_INFO_KIND(head.info); }
    uint32_t count() const { return BTF_INFO_VLEN(head.info); }
};

/// BTF in place: nothing is copied but where each type starts. https://docs.kernel.org/bpf/btf.html
class BtfView {
  public:
    /// Nothing when the bytes are no BTF or have a kind that is not known here.
    static std::optional<BtfView> open(ByteView bytes);

    /// Ids count from 1; 0 is void.
    uint32_t type_count() const { return static_cast<uint32_t>(starts_.size()) - 1; }
    BtfType type(uint32_t id) const {
        const size_t start = starts_[id];
        return {types_.read<btf_type>(start), start + sizeof(btf_type)};
    }
    std::string_view name(uint32_t offset) const { return strings_.text(offset); }
    /// The first two bytes of a name, the first one above.
    uint16_t name_beginning(uint32_t offset) const {
        return static_cast<uint16_t>(strings_.read<uint8_t>(offset) << 8 |
                                     strings_.read<uint8_t>(size_t{offset} + 1));
    }
    const ByteView &types() const { return types_; }

  private:
    ByteView types_;
    ByteView strings_;
    std::vector<uint32_t> starts_{0};
};

/// Bytes of what follows the fixed part of a type; nothing for kinds that are not known here.
std::optional<size_t> btf_details_size(uint32_t kind, uint32_t count);

} // namespace gadget::bpf
