#pragma once

#include "link.h"
#include "object.h"

#include <cstdint>

struct perf_event_attr;

namespace gadget::bpf {

struct ProgramStatistics {
    uint64_t run_count;
    uint64_t run_time_ns;
    uint64_t recursion_misses;
};

/// Where a uprobe goes. `offset` counts from the start of the file.
struct UprobeTarget {
    std::string path;
    uint64_t offset;
    bool on_return;
    int pid; ///< -1 for all processes
    uint64_t semaphore_offset;
};

struct PerfEventTarget {
    uint32_t type;
    uint64_t config;
    uint64_t frequency_hz;
    int cpu;
};

/// One program of an object; the object owns it. Used on the JS thread only.
class Program {
  public:
    using Attached = Result<std::shared_ptr<Link>>;

    Program(std::shared_ptr<Object> object, bpf_program *program);

    /// Name and section were read when the object was opened.
    const std::string &name() const { return name_; }
    const std::string &section() const { return section_; }
    Result<uint32_t> type() const;
    Result<int> fd() const;
    Result<uint32_t> id() const;
    Result<ProgramStatistics> statistics() const;

    Status set_autoload(bool load);
    Status set_attach_target(const std::string &target);
    Status set_type(uint32_t type);

    /// `id` as tracefs says. Detaching does not wait for the kernel to give up its event.
    Attached attach_tracepoint(uint32_t id);
    Attached attach_raw_tracepoint(const std::string &name);
    /// fentry, fexit, tp_btf and lsm, whose target was fixed before load.
    Attached attach_tracing();
    Attached attach_kprobe(const std::string &symbol, uint64_t offset, bool on_return);
    Attached attach_uprobe(const UprobeTarget &target);
    Attached attach_perf_event(const PerfEventTarget &target);
    /// `map_fd` -1: an iterator over something else than a map.
    Attached attach_iterator(int map_fd);

  private:
    Failure failed(int error, const char *operation, std::string log = {}) const {
        return fail(error, operation, name_, std::move(log));
    }
    Status changeable(const char *operation) const;
    Status attachable() const;
    template <class Attach> Attached attach(Attach &&attach);
    Attached attach_event(const perf_event_attr &attributes, int cpu);

    std::shared_ptr<Object> object_;
    bpf_program *program_;
    std::string name_;
    std::string section_;
};

} // namespace gadget::bpf
