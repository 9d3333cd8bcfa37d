/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <stdio.h>
#include <stdlib.h>

#include "http/chunked.h"

enum { ROOM = 32768 };

struct decoded {
    enum chunked_result result; /* the last one */
    char body[ROOM];
    size_t len;  /* of the body */
    size_t used; /* of the input */
};

/* Feeds the input in pieces of step bytes, each in memory of its own size. */
static struct decoded decode_by(gr_slice input, size_t step) {
    struct decoded d = {.result = CHUNKED_MORE};
    struct chunked_decoder decoder;

    chunked_decoder_init(&decoder);
    while (d.used < input.len && d.result != CHUNKED_END && d.result != CHUNKED_BAD) {
        size_t len = input.len - d.used < step ? input.len - d.used : step, used;
        char *piece = malloc(len);
        gr_slice payload = {NULL, 0};
        memcpy(piece, input.data + d.used, len);
        d.result = chunked_decode(&decoder, piece, len, &used, &payload);
        assert_true(used <= len);
        assert_true(d.len + payload.len <= ROOM);
        if (payload.len) memcpy(d.body + d.len, payload.data, payload.len);
        d.len += payload.len;
        d.used += used;
        free(piece);
    }
    return d;
}

static struct decoded decode(gr_slice input) {
    struct decoded whole = decode_by(input, input.len);
    for (size_t step = 1; step < 4; step++) {
        struct decoded pieces = decode_by(input, step);
        assert_int_equal(pieces.result, whole.result);
        assert_int_equal(pieces.used, whole.used);
        assert_int_equal(pieces.len, whole.len);
        assert_memory_equal(pieces.body, whole.body, whole.len);
    }
    return whole;
}

#define BYTES(literal) ((gr_slice){literal, sizeof literal - 1})

static void assert_body(gr_slice input, const char *body) {
    struct decoded d = decode(input);
    assert_int_equal(d.result, CHUNKED_END);
    assert_int_equal(d.used, input.len);
    assert_int_equal(d.len, strlen(body));
    assert_memory_equal(d.body, body, d.len);
}

static void assert_bad(gr_slice input) {
    struct decoded d = decode(input);
    if (d.result != CHUNKED_BAD) fail_msg("\"%.*s\" was not refused", (int)input.len, input.data);
}

static void chunks_are_joined(void **state) {
    assert_body(BYTES("5\r\nhello\r\n7\r\n, world\r\n0\r\n\r\n"), "hello, world");
}

static void an_empty_body_is_empty(void **state) { assert_body(BYTES("0\r\n\r\n"), ""); }

static void payload_is_not_looked_into(void **state) {
    assert_body(BYTES("9\r\n0\r\n\r\n\r\n\xff\n\r\n0\r\n\r\n"), "0\r\n\r\n\r\n\xff\n");
}

static void sizes_are_hex_in_either_case_with_leading_zeros(void **state) {
    assert_body(BYTES("00a\r\n0123456789\r\nB\r\n0123456789a\r\n000\r\n\r\n"),
                "01234567890123456789a");
}

static void sizes_have_up_to_16_digits(void **state) {
    assert_body(BYTES("0000000000000001\r\na\r\n0000000000000000\r\n\r\n"), "a");
    assert_bad(BYTES("00000000000000001\r\na\r\n0\r\n\r\n"));

    struct chunked_decoder decoder;
    size_t used;
    gr_slice payload;
    chunked_decoder_init(&decoder);
    assert_int_equal(chunked_decode(&decoder, "ffffffffffffffff\r\nab", 20, &used, &payload),
                     CHUNKED_DATA);
    assert_int_equal(payload.len, 2);
    assert_true(chunked_direct(&decoder) == UINT64_MAX - 2);
}

static void extensions_are_skipped(void **state) {
    assert_body(BYTES("1;a\r\nx\r\n1;a=b;c=\"d e\"\r\ny\r\n0;z\r\n\r\n"), "xy");
    assert_body(BYTES("1; a\t\r\nx\r\n0; b = c\t\r\n\r\n"), "x");
}

static void trailers_are_dropped(void **state) {
    assert_body(BYTES("1\r\nx\r\n0\r\nA: b\r\nContent-Length: 9\r\nC:\r\n\r\n"), "x");
}

static void nothing_past_the_end_is_used(void **state) {
    gr_slice input = BYTES("1\r\nx\r\n0\r\n\r\nGET /");
    struct decoded d = decode(input);
    assert_int_equal(d.result, CHUNKED_END);
    assert_int_equal(d.used, input.len - 5);
}

static void every_part_of_a_body_wants_more(void **state) {
    gr_slice input = BYTES("1;a=b\r\nx\r\n0\r\nA: b\r\n\r\n");
    for (size_t len = 1; len < input.len; len++) {
        struct decoded d = decode_by((gr_slice){input.data, len}, len);
        assert_true(d.result == CHUNKED_MORE || d.result == CHUNKED_DATA);
        assert_int_equal(d.used, len);
    }
}

