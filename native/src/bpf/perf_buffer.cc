#include "perf_buffer.h"

#include "log_capture.h"

#include <bpf/libbpf.h>
#include <linux/perf_event.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace gadget::bpf {
namespace {

/// perf_event_header::size has 16 bits.
constexpr size_t kLargestRecord = 64 * 1024;

/// linux/perf_event.h: PERF_RECORD_SAMPLE with nothing but PERF_SAMPLE_RAW, and PERF_RECORD_LOST.
struct RawSample {
    perf_event_header header;
    uint32_t size;
};
struct LostRecord {
    perf_event_header header;
    uint64_t id;
    uint64_t lost;
};

/// One CPU's ring: `at` is a position that only grows.
struct Ring {
    perf_event_mmap_page *page;
    const uint8_t *data;
    size_t bytes;

    uint64_t head() const { return __atomic_load_n(&page->data_head, __ATOMIC_ACQUIRE); }
    void set_tail(uint64_t tail) const { __atomic_store_n(&page->data_tail, tail, __ATOMIC_RELEASE); }
    void copy(void *into, uint64_t at, size_t length) const {
        const size_t offset = at & (bytes - 1);
        const size_t first = std::min(length, bytes - offset);
        memcpy(into, data + offset, first);
        memcpy(static_cast<uint8_t *>(into) + first, data, length - first);
    }
};

perf_event_attr attributes(bool count_lost) {
    perf_event_attr attributes{};
    attributes.size = sizeof(attributes);
    attributes.type = PERF_TYPE_SOFTWARE;
    attributes.config = PERF_COUNT_SW_BPF_OUTPUT;
    attributes.sample_type = PERF_SAMPLE_RAW;
    attributes.sample_period = 1;
    attributes.wakeup_events = 1;
    attributes.read_format = count_lost ? PERF_FORMAT_LOST : 0;
    return attributes;
}

/// Never called: the rings are walked in drain().
bpf_perf_event_ret ignore(void *, int, perf_event_header *) { return LIBBPF_PERF_EVENT_DONE; }

perf_buffer *open_rings(int map_fd, size_t pages, bool count_lost) {
    perf_event_attr wanted = attributes(count_lost);
    return perf_buffer__new_raw(map_fd, pages, &wanted, ignore, nullptr, nullptr);
}

} // namespace

Result<std::shared_ptr<RecordBuffer>> PerfBuffer::open(int map_fd, size_t pages, const std::string &name) {
    LogCapture log;
    Mapping batch(kBatchBytes + kLargestRecord, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (!batch.valid())
        return fail(errno, "perf_buffer_open", name);
    bool counts_lost = true;
    perf_buffer *rings = open_rings(map_fd, pages, counts_lost);
    if (rings == nullptr && errno == EINVAL) {
        counts_lost = false;
        rings = open_rings(map_fd, pages, counts_lost);
    }
    if (rings == nullptr)
        return fail(errno, "perf_buffer_open", name, log.take());
    const size_t ring_bytes = pages * static_cast<size_t>(sysconf(_SC_PAGESIZE));
    return std::shared_ptr<RecordBuffer>(new PerfBuffer(rings, std::move(batch), ring_bytes, counts_lost));
}

PerfBuffer::PerfBuffer(perf_buffer *rings, Mapping batch, size_t ring_bytes, bool counts_lost)
    : rings_(rings), batch_(std::move(batch)), ring_bytes_(ring_bytes),
      capacity_(ring_bytes * perf_buffer__buffer_cnt(rings)), counts_lost_(counts_lost) {}

void PerfBuffer::drain(Batch &batch) {
    if (rings_ == nullptr)
        return;
    const size_t rings = perf_buffer__buffer_cnt(rings_);
    size_t used = 0;
    for (size_t visited = 0; visited < rings; visited++) {
        const size_t index = (next_ring_ + visited) % rings;
        if (!drain_ring(index, batch, used)) {
            next_ring_ = (index + 1) % rings;
            batch.more = true;
            return;
        }
    }
}

bool PerfBuffer::drain_ring(size_t index, Batch &batch, size_t &used) {
    void *base = nullptr;
    size_t size = 0;
    if (perf_buffer__buffer(rings_, static_cast<int>(index), &base, &size) != 0)
        return true; // a CPU that is offline
    const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    const Ring ring{static_cast<perf_event_mmap_page *>(base), static_cast<uint8_t *>(base) + page,
                    ring_bytes_};
    const uint64_t head = ring.head();
    uint64_t tail = ring.page->data_tail;
    bool fits = true;
    while (tail != head) {
        RawSample sample;
        ring.copy(&sample, tail, sizeof(sample));
        if (sample.header.type == PERF_RECORD_SAMPLE) {
            fits = !batch.full() && used < kBatchBytes;
            if (!fits)
                break;
            ring.copy(batch_.data() + used, tail + sizeof(sample), sample.size);
            batch.add(used, sample.size);
            used += (size_t{sample.size} + 7) & ~size_t{7};
        } else if (sample.header.type == PERF_RECORD_LOST) {
            LostRecord record;
            ring.copy(&record, tail, sizeof(record));
            lost_ += record.lost;
        }
        tail += sample.header.size;
    }
    ring.set_tail(tail);
    return fits;
}

std::optional<uint64_t> PerfBuffer::lost() {
    return rings_ != nullptr && counts_lost_ ? counted_lost() : lost_;
}

uint64_t PerfBuffer::counted_lost() const {
    uint64_t sum = 0;
    for (size_t i = 0; i < perf_buffer__buffer_cnt(rings_); i++) {
        struct {
            uint64_t value;
            uint64_t lost;
        } counters{};
        const int fd = perf_buffer__buffer_fd(rings_, i);
        if (fd >= 0 && read(fd, &counters, sizeof(counters)) == sizeof(counters))
            sum += counters.lost;
    }
    return sum;
}

int PerfBuffer::poll_fd() const { return rings_ == nullptr ? -1 : perf_buffer__epoll_fd(rings_); }

void PerfBuffer::free_memory() {
    LogCapture log;
    if (counts_lost_)
        lost_ = counted_lost();
    perf_buffer__free(std::exchange(rings_, nullptr));
    batch_.reset();
}

} // namespace gadget::bpf
