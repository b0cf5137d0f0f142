#pragma once

#include "background_closer.h"
#include "object.h"
#include "unique_fd.h"

struct bpf_link;

namespace gadget::bpf {

/// One attached program. Detaches when closed. Used on the JS thread, but for close(), see Object::detach().
class Link : public Child {
  public:
    Link(bpf_link *link, std::string program, bool is_iterator)
        : link_(link), program_(std::move(program)), is_iterator_(is_iterator) {}
    ~Link() override { close(); }

    /// Something that is only to be closed after the link was, once its object is closed.
    void close_afterwards(UniqueFd fd, std::shared_ptr<BackgroundCloser> closer);

    bool is_open() const override { return link_ != nullptr; }
    bool is_attachment() const override { return !is_iterator_; }
    int fd() const;
    /// A new run of a BPF iterator: a descriptor whose reads give its bytes.
    Result<UniqueFd> create_iterator() const;
    const std::string &program() const { return program_; }
    void close() override;

  private:
    bpf_link *link_;
    std::string program_;
    bool is_iterator_;
    UniqueFd afterwards_;
    std::shared_ptr<BackgroundCloser> closer_;
};

/// The bytes of one run of a BPF iterator. Used on the JS thread only.
class Iterator : public Child {
  public:
    Iterator(UniqueFd fd, std::string program) : fd_(std::move(fd)), program_(std::move(program)) {}

    bool is_open() const override { return fd_.valid(); }
    /// 0 at the end.
    Result<size_t> read(uint8_t *into, size_t size);
    void close() override { fd_.reset(); }

  private:
    UniqueFd fd_;
    std::string program_;
};

} // namespace gadget::bpf
