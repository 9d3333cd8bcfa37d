#include "runtime/green.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/bottom.h"
#include "runtime/hollow.h"
#include "runtime/park.h"
#include "runtime/sched.h"
#include "runtime/stack.h"
#include "runtime/tls.h"

enum { TRIM_DELAY_MS = 1000, TRIM_PAUSE_MS = 10, TRIM_BATCH = 128, KEPT_HOT = 64 };

struct green_pool green_app_pool = {.fresh_each_time = true};
struct green_pool green_request_pool;

static unsigned green_count;

unsigned green_made(void) { return green_count; }

static void pools_trim(struct timer *timer);
static struct timer trim_timer = {.fire = pools_trim};

static void trim_after(int64_t ms) {
    if (!trim_timer.node.place) timer_start(&trim_timer, sched.now + ms * NS_PER_MS);
}

static void pool_put(struct green *green) {
    struct green_pool *pool = green->pool;
    green->pooled = true;
    green->pool_next = pool->free;
    pool->free = green;
    if (++pool->idle > KEPT_HOT) trim_after(TRIM_DELAY_MS);
}

static struct green *pool_take(struct green_pool *pool) {
    struct green *green = pool->free;
    pool->free = green->pool_next;
    pool->idle--;
    green->pooled = false;
    return green;
}

/* ---- a green thread's life ---- */

void green_end_if_forked(void) {
    if (!green_self_tls) exit(EXIT_SUCCESS);
}

static void run_function(void *green) {
    struct green *self = green;
    self->result = self->fn(self->arg);
}

static void run_task(struct green *self) {
    if (self->pool->fresh_each_time && !self->fresh) tls_restore();
    self->fresh = false;
    self->dirty = true;
    sched_clock_forget();
    sched_leave(self);
    bottom_call(run_function, self);
    green_end_if_forked();
    self->account = NULL; /* by pthread_exit it is left open */
    signal_handlers_abandoned();
    if (self->pool->fresh_each_time) {
        tls_run_destructors();
        tls_abandon_mutexes();
    }
    sched_enter(self);
    self->fn = NULL;
    __atomic_store_n(&self->done, true, __ATOMIC_SEQ_CST);
    address_wake(&self->done, INT32_MAX);
}

static void green_main_loop(struct green *self) {
    for (;;) {
        if (self->fn)
            run_task(self);
        else if (!self->pooled && self->done && !__atomic_load_n(&self->joinable, __ATOMIC_ACQUIRE))
            pool_put(self);
        else
            schedule();
    }
}

/* For the timers of green 0, of those that have been made, and of one more. */
static int reserve_timer(void) { return timer_reserve_for_greens(green_count + 2); }

static struct green *green_new(struct green_pool *pool) {
    struct green *green = calloc(1, sizeof *green);
    char *stack = NULL;
    if (pool == &green_request_pool && fault(FAULT_ENOMEM)) goto fail;
    if (!green || reserve_timer() < 0 || !(stack = stack_new(pool->stack_size))) goto fail;
    green->pool = pool;
    green->stack = stack;
    green->fresh = true;
    green->depth = 1;
    if (hollow_make(green, stack, pool->stack_size, green_main_loop) < 0) goto fail_stack;
    green_count++;
    return green;
fail_stack:
    stack_give_back(stack, pool->stack_size);
fail:
    free(green);
    errno = EAGAIN;
    return NULL;
}

struct green *green_start(struct green_pool *pool, void *(*fn)(void *), void *arg, bool joinable) {
    struct green *self = green_self_tls;
    sched_enter(self);
    struct green *green = pool->free ? pool_take(pool) : green_new(pool);
    if (green) {
        if (pool->fresh_each_time && !green->fresh) hollow_renew_tid(green);
        green->fn = fn;
        green->arg = arg;
        green->result = NULL;
        green->done = false;
        green->joinable = joinable;
        green->joining = 0;
        green->deadline = NEVER;
        green->work = NULL;
        green->account = NULL;
        green->cancelled = green->shields = 0;
        green->site = NULL;
        green->turn = 0;
        green->site_detached = 0;
        memcpy(green->name, pool == &green_request_pool ? green_main.name : self->name,
               sizeof green->name);
        green->signal_mask =
            pool == &green_request_pool ? green_main.signal_mask : self->signal_mask;
        sched_ready(green);
    }
    sched_leave(self);
    return green;
}

static void release_to_itself(struct green *green) {
    __atomic_store_n(&green->joinable, false, __ATOMIC_RELEASE);
    green_wake(green);
}

/* One that is done and not us sits in schedule() once we are attached, and can be put back as it
 * is. While it is joinable it does not put itself back, to be taken by others meanwhile. */
void green_release(struct green *green) {
    struct green *self = green_self_tls;
    if (!self || self->pinned || self == green || !green->done) return release_to_itself(green);
    sched_enter(self);
    if (green->joinable) {
        green->joinable = false;
        pool_put(green);
    }
    sched_leave(self);
}

static int64_t joining_ends(const struct green *self, int64_t due, bool may_expire) {
    int64_t expires = self && may_expire ? green_expires(self) : NEVER;
    return expires < due ? expires : due;
}

int green_join(struct green *green, int64_t due, bool may_expire) {
    struct green *self = green_self_tls;
    if (green == self) return EDEADLK;
    bool timed_out = false;
    while (!__atomic_load_n(&green->done, __ATOMIC_ACQUIRE)) {
        if (timed_out) return ETIMEDOUT;
        struct address_wait wait;
        address_wait_begin(&wait, &green->done);
        if (!__atomic_load_n(&green->done, __ATOMIC_SEQ_CST))
            timed_out = address_wait_sleep(&wait, joining_ends(self, due, may_expire));
        address_wait_end(&wait);
    }
    return 0;
}

/* The flag first: whoever is woken by this, or parks after it, sees it. */
void green_cancel(struct green *green) {
    __atomic_store_n(&green->cancelled, 1, __ATOMIC_SEQ_CST);
    green_wake(green);
}

/* TLS lies at the same distance from the thread descriptor in every thread, as the variable is
 * initial-exec. */
struct green *green_of(pthread_t thread) {
    ptrdiff_t distance = (char *)&green_self_tls - (char *)pthread_self();
    struct green *green = *(struct green **)((char *)thread + distance);
    return green && green->pool ? green : NULL;
}

struct green *green_or_main_of(pthread_t thread) {
    return thread == green_main.thread ? &green_main : green_of(thread);
}

/* ---- giving memory back ---- */

/* The hot ones are at the front of the list, so what lies behind has been idle for longest. Returns
 * whether there is more to do. The scheduler may be running on the stack of one of them. */
static bool pool_trim(struct green_pool *pool) {
    unsigned place = 0, trimmed = 0;
    for (struct green *green = pool->free; green; green = green->pool_next) {
        if (place++ < KEPT_HOT || !green->dirty || green->queued || green == green_self_tls)
            continue;
        if (trimmed++ == TRIM_BATCH) return true;
        stack_trim(green->stack, green->sp);
        green->dirty = false;
    }
    return false;
}

static void pools_trim(struct timer *timer) {
    bool more = pool_trim(&green_app_pool);
    if (pool_trim(&green_request_pool) || more) trim_after(TRIM_PAUSE_MS);
}

int green_pools_init(size_t stack_size) {
    green_app_pool.stack_size = green_request_pool.stack_size = stack_size;
    return timer_reserve(1) < 0 || timer_reserve_for_greens(1) < 0 ? -1
                                                                   : 0; /* trim_timer, green 0 */
}
