/* An answer: its head, and its body on its way from the connection.
 *
 *     connection ─▶ arrived ─▶ limit, chunked or nothing ─▶ body ─▶ the caller
 *
 * arrived is the connection with what had come behind the head put back in front of it; body is
 * where the end is noticed, and the connection given back. */
#include <stdlib.h>

#include "base/clock.h"
#include "client/client.h"
#include "http/answer_head.h"

enum {
    FIELDS_MAX = 128,
    FIRST_ROOM = 16 * 1024, /* for the head and what comes with it; doubled while it is too small */
};

struct gr_answer {
    gr_client *client;
    struct connection *connection; /* NULL once it is given back or dropped */
    struct timing timing;
    struct http_answer_head head;
    char *data; /* the head, and what came with it */
    size_t room, len;
    size_t at; /* of the next byte of the body */
    gr_reader arrived;
    gr_reader body;
    gr_reader *framed; /* what body reads from; NULL for no body */
    bool taken;        /* body is the caller's to close */
    char *collected;
    char *url;        /* where a redirect has led */
    gr_reader *plain; /* body, decoded: the outermost, which the caller reads */
    struct http_field fields[FIELDS_MAX];
    char first[FIRST_ROOM];
};

static gr_answer *of_arrived(gr_reader *reader) {
    return (gr_answer *)((char *)reader - offsetof(gr_answer, arrived));
}

static gr_answer *of_body(gr_reader *reader) {
    return (gr_answer *)((char *)reader - offsetof(gr_answer, body));
}

/* ---- the body on its way ---- */

static gr_slice put_back(const gr_answer *answer) {
    return (gr_slice){answer->data + answer->at, answer->len - answer->at};
}

static void set_due(const gr_answer *answer) {
    answer->connection->wire->due = timing_due(&answer->timing, answer->timing.read);
}

static ssize_t arrived_read(gr_reader *reader, void *buffer, size_t len) {
    gr_answer *answer = of_arrived(reader);
    gr_slice there = put_back(answer);
    if (there.len == 0) {
        set_due(answer);
        return gr_reader_read(answer->connection->reader, buffer, len);
    }
    if (len > there.len) len = there.len;
    memcpy(buffer, there.data, len);
    answer->at += len;
    return (ssize_t)len;
}

/* The head has its own place in data, which stays. */
static ssize_t arrived_peek(gr_reader *reader, gr_slice *bytes) {
    gr_answer *answer = of_arrived(reader);
    if (answer->at == answer->len) {
        set_due(answer);
        answer->at = answer->len = answer->head.size;
        ssize_t n = gr_reader_read(answer->connection->reader, answer->data + answer->at,
                                   answer->room - answer->at);
        if (n <= 0) return n;
        answer->len += (size_t)n;
    }
    *bytes = put_back(answer);
    return (ssize_t)bytes->len;
}

static void arrived_consume(gr_reader *reader, size_t len) { of_arrived(reader)->at += len; }

static void arrived_close(gr_reader *reader, bool excused) {}

static const struct reader_type arrived_type = {
    .read = arrived_read,
    .peek = arrived_peek,
    .consume = arrived_consume,
    .close = arrived_close,
};

/* What comes behind the end of an answer belongs to none. */
static void release(gr_answer *answer, bool at_end) {
    struct connection *connection = answer->connection;
    struct origins *all = &answer->client->origins;
    if (!connection) return;
    struct origin *origin = connection->origin;
    answer->connection = NULL;
    if (at_end && answer->head.keep_alive && answer->at == answer->len)
        origins_give_back(all, connection);
    else
        origins_drop(all, origin, connection);
    origins_leave(all, origin);
}

static ssize_t note(gr_answer *answer, ssize_t n) {
    if (n == 0) release(answer, true);
    return n;
}

static ssize_t body_read(gr_reader *reader, void *buffer, size_t len) {
    gr_answer *answer = of_body(reader);
    return answer->framed ? note(answer, gr_reader_read(answer->framed, buffer, len)) : 0;
}

static ssize_t body_peek(gr_reader *reader, gr_slice *bytes) {
    gr_answer *answer = of_body(reader);
    return answer->framed ? note(answer, gr_reader_peek(answer->framed, bytes)) : 0;
}

static void body_consume(gr_reader *reader, size_t len) {
    gr_reader_consume(of_body(reader)->framed, len);
}

static void body_close(gr_reader *reader, bool excused) {
    gr_answer *answer = of_body(reader);
    reader_close(answer->framed, true);
    answer->framed = NULL;
    release(answer, false);
}

static const struct reader_type body_type = {
    .read = body_read,
    .peek = body_peek,
    .consume = body_consume,
    .close = body_close,
};

