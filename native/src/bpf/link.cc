#include "link.h"

#include "log_capture.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

namespace gadget::bpf {

int Link::fd() const { return link_ == nullptr ? -1 : bpf_link__fd(link_); }

Result<UniqueFd> Link::create_iterator() const {
    if (link_ == nullptr)
        return fail(EBADF, "iterator_create", program_);
    UniqueFd fd(bpf_iter_create(bpf_link__fd(link_)));
    if (!fd.valid())
        return fail(errno, "iterator_create", program_);
    return fd;
}

void Link::close() {
    if (link_ == nullptr)
        return;
    LogCapture log;
    bpf_link__destroy(std::exchange(link_, nullptr));
    if (closer_ != nullptr)
        closer_->add(std::move(afterwards_));
}

void Link::close_afterwards(UniqueFd fd, std::shared_ptr<BackgroundCloser> closer) {
    afterwards_ = std::move(fd);
    closer_ = std::move(closer);
}

Result<size_t> Iterator::read(uint8_t *into, size_t size) {
    if (!fd_.valid())
        return fail(EBADF, "iterator_read", program_);
    for (;;) {
        const ssize_t length = ::read(fd_.get(), into, size);
        if (length >= 0)
            return static_cast<size_t>(length);
        // The kernel gives EAGAIN when one read visited very many objects without output: it wants to be
        // asked again.
        if (errno != EINTR && errno != EAGAIN)
            return fail(errno, "iterator_read", program_);
    }
}

} // namespace gadget::bpf
