#pragma once

#include <string>

namespace gadget::bpf {

/// Collects the warnings that libbpf prints on this thread while it lives; nothing of libbpf ever reaches
/// stderr. Captures nest: the inner one takes what is printed.
class LogCapture {
  public:
    LogCapture();
    ~LogCapture();
    LogCapture(const LogCapture &) = delete;
    LogCapture &operator=(const LogCapture &) = delete;

    /// At most 64 KiB: of a longer text the first 8 KiB and the end, cut at lines.
    std::string take();

  private:
    std::string text_;
    std::string *outer_;
};

/// Routes libbpf's printing to the captures. Once a process is enough, more do no harm.
void route_libbpf_log();

} // namespace gadget::bpf