/* ---- receiving the head ---- */

static int broken(const struct connection *connection, int error, gr_failure *failure) {
    return failure_tell(failure, GR_FAILURE_RECEIVE, error, "no answer from %s: %s",
                        connection->origin->name, failure_reason(error));
}

/* Returns 0, or -1 with errno ENOMEM. */
static int make_room(gr_answer *answer) {
    if (answer->len < answer->room) return 0;
    size_t room = 2 * answer->room;
    char *data = answer->data == answer->first ? malloc(room) : realloc(answer->data, room);
    if (!data) return -1;
    if (answer->data == answer->first) memcpy(data, answer->first, answer->len);
    answer->data = data;
    answer->room = room;
    return 0;
}

/* Returns 0, or -1 with errno: ECONNRESET for an end before the first byte. */
static int receive_more(gr_answer *answer) {
    if (make_room(answer) < 0) return -1;
    ssize_t n = gr_reader_read(answer->connection->reader, answer->data + answer->len,
                               answer->room - answer->len);
    if (n > 0) {
        answer->len += (size_t)n;
        return 0;
    }
    if (n == 0) errno = answer->len ? ENODATA : ECONNRESET;
    /* What is left of a connection that broke in the midst of an answer is no reason to ask again.
     */
    if (n < 0 && answer->len && (errno == ECONNRESET || errno == EPIPE)) errno = ENODATA;
    return -1;
}

static int refused(const gr_answer *answer, const char *why, gr_failure *failure) {
    return failure_tell(failure, GR_FAILURE_PROTOCOL, EPROTO,
                        "the answer from %s is not understood: %s",
                        answer->connection->origin->name, why);
}

static int receive_head(gr_answer *answer, enum http_asked asked, gr_failure *failure) {
    const struct http_answer_limits limits = {FIELDS_MAX,
                                              (uint32_t)answer->client->options.head_max};
    enum http_parse result = HTTP_PARSE_INCOMPLETE;
    const char *why = NULL;
    uint32_t scanned = 0;
    while (result == HTTP_PARSE_INCOMPLETE) {
        if (answer->len == scanned && receive_more(answer) < 0)
            return broken(answer->connection, errno, failure);
        result = http_answer_parse(answer->data, answer->len, asked, &limits, &answer->head,
                                   answer->fields, &scanned, &why);
    }
    return result == HTTP_PARSE_DONE ? 0 : refused(answer, why, failure);
}

/* Interim answers of which there are more than anybody needs. */
enum { INTERIM_MAX = 16 };

static int receive_final_head(gr_answer *answer, enum http_asked asked, gr_failure *failure) {
    for (int i = 0; i <= INTERIM_MAX; i++) {
        if (receive_head(answer, asked, failure) < 0) return -1;
        if (answer->head.status >= 200) return 0;
        if (answer->head.status == 101)
            return refused(answer, "it switches to a protocol that nobody asked for", failure);
        answer->len -= answer->head.size;
        memmove(answer->data, answer->data + answer->head.size, answer->len);
    }
    return refused(answer, "there is no end of interim answers", failure);
}

/* ---- the whole ---- */

static gr_reader *frame(gr_answer *answer) {
    switch (answer->head.framing) {
    case HTTP_FRAMING_LENGTH:
        return gr_reader_limit(&answer->arrived, (uint64_t)answer->head.content_length);
    case HTTP_FRAMING_CHUNKED:
        return gr_reader_chunked(&answer->arrived);
    case HTTP_FRAMING_CLOSE:
        return &answer->arrived;
    case HTTP_FRAMING_NONE:
        break;
    }
    return NULL;
}

/* Codings that nobody asked for stay as they are. */
static int decode(gr_answer *answer, gr_failure *failure) {
    static const struct {
        const char *name;
        gr_coding coding;
    } known[] = {{"gzip", GR_GZIP},
                 {"x-gzip", GR_GZIP},
                 {"deflate", GR_DEFLATE},
                 {"br", GR_BROTLI},
                 {"zstd", GR_ZSTD}};
    gr_slice name;
    answer->plain = &answer->body;
    if (!answer->framed || answer->client->options.raw_bodies ||
        !gr_answer_header(answer, "Content-Encoding", &name))
        return 0;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (!http_is_word(name, known[i].name)) continue;
        /* Were it to fail with the connection in place, it would close that. */
        struct connection *connection = answer->connection;
        answer->connection = NULL;
        answer->plain = gr_reader_decode(&answer->body, known[i].coding, UINT64_MAX);
        answer->connection = connection;
        if (!answer->plain)
            return failure_tell(failure, GR_FAILURE_MEMORY, errno, "cannot decode an answer: %s",
                                strerror(errno));
    }
    return 0;
}

