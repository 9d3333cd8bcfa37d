#include "runtime/activity.h"

#include "runtime/site.h"

struct activity activity_of_wait(const struct green *green) {
    switch ((enum green_wait)green->wait) {
    case GREEN_WAIT_DESCRIPTOR:
        return (struct activity){ACTIVITY_DESCRIPTOR, (int)green->wait_for, 0};
    case GREEN_WAIT_DESCRIPTORS:
        return (struct activity){ACTIVITY_DESCRIPTORS, (int)green->wait_for, 0};
    case GREEN_WAIT_TIME:
        return (struct activity){ACTIVITY_TIME, -1, green->wait_for};
    case GREEN_WAIT_ADDRESS:
        if ((const void *)green->wait_for == site_lock.cond ||
            (const void *)green->wait_for == site_lock.mutex)
            return (struct activity){ACTIVITY_INTERPRETER, -1, 0};
        return (struct activity){ACTIVITY_LOCK, -1, 0};
    case GREEN_WAIT_OS_THREAD:
        return (struct activity){ACTIVITY_OS_THREAD, -1, 0};
    case GREEN_WAIT_OTHER:
        break;
    }
    return (struct activity){ACTIVITY_OTHER, -1, 0};
}

struct activity activity_of(const struct green *green) {
    if (__atomic_load_n(&green->state, __ATOMIC_RELAXED) == GREEN_DETACHED)
        return (struct activity){ACTIVITY_RUNS_APART, -1, 0};
    if (green->queued) return (struct activity){ACTIVITY_QUEUED, -1, 0};
    return green->parked ? activity_of_wait(green) : (struct activity){ACTIVITY_RUNS, -1, 0};
}
