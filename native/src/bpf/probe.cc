#include "probe.h"

#include "log_capture.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/perf_event.h>
#include <sys/mount.h>
#include <sys/syscall.h>

#include <ctime>

namespace gadget::bpf {
namespace {

/// `return 0`.
const bpf_insn kEmptyProgram[] = {
    {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .src_reg = 0, .off = 0, .imm = 0},
    {.code = BPF_JMP | BPF_EXIT, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0},
};

int64_t now_ns(clockid_t clock) {
    timespec time{};
    clock_gettime(clock, &time);
    return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

} // namespace

Status probe_tracing(uint32_t program_type, uint32_t attach_type, const std::string &target, bool attach) {
    LogCapture log;
    const int type_id = libbpf_find_vmlinux_btf_id(target.c_str(), static_cast<bpf_attach_type>(attach_type));
    if (type_id < 0)
        return fail(type_id, "find_target", target, log.take());
    LIBBPF_OPTS(bpf_prog_load_opts, options);
    options.expected_attach_type = static_cast<bpf_attach_type>(attach_type);
    options.attach_btf_id = static_cast<__u32>(type_id);
    UniqueFd program(bpf_prog_load(static_cast<bpf_prog_type>(program_type), "gadget_probe", "GPL",
                                   kEmptyProgram, std::size(kEmptyProgram), &options));
    if (!program.valid())
        return fail(errno, "load", target);
    if (!attach)
        return Done{};
    UniqueFd link(bpf_raw_tracepoint_open(nullptr, program.get()));
    if (!link.valid())
        return fail(errno, "attach", target);
    return Done{};
}

int probe_program_type(uint32_t program_type) {
    LogCapture log;
    return libbpf_probe_bpf_prog_type(static_cast<bpf_prog_type>(program_type), nullptr);
}

int probe_map_type(uint32_t map_type) {
    LogCapture log;
    return libbpf_probe_bpf_map_type(static_cast<bpf_map_type>(map_type), nullptr);
}

Status probe_perf_event() {
    perf_event_attr attributes{};
    attributes.size = sizeof(attributes);
    attributes.type = PERF_TYPE_SOFTWARE;
    attributes.config = PERF_COUNT_SW_CPU_CLOCK;
    attributes.freq = 1;
    attributes.sample_freq = 1;
    attributes.disabled = 1;
    int error = ENODEV;
    for (int cpu = 0; cpu < possible_cpus() && error == ENODEV; cpu++) {
        UniqueFd event(syscall(SYS_perf_event_open, &attributes, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC));
        if (event.valid())
            return Done{};
        error = errno;
    }
    return fail(error, "perf_event_open");
}

int possible_cpus() {
    LogCapture log;
    return libbpf_num_possible_cpus();
}

int64_t boot_time_offset_ns() {
    const int64_t before = now_ns(CLOCK_BOOTTIME);
    const int64_t real = now_ns(CLOCK_REALTIME);
    const int64_t after = now_ns(CLOCK_BOOTTIME);
    return real - (before + (after - before) / 2);
}

Status mount_tracefs(const std::string &path) {
    if (mount("tracefs", path.c_str(), "tracefs", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0)
        return fail(errno, "mount", path);
    return Done{};
}

Result<UniqueFd> enable_statistics() {
    UniqueFd fd(bpf_enable_stats(BPF_STATS_RUN_TIME));
    if (!fd.valid())
        return fail(errno, "enable_statistics");
    return fd;
}

} // namespace gadget::bpf
