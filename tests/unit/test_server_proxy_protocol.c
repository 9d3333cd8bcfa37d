/* The header of the PROXY protocol, in both versions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include "server/proxy_protocol.h"

/* A header of version 2 is its signature and what a test puts behind it. */
#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define V2(rest) SIGNATURE rest, sizeof(SIGNATURE rest) - 1
#define TEXT(text) text, sizeof(text) - 1

static void assert_peer(const union peer *peer, const char *address, int port) {
    char text[PEER_TEXT_MAX];
    size_t len = peer_text(peer, text);
    assert_int_equal(len, strlen(address));
    assert_memory_equal(text, address, len);
    assert_int_equal(peer_port(peer), port);
}

/* Every part of it is incomplete, up to where the addresses end. */
static struct proxy_header parsed(const char *data, size_t len) {
    struct proxy_header header;
    enum proxy_protocol result = PROXY_PROTOCOL_INCOMPLETE;
    size_t have = 0;
    while (result == PROXY_PROTOCOL_INCOMPLETE && have <= len)
        result = proxy_protocol_parse(data, have++, &header);
    assert_int_equal(result, PROXY_PROTOCOL_DONE);
    assert_int_equal(proxy_protocol_parse(data, len, &header), PROXY_PROTOCOL_DONE);
    return header;
}

static void refuses(const char *data, size_t len) {
    struct proxy_header header;
    if (proxy_protocol_parse(data, len, &header) != PROXY_PROTOCOL_BAD)
        fail_msg("%.*s was not refused", (int)len, data);
}

static void a_line_names_both_ends(void **state) {
    const char line[] = "PROXY TCP4 192.0.2.7 192.0.2.1 56324 443\r\nGET / HTTP/1.1\r\n";
    struct proxy_header header = parsed(TEXT(line));
    assert_peer(&header.source, "192.0.2.7", 56324);
    assert_peer(&header.destination, "192.0.2.1", 443);
    assert_int_equal(header.size, strchr(line, '\n') + 1 - line);
    assert_false(header.local);
}

static void a_line_of_ipv6_and_the_longest_there_is(void **state) {
    const char line[] = "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
                        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n";
    struct proxy_header header = parsed(TEXT(line));
    assert_peer(&header.source, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65535);
    assert_int_equal(header.size, sizeof line - 1);
    assert_int_equal(parsed(TEXT("PROXY TCP6 :: ::1 0 1\r\n")).source.family, AF_INET6);
}

static void an_unknown_client_has_no_address_whatever_the_line_says(void **state) {
    struct proxy_header header = parsed(TEXT("PROXY UNKNOWN\r\n"));
    assert_int_equal(header.source.family, AF_UNSPEC);
    header = parsed(TEXT("PROXY UNKNOWN 192.0.2.7 and so on\r\n"));
    assert_int_equal(header.source.family, AF_UNSPEC);
    assert_int_equal(header.destination.family, AF_UNSPEC);
    assert_false(header.local);
}

static void lines_of_another_form_are_refused(void **state) {
    static const char *const wrong[] = {
        "GET / HTTP/1.1\r\n",
        "proxy TCP4 1.2.3.4 1.2.3.4 1 2\r\n",
        "PROXY  TCP4 1.2.3.4 1.2.3.4 1 2\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 1 2 \r\n",
        "PROXY TCP4 1.2.3.4  1.2.3.4 1 2\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 01 2\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 -1 2\r\n",
        "PROXY TCP4 1.2.3 1.2.3.4 1 2\r\n",
        "PROXY TCP4 ::1 ::1 1 2\r\n",
        "PROXY TCP6 1.2.3.4 1.2.3.4 1 2\r\n",
        "PROXY UDP4 1.2.3.4 1.2.3.4 1 2\r\n",
        "PROXY TCP4\r\n",
        "PROXY \r\n",
        "PROXY\r\n",
        "\r\n\r\nGET",
        "\n",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) refuses(wrong[i], strlen(wrong[i]));
    refuses(TEXT("PROXY TCP4 1.2.3.4\0 1.2.3.4 1 2\r\n"));
}

