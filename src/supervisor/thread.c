#include "supervisor/thread.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>

int thread_start(void *(*fn)(void *arg), void *arg) {
    pthread_attr_t attributes;
    sigset_t all;
    pthread_t thread;
    sigfillset(&all);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setsigmask_np(&attributes, &all);
    errno = pthread_create(&thread, &attributes, fn, arg);
    pthread_attr_destroy(&attributes);
    return errno ? -1 : 0;
}
