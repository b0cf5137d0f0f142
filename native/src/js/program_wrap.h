#pragma once

#include "../bpf/program.h"

#include <napi.h>

#include <optional>

namespace gadget::js {

/// `Program` of index.d.ts.
class ProgramWrap : public Napi::ObjectWrap<ProgramWrap> {
  public:
    struct Native {
        std::shared_ptr<bpf::Object> object;
        bpf::Program program;
    };

    static Napi::Function define(Napi::Env env);
    explicit ProgramWrap(const Napi::CallbackInfo &info);

  private:
    Napi::Value type(const Napi::CallbackInfo &info);
    Napi::Value fd(const Napi::CallbackInfo &info);
    Napi::Value id(const Napi::CallbackInfo &info);
    Napi::Value statistics(const Napi::CallbackInfo &info);
    Napi::Value set_autoload(const Napi::CallbackInfo &info);
    Napi::Value set_attach_target(const Napi::CallbackInfo &info);
    Napi::Value set_type(const Napi::CallbackInfo &info);
    Napi::Value attach_tracepoint(const Napi::CallbackInfo &info);
    Napi::Value attach_raw_tracepoint(const Napi::CallbackInfo &info);
    Napi::Value attach_tracing(const Napi::CallbackInfo &info);
    Napi::Value attach_kprobe(const Napi::CallbackInfo &info);
    Napi::Value attach_uprobe(const Napi::CallbackInfo &info);
    Napi::Value attach_perf_event(const Napi::CallbackInfo &info);
    Napi::Value attach_iterator(const Napi::CallbackInfo &info);
    Napi::Value linked(Napi::Env env, bpf::Program::Attached attached);

    std::optional<Native> native_;
};

} // namespace gadget::js
