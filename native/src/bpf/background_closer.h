#pragma once

#include "unique_fd.h"

#include <pthread.h>

#include <vector>

namespace gadget::bpf {

/// Closes descriptors whose closing makes the kernel wait, without letting anybody else wait. Giving up the
/// perf event of a tracepoint takes some 40 ms of RCU grace periods, one event after the other, long after
/// its program was detached. While the process lives, a thread of its own ("gadget-close") does that; what is
/// left when it ends, a child that does nothing but hold the descriptors while we go.
class BackgroundCloser {
  public:
    BackgroundCloser() = default;
    ~BackgroundCloser() { finish(); }
    BackgroundCloser(const BackgroundCloser &) = delete;
    BackgroundCloser &operator=(const BackgroundCloser &) = delete;

    /// Any thread. Takes a descriptor over.
    void add(UniqueFd fd);
    /// JS thread. Closes right here when no thread can be had.
    void start();
    /// JS thread. Afterwards nothing is open and no thread runs; what is added later, the next call closes.
    void finish();

  private:
    /// Closer thread: ends when nothing is left.
    static void *run(void *self);
    void close_all();
    void join();

    pthread_mutex_t lock_ = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t finishing_changed_ = PTHREAD_COND_INITIALIZER;
    std::vector<UniqueFd> waiting_; ///< under lock_
    bool working_ = false;          ///< under lock_: the thread will look at waiting_ once more
    bool finishing_ = false;        ///< under lock_: the thread closes nothing more
    pthread_t thread_{};
    bool joinable_ = false; ///< JS thread only
};

} // namespace gadget::bpf
