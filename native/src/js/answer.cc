#include "answer.h"

namespace gadget::js {

Napi::Value throw_failure(Napi::Env env, const bpf::Failure &failure) {
    auto object = Napi::Object::New(env);
    object.Set("errno", failure.error);
    object.Set("operation", failure.operation);
    object.Set("subject", failure.subject);
    object.Set("log", failure.log);
    napi_throw(env, object);
    return env.Undefined();
}

} // namespace gadget::js
