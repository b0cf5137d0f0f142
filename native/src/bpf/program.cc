#include "program.h"

#include "log_capture.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

namespace gadget::bpf {

Program::Program(std::shared_ptr<Object> object, bpf_program *program)
    : object_(std::move(object)), program_(program), name_(bpf_program__name(program)),
      section_(bpf_program__section_name(program)) {}

Status Program::changeable(const char *operation) const {
    if (!object_->is_open())
        return failed(EBADF, operation);
    if (object_->is_loaded())
        return failed(EBUSY, operation);
    return Done{};
}

Result<uint32_t> Program::type() const {
    if (!object_->is_open())
        return failed(EBADF, "program_type");
    return static_cast<uint32_t>(bpf_program__type(program_));
}

Result<int> Program::fd() const {
    if (!object_->is_open())
        return failed(EBADF, "program_fd");
    const int fd = bpf_program__fd(program_);
    if (fd < 0)
        return failed(ENOENT, "program_fd");
    return fd;
}

namespace {

Result<bpf_prog_info> info_of(const Program &program) {
    auto fd = program.fd();
    if (!fd.ok())
        return std::move(fd.failure());
    bpf_prog_info info{};
    __u32 size = sizeof(info);
    if (bpf_obj_get_info_by_fd(fd.value(), &info, &size) != 0)
        return fail(errno, "program_info", program.name());
    return info;
}

} // namespace

Result<uint32_t> Program::id() const {
    auto info = info_of(*this);
    if (!info.ok())
        return std::move(info.failure());
    return static_cast<uint32_t>(info.value().id);
}

Result<ProgramStatistics> Program::statistics() const {
    auto info = info_of(*this);
    if (!info.ok())
        return std::move(info.failure());
    return ProgramStatistics{info.value().run_cnt, info.value().run_time_ns, info.value().recursion_misses};
}

Status Program::set_autoload(bool load) {
    auto allowed = changeable("set_autoload");
    if (!allowed.ok())
        return allowed;
    const int error = bpf_program__set_autoload(program_, load);
    if (error != 0)
        return failed(error, "set_autoload");
    return Done{};
}

Status Program::set_attach_target(const std::string &target) {
    auto allowed = changeable("set_attach_target");
    if (!allowed.ok())
        return allowed;
    LogCapture log;
    const int error = bpf_program__set_attach_target(program_, 0, target.c_str());
    if (error != 0)
        return failed(error, "set_attach_target", log.take());
    return Done{};
}

Status Program::set_type(uint32_t type) {
    auto allowed = changeable("set_type");
    if (!allowed.ok())
        return allowed;
    const int error = bpf_program__set_type(program_, static_cast<bpf_prog_type>(type));
    if (error != 0)
        return failed(error, "set_type");
    return Done{};
}

} // namespace gadget::bpf
