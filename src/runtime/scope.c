/* include/greenroom/scope.h. Everything in a scope is touched inside sched_enter only. */
#include "greenroom/scope.h"

#include <errno.h>
#include <stdlib.h>

#include "base/list.h"
#include "runtime/park.h"
#include "runtime/sched.h"

struct gr_scope {
    struct green *owner;
    struct list children;
    int error; /* the first; 0 for none */
    bool cancelled;
};

struct child {
    struct list node;
    gr_scope *scope;
    struct green *green;
    int (*fn)(void *);
    void *arg;
    int error;
};

static int fail(int error) {
    errno = error;
    return -1;
}

gr_scope *gr_scope_open(void) {
    struct green *self = green_may_park();
    if (!self) {
        errno = EPERM;
        return NULL;
    }
    gr_scope *scope = malloc(sizeof *scope);
    if (!scope) return NULL;
    *scope = (gr_scope){.owner = self};
    list_init(&scope->children);
    return scope;
}

static void cancel(gr_scope *scope) {
    struct green *self = green_self_tls;
    scope->cancelled = true;
    for (struct list *node = scope->children.next; node != &scope->children; node = node->next) {
        struct green *green = LIST_ENTRY(node, struct child, node)->green;
        if (green != self) green_cancel(green);
    }
}

/* Runs at the end of the child's thread, however it ends. */
static void child_end(void *arg) {
    struct child *child = arg;
    gr_scope *scope = child->scope;
    struct green *self = green_self_tls;
    sched_enter(self);
    self->work = NULL; /* which may end as soon as the owner has been woken */
    list_remove(&child->node);
    if (child->error && !scope->error) {
        scope->error = child->error;
        cancel(scope);
    }
    if (list_empty(&scope->children)) green_wake(scope->owner);
    sched_leave(self);
    free(child);
}

static void *child_main(void *arg) {
    struct child *child = arg;
    if (green_at_exit(child_end, child) == 0) {
        child->error = child->fn(child->arg);
        return NULL;
    }
    child->error = ENOMEM;
    child_end(child);
    return NULL;
}

int gr_scope_spawn(gr_scope *scope, int (*fn)(void *), void *arg) {
    struct green *self = green_may_park();
    if (!self) return fail(EPERM);
    if (scope->cancelled) return fail(ECANCELED);
    struct child *child = malloc(sizeof *child);
    if (!child) return fail(EAGAIN);
    *child = (struct child){.scope = scope, .fn = fn, .arg = arg};
    sched_enter(self);
    child->green = green_start(&green_app_pool, child_main, child, false);
    if (child->green) {
        child->green->deadline = self->deadline;
        child->green->work = self->work;
        list_append(&scope->children, &child->node);
        if (scope->cancelled) green_cancel(child->green);
    }
    sched_leave(self);
    if (child->green) return 0;
    free(child);
    return fail(EAGAIN);
}

void gr_scope_cancel(gr_scope *scope) {
    struct green *self = green_may_park();
    if (!self) return;
    sched_enter(self);
    cancel(scope);
    sched_leave(self);
}

int gr_scope_close(gr_scope *scope) {
    struct green *self = green_self_tls;
    sched_enter(self);
    while (!list_empty(&scope->children)) {
        int64_t expires = scope->cancelled ? NEVER : green_expires(self);
        if (!green_park(expires) || scope->cancelled) continue;
        if (!scope->error) scope->error = green_expiry_errno(self);
        cancel(scope);
    }
    sched_leave(self);
    int error = scope->error;
    free(scope);
    return error ? fail(error) : 0;
}