static int begin_body(gr_answer *answer, gr_failure *failure) {
    answer->at = answer->head.size;
    answer->arrived.type = &arrived_type;
    answer->body.type = &body_type;
    answer->framed = frame(answer);
    if (!answer->framed && answer->head.framing != HTTP_FRAMING_NONE)
        return failure_tell(failure, GR_FAILURE_MEMORY, ENOMEM, "no memory for an answer");
    if (!answer->framed) release(answer, true);
    return decode(answer, failure);
}

static void free_answer(gr_answer *answer) {
    if (answer->data != answer->first) free(answer->data);
    free(answer->collected);
    free(answer->url);
    free(answer);
}

/* Memory for an answer is taken when there is one. */
gr_answer *answer_receive(gr_client *client, struct connection *connection,
                          const struct expectation *expectation, const struct timing *timing,
                          gr_failure *failure) {
    connection->wire->due = timing_due(timing, timing->read);
    if (wire_wait(connection->wire) < 0) {
        broken(connection, errno, failure);
        return NULL;
    }
    gr_answer *answer = malloc(sizeof *answer);
    if (!answer) {
        failure_write(failure, GR_FAILURE_MEMORY, ENOMEM, "no memory for an answer");
        return NULL;
    }
    memset(answer, 0, offsetof(gr_answer, fields));
    answer->client = client;
    answer->connection = connection;
    answer->timing = *timing;
    answer->data = answer->first;
    answer->room = FIRST_ROOM;
    enum http_asked asked = expectation->head_only ? HTTP_ASKED_HEAD : HTTP_ASKED;
    if (receive_final_head(answer, asked, failure) == 0) {
        if (expectation->last) answer->head.keep_alive = false;
        if (begin_body(answer, failure) == 0) return answer;
    }
    free_answer(answer);
    return NULL;
}

/* ---- for the caller ---- */

static gr_slice text_of(const gr_answer *answer, struct http_span span) {
    return (gr_slice){answer->data + span.at, span.len};
}

int gr_answer_status(const gr_answer *answer) { return answer->head.status; }

int gr_answer_version(const gr_answer *answer) { return 10 + answer->head.minor; }

gr_slice gr_answer_reason(const gr_answer *answer) { return text_of(answer, answer->head.reason); }

bool gr_answer_header(const gr_answer *answer, const char *name, gr_slice *value) {
    gr_slice wanted = gr_slice_of(name);
    for (uint32_t i = 0; i < answer->head.field_count; i++) {
        if (!gr_slice_equal_nocase(text_of(answer, answer->fields[i].name), wanted)) continue;
        *value = text_of(answer, answer->fields[i].value);
        return true;
    }
    return false;
}

bool gr_answer_header_at(const gr_answer *answer, size_t index, gr_slice *name, gr_slice *value) {
    if (index >= answer->head.field_count) return false;
    *name = text_of(answer, answer->fields[index].name);
    *value = text_of(answer, answer->fields[index].value);
    return true;
}

const char *gr_answer_url(const gr_answer *answer) { return answer->url; }

void answer_set_url(gr_answer *answer, char *url) { answer->url = url; }

int64_t gr_answer_content_length(const gr_answer *answer) { return answer->head.content_length; }

ssize_t gr_answer_read(gr_answer *answer, void *buffer, size_t len) {
    return gr_reader_read(answer->plain, buffer, len);
}

bool gr_answer_in_chunk(const gr_answer *answer) {
    return answer->connection && answer->head.framing == HTTP_FRAMING_CHUNKED &&
           reader_in_chunk(answer->framed);
}

gr_reader *gr_answer_reader(gr_answer *answer) {
    answer->taken = true;
    return answer->plain;
}

int gr_answer_collect(gr_answer *answer, size_t max, gr_slice *body) {
    size_t room = FIRST_ROOM, len = 0;
    if (answer->head.framing == HTTP_FRAMING_LENGTH) {
        if ((uint64_t)answer->head.content_length > max) return stream_fail(EFBIG);
        room = (size_t)answer->head.content_length + 1;
    }
    for (;; room *= 2) {
        ssize_t n = 1;
        char *grown = realloc(answer->collected, room);
        if (!grown) return stream_fail(ENOMEM);
        answer->collected = grown;
        while (len < room && (n = gr_reader_read(answer->plain, grown + len, room - len)) > 0)
            len += (size_t)n;
        if (n < 0) return -1;
        if (len > max) return stream_fail(EFBIG);
        *body = (gr_slice){grown, len};
        if (n == 0) return 0;
    }
}

void gr_answer_close(gr_answer *answer) {
    if (!answer) return;
    if (!answer->taken) reader_close(answer->plain, true);
    free_answer(answer);
}
