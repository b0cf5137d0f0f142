#include "background_closer.h"

#include "thread.h"

namespace gadget::bpf {

void BackgroundCloser::add(UniqueFd fd) {
    if (!fd.valid())
        return;
    pthread_mutex_lock(&lock_);
    waiting_.push_back(std::move(fd));
    pthread_mutex_unlock(&lock_);
}

void BackgroundCloser::start() {
    pthread_mutex_lock(&lock_);
    if (!working_ && !waiting_.empty()) {
        join(); // one that has ended, or does so without the lock
        working_ = joinable_ = start_named_thread(&thread_, "gadget-close", run, this) == 0;
        if (!working_)
            waiting_.clear();
    }
    pthread_mutex_unlock(&lock_);
}

void *BackgroundCloser::run(void *self) {
    auto &closer = *static_cast<BackgroundCloser *>(self);
    for (;;) {
        pthread_mutex_lock(&closer.lock_);
        std::vector<UniqueFd> batch = std::exchange(closer.waiting_, {});
        closer.working_ = !batch.empty();
        pthread_mutex_unlock(&closer.lock_);
        if (batch.empty())
            return nullptr;
        batch.clear(); // closes
    }
}

void BackgroundCloser::finish() {
    start();
    join();
}

void BackgroundCloser::join() {
    if (std::exchange(joinable_, false))
        pthread_join(thread_, nullptr);
}

} // namespace gadget::bpf
