/* The answer while it is being made and sent. */
#ifndef SERVER_RESPONSE_H
#define SERVER_RESPONSE_H

#include "server/compress.h"

enum response_framing {
    RESPONSE_EMPTY,   /* HEAD, 204, 304: no body whatever the head says */
    RESPONSE_COUNTED, /* Content-Length */
    RESPONSE_CHUNKED,
    RESPONSE_UNTIL_CLOSE, /* HTTP/1.0 without a known length */
};

struct response {
    char *head; /* in the arena; grows until it is sent */
    size_t head_len, head_room;
    int64_t length; /* of the body as declared; -1: unknown */
    int64_t taken;  /* bytes of the body, as the application has written them */
    int64_t sent;   /* bytes of the body handed to the kernel */
    struct compression compression;
    uint16_t status; /* 0 before gr_response_begin */
    uint8_t framing; /* enum response_framing; once started */
    bool dated;      /* the application has set Date itself */
    bool recoded;    /* what is sent of the body is of another length */
    bool started;    /* the head has been handed to the kernel, or was meant to */
    bool unmade;     /* HEAD is answered with nothing: what GET would get is not known */
    bool ended;      /* nothing more may be written */
    bool cut_short;  /* promised more than was sent: only closing the connection tells the client */
    bool last;       /* the connection ends with this answer */
    int error;       /* errno of the send that failed */
};

void response_init(gr_request *request);

/* Puts text at the end of the head. For what the server adds, once the application has set all of
 * its fields. */
void response_put(struct response *response, const char *text, size_t len);

/* Sends a piece of the body as it is, the head first if it is not out yet. Parks. */
int response_put_body(gr_request *request, const void *piece, size_t len);

/* The answer cannot be completed: what has been sent of it is cut short, and if nothing has,
 * another can be begun. Keeps errno. */
void response_forsake(gr_request *request);

/* A short answer of the server's own, with a sentence as its body and a field more, unless name is
 * NULL. Parks. */
void response_brief(gr_request *request, int status, const char *sentence, const char *name,
                    const char *value);

#endif
