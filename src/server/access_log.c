#include "server/access_log.h"

#include "base/decimal.h"
#include "log/log.h"
#include "log/rings.h"
#include "server/exchange.h"
#include "server/tally_line.h"
#include "server/wall_clock.h"

enum {
    TARGET_MAX = 2048,
    METHOD_MAX = 64,
    LINE_MAX = LOG_LINE_MIN + TARGET_MAX + 512 + TALLY_LINE_MAX
};

bool access_log_on;
static struct log_pen pen;
static bool apart; /* in a log of its own */
static bool times; /* --access-log-times */

/* ---- pieces ---- */

#define PUT(line, text) log_line_put(line, text, sizeof(text) - 1)

static void put_peer(struct log_line *line, const gr_request *request) {
    char text[PEER_TEXT_MAX];
    size_t len = peer_text(exchange_peer(request), text);
    if (len)
        log_line_put(line, text, len);
    else
        PUT(line, "-");
}

static void put_escaped(struct log_line *line, gr_slice text, size_t most) {
    line->len += log_escape(line->text + line->len, most, text);
}

static void put_request_line(struct log_line *line, const gr_request *request) {
    gr_slice method = gr_request_method(request);
    if (!method.len) return PUT(line, "-"); /* refused before it was understood */
    put_escaped(line, method, METHOD_MAX);
    PUT(line, " ");
    put_escaped(line, gr_request_target(request), TARGET_MAX);
    PUT(line, " HTTP/1.");
    log_line_put_number(line, (uint64_t)gr_request_version_minor(request));
}

static uint64_t microseconds(const gr_request *request, int64_t now) {
    return (uint64_t)(now - request->started) / NS_PER_US;
}

/* "GET / HTTP/1.1" 200 1234 5678 */
static void put_answer(struct log_line *line, const gr_request *request, int64_t now) {
    PUT(line, "\"");
    put_request_line(line, request);
    PUT(line, "\" ");
    log_line_put_number(line, request->response.status);
    PUT(line, " ");
    log_line_put_number(line, (uint64_t)request->response.sent);
    PUT(line, " ");
    log_line_put_number(line, microseconds(request, now));
}

/* ---- lines ---- */

static gr_slice common(char *memory, const gr_request *request, int64_t now) {
    static const struct log_style bare = {LOG_FORMAT_TEXT, false};
    struct log_line line = {.text = memory, .room = LINE_MAX - 1, .style = &bare};
    gr_slice id = gr_request_id(request);
    put_peer(&line, request);
    PUT(&line, " - - [");
    log_line_put(&line, wall_clock_now()->log_stamp, sizeof wall_clock_now()->log_stamp - 1);
    PUT(&line, "] ");
    put_answer(&line, request, now);
    PUT(&line, " ");
    log_line_put(&line, id.data, id.len);
    if (times) tally_line_put_text(&line, request->tally);
    return log_line_end(&line);
}

/* The target comes last, where it may be cut. */
static void put_members(struct log_line *line, const gr_request *request, int64_t now) {
    gr_slice method = gr_request_method(request);
    PUT(line, ",\"message\":\"request\",\"peer\":\"");
    put_peer(line, request);
    PUT(line, "\",\"status\":");
    log_line_put_number(line, request->response.status);
    PUT(line, ",\"bytes\":");
    log_line_put_number(line, (uint64_t)request->response.sent);
    PUT(line, ",\"duration_us\":");
    log_line_put_number(line, microseconds(request, now));
    tally_line_put_members(line, request->tally);
    if (!method.len) return;
    if (method.len > METHOD_MAX) method.len = METHOD_MAX;
    PUT(line, ",\"version\":\"1.");
    log_line_put_number(line, (uint64_t)gr_request_version_minor(request));
    log_line_put_member(line, "\",\"method\":\"", method);
    log_line_put_member(line, ",\"target\":\"", gr_request_target(request));
}

static gr_slice record(char *memory, const gr_request *request, int64_t now) {
    struct log_line line;
    struct log_head head = {
        .time = wall_clock_time(now),
        .level = LOG_INFO,
        .logger = {"access", sizeof "access" - 1},
        .request_id = gr_request_id(request),
        .trace_id = gr_request_trace_id(request),
        .worker = log_worker(),
        .pid = pen.pid,
    };
    log_line_begin(&line, memory, LINE_MAX, log_style(), &head);
    if (log_style()->format == LOG_FORMAT_JSON) {
        put_members(&line, request, now);
    } else {
        put_peer(&line, request);
        PUT(&line, " ");
        put_answer(&line, request, now);
        if (times) tally_line_put_text(&line, request->tally);
    }
    return log_line_end(&line);
}

/* ---- */

int access_log_open(const struct server_options *options) {
    if (!*options->access_log || !log_pen()) return 0;
    pen = *log_pen();
    apart = options->access_fd >= 0;
    times = options->access_log_times;
    if (apart && log_pen_open(&pen, options->access_fd, options->slot) < 0) return -1;
    access_log_on = true;
    return 0;
}

void access_log_write(const gr_request *request, int64_t now) {
    char memory[LINE_MAX];
    if (!access_log_on) return;
    if (log_ring_is_full(pen.ring, false)) {
        log_ring_count_dropped(pen.ring);
        return;
    }
    bool as_common = apart && log_style()->format == LOG_FORMAT_TEXT;
    gr_slice line = (as_common ? common : record)(memory, request, now);
    log_ring_put(&pen, LOG_KIND_LINE, false, now, line);
}
