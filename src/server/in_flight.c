#include "server/in_flight.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/clock.h"
#include "base/sys.h"
#include "log/line.h"
#include "observe/downstream.h"
#include "runtime/activity.h"
#include "runtime/sched.h"
#include "runtime/watch.h"
#include "server/exchange.h"

static struct list all = {&all, &all};
static struct {
    const char *function; /* NULL: this is no mule */
    char id[16];
    int64_t since;
} mule;
static void (*all_ended)(void); /* once they have been cancelled */

void in_flight_enter(gr_request *request) {
    request->in_flight.since = loop_now();
    list_append(&all, &request->in_flight.place);
}

void in_flight_leave(gr_request *request) {
    list_remove(&request->in_flight.place);
    if (__builtin_expect(all_ended != NULL, 0) && list_empty(&all)) all_ended();
}

int in_flight_cancel(void (*done)(void)) {
    int count = 0;
    for (struct list *at = all.next; at != &all; at = at->next, count++)
        green_cancel(LIST_ENTRY(at, struct gr_request, in_flight.place)->green);
    if (count) all_ended = done;
    return count;
}

/* ---- what it waits for ---- */

union address {
    struct sockaddr any;
    struct sockaddr_un local;
    union peer peer;
};

/* Returns false for an address that has no name: of a pair, or abstract. */
static bool name_address(const union address *at, socklen_t len, char *out, size_t room) {
    char text[PEER_TEXT_MAX];
    size_t used = peer_has_address(&at->peer) ? peer_text(&at->peer, text) : 0;
    if (used) {
        bool v6 = memchr(text, ':', used);
        snprintf(out, room, v6 ? "[%.*s]:%d" : "%.*s:%d", (int)used, text, peer_port(&at->peer));
        return true;
    }
    if (at->any.sa_family != AF_UNIX || len <= sizeof at->any.sa_family || !*at->local.sun_path)
        return false;
    snprintf(out, room, "unix:%.107s", at->local.sun_path);
    return true;
}

/* By the end that is found by such a call. */
static bool name_end(long call, int fd, char *out, size_t room) {
    union address at;
    socklen_t len = sizeof at;
    return sys(call, fd, &at, &len) == 0 && name_address(&at, len, out, room);
}

/* One that is not connected yet is known by where it is to lead. */
static void name_of_descriptor(int fd, char *out, size_t room) {
    struct stat file = {0};
    downstream_id downstream = downstream_known(fd);
    if (name_end(SYS_getpeername, fd, out, room)) return;
    if (downstream) {
        snprintf(out, room, "%s", downstream_get(downstream)->name);
        return;
    }
    if (name_end(SYS_getsockname, fd, out, room)) return;
    if (sys(SYS_fstat, fd, &file) < 0) file.st_mode = 0;
    const char *kind = S_ISSOCK(file.st_mode)   ? "a socket"
                       : S_ISFIFO(file.st_mode) ? "a pipe"
                       : S_ISCHR(file.st_mode)  ? "a device"
                                                : "a descriptor";
    snprintf(out, room, "%s (%d)", kind, fd);
}

static const char *const plainly[] = {
    [ACTIVITY_RUNS] = "runs",
    [ACTIVITY_RUNS_APART] = "runs apart, in C or in a slow call",
    [ACTIVITY_QUEUED] = "waits for its turn",
    [ACTIVITY_LOCK] = "waits for a lock",
    [ACTIVITY_INTERPRETER] = "waits for the interpreter",
    [ACTIVITY_OS_THREAD] = "runs on an OS thread",
    [ACTIVITY_OTHER] = "waits for another green thread",
};

static void tell(const struct green *green, char *out, size_t room) {
    char name[IN_FLIGHT_WAIT - 32] = "none";
    struct activity at = activity_of(green);
    if (at.fd >= 0) name_of_descriptor(at.fd, name, sizeof name);
    if (at.kind == ACTIVITY_DESCRIPTOR) {
        snprintf(out, room, "waits for %s", name);
    } else if (at.kind == ACTIVITY_DESCRIPTORS) {
        snprintf(out, room, "polls %s", name);
    } else if (at.kind == ACTIVITY_TIME) {
        int64_t left = at.due - clock_now();
        snprintf(out, room, "sleeps for %.1f s more", left > 0 ? (double)left / NS_PER_S : 0);
    } else {
        snprintf(out, room, "%s", plainly[at.kind]);
    }
}

/* ---- notes ---- */

static void escape(char *out, size_t room, gr_slice text) {
    out[log_escape(out, room - 1, text)] = '\0';
}

static bool is(const gr_request *request, const char *id) {
    return gr_slice_equal(gr_request_id(request), gr_slice_of(id));
}

static void tell_most(const gr_request *request, int64_t now, char *out, size_t room) {
    char name[IN_FLIGHT_WAIT - 32];
    struct tally tally = tally_now(request->tally, request->green, now);
    int64_t most = tally_most(&tally, name, sizeof name);
    snprintf(out, room, "%s %.1f s", name, (double)most / NS_PER_S);
}

static void note(struct in_flight *out, const gr_request *request) {
    char peer[PEER_TEXT_MAX];
    size_t peer_len = peer_text(exchange_peer(request), peer);
    escape(out->id, sizeof out->id, gr_request_id(request));
    escape(out->method, sizeof out->method, gr_request_method(request));
    escape(out->target, sizeof out->target, gr_request_target(request));
    escape(out->peer, sizeof out->peer, (gr_slice){peer, peer_len});
    int64_t now = clock_now();
    out->age = now - request->in_flight.since;
    tell_most(request, now, out->most, sizeof out->most);
    out->thread = request->thread;
    char wait[IN_FLIGHT_WAIT];
    tell(request->green, wait, sizeof wait);
    escape(out->wait, sizeof out->wait, gr_slice_of(wait));
}

void in_flight_set_mule(const char *function, int number) {
    snprintf(mule.id, sizeof mule.id, "mule-%d", number);
    mule.since = clock_now();
    mule.function = function;
}

static void note_mule(struct in_flight *out) {
    char wait[IN_FLIGHT_WAIT];
    *out = (struct in_flight){.age = clock_now() - mule.since, .thread = green_main.thread};
    strcpy(out->id, mule.id);
    strcpy(out->method, "mule");
    strcpy(out->most, "-");
    escape(out->target, sizeof out->target, gr_slice_of(mule.function));
    tell(&green_main, wait, sizeof wait);
    escape(out->wait, sizeof out->wait, gr_slice_of(wait));
}

struct in_flight *in_flight_note(const char *id, size_t most, size_t *count, size_t *there_are) {
    *count = *there_are = 0;
    for (struct list *at = all.next; at != &all; at = at->next) ++*there_are;
    bool with_mule = mule.function && (!id || strcmp(id, mule.id) == 0);
    *there_are += with_mule;
    size_t room = id ? 1 : *there_are < most ? *there_are : most;
    struct in_flight *notes = malloc((room ? room : 1) * sizeof *notes);
    if (!notes) return NULL;
    if (with_mule && *count < room) note_mule(&notes[(*count)++]);
    for (struct list *at = all.next; at != &all && *count < room; at = at->next) {
        const gr_request *request = LIST_ENTRY(at, struct gr_request, in_flight.place);
        if (!id || is(request, id)) note(&notes[(*count)++], request);
    }
    return notes;
}
