#pragma once

#include "result.h"
#include "unique_fd.h"

#include <pthread.h>

#include <cstdint>
#include <memory>

namespace gadget::bpf {

/// One thread ("gadget-poll") that sleeps until an armed descriptor is readable, and says so once for each
/// arming.
class Poller {
  public:
    /// Called on the poll thread with the id given to arm(). False: nobody listens any more, the thread ends.
    using Notify = bool (*)(void *context, uint64_t id);

    static Result<std::unique_ptr<Poller>> start(Notify notify, void *context);
    /// Joins the thread. JS thread.
    ~Poller();
    Poller(const Poller &) = delete;
    Poller &operator=(const Poller &) = delete;

    /// Level-triggered and once: data that waits already is told at once. JS thread.
    Status arm(int fd, uint64_t id);
    /// JS thread. A notification may be on its way already.
    void disarm(int fd);

  private:
    Poller(UniqueFd epoll, UniqueFd stop, Notify notify, void *context);
    /// Poll thread.
    static void *run(void *self);
    void loop();

    UniqueFd epoll_;
    UniqueFd stop_;
    Notify notify_;
    void *context_;
    pthread_t thread_{};
    bool running_ = false;
};

} // namespace gadget::bpf
