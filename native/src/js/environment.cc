#include "environment.h"

#include "../bpf/log_capture.h"

#include <algorithm>

namespace gadget::js {

Environment::Environment(napi_env env) : env_(env) {
    bpf::route_libbpf_log();
    napi_add_env_cleanup_hook(env, end, this);
}

void Environment::end(void *self) {
    auto &environment = *static_cast<Environment *>(self);
    Napi::HandleScope scope(environment.env_);
    environment.ended_ = true;
    environment.poller_.reset(); // joins the thread, so that nobody uses wakeups_ any more
    if (environment.wakeups_ != nullptr && !environment.wakeups_closing_)
        napi_release_threadsafe_function(environment.wakeups_, napi_tsfn_release);
    environment.wakeups_ = nullptr;
    environment.armed_.clear();
    for (auto &weak : environment.objects_) {
        if (auto object = weak.lock())
            object->close();
    }
    environment.closer_->finish(); // the code of its thread may be unloaded with a worker
}

void Environment::track(const std::shared_ptr<bpf::Object> &object) {
    std::erase_if(objects_, [](const auto &weak) { return weak.expired(); });
    objects_.push_back(object);
}

bpf::Status Environment::start_poller() {
    if (poller_ != nullptr)
        return bpf::Done{};
    if (wakeups_ == nullptr) {
        const auto name = Napi::String::New(env_, "gadget-poll");
        // Every armed descriptor is told of once, so the queue is as long as there are buffers: no bound
        // needed.
        if (napi_create_threadsafe_function(env_, nullptr, nullptr, name, 0, 1, nullptr, nullptr, this,
                                            wake_on_js_thread, &wakeups_) != napi_ok)
            return bpf::fail(ENOMEM, "poll_start");
        napi_unref_threadsafe_function(env_, wakeups_);
    }
    auto poller = bpf::Poller::start(notify, this);
    if (!poller.ok())
        return std::move(poller.failure());
    poller_ = std::move(poller.value());
    return bpf::Done{};
}

bpf::Result<uint64_t> Environment::arm(int fd, Napi::Object owner, Napi::Function wake) {
    auto started = start_poller();
    if (!started.ok())
        return std::move(started.failure());
    const uint64_t token = next_token_++;
    auto armed = poller_->arm(fd, token);
    if (!armed.ok())
        return std::move(armed.failure());
    if (armed_.empty())
        napi_ref_threadsafe_function(env_, wakeups_);
    armed_.emplace(token, Armed{Napi::Persistent(owner), Napi::Persistent(wake)});
    return token;
}

void Environment::disarm(uint64_t token, int fd) {
    if (poller_ != nullptr)
        poller_->disarm(fd);
    auto armed = armed_.find(token);
    if (armed != armed_.end())
        forget(armed);
}

void Environment::forget(std::map<uint64_t, Armed>::iterator armed) {
    armed_.erase(armed);
    if (armed_.empty())
        napi_unref_threadsafe_function(env_, wakeups_);
}

void Environment::wake(uint64_t token) {
    auto armed = armed_.find(token);
    if (armed == armed_.end())
        return; // disarmed while the message was on its way
    Napi::Function function = armed->second.wake.Value();
    forget(armed);
    // Plain calls: an environment that is ending still delivers messages, but runs no JavaScript and takes no
    // exception.
    napi_value exception;
    if (napi_call_function(env_, Napi::Env(env_).Undefined(), function, 0, nullptr, nullptr) ==
            napi_pending_exception &&
        napi_get_and_clear_last_exception(env_, &exception) == napi_ok)
        napi_fatal_exception(env_, exception);
}

void Environment::wake_on_js_thread(napi_env env, napi_value, void *self, void *token) {
    auto &environment = *static_cast<Environment *>(self);
    if (env == nullptr || environment.ended_)
        return;
    Napi::HandleScope scope(env);
    environment.wake(reinterpret_cast<uintptr_t>(token));
}

bool Environment::notify(void *self, uint64_t token) {
    auto &environment = *static_cast<Environment *>(self);
    const napi_status status = napi_call_threadsafe_function(
        environment.wakeups_, reinterpret_cast<void *>(static_cast<uintptr_t>(token)), napi_tsfn_nonblocking);
    environment.wakeups_closing_ = status == napi_closing;
    return status == napi_ok;
}

} // namespace gadget::js
