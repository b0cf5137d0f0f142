#pragma once

#include "unique_fd.h"

#include <pthread.h>

#include <vector>

namespace gadget::bpf {

/// Closes descriptors on a thread of its own ("gadget-close"), for those whose closing makes the kernel wait.
/// Giving up the perf event of a tracepoint takes some 50 ms of RCU grace periods, one event after the other,
/// long after its program was detached.
class BackgroundCloser {
  public:
    BackgroundCloser() = default;
    ~BackgroundCloser() { finish(); }
    BackgroundCloser(const BackgroundCloser &) = delete;
    BackgroundCloser &operator=(const BackgroundCloser &) = delete;

    /// Any thread. Takes a descriptor over; nothing is closed before start(), as that would slow further
    /// detaching down.
    void add(UniqueFd fd);
    /// JS thread. Closes right here when no thread can be had.
    void start();
    /// JS thread. Waits until everything is closed.
    void finish();

  private:
    /// Closer thread: ends when nothing is left.
    static void *run(void *self);
    void join();

    pthread_mutex_t lock_ = PTHREAD_MUTEX_INITIALIZER;
    std::vector<UniqueFd> waiting_; ///< under lock_
    bool working_ = false;          ///< under lock_: the thread will look at waiting_ once more
    pthread_t thread_{};
    bool joinable_ = false; ///< JS thread only
};

} // namespace gadget::bpf
