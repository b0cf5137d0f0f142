#pragma once

#include "object.h"
#include "record_buffer.h"

namespace gadget::bpf {

/// Keys and values side by side: `count` times `key_bytes` + `value_bytes`.
struct Entries {
    std::vector<uint8_t> bytes;
    size_t count = 0;
    size_t key_bytes = 0;
    size_t value_bytes = 0;
};

/// One map of an object; the object owns it. Used on the JS thread only.
class Map {
  public:
    Map(std::shared_ptr<Object> object, bpf_map *map);

    /// libbpf puts the object's name before `.rodata`, `.data` and `.bss`; here they are called as their
    /// section.
    const std::string &name() const { return name_; }
    bool is_open() const { return object_->is_open(); }
    uint32_t type() const;
    uint32_t key_size() const;
    uint32_t value_size() const;
    uint32_t max_entries() const;
    /// Size of a value as user space sees it: for per-CPU maps one rounded-up value per possible CPU.
    size_t value_bytes() const;
    Result<int> fd() const;

    Status set_type(uint32_t type);
    Status set_key_size(uint32_t bytes);
    Status set_value_size(uint32_t bytes);
    Status set_max_entries(uint32_t count);
    Status set_autocreate(bool create);
    Status set_initial_value(const void *bytes, size_t size);
    /// Empty: no pinning.
    Status set_pin_path(const std::string &path);
    Status reuse(int fd);
    /// Null where the map has no initial value.
    Result<std::pair<const uint8_t *, size_t>> initial_value() const;

    Status pin(const std::string &path);
    Status unpin(const std::string &path);
    /// False: no such key.
    Result<bool> lookup(const void *key, void *value) const;
    Status update(const void *key, const void *value, uint64_t flags);
    Result<bool> remove(const void *key);
    Result<Entries> entries(bool remove) const;

    Result<std::shared_ptr<RecordBuffer>> open_buffer(size_t pages_per_cpu);

  private:
    Failure failed(int error, const char *operation, std::string log = {}) const {
        return fail(error, operation, name_, std::move(log));
    }
    template <class Change> Status change(const char *operation, Change &&change);

    std::shared_ptr<Object> object_;
    bpf_map *map_;
    std::string name_;
};

} // namespace gadget::bpf
