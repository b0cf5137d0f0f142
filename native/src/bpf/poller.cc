#include "poller.h"

#include "thread.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

namespace gadget::bpf {
namespace {

/// epoll data of the stop descriptor; ids of buffers start at 1.
constexpr uint64_t kStop = 0;
constexpr int kEventsPerWait = 16;

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
    const int error = start_named_thread(&poller->thread_, "gadget-poll", run, poller.get());
    if (error != 0)
        return fail(error, "poll_start");
    poller->running_ = true;
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
