#pragma once

#include "../bpf/object.h"
#include "../bpf/poller.h"

#include <napi.h>

#include <map>
#include <memory>
#include <vector>

namespace gadget::js {

/// All state of one Node environment (the main thread or a worker): its open objects and its threads.
/// A cleanup hook closes everything when the environment ends, in whatever way. JS thread, but where it says
/// otherwise.
class Environment {
  public:
    explicit Environment(napi_env env);
    Environment(const Environment &) = delete;

    static Environment &of(Napi::Env env) { return *env.GetInstanceData<Environment>(); }

    /// True from the cleanup hook on: no JavaScript value may be touched any more.
    bool ended() const { return ended_; }
    const std::shared_ptr<bpf::BackgroundCloser> &closer() const { return closer_; }
    void track(const std::shared_ptr<bpf::Object> &object);

    /// Calls `wake` once when `fd` is readable, and keeps `owner` and the process alive until then.
    /// The answer is a token for disarm(), never 0.
    bpf::Result<uint64_t> arm(int fd, Napi::Object owner, Napi::Function wake);
    /// Forgets what was armed under `token` (0: nothing is) and takes `fd` from the poll thread.
    void disarm(uint64_t token, int fd);

    /// Constructors of the wrap classes, which JavaScript cannot name.
    Napi::FunctionReference program_class, map_class, link_class, record_buffer_class, iterator_class;
    /// What the wrap under construction wraps; null when JavaScript calls a constructor by itself.
    void *under_construction = nullptr;

  private:
    struct Armed {
        Napi::ObjectReference owner;
        Napi::FunctionReference wake;
    };

    static void end(void *self);
    bpf::Status start_poller();
    void forget(std::map<uint64_t, Armed>::iterator armed);
    void wake(uint64_t token);
    static void wake_on_js_thread(napi_env env, napi_value function, void *self, void *token);
    /// Poll thread.
    static bool notify(void *self, uint64_t token);

    napi_env env_;
    bool ended_ = false;
    std::shared_ptr<bpf::BackgroundCloser> closer_ = std::make_shared<bpf::BackgroundCloser>();
    std::vector<std::weak_ptr<bpf::Object>> objects_;
    std::unique_ptr<bpf::Poller> poller_;
    napi_threadsafe_function wakeups_ = nullptr;
    bool wakeups_closing_ = false; ///< written by the poll thread, read after it was joined
    std::map<uint64_t, Armed> armed_;
    uint64_t next_token_ = 1;
};

} // namespace gadget::js
