/* Compression: what each coding makes is what its library makes of it, whole and in pieces; and
 * what comes from outside is bounded. */
#include "stream_fixture.h"

#include <dlfcn.h>
#include <zlib.h>

enum { LEN = 100000 };

static char plain[LEN];
static struct source source;
static struct sink sink;

static const gr_coding codings[] = {GR_GZIP, GR_DEFLATE, GR_BROTLI, GR_ZSTD};
#define EACH_CODING(coding)                                                                  \
    (const gr_coding *coding = codings; coding < codings + sizeof codings / sizeof *codings; \
     coding++)

/* Mixed: noise, then something that repeats itself. */
static void make_plain(void) {
    make_noise(plain, LEN, 3);
    for (size_t i = LEN / 2; i < LEN; i++) plain[i] = (char)("greenroom\n"[i % 10]);
}

struct bytes {
    char *data;
    size_t len;
};

static struct bytes take_sink(void) { return (struct bytes){sink.data, sink.len}; }

static struct bytes encode(gr_coding coding, const char *data, size_t len, int level) {
    gr_writer *writer = gr_writer_encode(sink_of(&sink), coding, level);
    assert_non_null(writer);
    assert_int_equal(gr_writer_write(writer, data, len), 0);
    assert_int_equal(gr_writer_close(writer), 0);
    assert_int_equal(sink.ended, 1);
    return take_sink();
}

/* Decodes by a reader. Returns the errno that ended it. */
static int decode(gr_coding coding, const char *data, size_t len, size_t step, uint64_t max,
                  struct bytes *result) {
    source_of(&source, data, len);
    source.step = step;
    gr_reader *reader = gr_reader_decode(&source.reader, coding, max);
    assert_non_null(reader);
    int error = read_all(reader, step ? 3 * step : 8192, &result->data, &result->len);
    gr_reader_close(reader);
    assert_int_equal(source.closed, 1);
    return error;
}

static void assert_decodes(gr_coding coding, struct bytes coded, size_t step, const char *data,
                           size_t len) {
    struct bytes result;
    assert_int_equal(decode(coding, coded.data, coded.len, step, UINT64_MAX, &result), 0);
    assert_int_equal(result.len, len);
    if (len) assert_memory_equal(result.data, data, len);
    free(result.data);
}

static void assert_breaks(gr_coding coding, const char *data, size_t len, uint64_t max, int error) {
    struct bytes result;
    assert_int_equal(decode(coding, data, len, 0, max, &result), error);
    free(result.data);
}

/* ---- round trips ---- */

static void what_is_encoded_is_decoded(void **state) {
    enum { SHORT = 3000 };
    for
        EACH_CODING(coding) {
            struct bytes coded = encode(*coding, plain, LEN, GR_LEVEL_DEFAULT);
            assert_true(coded.len < LEN);
            for (size_t step = 57; step < 8192; step *= 7)
                assert_decodes(*coding, coded, step, plain, LEN);
            assert_decodes(*coding, coded, 0, plain, LEN);
            free(coded.data);
            coded = encode(*coding, plain, SHORT, GR_LEVEL_DEFAULT);
            assert_decodes(*coding, coded, 1, plain, SHORT);
            free(coded.data);
        }
}

static void nothing_is_encoded_too(void **state) {
    for
        EACH_CODING(coding) {
            struct bytes coded = encode(*coding, "", 0, GR_LEVEL_DEFAULT);
            assert_true(coded.len > 0);
            assert_decodes(*coding, coded, 1, "", 0);
            free(coded.data);
        }
}

static void the_least_and_the_highest_level_work_and_none_beyond(void **state) {
    static const int least[] = {0, 0, 0, 1}, most[] = {9, 9, 11, 19};
    for
        EACH_CODING(coding) {
            for (int level = least[*coding]; level <= most[*coding];
                 level += most[*coding] - least[*coding]) {
                struct bytes coded = encode(*coding, plain + LEN / 2 - 500, 1000, level);
                assert_decodes(*coding, coded, 0, plain + LEN / 2 - 500, 1000);
                free(coded.data);
            }
            errno = 0;
            assert_null(gr_writer_encode(sink_of(&sink), *coding, most[*coding] + 1));
            assert_int_equal(errno, EINVAL);
            assert_int_equal(sink.aborted, 1);
            assert_null(gr_reader_encode(source_of(&source, "", 0), *coding, -2));
            assert_int_equal(source.closed, 1);
        }
    assert_null(gr_writer_encode(sink_of(&sink), (gr_coding)4, GR_LEVEL_DEFAULT));
    assert_int_equal(errno, EINVAL);
}

