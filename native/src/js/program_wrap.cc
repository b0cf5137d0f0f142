#include "program_wrap.h"

#include "answer.h"
#include "arguments.h"
#include "link_wrap.h"
#include "wrap.h"

namespace gadget::js {

Napi::Function ProgramWrap::define(Napi::Env env) {
    using P = ProgramWrap;
    return DefineClass(
        env, "Program",
        {InstanceMethod<&P::type>("type"), InstanceMethod<&P::fd>("fd"), InstanceMethod<&P::id>("id"),
         InstanceMethod<&P::statistics>("statistics"), InstanceMethod<&P::set_autoload>("setAutoload"),
         InstanceMethod<&P::set_attach_target>("setAttachTarget"), InstanceMethod<&P::set_type>("setType"),
         InstanceMethod<&P::attach_tracepoint>("attachTracepoint"),
         InstanceMethod<&P::attach_raw_tracepoint>("attachRawTracepoint"),
         InstanceMethod<&P::attach_tracing>("attachTracing"),
         InstanceMethod<&P::attach_kprobe>("attachKprobe"), InstanceMethod<&P::attach_uprobe>("attachUprobe"),
         InstanceMethod<&P::attach_perf_event>("attachPerfEvent"),
         InstanceMethod<&P::attach_iterator>("attachIterator")});
}

ProgramWrap::ProgramWrap(const Napi::CallbackInfo &info) : Napi::ObjectWrap<ProgramWrap>(info) {
    auto *native = constructed<Native>(info);
    if (native == nullptr)
        return;
    native_ = std::move(*native);
    auto self = info.This().As<Napi::Object>();
    self.Set("name", native_->program.name());
    self.Set("section", native_->program.section());
}

Napi::Value ProgramWrap::type(const Napi::CallbackInfo &info) {
    return answer(info.Env(), native_->program.type());
}

Napi::Value ProgramWrap::fd(const Napi::CallbackInfo &info) {
    return answer(info.Env(), native_->program.fd());
}

Napi::Value ProgramWrap::id(const Napi::CallbackInfo &info) {
    return answer(info.Env(), native_->program.id());
}

Napi::Value ProgramWrap::statistics(const Napi::CallbackInfo &info) {
    Napi::Env env = info.Env();
    auto result = native_->program.statistics();
    if (!result.ok())
        return throw_failure(env, result.failure());
    auto object = Napi::Object::New(env);
    object.Set("runCount", Napi::BigInt::New(env, result.value().run_count));
    object.Set("runTimeNs", Napi::BigInt::New(env, result.value().run_time_ns));
    object.Set("recursionMisses", Napi::BigInt::New(env, result.value().recursion_misses));
    return object;
}

Napi::Value ProgramWrap::set_autoload(const Napi::CallbackInfo &info) {
    Arguments arguments(info);
    const bool load = arguments.flag(0);
    return arguments.ok() ? answer(info.Env(), native_->program.set_autoload(load)) : info.Env().Undefined();
}

Napi::Value ProgramWrap::set_attach_target(const Napi::CallbackInfo &info) {
    Arguments arguments(info);
    const std::string target = arguments.text(0);
    return arguments.ok() ? answer(info.Env(), native_->program.set_attach_target(target))
                          : info.Env().Undefined();
}

Napi::Value ProgramWrap::set_type(const Napi::CallbackInfo &info) {
    Arguments arguments(info);
    const uint32_t type = arguments.uint32(0);
    return arguments.ok() ? answer(info.Env(), native_->program.set_type(type)) : info.Env().Undefined();
}

Napi::Value ProgramWrap::linked(Napi::Env env, bpf::Program::Attached attached) {
    if (!attached.ok())
        return throw_failure(env, attached.failure());
    return make<LinkWrap>(env, Environment::of(env).link_class,
                          {native_->object, std::move(attached.value())});
}

Napi::Value ProgramWrap::attach_tracepoint(const Napi::CallbackInfo &info) {
    Arguments arguments(info);
    const uint32_t id = arguments.uint32(0);
    if (!arguments.ok())
        return info.Env().Undefined();
    return linked(info.Env(), native_->program.attach_tracepoint(id));
}

Napi::Value ProgramWrap::attach_raw_tracepoint(const Napi::CallbackInfo &info) {
    Arguments arguments(info);
    const std::string name = arguments.text(0);
    if (!arguments.ok())
        return info.Env().Undefined();
    return linked(info.Env(), native_->program.attach_raw_tracepoint(name));
}

Napi::Value ProgramWrap::attach_tracing(const Napi::CallbackInfo &info) {
    return linked(info.Env(), native_->program.attach_tracing());
}

Napi::Value ProgramWrap::attach_kprobe(const Napi::CallbackInfo &info) {
    Arguments arguments(info);
    const std::string symbol = arguments.text(0);
    const uint64_t offset = arguments.uint64(1);
    const bool on_return = arguments.flag(2);
    if (!arguments.ok())
        return info.Env().Undefined();
    return linked(info.Env(), native_->program.attach_kprobe(symbol, offset, on_return));
}

Napi::Value ProgramWrap::attach_uprobe(const Napi::CallbackInfo &info) {
    Arguments arguments(info);
    const bpf::UprobeTarget target{
        .path = arguments.text(0),
        .offset = arguments.uint64(1),
        .on_return = arguments.flag(2),
        .pid = arguments.int32(3),
        .semaphore_offset = arguments.uint64(4),
    };
    if (!arguments.ok())
        return info.Env().Undefined();
    return linked(info.Env(), native_->program.attach_uprobe(target));
}

Napi::Value ProgramWrap::attach_perf_event(const Napi::CallbackInfo &info) {
    Arguments arguments(info);
    const bpf::PerfEventTarget target{
        .type = arguments.uint32(0),
        .config = arguments.uint64(1),
        .frequency_hz = arguments.uint64(2),
        .cpu = arguments.int32(3),
    };
    if (!arguments.ok())
        return info.Env().Undefined();
    return linked(info.Env(), native_->program.attach_perf_event(target));
}

Napi::Value ProgramWrap::attach_iterator(const Napi::CallbackInfo &info) {
    Arguments arguments(info);
    const int map_fd = arguments.int32(0);
    if (!arguments.ok())
        return info.Env().Undefined();
    return linked(info.Env(), native_->program.attach_iterator(map_fd));
}

} // namespace gadget::js
