// Map::entries(): everything a map holds, read in as few system calls as the kernel allows.

#include "map.h"

#include <bpf/bpf.h>

#include <algorithm>
#include <cstring>

namespace gadget::bpf {
namespace {

/// Batches of 64 to 4,096 entries cost the same per entry; larger ones only make the scratch memory large.
constexpr uint32_t kBatchEntries = 1024;
/// ENOTSUPP: kernel-internal, yet bpf(2) returns it for maps without the batch operation.
constexpr int kNotSupported = 524;

bool batch_is_unsupported(int error) {
    return error == EINVAL || error == EOPNOTSUPP || error == ENOSYS || error == kNotSupported;
}

void append(Entries &entries, const uint8_t *key, const uint8_t *value) {
    entries.bytes.insert(entries.bytes.end(), key, key + entries.key_bytes);
    entries.bytes.insert(entries.bytes.end(), value, value + entries.value_bytes);
    entries.count++;
}

/// Scratch memory of the batch operations, and the position the kernel keeps in it between two calls.
struct BatchScratch {
    explicit BatchScratch(const Entries &entries, uint32_t capacity)
        : position(std::max<size_t>(entries.key_bytes, sizeof(uint64_t))), keys(entries.key_bytes * capacity),
          values(entries.value_bytes * capacity), capacity(capacity) {}

    std::vector<uint8_t> position;
    std::vector<uint8_t> keys;
    std::vector<uint8_t> values;
    uint32_t capacity;

    /// A hash bucket that does not fit is refused whole (ENOSPC): more room and again.
    void grow(const Entries &entries) {
        capacity *= 2;
        keys.resize(entries.key_bytes * capacity);
        values.resize(entries.value_bytes * capacity);
    }
};

/// 0, or the errno that ended it. Entries that were read before an error are kept.
int read_in_batches(int fd, bool remove, uint32_t max_entries, Entries &entries) {
    BatchScratch scratch(entries, std::min(kBatchEntries, std::max(max_entries, 1u)));
    const auto read_batch = remove ? bpf_map_lookup_and_delete_batch : bpf_map_lookup_batch;
    bool first = true;
    for (;;) {
        uint32_t count = scratch.capacity;
        void *position = scratch.position.data();
        const int result = read_batch(fd, first ? nullptr : position, position, scratch.keys.data(),
                                      scratch.values.data(), &count, nullptr);
        const int error = result == 0 ? 0 : errno;
        if (error == ENOSPC && scratch.capacity < max_entries) {
            scratch.grow(entries);
            continue;
        }
        if (error != 0 && error != ENOENT)
            return error;
        for (uint32_t i = 0; i < count; i++)
            append(entries, &scratch.keys[i * entries.key_bytes], &scratch.values[i * entries.value_bytes]);
        if (error == ENOENT)
            return 0;
        first = false;
    }
}

/// For maps and kernels without batches. Writers may add and remove meanwhile, so steps are bounded by the
/// map's size.
int read_one_by_one(int fd, bool remove, uint32_t max_entries, Entries &entries) {
    std::vector<uint8_t> key(entries.key_bytes), next(entries.key_bytes), value(entries.value_bytes);
    int result = bpf_map_get_next_key(fd, nullptr, next.data());
    for (uint32_t steps = 0; result == 0 && steps < max_entries; steps++) {
        key.swap(next);
        result = bpf_map_get_next_key(fd, key.data(), next.data());
        const int ended = result == 0 ? 0 : errno;
        if (bpf_map_lookup_elem(fd, key.data(), value.data()) == 0) {
            if (remove && bpf_map_delete_elem(fd, key.data()) != 0 && errno != ENOENT)
                return errno;
            append(entries, key.data(), value.data());
        } else if (errno != ENOENT) {
            return errno;
        }
        errno = ended;
    }
    return result == 0 || errno == ENOENT ? 0 : errno;
}

} // namespace

Result<Entries> Map::entries(bool remove) const {
    auto fd = this->fd();
    if (!fd.ok())
        return std::move(fd.failure());
    Entries entries;
    entries.key_bytes = key_size();
    entries.value_bytes = value_bytes();
    if (entries.key_bytes == 0)
        return failed(EINVAL, "map_entries");
    int error = read_in_batches(fd.value(), remove, max_entries(), entries);
    if (error != 0 && batch_is_unsupported(error) && entries.count == 0)
        error = read_one_by_one(fd.value(), remove, max_entries(), entries);
    if (error != 0)
        return failed(error, "map_entries");
    return entries;
}

} // namespace gadget::bpf
