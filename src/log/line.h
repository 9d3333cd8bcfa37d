/* A line of the log in the making: one record, as text or as a JSON object.
 *
 *     2026-11-22 00:16:30.123 [worker 0] warning shop.cart 1ed5f2c0b7a40936-2a: stock is low
 *
 *     {"time":"2026-11-21T23:16:30.123456Z","level":"warning","logger":"shop.cart","worker":0,
 *      "pid":412,"request_id":"1ed5f2c0b7a40936-2a","message":"stock is low"}
 *
 * Whatever the texts hold, the line is one: in text form what follows a line break stands on a line
 * of its own that begins with four blanks, as no record does; other control characters, those of
 * C1 and of text direction, and what is no UTF-8 become \xHH. */
#ifndef LOG_LINE_H
#define LOG_LINE_H

#include "greenroom/base.h"

enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };

/* As those of Python's logging. */
enum log_level {
    LOG_DEBUG = 10,
    LOG_INFO = 20,
    LOG_WARNING = 30,
    LOG_ERROR = 40,
    LOG_CRITICAL = 50
};

struct log_style {
    enum log_format format;
    bool colour; /* of the level, by escape sequences of a terminal */
};

/* Whose line it is: the slot of a worker, from LOG_MULES on that of a mule, the master, or
 * a program that the master has started beside them. */
enum { LOG_WORKER_MASTER = -1, LOG_WORKER_ATTACHED = -2, LOG_MULES = 1024 };

/* "master", "attached", "worker 3", "mule 0". Returns text. */
enum { LOG_WORKER_NAME = 24 };
GR_API const char *log_worker_name(int worker, char text[LOG_WORKER_NAME]);

struct log_head {
    int64_t time; /* ns of CLOCK_REALTIME */
    int level;
    gr_slice level_name; /* empty: that of the level */
    gr_slice logger;
    gr_slice request_id; /* empty: it belongs to no request */
    gr_slice trace_id;   /* empty: that belongs to no trace */
    int worker;          /* as above */
    int pid;             /* 0: it is not known */
};

struct log_line {
    char *text;
    size_t len, room; /* of what may come before the end */
    bool cut;         /* something did not fit */
    const struct log_style *style;
};

/* Room for the longest head and the end. */
enum { LOG_LINE_MIN = 1024 };

/* "debug" to "critical"; of a level between them, the one below. */
const char *log_level_name(int level);

/* memory, of room bytes, LOG_LINE_MIN at least, stays the caller's. What does not fit is cut. */
GR_API void log_line_begin(struct log_line *line, char *memory, size_t room,
                           const struct log_style *style, const struct log_head *head);

/* In this order, each at most once. Line breaks at the ends of the texts are left out. */
GR_API void log_line_message(struct log_line *line, gr_slice message);
void log_line_exception(struct log_line *line, gr_slice traceback);

/* For JSON alone: members of an object, "a":1,"b":"x". Left out where they do not fit. */
void log_line_members(struct log_line *line, gr_slice members);

/* Returns the whole, in the memory. */
GR_API gr_slice log_line_end(struct log_line *line);

/* ---- pieces, for lines with fields of their own ---- */

static inline void log_line_put(struct log_line *line, const char *text, size_t len) {
    if (!len || line->len + len > line->room) return;
    memcpy(line->text + line->len, text, len);
    line->len += len;
}

void log_line_put_number(struct log_line *line, uint64_t number);

/* Escaped as the style wants it. */
void log_line_put_text(struct log_line *line, gr_slice text);

/* Of JSON: name is all that stands before the text, its opening quote included; the closing one is
 * added. To come last, unless there is sure to be room. */
void log_line_put_member(struct log_line *line, const char *name, gr_slice text);

/* Escapes as access logs do: control characters, bytes over 0x7e, the double quote and the
 * backslash become \xHH. Stops where the next one would not fit into room; no terminator. Returns
 * the length. */
size_t log_escape(char *out, size_t room, gr_slice text);

#endif
