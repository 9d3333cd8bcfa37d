/* How long does it take to parse the head of a request? A line for each: its name, bytes, and the
 * median of the rounds in nanoseconds, so that a neighbour on the machine does not count, between
 * tabs. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "http/request_head.h"

enum { ROUNDS = 101, PARSES = 10000, FIELDS = 100 };

static const char wrk[] = "GET / HTTP/1.1\r\n"
                          "Host: 127.0.0.1:8000\r\n"
                          "\r\n";

static const char curl[] = "GET /api/items/42 HTTP/1.1\r\n"
                           "Host: www.example.com\r\n"
                           "User-Agent: curl/7.88.1\r\n"
                           "Accept: */*\r\n"
                           "\r\n";

static const char browser[] =
    "GET /shop/products/42?colour=green&size=medium HTTP/1.1\r\n"
    "Host: www.example.com\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
    "Accept: "
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n"
    "Accept-Language: en-GB,en;q=0.7,de;q=0.3\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\n"
    "Referer: https://www.example.com/shop/products\r\n"
    "Connection: keep-alive\r\n"
    "Cookie: session=6f1c0e9a7b3d4c5e8f2a1b0c9d8e7f6a; theme=dark; consent=none\r\n"
    "Upgrade-Insecure-Requests: 1\r\n"
    "Sec-Fetch-Dest: document\r\n"
    "Sec-Fetch-Mode: navigate\r\n"
    "Sec-Fetch-Site: same-origin\r\n"
    "\r\n";

static void parse(const char *data, size_t len) {
    static const struct http_limits limits = {
        .request_line = 8192, .fields = FIELDS, .head = 65536};
    struct http_request_head head;
    struct http_field fields[FIELDS];
    uint32_t scanned = 0;
    int status;
    const char *why;

    /* What data points to may have changed for all the compiler knows. */
    __asm__ volatile("" : "+r"(data) : : "memory");
    if (http_request_parse(data, len, &limits, &head, fields, &scanned, &status, &why) !=
        HTTP_PARSE_DONE)
        abort();
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void report(const char *name, const char *data, size_t len) {
    double each[ROUNDS];

    for (int round = 0; round < ROUNDS; round++) {
        int64_t start = clock_now();
        for (int i = 0; i < PARSES; i++) parse(data, len);
        each[round] = (double)(clock_now() - start) / PARSES;
    }
    qsort(each, ROUNDS, sizeof *each, compare);
    printf("%s\t%zu\t%.1f\n", name, len, each[ROUNDS / 2]);
}

int main(void) {
    report("wrk", wrk, sizeof wrk - 1);
    report("curl", curl, sizeof curl - 1);
    report("browser", browser, sizeof browser - 1);
    return 0;
}
