#pragma once

#include "record_buffer.h"
#include "unique_fd.h"

namespace gadget::bpf {

/// Consumer of a BPF_MAP_TYPE_RINGBUF, reading the kernel's pages in place.
///
/// The map's file has the consumer position's page, the producer position's page, and the data pages twice in
/// a row, so that a record that wraps around is contiguous all the same. Each record has a header of 8 bytes
/// (Linux: Documentation/bpf/ringbuf.rst): 32 bits of length, whose two highest bits are "busy" and
/// "discarded".
class RingBuffer : public RecordBuffer {
  public:
    static Result<std::shared_ptr<RecordBuffer>> open(int map_fd, size_t capacity_bytes,
                                                      const std::string &name);
    ~RingBuffer() override { close(); }

    bool is_open() const override { return fd_.valid(); }
    uint8_t *bytes() const override { return data_; }
    size_t byte_length() const override { return 2 * capacity_; }
    size_t capacity_bytes() const override { return capacity_; }
    void drain(Batch &batch) override;
    void release() override;
    uint64_t waiting_bytes() const override;
    std::optional<uint64_t> lost() override { return std::nullopt; }
    int poll_fd() const override { return fd_.get(); }

  protected:
    void free_memory() override;

  private:
    RingBuffer(UniqueFd fd, Mapping consumer, Mapping producer, size_t capacity);
    /// Maps the producer position's page and so many bytes of data.
    bool map_data(size_t bytes);

    UniqueFd fd_; ///< own duplicate: two buffers on one map can be polled apart
    Mapping consumer_page_;
    Mapping producer_pages_; ///< address space for both images of the data; the end may not be mapped yet
    uint8_t *data_;
    size_t capacity_;
    size_t mapped_ = 0;      ///< bytes of data that can be read
    unsigned long position_; ///< end of what was drained; the kernel learns of it in release()
};

} // namespace gadget::bpf
