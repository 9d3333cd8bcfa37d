/* Compression of answers (--compress; RFC 9110, 8.4 and 12.5.3): whether an answer is compressed,
 * by which coding, and how its body becomes that. It is negotiated by Accept-Encoding, and only
 * what is text of some sort and not small is worth it.
 *
 * Bodies of up to 256 KiB that are sent at once are compressed at once and keep a Content-Length.
 * All others go through an encoder that is flushed after each write, so that nothing of what the
 * application has written is held back. */
#ifndef SERVER_COMPRESS_H
#define SERVER_COMPRESS_H

#include "greenroom/response.h"
#include "server/options.h"

enum { COMPRESS_LENGTH_MIN = 1024, COMPRESS_WHOLE_MAX = 256 * 1024 };

/* What is known of an answer, from its fields. */
struct compression {
    bool forbidden;     /* it is encoded already, or part of something, or not to be changed */
    bool typed;         /* its type is known */
    bool worthwhile;    /* by its type */
    bool varies;        /* it says so already */
    uint8_t choice;     /* of the client, see compress.c */
    uint32_t etag;      /* where in the head the value of a strong entity tag begins; 0: nowhere */
    gr_writer *encoder; /* what goes through it comes out in response_put_body */
};

extern bool compress_on;

/* Once per process. Returns 0, or -1: the log says why. */
int compress_init(const struct server_options *options);

/* The application has set a field, which is about to be put at the end of the head. */
void compress_note(gr_request *request, gr_slice name, gr_slice value);

/* The head is complete but for the fields of the server: is the body to be compressed, of that
 * length (-1: not known)? Says in the head that this varies. Then one of the three below, or the
 * answer goes as it is. A 304 says what the 200 would (RFC 9110, 15.4.5). */
bool compress_wanted(gr_request *request, int64_t length);

/* For an answer without body, to HEAD. */
void compress_claim(gr_request *request);

/* For a body that comes in pieces. Returns 0, or -1 when there is no memory. */
int compress_open(gr_request *request);

/* For a body that is there: what it becomes, malloc'ed, and its length; NULL when there is no
 * memory. */
char *compress_whole(gr_request *request, const void *body, size_t *len);

/* --- Once there is an encoder: as gr_response_write and its like. Park. --- */

int compress_write(gr_request *request, const void *piece, size_t len);
int compress_file(gr_request *request, int fd, off_t offset, size_t len);
int compress_close(gr_request *request);

/* Frees an encoder that has not been closed. */
void compress_fini(gr_request *request);

#endif
