#pragma once

#include "../bpf/result.h"

#include <napi.h>

namespace gadget::js {

/// Throws a plain `{ errno, operation, subject, log }`; the Error is made in TypeScript.
Napi::Value throw_failure(Napi::Env env, const bpf::Failure &failure);

inline Napi::Value to_js(Napi::Env env, bpf::Done) { return env.Undefined(); }
inline Napi::Value to_js(Napi::Env env, bool value) { return Napi::Boolean::New(env, value); }
inline Napi::Value to_js(Napi::Env env, int value) { return Napi::Number::New(env, value); }
inline Napi::Value to_js(Napi::Env env, uint32_t value) { return Napi::Number::New(env, value); }
inline Napi::Value to_js(Napi::Env env, size_t value) {
    return Napi::Number::New(env, static_cast<double>(value));
}

/// The value of a result, or its failure thrown.
template <class T> Napi::Value answer(Napi::Env env, bpf::Result<T> result) {
    return result.ok() ? to_js(env, result.value()) : throw_failure(env, result.failure());
}

} // namespace gadget::js
