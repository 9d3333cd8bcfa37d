/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "log/log.h"

/* What gr_log writes while stderr is a pipe. */
static char line[4096];
static size_t line_len;
static int saved_stderr, ends[2];

static void capture(void) {
    assert_int_equal(pipe(ends), 0);
    saved_stderr = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
}

static void captured(void) {
    dup2(saved_stderr, STDERR_FILENO); /* the last writer: the pipe ends */
    close(saved_stderr);
    ssize_t n = read(ends[0], line, sizeof line - 1);
    assert_true(n > 0);
    line_len = (size_t)n;
    line[line_len] = '\0';
    close(ends[0]);
}

static void a_line_has_time_identity_level_and_text(void **state) {
    log_identify(7);
    capture();
    gr_log(GR_LOG_WARNING, "%d of %s", 3, "four");
    captured();
    assert_string_equal(line + strlen("2026-11-22 00:16:30.123"),
                        " [worker 7] warning greenroom: 3 of four\n");
}

static void control_characters_of_a_message_are_escaped(void **state) {
    capture();
    gr_log(GR_LOG_ERROR, "a\nb\x1b[0m\"c\"");
    captured();
    assert_non_null(strstr(line, "error greenroom: a\n    b\\x1b[0m\"c\"\n"));
}

static void a_long_message_is_cut_and_still_one_line(void **state) {
    char *text = malloc(100000);
    memset(text, '\1', 99999);
    text[99999] = '\0';
    capture();
    gr_log(GR_LOG_INFO, "%s", text);
    captured();
    free(text);
    assert_true(line_len <= 1536);
    assert_ptr_equal(strchr(line, '\n'), line + line_len - 1);
}

static void what_is_below_the_level_is_not_even_formatted(void **state) {
    gr_log_set_level(LOG_ERROR);
    gr_log(GR_LOG_WARNING, "%s", (char *)1);
    gr_log_set_level(LOG_INFO);
}

static void errno_survives(void **state) {
    capture();
    errno = EXDEV;
    gr_log(GR_LOG_INFO, "anything");
    int after = errno;
    captured();
    assert_int_equal(after, EXDEV);
}

/* Until the pipe takes no more; then a line that gets through tells how many did not. */
static void a_full_stderr_loses_lines_and_holds_up_nobody(void **state) {
    char block[4096];
    memset(block, 'x', sizeof block);
    capture();
    fcntl(STDERR_FILENO, F_SETFL, O_NONBLOCK);
    while (write(STDERR_FILENO, block, sizeof block) > 0) continue;
    fcntl(STDERR_FILENO, F_SETFL, 0);
    for (int i = 0; i < 1000; i++) gr_log(GR_LOG_INFO, "lost");
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    while (read(ends[0], block, sizeof block) > 0) continue;
    gr_log(GR_LOG_INFO, "heard");
    gr_log(GR_LOG_INFO, "as ever");
    captured();
    assert_non_null(strstr(line, "(1000 lines before were lost)\n"));
    assert_non_null(strstr(line, "heard\n"));
    assert_non_null(strstr(line, "as ever\n"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_has_time_identity_level_and_text),
        cmocka_unit_test(control_characters_of_a_message_are_escaped),
        cmocka_unit_test(a_long_message_is_cut_and_still_one_line),
        cmocka_unit_test(what_is_below_the_level_is_not_even_formatted),
        cmocka_unit_test(errno_survives),
        cmocka_unit_test(a_full_stderr_loses_lines_and_holds_up_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
