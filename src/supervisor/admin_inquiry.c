#include "supervisor/admin_inquiry.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/url.h"
#include "observe/metric_format.h"
#include "supervisor/control.h"

enum { ID_MAX = 256 };

static const char no_memory[] = "there is no memory";

/* ---- asking ---- */

static bool can_wait(const struct admin_request all[ADMIN_REQUESTS]) {
    int count = 0;
    for (int i = 0; i < ADMIN_REQUESTS; i++) count += all[i].state == ADMIN_WAITING;
    return count < ADMIN_INQUIRERS;
}

static void ask(struct admin_request *request, const struct admin_request all[ADMIN_REQUESTS],
                const char *command, void (*answered)(struct admin_request *request)) {
    int fd = can_wait(all) ? control_connect() : -1;
    size_t len = strlen(command);
    if (fd < 0 || send(fd, command, len, MSG_NOSIGNAL) != (ssize_t)len) {
        if (fd >= 0) close(fd);
        return admin_request_refuse(request, 503, "Retry-After: 1\r\n", "the master is busy");
    }
    admin_request_wait(request, fd, answered);
}

/* ---- requests ---- */

enum part { SLOT, PID, ID, AGE, METHOD, TARGET, CLIENT, DOING, MOST, PARTS };

static void put_one(FILE *out, char *const *parts) {
    fprintf(out, "{\"pid\":%d,\"age\":%.3f", atoi(parts[PID]), (double)atoll(parts[AGE]) / 1000);
    static const struct {
        enum part part;
        const char *name;
    } texts[] = {{SLOT, "worker"},   {ID, "id"},       {METHOD, "method"}, {TARGET, "target"},
                 {CLIENT, "client"}, {DOING, "doing"}, {MOST, "most"}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        fprintf(out, ",\"%s\":", texts[i].name);
        metric_put_json_text(out, gr_slice_of(parts[texts[i].part]));
    }
    fputs("}", out);
}

static bool split(char *line, char *parts[PARTS]) {
    int count = 0;
    for (char *part; count < PARTS && (part = strsep(&line, "\t")); count++) parts[count] = part;
    return count == PARTS;
}

/* What is no request is said of a worker that does not answer. */
static void put_lines(FILE *out, char *heard, bool requests) {
    char *rest = heard, *parts[PARTS];
    const char *comma = "";
    for (char *line; (line = strsep(&rest, "\n"));) {
        if (strncmp(line, "| ", 2) != 0) continue;
        char *copy = strdup(line + 2);
        if (copy && split(copy, parts) == requests) {
            fputs(comma, out);
            if (requests)
                put_one(out, parts);
            else
                metric_put_json_text(out, gr_slice_of(line + 2));
            comma = ",";
        }
        free(copy);
    }
}

static void answer_requests(struct admin_request *request) {
    char *body = NULL, *again = strdup(request->heard);
    size_t len = 0;
    FILE *out = again ? open_memstream(&body, &len) : NULL;
    if (out) {
        fputs("{\"requests\":[", out);
        put_lines(out, request->heard, true);
        fputs("],\"silent\":[", out);
        put_lines(out, again, false);
        fputs("]}\n", out);
    }
    free(again);
    if (out && fclose(out) == 0)
        return admin_request_answer(request, 200, "application/json", ADMIN_NOT_STORED, body, len);
    free(body);
    admin_request_refuse(request, 503, "", no_memory);
}

void admin_inquiry_requests(struct admin_request *request,
                            const struct admin_request all[ADMIN_REQUESTS]) {
    ask(request, all, "requests 200\n", answer_requests);
}

/* ---- a stack ---- */

/* Without the marks in front of the lines, and without the end. */
static void answer_stack(struct admin_request *request) {
    char *body = NULL, *rest = request->heard;
    size_t len = 0;
    FILE *out = open_memstream(&body, &len);
    for (char *line; out && (line = strsep(&rest, "\n"));)
        if (strncmp(line, "| ", 2) == 0) fprintf(out, "%s\n", line + 2);
    bool fine = out && fclose(out) == 0;
    if (fine && len)
        return admin_request_answer(request, 200, "text/plain; charset=utf-8", ADMIN_NOT_STORED,
                                    body, len);
    free(body);
    if (fine) return admin_request_refuse(request, 404, "", "no request in flight has that id");
    admin_request_refuse(request, 503, "", no_memory);
}

/* Visible, and so one word. */
static bool is_word(const char *text, ssize_t len) {
    for (ssize_t i = 0; i < len; i++)
        if (text[i] <= ' ' || text[i] > '~') return false;
    return len > 0;
}

void admin_inquiry_stack(struct admin_request *request,
                         const struct admin_request all[ADMIN_REQUESTS], gr_slice id) {
    char command[ID_MAX + 32], decoded[ID_MAX];
    ssize_t len = id.len <= sizeof decoded ? url_decode(id, decoded) : -1;
    if (!is_word(decoded, len))
        return admin_request_refuse(request, 404, "", "no request can have that id");
    snprintf(command, sizeof command, "stacks request %.*s\n", (int)len, decoded);
    ask(request, all, command, answer_stack);
}

/* ---- hearing ---- */

/* "ok" or "failed ..." is the last line. */
static bool is_over(const struct admin_request *request) {
    const char *text = request->heard;
    size_t len = request->heard_len;
    if (!len || text[len - 1] != '\n') return false;
    const char *line = memrchr(text, '\n', len - 1);
    line = line ? line + 1 : text;
    return strncmp(line, "| ", 2) != 0;
}

static bool make_room(struct admin_request *request, size_t more) {
    char *larger = realloc(request->heard, request->heard_len + more + 1);
    if (larger) request->heard = larger;
    return larger;
}

void admin_inquiry_hear(struct admin_request *request) {
    enum { PIECE = 16 * 1024 };
    if (!make_room(request, PIECE)) return admin_request_refuse(request, 503, "", no_memory);
    ssize_t n = recv(request->asked, request->heard + request->heard_len, PIECE, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) return admin_request_refuse(request, 503, "", "the master does not answer");
    request->heard_len += (size_t)n;
    request->heard[request->heard_len] = '\0';
    if (is_over(request)) request->answered(request);
}
