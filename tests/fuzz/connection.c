/* What a connection has said is understood in one way, whatever is still to come. */
#include <assert.h>

#include "../inputs/http_stream.h"

enum { REQUESTS_MAX = 16 };

struct reading {
    struct {
        int status;
        size_t from, body_len;
    } requests[REQUESTS_MAX];
    int count;
    enum stream_result last;
    size_t used; /* by the requests that are understood */
};

/* In memory of exactly that size. */
static void read_all(struct reading *reading, const char *data, size_t len) {
    char *copy = malloc(len ? len : 1);
    const char *at = copy;

    memcpy(copy, data, len);
    *reading = (struct reading){.last = STREAM_REQUEST};
    while (reading->last == STREAM_REQUEST && reading->count < REQUESTS_MAX) {
        struct stream_request request;
        size_t from = (size_t)(at - copy);
        reading->last = stream_next(&request, &at, copy + len);
        free(request.body);
        assert(at >= copy + from && at <= copy + len);
        if (reading->last == STREAM_MORE) break;
        assert(reading->last == STREAM_REQUEST ? request.status == 200 : request.status >= 400);
        reading->requests[reading->count].status = request.status;
        reading->requests[reading->count].from = from;
        reading->requests[reading->count++].body_len = request.body_len;
        if (reading->last == STREAM_REQUEST) reading->used = (size_t)(at - copy);
    }
    free(copy);
}

static void check_begins_with(const struct reading *whole, const struct reading *part) {
    assert(part->count <= whole->count);
    for (int i = 0; i < part->count; i++) {
        assert(part->requests[i].status == whole->requests[i].status);
        assert(part->requests[i].from == whole->requests[i].from);
        assert(part->requests[i].body_len == whole->requests[i].body_len);
    }
}

/* Behind what has been understood, the next request is understood as well. */
static void check_next(const struct reading *whole, const char *data) {
    static const char next[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    struct reading longer;
    char *copy = malloc(whole->used + sizeof next - 1);

    memcpy(copy, data, whole->used);
    memcpy(copy + whole->used, next, sizeof next - 1);
    read_all(&longer, copy, whole->used + sizeof next - 1);
    assert(longer.last == STREAM_MORE && longer.used == whole->used + sizeof next - 1);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* The first byte chooses where the connection is cut. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    if (size < 2) return 0;
    const char *data = (const char *)bytes + 1;
    size_t len = size - 1;
    struct reading whole, part;

    read_all(&whole, data, len);
    read_all(&part, data, len * bytes[0] / 256);
    check_begins_with(&whole, &part);
    if (whole.last == STREAM_MORE && whole.count < REQUESTS_MAX - 1) check_next(&whole, data);
    return 0;
}
