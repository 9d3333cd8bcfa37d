/* Filters: limits, the chunked coding, and chains of any of them. */
#include "stream_fixture.h"

static struct source source;
static struct sink sink;

static const char text[] = "0123456789";

/* ---- exactly so many bytes ---- */

static void assert_reads(gr_reader *reader, size_t step, int error, const char *expected) {
    char *data;
    size_t len;
    assert_int_equal(read_all(reader, step, &data, &len), error);
    assert_int_equal(len, strlen(expected));
    assert_memory_equal(data, expected, len);
    free(data);
}

static void a_limit_ends_the_stream_and_leaves_the_rest(void **state) {
    for (size_t step = 1; step < 12; step++) {
        gr_reader *limit = gr_reader_limit(source_of(&source, text, 10), 4);
        assert_reads(limit, step, 0, "0123");
        assert_int_equal(source.at, 4);
        gr_reader_close(limit);
        assert_int_equal(source.closed, 1);
    }
}

static void a_stream_shorter_than_its_limit_is_an_error(void **state) {
    gr_reader *limit = gr_reader_limit(source_of(&source, text, 10), 11);
    assert_reads(limit, 3, ENODATA, text);
    assert_fails(gr_reader_read(limit, (char[1]){0}, 1), ENODATA);
    gr_reader_close(limit);
    gr_slice bytes;
    limit = gr_reader_limit(source_of(&source, "", 0), 1);
    assert_fails(gr_reader_peek(limit, &bytes), ENODATA);
    gr_reader_close(limit);
}

static void a_limit_of_nothing_is_at_its_end(void **state) {
    gr_reader *limit = gr_reader_limit(source_of(&source, text, 10), 0);
    assert_reads(limit, 3, 0, "");
    assert_int_equal(source.reads, 0);
    gr_reader_close(limit);
}

static void a_limited_stream_is_peeked_into_up_to_its_limit(void **state) {
    gr_slice bytes;
    gr_reader *limit = gr_reader_limit(source_of(&source, text, 10), 4);
    assert_int_equal(gr_reader_peek(limit, &bytes), 4);
    assert_memory_equal(bytes.data, "0123", 4);
    gr_reader_consume(limit, 3);
    assert_int_equal(gr_reader_peek(limit, &bytes), 1);
    gr_reader_consume(limit, 1);
    assert_int_equal(gr_reader_peek(limit, &bytes), 0);
    gr_reader_close(limit);
}

static void a_limited_writer_takes_neither_more_nor_less(void **state) {
    gr_writer *limit = gr_writer_limit(sink_of(&sink), 4);
    assert_int_equal(gr_writer_write(limit, text, 4), 0);
    assert_int_equal(gr_writer_flush(limit), 0);
    assert_int_equal(sink.flushes, 1);
    assert_int_equal(gr_writer_close(limit), 0);
    assert_int_equal(sink.ended, 1);
    free(sink.data);

    limit = gr_writer_limit(sink_of(&sink), 4);
    assert_int_equal(gr_writer_write(limit, text, 3), 0);
    assert_fails(gr_writer_write(limit, text, 2), EMSGSIZE);
    assert_fails(gr_writer_close(limit), EMSGSIZE);
    assert_int_equal(sink.len, 3);
    assert_int_equal(sink.ended, 0);
    assert_int_equal(sink.error, EMSGSIZE);
    free(sink.data);

    limit = gr_writer_limit(sink_of(&sink), 4);
    assert_fails(gr_writer_close(limit), ENODATA);
    assert_int_equal(sink.aborted, 1);
    assert_int_equal(sink.error, ENODATA);
}

/* ---- the chunked coding ---- */

static const char coded[] = "5\r\nhello\r\n7;a=b\r\n, world\r\n0\r\nTrailer: x\r\n\r\nGET /";

