#include "parallel.h"

#include "thread.h"

#include <algorithm>
#include <atomic>
#include <vector>

namespace gadget::bpf {
namespace {

/// More do not shorten the wait: the kernel's grace periods are shared.
constexpr size_t kMostThreads = 16;

struct Job {
    size_t count;
    const std::function<void(size_t)> &work;
    std::atomic<size_t> next = 0;

    void run() {
        for (size_t index = next++; index < count; index = next++)
            work(index);
    }
};

void *run(void *job) {
    static_cast<Job *>(job)->run();
    return nullptr;
}

} // namespace

void in_parallel(size_t count, const std::function<void(size_t)> &work) {
    Job job{.count = count, .work = work};
    std::vector<pthread_t> threads;
    const size_t helpers = std::min(count, kMostThreads);
    for (size_t i = 1; i < helpers; i++) {
        pthread_t thread;
        if (start_named_thread(&thread, "gadget-detach", run, &job) != 0)
            break;
        threads.push_back(thread);
    }
    job.run();
    for (pthread_t thread : threads)
        pthread_join(thread, nullptr);
}

} // namespace gadget::bpf
