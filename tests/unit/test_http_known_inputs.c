/* The inputs of tests/inputs/http.txt, read by the parser alone. */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <stdio.h>

#include "../inputs/http_stream.h"

enum { LINE_MAX_LENGTH = 2000, ANSWERS_MAX = 8 };

struct answers {
    int status[ANSWERS_MAX];
    int count;
};

struct input {
    char line[LINE_MAX_LENGTH];
    const char *kind;
    struct answers expected;
    char bytes[LINE_MAX_LENGTH];
    size_t len;
};

static char unescaped(const char **at) {
    static const char letters[] = "r\rn\nt\t\\\\";
    char letter = *(*at)++, hex[3] = {0};
    if (letter == 'x') {
        memcpy(hex, *at, 2);
        *at += 2;
        return (char)strtol(hex, NULL, 16);
    }
    const char *found = strchr(letters, letter);
    assert_non_null(found);
    return found[1];
}

static void read_bytes(struct input *input, const char *text) {
    for (input->len = 0; *text && *text != '\n';) {
        char c = *text++;
        input->bytes[input->len++] = c == '\\' ? unescaped(&text) : c;
    }
}

static void read_answers(struct answers *answers, char *text) {
    answers->count = 0;
    for (char *rest = text, *status; (status = strsep(&rest, ","));)
        answers->status[answers->count++] = atoi(status);
}

/* The next input of the file; false at its end. */
static bool read_input(struct input *input, FILE *file) {
    while (fgets(input->line, sizeof input->line, file)) {
        if (input->line[0] == '#' || input->line[0] == '\n') continue;
        char *kind = strstr(input->line, " | "), *source = strstr(kind + 3, " | ");
        char *bytes = strstr(source + 3, " | ");
        *kind = *source = *bytes = '\0';
        input->kind = kind + 3;
        read_answers(&input->expected, input->line);
        read_bytes(input, bytes + 3);
        return true;
    }
    return false;
}

/* The answers to the first len bytes, in memory of that size. */
static struct answers answer(const struct input *input, size_t len) {
    struct answers answers = {.count = 0};
    struct stream_request request;
    char *copy = malloc(len ? len : 1);
    memcpy(copy, input->bytes, len);
    const char *at = copy;
    enum stream_result result;
    do {
        result = stream_next(&request, &at, copy + len);
        if (result != STREAM_MORE) answers.status[answers.count++] = request.status;
        free(request.body);
    } while (result == STREAM_REQUEST && answers.count < ANSWERS_MAX);
    free(copy);
    return answers;
}

static void assert_answers(const struct input *input, struct answers found) {
    bool same = found.count == input->expected.count;
    for (int i = 0; same && i < found.count; i++)
        same = found.status[i] == input->expected.status[i];
    if (!same)
        fail_msg("%s: %d answers, the last %d", input->kind, found.count,
                 found.count ? found.status[found.count - 1] : 0);
}

static void for_each_input(void (*check)(const struct input *input)) {
    struct input input;
    FILE *file = fopen(HTTP_INPUTS, "r");
    int count = 0;
    assert_non_null(file);
    for (; read_input(&input, file); count++) check(&input);
    fclose(file);
    assert_true(count > 100);
}

static void check_whole(const struct input *input) {
    assert_answers(input, answer(input, input->len));
}

/* What has been answered to a part stays so, whatever comes behind it. */
static void check_parts(const struct input *input) {
    for (size_t len = 0; len < input->len; len++) {
        struct answers part = answer(input, len);
        assert_true(part.count <= input->expected.count);
        for (int i = 0; i < part.count; i++)
            assert_int_equal(part.status[i], input->expected.status[i]);
    }
}

static void known_inputs_are_answered_as_the_table_says(void **state) {
    for_each_input(check_whole);
}

static void parts_of_known_inputs_are_not_answered_otherwise(void **state) {
    for_each_input(check_parts);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_inputs_are_answered_as_the_table_says),
        cmocka_unit_test(parts_of_known_inputs_are_not_answered_otherwise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