/* Random pieces through writers and readers of all kinds: plain ─▶ encode ─▶ chunk ─▶ (bytes) ─▶
 * dechunk ─▶ decode ─▶ plain, with the coding done by the reader or the writer by turns. */
static void random_pieces_through_a_chain_come_out_as_they_went_in(void **state) {
    uint32_t seed = 42;
    for (int round = 0; round < 32; round++) {
        gr_coding coding = codings[round % 4];
        size_t len = random_below(&seed, LEN);
        gr_writer *writer = gr_writer_chunked(sink_of(&sink));
        writer = gr_writer_encode(writer, coding, round % 8 < 4 ? 1 : 5);
        for (size_t at = 0; at < len;) {
            size_t n = 1 + random_below(&seed, round % 3 ? 500 : 50000);
            if (n > len - at) n = len - at;
            assert_int_equal(gr_writer_write(writer, plain + at, n), 0);
            if (random_below(&seed, 20) == 0) assert_int_equal(gr_writer_flush(writer), 0);
            at += n;
        }
        assert_int_equal(gr_writer_close(writer), 0);
        struct bytes coded = take_sink(), result;

        source_of(&source, coded.data, coded.len);
        source.step = 1 + random_below(&seed, 3000);
        if (round % 2) {
            gr_reader *reader = gr_reader_decode(gr_reader_chunked(&source.reader), coding, len);
            assert_int_equal(
                read_all(reader, 1 + random_below(&seed, 9000), &result.data, &result.len), 0);
            gr_reader_close(reader);
        } else {
            gr_reader *reader = gr_reader_chunked(&source.reader);
            writer = gr_writer_limit(sink_of(&sink), len);
            assert_true(gr_copy(reader, gr_writer_decode(writer, coding, len)) >= 0);
            assert_int_equal(sink.ended, 1);
            result = take_sink();
        }
        assert_int_equal(result.len, len);
        if (len) assert_memory_equal(result.data, plain, len);
        free(result.data);
        free(coded.data);
    }
}

static void a_reader_encodes_too(void **state) {
    for
        EACH_CODING(coding)
    for (size_t step = 1; step < 30000; step *= 31) {
        size_t len = step == 1 ? 2000 : LEN;
        struct bytes coded;
        source_of(&source, plain, len);
        source.step = step;
        gr_reader *reader = gr_reader_encode(&source.reader, *coding, GR_LEVEL_DEFAULT);
        assert_int_equal(read_all(reader, step, &coded.data, &coded.len), 0);
        gr_reader_close(reader);
        assert_decodes(*coding, coded, 0, plain, len);
        free(coded.data);
    }
}

static void gzip_is_what_zlib_reads_and_writes(void **state) {
    static Bytef other[LEN + 1000];
    struct bytes coded = encode(GR_GZIP, plain, LEN, 9);
    z_stream stream = {.next_in = (Bytef *)coded.data,
                       .avail_in = (uInt)coded.len,
                       .next_out = other,
                       .avail_out = sizeof other};
    assert_int_equal(inflateInit2(&stream, MAX_WBITS + 16), Z_OK);
    assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
    assert_int_equal(stream.total_out, LEN);
    assert_memory_equal(other, plain, LEN);
    inflateEnd(&stream);
    free(coded.data);

    uLongf len = sizeof other;
    assert_int_equal(compress(other, &len, (Bytef *)plain, LEN), Z_OK);
    assert_decodes(GR_DEFLATE, (struct bytes){(char *)other, len}, 100, plain, LEN);
}

/* ---- flushing ---- */

static void what_is_flushed_can_be_read_before_the_end(void **state) {
    for
        EACH_CODING(coding) {
            gr_reader *coded_out;
            gr_writer *coded_in;
            char text[16];
            assert_int_equal(gr_pipe(0, &coded_out, &coded_in), 0);
            gr_writer *writer = gr_writer_encode(coded_in, *coding, GR_LEVEL_DEFAULT);
            gr_reader *reader = gr_reader_decode(coded_out, *coding, 1000);
            for (int i = 0; i < 3; i++) {
                assert_int_equal(gr_writer_write(writer, "event\n", 6), 0);
                assert_int_equal(gr_writer_flush(writer), 0);
                for (ssize_t n = 0; n < 6;) n += gr_reader_read(reader, text + n, sizeof text);
                assert_memory_equal(text, "event\n", 6);
            }
            assert_int_equal(gr_writer_close(writer), 0);
            assert_int_equal(gr_reader_read(reader, text, sizeof text), 0);
            gr_reader_close(reader);
        }
}

