#include "cli/top.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "cli/control.h"
#include "cli/output.h"

enum {
    PERIOD = 1000,       /* ms */
    REQUESTS_MAX = 1000, /* of each worker */
    ROWS = 24,
    COLUMNS = 80, /* of a terminal that does not say */
};

/* A line of the answer to "requests": slot, pid, id, age, method, target, client, what it waits
 * for, what most of its time went on. */
enum {
    PART_SLOT,
    PART_PID,
    PART_ID,
    PART_AGE,
    PART_METHOD,
    PART_TARGET,
    PART_CLIENT,
    PART_WAIT,
    PART_MOST,
    PARTS
};

/* Of the answer to "downstreams": slot, pid, name, breaker, connections, calls, how many wait, and
 * since the worker started: connections, answers, failures, refusals. */
enum {
    DOWNSTREAM_SLOT,
    DOWNSTREAM_PID,
    DOWNSTREAM_NAME,
    DOWNSTREAM_BREAKER,
    DOWNSTREAM_CONNECTIONS,
    DOWNSTREAM_CALLS,
    DOWNSTREAM_WAITING,
    DOWNSTREAM_CONNECTED,
    DOWNSTREAM_ANSWERED,
    DOWNSTREAM_FAILED,
    DOWNSTREAM_REFUSED,
    DOWNSTREAM_PARTS
};

struct request {
    char *line;
    char *parts[PARTS];
    long age; /* ms */
};

struct screen {
    int rows, columns;
    bool terminal;
    char **workers; /* lines of "status" */
    size_t worker_count;
    char **downstreams; /* as they are drawn */
    size_t downstream_count;
    struct request *requests;
    size_t request_count;
    char *complaint; /* a line that is no request: of a worker that does not answer */
};

/* ---- what the server says ---- */

static void *grown(void *array, size_t count, size_t size) {
    void *larger = reallocarray(array, count + 1, size);
    if (larger) return larger;
    fputs("greenroom: no memory\n", stderr);
    exit(1);
}

static void take_worker(void *data, char *line) {
    struct screen *screen = data;
    screen->workers = grown(screen->workers, screen->worker_count, sizeof *screen->workers);
    screen->workers[screen->worker_count++] = strdup(line);
}

static bool split(char *line, char **parts, int most) {
    int count = 0;
    for (char *part; count < most && (part = strsep(&line, "\t")); count++) parts[count] = part;
    return count == most;
}

static const char downstream_format[] = "%6s  %-40s  %-9s  %11s  %5s  %7s  %9s  %8s  %6s  %7s";

static void add_downstream(struct screen *screen, char *const *parts) {
    char *line;
    if (asprintf(&line, downstream_format, parts[DOWNSTREAM_SLOT], parts[DOWNSTREAM_NAME],
                 parts[DOWNSTREAM_BREAKER], parts[DOWNSTREAM_CONNECTIONS], parts[DOWNSTREAM_CALLS],
                 parts[DOWNSTREAM_WAITING], parts[DOWNSTREAM_CONNECTED], parts[DOWNSTREAM_ANSWERED],
                 parts[DOWNSTREAM_FAILED], parts[DOWNSTREAM_REFUSED]) < 0)
        line = NULL;
    screen->downstreams =
        grown(screen->downstreams, screen->downstream_count, sizeof *screen->downstreams);
    screen->downstreams[screen->downstream_count++] = line;
}

/* What is none is said of a worker that has gone since it was asked for its requests. */
static void take_downstream(void *data, char *line) {
    static char *const head[] = {"slot",        "pid",    "downstream", "breaker",
                                 "connections", "calls",  "waiting",    "connected",
                                 "answered",    "failed", "refused"};
    struct screen *screen = data;
    char *parts[DOWNSTREAM_PARTS];
    if (!split(line, parts, DOWNSTREAM_PARTS)) return;
    if (screen->downstream_count == 0) add_downstream(screen, head);
    add_downstream(screen, parts);
}

static void take_request(void *data, char *line) {
    struct screen *screen = data;
    struct request request = {.line = strdup(line)};
    if (!request.line || !split(request.line, request.parts, PARTS)) {
        free(request.line);
        free(screen->complaint);
        screen->complaint = strdup(line);
        return;
    }
    request.age = strtol(request.parts[PART_AGE], NULL, 10);
    screen->requests = grown(screen->requests, screen->request_count, sizeof request);
    screen->requests[screen->request_count++] = request;
}

static int older_first(const void *a, const void *b) {
    long x = ((const struct request *)a)->age, y = ((const struct request *)b)->age;
    return (x < y) - (x > y);
}

