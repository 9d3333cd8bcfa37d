/* Pipes in memory: data, end, errors, patience, the watermark, and the forms that do not park. */
#include "stream_fixture.h"

#include <unistd.h>

enum { HIGH = 1000 };

static gr_reader *reader;
static gr_writer *writer;

static int make_pipe(void **state) { return gr_pipe(HIGH, &reader, &writer); }

static char buffer[10 * HIGH], text[10 * HIGH];

static void assert_text(const char *data, size_t len, size_t at) {
    for (size_t i = 0; i < len; i++)
        if (data[i] != (char)((at + i) % 251)) fail_msg("byte %zu is wrong", at + i);
}

static void fill_text(void) {
    for (size_t i = 0; i < sizeof text; i++) text[i] = (char)(i % 251);
}

/* ---- data and end ---- */

static void what_is_written_is_read_and_then_the_end(void **state) {
    assert_int_equal(gr_writer_write(writer, "hello", 5), 0);
    assert_int_equal(gr_writer_write(writer, ", world", 7), 0);
    assert_int_equal(gr_writer_close(writer), 0);
    assert_int_equal(gr_reader_read(reader, buffer, 3), 3);
    assert_int_equal(gr_reader_read(reader, buffer + 3, sizeof buffer - 3), 9);
    assert_memory_equal(buffer, "hello, world", 12);
    assert_int_equal(gr_reader_read(reader, buffer, sizeof buffer), 0);
    assert_int_equal(gr_reader_read(reader, buffer, sizeof buffer), 0);
    gr_reader_close(reader);
}

static void nothing_is_written_and_read_at_once(void **state) {
    assert_int_equal(gr_writer_write(writer, "", 0), 0);
    assert_int_equal(gr_reader_read(reader, buffer, 0), 0);
    assert_int_equal(gr_writer_try_write(writer, "", 0), 0);
    assert_int_equal(gr_writer_close(writer), 0);
    assert_int_equal(gr_reader_read(reader, buffer, 1), 0);
    gr_reader_close(reader);
}

static void *write_text(void *len) {
    size_t at = 0, total = (size_t)len;
    uint32_t seed = 7;
    while (at < total) {
        size_t n = random_below(&seed, 3 * HIGH);
        if (n > total - at) n = total - at;
        for (size_t i = 0; i < n; i++) text[i] = (char)((at + i) % 251);
        size_t half = n / 2;
        struct iovec parts[] = {{text, half}, {text + half, n - half}};
        if (gr_writer_writev(writer, parts, 2) < 0) break;
        at += n;
    }
    return (void *)(intptr_t)(gr_writer_close(writer) < 0 ? errno : 0);
}

static void pieces_of_all_sizes_arrive_in_order(void **state) {
    enum { TOTAL = 1000 * HIGH };
    gr_green *green = gr_spawn(write_text, (void *)(size_t)TOTAL);
    size_t at = 0;
    uint32_t seed = 99;
    for (ssize_t n; at < TOTAL; at += (size_t)n) {
        if (at / 100 % 2) {
            gr_slice bytes;
            assert_true(gr_reader_peek(reader, &bytes) > 0);
            n = (ssize_t)(1 + random_below(&seed, bytes.len));
            assert_text(bytes.data, bytes.len, at);
            gr_reader_consume(reader, (size_t)n);
        } else {
            n = gr_reader_read(reader, buffer, 1 + random_below(&seed, 2 * HIGH));
            assert_true(n > 0);
            assert_text(buffer, (size_t)n, at);
        }
    }
    assert_int_equal(gr_reader_read(reader, buffer, 1), 0);
    void *error;
    assert_int_equal(gr_join(green, &error), 0);
    assert_null(error);
    gr_reader_close(reader);
}

