#pragma once

#include "../bpf/object.h"

#include <napi.h>

#include <memory>

namespace gadget::js {

/// `BpfObject` of index.d.ts.
class ObjectWrap : public Napi::ObjectWrap<ObjectWrap> {
  public:
    static Napi::Function define(Napi::Env env);
    /// new (bytes, name, kernelBtfPath)
    explicit ObjectWrap(const Napi::CallbackInfo &info);

  private:
    void attach_children(Napi::Object self);
    Napi::Value load(const Napi::CallbackInfo &info);
    Napi::Value detach(const Napi::CallbackInfo &info);
    Napi::Value close(const Napi::CallbackInfo &info);

    std::shared_ptr<bpf::Object> object_;
};

} // namespace gadget::js
