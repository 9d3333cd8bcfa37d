/* Records on their way to a log, in memory that master and workers share:
 *
 *   ┌───────────┬──────────────┬──────────────┬──
 *   │ log_bell  │ log_ring 0   │ log_ring 1   │ ...
 *   └───────────┴──────────────┴──────────────┴──
 *
 * Anybody may put, any number of them at a time: threads, signal handlers, children of fork; they
 * never wait. One thread of the master takes, from all rings. What is in a ring outlives the
 * process that put it there, however that ends.
 *
 * A record is a head of 16 bytes and its text, and takes whole units of 16. A put reserves its
 * place, marks it as being written, copies, and marks it as whole; the reader clears what it has
 * taken, so that free room is all zero.
 *
 * The reader belongs to the master, and believes nothing of what stands in a ring but by checking
 * it. */
#ifndef LOG_RING_H
#define LOG_RING_H

#include <stdatomic.h>

#include "log/levels.h"

enum {
    LOG_RING_SIZE = 512 * 1024, /* a power of 2 */
    LOG_RING_RESERVE = LOG_RING_SIZE / 8,
    LOG_RECORD_MAX = 48 * 1024, /* bytes of text */
};

enum log_kind {
    LOG_KIND_LINE,    /* a line as it is to stand in the log, its end included; or several */
    LOG_KIND_ERROR,   /* the same, of the server's own errors */
    LOG_KIND_REFUSAL, /* why an application cannot be served: bare text, no end of line */
    LOG_KINDS,
};

struct log_ring {
    _Alignas(64) _Atomic uint64_t reserved; /* bytes ever */
    _Atomic uint64_t dropped;               /* records that found no room, ever */
    _Alignas(64) _Atomic uint64_t emptied;  /* bytes ever; the reader's */
    _Alignas(64) char room[LOG_RING_SIZE];
};

struct log_bell {
    _Alignas(64) _Atomic uint32_t wanted; /* bytes in a ring at which the reader, asleep on it,
                                             wants to be woken; 0 when it is awake */
    _Atomic uint32_t stopped;             /* it is not to sleep any more */
    uint32_t rings;                       /* how many there are; for the writers */
    uint32_t mules;                       /* how many of them, the last ones, are of mules */
    _Alignas(64) struct log_levels levels;
};

enum { LOG_RINGS_AT = 4096 }; /* bytes from the bell */

_Static_assert(sizeof(struct log_bell) <= LOG_RINGS_AT, "the bell ends before the rings");

/* What a writer writes with. */
struct log_pen {
    struct log_bell *bell;
    struct log_ring *ring;
    int32_t pid; /* of the process */
};

/* Where ring number of the mapping that begins at bell is. */
static inline struct log_ring *log_ring_at(struct log_bell *bell, uint32_t number) {
    return (struct log_ring *)((char *)bell + LOG_RINGS_AT) + number;
}

/* Bytes of the mapping. */
static inline size_t log_rings_size(uint32_t rings) {
    return LOG_RINGS_AT + rings * sizeof(struct log_ring);
}

/* Adds a record that was made at time (ns of base/clock.h), or counts it as dropped when there is
 * no room. The last eighth of a ring is for what is urgent. text.len is from 1 to LOG_RECORD_MAX.
 * Async-signal-safe; errno is kept. */
GR_API void log_ring_put(const struct log_pen *pen, enum log_kind kind, bool urgent, int64_t time,
                         gr_slice text);

/* Would a record of the usual length be dropped now? Then it need not be made, but is to be
 * counted. */
bool log_ring_is_full(const struct log_ring *ring, bool urgent);
void log_ring_count_dropped(struct log_ring *ring);

/* ---- the reader's side ---- */

struct log_record {
    enum log_kind kind;
    int64_t time;
    uint32_t len; /* of the text */
};

/* What the reader knows of a ring, out of the writers' reach. */
struct log_reader {
    struct log_ring *ring;
    uint64_t at;            /* bytes taken so far */
    struct log_record next; /* len 0: not known */
    int64_t stuck_since;    /* when it first saw that the record there is not whole; 0: it is */
    uint64_t lost;          /* how often it has had to give up what was in the ring */
    uint64_t told;          /* of what was dropped and lost: for who tells of it */
};

/* Begins where the last reader of the ring has ended. */
GR_API void log_reader_open(struct log_reader *reader, struct log_ring *ring);

/* Looks at the next record: reader->next. False when there is none that is whole. One whose writer
 * has died in the midst of it is left out. When that cannot be known, or a head makes no sense, all
 * that is in the ring is given up; in the first case after some seconds. */
GR_API bool log_reader_peek(struct log_reader *reader);

/* Copies the text of reader->next to out, and takes the record. */
GR_API void log_reader_take(struct log_reader *reader, char *out);

/* Bytes that are in the ring, whole records or not. */
uint64_t log_reader_filled(const struct log_reader *reader);

/* Records that never came out. */
GR_API uint64_t log_reader_dropped(const struct log_reader *reader);

/* Sleeps until one of the rings that are read has so many bytes, until ns have passed (negative: no
 * such limit), or the bell is stopped. */
GR_API void log_bell_wait(struct log_bell *bell, const struct log_reader *readers, uint32_t count,
                          uint32_t bytes, int64_t ns);

/* Ends such a sleep, and has none begin any more. */
GR_API void log_bell_stop(struct log_bell *bell);

#endif