/* Others write while the bytes are looked at, as gr_copy does. */
static void what_is_peeked_at_stays_while_the_writer_goes_on(void **state) {
    fill_text();
    gr_slice bytes;
    assert_int_equal(gr_writer_write(writer, text, 600), 0);
    gr_reader_consume(reader, (size_t)gr_reader_peek(reader, &bytes) - 100);
    assert_int_equal(gr_reader_peek(reader, &bytes), 100);
    assert_int_equal(gr_writer_write(writer, text + 600, 900), 0); /* around the end of the ring */
    assert_text(bytes.data, bytes.len, 500);
    gr_reader_consume(reader, 100);
    assert_int_equal(gr_reader_read(reader, buffer, sizeof buffer), 900);
    assert_text(buffer, 900, 600);
    assert_int_equal(gr_writer_close(writer), 0);
    gr_reader_close(reader);
}

static void a_read_around_the_end_of_the_ring_may_leave_a_rest(void **state) {
    fill_text();
    assert_int_equal(gr_writer_write(writer, text, 900), 0);
    assert_int_equal(gr_reader_read(reader, buffer, 800), 800);
    assert_int_equal(gr_writer_write(writer, text + 900, 800), 0);
    assert_int_equal(gr_reader_read(reader, buffer, 400), 400);
    assert_text(buffer, 400, 800);
    assert_int_equal(gr_reader_read(reader, buffer, sizeof buffer), 500);
    assert_text(buffer, 500, 1200);
    assert_int_equal(gr_writer_close(writer), 0);
    gr_reader_close(reader);
}

/* ---- the watermark ---- */

static size_t written;

static void *write_for_ever(void *arg) {
    while (gr_writer_write(writer, "x", 1) == 0) written++;
    int error = errno;
    gr_writer_abort(writer, error);
    return (void *)(intptr_t)error;
}

static void let_others_run(void) {
    for (int i = 0; i < 2 * HIGH; i++) gr_yield();
}

static void the_writer_parks_at_the_watermark_until_half_is_read(void **state) {
    written = 0;
    gr_green *green = gr_spawn(write_for_ever, NULL);
    let_others_run();
    assert_int_equal(written, HIGH);
    gr_reader_read(reader, buffer, HIGH / 2 - 1);
    let_others_run();
    assert_int_equal(written, HIGH);
    gr_reader_read(reader, buffer, 1);
    let_others_run();
    assert_int_equal(written, HIGH + HIGH / 2);
    gr_reader_close(reader);
    void *error;
    assert_int_equal(gr_join(green, &error), 0);
    assert_int_equal((intptr_t)error, EPIPE);
}

/* ---- breaking ---- */

static void closing_the_reader_fails_the_writer_with_epipe(void **state) {
    assert_int_equal(gr_writer_write(writer, "x", 1), 0);
    gr_reader_close(reader);
    assert_fails(gr_writer_write(writer, "x", 1), EPIPE);
    assert_fails(gr_writer_try_write(writer, "x", 1), EPIPE);
    assert_fails(gr_writer_close(writer), EPIPE);
}

static void closing_tells_of_bytes_that_nobody_has_read(void **state) {
    assert_int_equal(gr_writer_write(writer, "x", 1), 0);
    gr_reader_close(reader);
    assert_fails(gr_writer_close(writer), EPIPE);
}

static void a_reader_that_has_read_all_may_close_first(void **state) {
    assert_int_equal(gr_writer_write(writer, "x", 1), 0);
    assert_int_equal(gr_reader_read(reader, buffer, 1), 1);
    gr_reader_close(reader);
    assert_int_equal(gr_writer_close(writer), 0);
}

static void an_abort_is_read_behind_what_came_before_it(void **state) {
    assert_int_equal(gr_writer_write(writer, "half", 4), 0);
    gr_writer_abort(writer, EIO);
    assert_int_equal(gr_reader_read(reader, buffer, sizeof buffer), 4);
    assert_fails(gr_reader_read(reader, buffer, sizeof buffer), EIO);
    gr_slice bytes;
    assert_fails(gr_reader_peek(reader, &bytes), EIO);
    assert_fails(gr_reader_try_read(reader, buffer, 1), EIO);
    gr_reader_close(reader);
}

static void *read_once(void *arg) {
    ssize_t n = gr_reader_read(reader, buffer, sizeof buffer);
    return (void *)(intptr_t)(n < 0 ? -errno : n);
}

