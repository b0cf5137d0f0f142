#pragma once

#include "../bpf/map.h"

#include <napi.h>

#include <optional>

namespace gadget::js {

/// `BpfMap` of index.d.ts.
class MapWrap : public Napi::ObjectWrap<MapWrap> {
  public:
    struct Native {
        std::shared_ptr<bpf::Object> object;
        bpf::Map map;
    };

    static Napi::Function define(Napi::Env env);
    explicit MapWrap(const Napi::CallbackInfo &info);

  private:
    Napi::Value describe(const Napi::CallbackInfo &info);
    Napi::Value fd(const Napi::CallbackInfo &info);
    Napi::Value set_type(const Napi::CallbackInfo &info);
    Napi::Value set_key_size(const Napi::CallbackInfo &info);
    Napi::Value set_value_size(const Napi::CallbackInfo &info);
    Napi::Value set_max_entries(const Napi::CallbackInfo &info);
    Napi::Value set_autocreate(const Napi::CallbackInfo &info);
    Napi::Value initial_value(const Napi::CallbackInfo &info);
    Napi::Value set_initial_value(const Napi::CallbackInfo &info);
    Napi::Value reuse(const Napi::CallbackInfo &info);
    Napi::Value set_pin_path(const Napi::CallbackInfo &info);
    Napi::Value pin(const Napi::CallbackInfo &info);
    Napi::Value unpin(const Napi::CallbackInfo &info);
    Napi::Value lookup(const Napi::CallbackInfo &info);
    Napi::Value update(const Napi::CallbackInfo &info);
    Napi::Value remove(const Napi::CallbackInfo &info);
    Napi::Value entries(const Napi::CallbackInfo &info);
    Napi::Value open_buffer(const Napi::CallbackInfo &info);

    using SetNumber = bpf::Status (bpf::Map::*)(uint32_t);
    using SetText = bpf::Status (bpf::Map::*)(const std::string &);
    Napi::Value set(const Napi::CallbackInfo &info, SetNumber setter);
    Napi::Value set(const Napi::CallbackInfo &info, SetText setter);

    std::optional<Native> native_;
};

} // namespace gadget::js
