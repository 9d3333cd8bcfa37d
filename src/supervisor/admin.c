#include "supervisor/admin.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "greenroom/log.h"
#include "supervisor/admin_access.h"
#include "supervisor/admin_events.h"
#include "supervisor/admin_inquiry.h"
#include "supervisor/admin_page.h"
#include "supervisor/control.h"
#include "supervisor/metrics.h"
#include "supervisor/thread.h"

enum { ACCEPTED_AT_ONCE = 16 };

static const int64_t tick = 5 * (int64_t)NS_PER_S; /* of the rates */
static const int64_t rest = NS_PER_S / 4;          /* for want of a descriptor */

/* Of the thread, once it has been started. */
static struct admin_request requests[ADMIN_REQUESTS] = {
    [0 ... ADMIN_REQUESTS - 1] = {.fd = -1, .asked = -1}};
static struct metric_table table;
static int64_t ticked;
static int64_t rested; /* until when nobody is accepted; 0: it is not so */
static int listening;

/* ---- the thread ---- */

/* A free place; if there is none, that of the one who has been silent or leaving for longest. NULL:
 * all are being answered. */
static struct admin_request *find_place(void) {
    struct admin_request *found = NULL;
    for (struct admin_request *r = requests; r < requests + ADMIN_REQUESTS; r++) {
        if (r->state == ADMIN_NONE) return r;
        bool gives_way = r->state == ADMIN_ASKING || r->state == ADMIN_LEAVING;
        if (gives_way && (!found || r->due < found->due)) found = r;
    }
    return found;
}

static void act(struct admin_request *request) {
    if (admin_request_act(request)) admin_page_answer(request, requests, &table);
}

/* Whoever has sent the head already is answered before others can take the place. */
static void accept_some(void) {
    struct admin_request *place;
    for (int i = 0; i < ACCEPTED_AT_ONCE && (place = find_place()); i++) {
        int fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            bool may_pass = errno == EAGAIN || errno == ECONNABORTED || errno == EINTR;
            if (!may_pass) rested = clock_after(rest);
            return;
        }
        if (place->state != ADMIN_NONE) admin_request_close(place);
        admin_request_open(place, fd);
        act(place);
    }
}

static void act_on_time(int64_t now) {
    if (rested <= now) rested = 0;
    for (struct admin_request *r = requests; r < requests + ADMIN_REQUESTS; r++)
        if (r->state != ADMIN_NONE && r->due <= now) admin_request_close(r);
    admin_events_tell(requests, &table, now);
    if (now - ticked < tick) return;
    metrics_fill(&table);
    metric_table_tick(&table, (double)(now - ticked) / NS_PER_S);
    ticked = now;
}

static int64_t next_due(void) {
    int64_t due = ticked + tick, events = admin_events_due(requests);
    if (events < due) due = events;
    if (rested && rested < due) due = rested;
    for (struct admin_request *r = requests; r < requests + ADMIN_REQUESTS; r++)
        if (r->state != ADMIN_NONE && r->due < due) due = r->due;
    return due;
}

/* What poll(2) is to look for: of each request its client, and behind that whom it has asked, -1
 * for nobody. */
struct watched {
    struct pollfd at[2 * ADMIN_REQUESTS + 1];
    struct admin_request *whose[ADMIN_REQUESTS];
    nfds_t count; /* of requests */
};

static void watch(struct watched *watched) {
    watched->count = 0;
    for (struct admin_request *r = requests; r < requests + ADMIN_REQUESTS; r++) {
        if (r->state == ADMIN_NONE) continue;
        struct pollfd *at = &watched->at[2 * watched->count];
        at[0] = (struct pollfd){r->fd, admin_request_events(r), 0};
        at[1] = (struct pollfd){r->asked, POLLIN, 0};
        watched->whose[watched->count++] = r;
    }
    bool lets_in = !rested && find_place();
    watched->at[2 * watched->count] = (struct pollfd){lets_in ? listening : -1, POLLIN, 0};
}

static void act_on(const struct watched *watched) {
    for (nfds_t i = 0; i < watched->count; i++)
        if (watched->at[2 * i].revents)
            act(watched->whose[i]);
        else if (watched->at[2 * i + 1].revents)
            admin_inquiry_hear(watched->whose[i]);
    if (watched->at[2 * watched->count].revents) accept_some();
}

static void wait_and_act(void) {
    struct watched watched;
    watch(&watched);
    int64_t wait = next_due() - clock_now();
    int ms = wait <= 0 ? 0 : (int)(wait / NS_PER_MS) + 1;
    if (poll(watched.at, 2 * watched.count + 1, ms) > 0) act_on(&watched);
    act_on_time(clock_now());
}

/* What another master has counted before this one is no rate. */
static void *run(void *arg) {
    (void)arg;
    metrics_fill(&table);
    metric_table_start(&table);
    ticked = clock_now();
    for (;;) wait_and_act();
    return NULL;
}

/* ---- the listener ---- */

static bool is_loopback(int fd) {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } at = {.any = {.sa_family = AF_UNSPEC}};
    socklen_t len = sizeof at;
    getsockname(fd, &at.any, &len);
    if (at.any.sa_family == AF_INET) return ntohl(at.v4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
    return at.any.sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&at.v6.sin6_addr);
}

int admin_check(const struct settings *settings, char error[SENTENCE_SIZE]) {
    return admin_access_take(settings, error);
}

static int start(const struct admin *admin, const struct settings *settings,
                 const struct board *board, char *error) {
    if (admin_check(settings, error) < 0) return -1;
    if (metrics_keep(board) < 0) return sentence(error, "cannot keep metrics: %s", strerror(errno));
    listening = admin->listener.fd;
    if (control_let_in() < 0)
        return sentence(error, "cannot open a pipe for admin: %s", strerror(errno));
    admin_access_by(admin->listener.address.local);
    if (thread_start(run, NULL) < 0)
        return sentence(error, "cannot start the thread of admin: %s", strerror(errno));
    gr_log(GR_LOG_INFO, "the dashboard and metrics can be read on %s", admin->listener.name);
    return 0;
}

int admin_open(struct admin *admin, const struct settings *settings, const struct board *board,
               char error[SENTENCE_SIZE]) {
    char own[SENTENCE_SIZE];
    if (admin->open) return start(admin, settings, board, error);
    if (!settings->has_admin) return 0;
    if (listener_open(&admin->listener, &settings->admin, own) < 0)
        return sentence(error, "admin: %.*s", SENTENCE_SIZE - 16, own);
    admin->open = true;
    if (!settings->admin.local && !*settings->admin_token_file &&
        !is_loopback(admin->listener.fd)) {
        sentence(error, "admin needs --admin-token-file: %.300s is not of this machine alone",
                 admin->listener.name);
        admin_close(admin);
        return -1;
    }
    return start(admin, settings, board, error);
}

void admin_close(struct admin *admin) {
    if (!admin->open) return;
    listener_quiesce(&admin->listener);
    listener_close(&admin->listener);
    admin->open = false;
}