static intptr_t read_while(void (*happens)(void)) {
    void *result;
    gr_green *green = gr_spawn(read_once, NULL);
    let_others_run();
    happens();
    assert_int_equal(gr_join(green, &result), 0);
    return (intptr_t)result;
}

static void abort_it(void) { gr_writer_abort(writer, EIO); }
static void end_it(void) { assert_int_equal(gr_writer_close(writer), 0); }
static void write_it(void) { assert_int_equal(gr_writer_write(writer, "abc", 3), 0); }

static void a_parked_reader_is_woken_by_data_end_and_abort(void **state) {
    assert_int_equal(read_while(write_it), 3);
    assert_int_equal(read_while(end_it), 0);
    gr_reader_close(reader);
    make_pipe(NULL);
    assert_int_equal(read_while(abort_it), -EIO);
    gr_reader_close(reader);
}

/* On another kernel task, at the same time as the reader looks. */
static void *abort_from_afar(void *arg) {
    struct green *self = green_self();
    while (__atomic_load_n(&self->state, __ATOMIC_ACQUIRE) != GREEN_DETACHED) {
    }
    gr_writer_abort(writer, EIO);
    return NULL;
}

static void an_abort_from_another_task_is_never_taken_for_an_end(void **state) {
    for (int round = 0; round < 100; round++) {
        if (round) make_pipe(NULL);
        gr_green *green = gr_spawn(abort_from_afar, NULL);
        gr_yield();
        while (gr_reader_try_read(reader, buffer, 1) < 0 && errno == EAGAIN) {
        }
        assert_fails(gr_reader_try_read(reader, buffer, 1), EIO);
        gr_reader_close(reader);
        assert_int_equal(gr_join(green, NULL), 0);
    }
}

/* ---- patience ---- */

static void a_read_past_the_deadline_fails_and_may_be_made_again(void **state) {
    gr_deadline_set(gr_now() + NS_PER_MS);
    assert_fails(gr_reader_read(reader, buffer, 1), ETIMEDOUT);
    gr_deadline_set(0);
    assert_int_equal(gr_writer_write(writer, "x", 1), 0);
    assert_int_equal(gr_reader_read(reader, buffer, 1), 1);
    assert_int_equal(gr_writer_close(writer), 0);
    gr_reader_close(reader);
}

static void what_does_not_wait_is_not_bound_by_the_deadline(void **state) {
    gr_deadline_set(1);
    assert_int_equal(gr_writer_write(writer, "x", 1), 0);
    assert_int_equal(gr_reader_read(reader, buffer, 1), 1);
    assert_int_equal(gr_writer_close(writer), 0);
    assert_int_equal(gr_reader_read(reader, buffer, 1), 0);
    gr_deadline_set(0);
    gr_reader_close(reader);
}

static void a_write_past_the_deadline_breaks_the_stream(void **state) {
    gr_deadline_set(gr_now() + NS_PER_MS);
    assert_fails(gr_writer_write(writer, text, HIGH + 1), ETIMEDOUT);
    gr_deadline_set(0);
    assert_fails(gr_writer_write(writer, text, 1), ETIMEDOUT);
    assert_fails(gr_writer_close(writer), ETIMEDOUT);
    assert_int_equal(gr_reader_read(reader, buffer, sizeof buffer), HIGH);
    assert_fails(gr_reader_read(reader, buffer, 1), ETIMEDOUT);
    gr_reader_close(reader);
}

static void cancelling_ends_a_read_and_a_write(void **state) {
    void *result;
    gr_green *green = gr_spawn(read_once, NULL);
    let_others_run();
    gr_cancel(green);
    assert_int_equal(gr_join(green, &result), 0);
    assert_int_equal((intptr_t)result, -ECANCELED);
    green = gr_spawn(write_for_ever, NULL);
    let_others_run();
    gr_cancel(green);
    assert_int_equal(gr_join(green, &result), 0);
    assert_int_equal((intptr_t)result, ECANCELED);
    assert_int_equal(gr_reader_read(reader, buffer, sizeof buffer), HIGH);
    assert_fails(gr_reader_read(reader, buffer, 1), ECANCELED);
    gr_reader_close(reader);
}