static void what_has_come_is_read_to_its_last_byte_without_more_input(void **state) {
    for
        EACH_CODING(coding) {
            gr_reader *coded_out;
            gr_writer *coded_in;
            char byte;
            assert_int_equal(gr_pipe(0, &coded_out, &coded_in), 0);
            gr_writer *writer = gr_writer_encode(coded_in, *coding, GR_LEVEL_DEFAULT);
            assert_int_equal(gr_writer_write(writer, plain + LEN / 2, 1000), 0);
            assert_int_equal(gr_writer_flush(writer), 0);
            gr_reader *reader = gr_reader_decode(coded_out, *coding, 1000);
            gr_deadline_set(gr_now() + 5 * (int64_t)NS_PER_S);
            for (int i = 0; i < 1000; i++) {
                assert_int_equal(gr_reader_read(reader, &byte, 1), 1);
                assert_int_equal(byte, plain[LEN / 2 + i]);
            }
            gr_deadline_set(0);
            gr_reader_close(reader);
            gr_writer_abort(writer, EIO);
        }
}

/* ---- what comes from outside ---- */

static void what_ends_too_early_is_an_error(void **state) {
    for
        EACH_CODING(coding) {
            struct bytes coded = encode(*coding, plain + LEN / 2 - 100, 200, GR_LEVEL_DEFAULT);
            for (size_t len = 0; len < coded.len; len++)
                assert_breaks(*coding, coded.data, len, 1000, ENODATA);
            gr_writer *writer = gr_writer_decode(sink_of(&sink), *coding, 1000);
            assert_int_equal(gr_writer_write(writer, coded.data, coded.len - 1), 0);
            assert_fails(gr_writer_close(writer), ENODATA);
            assert_int_equal(sink.error, ENODATA);
            free(sink.data);
            free(coded.data);
        }
}

/* RFC 1951, 3.2.4: blocks that are empty. */
static void input_without_output_lasts_until_the_deadline(void **state) {
    static const char block[] = {0, 0, 0, (char)0xff, (char)0xff};
    char blocks[2 + 100 * sizeof block] = {0x78, (char)0x9c};
    for (size_t at = 2; at < sizeof blocks; at += sizeof block)
        memcpy(blocks + at, block, sizeof block);
    gr_reader *reader =
        gr_reader_decode(source_of(&source, blocks, sizeof blocks), GR_DEFLATE, LEN);
    source.step = sizeof block;
    gr_deadline_set(1);
    assert_fails(gr_reader_read(reader, (char[1]){0}, 1), ETIMEDOUT);
    gr_deadline_set(0);
    assert_true(source.reads < 5);
    assert_fails(gr_reader_read(reader, (char[1]){0}, 1), ENODATA);
    gr_reader_close(reader);
}

static void what_is_malformed_is_an_error(void **state) {
    for
        EACH_CODING(coding) {
            struct bytes coded = encode(*coding, plain, 1000, GR_LEVEL_DEFAULT);
            assert_breaks(*coding, "\xff\xff\xff\xff\xff\xff\xff\xff", 8, 1000, EPROTO);
            char *longer = malloc(coded.len + 10);
            memset(mempcpy(longer, coded.data, coded.len), 0xff, 10);
            assert_breaks(*coding, longer, coded.len + 10, 10000, EPROTO);
            gr_writer *writer = gr_writer_decode(sink_of(&sink), *coding, 10000);
            assert_fails(gr_writer_write(writer, longer, coded.len + 10), EPROTO);
            assert_fails(gr_writer_close(writer), EPROTO);
            assert_int_equal(sink.aborted, 1);
            free(sink.data);
            free(longer);
            free(coded.data);
        }
}

static void what_came_before_the_damage_is_read_first(void **state) {
    struct bytes coded = encode(GR_GZIP, plain, 1000, 0), result;
    coded.data[coded.len - 5] ^= 1; /* its checksum or length */
    assert_int_equal(decode(GR_GZIP, coded.data, coded.len, 1, 1000, &result), EPROTO);
    assert_int_equal(result.len, 1000);
    free(result.data);
    free(coded.data);
}

