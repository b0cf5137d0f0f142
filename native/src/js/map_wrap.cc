#include "map_wrap.h"

#include "answer.h"
#include "arguments.h"
#include "record_buffer_wrap.h"
#include "wrap.h"

#include <cstring>

namespace gadget::js {

Napi::Function MapWrap::define(Napi::Env env) {
    using M = MapWrap;
    return DefineClass(
        env, "BpfMap",
        {InstanceMethod<&M::describe>("describe"), InstanceMethod<&M::fd>("fd"),
         InstanceMethod<&M::set_type>("setType"), InstanceMethod<&M::set_key_size>("setKeySize"),
         InstanceMethod<&M::set_value_size>("setValueSize"),
         InstanceMethod<&M::set_max_entries>("setMaxEntries"),
         InstanceMethod<&M::set_autocreate>("setAutocreate"),
         InstanceMethod<&M::initial_value>("initialValue"),
         InstanceMethod<&M::set_initial_value>("setInitialValue"), InstanceMethod<&M::reuse>("reuse"),
         InstanceMethod<&M::set_pin_path>("setPinPath"), InstanceMethod<&M::pin>("pin"),
         InstanceMethod<&M::unpin>("unpin"), InstanceMethod<&M::lookup>("lookup"),
         InstanceMethod<&M::update>("update"), InstanceMethod<&M::remove>("delete"),
         InstanceMethod<&M::entries>("entries"), InstanceMethod<&M::open_buffer>("openBuffer")});
}

MapWrap::MapWrap(const Napi::CallbackInfo &info) : Napi::ObjectWrap<MapWrap>(info) {
    auto *native = constructed<Native>(info);
    if (native == nullptr)
        return;
    native_ = std::move(*native);
    info.This().As<Napi::Object>().Set("name", native_->map.name());
}

Napi::Value MapWrap::describe(const Napi::CallbackInfo &info) {
    auto object = Napi::Object::New(info.Env());
    object.Set("type", native_->map.type());
    object.Set("keySize", native_->map.key_size());
    object.Set("valueSize", native_->map.value_size());
    object.Set("valueBytes", to_js(info.Env(), native_->map.value_bytes()));
    object.Set("maxEntries", native_->map.max_entries());
    return object;
}

Napi::Value MapWrap::fd(const Napi::CallbackInfo &info) { return answer(info.Env(), native_->map.fd()); }

Napi::Value MapWrap::set(const Napi::CallbackInfo &info, SetNumber setter) {
    Arguments arguments(info);
    const uint32_t value = arguments.uint32(0);
    return arguments.ok() ? answer(info.Env(), (native_->map.*setter)(value)) : info.Env().Undefined();
}

Napi::Value MapWrap::set(const Napi::CallbackInfo &info, SetText setter) {
    Arguments arguments(info);
    const std::string value = arguments.text(0);
    return arguments.ok() ? answer(info.Env(), (native_->map.*setter)(value)) : info.Env().Undefined();
}

Napi::Value MapWrap::set_type(const Napi::CallbackInfo &info) { return set(info, &bpf::Map::set_type); }
Napi::Value MapWrap::set_key_size(const Napi::CallbackInfo &info) {
    return set(info, &bpf::Map::set_key_size);
}
Napi::Value MapWrap::set_value_size(const Napi::CallbackInfo &info) {
    return set(info, &bpf::Map::set_value_size);
}
Napi::Value MapWrap::set_max_entries(const Napi::CallbackInfo &info) {
    return set(info, &bpf::Map::set_max_entries);
}
Napi::Value MapWrap::set_pin_path(const Napi::CallbackInfo &info) {
    return set(info, &bpf::Map::set_pin_path);
}
Napi::Value MapWrap::pin(const Napi::CallbackInfo &info) { return set(info, &bpf::Map::pin); }
Napi::Value MapWrap::unpin(const Napi::CallbackInfo &info) { return set(info, &bpf::Map::unpin); }

Napi::Value MapWrap::set_autocreate(const Napi::CallbackInfo &info) {
    Arguments arguments(info);
    const bool create = arguments.flag(0);
    return arguments.ok() ? answer(info.Env(), native_->map.set_autocreate(create)) : info.Env().Undefined();
}

Napi::Value MapWrap::reuse(const Napi::CallbackInfo &info) {
    Arguments arguments(info);
    const int fd = arguments.int32(0);
    return arguments.ok() ? answer(info.Env(), native_->map.reuse(fd)) : info.Env().Undefined();
}

Napi::Value MapWrap::initial_value(const Napi::CallbackInfo &info) {
    auto result = native_->map.initial_value();
    if (!result.ok())
        return throw_failure(info.Env(), result.failure());
    const auto [bytes, size] = result.value();
    if (bytes == nullptr)
        return info.Env().Undefined();
    auto copy = Napi::Uint8Array::New(info.Env(), size);
    memcpy(copy.Data(), bytes, size);
    return copy;
}

Napi::Value MapWrap::set_initial_value(const Napi::CallbackInfo &info) {
    Arguments arguments(info);
    const Bytes value = arguments.bytes(0);
    return arguments.ok() ? answer(info.Env(), native_->map.set_initial_value(value.data, value.size))
                          : info.Env().Undefined();
}

Napi::Value MapWrap::lookup(const Napi::CallbackInfo &info) {
    Arguments arguments(info);
    const Bytes key = arguments.bytes(0, native_->map.key_size());
    const Bytes value = arguments.bytes(1, native_->map.value_bytes());
    return arguments.ok() ? answer(info.Env(), native_->map.lookup(key.data, value.data))
                          : info.Env().Undefined();
}

Napi::Value MapWrap::update(const Napi::CallbackInfo &info) {
    Arguments arguments(info);
    const Bytes key = arguments.bytes(0, native_->map.key_size());
    const Bytes value = arguments.bytes(1, native_->map.value_bytes());
    const uint32_t flags = arguments.uint32(2);
    return arguments.ok() ? answer(info.Env(), native_->map.update(key.data, value.data, flags))
                          : info.Env().Undefined();
}

Napi::Value MapWrap::remove(const Napi::CallbackInfo &info) {
    Arguments arguments(info);
    const Bytes key = arguments.bytes(0, native_->map.key_size());
    return arguments.ok() ? answer(info.Env(), native_->map.remove(key.data)) : info.Env().Undefined();
}

Napi::Value MapWrap::entries(const Napi::CallbackInfo &info) {
    Arguments arguments(info);
    const bool remove = arguments.flag(0);
    if (!arguments.ok())
        return info.Env().Undefined();
    auto result = native_->map.entries(remove);
    if (!result.ok())
        return throw_failure(info.Env(), result.failure());
    if (result.value().bytes.empty())
        return Napi::ArrayBuffer::New(info.Env(), 0);
    // The memory itself goes over to JavaScript: maps of many megabytes are not copied again.
    auto *bytes = new std::vector<uint8_t>(std::move(result.value().bytes));
    return Napi::ArrayBuffer::New(
        info.Env(), bytes->data(), bytes->size(),
        [](Napi::Env, void *, std::vector<uint8_t> *owned) { delete owned; }, bytes);
}

Napi::Value MapWrap::open_buffer(const Napi::CallbackInfo &info) {
    Arguments arguments(info);
    const uint32_t pages_per_cpu = arguments.uint32(0);
    if (!arguments.ok())
        return info.Env().Undefined();
    auto buffer = native_->map.open_buffer(pages_per_cpu);
    if (!buffer.ok())
        return throw_failure(info.Env(), buffer.failure());
    return make<RecordBufferWrap>(info.Env(), Environment::of(info.Env()).record_buffer_class,
                                  {native_->object, std::move(buffer.value())});
}

} // namespace gadget::js