static void malformed_sizes_are_refused(void **state) {
    assert_bad(BYTES("\r\n"));
    assert_bad(BYTES(";a\r\n"));
    assert_bad(BYTES("g\r\n"));
    assert_bad(BYTES("-1\r\n"));
    assert_bad(BYTES("+1\r\n"));
    assert_bad(BYTES("0x1\r\n"));
    assert_bad(BYTES(" 1\r\n"));
    assert_bad(BYTES("1 \r\n"));
    assert_bad(BYTES("1\t\r\n"));
    assert_bad(BYTES("1 ;a\r\n"));
    assert_bad(BYTES("1_0\r\n"));
    assert_bad(BYTES("\xef\xbc\x91\r\n"));
    assert_bad(BYTES("1 1\r\n"));
    assert_bad(BYTES("1,\r\n"));
    assert_bad(BYTES("\0"
                     "1\r\n"));
}

static void lone_cr_and_lf_are_refused_everywhere(void **state) {
    assert_bad(BYTES("1\nx\r\n"));
    assert_bad(BYTES("1\rx\r\n"));
    assert_bad(BYTES("1;a\nx\r\n"));
    assert_bad(BYTES("1;a\rb\r\nx\r\n"));
    assert_bad(BYTES("1\r\r\nx\r\n"));
    assert_bad(BYTES("1\r\nx\n"));
    assert_bad(BYTES("1\r\nx\r1"));
    assert_bad(BYTES("0\r\n\n"));
    assert_bad(BYTES("0\r\n\rA: b\r\n\r\n"));
    assert_bad(BYTES("0\r\nA: b\n\r\n"));
    assert_bad(BYTES("0\r\nA: b\rC: d\r\n\r\n"));
}

static void all_but_visible_ascii_and_blanks_is_refused_in_extensions(void **state) {
    assert_bad(BYTES("1;\x80\r\nx\r\n"));
    assert_bad(BYTES("1;a=\"\xc3\xa9\"\r\nx\r\n"));
    assert_bad(BYTES("1;a\0b\r\nx\r\n"));
    assert_bad(BYTES("1;a\x7f\r\nx\r\n"));
}

static void a_chunk_longer_than_its_size_is_refused(void **state) {
    assert_bad(BYTES("1\r\nxy\r\n0\r\n\r\n"));
    assert_bad(BYTES("0\r\nx\r\n\r\n"));
}

static void malformed_trailers_are_refused(void **state) {
    assert_bad(BYTES("0\r\nA\r\n\r\n"));
    assert_bad(BYTES("0\r\n: b\r\n\r\n"));
    assert_bad(BYTES("0\r\nA : b\r\n\r\n"));
    assert_bad(BYTES("0\r\n A: b\r\n\r\n"));
    assert_bad(BYTES("0\r\nA: b\r\n c\r\n\r\n"));
    assert_bad(BYTES("0\r\nA: \0\r\n\r\n"));
}

static void what_was_refused_stays_refused(void **state) {
    struct chunked_decoder decoder;
    size_t used;
    gr_slice payload;
    chunked_decoder_init(&decoder);
    assert_int_equal(chunked_decode(&decoder, "x", 1, &used, &payload), CHUNKED_BAD);
    assert_int_equal(chunked_decode(&decoder, "0\r\n\r\n", 5, &used, &payload), CHUNKED_BAD);
    assert_int_equal(used, 0);
}

static void what_has_ended_stays_ended(void **state) {
    struct chunked_decoder decoder;
    size_t used;
    gr_slice payload;
    chunked_decoder_init(&decoder);
    assert_int_equal(chunked_decode(&decoder, "0\r\n\r\n", 5, &used, &payload), CHUNKED_END);
    assert_int_equal(chunked_decode(&decoder, "1\r\n", 3, &used, &payload), CHUNKED_END);
    assert_int_equal(used, 0);
}

/* before, padding, after: of total bytes that are counted from the end of prefix. */
static enum chunked_result decode_padded(const char *prefix, const char *before, const char *after,
                                         size_t total) {
    static char text[ROOM];
    int padding = (int)(total - strlen(before) - strlen(after));
    int len = snprintf(text, ROOM, "%s%s%0*d%s", prefix, before, padding, 0, after);
    assert_true(len == (int)(strlen(prefix) + total));
    return decode_by((gr_slice){text, (size_t)len}, 1000).result;
}

