#include "server/log.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/sys.h"

/* A line longer than this is cut. Callers may be on a small stack: see runtime/watch.h. */
enum { LINE = 1024, TEXT = 768, NOTE = 48 };

/* How long a line waits for whoever reads stderr. Once one has been lost, none waits. */
enum { PATIENCE = 100 * NS_PER_MS };

static atomic_ulong lost;

static char identity[24] = "greenroom";

void log_identify(const char *who) { snprintf(identity, sizeof identity, "%s", who); }

static bool is_plain(unsigned char c) { return c >= ' ' && c < 0x7f && c != '"' && c != '\\'; }

size_t log_escape(char *out, size_t room, gr_slice text) {
    static const char digits[16] = "0123456789abcdef";
    size_t used = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (used + (is_plain(c) ? 1 : 4) > room) break;
        if (is_plain(c)) {
            out[used++] = (char)c;
        } else {
            out[used++] = '\\';
            out[used++] = 'x';
            out[used++] = digits[c >> 4];
            out[used++] = digits[c & 15];
        }
    }
    return used;
}

/* Of a message: whoever wrote it meant its quotes, but no control character. */
static size_t copy_printable(char *out, size_t room, const char *text) {
    size_t used = 0;
    for (; *text && used + 4 < room; text++) {
        unsigned char c = (unsigned char)*text;
        if (c >= ' ' && c != 0x7f)
            out[used++] = (char)c;
        else
            used += (size_t)snprintf(out + used, room - used, "\\x%02x", c);
    }
    return used;
}

/* "2026-11-22 00:16:30.123 [worker 0] warning: " */
static size_t prefix(char *out, size_t room, gr_log_level level) {
    static const char *const names[] = {"info", "warning", "error"};
    struct timespec now;
    struct tm local;
    clock_gettime(CLOCK_REALTIME, &now);
    localtime_r(&now.tv_sec, &local);
    size_t used = strftime(out, room, "%Y-%m-%d %H:%M:%S", &local);
    used +=
        (size_t)snprintf(out + used, room - used, ".%03d [%s] %s: ", (int)(now.tv_nsec / 1000000),
                         identity, names[level]);
    return used;
}

static bool stderr_takes_a_line(void) {
    struct pollfd out = {.fd = STDERR_FILENO, .events = POLLOUT};
    struct timespec left = {.tv_nsec = atomic_load(&lost) ? 0 : PATIENCE}; /* counted down */
    long ready;
    do ready = sys(SYS_ppoll, &out, 1, &left, NULL, 0);
    while (ready == -EINTR);
    return ready != 0;
}

static void write_line(char *line, size_t used) {
    if (!stderr_takes_a_line()) {
        atomic_fetch_add(&lost, 1);
        return;
    }
    unsigned long before = atomic_exchange(&lost, 0);
    if (before)
        used += (size_t)snprintf(line + used, NOTE, " (%lu lines before were lost)", before);
    line[used++] = '\n';
    sys(SYS_write, STDERR_FILENO, line, used);
}

void gr_log(gr_log_level level, const char *format, ...) {
    int saved_errno = errno;
    char text[TEXT], line[LINE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);

    size_t used = prefix(line, sizeof line, level);
    used += copy_printable(line + used, sizeof line - used - NOTE - 1, text);
    write_line(line, used);
    errno = saved_errno;
}