static void a_line_that_does_not_end_in_107_bytes_is_refused(void **state) {
    char line[200] = "PROXY UNKNOWN ";
    memset(line + 14, 'x', sizeof line - 14);
    struct proxy_header header;
    assert_int_equal(proxy_protocol_parse(line, 106, &header), PROXY_PROTOCOL_INCOMPLETE);
    refuses(line, 107);
    refuses(line, sizeof line);
    memcpy(line + 105, "\r\n", 2);
    assert_int_equal(parsed(line, sizeof line).size, 107);
    memcpy(line + 105, "x\r\n", 3);
    refuses(line, 108);
}

static void binary_headers_name_both_ends(void **state) {
    struct proxy_header header = parsed(V2("\x21\x11\0\x0c\xc0\0\2\7\xc0\0\2\1\xdc\4\1\xbb"));
    assert_peer(&header.source, "192.0.2.7", 56324);
    assert_peer(&header.destination, "192.0.2.1", 443);
    assert_int_equal(header.size, 28);
    header = parsed(V2("\x21\x21\0\x24"
                       "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"
                       "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\2\0\x50\1\xbb"));
    assert_peer(&header.source, "2001:db8::1", 80);
    assert_peer(&header.destination, "2001:db8::2", 443);
}

static void what_stands_behind_the_addresses_counts_but_is_not_needed(void **state) {
    const char *data = SIGNATURE "\x21\x11\xff\xff\xc0\0\2\7\xc0\0\2\1\xdc\4\1\xbb";
    struct proxy_header header = parsed(data, 28);
    assert_peer(&header.source, "192.0.2.7", 56324);
    assert_int_equal(header.size, 16 + 65535);
}

static void a_proxy_that_speaks_for_itself_says_local(void **state) {
    struct proxy_header header = parsed(V2("\x20\0\0\0"));
    assert_true(header.local);
    assert_int_equal(header.size, 16);
    header = parsed(V2("\x20\x11\0\x0c\xc0\0\2\7\xc0\0\2\1\xdc\4\1\xbb"));
    assert_true(header.local);
    assert_int_equal(header.source.family, AF_UNSPEC);
    assert_int_equal(header.size, 28);
}

static void clients_of_other_families_are_unknown(void **state) {
    struct proxy_header header = parsed(V2("\x21\0\0\0"));
    assert_false(header.local);
    assert_int_equal(header.source.family, AF_UNSPEC);
    assert_int_equal(parsed(V2("\x21\0\0\x05hello")).size, 21);
    header = parsed(V2("\x21\x31\0\xd8"));
    assert_int_equal(header.source.family, AF_UNSPEC);
    assert_int_equal(header.size, 16 + 216);
}

static void binary_headers_of_another_form_are_refused(void **state) {
    refuses(V2("\x11\x11\0\x0c"));           /* version 1 */
    refuses(V2("\x31"));                     /* version 3, told by its first byte */
    refuses(V2("\x22\x11\0\x0c"));           /* another command */
    refuses(V2("\x21\x12\0\x0c"));           /* datagrams */
    refuses(V2("\x21\x41\0\x0c"));           /* another family */
    refuses(V2("\x21\x11\0\x0b"));           /* shorter than its addresses */
    refuses(V2("\x21\x21\0\x23"));           /* so is this */
    refuses(V2("\x21\x31\0\xd7"));           /* and this */
    refuses(TEXT("\r\n\r\n\0\r\nQUIT\r\n")); /* not quite the signature */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_names_both_ends),
        cmocka_unit_test(a_line_of_ipv6_and_the_longest_there_is),
        cmocka_unit_test(an_unknown_client_has_no_address_whatever_the_line_says),
        cmocka_unit_test(lines_of_another_form_are_refused),
        cmocka_unit_test(a_line_that_does_not_end_in_107_bytes_is_refused),
        cmocka_unit_test(binary_headers_name_both_ends),
        cmocka_unit_test(what_stands_behind_the_addresses_counts_but_is_not_needed),
        cmocka_unit_test(a_proxy_that_speaks_for_itself_says_local),
        cmocka_unit_test(clients_of_other_families_are_unknown),
        cmocka_unit_test(binary_headers_of_another_form_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
