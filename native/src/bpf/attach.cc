// The attach methods of Program: one for each way into the kernel.

#include "log_capture.h"
#include "program.h"
#include "unique_fd.h"

#include <bpf/libbpf.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>

namespace gadget::bpf {

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
    auto link = std::make_shared<Link>(raw, name_);
    object_->adopt(link);
    return link;
}

Program::Attached Program::attach_tracepoint(const std::string &category, const std::string &name) {
    return attach([&] { return bpf_program__attach_tracepoint(program_, category.c_str(), name.c_str()); });
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
    UniqueFd event(syscall(SYS_perf_event_open, &attributes, -1, target.cpu, -1, PERF_FLAG_FD_CLOEXEC));
    if (!event.valid())
        return failed(errno, "perf_event_open");
    auto attached = attach([&] { return bpf_program__attach_perf_event(program_, event.get()); });
    if (attached.ok())
        event.release(); // the link closes it
    return attached;
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
