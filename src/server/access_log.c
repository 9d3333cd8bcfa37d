#include "server/access_log.h"

#include <unistd.h>

#include "runtime/watch.h"
#include "server/decimal.h"
#include "server/exchange.h"
#include "server/line_ring.h"
#include "server/log.h"
#include "server/wall_clock.h"

enum { TARGET_MAX = 2048, LINE_MAX = TARGET_MAX + 512 };

bool access_log_on;
static int fd;

/* A line in the making. Everything but the request line is short, and so fits. */
struct line {
    char text[LINE_MAX];
    size_t len;
};

static void put(struct line *line, const char *text, size_t len) {
    memcpy(line->text + line->len, text, len);
    line->len += len;
}

static void put_number(struct line *line, uint64_t number) {
    line->len += decimal_put(line->text + line->len, number);
}

static void put_escaped(struct line *line, gr_slice text, size_t most) {
    line->len += log_escape(line->text + line->len, most, text);
}

static void put_peer(struct line *line, const union peer *peer) {
    size_t len = peer_text(peer, line->text + line->len);
    line->len += len;
    if (!len) put(line, "-", 1);
}

static void put_request_line(struct line *line, const gr_request *request) {
    gr_slice method = gr_request_method(request);
    if (!method.len) return put(line, "-", 1); /* refused before it was understood */
    put_escaped(line, method, 64);
    put(line, " ", 1);
    put_escaped(line, gr_request_target(request), TARGET_MAX);
    put(line, " HTTP/1.", 8);
    put_number(line, (uint64_t)gr_request_version_minor(request));
}

int access_log_open(const char *path) {
    if (!*path) return 0;
    fd = line_ring_open(path);
    if (fd < 0) return -1;
    if (fd != STDOUT_FILENO) fd_keep(fd, true);
    access_log_on = true;
    return 0;
}

void access_log_close(void) {
    if (!access_log_on) return;
    fd_keep(fd, false);
    line_ring_close();
    access_log_on = false;
}

void access_log_write(const gr_request *request) {
    if (!access_log_on) return;
    const struct wall_clock *now = wall_clock_now();
    struct line line;
    line.len = 0;
    put_peer(&line, exchange_peer(request));
    put(&line, " - - [", 6);
    put(&line, now->log_stamp, sizeof now->log_stamp - 1);
    put(&line, "] \"", 3);
    put_request_line(&line, request);
    put(&line, "\" ", 2);
    put_number(&line, request->response.status);
    put(&line, " ", 1);
    put_number(&line, (uint64_t)request->response.sent);
    put(&line, " ", 1);
    put_number(&line, (uint64_t)(clock_now() - request->started) / NS_PER_US);
    put(&line, " ", 1);
    gr_slice id = gr_request_id(request);
    put(&line, id.data, id.len);
    put(&line, "\n", 1);
    line_ring_put(line.text, line.len);
}
