#pragma once

#include <pthread.h>

namespace gadget::bpf {

/// Starts a thread that blocks all signals, which belong to the threads that expect them. 0, or an errno.
int start_named_thread(pthread_t *thread, const char *name, void *(*run)(void *), void *argument);

} // namespace gadget::bpf
