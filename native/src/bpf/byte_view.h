#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace gadget::bpf {

/// Borrowed bytes that are read with bounds checks; what does not fit reads as zeros and sets failed().
class ByteView {
  public:
    ByteView() = default;
    ByteView(const void *bytes, size_t size) : bytes_(static_cast<const uint8_t *>(bytes)), size_(size) {}

    template <class T> T read(size_t offset) const {
        static_assert(std::is_trivially_copyable_v<T>);
        T value{};
        if (fits(offset, sizeof(T)))
            std::memcpy(&value, bytes_ + offset, sizeof(T));
        return value;
    }
    /// An empty view when it does not fit.
    ByteView slice(size_t offset, size_t size) const {
        return fits(offset, size) ? ByteView(bytes_ + offset, size) : ByteView();
    }
    /// The text up to the next NUL.
    std::string_view text(size_t offset) const {
        if (offset >= size_)
            return {};
        const char *start = reinterpret_cast<const char *>(bytes_ + offset);
        return {start, strnlen(start, size_ - offset)};
    }
    const uint8_t *data() const { return bytes_; }
    size_t size() const { return size_; }
    bool failed() const { return failed_; }

  private:
    bool fits(size_t offset, size_t size) const {
        const bool fits = offset <= size_ && size <= size_ - offset;
        failed_ |= !fits;
        return fits;
    }

    const uint8_t *bytes_ = nullptr;
    size_t size_ = 0;
    mutable bool failed_ = false;
};

} // namespace gadget::bpf