/* ---- without parking ---- */

static int drained, readable;

static void count(void *counter) { ++*(int *)counter; }

static void the_chunk_that_crosses_the_watermark_is_accepted_and_one_drain_follows(void **state) {
    fill_text();
    drained = 0;
    assert_int_equal(gr_writer_on_drain(writer, count, &drained), 0);
    assert_int_equal(gr_writer_try_write(writer, text, HIGH - 1), 0);
    assert_int_equal(gr_writer_try_write(writer, text + HIGH - 1, 5 * HIGH), GR_FULL);
    assert_fails(gr_writer_try_write(writer, text, 1), EAGAIN);
    size_t at = 0;
    while (at < 6 * HIGH - 1 - HIGH / 2) {
        assert_int_equal(drained, 0);
        ssize_t n = gr_reader_read(reader, buffer, 1);
        assert_text(buffer, (size_t)n, at);
        at += (size_t)n;
    }
    assert_int_equal(drained, 1);
    ssize_t n = gr_reader_read(reader, buffer, sizeof buffer);
    assert_int_equal(n, HIGH / 2);
    assert_text(buffer, (size_t)n, at);
    assert_int_equal(drained, 1);
    assert_int_equal(gr_writer_try_write(writer, text, 1), 0);
    assert_int_equal(gr_writer_close(writer), 0);
    gr_reader_close(reader);
    assert_int_equal(drained, 1);
}

static void exactly_the_watermark_is_full(void **state) {
    assert_int_equal(gr_writer_try_write(writer, text, HIGH), GR_FULL);
    assert_int_equal(gr_reader_read(reader, buffer, sizeof buffer), HIGH);
    assert_int_equal(gr_writer_try_write(writer, text, HIGH - 1), 0);
    assert_int_equal(gr_writer_try_write(writer, text, 1), GR_FULL);
    gr_reader_close(reader);
    gr_writer_abort(writer, EIO);
}

static void the_reader_s_leaving_drains_once(void **state) {
    drained = 0;
    gr_writer_on_drain(writer, count, &drained);
    assert_int_equal(gr_writer_try_write(writer, text, 2 * HIGH), GR_FULL);
    gr_reader_close(reader);
    assert_int_equal(drained, 1);
    assert_fails(gr_writer_try_write(writer, text, 1), EPIPE);
    assert_int_equal(drained, 1);
    gr_writer_abort(writer, EPIPE);
}

static void readable_is_said_once_after_each_eagain(void **state) {
    readable = 0;
    assert_int_equal(gr_reader_on_readable(reader, count, &readable), 0);
    assert_int_equal(gr_writer_write(writer, "a", 1), 0);
    assert_int_equal(readable, 0);
    assert_int_equal(gr_reader_try_read(reader, buffer, 10), 1);
    assert_fails(gr_reader_try_read(reader, buffer, 10), EAGAIN);
    assert_fails(gr_reader_try_read(reader, buffer, 10), EAGAIN);
    assert_int_equal(gr_writer_write(writer, "b", 1), 0);
    assert_int_equal(gr_writer_write(writer, "c", 1), 0);
    assert_int_equal(readable, 1);
    assert_int_equal(gr_reader_try_read(reader, buffer, 10), 2);
    assert_fails(gr_reader_try_read(reader, buffer, 10), EAGAIN);
    assert_int_equal(gr_writer_close(writer), 0);
    assert_int_equal(readable, 2);
    assert_int_equal(gr_reader_try_read(reader, buffer, 10), 0);
    gr_reader_close(reader);
}

/* An event may use the stream it tells of, and close it. */
static void write_in_event(void *len) {
    assert_int_equal(gr_writer_try_write(writer, text, (size_t)len), GR_FULL);
    drained++;
}

static void close_in_event(void *arg) {
    gr_writer_abort(writer, EIO);
    drained++;
}

