#include "trimmed_btf.h"

#include "btf_view.h"
#include "mapping.h"
#include "relocated_types.h"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <bitset>
#include <string>
#include <unordered_map>

namespace gadget::bpf {
namespace {

constexpr const char *kBtfFolder = "/sys/kernel/btf";
constexpr const char *kKernelBtf = "/sys/kernel/btf/vmlinux";
/// From its size libbpf learns how wide pointers are.
constexpr std::string_view kLongName = "long unsigned int";

/// A type that is not in the kernel proper may be in a module, where libbpf would look for it.
bool modules_have_btf() {
    DIR *folder = opendir(kBtfFolder);
    if (folder == nullptr)
        return true;
    bool found = false;
    while (const dirent *entry = readdir(folder))
        found |= entry->d_name[0] != '.' && std::string_view(entry->d_name) != "vmlinux";
    closedir(folder);
    return found;
}

/// The kernel's BTF in memory: mapped where the kernel can (Linux 6.16), else read.
class KernelBtf {
  public:
    KernelBtf() {
        UniqueFd fd(open(kKernelBtf, O_RDONLY | O_CLOEXEC));
        struct stat status{};
        if (!fd.valid() || fstat(fd.get(), &status) != 0)
            return;
        const size_t size = static_cast<size_t>(status.st_size);
        mapping_ = Mapping(size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
        if (!mapping_.valid())
            read_into(Mapping(size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), fd.get());
    }

    ByteView bytes() const {
        return mapping_.valid() ? ByteView(mapping_.data(), mapping_.size()) : ByteView();
    }

  private:
    void read_into(Mapping memory, int fd) {
        size_t done = 0;
        while (memory.valid() && done < memory.size()) {
            const ssize_t count = read(fd, memory.data() + done, memory.size() - done);
            if (count <= 0)
                return;
            done += static_cast<size_t>(count);
        }
        mapping_ = std::move(memory);
    }

    Mapping mapping_;
};

bool same_kind(uint32_t a, uint32_t b) {
    const auto plain = [](uint32_t kind) { return kind == kBtfKindEnum64 ? uint32_t{BTF_KIND_ENUM} : kind; };
    return plain(a) == plain(b);
}

/// Copies some types of a BTF, and all that they hold, into a new one. Pointers point to void there.
class Trimmer {
  public:
    explicit Trimmer(const BtfView &btf) : btf_(btf), wanted_(btf.type_count() + 1) {}

    /// Takes all types of these names; false when there is none for one of them.
    bool take(const std::vector<RelocatedType> &roots) {
        std::unordered_map<std::string_view, std::vector<size_t>> by_name;
        std::vector<bool> found(roots.size());
        for (size_t index = 0; index < roots.size(); index++)
            by_name[roots[index].name].push_back(index);
        // Most of the kernel's names are none of those: two letters tell.
        std::bitset<1 << 16> beginnings;
        const auto beginning = [](std::string_view name) {
            return static_cast<uint8_t>(name[0]) << 8 | (name.size() > 1 ? static_cast<uint8_t>(name[1]) : 0);
        };
        beginnings.set(beginning(kLongName));
        for (const auto &root : roots)
            beginnings.set(beginning(root.name));
        bool has_long = false;
        for (uint32_t id = 1; id <= btf_.type_count(); id++) {
            const auto type = btf_.type(id);
            if (type.head.name_off == 0 || !beginnings[btf_.name_beginning(type.head.name_off)])
                continue;
            const auto name = btf_.name(type.head.name_off);
            if (!has_long && type.kind() == BTF_KIND_INT && name == kLongName)
                has_long = want(id);
            const auto candidates = by_name.find(essential_name(name));
            if (candidates == by_name.end())
                continue;
            for (const size_t index : candidates->second) {
                if (same_kind(roots[index].kind, type.kind()))
                    found[index] = want(id);
            }
        }
        return std::find(found.begin(), found.end(), false) == found.end();
    }

    std::string write() {
        close_over_contents();
        number();
        for (uint32_t id = 1; id < wanted_.size(); id++) {
            if (wanted_[id])
                write_type(btf_.type(id));
        }
        btf_header header{};
        header.magic = BTF_MAGIC;
        header.version = BTF_VERSION;
        header.hdr_len = sizeof(header);
        header.type_len = static_cast<uint32_t>(types_.size());
        header.str_off = header.type_len;
        header.str_len = static_cast<uint32_t>(strings_.size());
        return std::string(reinterpret_cast<const char *>(&header), sizeof(header)) + types_ + strings_;
    }

