#pragma once

#include "../bpf/link.h"

#include <napi.h>

#include <optional>

namespace gadget::js {

/// `Link` of index.d.ts. Holds the object too: what is attached lives as long as its object.
class LinkWrap : public Napi::ObjectWrap<LinkWrap> {
  public:
    struct Native {
        std::shared_ptr<bpf::Object> object;
        std::shared_ptr<bpf::Link> link;
    };

    static Napi::Function define(Napi::Env env);
    explicit LinkWrap(const Napi::CallbackInfo &info);

  private:
    Napi::Value open_iterator(const Napi::CallbackInfo &info);
    Napi::Value close(const Napi::CallbackInfo &info);

    std::optional<Native> native_;
};

/// `IteratorStream` of index.d.ts.
class IteratorWrap : public Napi::ObjectWrap<IteratorWrap> {
  public:
    struct Native {
        std::shared_ptr<bpf::Object> object;
        std::shared_ptr<bpf::Iterator> iterator;
    };

    static Napi::Function define(Napi::Env env);
    explicit IteratorWrap(const Napi::CallbackInfo &info);

  private:
    Napi::Value read(const Napi::CallbackInfo &info);
    Napi::Value close(const Napi::CallbackInfo &info);

    std::optional<Native> native_;
};

} // namespace gadget::js
