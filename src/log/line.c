#include "log/line.h"

#include <stdio.h>

#include "base/decimal.h"
#include "log/stamp.h"

/* What the end may need: the mark of a cut, a quote, a brace and the line break. */
static const char cut_mark[] = " [cut]";
enum { TAIL = sizeof cut_mark + 4 };

/* Of the names in a head. Request ids need no escapes, see server/request_id.h. */
enum { LEVEL_MAX = 16, LOGGER_MAX = 96, ID_MAX = 128 };

static const char hex[16] = "0123456789abcdef";

/* ---- pieces ---- */

static bool fits(const struct log_line *line, size_t len) { return line->len + len <= line->room; }

#define PUT(line, text) log_line_put(line, text, sizeof(text) - 1)

void log_line_put_number(struct log_line *line, uint64_t number) {
    char digits[DECIMAL_MAX];
    log_line_put(line, digits, decimal_put(digits, number));
}

static size_t put_hex(char *out, unsigned char byte) {
    out[0] = '\\';
    out[1] = 'x';
    out[2] = hex[byte >> 4];
    out[3] = hex[byte & 15];
    return 4;
}

size_t log_escape(char *out, size_t room, gr_slice text) {
    size_t used = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        bool plain = c >= ' ' && c < 0x7f && c != '"' && c != '\\';
        if (used + (plain ? 1 : 4) > room) break;
        if (plain)
            out[used++] = (char)c;
        else
            used += put_hex(out + used, c);
    }
    return used;
}

/* ---- text that may hold anything ---- */

/* The length of the UTF-8 sequence (RFC 3629) that begins here, and its code point; 0 if there is
 * none. */
static size_t decode(const unsigned char *at, size_t left, uint32_t *code) {
    size_t len = *at < 0xc2 ? 0 : *at < 0xe0 ? 2 : *at < 0xf0 ? 3 : *at < 0xf5 ? 4 : 0;
    if (len == 0 || len > left) return 0;
    *code = *at & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((at[i] & 0xc0) != 0x80) return 0;
        *code = *code << 6 | (at[i] & 0x3fu);
    }
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    bool surrogate = *code >= 0xd800 && *code <= 0xdfff;
    return *code < least[len] || *code > 0x10ffff || surrogate ? 0 : len;
}

