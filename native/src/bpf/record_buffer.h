#pragma once

#include "mapping.h"
#include "object.h"

#include <functional>
#include <optional>

namespace gadget::bpf {

/// Most bytes of one batch: bounds how long the JS thread works before it looks at anything else.
constexpr size_t kBatchBytes = 4 * 1024 * 1024;

/// Where the records of one batch are, and how many.
struct Batch {
    uint32_t *offsets;
    uint32_t *lengths;
    uint32_t capacity;
    uint32_t count = 0;
    bool more = false;

    void add(size_t offset, uint32_t length) {
        offsets[count] = static_cast<uint32_t>(offset);
        lengths[count] = length;
        count++;
    }
    bool full() const { return count == capacity; }
};

/// Records that BPF programs hand to user space. All methods: JS thread.
/// What drain() found lies in bytes() until the next drain(), release() or close().
class RecordBuffer : public Child {
  public:
    virtual uint8_t *bytes() const = 0;
    virtual size_t byte_length() const = 0;
    virtual size_t capacity_bytes() const = 0;
    virtual void drain(Batch &batch) = 0;
    virtual void release() = 0;
    virtual uint64_t waiting_bytes() const = 0;
    /// Records that the kernel counted as dropped; nothing where it does not count.
    virtual std::optional<uint64_t> lost() = 0;
    /// Readable, level-triggered, while records wait.
    virtual int poll_fd() const = 0;

    /// Called once, before the memory goes away: whoever shows bytes() to others takes it back there.
    void on_close(std::function<void()> before_close) { before_close_ = std::move(before_close); }
    void close() final {
        if (!is_open())
            return;
        if (auto before_close = std::exchange(before_close_, nullptr))
            before_close();
        free_memory();
    }

  protected:
    virtual void free_memory() = 0;

  private:
    std::function<void()> before_close_;
};

} // namespace gadget::bpf
