#include "ring_buffer.h"

#include <linux/bpf.h>

#include <algorithm>

namespace gadget::bpf {
namespace {

constexpr size_t kHeaderBytes = BPF_RINGBUF_HDR_SZ;
// Of the second image of the data pages: enough for most records that wrap around.
constexpr size_t kWrapBytes = 64 * 1024;

// Positions are the kernel's `unsigned long`, written by another context: acquire and release are the
// protocol.
unsigned long load_position(const uint8_t *page) {
    return __atomic_load_n(reinterpret_cast<const unsigned long *>(page), __ATOMIC_ACQUIRE);
}

void store_position(uint8_t *page, unsigned long position) {
    __atomic_store_n(reinterpret_cast<unsigned long *>(page), position, __ATOMIC_RELEASE);
}

uint32_t load_header(const uint8_t *record) {
    return __atomic_load_n(reinterpret_cast<const uint32_t *>(record), __ATOMIC_ACQUIRE);
}

size_t record_bytes(uint32_t length) { return (size_t{length} + kHeaderBytes + 7) & ~size_t{7}; }

} // namespace

Result<std::shared_ptr<RecordBuffer>> RingBuffer::open(int map_fd, size_t capacity, const std::string &name) {
    const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    UniqueFd fd = UniqueFd::duplicate(map_fd);
    if (!fd.valid())
        return fail(errno, "ring_buffer_open", name);
    Mapping consumer(page, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
    if (!consumer.valid())
        return fail(errno, "ring_buffer_map", name);
    // Every mapped page counts as resident memory, used or not: the second image of the data is mapped when
    // it is needed.
    Mapping producer(page + 2 * capacity, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (!producer.valid())
        return fail(errno, "ring_buffer_map", name);
    std::shared_ptr<RingBuffer> buffer(
        new RingBuffer(std::move(fd), std::move(consumer), std::move(producer), capacity));
    if (!buffer->map_data(capacity + std::min(capacity, kWrapBytes)))
        return fail(errno, "ring_buffer_map", name);
    return std::shared_ptr<RecordBuffer>(std::move(buffer));
}

bool RingBuffer::map_data(size_t bytes) {
    const size_t page = static_cast<size_t>(data_ - producer_pages_.data());
    if (mmap(producer_pages_.data(), page + bytes, PROT_READ, MAP_SHARED | MAP_FIXED, fd_.get(),
             static_cast<off_t>(page)) == MAP_FAILED)
        return false;
    mapped_ = bytes;
    return true;
}

RingBuffer::RingBuffer(UniqueFd fd, Mapping consumer, Mapping producer, size_t capacity)
    : fd_(std::move(fd)), consumer_page_(std::move(consumer)), producer_pages_(std::move(producer)),
      data_(producer_pages_.data() + static_cast<size_t>(sysconf(_SC_PAGESIZE))), capacity_(capacity),
      position_(load_position(consumer_page_.data())) {}

void RingBuffer::drain(Batch &batch) {
    release();
    const unsigned long start = position_;
    const unsigned long end = load_position(producer_pages_.data());
    while (position_ != end && !batch.full()) {
        const size_t offset = position_ & (capacity_ - 1);
        const uint32_t header = load_header(data_ + offset);
        if ((header & BPF_RINGBUF_BUSY_BIT) != 0)
            return; // reserved, not submitted yet: later records wait behind it
        const uint32_t length = header & ~BPF_RINGBUF_DISCARD_BIT;
        const size_t total = record_bytes(length);
        if (batch.count > 0 && position_ + total - start > kBatchBytes)
            break;
        if (offset + total > mapped_ && !map_data(2 * capacity_))
            return; // out of memory: the record waits where it is
        if ((header & BPF_RINGBUF_DISCARD_BIT) == 0)
            batch.add(offset + kHeaderBytes, length);
        position_ += total;
    }
    batch.more = position_ != end;
}

void RingBuffer::release() {
    if (is_open() && load_position(consumer_page_.data()) != position_)
        store_position(consumer_page_.data(), position_);
}

uint64_t RingBuffer::waiting_bytes() const {
    return is_open() ? load_position(producer_pages_.data()) - load_position(consumer_page_.data()) : 0;
}

void RingBuffer::free_memory() {
    release();
    data_ = nullptr;
    producer_pages_.reset();
    consumer_page_.reset();
    fd_.reset();
}

} // namespace gadget::bpf
