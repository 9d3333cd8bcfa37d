#include "runtime/interpreter.h"

#include <linux/futex.h>
#include <stdio.h>
#include <string.h>

#include "base/sys.h"
#include "greenroom/green.h"
#include "runtime/carrier.h"
#include "runtime/site.h"

static gr_preempter preempter;
static volatile bool preempter_set;

void gr_preempt_with(const gr_preempter *with) {
    preempter = *with;
    if (preempter.pass) site_lock_learn(preempter.pass, preempter.data);
    __atomic_store_n(&preempter_set, true, __ATOMIC_RELEASE);
}

bool interpreter_is_there(void) { return __atomic_load_n(&preempter_set, __ATOMIC_ACQUIRE); }

void interpreter_hold(void) {
    if (interpreter_is_there()) preempter.hold(preempter.data);
}

void interpreter_release(void) {
    if (interpreter_is_there()) preempter.release(preempter.data);
}

void interpreter_describe_all(const uintptr_t *threads, size_t count,
                              void (*tell)(void *to, size_t which, const char *text), void *to) {
    if (interpreter_is_there()) preempter.describe(preempter.data, threads, count, tell, to);
}

struct one_line {
    char *text;
    size_t room;
};

static void put_lines(void *to, size_t which, const char *text) {
    const struct one_line *out = to;
    size_t len = 0;
    for (const char *end; *text; text = *end ? end + 1 : end) {
        end = strchrnul(text, '\n');
        int n = snprintf(out->text + len, out->room - len, "%s%.*s", len ? " < " : "",
                         (int)(end - text), text);
        if (n >= (int)(out->room - len)) return;
        len += (size_t)n;
    }
}

void interpreter_describe(pthread_t thread, char *text, size_t room) {
    uintptr_t threads[] = {thread};
    *text = '\0';
    interpreter_describe_all(threads, 1, put_lines, &(struct one_line){text, room});
}

unsigned long interpreter_passes(void) { return site_passes; }

/* ---- the asker ---- */

/* Bytes: describing runs code of the interpreter's, which may collect its garbage meanwhile. */
enum { ASKER_STACK = 1 << 20 };

enum { ANSWERED, BEING_ASKED, ASKED };

static struct {
    void (*fn)(void *);
    void *data;
    int state; /* futex */
} question;

static void *answer(void *unused) {
    for (;;) {
        int state;
        while ((state = __atomic_load_n(&question.state, __ATOMIC_ACQUIRE)) != ASKED)
            sys(SYS_futex, &question.state, FUTEX_WAIT_PRIVATE, state, NULL);
        interpreter_hold();
        if (question.fn) question.fn(question.data);
        interpreter_release();
        __atomic_store_n(&question.state, ANSWERED, __ATOMIC_RELEASE);
    }
    return NULL;
}

int interpreter_asker_start(void) { return os_thread_start(answer, NULL, ASKER_STACK); }

bool interpreter_has_answered(void) {
    return __atomic_load_n(&question.state, __ATOMIC_ACQUIRE) == ANSWERED;
}

bool interpreter_ask(void (*fn)(void *data), void *data) {
    int state = ANSWERED;
    if (!__atomic_compare_exchange_n(&question.state, &state, BEING_ASKED, false, __ATOMIC_ACQUIRE,
                                     __ATOMIC_RELAXED))
        return false;
    question.fn = fn;
    question.data = data;
    __atomic_store_n(&question.state, ASKED, __ATOMIC_RELEASE);
    sys(SYS_futex, &question.state, FUTEX_WAKE_PRIVATE, 1);
    return true;
}
