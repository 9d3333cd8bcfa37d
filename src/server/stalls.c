#include "server/stalls.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "greenroom/log.h"
#include "runtime/stall.h"
#include "server/exchange.h"

enum { C_STACK = 1024 };

static size_t copy(char *out, size_t room, gr_slice text) {
    size_t len = text.len < room ? text.len : room;
    memcpy(out, text.data, len);
    return len;
}

static void note(const struct green *green, char work[STALL_WORK]) {
    const struct gr_request *request = green->work;
    if (!request) return;
    size_t len = copy(work, STALL_WORK - 2, gr_request_method(request));
    work[len++] = ' ';
    len += copy(work + len, STALL_WORK - 1 - len, gr_request_target(request));
    work[len] = '\0';
}

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The first two frames are the handler's and the kernel's return from it. */
static void print_frames(const struct stall *stall, char text[C_STACK]) {
    size_t len = 0;
    *text = '\0';
    for (int i = 2; i < stall->frame_count; i++) {
        Dl_info info = {0};
        dladdr(stall->frames[i], &info);
        int n = snprintf(
            text + len, C_STACK - len, "%s%s(%s+0x%tx)", len ? " < " : "",
            info.dli_fname ? base_name(info.dli_fname) : "?", info.dli_sname ? info.dli_sname : "",
            (char *)stall->frames[i] - (char *)(info.dli_sname ? info.dli_saddr : info.dli_fbase));
        if (n < 0 || (size_t)n >= C_STACK - len) {
            text[len] = '\0';
            return;
        }
        len += (size_t)n;
    }
}

static void report(const struct stall *stall) {
    char c_stack[C_STACK];
    print_frames(stall, c_stack);
    gr_log(GR_LOG_WARNING,
           "the worker was held up for %lld ms by C code that keeps the interpreter's lock, in %s; "
           "Python: %s; C: %s",
           (long long)(stall->length / NS_PER_MS), *stall->work ? stall->work : "no request",
           *stall->stack ? stall->stack : "unknown", *c_stack ? c_stack : "unknown");
}

void stalls_init(void) {
    stall_report_with(&(struct stall_reporter){.note = note, .report = report});
}
