/* Routes from where they are noted to where they are shown, within one process. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "observe/catalogue.h"
#include "observe/endpoint_numbers.h"
#include "observe/metric.h"
#include "observe/metric_name.h"
#include "supervisor/curl_line.h"

static struct metric_store *store;

static int open_store(void **state) {
    int fd;
    store = metric_store_make(&fd);
    return store ? metrics_open(fd) : -1;
}

static struct catalogue *read_all(void) {
    struct catalogue *catalogue = catalogue_read(store);
    assert_non_null(catalogue);
    return catalogue;
}

static void assert_line(gr_slice line, const char *text) {
    assert_int_equal(line.len, strlen(text));
    assert_memory_equal(line.data, text, line.len);
}

static void what_is_noted_is_read_again(void **state) {
    gr_slice lines[CATALOGUE_LINES];
    char doc[CATALOGUE_LINE_MAX + 2];
    memset(doc, 'a', sizeof doc);
    memcpy(doc + CATALOGUE_LINE_MAX - 1, "\xc3\xa4", 3);
    assert_null(catalogue_read(store));
    catalogue_add(&(gr_route_notes){.route = "/a\n\x7f"
                                             "b",
                                    .methods = "GET PUT",
                                    .doc = doc,
                                    .host = "a.example"});
    catalogue_add(&(gr_route_notes){.route = "/\xc3\xa4"});
    catalogue_publish("shop:app", "1.5", "/shop", true, false);
    struct catalogue *catalogue = read_all();
    gr_slice text = {catalogue->text, catalogue->len};
    assert_string_equal(catalogue->head.app, "shop:app");
    assert_string_equal(catalogue->head.release, "1.5");
    assert_string_equal(catalogue->head.mount, "/shop");
    assert_true(catalogue->head.proxied && !catalogue->head.self_made);
    assert_true(catalogue_next(&text, lines));
    assert_line(lines[CATALOGUE_ROUTE], "/a  b");
    assert_line(lines[CATALOGUE_METHODS], "GET PUT");
    assert_int_equal(lines[CATALOGUE_DOC].len, CATALOGUE_LINE_MAX - 1);
    assert_line(lines[CATALOGUE_HOST], "a.example");
    assert_true(catalogue_next(&text, lines));
    assert_line(lines[CATALOGUE_ROUTE], "/\xc3\xa4");
    assert_line(lines[CATALOGUE_DOC], "");
    assert_int_equal(text.len, 0);
    assert_false(catalogue_next(&text, lines));
    free(catalogue);
}

/* In a process of its own, which has no other catalogue. */
static void texts_end_where_there_is_no_more_room(void **state) {
    pid_t child = fork();
    if (child == 0) {
        char doc[CATALOGUE_LINE_MAX + 1] = "";
        memset(doc, 'a', CATALOGUE_LINE_MAX);
        open_store(NULL);
        for (int i = 0; i < 300; i++) catalogue_add(&(gr_route_notes){.route = "/a", .doc = doc});
        for (int i = 0; i < 300; i++) catalogue_add(&(gr_route_notes){.route = "/b"});
        for (int i = 0; i < 300; i++) catalogue_add(&(gr_route_notes){0});
        catalogue_publish("", "", "", false, true);
        const struct catalogue *made = metric_store_at(store, atomic_load(&store->catalogue));
        bool full =
            made->len <= CATALOGUE_TEXT_MAX && made->len > CATALOGUE_TEXT_MAX - CATALOGUE_LINES;
        bool told = made->count + made->left_out == 900 && made->left_out > 0;
        _exit(!(full && told && made->head.self_made && !made->head.proxied));
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void what_finds_no_room_is_counted(void **state) {
    char doc[CATALOGUE_LINE_MAX];
    memset(doc, 'a', sizeof doc - 1);
    doc[sizeof doc - 1] = '\0';
    for (int i = 0; i < 100; i++) catalogue_add(&(gr_route_notes){.route = "/a", .doc = doc});
    for (int i = 0; i < CATALOGUE_ROUTES_MAX; i++) catalogue_add(&(gr_route_notes){.route = "/b"});
    for (int i = 0; i < 200; i++) catalogue_add(&(gr_route_notes){.route = "/a", .doc = doc});
    struct catalogue *catalogue = read_all();
    assert_int_equal(catalogue->count, CATALOGUE_ROUTES_MAX);
    assert_int_equal(catalogue->count + catalogue->left_out, 2 + 100 + CATALOGUE_ROUTES_MAX + 200);
    assert_in_range(catalogue->len, 1, CATALOGUE_TEXT_MAX);
    free(catalogue);
}

/* It ends, and is printable. */
static void assert_name(const char name[CATALOGUE_NAME_MAX]) {
    char copy[CATALOGUE_NAME_MAX];
    size_t len = strnlen(name, CATALOGUE_NAME_MAX);
    assert_in_range(len, 0, CATALOGUE_NAME_MAX - 1);
    memcpy(copy, name, len);
    metric_text_clean(copy, len);
    assert_memory_equal(copy, name, len);
}

/* A worker can write what it likes. */
static void a_catalogue_that_is_ruined_does_no_harm(void **state) {
    uint32_t place = atomic_load(&store->catalogue);
    unsigned char *at = metric_store_at(store, place);
    gr_slice lines[CATALOGUE_LINES];
    for (unsigned seed = 1; seed < 20; seed++) {
        srandom(seed);
        for (size_t i = 0; i < sizeof(struct catalogue); i++)
            at[i] = random() % 8 ? (unsigned char)(random() % 255 + 1) : '\n';
        struct catalogue *catalogue = read_all();
        gr_slice text = {catalogue->text, catalogue->len};
        assert_in_range(catalogue->len, 0, CATALOGUE_TEXT_MAX);
        assert_name(catalogue->head.app);
        assert_name(catalogue->head.release);
        assert_name(catalogue->head.mount);
        while (catalogue_next(&text, lines)) {
            char copy[CATALOGUE_TEXT_MAX];
            memcpy(copy, lines[0].data, lines[0].len);
            metric_text_clean(copy, lines[0].len);
            assert_memory_equal(copy, lines[0].data, lines[0].len);
        }
        free(catalogue);
    }
    atomic_store(&store->catalogue, place + 4);
    assert_null(catalogue_read(store));
    for (uint32_t wrong = 1; wrong; wrong *= 2) {
        atomic_store(&store->catalogue, wrong - 1);
        free(catalogue_read(store));
    }
    atomic_store(&store->catalogue, METRIC_STORE_SIZE - 64);
    assert_null(catalogue_read(store));
}

/* ---- numbers ---- */

static struct metric_table table;

static gr_metric *record(const char *endpoint, const char *status, double seconds) {
    const gr_label labels[] = {{"endpoint", endpoint}, {"method", "GET"}, {"status", status}};
    gr_metric *timer =
        metric_of_server(GR_TIMER, "greenroom_request_seconds", "Requests", labels, 3);
    gr_metric_record(timer, seconds);
    return timer;
}

static struct endpoint_numbers numbers_of(const char *route) {
    size_t count = 0;
    metric_table_begin(&table);
    metric_table_add(&table, store);
    metric_table_end(&table);
    const struct metric_entry **all = metric_table_sorted(&table);
    while (all[count]) count++;
    struct endpoint_numbers found = endpoint_numbers_find(all, count, gr_slice_of(route));
    free(all);
    metric_table_free(&table);
    return found;
}

static void numbers_of_an_endpoint_are_those_of_all_its_series(void **state) {
    char longer[300], prefix[100];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    memcpy(prefix, longer, CATALOGUE_ENDPOINT_MAX);
    prefix[CATALOGUE_ENDPOINT_MAX] = '\0';
    for (int i = 0; i < 99; i++) record("/a\"b", "2xx", 0.1);
    record("/a\"b", "5xx", 2);
    record("/a\"b", "5xx", 2);
    record("/a", "2xx", 7);
    record("/a\"bc", "2xx", 7);
    record(prefix, "2xx", 3);
    struct endpoint_numbers found = numbers_of("/a\"b");
    assert_int_equal(found.requests, 101);
    assert_true(found.p50 > 0.099 && found.p50 < 0.101);
    assert_true(found.p99 > 1.98 && found.p99 < 2.02);
    assert_int_equal(numbers_of(longer).requests, 1);
    assert_int_equal(numbers_of("/none").requests, 0);
}

static void a_value_whose_bounds_are_not_known_yet_is_one(void **state) {
    gr_metric *timer = record("/first", "2xx", 0.1);
    atomic_store(&timer->min, INFINITY);
    atomic_store(&timer->max, -INFINITY);
    struct endpoint_numbers found = numbers_of("/first");
    assert_int_equal(found.requests, 1);
    assert_true(found.p50 > 0.099 && found.p99 < 0.101);
}

/* ---- curl ---- */

static void assert_call(const struct listener *listener, const struct catalogue_head *head,
                        const char *method, const char *host, const char *path,
                        const char *expected) {
    char *line = NULL;
    size_t len;
    FILE *out = open_memstream(&line, &len);
    curl_line_write(out, listener, head, gr_slice_of(method), gr_slice_of(host), gr_slice_of(path));
    fclose(out);
    assert_string_equal(line, expected);
    free(line);
}

static void a_call_is_one_of_a_host_that_can_be_asked(void **state) {
    struct listener listener = {.name = "http://0.0.0.0:80"};
    struct catalogue_head head = {.mount = "/shop"};
    assert_call(&listener, &head, "GET", "", "/a", "curl 'http://127.0.0.1:80/shop/a'");
    listener = (struct listener){.address.tls = true, .name = "https://[::]:443"};
    assert_call(&listener, &head, "PATCH", "", "/a",
                "curl -X PATCH -d '' 'https://[::1]:443/shop/a'");
    head = (struct catalogue_head){.self_made = true, .proxied = true};
    assert_call(&listener, &head, "PUT", "", "/a",
                "curl -k --haproxy-protocol -X PUT -d '' 'https://[::1]:443/a'");
    listener = (struct listener){.address = {.local = true, .place = "/no/it's"}};
    assert_call(
        &listener, &head, "POST", "", "/a",
        "curl --haproxy-protocol --unix-socket '/no/it'\\''s' -X POST -d '' 'http://localhost/a'");
    head = (struct catalogue_head){0};
    struct listener odd = {.address = {.local = true, .place = "/usr/../usr"}};
    assert_call(&odd, &head, "GET", "", "/a", "curl --unix-socket '/usr' 'http://localhost/a'");
    assert_call(&listener, &head, "HEAD", "shop.example:80", "/a",
                "curl --unix-socket '/no/it'\\''s' --head -H 'Host: shop.example:80' "
                "'http://localhost/a'");
}

static void nothing_gets_out_of_its_quotes(void **state) {
    const struct listener listener = {.name = "http://127.0.0.1:80"};
    const struct catalogue_head head = {.mount = "';b"};
    assert_call(&listener, &head, "`id`", "'; id", "/'$(id)\"\\ {a}[b]?#%\xc3\xa4\n",
                "curl -H 'Host: '\\''; id' "
                "'http://127.0.0.1:80%27;b/%27$(id)%22%5C%20%7Ba%7D%5Bb%5D%3F%23%25%C3%A4%0A'");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_end_where_there_is_no_more_room),
        cmocka_unit_test(what_is_noted_is_read_again),
        cmocka_unit_test(what_finds_no_room_is_counted),
        cmocka_unit_test(a_catalogue_that_is_ruined_does_no_harm),
        cmocka_unit_test(numbers_of_an_endpoint_are_those_of_all_its_series),
        cmocka_unit_test(a_value_whose_bounds_are_not_known_yet_is_one),
        cmocka_unit_test(a_call_is_one_of_a_host_that_can_be_asked),
        cmocka_unit_test(nothing_gets_out_of_its_quotes),
    };
    return cmocka_run_group_tests(tests, open_store, NULL);
}
