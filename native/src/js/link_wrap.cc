#include "link_wrap.h"

#include "answer.h"
#include "arguments.h"
#include "wrap.h"

namespace gadget::js {

Napi::Function LinkWrap::define(Napi::Env env) {
    return DefineClass(env, "Link",
                       {InstanceMethod<&LinkWrap::open_iterator>("openIterator"),
                        InstanceMethod<&LinkWrap::close>("close")});
}

LinkWrap::LinkWrap(const Napi::CallbackInfo &info) : Napi::ObjectWrap<LinkWrap>(info) {
    if (auto *native = constructed<Native>(info))
        native_ = std::move(*native);
}

Napi::Value LinkWrap::open_iterator(const Napi::CallbackInfo &info) {
    Napi::Env env = info.Env();
    auto fd = native_->link->create_iterator();
    if (!fd.ok())
        return throw_failure(env, fd.failure());
    auto iterator = std::make_shared<bpf::Iterator>(std::move(fd.value()), native_->link->program());
    native_->object->adopt(iterator);
    return make<IteratorWrap>(env, Environment::of(env).iterator_class,
                              {native_->object, std::move(iterator)});
}

Napi::Value LinkWrap::close(const Napi::CallbackInfo &info) {
    native_->link->close();
    return info.Env().Undefined();
}

Napi::Function IteratorWrap::define(Napi::Env env) {
    return DefineClass(
        env, "IteratorStream",
        {InstanceMethod<&IteratorWrap::read>("read"), InstanceMethod<&IteratorWrap::close>("close")});
}

IteratorWrap::IteratorWrap(const Napi::CallbackInfo &info) : Napi::ObjectWrap<IteratorWrap>(info) {
    if (auto *native = constructed<Native>(info))
        native_ = std::move(*native);
}

Napi::Value IteratorWrap::read(const Napi::CallbackInfo &info) {
    Arguments arguments(info);
    const Bytes into = arguments.bytes(0);
    return arguments.ok() ? answer(info.Env(), native_->iterator->read(into.data, into.size))
                          : info.Env().Undefined();
}

Napi::Value IteratorWrap::close(const Napi::CallbackInfo &info) {
    native_->iterator->close();
    return info.Env().Undefined();
}

} // namespace gadget::js