static void chunks_are_decoded_and_what_follows_is_left(void **state) {
    for (size_t step = 1; step < sizeof coded; step++)
        for (size_t room = 1; room < 15; room++) {
            source_of(&source, coded, sizeof coded - 1);
            source.step = step;
            gr_reader *chunked = gr_reader_chunked(&source.reader);
            assert_reads(chunked, room, 0, "hello, world");
            char rest[5];
            if (step > 5 && source.at == sizeof coded - 1) {
                assert_int_equal(gr_reader_read(&source.reader, rest, 5), 5);
                assert_memory_equal(rest, "GET /", 5);
            }
            gr_reader_close(chunked);
            assert_int_equal(source.closed, 1);
        }
}

static void chunks_are_peeked_into(void **state) {
    gr_slice bytes;
    gr_reader *chunked = gr_reader_chunked(source_of(&source, coded, sizeof coded - 1));
    assert_int_equal(gr_reader_peek(chunked, &bytes), 5);
    assert_memory_equal(bytes.data, "hello", 5);
    gr_reader_consume(chunked, 4);
    assert_int_equal(gr_reader_peek(chunked, &bytes), 1);
    char rest[20];
    assert_int_equal(gr_reader_read(chunked, rest, sizeof rest), 1);
    assert_int_equal(gr_reader_peek(chunked, &bytes), 7);
    gr_reader_consume(chunked, 7);
    assert_int_equal(gr_reader_peek(chunked, &bytes), 0);
    gr_reader_close(chunked);
}

static void chunks_that_break_off_or_are_none_are_errors(void **state) {
    for (size_t len = 0; len < sizeof coded - 6; len++) {
        char *data;
        size_t read;
        gr_reader *chunked = gr_reader_chunked(source_of(&source, coded, len));
        assert_int_equal(read_all(chunked, 4, &data, &read), ENODATA);
        free(data);
        gr_reader_close(chunked);
    }
    gr_reader *chunked = gr_reader_chunked(source_of(&source, "1\r\nab\r\n", 7));
    assert_reads(chunked, 4, EPROTO, "a");
    gr_reader_close(chunked);
}

static void the_error_of_the_source_comes_through(void **state) {
    source_of(&source, "5\r\nhel", 6);
    source.error = ECONNRESET;
    gr_reader *chunked = gr_reader_chunked(&source.reader);
    assert_reads(chunked, 4, ECONNRESET, "hel");
    gr_reader_close(chunked);
    assert_int_equal(source.closed, 1);
}

static void each_write_becomes_a_chunk(void **state) {
    gr_writer *chunked = gr_writer_chunked(sink_of(&sink));
    struct iovec parts[40];
    assert_int_equal(gr_writer_write(chunked, text, 10), 0);
    assert_int_equal(gr_writer_write(chunked, text, 0), 0);
    for (int i = 0; i < 40; i++) parts[i] = (struct iovec){(char *)text, i == 3 ? 0 : 1};
    assert_int_equal(gr_writer_writev(chunked, parts, 40), 0);
    for (int i = 0; i < 20; i++) parts[i] = (struct iovec){(char *)text, i < 16};
    assert_int_equal(gr_writer_writev(chunked, parts, 20), 0); /* the last four are empty */
    assert_int_equal(gr_writer_close(chunked), 0);
    const char expected[] = "a\r\n0123456789\r\n"
                            "f\r\n000000000000000\r\n10\r\n0000000000000000\r\n8\r\n00000000\r\n"
                            "10\r\n0000000000000000\r\n"
                            "0\r\n\r\n";
    assert_int_equal(sink.len, sizeof expected - 1);
    assert_memory_equal(sink.data, expected, sink.len);
    assert_int_equal(sink.ended, 1);
    free(sink.data);
}

static void an_aborted_chunked_body_has_no_last_chunk(void **state) {
    gr_writer *chunked = gr_writer_chunked(sink_of(&sink));
    assert_int_equal(gr_writer_write(chunked, text, 1), 0);
    gr_writer_abort(chunked, EIO);
    assert_int_equal(sink.len, 6);
    assert_int_equal(sink.error, EIO);
    assert_int_equal(sink.ended, 0);
    free(sink.data);
}

