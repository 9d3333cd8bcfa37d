#include "guard/turns.h"

#include <errno.h>

#include "runtime/park.h"

enum turn_state { TURN_WAITS, TURN_HAS_PLACE, TURN_REFUSED };

struct turn {
    struct list place;
    struct green *green;
    enum turn_state state;
};

void turns_init(struct turns *turns, uint32_t most, int64_t most_queued) {
    *turns = (struct turns){.most = most, .most_queued = most_queued};
    list_init(&turns->queue);
}

static void change_taken(struct turns *turns, int change) {
    turns->taken += (uint32_t)change;
    gr_metric_add(turns->taken_gauge, change);
}

static void change_queued(struct turns *turns, int change) {
    turns->queued += (uint32_t)change;
    gr_metric_add(turns->queued_gauge, change);
}

static void end_wait(struct turns *turns, struct turn *turn, enum turn_state state) {
    list_remove(&turn->place);
    change_queued(turns, -1);
    turn->state = state;
}

static void wake_with(struct turns *turns, struct list *place, enum turn_state state) {
    struct turn *turn = LIST_ENTRY(place, struct turn, place);
    end_wait(turns, turn, state);
    green_wake(turn->green);
}

/* Its place is whoever's that waits; it is never free in between. */
void turns_give_back(struct turns *turns) {
    if (list_empty(&turns->queue))
        change_taken(turns, -1);
    else
        wake_with(turns, turns->queue.next, TURN_HAS_PLACE);
}

void turns_refuse(struct turns *turns) {
    for (struct list *at = turns->queue.next, *next; at != &turns->queue; at = next) {
        next = at->next;
        wake_with(turns, at, TURN_REFUSED);
    }
}

static int error_of(enum wait_result result) {
    switch (result) {
    case WAIT_TIMED_OUT:
        return ETIMEDOUT;
    case WAIT_EXPIRED:
        return green_expiry_errno(green_self());
    case WAIT_CLOSED:
        return EBADF;
    default:
        return 0;
    }
}

/* A signal does not end it: connect(2) that was interrupted would be taken as begun. */
static int wait_for_place(struct turns *turns, int fd, int64_t due) {
    struct turn turn = {.green = green_self()};
    list_append(&turns->queue, &turn.place);
    change_queued(turns, 1);
    int error = 0;
    while (turn.state == TURN_WAITS && !error) error = error_of(fd_wait_turn(fd, due));
    if (turn.state == TURN_WAITS) {
        end_wait(turns, &turn, TURN_REFUSED);
        return error;
    }
    if (turn.state == TURN_REFUSED) return ECONNREFUSED;
    if (error != EBADF) return 0;
    turns_give_back(turns);
    return error;
}

int turns_take(struct turns *turns, int fd, int64_t due, bool *waited) {
    *waited = false;
    if (!turns->most || turns->taken < turns->most) {
        change_taken(turns, 1);
        return 0;
    }
    if (turns->most_queued >= 0 && turns->queued >= turns->most_queued) return ECONNREFUSED;
    *waited = true;
    return wait_for_place(turns, fd, due);
}
