#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace gadget::bpf {

/// Owns one mmap()ed range.
class Mapping {
  public:
    Mapping() = default;
    /// Not valid() when mmap fails; errno says why.
    Mapping(size_t bytes, int protection, int flags, int fd, off_t offset) {
        void *address = mmap(nullptr, bytes, protection, flags, fd, offset);
        if (address != MAP_FAILED) {
            address_ = static_cast<uint8_t *>(address);
            bytes_ = bytes;
        }
    }
    Mapping(Mapping &&other) noexcept
        : address_(std::exchange(other.address_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
    Mapping &operator=(Mapping &&other) noexcept {
        if (this != &other) {
            reset();
            address_ = std::exchange(other.address_, nullptr);
            bytes_ = std::exchange(other.bytes_, 0);
        }
        return *this;
    }
    ~Mapping() { reset(); }

    bool valid() const { return address_ != nullptr; }
    uint8_t *data() const { return address_; }
    size_t size() const { return bytes_; }
    void reset() {
        if (address_ != nullptr)
            munmap(std::exchange(address_, nullptr), std::exchange(bytes_, 0));
    }

  private:
    uint8_t *address_ = nullptr;
    size_t bytes_ = 0;
};

} // namespace gadget::bpf