static void a_sink_that_fails_is_aborted_once(void **state) {
    sink_of(&sink);
    sink.fails_after = 1;
    gr_writer *chain = gr_writer_limit(gr_writer_chunked(&sink.writer), 10);
    assert_fails(gr_writer_write(chain, text, 10), EIO);
    assert_fails(gr_writer_close(chain), EIO);
    assert_int_equal(sink.aborted, 1);
    assert_int_equal(sink.ended, 0);
    free(sink.data);
}

/* ---- copying ---- */

static void a_copy_carries_everything_and_closes_both(void **state) {
    static char data[100000];
    make_noise(data, sizeof data, 5);
    assert_int_equal(gr_copy(source_of(&source, data, sizeof data), sink_of(&sink)), sizeof data);
    assert_int_equal(sink.len, sizeof data);
    assert_memory_equal(sink.data, data, sizeof data);
    assert_int_equal(source.closed, 1);
    assert_int_equal(sink.ended, 1);
    assert_int_equal(sink.aborted, 0);
    free(sink.data);
}

static void a_copy_carries_the_error_of_the_source(void **state) {
    source_of(&source, text, 10);
    source.error = EIO;
    assert_fails(gr_copy(&source.reader, sink_of(&sink)), EIO);
    assert_int_equal(sink.len, 10);
    assert_int_equal(source.closed, 1);
    assert_int_equal(sink.ended, 0);
    assert_int_equal(sink.aborted, 1);
    assert_int_equal(sink.error, EIO);
    free(sink.data);
}

static void a_copy_into_what_fails_closes_the_source(void **state) {
    sink_of(&sink);
    sink.fails_after = 1;
    assert_fails(gr_copy(source_of(&source, text, 10), &sink.writer), EIO);
    assert_int_equal(source.closed, 1);
    assert_int_equal(sink.aborted, 1);
    free(sink.data);
}

static void a_copy_from_or_to_nothing_closes_the_other(void **state) {
    errno = ENOENT;
    assert_int_equal(gr_copy(NULL, sink_of(&sink)), -1);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(sink.aborted, 1);
    assert_int_equal(sink.error, ENOENT);
    errno = ENOMEM;
    assert_int_equal(gr_copy(source_of(&source, text, 10), NULL), -1);
    assert_int_equal(errno, ENOMEM);
    assert_int_equal(source.closed, 1);
}

struct leg {
    gr_reader *from;
    gr_writer *to;
};

static void *copy(void *arg) {
    struct leg *leg = arg;
    return (void *)(intptr_t)(gr_copy(leg->from, leg->to) < 0 ? errno : 0);
}

/* source ─▶ pipe ─▶ chunked ─▶ pipe ─▶ dechunked ─▶ sink, with a green thread for each arrow. */
struct chain {
    struct leg legs[3];
    gr_green *greens[3];
};

static void start_chain(struct chain *chain, size_t high) {
    gr_writer *coded_in, *plain_in;
    gr_reader *plain_out, *coded_out;
    assert_int_equal(gr_pipe(high, &plain_out, &plain_in), 0);
    assert_int_equal(gr_pipe(high, &coded_out, &coded_in), 0);
    chain->legs[0] = (struct leg){&source.reader, plain_in};
    chain->legs[1] = (struct leg){plain_out, gr_writer_chunked(coded_in)};
    chain->legs[2] = (struct leg){gr_reader_chunked(coded_out), &sink.writer};
    for (int i = 0; i < 3; i++) chain->greens[i] = gr_spawn(copy, &chain->legs[i]);
}

static void join_chain(struct chain *chain, int errors[3]) {
    for (int i = 0; i < 3; i++) {
        void *error;
        assert_int_equal(gr_join(chain->greens[i], &error), 0);
        errors[i] = (int)(intptr_t)error;
    }
    assert_int_equal(source.closed, 1);
    assert_int_equal(sink.ended + sink.aborted, 1);
}

static char noise[300000];

