#include "supervisor/log_writer.h"

#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/sys.h"
#include "log/log.h"
#include "log/rings.h"
#include "supervisor/thread.h"

enum {
    GATHER_TIME = 50 * NS_PER_MS, /* from the first line to a write */
    HALF_FULL = LOG_RING_SIZE / 2,
    COMPLAINT_PERIOD = NS_PER_S,
    UNFINISHED_PAUSE = NS_PER_MS,
    REFUSAL_AGAIN = 512,
};

/* Longer than workers that cannot be started are waited with. */
#define REFUSAL_MEMORY (300 * (int64_t)NS_PER_S)

static atomic_bool settled;

void log_writers_settle(void) { atomic_store(&settled, true); }
bool log_writers_settled(void) { return atomic_load(&settled); }

/* ---- what is to be told ---- */

static bool may_complain(struct log_writer *writer) {
    int64_t now = clock_now();
    if (writer->complaint && now - writer->complaint < COMPLAINT_PERIOD) return false;
    writer->complaint = now;
    return true;
}

/* Never waits for it. */
static void say_on_stderr(const char *text, size_t len) {
    struct pollfd out = {.fd = STDERR_FILENO, .events = POLLOUT};
    if (poll(&out, 1, 0) == 1 && write(STDERR_FILENO, text, len) < 0) return;
}

static bool is_on_stderr(const struct log_writer *writer) {
    return writer->output->fd == STDERR_FILENO;
}

static void tell_unwritable(struct log_writer *writer, int error) {
    char text[128];
    if (is_on_stderr(writer) || !may_complain(writer)) return;
    int len = snprintf(text, sizeof text, "greenroom: %s cannot be written: %s\n", writer->name,
                       strerror(error));
    say_on_stderr(text, (size_t)len);
}

static void tell_unwritten(struct log_writer *writer) {
    if (!writer->unwritten) return;
    gr_log(GR_LOG_WARNING, "lines lost, as %s could not be written: %llu (%s)", writer->name,
           (unsigned long long)writer->unwritten, strerror(writer->unwritten_why));
    writer->unwritten = 0;
}

static int owner_of(const struct log_writer *writer, uint32_t ring) {
    return log_ring_owner(ring, writer->count, writer->mules);
}

static void tell_dropped(struct log_writer *writer, uint32_t ring) {
    struct log_reader *reader = &writer->readers[ring];
    uint64_t fresh = log_reader_dropped(reader) - reader->told;
    char owner[LOG_WORKER_NAME];
    if (!fresh) return;
    reader->told += fresh;
    if (ring == 0)
        gr_log(GR_LOG_WARNING,
               "lines of the master and of raw output dropped, as %s is too slow: %llu",
               writer->name, (unsigned long long)fresh);
    else
        gr_log(GR_LOG_WARNING, "lines of %s dropped, as %s is too slow: %llu",
               log_worker_name(owner_of(writer, ring), owner), writer->name,
               (unsigned long long)fresh);
}

static bool has_dropped(const struct log_writer *writer) {
    for (uint32_t i = 0; i < writer->count; i++)
        if (log_reader_dropped(&writer->readers[i]) != writer->readers[i].told) return true;
    return false;
}

static void tell_news(struct log_writer *writer, bool at_once) {
    writer->owes_news = has_dropped(writer);
    if (!writer->owes_news || (!at_once && !may_complain(writer))) return;
    for (uint32_t i = 0; i < writer->count; i++) tell_dropped(writer, i);
    writer->owes_news = false;
}

/* ---- batches ---- */

static void flush(struct log_writer *writer) {
    if (!writer->used) return;
    if (log_output_write(writer->output, writer->batch, writer->used) == 0) {
        tell_unwritten(writer);
    } else {
        writer->unwritten += writer->batched;
        writer->unwritten_why = errno;
        tell_unwritable(writer, errno);
    }
    writer->used = writer->batched = 0;
}

/* Of a reason that comes again, from one worker after another, the first line is enough. */
static gr_slice say_once(struct log_writer *writer, gr_slice text, char again[REFUSAL_AGAIN]) {
    int64_t now = clock_now(), before = writer->refused_at;
    uint64_t reason = hash_more(HASH_START, text.data, text.len);
    bool is_known = reason == writer->refusal && now - before < REFUSAL_MEMORY;
    writer->refusal = reason;
    writer->refused_at = now;
    if (!is_known) return text;
    const char *end = memchr(text.data, '\n', text.len);
    int len = end ? (int)(end - text.data) : (int)text.len;
    snprintf(again, REFUSAL_AGAIN, "%.*s: the same as before", len < 400 ? len : 400, text.data);
    return gr_slice_of(again);
}

static void batch(struct log_writer *writer, size_t len) {
    writer->used += len;
    writer->batched++;
}

/* What a worker cannot serve an application for: a plain sentence for whoever waits for the server
 * to start; a record later on. */
