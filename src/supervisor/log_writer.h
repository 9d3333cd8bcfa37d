/* The thread that takes records from rings (log/ring.h), in the order of time over all of them, and
 * writes them where they belong. It alone waits for that place. */
#ifndef SUPERVISOR_LOG_WRITER_H
#define SUPERVISOR_LOG_WRITER_H

#include <stdatomic.h>

#include "log/ring.h"
#include "supervisor/log_output.h"

enum { LOG_BATCH = 2 * LOG_RECORD_MAX };

enum log_writer_state {
    LOG_WRITER_ENDED,
    LOG_WRITER_RUNS,
    LOG_WRITER_STOPPED, /* has been told to end, and may be waiting for the output yet */
};

struct log_writer {
    const char *name; /* "the log": what drops are told of */
    struct log_output *output;
    struct log_bell *bell;
    struct log_reader *readers;          /* ring 0 is the master's, the others are of slots */
    uint32_t count, mules;               /* see log_ring_owner */
    bool owes_news;                      /* drops are to be told of */
    int64_t complaint;                   /* when the last was made */
    uint64_t unwritten;                  /* records, since the output last took one */
    int unwritten_why;                   /* errno */
    _Atomic enum log_writer_state state; /* futex. A worker could write to that of the bell */
    uint64_t refusal; /* hash of the last reason why an application could not be served */
    int64_t refused_at;
    uint32_t batched; /* records in batch */
    size_t used;      /* bytes of batch */
    char batch[LOG_BATCH];
};

/* Has the rings of bell written to output; the caller keeps both. Returns 0, or -1 with errno. */
int log_writer_start(struct log_writer *writer, const char *name, struct log_output *output,
                     struct log_bell *bell, uint32_t rings);

/* Goes on after log_writer_stop. Returns 0, or -1 with errno. */
int log_writer_go_on(struct log_writer *writer);

/* Has what is in the rings written, waits for that until due, at most, and ends the thread, which
 * may come to it later. */
void log_writer_stop(struct log_writer *writer, int64_t due);

/* From now on the reason why an application cannot be served is news for the log, and no longer for
 * whoever has typed the command. */
void log_writers_settle(void);
bool log_writers_settled(void);

#endif
