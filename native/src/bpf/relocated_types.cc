#include "relocated_types.h"

#include "btf_view.h"

#include <elf.h>

#include <algorithm>

namespace gadget::bpf {
namespace {

/// https://docs.kernel.org/bpf/btf.html#btf-ext-section
struct ExtHeader {
    uint16_t magic;
    uint8_t version, flags;
    uint32_t header_bytes;
    uint32_t func_offset, func_bytes, line_offset, line_bytes;
    uint32_t relocation_offset, relocation_bytes;
};

struct Relocation {
    uint32_t instruction, type_id, access, kind;
};

// enum bpf_core_relo_kind; the headers of Linux 6.0 lack the last.
constexpr uint32_t kTypeIdLocal = 6, kTypeIdTarget = 7, kTypeSize = 9, kTypeMatches = 12;

ByteView section(ByteView object, std::string_view wanted) {
    const auto header = object.read<Elf64_Ehdr>(0);
    if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64 ||
        header.e_shentsize != sizeof(Elf64_Shdr))
        return {};
    const auto at = [&](size_t index) {
        return object.read<Elf64_Shdr>(header.e_shoff + index * sizeof(Elf64_Shdr));
    };
    const auto names_header = at(header.e_shstrndx);
    const ByteView names = object.slice(names_header.sh_offset, names_header.sh_size);
    for (size_t index = 0; index < header.e_shnum; index++) {
        const auto candidate = at(index);
        if (names.text(candidate.sh_name) == wanted)
            return object.slice(candidate.sh_offset, candidate.sh_size);
    }
    return {};
}

/// Members and sizes are compared by what a type holds; anything else may look behind pointers.
bool stays_inside(uint32_t relocation, uint32_t type_kind) {
    if (relocation < kTypeIdLocal)
        return true; // fields
    const bool aggregate =
        type_kind == BTF_KIND_STRUCT || type_kind == BTF_KIND_UNION || type_kind == BTF_KIND_ENUM;
    return aggregate && relocation != kTypeMatches && relocation != kTypeIdTarget;
}

/// False when all types of the kernel may matter.
bool add_relocation(const Relocation &relocation, const BtfView &btf, std::vector<RelocatedType> &types) {
    if (relocation.kind == kTypeIdLocal)
        return true;
    if (relocation.type_id == 0 || relocation.type_id > btf.type_count())
        return false;
    const auto type = btf.type(relocation.type_id);
    const auto name = essential_name(btf.name(type.head.name_off));
    if (name.empty() || !stays_inside(relocation.kind, type.kind()))
        return false;
    const bool known = std::any_of(types.begin(), types.end(), [&](const auto &other) {
        return other.kind == type.kind() && other.name == name;
    });
    if (!known)
        types.push_back({std::string(name), type.kind()});
    return true;
}

} // namespace

std::string_view essential_name(std::string_view name) {
    for (size_t end = name.size() < 5 ? 0 : name.size() - 4; end > 0; end--) {
        const auto at = name.substr(end - 1);
        if (at[0] != '_' && at.substr(1, 3) == "___" && at[4] != '_')
            return name.substr(0, end);
    }
    return name;
}

std::optional<std::vector<RelocatedType>> relocated_types(ByteView object) {
    const auto btf = BtfView::open(section(object, ".BTF"));
    const ByteView ext = section(object, ".BTF.ext");
    const auto header = ext.read<ExtHeader>(0);
    if (!btf || header.magic != BTF_MAGIC || header.header_bytes < sizeof(ExtHeader))
        return std::nullopt;
    const ByteView part =
        ext.slice(size_t{header.header_bytes} + header.relocation_offset, header.relocation_bytes);
    const size_t record_bytes = part.read<uint32_t>(0);
    if (record_bytes < sizeof(Relocation))
        return std::nullopt;
    std::vector<RelocatedType> types;
    for (size_t at = sizeof(uint32_t); at < part.size();) {
        const size_t count = part.read<uint32_t>(at + 4);
        at += 8;
        for (size_t index = 0; index < count; index++, at += record_bytes) {
            const auto relocation = part.read<Relocation>(at);
            if (part.failed() || !add_relocation(relocation, *btf, types))
                return std::nullopt;
        }
    }
    return types;
}

} // namespace gadget::bpf
