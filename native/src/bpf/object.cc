#include "object.h"

#include "log_capture.h"
#include "parallel.h"
#include "trimmed_btf.h"

#include <bpf/libbpf.h>

#include <algorithm>

namespace gadget::bpf {

Result<std::shared_ptr<Object>> Object::open(const void *bytes, size_t size, const std::string &name,
                                             const std::string &kernel_btf_path,
                                             std::shared_ptr<BackgroundCloser> closer) {
    LogCapture log;
    LIBBPF_OPTS(bpf_object_open_opts, options);
    options.object_name = name.c_str();
    UniqueFd kernel_btf = kernel_btf_path.empty() ? trimmed_kernel_btf(ByteView(bytes, size)) : UniqueFd();
    const std::string path =
        kernel_btf.valid() ? "/proc/self/fd/" + std::to_string(kernel_btf.get()) : kernel_btf_path;
    if (!path.empty())
        options.btf_custom_path = path.c_str();
    bpf_object *object = bpf_object__open_mem(bytes, size, &options);
    if (object == nullptr)
        return fail(errno, "open", name, log.take());
    return std::shared_ptr<Object>(new Object(object, name, std::move(kernel_btf), std::move(closer)));
}

std::vector<bpf_program *> Object::programs() const {
    std::vector<bpf_program *> programs;
    bpf_program *program;
    bpf_object__for_each_program(program, object_) programs.push_back(program);
    return programs;
}

std::vector<bpf_map *> Object::maps() const {
    std::vector<bpf_map *> maps;
    bpf_map *map;
    bpf_object__for_each_map(map, object_) maps.push_back(map);
    return maps;
}

Status Object::load() {
    if (object_ == nullptr)
        return fail(EBADF, "load", name_);
    LogCapture log;
    const int error = bpf_object__load(object_);
    kernel_btf_.reset();
    if (error != 0)
        return fail(error, "load", name_, log.take());
    loaded_ = true;
    return Done{};
}

void Object::adopt(std::shared_ptr<Child> child) {
    std::erase_if(children_, [](const auto &known) { return !known->is_open(); });
    children_.push_back(std::move(child));
}

void Object::detach() {
    std::vector<Child *> attachments;
    for (const auto &child : children_) {
        if (child->is_open() && child->is_attachment())
            attachments.push_back(child.get());
    }
    in_parallel(attachments.size(), [&](size_t index) { attachments[index]->close(); });
}

void Object::close() {
    if (object_ == nullptr)
        return;
    detach();
    LogCapture log;
    while (!children_.empty()) {
        children_.back()->close();
        children_.pop_back();
    }
    bpf_object__close(std::exchange(object_, nullptr));
    closer_->start();
    kernel_btf_.reset();
}

} // namespace gadget::bpf