static void an_event_may_write_and_close(void **state) {
    drained = 0;
    gr_writer_on_drain(writer, write_in_event, (void *)(size_t)HIGH);
    assert_int_equal(gr_writer_try_write(writer, text, HIGH), GR_FULL);
    assert_int_equal(gr_reader_read(reader, buffer, sizeof buffer), HIGH);
    assert_int_equal(drained, 1);
    gr_writer_on_drain(writer, close_in_event, NULL);
    assert_int_equal(gr_reader_read(reader, buffer, sizeof buffer), HIGH);
    assert_int_equal(drained, 2);
    assert_fails(gr_reader_read(reader, buffer, 1), EIO);
    gr_reader_close(reader);

    make_pipe(NULL);
    gr_writer_on_drain(writer, close_in_event, NULL);
    assert_int_equal(gr_writer_try_write(writer, text, HIGH), GR_FULL);
    gr_reader_close(reader); /* the writer's end closes within */
    assert_int_equal(drained, 3);
}

static void an_event_has_nowhere_to_park(void **state) {
    struct sink sink;
    assert_fails(gr_writer_try_write(sink_of(&sink), "x", 1), EOPNOTSUPP);
    assert_fails(gr_writer_on_drain(&sink.writer, count, NULL), EOPNOTSUPP);
    gr_reader_close(reader);
    gr_writer_abort(writer, EIO);
}

/* ---- an error that nobody has read ---- */

static char said[1000];

/* What closing the reader writes on stderr. */
static const char *stderr_of(void (*fn)(void)) {
    int saved = dup(STDERR_FILENO), ends[2];
    assert_int_equal(pipe(ends), 0);
    dup2(ends[1], STDERR_FILENO);
    fn();
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(ends[1]);
    ssize_t n = read(ends[0], said, sizeof said - 1);
    close(ends[0]);
    said[n > 0 ? n : 0] = '\0';
    return said;
}

static void close_reader(void) { gr_reader_close(reader); }

static void an_error_that_nobody_has_read_is_logged(void **state) {
    gr_writer_abort(writer, EIO);
    const char *line = stderr_of(close_reader);
#ifdef GREENROOM_DEVELOPMENT
    assert_non_null(strstr(line, "nobody has read its error: EIO"));
#else
    assert_string_equal(line, "");
#endif
    make_pipe(NULL);
    gr_writer_abort(writer, EIO);
    assert_fails(gr_reader_read(reader, buffer, 1), EIO);
    assert_string_equal(stderr_of(close_reader), "");
}

#define TEST(name) cmocka_unit_test_setup(name, make_pipe)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(what_is_written_is_read_and_then_the_end),
        TEST(nothing_is_written_and_read_at_once),
        TEST(pieces_of_all_sizes_arrive_in_order),
        TEST(what_is_peeked_at_stays_while_the_writer_goes_on),
        TEST(a_read_around_the_end_of_the_ring_may_leave_a_rest),
        TEST(the_writer_parks_at_the_watermark_until_half_is_read),
        TEST(closing_the_reader_fails_the_writer_with_epipe),
        TEST(closing_tells_of_bytes_that_nobody_has_read),
        TEST(a_reader_that_has_read_all_may_close_first),
        TEST(an_abort_is_read_behind_what_came_before_it),
        TEST(a_parked_reader_is_woken_by_data_end_and_abort),
        TEST(an_abort_from_another_task_is_never_taken_for_an_end),
        TEST(a_read_past_the_deadline_fails_and_may_be_made_again),
        TEST(what_does_not_wait_is_not_bound_by_the_deadline),
        TEST(a_write_past_the_deadline_breaks_the_stream),
        TEST(cancelling_ends_a_read_and_a_write),
        TEST(the_chunk_that_crosses_the_watermark_is_accepted_and_one_drain_follows),
        TEST(exactly_the_watermark_is_full),
        TEST(the_reader_s_leaving_drains_once),
        TEST(readable_is_said_once_after_each_eagain),
        TEST(an_event_may_write_and_close),
        TEST(an_event_has_nowhere_to_park),
        TEST(an_error_that_nobody_has_read_is_logged),
    };
    return cmocka_run_group_tests(tests, start_runtime, NULL);
}
