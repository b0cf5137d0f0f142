#include "thread.h"

#include <csignal>

namespace gadget::bpf {

int start_named_thread(pthread_t *thread, const char *name, void *(*run)(void *), void *argument) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int error = pthread_create(thread, nullptr, run, argument);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (error == 0)
        pthread_setname_np(*thread, name);
    return error;
}

} // namespace gadget::bpf
