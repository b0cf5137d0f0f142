#pragma once

#include "record_buffer.h"

struct perf_buffer;

namespace gadget::bpf {

/// Consumer of a BPF_MAP_TYPE_PERF_EVENT_ARRAY: one kernel ring for each online CPU, copied into one batch.
///
/// libbpf sets the rings up; their records are walked here, because a batch has to end when it is full.
/// The kernel rounds the length of each record up to 8n + 4 bytes.
class PerfBuffer : public RecordBuffer {
  public:
    /// `pages_per_cpu` is a power of two.
    static Result<std::shared_ptr<RecordBuffer>> open(int map_fd, size_t pages_per_cpu,
                                                      const std::string &name);
    ~PerfBuffer() override { close(); }

    bool is_open() const override { return rings_ != nullptr; }
    uint8_t *bytes() const override { return batch_.data(); }
    size_t byte_length() const override { return batch_.size(); }
    size_t capacity_bytes() const override { return capacity_; }
    void drain(Batch &batch) override;
    void release() override {}
    uint64_t waiting_bytes() const override { return 0; }
    std::optional<uint64_t> lost() override;
    int poll_fd() const override;

  protected:
    void free_memory() override;

  private:
    PerfBuffer(perf_buffer *rings, Mapping batch, size_t ring_bytes, bool counts_lost);
    /// False: the batch is full.
    bool drain_ring(size_t index, Batch &batch, size_t &used);
    uint64_t counted_lost() const;

    perf_buffer *rings_;
    Mapping batch_;
    size_t ring_bytes_;
    size_t capacity_;
    size_t next_ring_ = 0; ///< where the next batch begins, so that a busy CPU cannot starve the others
    bool counts_lost_;     ///< Linux 6.0: the kernel's own counter can be read at any time
    uint64_t lost_ = 0;    ///< else the sum of PERF_RECORD_LOST, which come with the next record that fits
};

} // namespace gadget::bpf
