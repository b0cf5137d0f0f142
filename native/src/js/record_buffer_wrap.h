#pragma once

#include "../bpf/record_buffer.h"

#include <napi.h>

#include <optional>

namespace gadget::js {

/// `RecordBuffer` of index.d.ts.
///
/// JavaScript sees the records' memory itself as an ArrayBuffer. Two things keep that safe: close() detaches
/// the ArrayBuffer before the memory goes, and an ArrayBuffer that is still held keeps the object, and so the
/// memory, alive.
class RecordBufferWrap : public Napi::ObjectWrap<RecordBufferWrap> {
  public:
    struct Native {
        std::shared_ptr<bpf::Object> object;
        std::shared_ptr<bpf::RecordBuffer> buffer;
    };

    static Napi::Function define(Napi::Env env);
    explicit RecordBufferWrap(const Napi::CallbackInfo &info);

  private:
    void expose_memory(Napi::Object self);
    Napi::Value drain(const Napi::CallbackInfo &info);
    Napi::Value release(const Napi::CallbackInfo &info);
    Napi::Value waiting_bytes(const Napi::CallbackInfo &info);
    Napi::Value lost(const Napi::CallbackInfo &info);
    Napi::Value arm(const Napi::CallbackInfo &info);
    Napi::Value disarm(const Napi::CallbackInfo &info);
    Napi::Value close(const Napi::CallbackInfo &info);

    std::optional<Native> native_;
    /// What is armed for this buffer; shared with the closing hook, which may outlive this wrap.
    std::shared_ptr<uint64_t> token_ = std::make_shared<uint64_t>(0);
};

} // namespace gadget::js
