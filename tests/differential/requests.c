/* What this server understands of connections: cases come on stdin as "LENGTH\n" and so many bytes;
 * each is answered by a line of JSON, [[[method, target, minor, [[name, value] ...], body] ...],
 * end]. end is "more", "close" when the client wants no other request to be read, or the reason of
 * a refusal. Bytes are JSON strings in latin-1. */
#include <stdio.h>

#include "../inputs/http_stream.h"

static void put_string(const char *data, size_t len) {
    putchar('"');
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)data[i];
        if (c < 0x20 || c > 0x7e || c == '"' || c == '\\')
            printf("\\u%04x", c);
        else
            putchar(c);
    }
    putchar('"');
}

static void put_span(const struct stream_request *request, struct http_span span) {
    put_string(request->data + span.at, span.len);
}

static void put_request(const struct stream_request *request) {
    const struct http_request_head *head = &request->head;
    putchar('[');
    put_span(request, head->method);
    putchar(',');
    put_span(request, head->target);
    printf(",%d,[", head->minor);
    for (uint32_t i = 0; i < head->field_count; i++) {
        printf(i ? ",[" : "[");
        put_span(request, request->fields[i].name);
        putchar(',');
        put_span(request, request->fields[i].value);
        putchar(']');
    }
    printf("],");
    put_string(request->body, request->body_len);
    putchar(']');
}

static void answer(const char *data, size_t len) {
    struct stream_request request;
    const char *at = data, *end = data + len, *last = NULL;

    printf("[[");
    for (int count = 0; !last; count++) {
        enum stream_result result = stream_next(&request, &at, end);
        if (result == STREAM_REQUEST) {
            if (count) putchar(',');
            put_request(&request);
            if (!request.head.keep_alive) last = "close";
        } else {
            last = result == STREAM_REFUSED ? request.why : "more";
        }
        free(request.body);
    }
    printf("],");
    put_string(last, strlen(last));
    puts("]");
}

int main(void) {
    size_t len;
    while (scanf("%zu", &len) == 1 && getchar() == '\n') {
        char *data = malloc(len + 1);
        if (fread(data, 1, len, stdin) != len) return 1;
        answer(data, len);
        free(data);
    }
    return 0;
}
