// What `require('gadget_native.node')` gives; index.d.ts is its contract.

#include "answer.h"
#include "arguments.h"
#include "environment.h"
#include "link_wrap.h"
#include "map_wrap.h"
#include "object_wrap.h"
#include "program_wrap.h"
#include "record_buffer_wrap.h"

#include "../bpf/probe.h"

namespace gadget::js {
namespace {

Napi::Value probe_tracing(const Napi::CallbackInfo &info) {
    Arguments arguments(info);
    const uint32_t program_type = arguments.uint32(0);
    const uint32_t attach_type = arguments.uint32(1);
    const std::string target = arguments.text(2);
    const bool attach = arguments.flag(3);
    if (!arguments.ok())
        return info.Env().Undefined();
    return answer(info.Env(), bpf::probe_tracing(program_type, attach_type, target, attach));
}

Napi::Value probe_program_type(const Napi::CallbackInfo &info) {
    Arguments arguments(info);
    const uint32_t type = arguments.uint32(0);
    return arguments.ok() ? to_js(info.Env(), bpf::probe_program_type(type)) : info.Env().Undefined();
}

Napi::Value probe_map_type(const Napi::CallbackInfo &info) {
    Arguments arguments(info);
    const uint32_t type = arguments.uint32(0);
    return arguments.ok() ? to_js(info.Env(), bpf::probe_map_type(type)) : info.Env().Undefined();
}

Napi::Value probe_perf_event(const Napi::CallbackInfo &info) {
    return answer(info.Env(), bpf::probe_perf_event());
}

Napi::Value possible_cpus(const Napi::CallbackInfo &info) { return to_js(info.Env(), bpf::possible_cpus()); }

Napi::Value boot_time_offset_ns(const Napi::CallbackInfo &info) {
    return Napi::BigInt::New(info.Env(), bpf::boot_time_offset_ns());
}

Napi::Value mount_tracefs(const Napi::CallbackInfo &info) {
    Arguments arguments(info);
    const std::string path = arguments.text(0);
    return arguments.ok() ? answer(info.Env(), bpf::mount_tracefs(path)) : info.Env().Undefined();
}

/// The closing function owns the descriptor; both JS thread.
Napi::Value enable_statistics(const Napi::CallbackInfo &info) {
    Napi::Env env = info.Env();
    auto fd = bpf::enable_statistics();
    if (!fd.ok())
        return throw_failure(env, fd.failure());
    auto owned = std::make_shared<bpf::UniqueFd>(std::move(fd.value()));
    auto handle = Napi::Object::New(env);
    handle.Set("close", Napi::Function::New(env, [owned](const Napi::CallbackInfo &) { owned->reset(); }));
    return handle;
}

void define_classes(Napi::Env env, Environment &environment, Napi::Object exports) {
    exports.Set("BpfObject", ObjectWrap::define(env));
    environment.program_class = Napi::Persistent(ProgramWrap::define(env));
    environment.map_class = Napi::Persistent(MapWrap::define(env));
    environment.link_class = Napi::Persistent(LinkWrap::define(env));
    environment.iterator_class = Napi::Persistent(IteratorWrap::define(env));
    environment.record_buffer_class = Napi::Persistent(RecordBufferWrap::define(env));
}

Napi::Object start(Napi::Env env, Napi::Object exports) {
    auto *environment = new Environment(env);
    env.SetInstanceData(environment);
    define_classes(env, *environment, exports);
    exports.Set("probeTracing", Napi::Function::New<probe_tracing>(env));
    exports.Set("probeProgramType", Napi::Function::New<probe_program_type>(env));
    exports.Set("probeMapType", Napi::Function::New<probe_map_type>(env));
    exports.Set("probePerfEvent", Napi::Function::New<probe_perf_event>(env));
    exports.Set("possibleCpus", Napi::Function::New<possible_cpus>(env));
    exports.Set("bootTimeOffsetNs", Napi::Function::New<boot_time_offset_ns>(env));
    exports.Set("mountTracefs", Napi::Function::New<mount_tracefs>(env));
    exports.Set("enableStatistics", Napi::Function::New<enable_statistics>(env));
    return exports;
}

} // namespace
} // namespace gadget::js

// The macro wants a plain name.
static Napi::Object gadget_start(Napi::Env env, Napi::Object exports) {
    return gadget::js::start(env, exports);
}
NODE_API_MODULE(gadget_native, gadget_start)
