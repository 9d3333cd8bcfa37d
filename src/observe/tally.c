#include "observe/tally.h"

#include <stdio.h>

#include "runtime/activity.h"

const char *const tally_names[TALLY_TIMES] = {
    [TALLY_RUNNING] = "running", [TALLY_QUEUED] = "queued", [TALLY_INTERPRETER] = "interpreter",
    [TALLY_LOCK] = "lock",       [TALLY_SLEEP] = "sleep",   [TALLY_DOWNSTREAM] = "downstream",
    [TALLY_CLIENT] = "client",   [TALLY_LOOKUP] = "lookup", [TALLY_OS_THREAD] = "os_thread",
    [TALLY_OTHER] = "other",
};

/* ---- downstreams ---- */

static struct tally *tally_of(const struct green *green) { return (struct tally *)green->account; }

static struct tally_use *find_use(struct tally *tally, downstream_id id) {
    for (unsigned i = 0; i < tally->use_count; i++)
        if (tally->uses[i].downstream == id) return &tally->uses[i];
    return NULL;
}

static struct tally_use *use_of(struct tally *tally, downstream_id id) {
    struct tally_use *use = find_use(tally, id);
    if (use) return use;
    if (tally->use_count == TALLY_USES) return &tally->others;
    use = &tally->uses[tally->use_count++];
    *use = (struct tally_use){.downstream = id};
    return use;
}

static void have_waited(struct account *account, int fd, int64_t ns) {
    struct tally *tally = (struct tally *)account;
    if (fd == tally->client)
        tally->for_client += ns;
    else
        use_of(tally, downstream_of(fd))->waited += ns;
}

void tally_connecting(int fd, const struct sockaddr *to, socklen_t len) {
    struct green *self = green_self();
    sched_enter(self);
    downstream_id id = downstream_connecting(fd, to, len);
    if (self->account) use_of(tally_of(self), id)->connections++;
    sched_leave(self);
}

/* A name that the first bytes tell is that of the connection, too, if it was made here. */
static void rename_use(struct tally *tally, downstream_id before, downstream_id after) {
    if (before == after) return;
    struct tally_use *old = find_use(tally, before);
    bool made_here = old && old->connections == 1 && !old->sent;
    if (!made_here) return;
    int64_t waited = old->waited;
    *old = tally->uses[--tally->use_count];
    struct tally_use *use = use_of(tally, after);
    use->waited += waited;
    use->connections++;
}

static downstream_id greeted(struct green *self, int fd, const void *data, size_t len) {
    sched_enter(self);
    downstream_id before = downstream_of(fd), after = downstream_greeted(fd, data, data ? len : 0);
    rename_use(tally_of(self), before, after);
    sched_leave(self);
    return after;
}

/* One that is detached stays so if it can. */
static downstream_id found(struct green *self, int fd) {
    downstream_id id = downstream_known(fd);
    if (id) return id;
    sched_enter(self);
    id = downstream_of(fd);
    sched_leave(self);
    return id;
}

void tally_sent(int fd, const void *data, size_t len) {
    struct green *self = green_self();
    if (!self->account) return;
    downstream_id id = downstream_is_new(fd) ? greeted(self, fd, data, len) : found(self, fd);
    struct tally_use *use = use_of(tally_of(self), id);
    use->round_trips += !use->sending;
    use->sending = 1;
    use->sent += len;
}

void tally_received(int fd, size_t len) {
    struct green *self = green_self();
    if (!self->account) return;
    struct tally_use *use = use_of(tally_of(self), found(self, fd));
    use->sending = 0;
    use->received += len;
}

void tally_looked_up(int64_t spent_before) {
    struct tally *tally = tally_of(green_self());
    if (!tally) return;
    tally->lookups++;
    tally->for_lookups += tally->account.spent[ACCOUNT_OS_THREAD] - spent_before;
}

/* ---- */

void tally_open(struct tally *tally, int64_t now, int client) {
    tally->client = client;
    tally->lookups = tally->use_count = 0;
    tally->for_client = tally->for_lookups = 0;
    tally->others = (struct tally_use){.downstream = DOWNSTREAM_OTHERS};
    account_open(&tally->account, now, have_waited);
}

void tally_ran_apart(struct tally *tally, int64_t ns) {
    int64_t *spent = tally->account.spent;
    if (ns > spent[ACCOUNT_OS_THREAD]) ns = spent[ACCOUNT_OS_THREAD];
    spent[ACCOUNT_OS_THREAD] -= ns;
    spent[ACCOUNT_RUNNING] += ns;
}

void tally_close(struct tally *tally, int64_t now) { account_close(&tally->account, now); }

static bool is_for_descriptor(struct activity activity) {
    return (activity.kind == ACTIVITY_DESCRIPTOR || activity.kind == ACTIVITY_DESCRIPTORS) &&
           activity.fd >= 0;
}

struct tally tally_now(const struct tally *tally, const struct green *green, int64_t now) {
    struct tally copy = *tally;
    struct activity activity = activity_of(green);
    int64_t since = tally->account.since;
    account_read(&tally->account, green, now, copy.account.spent);
    copy.account.since = now;
    if (is_for_descriptor(activity) && now > since)
        have_waited(&copy.account, activity.fd, now - since);
    return copy;
}

void tally_read(const struct tally *tally, int64_t times[TALLY_TIMES]) {
    const int64_t *spent = tally->account.spent;
    times[TALLY_RUNNING] = spent[ACCOUNT_RUNNING];
    times[TALLY_QUEUED] = spent[ACCOUNT_QUEUED];
    times[TALLY_INTERPRETER] = spent[ACCOUNT_INTERPRETER];
    times[TALLY_LOCK] = spent[ACCOUNT_LOCK];
    times[TALLY_SLEEP] = spent[ACCOUNT_SLEEP];
    times[TALLY_DOWNSTREAM] = spent[ACCOUNT_DESCRIPTOR] - tally->for_client;
    times[TALLY_CLIENT] = tally->for_client;
    times[TALLY_LOOKUP] = tally->for_lookups;
    times[TALLY_OS_THREAD] = spent[ACCOUNT_OS_THREAD] - tally->for_lookups;
    times[TALLY_OTHER] = spent[ACCOUNT_OTHER];
}

static const struct tally_use *most_used(const struct tally *tally) {
    const struct tally_use *most = &tally->others;
    for (unsigned i = 0; i < tally->use_count; i++)
        if (tally->uses[i].waited >= most->waited) most = &tally->uses[i];
    return most;
}

int64_t tally_most(const struct tally *tally, char *name, size_t room) {
    int64_t times[TALLY_TIMES];
    tally_read(tally, times);
    enum tally_time most = TALLY_RUNNING;
    for (int i = 0; i < TALLY_TIMES; i++)
        if (times[i] > times[most] && i != TALLY_DOWNSTREAM) most = (enum tally_time)i;
    const struct tally_use *use = most_used(tally);
    if (use->waited <= times[most]) {
        snprintf(name, room, "%s", tally_names[most]);
        return times[most];
    }
    const char *protocol = downstream_protocol(use->downstream);
    snprintf(name, room, "%s%s%s", protocol, *protocol ? "@" : "",
             downstream_get(use->downstream)->name);
    return use->waited;
}
