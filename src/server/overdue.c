#include "server/overdue.h"

#include <string.h>

#include "greenroom/log.h"
#include "runtime/backtrace.h"
#include "runtime/interpreter.h"
#include "server/load.h"
#include "server/stalls.h"

static struct expiry running;
static double limit; /* s */

/* The one that is being told of. */
static struct {
    const struct green *green;
    const void *work;
    pthread_t thread; /* that answers it */
    char what[STALL_WORK];
} told;

/* Only one that runs at this moment has a C stack to be had. */
static void print_c_stack(char text[STALLS_C_STACK]) {
    void *frames[STALL_FRAMES];
    stalls_print(frames, backtrace_of(told.green, frames, STALL_FRAMES), text);
}

/* On the OS thread that has the interpreter's lock. */
static void tell(void *unused) {
    char stack[STALL_STACK], c_stack[STALLS_C_STACK];
    interpreter_describe(told.thread, stack, sizeof stack);
    print_c_stack(c_stack);
    if (told.green->work != told.work) return; /* it has ended after all */
    gr_log(GR_LOG_ERROR,
           "%s goes on %.1f s after it should have ended; the worker is to be replaced; "
           "interpreter: %s; C: %s",
           told.what, limit, *stack ? stack : "unknown", *c_stack ? c_stack : "parked, or unknown");
}

static void have_expired(struct expiry_node *node) {
    const struct gr_request *request = LIST_ENTRY(node, struct gr_request, overdue);
    load_add_overdue();
    if (!interpreter_has_answered()) return;
    told.green = request->green;
    told.work = request;
    told.thread = request->thread;
    stalls_note(told.green, told.what);
    interpreter_ask(tell, NULL);
}

void overdue_init(int64_t request_timeout) {
    limit = (double)request_timeout / NS_PER_S;
    expiry_init(&running, 2 * request_timeout, have_expired);
}

void overdue_watch(struct gr_request *request) {
    request->overdue.place = (struct list){NULL, NULL};
    if (running.after) expiry_join(&running, &request->overdue);
}

void overdue_forget(struct gr_request *request) { expiry_leave(&request->overdue); }