static void forget(struct screen *screen) {
    for (size_t i = 0; i < screen->worker_count; i++) free(screen->workers[i]);
    for (size_t i = 0; i < screen->request_count; i++) free(screen->requests[i].line);
    for (size_t i = 0; i < screen->downstream_count; i++) free(screen->downstreams[i]);
    free(screen->downstreams);
    free(screen->workers);
    free(screen->requests);
    free(screen->complaint);
    *screen = (struct screen){.terminal = screen->terminal};
}

static int ask(struct screen *screen, const char *socket, char *error) {
    char request[32];
    snprintf(request, sizeof request, "requests %d",
             screen->terminal ? screen->rows : REQUESTS_MAX);
    int code = control_ask(socket, "status", false, take_worker, screen, error);
    if (code == 0) code = control_ask(socket, request, false, take_request, screen, error);
    if (code == 0 && !screen->complaint)
        code = control_ask(socket, "downstreams", false, take_downstream, screen, error);
    qsort(screen->requests, screen->request_count, sizeof *screen->requests, older_first);
    return code;
}

/* ---- the picture ---- */

static void measure(struct screen *screen) {
    struct winsize size = {0};
    ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
    screen->rows = size.ws_row ? size.ws_row : ROWS;
    screen->columns = size.ws_col ? size.ws_col : COLUMNS;
}

/* One line, cut off at the edge of a terminal. Returns how many are left. */
static int draw(const struct screen *screen, int left, const char *text) {
    if (!screen->terminal) {
        puts(text);
        return left;
    }
    if (left > 0) printf("%.*s\033[K\r\n", screen->columns, text);
    return left - 1;
}

static const char *age(long ms, char text[16]) {
    snprintf(text, 16, ms < 100000 ? "%.1f s" : "%.0f s", (double)ms / 1000);
    return text;
}

static void draw_all(const struct screen *screen) {
    char line[2048], since[16];
    int left = screen->rows - 2;
    for (size_t i = 0; i < screen->worker_count; i++) left = draw(screen, left, screen->workers[i]);
    if (screen->downstream_count) left = draw(screen, left, "");
    for (size_t i = 0; i < screen->downstream_count; i++)
        left = draw(screen, left, screen->downstreams[i]);
    if (screen->complaint) left = draw(screen, left, screen->complaint);
    left = draw(screen, left, "");
    snprintf(line, sizeof line, "%6s  %8s  %-32s  %-32s  %-40s  %-15s  %s", "slot", "age",
             "is doing", "most of its time", "request", "client", "request id");
    left = draw(screen, left, line);
    for (size_t i = 0; i < screen->request_count; i++) {
        const struct request *one = &screen->requests[i];
        char what[512];
        snprintf(what, sizeof what, "%s %s", one->parts[PART_METHOD], one->parts[PART_TARGET]);
        snprintf(line, sizeof line, "%6s  %8s  %-32s  %-32s  %-40s  %-15s  %s",
                 one->parts[PART_SLOT], age(one->age, since), one->parts[PART_WAIT],
                 one->parts[PART_MOST], what, one->parts[PART_CLIENT], one->parts[PART_ID]);
        left = draw(screen, left, line);
    }
}

/* ---- the terminal ---- */

static struct termios before;
static volatile sig_atomic_t over;

static void end(int number) {
    (void)number;
    over = 1;
}

static void terminal_take(void) {
    struct sigaction action = {.sa_handler = end};
    struct termios raw;
    tcgetattr(STDIN_FILENO, &before);
    raw = before;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    fputs("\033[?1049h\033[?25l", stdout); /* the other screen, no cursor */
}

static void terminal_give_back(void) {
    fputs("\033[?25h\033[?1049l", stdout);
    fflush(stdout);
    tcsetattr(STDIN_FILENO, TCSANOW, &before);
}

/* Until it is time for the next picture, or q. */
static void wait_for_a_key(void) {
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    char key;
    if (poll(&input, 1, PERIOD) > 0 && (read(STDIN_FILENO, &key, 1) != 1 || key == 'q')) over = 1;
}

static int watch(struct screen *screen, const char *socket, char *error) {
    int code = 0;
    terminal_take();
    while (!over && code == 0) {
        measure(screen);
        code = ask(screen, socket, error);
        fputs("\033[H", stdout);
        draw_all(screen);
        fputs("\033[J", stdout);
        fflush(stdout);
        forget(screen);
        if (code == 0) wait_for_a_key();
    }
    terminal_give_back();
    return code;
}

int top_show(const char *socket) {
    struct screen screen = {.terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)};
    char error[SENTENCE_SIZE];
    int code;
    if (screen.terminal) {
        code = watch(&screen, socket, error);
    } else {
        code = ask(&screen, socket, error);
        if (code == 0) draw_all(&screen);
        forget(&screen);
    }
    if (code == 0) return output_finish();
    fprintf(stderr, "greenroom: %s\n", error);
    return code;
}
