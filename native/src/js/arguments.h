#pragma once

#include "../bpf/result.h"

#include <napi.h>

#include <optional>

namespace gadget::js {

/// Bytes of a Uint8Array, borrowed for the time of the call.
struct Bytes {
    uint8_t *data = nullptr;
    size_t size = 0;
};

/// Types of one call's arguments, checked again on this side. The first that does not fit leaves a TypeError
/// pending and ok() false.
class Arguments {
  public:
    explicit Arguments(const Napi::CallbackInfo &info) : info_(info) {}

    bool ok() const { return ok_; }
    std::string text(size_t index);
    bool flag(size_t index);
    int32_t int32(size_t index);
    uint32_t uint32(size_t index);
    uint64_t uint64(size_t index);
    Bytes bytes(size_t index);
    /// Of exactly this size.
    Bytes bytes(size_t index, size_t size);
    Napi::Uint32Array words(size_t index);
    Napi::Function function(size_t index);

  private:
    void refuse(size_t index, const char *expected);

    const Napi::CallbackInfo &info_;
    bool ok_ = true;
};

} // namespace gadget::js
