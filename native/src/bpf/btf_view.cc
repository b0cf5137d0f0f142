#include "btf_view.h"

namespace gadget::bpf {
namespace {

// Kinds that the headers of Linux 5.10 lack.
constexpr uint32_t kKindFloat = 16, kKindDeclTag = 17, kKindTypeTag = 18;
constexpr size_t kEnum64Bytes = 12;

} // namespace

std::optional<size_t> btf_details_size(uint32_t kind, uint32_t count) {
    switch (kind) {
    case BTF_KIND_INT:
    case BTF_KIND_VAR:
    case kKindDeclTag:
        return sizeof(uint32_t);
    case BTF_KIND_ARRAY:
        return sizeof(btf_array);
    case BTF_KIND_STRUCT:
    case BTF_KIND_UNION:
        return count * sizeof(btf_member);
    case BTF_KIND_ENUM:
        return count * sizeof(btf_enum);
    case kBtfKindEnum64:
        return count * kEnum64Bytes;
    case BTF_KIND_FUNC_PROTO:
        return count * sizeof(btf_param);
    case BTF_KIND_DATASEC:
        return count * sizeof(btf_var_secinfo);
    case BTF_KIND_PTR:
    case BTF_KIND_FWD:
    case BTF_KIND_TYPEDEF:
    case BTF_KIND_VOLATILE:
    case BTF_KIND_CONST:
    case BTF_KIND_RESTRICT:
    case BTF_KIND_FUNC:
    case kKindFloat:
    case kKindTypeTag:
        return 0;
    default:
        return std::nullopt;
    }
}

std::optional<BtfView> BtfView::open(ByteView bytes) {
    const auto header = bytes.read<btf_header>(0);
    if (header.magic != BTF_MAGIC || header.version != BTF_VERSION)
        return std::nullopt;
    BtfView view;
    view.types_ = bytes.slice(size_t{header.hdr_len} + header.type_off, header.type_len);
    view.strings_ = bytes.slice(size_t{header.hdr_len} + header.str_off, header.str_len);
    if (bytes.failed())
        return std::nullopt;
    view.starts_.reserve(header.type_len / 24);
    for (size_t at = 0; at < view.types_.size();) {
        const auto head = view.types_.read<btf_type>(at);
        const auto details = btf_details_size(BTF_INFO_KIND(head.info), BTF_INFO_VLEN(head.info));
        if (!details)
            return std::nullopt;
        view.starts_.push_back(static_cast<uint32_t>(at));
        at += sizeof(btf_type) + *details;
        if (at > view.types_.size())
            return std::nullopt;
    }
    return view;
}

} // namespace gadget::bpf
