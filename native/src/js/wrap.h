#pragma once

#include "environment.h"

#include <napi.h>

namespace gadget::js {

/// Makes the JavaScript object of `Wrap` around a native value, which its constructor takes over.
template <class Wrap>
Napi::Object make(Napi::Env env, Napi::FunctionReference &constructor, typename Wrap::Native native) {
    auto &environment = Environment::of(env);
    environment.under_construction = &native;
    auto object = constructor.New({});
    environment.under_construction = nullptr;
    return object;
}

/// In a wrap's constructor: the value given to make(); null, with an error pending, when JavaScript called
/// it.
template <class Native> Native *constructed(const Napi::CallbackInfo &info) {
    auto &environment = Environment::of(info.Env());
    auto *native = static_cast<Native *>(environment.under_construction);
    environment.under_construction = nullptr;
    if (native == nullptr)
        Napi::TypeError::New(info.Env(), "this class cannot be constructed").ThrowAsJavaScriptException();
    return native;
}

} // namespace gadget::js
