#include "log_capture.h"

#include <bpf/libbpf.h>

#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <utility>

namespace gadget::bpf {
namespace {

constexpr size_t kHeadBytes = 8 * 1024;
constexpr size_t kTailBytes = 56 * 1024;

thread_local std::string *t_sink = nullptr;

/// libbpf blames RLIMIT_MEMLOCK for every EPERM of root, which kernels since 5.11 do not even look at.
bool is_misleading(const char *format) { return strstr(format, "ulimit -l") != nullptr; }

/// Verifier logs come as one argument of up to 16 MiB, so the text is measured before it is written.
int capture(enum libbpf_print_level level, const char *format, va_list arguments) {
    if (t_sink == nullptr || level != LIBBPF_WARN || is_misleading(format))
        return 0;
    va_list measured;
    va_copy(measured, arguments);
    const int length = vsnprintf(nullptr, 0, format, measured);
    va_end(measured);
    if (length <= 0)
        return 0;
    const size_t before = t_sink->size();
    t_sink->resize(before + length + 1);
    vsnprintf(t_sink->data() + before, length + 1, format, arguments);
    t_sink->resize(before + length);
    return 0;
}

std::string shortened(const std::string &text) {
    const size_t head_end = text.rfind('\n', kHeadBytes);
    const size_t tail_start = text.find('\n', text.size() - kTailBytes);
    const size_t head = head_end == std::string::npos ? kHeadBytes : head_end;
    const size_t tail = tail_start == std::string::npos ? text.size() - kTailBytes : tail_start;
    return text.substr(0, head) + "\n[... " + std::to_string(tail - head) + " bytes left out ...]" +
           text.substr(tail);
}

} // namespace

LogCapture::LogCapture() : outer_(std::exchange(t_sink, &text_)) {}

LogCapture::~LogCapture() { t_sink = outer_; }

std::string LogCapture::take() {
    std::string text = std::move(text_);
    text_.clear();
    return text.size() <= kHeadBytes + kTailBytes ? text : shortened(text);
}

void route_libbpf_log() { libbpf_set_print(capture); }

} // namespace gadget::bpf
