#include "supervisor/admin.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "greenroom/log.h"
#include "supervisor/admin_page.h"
#include "supervisor/metrics.h"
#include "supervisor/thread.h"

enum { REQUESTS = 16, TOKEN_MAX = 512 };

static const int64_t tick = 5 * (int64_t)NS_PER_S; /* of the rates */

/* Of the thread, once it has been started. */
static struct admin_request requests[REQUESTS];
static struct metric_table table;
static int64_t ticked;
static int listening;
static bool local; /* a unix socket */
static char token[TOKEN_MAX + 1];

/* ---- who may read ---- */

/* Its first line. */
static int read_token(const char *path, char *error) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? -1 : read(fd, token, TOKEN_MAX);
    if (fd < 0 || len < 0) {
        sentence(error, "admin-token-file: %s: %s", path, strerror(errno));
        if (fd >= 0) close(fd);
        return -1;
    }
    close(fd);
    token[len] = '\0';
    token[strcspn(token, "\r\n")] = '\0';
    if (strlen(token) >= 16) return 0;
    return sentence(
        error, "admin-token-file: the first line of %s must be a token of 16 bytes at least", path);
}

/* In a time that does not tell how much of it was right. */
static bool is_token(gr_slice given) {
    size_t len = strlen(token);
    unsigned char wrong = given.len != len;
    for (size_t i = 0; i < given.len; i++)
        wrong |= (unsigned char)(given.data[i] ^ token[i < len ? i : 0]);
    return !wrong;
}

static bool has_token(const struct admin_request *request) {
    static const char scheme[] = "Bearer ";
    gr_slice field = admin_request_field(request, "Authorization");
    size_t len = sizeof scheme - 1;
    if (field.len <= len ||
        !gr_slice_equal_nocase((gr_slice){field.data, len}, gr_slice_of(scheme)))
        return false;
    return is_token((gr_slice){field.data + len, field.len - len});
}

/* A name that somebody else can have resolved to this address is none of ours. */
static bool is_own_name(const struct admin_request *request) {
    char name[64];
    struct in6_addr ignored;
    gr_slice host = {request->head + request->parsed.host.at, request->parsed.host.len};
    const char *end = host.data + host.len;
    const char *from = host.data + (host.len && *host.data == '[');
    const char *to =
        from > host.data ? memchr(host.data, ']', host.len) : memchr(host.data, ':', host.len);
    size_t len = (size_t)((to ? to : end) - from);
    if (len >= sizeof name) return false;
    memcpy(name, from, len);
    name[len] = '\0';
    return !*name || strcasecmp(name, "localhost") == 0 ||
           inet_pton(AF_INET, name, &ignored) == 1 || inet_pton(AF_INET6, name, &ignored) == 1;
}

static void answer(struct admin_request *request) {
    if (*token && !has_token(request))
        admin_request_refuse(request, 401, "WWW-Authenticate: Bearer\r\n", "a token is needed");
    else if (!*token && !local && !is_own_name(request))
        admin_request_refuse(request, 421, "",
                             "ask for localhost, or by the number of the address");
    else
        admin_page_answer(request, &table);
}

/* ---- the thread ---- */

static void accept_some(void) {
    for (struct admin_request *r = requests; r < requests + REQUESTS; r++) {
        if (r->state != ADMIN_NONE) continue;
        int fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) return;
        admin_request_open(r, fd);
    }
}

static void act_on_time(int64_t now) {
    for (struct admin_request *r = requests; r < requests + REQUESTS; r++)
        if (r->state != ADMIN_NONE && r->due <= now) admin_request_close(r);
    if (now - ticked < tick) return;
    metrics_fill(&table);
    metric_table_tick(&table, (double)(now - ticked) / NS_PER_S);
    ticked = now;
}

static int64_t next_due(void) {
    int64_t due = ticked + tick;
    for (struct admin_request *r = requests; r < requests + REQUESTS; r++)
        if (r->state != ADMIN_NONE && r->due < due) due = r->due;
    return due;
}

static void wait_and_act(void) {
    struct pollfd watched[REQUESTS + 1];
    bool full = true;
    for (int i = 0; i < REQUESTS; i++) {
        bool there = requests[i].state != ADMIN_NONE;
        watched[i] =
            (struct pollfd){there ? requests[i].fd : -1, admin_request_events(&requests[i]), 0};
        full = full && there;
    }
    watched[REQUESTS] = (struct pollfd){full ? -1 : listening, POLLIN, 0};
    int64_t wait = next_due() - clock_now();
    int ms = wait <= 0 ? 0 : (int)(wait / NS_PER_MS) + 1;
    if (poll(watched, REQUESTS + 1, ms) > 0) {
        for (int i = 0; i < REQUESTS; i++)
            if (watched[i].revents && admin_request_act(&requests[i])) answer(&requests[i]);
        if (watched[REQUESTS].revents) accept_some();
    }
    act_on_time(clock_now());
}

static void *run(void *arg) {
    (void)arg;
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
    return *settings->admin_token_file ? read_token(settings->admin_token_file, error) : 0;
}

static int start(const struct admin *admin, const struct settings *settings,
                 const struct board *board, char *error) {
    if (admin_check(settings, error) < 0) return -1;
    if (metrics_keep(board) < 0) return sentence(error, "cannot keep metrics: %s", strerror(errno));
    listening = admin->listener.fd;
    local = admin->listener.address.local;
    if (thread_start(run, NULL) < 0)
        return sentence(error, "cannot start the thread of admin: %s", strerror(errno));
    gr_log(GR_LOG_INFO, "metrics can be read on %s", admin->listener.name);
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
