#include "object_wrap.h"

#include "answer.h"
#include "arguments.h"
#include "map_wrap.h"
#include "program_wrap.h"
#include "wrap.h"

namespace gadget::js {

Napi::Function ObjectWrap::define(Napi::Env env) {
    return DefineClass(env, "BpfObject",
                       {InstanceMethod<&ObjectWrap::load>("load"),
                        InstanceMethod<&ObjectWrap::detach>("detach"),
                        InstanceMethod<&ObjectWrap::close>("close")});
}

ObjectWrap::ObjectWrap(const Napi::CallbackInfo &info) : Napi::ObjectWrap<ObjectWrap>(info) {
    Arguments arguments(info);
    const Bytes bytes = arguments.bytes(0);
    const std::string name = arguments.text(1);
    const std::string kernel_btf_path = arguments.text(2);
    if (!arguments.ok())
        return;
    auto opened = bpf::Object::open(bytes.data, bytes.size, name, kernel_btf_path,
                                    Environment::of(info.Env()).closer());
    if (!opened.ok()) {
        throw_failure(info.Env(), opened.failure());
        return;
    }
    object_ = std::move(opened.value());
    Environment::of(info.Env()).track(object_);
    attach_children(info.This().As<Napi::Object>());
}

void ObjectWrap::attach_children(Napi::Object self) {
    Napi::Env env = self.Env();
    auto &environment = Environment::of(env);
    auto programs = Napi::Array::New(env);
    for (auto *program : object_->programs())
        programs[programs.Length()] =
            make<ProgramWrap>(env, environment.program_class, {object_, bpf::Program(object_, program)});
    auto maps = Napi::Array::New(env);
    for (auto *map : object_->maps())
        maps[maps.Length()] = make<MapWrap>(env, environment.map_class, {object_, bpf::Map(object_, map)});
    self.Set("programs", programs);
    self.Set("maps", maps);
}

Napi::Value ObjectWrap::load(const Napi::CallbackInfo &info) { return answer(info.Env(), object_->load()); }

Napi::Value ObjectWrap::detach(const Napi::CallbackInfo &info) {
    object_->detach();
    return info.Env().Undefined();
}

Napi::Value ObjectWrap::close(const Napi::CallbackInfo &info) {
    object_->close();
    return info.Env().Undefined();
}

} // namespace gadget::js
