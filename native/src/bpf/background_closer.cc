#include "background_closer.h"

#include "thread.h"

#include <cerrno>
#include <ctime>
#include <sys/syscall.h>
#include <unistd.h>

namespace gadget::bpf {
namespace {

/// A process that is about to end does so within this time of closing its last object.
constexpr long kPauseNs = 300'000'000;

timespec after_pause() {
    timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    time.tv_nsec += kPauseNs;
    time.tv_sec += time.tv_nsec / 1'000'000'000;
    time.tv_nsec %= 1'000'000'000;
    return time;
}

/// Closes descriptors without the kernel's wait: a child that has them, too, closes them last. It lets go of
/// the standard streams at once, as somebody may wait for their end. Only where the process ends now is there
/// nobody who would have to wait for the child: init does.
void leave_to_child(std::vector<UniqueFd> fds) {
    int closed[2];
    if (fds.empty() || syscall(SYS_gettid) != getpid() || pipe2(closed, O_CLOEXEC) != 0)
        return;
    UniqueFd child_end(closed[0]), our_end(closed[1]);
    if (fork() == 0) {
        for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
            close(fd);
        our_end.reset();
        char byte;
        while (read(child_end.get(), &byte, 1) < 0 && errno == EINTR) {
        }
        _exit(0);
    }
    fds.clear();
}

} // namespace

void BackgroundCloser::add(UniqueFd fd) {
    if (!fd.valid())
        return;
    pthread_mutex_lock(&lock_);
    waiting_.push_back(std::move(fd));
    pthread_mutex_unlock(&lock_);
}

void BackgroundCloser::start() {
    pthread_mutex_lock(&lock_);
    if (!working_ && !finishing_ && !waiting_.empty()) {
        join(); // one that has ended, or does so without the lock
        working_ = joinable_ = start_named_thread(&thread_, "gadget-close", run, this) == 0;
        if (!working_)
            waiting_.clear();
    }
    pthread_mutex_unlock(&lock_);
}

void *BackgroundCloser::run(void *self) {
    static_cast<BackgroundCloser *>(self)->close_all();
    return nullptr;
}

void BackgroundCloser::close_all() {
    const timespec until = after_pause();
    pthread_mutex_lock(&lock_);
    while (!finishing_ && pthread_cond_timedwait(&finishing_changed_, &lock_, &until) == 0) {
    }
    while (!finishing_ && !waiting_.empty()) {
        UniqueFd fd = std::move(waiting_.back());
        waiting_.pop_back();
        pthread_mutex_unlock(&lock_);
        fd.reset();
        pthread_mutex_lock(&lock_);
    }
    working_ = false;
    pthread_mutex_unlock(&lock_);
}

void BackgroundCloser::finish() {
    pthread_mutex_lock(&lock_);
    finishing_ = true;
    pthread_cond_broadcast(&finishing_changed_);
    std::vector<UniqueFd> rest = std::exchange(waiting_, {});
    pthread_mutex_unlock(&lock_);
    join();
    leave_to_child(std::move(rest));
}

void BackgroundCloser::join() {
    if (std::exchange(joinable_, false))
        pthread_join(thread_, nullptr);
}

} // namespace gadget::bpf
