#include "poller.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <csignal>

namespace gadget::bpf {
namespace {

/// epoll data of the stop descriptor; ids of buffers start at 1.
constexpr uint64_t kStop = 0;
constexpr int kEventsPerWait = 16;

/// Signals belong to the threads that expect them: this one blocks all.
int create_with_signals_blocked(pthread_t *thread, void *(*run)(void *), void *argument) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int error = pthread_create(thread, nullptr, run, argument);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return error;
}

} // namespace

Poller::Poller(UniqueFd epoll, UniqueFd stop, Notify notify, void *context)
    : epoll_(std::move(epoll)), stop_(std::move(stop)), notify_(notify), context_(context) {}

Result<std::unique_ptr<Poller>> Poller::start(Notify notify, void *context) {
    UniqueFd epoll(epoll_create1(EPOLL_CLOEXEC));
    if (!epoll.valid())
        return fail(errno, "poll_start");
    UniqueFd stop(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!stop.valid())
        return fail(errno, "poll_start");
    epoll_event event{.events = EPOLLIN, .data = {.u64 = kStop}};
    if (epoll_ctl(epoll.get(), EPOLL_CTL_ADD, stop.get(), &event) != 0)
        return fail(errno, "poll_start");
    std::unique_ptr<Poller> poller(new Poller(std::move(epoll), std::move(stop), notify, context));
    const int error = create_with_signals_blocked(&poller->thread_, run, poller.get());
    if (error != 0)
        return fail(error, "poll_start");
    poller->running_ = true;
    pthread_setname_np(poller->thread_, "gadget-poll");
    return poller;
}

Poller::~Poller() {
    if (!running_)
        return;
    eventfd_write(stop_.get(), 1);
    pthread_join(thread_, nullptr);
}

Status Poller::arm(int fd, uint64_t id) {
    epoll_event event{.events = EPOLLIN | EPOLLONESHOT, .data = {.u64 = id}};
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event) == 0)
        return Done{};
    if (errno != ENOENT || epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0)
        return fail(errno, "poll_arm");
    return Done{};
}

void Poller::disarm(int fd) { epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr); }

void *Poller::run(void *self) {
    static_cast<Poller *>(self)->loop();
    return nullptr;
}

void Poller::loop() {
    epoll_event events[kEventsPerWait];
    for (;;) {
        const int count = epoll_wait(epoll_.get(), events, kEventsPerWait, -1);
        if (count < 0 && errno != EINTR)
            return;
        for (int i = 0; i < count; i++) {
            if (events[i].data.u64 == kStop || !notify_(context_, events[i].data.u64))
                return;
        }
    }
}

} // namespace gadget::bpf
