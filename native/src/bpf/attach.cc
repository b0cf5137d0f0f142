// The attach methods of Program: one for each way into the kernel.

#include "log_capture.h"
#include "program.h"
#include "unique_fd.h"

#include <bpf/libbpf.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>

namespace gadget::bpf {
namespace {

// perf_event_open(2)
constexpr pid_t kEveryProcess = -1;
constexpr int kNoGroup = -1;

} // namespace

Status Program::attachable() const {
    if (!object_->is_open())
        return failed(EBADF, "attach");
    if (bpf_program__fd(program_) < 0)
        return failed(ENOENT, "attach", "the program was not loaded");
    return Done{};
}

template <class Attach> Program::Attached Program::attach(Attach &&attach) {
    auto allowed = attachable();
    if (!allowed.ok())
        return std::move(allowed.failure());
    LogCapture log;
    bpf_link *raw = attach();
    if (raw == nullptr)
        return failed(errno, "attach", log.take());
    auto link =
        std::make_shared<Link>(raw, name_, bpf_program__expected_attach_type(program_) == BPF_TRACE_ITER);
    object_->adopt(link);
    return link;
}

Program::Attached Program::attach_event(const perf_event_attr &attributes, int cpu) {
    UniqueFd event(
        syscall(SYS_perf_event_open, &attributes, kEveryProcess, cpu, kNoGroup, PERF_FLAG_FD_CLOEXEC));
    if (!event.valid())
        return failed(errno, "perf_event_open");
    const int event_fd = event.get();
    auto attached = attach([&] { return bpf_program__attach_perf_event(program_, event_fd); });
    if (!attached.ok())
        return attached;
    event.release(); // the link closes it
    // Before Linux 5.15 the event itself is the link, and closing all of it is what detaches.
    if (attached.value()->fd() != event_fd)
        attached.value()->close_afterwards(UniqueFd::duplicate(event_fd), object_->closer());
    return attached;
}

Program::Attached Program::attach_tracepoint(uint32_t id) {
    perf_event_attr attributes{};
    attributes.size = sizeof(attributes);
    attributes.type = PERF_TYPE_TRACEPOINT;
    attributes.config = id;
    return attach_event(attributes, 0); // the program runs on all CPUs, wherever its event lives
}

Program::Attached Program::attach_raw_tracepoint(const std::string &name) {
    return attach([&] { return bpf_program__attach_raw_tracepoint(program_, name.c_str()); });
}

Program::Attached Program::attach_tracing() {
    return attach([&] {
        return bpf_program__type(program_) == BPF_PROG_TYPE_LSM ? bpf_program__attach_lsm(program_)
                                                                : bpf_program__attach_trace(program_);
    });
}

Program::Attached Program::attach_kprobe(const std::string &symbol, uint64_t offset, bool on_return) {
    LIBBPF_OPTS(bpf_kprobe_opts, options);
    options.offset = offset;
    options.retprobe = on_return;
    return attach([&] { return bpf_program__attach_kprobe_opts(program_, symbol.c_str(), &options); });
}

Program::Attached Program::attach_uprobe(const UprobeTarget &target) {
    LIBBPF_OPTS(bpf_uprobe_opts, options);
    options.ref_ctr_offset = target.semaphore_offset;
    options.retprobe = target.on_return;
    return attach([&] {
        return bpf_program__attach_uprobe_opts(program_, target.pid, target.path.c_str(), target.offset,
                                               &options);
    });
}

Program::Attached Program::attach_perf_event(const PerfEventTarget &target) {
    perf_event_attr attributes{};
    attributes.size = sizeof(attributes);
    attributes.type = target.type;
    attributes.config = target.config;
    attributes.freq = 1;
    attributes.sample_freq = target.frequency_hz;
    return attach_event(attributes, target.cpu);
}

Program::Attached Program::attach_iterator(int map_fd) {
    bpf_iter_link_info info{};
    LIBBPF_OPTS(bpf_iter_attach_opts, options);
    if (map_fd >= 0) {
        info.map.map_fd = map_fd;
        options.link_info = &info;
        options.link_info_len = sizeof(info);
    }
    return attach([&] { return bpf_program__attach_iter(program_, &options); });
}

} // namespace gadget::bpf