static void refuse(struct log_writer *writer, uint32_t ring, gr_slice text) {
    static const char prefix[] = "greenroom: ";
    char *memory = writer->batch + writer->used, again[REFUSAL_AGAIN];
    if (log_writers_settled()) {
        struct log_line line;
        struct log_head head = {.time = log_time(),
                                .level = LOG_ERROR,
                                .logger = gr_slice_of("greenroom"),
                                .worker = owner_of(writer, ring)};
        log_line_begin(&line, memory, LOG_RECORD_MAX, log_style(), &head);
        log_line_message(&line, say_once(writer, text, again));
        return batch(writer, log_line_end(&line).len);
    }
    size_t len = sizeof prefix - 1;
    memmove(memory + len, text.data, text.len);
    memcpy(memory, prefix, len);
    len += text.len;
    memory[len++] = '\n';
    if (is_on_stderr(writer))
        batch(writer, len);
    else
        say_on_stderr(memory, len);
}

static void take(struct log_writer *writer, uint32_t ring) {
    static char refusal[LOG_RECORD_MAX];
    struct log_reader *reader = &writer->readers[ring];
    struct log_record record = reader->next;
    bool plain = record.kind == LOG_KIND_REFUSAL;
    if (plain || record.len > LOG_BATCH - writer->used) flush(writer);
    char *out = plain ? refusal : writer->batch + writer->used;
    log_reader_take(reader, out);
    if (plain) return refuse(writer, ring, (gr_slice){out, record.len});
    batch(writer, record.len);
    if (record.kind == LOG_KIND_ERROR && !log_writers_settled() && !is_on_stderr(writer))
        say_on_stderr(out, record.len);
}

/* ---- order ---- */

/* The ring whose next record is the earliest, of those made until then; count: none is. */
static uint32_t find_earliest(const struct log_writer *writer, int64_t until) {
    uint32_t earliest = writer->count;
    for (uint32_t i = 0; i < writer->count; i++) {
        const struct log_record *next = &writer->readers[i].next;
        if (!next->len || next->time > until) continue;
        if (earliest == writer->count || next->time < writer->readers[earliest].next.time)
            earliest = i;
    }
    return earliest;
}

/* A time that has not come yet, which no sane writer gives, is taken for now. */
static void look(struct log_reader *reader) {
    if (reader->next.len || !log_reader_peek(reader)) return;
    int64_t now = clock_now();
    if (reader->next.time > now) reader->next.time = now;
}

/* All that has been made by now. What is made meanwhile has its turn with that of the other rings.
 */
static bool write_what_there_is(struct log_writer *writer) {
    int64_t now = clock_now();
    uint32_t ring;
    bool any = false;
    for (uint32_t i = 0; i < writer->count; i++) look(&writer->readers[i]);
    while ((ring = find_earliest(writer, now)) < writer->count) {
        take(writer, ring);
        look(&writer->readers[ring]);
        any = true;
    }
    flush(writer);
    return any;
}

/* ---- the thread ---- */

static void wait_for_lines(struct log_writer *writer, uint32_t bytes, int64_t ns) {
    log_bell_wait(writer->bell, writer->readers, writer->count, bytes, ns);
}

/* Returns whether it was so. */
static bool change_state(struct log_writer *writer, enum log_writer_state from,
                         enum log_writer_state to) {
    return atomic_compare_exchange_strong(&writer->state, &from, to);
}

static void *run(void *arg) {
    struct log_writer *writer = arg;
    bool any, stopped;
    do {
        wait_for_lines(writer, 1, writer->owes_news ? COMPLAINT_PERIOD : -1);
        wait_for_lines(writer, HALF_FULL, GATHER_TIME);
        stopped = atomic_load(&writer->state) == LOG_WRITER_STOPPED;
        tell_news(writer, stopped);
        any = write_what_there_is(writer);
        if (!any && !stopped) sys_pause(UNFINISHED_PAUSE);
    } while (any || !stopped || !change_state(writer, LOG_WRITER_STOPPED, LOG_WRITER_ENDED));
    sys(SYS_futex, &writer->state, FUTEX_WAKE_PRIVATE, 1);
    return NULL;
}

int log_writer_start(struct log_writer *writer, const char *name, struct log_output *output,
                     struct log_bell *bell, uint32_t rings) {
    writer->name = name;
    writer->output = output;
    writer->bell = bell;
    writer->count = rings;
    writer->mules = bell->mules;
    writer->readers = calloc(rings, sizeof *writer->readers);
    if (!writer->readers) return -1;
    for (uint32_t i = 0; i < rings; i++) log_reader_open(&writer->readers[i], log_ring_at(bell, i));
    return log_writer_go_on(writer);
}

int log_writer_go_on(struct log_writer *writer) {
    atomic_store(&writer->bell->stopped, 0);
    if (change_state(writer, LOG_WRITER_STOPPED, LOG_WRITER_RUNS)) return 0;
    atomic_store(&writer->state, LOG_WRITER_RUNS);
    return thread_start(run, writer);
}

void log_writer_stop(struct log_writer *writer, int64_t due) {
    int64_t left;
    if (!change_state(writer, LOG_WRITER_RUNS, LOG_WRITER_STOPPED)) return;
    log_bell_stop(writer->bell);
    while (atomic_load(&writer->state) == LOG_WRITER_STOPPED && (left = due - clock_now()) > 0) {
        struct timespec limit = {.tv_sec = left / NS_PER_S, .tv_nsec = left % NS_PER_S};
        sys(SYS_futex, &writer->state, FUTEX_WAIT_PRIVATE, LOG_WRITER_STOPPED, &limit);
    }
}