static void output_is_bounded(void **state) {
    static char zeros[1 << 17];
    for
        EACH_CODING(coding) {
            struct bytes coded = encode(*coding, zeros, sizeof zeros, GR_LEVEL_DEFAULT), result;
            assert_breaks(*coding, coded.data, coded.len, sizeof zeros, 0);
            assert_breaks(*coding, coded.data, coded.len, sizeof zeros - 1, EFBIG);
            assert_int_equal(decode(*coding, coded.data, coded.len, 0, 100, &result), EFBIG);
            assert_true(result.len <= 100);
            free(result.data);
            gr_writer *writer = gr_writer_decode(sink_of(&sink), *coding, 100000);
            assert_fails(gr_writer_write(writer, coded.data, coded.len), EFBIG);
            assert_fails(gr_writer_close(writer), EFBIG);
            assert_true(sink.len <= 100000);
            free(sink.data);
            free(coded.data);
        }
}

/* The damage is in the same piece as the byte too many. */
static void damage_does_not_hide_that_the_output_is_too_large(void **state) {
    struct bytes coded = encode(GR_GZIP, plain, 1000, GR_LEVEL_DEFAULT);
    coded.data[coded.len - 5] ^= 1;
    assert_breaks(GR_GZIP, coded.data, coded.len, 999, EFBIG);
    assert_breaks(GR_GZIP, coded.data, coded.len, 1000, EPROTO);
    free(coded.data);
}

static void members_and_frames_behind_one_another_are_one_stream(void **state) {
    for
        EACH_CODING(coding) {
            struct bytes coded = encode(*coding, plain, 100, GR_LEVEL_DEFAULT);
            char *twice = malloc(2 * coded.len), both[200];
            memcpy(mempcpy(twice, coded.data, coded.len), coded.data, coded.len);
            memcpy(mempcpy(both, plain, 100), plain, 100);
            if (*coding == GR_GZIP || *coding == GR_ZSTD)
                for (size_t step = 0; step < 3; step++)
                    assert_decodes(*coding, (struct bytes){twice, 2 * coded.len}, step, both, 200);
            else
                assert_breaks(*coding, twice, 2 * coded.len, 1000, EPROTO);
            free(twice);
            free(coded.data);
        }
}

/* A frame header that asks for a window of 16 MiB. */
static void a_window_larger_than_http_allows_is_refused(void **state) {
    static const char frame[] = "\x28\xb5\x2f\xfd\x00\x70\x01\x00\x00";
    assert_breaks(GR_ZSTD, frame, sizeof frame - 1, 1000, EPROTO);
}

static void the_libraries_keep_to_themselves(void **state) {
    free(encode(GR_ZSTD, "", 0, GR_LEVEL_DEFAULT).data);
    assert_null(dlsym(RTLD_DEFAULT, "ZSTD_compress"));
    assert_null(dlsym(RTLD_DEFAULT, "BrotliDecoderCreateInstance"));
}

int main(void) {
    make_plain();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_encoded_is_decoded),
        cmocka_unit_test(nothing_is_encoded_too),
        cmocka_unit_test(the_least_and_the_highest_level_work_and_none_beyond),
        cmocka_unit_test(random_pieces_through_a_chain_come_out_as_they_went_in),
        cmocka_unit_test(a_reader_encodes_too),
        cmocka_unit_test(gzip_is_what_zlib_reads_and_writes),
        cmocka_unit_test(what_is_flushed_can_be_read_before_the_end),
        cmocka_unit_test(what_has_come_is_read_to_its_last_byte_without_more_input),
        cmocka_unit_test(what_ends_too_early_is_an_error),
        cmocka_unit_test(input_without_output_lasts_until_the_deadline),
        cmocka_unit_test(what_is_malformed_is_an_error),
        cmocka_unit_test(what_came_before_the_damage_is_read_first),
        cmocka_unit_test(output_is_bounded),
        cmocka_unit_test(damage_does_not_hide_that_the_output_is_too_large),
        cmocka_unit_test(members_and_frames_behind_one_another_are_one_stream),
        cmocka_unit_test(a_window_larger_than_http_allows_is_refused),
        cmocka_unit_test(the_libraries_keep_to_themselves),
    };
    return cmocka_run_group_tests(tests, start_runtime, NULL);
}