static void a_chain_carries_data_and_end(void **state) {
    struct chain chain;
    int errors[3];
    make_noise(noise, sizeof noise, 11);
    source_of(&source, noise, sizeof noise);
    sink_of(&sink);
    start_chain(&chain, 1000);
    join_chain(&chain, errors);
    assert_memory_equal(errors, ((int[]){0, 0, 0}), sizeof errors);
    assert_int_equal(sink.ended, 1);
    assert_int_equal(sink.len, sizeof noise);
    assert_memory_equal(sink.data, noise, sizeof noise);
    free(sink.data);
}

static void a_chain_carries_an_error_to_its_end(void **state) {
    struct chain chain;
    int errors[3];
    source_of(&source, noise, 5000);
    source.error = ECONNRESET;
    sink_of(&sink);
    start_chain(&chain, 1000);
    join_chain(&chain, errors);
    assert_memory_equal(errors, ((int[]){ECONNRESET, ECONNRESET, ECONNRESET}), sizeof errors);
    assert_int_equal(sink.error, ECONNRESET);
    assert_int_equal(sink.len, 5000);
    free(sink.data);
}

static void a_chain_carries_failure_back_to_its_source(void **state) {
    struct chain chain;
    int errors[3];
    source_of(&source, noise, sizeof noise);
    sink_of(&sink);
    sink.fails_after = 5000;
    start_chain(&chain, 1000);
    join_chain(&chain, errors);
    assert_memory_equal(errors, ((int[]){EPIPE, EPIPE, EIO}), sizeof errors);
    assert_true(source.at < 100000);
    free(sink.data);
}

static void a_chain_carries_cancellation_both_ways(void **state) {
    struct chain chain;
    int errors[3];
    source_of(&source, noise, sizeof noise);
    sink_of(&sink);
    start_chain(&chain, 1000);
    gr_cancel(chain.greens[1]);
    join_chain(&chain, errors);
    assert_int_equal(errors[1], ECANCELED);
    assert_int_equal(errors[2], ECANCELED);
    assert_int_equal(errors[0], EPIPE);
    free(sink.data);
}

static void a_copy_ends_with_the_patience_of_its_green_thread(void **state) {
    gr_deadline_set(1);
    assert_fails(gr_copy(source_of(&source, text, 10), sink_of(&sink)), ETIMEDOUT);
    gr_deadline_set(0);
    assert_int_equal(source.closed, 1);
    assert_int_equal(sink.error, ETIMEDOUT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_limit_ends_the_stream_and_leaves_the_rest),
        cmocka_unit_test(a_stream_shorter_than_its_limit_is_an_error),
        cmocka_unit_test(a_limit_of_nothing_is_at_its_end),
        cmocka_unit_test(a_limited_stream_is_peeked_into_up_to_its_limit),
        cmocka_unit_test(a_limited_writer_takes_neither_more_nor_less),
        cmocka_unit_test(chunks_are_decoded_and_what_follows_is_left),
        cmocka_unit_test(chunks_are_peeked_into),
        cmocka_unit_test(chunks_that_break_off_or_are_none_are_errors),
        cmocka_unit_test(the_error_of_the_source_comes_through),
        cmocka_unit_test(each_write_becomes_a_chunk),
        cmocka_unit_test(an_aborted_chunked_body_has_no_last_chunk),
        cmocka_unit_test(a_sink_that_fails_is_aborted_once),
        cmocka_unit_test(a_copy_carries_everything_and_closes_both),
        cmocka_unit_test(a_copy_carries_the_error_of_the_source),
        cmocka_unit_test(a_copy_into_what_fails_closes_the_source),
        cmocka_unit_test(a_copy_from_or_to_nothing_closes_the_other),
        cmocka_unit_test(a_copy_ends_with_the_patience_of_its_green_thread),
        cmocka_unit_test(a_chain_carries_data_and_end),
        cmocka_unit_test(a_chain_carries_an_error_to_its_end),
        cmocka_unit_test(a_chain_carries_failure_back_to_its_source),
        cmocka_unit_test(a_chain_carries_cancellation_both_ways),
    };
    return cmocka_run_group_tests(tests, start_runtime, NULL);
}