  private:
    bool want(uint32_t id) {
        if (id > 0 && id < wanted_.size() && !wanted_[id]) {
            wanted_[id] = true;
            waiting_.push_back(id);
        }
        return true;
    }

    void close_over_contents() {
        while (!waiting_.empty()) {
            const auto type = btf_.type(waiting_.back());
            waiting_.pop_back();
            switch (type.kind()) {
            case BTF_KIND_STRUCT:
            case BTF_KIND_UNION:
                for (uint32_t index = 0; index < type.count(); index++)
                    want(member(type, index).type);
                break;
            case BTF_KIND_ARRAY: {
                const auto array = btf_.types().read<btf_array>(type.details);
                want(array.type);
                want(array.index_type);
                break;
            }
            case BTF_KIND_TYPEDEF:
            case BTF_KIND_CONST:
            case BTF_KIND_VOLATILE:
            case BTF_KIND_RESTRICT:
                want(type.head.type);
                break;
            default: // pointers end here; the rest holds nothing
                break;
            }
        }
    }

    void number() {
        numbers_.resize(wanted_.size());
        uint32_t next = 1;
        for (uint32_t id = 1; id < wanted_.size(); id++)
            numbers_[id] = wanted_[id] ? next++ : 0;
    }

    void write_type(const BtfType &type) {
        btf_type head = type.head;
        head.name_off = string(head.name_off);
        switch (type.kind()) {
        case BTF_KIND_PTR:
            head.type = 0;
            append(head);
            return;
        case BTF_KIND_TYPEDEF:
        case BTF_KIND_CONST:
        case BTF_KIND_VOLATILE:
        case BTF_KIND_RESTRICT:
            head.type = numbers_[head.type];
            append(head);
            return;
        default:
            append(head);
            write_details(type);
        }
    }

    void write_details(const BtfType &type) {
        const size_t size = *btf_details_size(type.kind(), type.count());
        const ByteView details = btf_.types().slice(type.details, size);
        const size_t start = types_.size();
        types_.append(reinterpret_cast<const char *>(details.data()), size);
        const auto renumber = [&](size_t at) { put(start + at, numbers_[details.read<uint32_t>(at)]); };
        const auto rename = [&](size_t at) { put(start + at, string(details.read<uint32_t>(at))); };
        const uint32_t kind = type.kind();
        if (kind == BTF_KIND_ARRAY) {
            renumber(offsetof(btf_array, type));
            renumber(offsetof(btf_array, index_type));
        }
        const bool has_members = kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION;
        if (!has_members && kind != BTF_KIND_ENUM && kind != kBtfKindEnum64)
            return;
        // Of members and enumerators alike the name comes first.
        const size_t stride = *btf_details_size(kind, 1);
        for (size_t at = 0; at < size; at += stride) {
            rename(at);
            if (has_members)
                renumber(at + offsetof(btf_member, type));
        }
    }

    btf_member member(const BtfType &type, uint32_t index) const {
        return btf_.types().read<btf_member>(type.details + index * sizeof(btf_member));
    }

    void append(const btf_type &head) { types_.append(reinterpret_cast<const char *>(&head), sizeof(head)); }
    void put(size_t at, uint32_t value) { std::memcpy(types_.data() + at, &value, sizeof(value)); }

    uint32_t string(uint32_t offset) {
        if (offset == 0)
            return 0;
        const auto [entry, added] = string_offsets_.try_emplace(offset, strings_.size());
        if (added)
            strings_.append(btf_.name(offset)).push_back('\0');
        return entry->second;
    }

    const BtfView &btf_;
    std::vector<bool> wanted_;
    std::vector<uint32_t> waiting_;
    std::vector<uint32_t> numbers_;
    std::string types_;
    std::string strings_{'\0'};
    std::unordered_map<uint32_t, uint32_t> string_offsets_;
};

UniqueFd memory_file(const std::string &bytes) {
    UniqueFd fd(memfd_create("gadget_btf", MFD_CLOEXEC));
    if (!fd.valid() || write(fd.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
        return UniqueFd();
    return fd;
}

} // namespace

UniqueFd trimmed_kernel_btf(ByteView object) {
    const auto roots = relocated_types(object);
    if (!roots || roots->empty())
        return UniqueFd();
    const KernelBtf kernel;
    const auto btf = BtfView::open(kernel.bytes());
    if (!btf)
        return UniqueFd();
    Trimmer trimmer(*btf);
    if (!trimmer.take(*roots) && modules_have_btf())
        return UniqueFd();
    return memory_file(trimmer.write());
}

} // namespace gadget::bpf
