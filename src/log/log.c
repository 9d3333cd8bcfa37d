#include "log/log.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/sys.h"

/* Of gr_log. Callers may be on a small stack: see runtime/watch.h. */
enum { LINE = 1536, TEXT = 768 };

/* How long a line waits for whoever reads stderr. Once one has been lost, none waits. */
enum { PATIENCE = 100 * NS_PER_MS };

static const gr_slice own_logger = {"greenroom", sizeof "greenroom" - 1};

static struct log_pen pen;
static struct log_style style;
static int worker = LOG_WORKER_MASTER;
static atomic_int own_level = LOG_INFO;
static struct log_request (*current_request)(void);
static atomic_ulong lost; /* while there was no ring */

void log_identify(int slot) { worker = slot; }
int log_worker(void) { return worker; }

void log_set_style(struct log_style wanted) { style = wanted; }
const struct log_style *log_style(void) { return &style; }

void log_use(const struct log_pen *wanted) { pen = *wanted; }
const struct log_pen *log_pen(void) { return pen.ring ? &pen : NULL; }

void log_ask_request(struct log_request (*current)(void)) { current_request = current; }

void log_forked(void) { pen.pid = (int32_t)sys(SYS_getpid); }

int64_t log_time(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * (int64_t)NS_PER_S + now.tv_nsec;
}

/* ---- to stderr ---- */

static bool stderr_takes_a_line(void) {
    struct pollfd out = {.fd = STDERR_FILENO, .events = POLLOUT};
    struct timespec left = {.tv_nsec = atomic_load(&lost) ? 0 : PATIENCE}; /* counted down */
    long ready;
    do ready = sys(SYS_ppoll, &out, 1, &left, NULL, 0);
    while (ready == -EINTR);
    return ready != 0;
}

static void write_line(gr_slice line) {
    char note[48];
    if (!stderr_takes_a_line()) {
        atomic_fetch_add(&lost, 1);
        return;
    }
    unsigned long before = atomic_exchange(&lost, 0);
    if (before) {
        int len = snprintf(note, sizeof note, "(%lu lines before were lost)\n", before);
        sys(SYS_write, STDERR_FILENO, note, len);
    }
    sys(SYS_write, STDERR_FILENO, line.data, line.len);
}

/* ---- records ---- */

static bool is_urgent(int level) { return level >= LOG_WARNING; }

static void add(enum log_kind kind, int level, gr_slice text) {
    if (pen.ring)
        log_ring_put(&pen, kind, is_urgent(level), clock_now(), text);
    else
        write_line(text);
}

static gr_slice make(const gr_log_record *record, char *memory, size_t room) {
    struct log_head head = {
        .time = record->time ? record->time : log_time(),
        .level = record->level,
        .level_name = record->level_name,
        .logger = record->logger,
        .worker = worker,
        .pid = pen.ring ? pen.pid : (int)sys(SYS_getpid),
    };
    struct log_request request = {0};
    if (current_request) request = current_request();
    head.request_id = request.id;
    head.trace_id = request.trace_id;
    struct log_line line;
    log_line_begin(&line, memory, room, &style, &head);
    log_line_message(&line, record->message);
    log_line_members(&line, record->members);
    if (record->exception.len) log_line_exception(&line, record->exception);
    return log_line_end(&line);
}

bool gr_log_would_drop(int level) {
    if (!pen.ring || !log_ring_is_full(pen.ring, is_urgent(level))) return false;
    log_ring_count_dropped(pen.ring);
    return true;
}

bool gr_log_is_json(void) { return style.format == LOG_FORMAT_JSON; }

void gr_log_set_level(int level) { atomic_store_explicit(&own_level, level, memory_order_relaxed); }

void gr_log(gr_log_level level, const char *format, ...) {
    static const int numbers[] = {LOG_INFO, LOG_WARNING, LOG_ERROR};
    int number = numbers[level];
    if (number < atomic_load_explicit(&own_level, memory_order_relaxed)) return;
    if (gr_log_would_drop(number)) return;
    int saved_errno = errno;
    char text[TEXT], memory[LINE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    gr_log_record record = {.logger = own_logger, .level = number, .message = gr_slice_of(text)};
    add(level == GR_LOG_ERROR ? LOG_KIND_ERROR : LOG_KIND_LINE, number,
        make(&record, memory, sizeof memory));
    errno = saved_errno;
}

/* What escapes can make of it, up to the most that there may be. */
static size_t room_of(const gr_log_record *record) {
    size_t most =
        LOG_LINE_MIN + 6 * (record->message.len + record->exception.len) + record->members.len;
    return most < LOG_RECORD_MAX ? most : LOG_RECORD_MAX;
}

void gr_log_put(const gr_log_record *record) {
    char memory[2 * LOG_LINE_MIN], *out = memory;
    if (gr_log_would_drop(record->level)) return;
    int saved_errno = errno;
    size_t room = room_of(record);
    if (room > sizeof memory && !(out = malloc(room))) {
        out = memory;
        room = sizeof memory;
    }
    add(LOG_KIND_LINE, record->level, make(record, out, room));
    if (out != memory) free(out);
    errno = saved_errno;
}

void gr_log_refusal(gr_slice text) {
    int saved_errno = errno;
    if (text.len > LOG_RECORD_MAX) text.len = LOG_RECORD_MAX;
    if (!pen.ring)
        dprintf(STDERR_FILENO, "greenroom: %.*s\n", (int)text.len, text.data);
    else if (text.len)
        add(LOG_KIND_REFUSAL, LOG_ERROR, text);
    errno = saved_errno;
}
