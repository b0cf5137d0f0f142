#include "record_buffer_wrap.h"

#include "answer.h"
#include "arguments.h"
#include "wrap.h"

#include <algorithm>

namespace gadget::js {
namespace {

using MemoryReference = Napi::Reference<Napi::ArrayBuffer>;

void detach(MemoryReference &reference) {
    Napi::ArrayBuffer memory = reference.Value();
    if (!memory.IsEmpty() && !memory.IsDetached())
        memory.Detach();
}

} // namespace

Napi::Function RecordBufferWrap::define(Napi::Env env) {
    using R = RecordBufferWrap;
    return DefineClass(env, "RecordBuffer",
                       {InstanceMethod<&R::drain>("drain"), InstanceMethod<&R::release>("release"),
                        InstanceMethod<&R::waiting_bytes>("waitingBytes"), InstanceMethod<&R::lost>("lost"),
                        InstanceMethod<&R::arm>("arm"), InstanceMethod<&R::disarm>("disarm"),
                        InstanceMethod<&R::close>("close")});
}

RecordBufferWrap::RecordBufferWrap(const Napi::CallbackInfo &info)
    : Napi::ObjectWrap<RecordBufferWrap>(info) {
    auto *native = constructed<Native>(info);
    if (native == nullptr)
        return;
    native_ = std::move(*native);
    expose_memory(info.This().As<Napi::Object>());
}

void RecordBufferWrap::expose_memory(Napi::Object self) {
    Napi::Env env = self.Env();
    auto &buffer = *native_->buffer;
    auto memory = Napi::ArrayBuffer::New(
        env, buffer.bytes(), buffer.byte_length(), [](Napi::Env, void *, Native *kept) { delete kept; },
        new Native(*native_));
    self.Set("memory", memory);
    self.Set("capacityBytes", to_js(env, buffer.capacity_bytes()));
    // Weak: the memory must not keep itself alive.
    auto reference = std::make_shared<MemoryReference>(MemoryReference::New(memory, 0));
    buffer.on_close([&environment = Environment::of(env), env, reference, token = token_, &buffer] {
        if (environment.ended())
            return; // no JavaScript runs any more that could look
        Napi::HandleScope scope(env);
        environment.disarm(std::exchange(*token, 0), buffer.poll_fd());
        detach(*reference);
    });
}

Napi::Value RecordBufferWrap::drain(const Napi::CallbackInfo &info) {
    Arguments arguments(info);
    auto offsets = arguments.words(0);
    auto lengths = arguments.words(1);
    const uint32_t most = arguments.uint32(2);
    if (!arguments.ok())
        return info.Env().Undefined();
    bpf::Batch batch{.offsets = offsets.Data(), .lengths = lengths.Data(), .capacity = most};
    batch.capacity =
        static_cast<uint32_t>(std::min<size_t>({most, offsets.ElementLength(), lengths.ElementLength()}));
    if (native_->buffer->is_open())
        native_->buffer->drain(batch);
    return Napi::Number::New(info.Env(), 2.0 * batch.count + (batch.more ? 1 : 0));
}

Napi::Value RecordBufferWrap::release(const Napi::CallbackInfo &info) {
    native_->buffer->release();
    return info.Env().Undefined();
}

Napi::Value RecordBufferWrap::waiting_bytes(const Napi::CallbackInfo &info) {
    return Napi::Number::New(info.Env(), static_cast<double>(native_->buffer->waiting_bytes()));
}

Napi::Value RecordBufferWrap::lost(const Napi::CallbackInfo &info) {
    const auto lost = native_->buffer->lost();
    return lost.has_value() ? Napi::Number::New(info.Env(), static_cast<double>(*lost))
                            : info.Env().Undefined();
}

Napi::Value RecordBufferWrap::arm(const Napi::CallbackInfo &info) {
    Napi::Env env = info.Env();
    Arguments arguments(info);
    auto wake = arguments.function(0);
    if (!arguments.ok())
        return env.Undefined();
    if (!native_->buffer->is_open())
        return throw_failure(env, bpf::fail(EBADF, "buffer_arm"));
    auto &environment = Environment::of(env);
    const int fd = native_->buffer->poll_fd();
    environment.disarm(std::exchange(*token_, 0), fd);
    auto armed = environment.arm(fd, info.This().As<Napi::Object>(), wake);
    if (!armed.ok())
        return throw_failure(env, armed.failure());
    *token_ = armed.value();
    return env.Undefined();
}

Napi::Value RecordBufferWrap::disarm(const Napi::CallbackInfo &info) {
    if (native_->buffer->is_open())
        Environment::of(info.Env()).disarm(std::exchange(*token_, 0), native_->buffer->poll_fd());
    return info.Env().Undefined();
}

Napi::Value RecordBufferWrap::close(const Napi::CallbackInfo &info) {
    native_->buffer->close();
    return info.Env().Undefined();
}

} // namespace gadget::js
