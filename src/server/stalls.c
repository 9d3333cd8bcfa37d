#include "server/stalls.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "greenroom/log.h"
#include "runtime/stall.h"
#include "server/exchange.h"

static size_t copy(char *out, size_t room, gr_slice text) {
    size_t len = text.len < room ? text.len : room;
    memcpy(out, text.data, len);
    return len;
}

void stalls_note(const struct green *green, char work[STALL_WORK]) {
    const struct gr_request *request = green->work;
    *work = '\0';
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
void stalls_print(void *const *frames, int count, char text[STALLS_C_STACK]) {
    size_t len = 0;
    *text = '\0';
    for (int i = 2; i < count; i++) {
        Dl_info info = {0};
        dladdr(frames[i], &info);
        int n = snprintf(
            text + len, STALLS_C_STACK - len, "%s%s(%s+0x%tx)", len ? " < " : "",
            info.dli_fname ? base_name(info.dli_fname) : "?", info.dli_sname ? info.dli_sname : "",
            (char *)frames[i] - (char *)(info.dli_sname ? info.dli_saddr : info.dli_fbase));
        if (n < 0 || (size_t)n >= STALLS_C_STACK - len) {
            text[len] = '\0';
            return;
        }
        len += (size_t)n;
    }
}

static void report(const struct stall *stall) {
    char c_stack[STALLS_C_STACK];
    stalls_print(stall->frames, stall->frame_count, c_stack);
    gr_log(GR_LOG_WARNING,
           "the worker was held up for %lld ms by C code that keeps the interpreter's lock, in %s; "
           "Python: %s; C: %s",
           (long long)(stall->length / NS_PER_MS), *stall->work ? stall->work : "no request",
           *stall->stack ? stall->stack : "unknown", *c_stack ? c_stack : "unknown");
}

void stalls_init(void) {
    stall_report_with(&(struct stall_reporter){.note = stalls_note, .report = report});
}
