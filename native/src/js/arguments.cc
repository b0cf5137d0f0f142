#include "arguments.h"

namespace gadget::js {

void Arguments::refuse(size_t index, const char *expected) {
    if (ok_)
        Napi::TypeError::New(info_.Env(), "argument " + std::to_string(index) + " is not " + expected)
            .ThrowAsJavaScriptException();
    ok_ = false;
}

std::string Arguments::text(size_t index) {
    if (info_[index].IsString())
        return info_[index].As<Napi::String>().Utf8Value();
    refuse(index, "a string");
    return {};
}

bool Arguments::flag(size_t index) {
    if (info_[index].IsBoolean())
        return info_[index].As<Napi::Boolean>().Value();
    refuse(index, "a boolean");
    return false;
}

int32_t Arguments::int32(size_t index) {
    if (info_[index].IsNumber()) {
        const double value = info_[index].As<Napi::Number>().DoubleValue();
        if (value >= INT32_MIN && value <= INT32_MAX)
            return static_cast<int32_t>(value);
    }
    refuse(index, "a 32-bit integer");
    return 0;
}

uint32_t Arguments::uint32(size_t index) {
    if (info_[index].IsNumber()) {
        const double value = info_[index].As<Napi::Number>().DoubleValue();
        if (value >= 0 && value <= UINT32_MAX)
            return static_cast<uint32_t>(value);
    }
    refuse(index, "an unsigned 32-bit integer");
    return 0;
}

uint64_t Arguments::uint64(size_t index) {
    if (info_[index].IsBigInt()) {
        bool lossless = false;
        const uint64_t value = info_[index].As<Napi::BigInt>().Uint64Value(&lossless);
        if (lossless)
            return value;
    }
    refuse(index, "an unsigned 64-bit bigint");
    return 0;
}

Bytes Arguments::bytes(size_t index) {
    if (info_[index].IsTypedArray() &&
        info_[index].As<Napi::TypedArray>().TypedArrayType() == napi_uint8_array) {
        auto array = info_[index].As<Napi::Uint8Array>();
        return {array.Data(), array.ByteLength()};
    }
    refuse(index, "a Uint8Array");
    return {};
}

Bytes Arguments::bytes(size_t index, size_t size) {
    const Bytes bytes = this->bytes(index);
    if (ok_ && bytes.size != size)
        refuse(index, ("of " + std::to_string(size) + " bytes").c_str());
    return bytes;
}

Napi::Uint32Array Arguments::words(size_t index) {
    if (info_[index].IsTypedArray() &&
        info_[index].As<Napi::TypedArray>().TypedArrayType() == napi_uint32_array)
        return info_[index].As<Napi::Uint32Array>();
    refuse(index, "a Uint32Array");
    return {};
}

Napi::Function Arguments::function(size_t index) {
    if (info_[index].IsFunction())
        return info_[index].As<Napi::Function>();
    refuse(index, "a function");
    return {};
}

} // namespace gadget::js
