/* Numbers as a user writes them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "config/quantity.h"

static void reads(const char *text, enum unit unit, int64_t expected) {
    int64_t value = -1;
    if (!quantity_parse(text, unit, &value)) fail_msg("'%s' was refused", text);
    assert_int_equal(value, expected);
}

static void refuses(const char *text, enum unit unit) {
    int64_t value;
    if (quantity_parse(text, unit, &value)) fail_msg("'%s' was taken for a quantity", text);
}

static void prints(enum unit unit, int64_t value, const char *expected) {
    char text[QUANTITY_SIZE];
    assert_string_equal(quantity_print(text, unit, value), expected);
    reads(expected, unit, value);
}

static void counts_are_decimal_digits_alone(void **state) {
    reads("0", UNIT_ONE, 0);
    reads("1024", UNIT_ONE, 1024);
    reads("9223372036854775807", UNIT_ONE, INT64_MAX);
    const char *const wrong[] = {"",    "-1", "+1",   " 1",  "1 ",
                                 "1.5", "1K", "0x10", "one", "9223372036854775808"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) refuses(wrong[i], UNIT_ONE);
}

static void sizes_take_a_power_of_1024(void **state) {
    reads("64", UNIT_BYTES, 64);
    reads("256K", UNIT_BYTES, 256 * 1024);
    reads("1m", UNIT_BYTES, 1024 * 1024);
    reads("2G", UNIT_BYTES, INT64_C(2) << 30);
    const char *const wrong[] = {"K", "1KB", "1T", "1.5M", "9007199254740992K"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) refuses(wrong[i], UNIT_BYTES);
}

static void durations_take_a_fraction(void **state) {
    reads("30", UNIT_SECONDS, 30 * INT64_C(1000000000));
    reads("0.25", UNIT_SECONDS, NS_PER_S / 4);
    reads("2.5", UNIT_MILLISECONDS, 2500 * NS_PER_US);
    reads("0.0000000019", UNIT_SECONDS, 1);
    const char *const wrong[] = {".5", "1.", "1..5", "1,5", "1s", "1e3", "99999999999"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) refuses(wrong[i], UNIT_SECONDS);
}

static void what_is_printed_can_be_read_again(void **state) {
    prints(UNIT_ONE, 0, "0");
    prints(UNIT_BYTES, 0, "0");
    prints(UNIT_BYTES, 8190, "8190");
    prints(UNIT_BYTES, 64 * 1024, "64K");
    prints(UNIT_BYTES, 1536 * 1024, "1536K");
    prints(UNIT_SECONDS, 75 * INT64_C(1000000000), "75");
    prints(UNIT_SECONDS, NS_PER_MS, "0.001");
    prints(UNIT_MILLISECONDS, 10 * NS_PER_MS + 1, "10.000001");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_are_decimal_digits_alone),
        cmocka_unit_test(sizes_take_a_power_of_1024),
        cmocka_unit_test(durations_take_a_fraction),
        cmocka_unit_test(what_is_printed_can_be_read_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
