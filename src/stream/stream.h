/* What stands behind a gr_reader and a gr_writer: for each kind of stream one table of functions.
 *
 * A kind embeds struct gr_reader or gr_writer. What all kinds share is done once, in reader.c and
 * writer.c: the buffer of those that are peeked into, errors that stay, the end that stays. So a
 * function of a table is called with something to do, and not again after it has failed. */
#ifndef STREAM_STREAM_H
#define STREAM_STREAM_H

#include <errno.h>

#include "greenroom/stream.h"

struct reader_type {
    /* As gr_reader_read, for len > 0. */
    ssize_t (*read)(gr_reader *reader, void *buffer, size_t len);

    /* For kinds that hold bytes of their own; NULL: they are given a buffer. */
    ssize_t (*peek)(gr_reader *reader, gr_slice *bytes);
    void (*consume)(gr_reader *reader, size_t len);

    /* NULL where there is no such thing. */
    ssize_t (*try_read)(gr_reader *reader, void *buffer, size_t len);
    void (*on_readable)(gr_reader *reader, gr_stream_event *event, void *data);

    /* Frees it. excused: whoever closes it knows that the stream has not come to its end. */
    void (*close)(gr_reader *reader, bool excused);
};

struct gr_reader {
    const struct reader_type *type;
    char *buffer;      /* NULL until peeked into */
    size_t start, end; /* of the bytes in buffer */
    int error;         /* that has been returned and stays */
    bool ended;
};

struct writer_type {
    /* All of parts, of which there is one at least; uses them up. */
    int (*write)(gr_writer *writer, struct iovec *parts, int count);

    /* NULL where there is no such thing; without flush nothing is held back. */
    int (*flush)(gr_writer *writer);
    int (*send_file)(gr_writer *writer, int fd, off_t offset, size_t len);
    int (*try_write)(gr_writer *writer, const void *data, size_t len);
    void (*on_drain)(gr_writer *writer, gr_stream_event *event, void *data);

    /* The regular end, first half: what is left is sent, and the end told. May park and fail. */
    int (*finish)(gr_writer *writer);

    /* Frees it. error is 0 after a finish that went well, else what it is aborted with. */
    void (*release)(gr_writer *writer, int error);
};

struct gr_writer {
    const struct writer_type *type;
    int error;
};

/* Closes a reader; see reader_type.close. NULL is allowed. */
void reader_close(gr_reader *reader, bool excused);

/* The descriptor of a file whose bytes can be sent from where it stands, nothing of them being in a
 * buffer; -1 for others. */
int reader_file(const gr_reader *reader);

/* Of a reader of gr_reader_chunked: has a chunk begun that has not been read to its end? */
bool reader_in_chunk(const gr_reader *chunked);

/* errno = error, and -1. */
static inline int stream_fail(int error) {
    errno = error;
    return -1;
}

/* For who goes round by itself: where its streams are always ready nothing waits, and so nothing
 * would fail. Returns 0, or -1 with errno ECANCELED or ETIMEDOUT. */
int stream_check_patience(void);

/* Takes count bytes off the front of a vector. Returns the number of parts that are left. */
int parts_advance(struct iovec **parts, int count, size_t bytes);

#endif
