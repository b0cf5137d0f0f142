#pragma once

#include <cerrno>
#include <string>
#include <utility>
#include <variant>

namespace gadget::bpf {

/// What the kernel or libbpf refused; words for it are found on the other side of the seam.
struct Failure {
    int error;             ///< positive errno, 0 where there is none
    const char *operation; ///< a static string: "load", "attach", "map_update" …
    std::string subject;   ///< program, map or path
    std::string log;       ///< what libbpf printed on this thread meanwhile
};

inline Failure fail(int error, const char *operation, std::string subject = {}, std::string log = {}) {
    return {error < 0 ? -error : error, operation, std::move(subject), std::move(log)};
}

/// A value, or the reason why there is none.
template <class T> class [[nodiscard]] Result {
  public:
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    Result(Failure failure) : state_(std::in_place_index<1>, std::move(failure)) {}

    bool ok() const { return state_.index() == 0; }
    T &value() { return *std::get_if<0>(&state_); }
    Failure &failure() { return *std::get_if<1>(&state_); }

  private:
    std::variant<T, Failure> state_;
};

struct Done {};
using Status = Result<Done>;

} // namespace gadget::bpf
