/* include/greenroom/green.h */
#include "greenroom/green.h"

#include <errno.h>

#include "runtime/park.h"
#include "runtime/runtime.h"
#include "runtime/sched.h"

/* How the application's language starts its threads, learnt from an example. */
static struct {
    bool learning, known;
    struct green *learner;
    void *(*start)(void *);
    void *first_word; /* of what the start routine gets */
} example;

bool gr_is_green(void) { return green_self_tls != NULL && !runtime_apart; }

int64_t gr_now(void) { return clock_now(); }

gr_green *gr_spawn(void *(*fn)(void *), void *arg) {
    struct green *self = green_may_park();
    if (!self) {
        errno = EPERM;
        return NULL;
    }
    struct green *green = green_start(&green_app_pool, fn, arg, true);
    if (green) green->deadline = self->deadline;
    return (gr_green *)green;
}

int gr_join(gr_green *handle, void **result) {
    struct green *green = (struct green *)handle;
    struct green *self = green_self_tls;
    int error = green_join(green, NEVER, true);
    if (error) {
        errno = error == ETIMEDOUT ? green_expiry_errno(self) : error;
        return -1;
    }
    if (result) *result = green->result;
    green_release(green);
    return 0;
}

void gr_yield(void) {
    struct green *self = green_may_park();
    if (!self) return;
    int saved = errno;
    sched_enter(self);
    sched_pause(self);
    sched_ready(self);
    schedule();
    sched_resume(self, ACCOUNT_QUEUED);
    sched_leave(self);
    errno = saved;
}

int64_t gr_deadline(void) {
    struct green *self = green_self_tls;
    return !self || self->deadline == NEVER ? 0 : self->deadline;
}

int64_t gr_deadline_set(int64_t at) {
    struct green *self = green_self_tls;
    int64_t before = gr_deadline();
    if (self) self->deadline = at > 0 ? at : NEVER;
    return before;
}

void gr_cancel(gr_green *green) { green_cancel((struct green *)green); }

bool gr_cancelled(void) {
    struct green *self = green_self_tls;
    return self && green_is_cancelled(self);
}

void gr_shield(bool up) {
    struct green *self = green_self_tls;
    if (self) self->shields += up ? 1 : -1;
}

bool thread_is_adopted(void *(*start)(void *), void *arg) {
    if (example.learning && example.learner == green_self_tls) {
        example.learning = false;
        example.known = true;
        example.start = start;
        example.first_word = arg ? *(void **)arg : NULL;
        return true;
    }
    return example.known && start == example.start && arg && *(void **)arg == example.first_word;
}

int gr_threads_like(void (*start_one)(void *data), void *data) {
    example.learner = green_self_tls;
    example.learning = true;
    start_one(data);
    if (!example.learning) return 0;
    example.learning = false;
    errno = EINVAL;
    return -1;
}
