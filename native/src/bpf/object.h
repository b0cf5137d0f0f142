#pragma once

#include "background_closer.h"
#include "result.h"
#include "unique_fd.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

struct bpf_object;
struct bpf_program;
struct bpf_map;

namespace gadget::bpf {

/// Something an object owns: a link, a record buffer, an iterator. close() twice does nothing.
class Child {
  public:
    virtual ~Child() = default;
    virtual void close() = 0;
    virtual bool is_open() const = 0;
    /// Keeps a program running on events; may be closed on any thread.
    virtual bool is_attachment() const { return false; }
};

/// One BPF object file and the root of all that is made from it. Used on its environment's JS thread only.
/// close() closes children first, newest first, then maps and programs.
class Object {
  public:
    static Result<std::shared_ptr<Object>> open(const void *bytes, size_t size, const std::string &name,
                                                const std::string &kernel_btf_path,
                                                std::shared_ptr<BackgroundCloser> closer);
    ~Object() { close(); }
    Object(const Object &) = delete;
    Object &operator=(const Object &) = delete;

    bool is_open() const { return object_ != nullptr; }
    bool is_loaded() const { return loaded_; }
    std::vector<bpf_program *> programs() const;
    std::vector<bpf_map *> maps() const;
    Status load();
    void adopt(std::shared_ptr<Child> child);
    const std::shared_ptr<BackgroundCloser> &closer() const { return closer_; }
    /// Closes every link but those of iterators, all at once: the kernel makes each wait for RCU grace
    /// periods.
    void detach();
    void close();

  private:
    Object(bpf_object *object, std::string name, UniqueFd kernel_btf,
           std::shared_ptr<BackgroundCloser> closer)
        : object_(object), name_(std::move(name)), kernel_btf_(std::move(kernel_btf)),
          closer_(std::move(closer)) {}

    bpf_object *object_;
    std::string name_;
    UniqueFd kernel_btf_; ///< what libbpf relocates against; open until it has
    std::shared_ptr<BackgroundCloser> closer_;
    bool loaded_ = false;
    std::vector<std::shared_ptr<Child>> children_;
};

} // namespace gadget::bpf