static void a_size_line_has_up_to_4_kib(void **state) {
    assert_int_equal(decode_padded("", "1;", "\r\n", 4095), CHUNKED_MORE);
    assert_int_equal(decode_padded("", "1;", "\r\n", 4096), CHUNKED_MORE);
    assert_int_equal(decode_padded("", "1;", "\r\n", 4097), CHUNKED_BAD);
    /* Each line counts for itself. */
    assert_int_equal(decode_padded("1;abc\r\nx\r\n", "1;", "\r\n", 4096), CHUNKED_MORE);
    assert_int_equal(decode_padded("1;abc\r\nx\r\n", "1;", "\r\n", 4097), CHUNKED_BAD);
}

/* Many chunks of one byte, with len bytes of extension in all, 100 of them in each but the last. */
static enum chunked_result decode_extended(int len) {
    static char text[ROOM];
    char *to = text;
    for (; len > 0; len -= 100)
        to += snprintf(to, 128, "1;%0*d\r\nx\r\n", len < 100 ? len : 100, 0);
    to += snprintf(to, 16, "0\r\n\r\n");
    assert_true(to < text + ROOM);
    return decode_by((gr_slice){text, (size_t)(to - text)}, 1000).result;
}

static void the_extensions_of_a_body_have_up_to_16_kib(void **state) {
    assert_int_equal(decode_extended(16383), CHUNKED_END);
    assert_int_equal(decode_extended(16384), CHUNKED_END);
    assert_int_equal(decode_extended(16385), CHUNKED_BAD);
}

static void trailers_have_up_to_8_kib(void **state) {
    assert_int_equal(decode_padded("0;abc\r\n", "A:b\r\nC:", "\r\n\r\n", 8191), CHUNKED_END);
    assert_int_equal(decode_padded("0;abc\r\n", "A:b\r\nC:", "\r\n\r\n", 8192), CHUNKED_END);
    assert_int_equal(decode_padded("0;abc\r\n", "A:b\r\nC:", "\r\n\r\n", 8193), CHUNKED_BAD);
}

static void payload_may_bypass_the_decoder(void **state) {
    struct chunked_decoder decoder;
    size_t used;
    gr_slice payload;

    chunked_decoder_init(&decoder);
    assert_true(chunked_direct(&decoder) == 0);
    assert_int_equal(chunked_decode(&decoder, "6\r\n", 3, &used, &payload), CHUNKED_MORE);
    assert_true(chunked_direct(&decoder) == 6);
    chunked_skip(&decoder, 2);
    assert_true(chunked_direct(&decoder) == 4);
    assert_int_equal(chunked_decode(&decoder, "ab", 2, &used, &payload), CHUNKED_DATA);
    assert_true(chunked_direct(&decoder) == 2);
    chunked_skip(&decoder, 2);
    assert_true(chunked_direct(&decoder) == 0);
    assert_int_equal(chunked_decode(&decoder, "\r\n0\r\n\r\n", 7, &used, &payload), CHUNKED_END);
    assert_int_equal(used, 7);
}

static void assert_head(size_t len, const char *expected) {
    char head[CHUNK_HEAD_MAX];
    size_t written = chunk_head(head, len);
    assert_int_equal(written, strlen(expected));
    assert_memory_equal(head, expected, written);
}

static void the_head_of_a_chunk_is_its_size_in_hex(void **state) {
    assert_head(0, "0\r\n");
    assert_head(1, "1\r\n");
    assert_head(15, "f\r\n");
    assert_head(16, "10\r\n");
    assert_head(0x1f, "1f\r\n");
    assert_head(65536, "10000\r\n");
    assert_head(SIZE_MAX, "ffffffffffffffff\r\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chunks_are_joined),
        cmocka_unit_test(an_empty_body_is_empty),
        cmocka_unit_test(payload_is_not_looked_into),
        cmocka_unit_test(sizes_are_hex_in_either_case_with_leading_zeros),
        cmocka_unit_test(sizes_have_up_to_16_digits),
        cmocka_unit_test(extensions_are_skipped),
        cmocka_unit_test(trailers_are_dropped),
        cmocka_unit_test(nothing_past_the_end_is_used),
        cmocka_unit_test(every_part_of_a_body_wants_more),
        cmocka_unit_test(malformed_sizes_are_refused),
        cmocka_unit_test(lone_cr_and_lf_are_refused_everywhere),
        cmocka_unit_test(all_but_visible_ascii_and_blanks_is_refused_in_extensions),
        cmocka_unit_test(a_chunk_longer_than_its_size_is_refused),
        cmocka_unit_test(malformed_trailers_are_refused),
        cmocka_unit_test(what_was_refused_stays_refused),
        cmocka_unit_test(what_has_ended_stays_ended),
        cmocka_unit_test(a_size_line_has_up_to_4_kib),
        cmocka_unit_test(the_extensions_of_a_body_have_up_to_16_kib),
        cmocka_unit_test(trailers_have_up_to_8_kib),
        cmocka_unit_test(payload_may_bypass_the_decoder),
        cmocka_unit_test(the_head_of_a_chunk_is_its_size_in_hex),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
