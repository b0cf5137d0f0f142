#include "map.h"

#include "log_capture.h"
#include "perf_buffer.h"
#include "ring_buffer.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

namespace gadget::bpf {
namespace {

std::string section_name(const bpf_map *map) {
    const std::string name = bpf_map__name(map);
    if (!bpf_map__is_internal(map))
        return name;
    for (const char *section : {".rodata", ".data", ".bss", ".kconfig"}) {
        if (const size_t start = name.rfind(section); start != std::string::npos)
            return name.substr(start);
    }
    return name;
}

bool is_per_cpu(uint32_t type) {
    return type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_ARRAY ||
           type == BPF_MAP_TYPE_LRU_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE;
}

} // namespace

Map::Map(std::shared_ptr<Object> object, bpf_map *map)
    : object_(std::move(object)), map_(map), name_(section_name(map)) {}

uint32_t Map::type() const { return is_open() ? bpf_map__type(map_) : 0; }
uint32_t Map::key_size() const { return is_open() ? bpf_map__key_size(map_) : 0; }
uint32_t Map::value_size() const { return is_open() ? bpf_map__value_size(map_) : 0; }
uint32_t Map::max_entries() const { return is_open() ? bpf_map__max_entries(map_) : 0; }

size_t Map::value_bytes() const {
    const size_t one = value_size();
    if (!is_per_cpu(type()))
        return one;
    const int cpus = libbpf_num_possible_cpus();
    return ((one + 7) & ~size_t{7}) * static_cast<size_t>(cpus > 0 ? cpus : 1);
}

Result<int> Map::fd() const {
    if (!is_open())
        return failed(EBADF, "map_fd");
    const int fd = bpf_map__fd(map_);
    if (fd < 0)
        return failed(ENOENT, "map_fd");
    return fd;
}

template <class Change> Status Map::change(const char *operation, Change &&change) {
    if (!is_open())
        return failed(EBADF, operation);
    LogCapture log;
    const int error = change();
    if (error != 0)
        return failed(error, operation, log.take());
    return Done{};
}

Status Map::set_type(uint32_t type) {
    return change("map_set_type", [&] { return bpf_map__set_type(map_, static_cast<bpf_map_type>(type)); });
}

Status Map::set_key_size(uint32_t bytes) {
    return change("map_set_key_size", [&] { return bpf_map__set_key_size(map_, bytes); });
}

Status Map::set_value_size(uint32_t bytes) {
    return change("map_set_value_size", [&] { return bpf_map__set_value_size(map_, bytes); });
}

Status Map::set_max_entries(uint32_t count) {
    return change("map_set_max_entries", [&] { return bpf_map__set_max_entries(map_, count); });
}

Status Map::set_autocreate(bool create) {
    return change("map_set_autocreate", [&] { return bpf_map__set_autocreate(map_, create); });
}

Status Map::set_initial_value(const void *bytes, size_t size) {
    return change("map_set_initial_value", [&] { return bpf_map__set_initial_value(map_, bytes, size); });
}

Status Map::set_pin_path(const std::string &path) {
    return change("map_set_pin_path",
                  [&] { return bpf_map__set_pin_path(map_, path.empty() ? nullptr : path.c_str()); });
}

Status Map::reuse(int fd) {
    return change("map_reuse", [&] { return bpf_map__reuse_fd(map_, fd); });
}

Status Map::pin(const std::string &path) {
    return change("map_pin", [&] { return bpf_map__pin(map_, path.c_str()); });
}

Status Map::unpin(const std::string &path) {
    return change("map_unpin", [&] { return bpf_map__unpin(map_, path.c_str()); });
}

Result<std::pair<const uint8_t *, size_t>> Map::initial_value() const {
    if (!is_open())
        return failed(EBADF, "map_initial_value");
    size_t size = 0;
    const void *value = bpf_map__initial_value(map_, &size);
    return std::pair{static_cast<const uint8_t *>(value), size};
}

Result<bool> Map::lookup(const void *key, void *value) const {
    auto fd = this->fd();
    if (!fd.ok())
        return std::move(fd.failure());
    if (bpf_map_lookup_elem(fd.value(), key, value) == 0)
        return true;
    if (errno == ENOENT)
        return false;
    return failed(errno, "map_lookup");
}

Status Map::update(const void *key, const void *value, uint64_t flags) {
    auto fd = this->fd();
    if (!fd.ok())
        return std::move(fd.failure());
    if (bpf_map_update_elem(fd.value(), key, value, flags) != 0)
        return failed(errno, "map_update");
    return Done{};
}

Result<bool> Map::remove(const void *key) {
    auto fd = this->fd();
    if (!fd.ok())
        return std::move(fd.failure());
    if (bpf_map_delete_elem(fd.value(), key) == 0)
        return true;
    if (errno == ENOENT)
        return false;
    return failed(errno, "map_delete");
}

Result<std::shared_ptr<RecordBuffer>> Map::open_buffer(size_t pages_per_cpu) {
    auto fd = this->fd();
    if (!fd.ok())
        return std::move(fd.failure());
    auto buffer = type() == BPF_MAP_TYPE_RINGBUF ? RingBuffer::open(fd.value(), max_entries(), name_)
                  : type() == BPF_MAP_TYPE_PERF_EVENT_ARRAY
                      ? PerfBuffer::open(fd.value(), pages_per_cpu, name_)
                      : Result<std::shared_ptr<RecordBuffer>>(failed(EINVAL, "buffer_open"));
    if (buffer.ok())
        object_->adopt(buffer.value());
    return buffer;
}

} // namespace gadget::bpf
