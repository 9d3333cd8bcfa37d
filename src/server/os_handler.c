#include "server/os_handler.h"

#include <stdio.h>
#include <sys/socket.h>

#include "base/sys.h"
#include "runtime/green.h"
#include "server/threads.h"
#include "server/wall_clock.h"

struct work {
    struct gr_request *exchange;
    void (*handler)(struct gr_request *);
    int64_t cpu; /* ns that the thread has used for it */
};

static __thread struct gr_request *handled;

static const char too_late[] = "504 Gateway Timeout: the request took too long\n";

struct gr_request *os_handler_request(void) {
    return handled;
}

static bool become(struct gr_request *exchange, enum exchange_answerer answerer) {
    int before = ANSWERER_OPEN;
    return __atomic_compare_exchange_n(&exchange->answerer, &before, answerer, false,
                                       __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE) ||
           before == (int)answerer;
}

bool os_handler_may_answer(struct gr_request *exchange) {
    if (__atomic_load_n(&exchange->answerer, __ATOMIC_RELAXED) == ANSWERER_HANDLER) return true;
    return !gr_request_expired(exchange) && become(exchange, ANSWERER_HANDLER);
}

static size_t body_of_too_late(const struct gr_request *exchange) {
    gr_slice method = gr_request_method(exchange);
    return gr_slice_equal(method, gr_slice_of("HEAD")) ? 0 : sizeof too_late - 1;
}

/* Everything of the exchange but its head is the other thread's. */
static void answer_too_late(void *arg) {
    struct work *work = arg;
    char text[256], date[WALL_CLOCK_DATE_FIELD];
    if (!become(work->exchange, ANSWERER_SERVER)) return;
    wall_clock_date_field(date);
    int len = snprintf(text, sizeof text,
                       "HTTP/1.1 504 Gateway Timeout\r\n%.*sContent-Type: text/plain\r\n"
                       "Content-Length: %zu\r\nConnection: close\r\n\r\n%.*s",
                       (int)sizeof date, date, sizeof too_late - 1,
                       (int)body_of_too_late(work->exchange), too_late);
    struct iovec whole = {text, (size_t)len};
    struct connection *connection = work->exchange->connection;
    if (connection_send(connection, &whole, 1, 0) == 0) connection_end_sending(connection);
}

static int64_t cpu_time(void) {
    struct timespec used;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return clock_length(&used);
}

static void run(void *arg) {
    struct work *work = arg;
    int64_t before = cpu_time();
    handled = work->exchange;
    work->exchange->thread = pthread_self();
    work->handler(work->exchange);
    work->cpu = cpu_time() - before;
}

void os_handler_run(struct gr_request *exchange, void (*handler)(struct gr_request *)) {
    struct work work = {.exchange = exchange, .handler = handler};
    exchange->answerer = ANSWERER_OPEN;
    gr_request_id(exchange); /* made once: from now on, two threads may ask for it at a time */
    threads_run(run, &work, green_self()->deadline, answer_too_late);
    tally_ran_apart(exchange->tally, work.cpu);
    if (exchange->answerer == ANSWERER_HANDLER) return;
    if (exchange->answerer == ANSWERER_SERVER)
        exchange->response = (struct response){.status = 504,
                                               .sent = (int64_t)body_of_too_late(exchange),
                                               .started = true,
                                               .ended = true,
                                               .last = true};
    else if (gr_request_expired(exchange))
        response_init(exchange); /* drops what the handler would have answered */
}