/* Does it command a terminal, or turn what is read around it? */
static bool is_harmful(uint32_t code) {
    return (code >= 0x80 && code <= 0x9f) || (code >= 0x200e && code <= 0x200f) ||
           (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

/* JSON has \u00HH for characters; a byte that is none stands as \\xHH. Returns the length, up to 6.
 */
static size_t escape_byte(char out[6], unsigned char byte, bool json, bool character) {
    if (!json) return put_hex(out, byte);
    if (!character) {
        out[0] = '\\';
        return 1 + put_hex(out + 1, byte);
    }
    if (byte == '"' || byte == '\\' || byte == '\n' || byte == '\t') {
        out[0] = '\\';
        out[1] = byte == '\n' ? 'n' : byte == '\t' ? 't' : (char)byte;
        return 2;
    }
    memcpy(out, "\\u00", 4);
    out[4] = hex[byte >> 4];
    out[5] = hex[byte & 15];
    return 6;
}

/* One character that cannot stand as it is. Returns how many bytes of the text it was; 0: what
 * stands for it does not fit. */
static size_t put_odd(struct log_line *line, const unsigned char *at, size_t left, bool json) {
    char out[24];
    size_t used = 0, len = 1;
    uint32_t code;
    if (*at < 0x80) {
        if (*at == '\n' && !json)
            used = (size_t)(stpcpy(out, "\n    ") - out);
        else
            used = escape_byte(out, *at, json, true);
    } else if ((len = decode(at, left, &code)) != 0 && !is_harmful(code)) {
        memcpy(out, at, used = len);
    } else {
        len = len ? len : 1;
        for (size_t i = 0; i < len; i++) used += escape_byte(out + used, at[i], json, false);
    }
    if (!fits(line, used)) return 0;
    log_line_put(line, out, used);
    return len;
}

static bool stands(unsigned char c, bool json) {
    if (c < ' ') return c == '\t' && !json;
    return c < 0x7f && !(json && (c == '"' || c == '\\'));
}

/* Whole runs of what stands as it is are copied at once. */
static bool put_text(struct log_line *line, gr_slice text) {
    const unsigned char *at = (const unsigned char *)text.data, *end = at + text.len;
    bool json = line->style->format == LOG_FORMAT_JSON;
    while (at < end) {
        const unsigned char *run = at;
        while (at < end && stands(*at, json)) at++;
        size_t len = (size_t)(at - run), left = line->room - line->len;
        log_line_put(line, (const char *)run, len < left ? len : left);
        if (len > left) return false;
        if (at == end) break;
        size_t taken = put_odd(line, at, (size_t)(end - at), json);
        if (!taken) return false;
        at += taken;
    }
    return true;
}

/* The mark has room in the tail. */
void log_line_put_text(struct log_line *line, gr_slice text) {
    if (line->cut || put_text(line, text)) return;
    memcpy(line->text + line->len, cut_mark, sizeof cut_mark - 1);
    line->len += sizeof cut_mark - 1;
    line->room = line->len;
    line->cut = true;
}

/* It may be anything, but not as long as it likes. */
static void put_name(struct log_line *line, gr_slice name, size_t most) {
    if (name.len > most) name.len = most;
    put_text(line, name);
}

/* ---- the head ---- */

const char *log_level_name(int level) {
    return level >= LOG_CRITICAL  ? "critical"
           : level >= LOG_ERROR   ? "error"
           : level >= LOG_WARNING ? "warning"
           : level >= LOG_INFO    ? "info"
                                  : "debug";
}

static const char *colour_of(int level) {
    return level >= LOG_ERROR     ? "\033[31m"
           : level >= LOG_WARNING ? "\033[33m"
           : level >= LOG_INFO    ? "\033[32m"
                                  : "\033[2m";
}

static void put_level(struct log_line *line, const struct log_head *head) {
    if (head->level_name.len) return put_name(line, head->level_name, LEVEL_MAX);
    const char *name = log_level_name(head->level);
    log_line_put(line, name, strlen(name));
}

static void put_id(struct log_line *line, gr_slice id) {
    log_line_put(line, id.data, id.len < ID_MAX ? id.len : ID_MAX);
}

const char *log_worker_name(int worker, char text[LOG_WORKER_NAME]) {
    if (worker < 0) return worker == LOG_WORKER_MASTER ? "master" : "attached";
    bool is_mule = worker >= LOG_MULES;
    snprintf(text, LOG_WORKER_NAME, "%s %d", is_mule ? "mule" : "worker",
             is_mule ? worker - LOG_MULES : worker);
    return text;
}

static void put_worker(struct log_line *line, int worker) {
    char memory[LOG_WORKER_NAME];
    const char *name = log_worker_name(worker, memory);
    PUT(line, "[");
    log_line_put(line, name, strlen(name));
    PUT(line, "] ");
}

static void begin_text(struct log_line *line, const struct log_head *head) {
    char stamp[LOG_STAMP_LOCAL];
    log_stamp_local(stamp, head->time);
    log_line_put(line, stamp, sizeof stamp);
    PUT(line, " ");
    put_worker(line, head->worker);
    const char *colour = line->style->colour ? colour_of(head->level) : "";
    log_line_put(line, colour, strlen(colour));
    put_level(line, head);
    if (*colour) PUT(line, "\033[0m");
    PUT(line, " ");
    put_name(line, head->logger, LOGGER_MAX);
    if (head->request_id.len) PUT(line, " ");
    put_id(line, head->request_id);
    if (head->trace_id.len) PUT(line, " ");
    put_id(line, head->trace_id);
    PUT(line, ": ");
}

static void put_number(struct log_line *line, int worker) {
    bool is_mule = worker >= LOG_MULES;
    PUT(line, "\",\"");
    if (is_mule)
        PUT(line, "mule");
    else
        PUT(line, "worker");
    PUT(line, "\":");
    log_line_put_number(line, (uint64_t)(is_mule ? worker - LOG_MULES : worker));
}

static void begin_json(struct log_line *line, const struct log_head *head) {
    char stamp[LOG_STAMP_UTC];
    log_stamp_utc(stamp, head->time);
    PUT(line, "{\"time\":\"");
    log_line_put(line, stamp, sizeof stamp);
    PUT(line, "\",\"level\":\"");
    put_level(line, head);
    PUT(line, "\",\"logger\":\"");
    put_name(line, head->logger, LOGGER_MAX);
    if (head->worker < 0)
        PUT(line, "\",\"worker\":null");
    else
        put_number(line, head->worker);
    if (head->pid) PUT(line, ",\"pid\":");
    if (head->pid) log_line_put_number(line, (uint64_t)head->pid);
    if (!head->request_id.len) return;
    PUT(line, ",\"request_id\":\"");
    put_id(line, head->request_id);
    PUT(line, "\"");
    if (!head->trace_id.len) return;
    PUT(line, ",\"trace_id\":\"");
    put_id(line, head->trace_id);
    PUT(line, "\"");
}

void log_line_begin(struct log_line *line, char *memory, size_t room, const struct log_style *style,
                    const struct log_head *head) {
    *line = (struct log_line){.text = memory, .room = room - TAIL, .style = style};
    if (style->format == LOG_FORMAT_JSON)
        begin_json(line, head);
    else
        begin_text(line, head);
}

/* ---- the rest ---- */

static gr_slice without_line_breaks_at_the_end(gr_slice text) {
    while (text.len && (text.data[text.len - 1] == '\n' || text.data[text.len - 1] == '\r'))
        text.len--;
    return text;
}

/* The quote that ends a text may need the tail. */
void log_line_put_member(struct log_line *line, const char *name, gr_slice text) {
    size_t len = strlen(name);
    if (!fits(line, len)) return;
    log_line_put(line, name, len);
    log_line_put_text(line, text);
    line->text[line->len++] = '"';
}

void log_line_message(struct log_line *line, gr_slice message) {
    message = without_line_breaks_at_the_end(message);
    if (line->style->format == LOG_FORMAT_JSON)
        log_line_put_member(line, ",\"message\":\"", message);
    else
        log_line_put_text(line, message);
}

void log_line_exception(struct log_line *line, gr_slice traceback) {
    traceback = without_line_breaks_at_the_end(traceback);
    if (line->style->format == LOG_FORMAT_JSON)
        return log_line_put_member(line, ",\"exception\":\"", traceback);
    PUT(line, "\n    ");
    log_line_put_text(line, traceback);
}

void log_line_members(struct log_line *line, gr_slice members) {
    if (line->style->format != LOG_FORMAT_JSON || !members.len || !fits(line, members.len + 1))
        return;
    PUT(line, ",");
    log_line_put(line, members.data, members.len);
}

gr_slice log_line_end(struct log_line *line) {
    if (line->style->format == LOG_FORMAT_JSON) line->text[line->len++] = '}';
    line->text[line->len++] = '\n';
    return (gr_slice){line->text, line->len};
}
