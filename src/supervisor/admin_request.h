/* Somebody who is connected to the admin listener: sends the head of one GET, gets one answer, and
 * the connection is closed. Nothing here blocks, and nobody can keep anybody waiting: there is a
 * limit for the head, and a time for each half. Who follows has an answer that goes on: a piece at
 * a time, and no further one before it has taken the last. */
#ifndef SUPERVISOR_ADMIN_REQUEST_H
#define SUPERVISOR_ADMIN_REQUEST_H

#include "http/request_head.h"

enum { ADMIN_REQUESTS = 64, ADMIN_HEAD_MAX = 8192, ADMIN_FIELDS_MAX = 64 };

enum admin_state {
    ADMIN_NONE,
    ADMIN_ASKING,
    ADMIN_WAITING,   /* somebody else is asked for the answer */
    ADMIN_LISTENING, /* takes the answer */
    ADMIN_FOLLOWING, /* the same, of one that goes on */
    ADMIN_LEAVING,   /* has it all; its end of the connection is waited for, so that no reset undoes
                        that */
};

struct admin_request {
    enum admin_state state;
    int fd;
    int64_t due; /* when it is dropped */
    char head[ADMIN_HEAD_MAX];
    uint32_t filled, scanned;
    struct http_request_head parsed;
    struct http_field fields[ADMIN_FIELDS_MAX];
    char *answer; /* malloc'ed */
    size_t size, sent;
    /* While WAITING. */
    int asked;   /* the descriptor on which it is heard; -1: none */
    char *heard; /* malloc'ed */
    size_t heard_len;
    void (*answered)(struct admin_request *request); /* is to answer */
    uint64_t snapshot; /* the number of the last one that it has been told; 0: none */
};

/* Takes over a connected socket that does not block. */
void admin_request_open(struct admin_request *request, int fd);

/* What poll(2) is to look for. */
short admin_request_events(const struct admin_request *request);

/* Has poll(2) found something? True: the head of a GET or HEAD is there, and the request is to be
 * answered. What is no such request has been refused. */
bool admin_request_act(struct admin_request *request);

/* The value of a field; data is NULL when it was not sent. */
gr_slice admin_request_field(const struct admin_request *request, const char *name);

gr_slice admin_request_path(const struct admin_request *request);

/* Of an answer that is true for the moment. */
#define ADMIN_NOT_STORED "Cache-Control: no-store\r\n"

/* The answer. body is malloc'ed and taken over, NULL for none (len is what it would have); fields
 * are further lines of the head, each with CRLF. */
void admin_request_answer(struct admin_request *request, int status, const char *type,
                          const char *fields, char *body, size_t len);

/* A sentence as the answer. */
void admin_request_refuse(struct admin_request *request, int status, const char *fields,
                          const char *why);

/* Has it wait for what will be heard on asked, which is taken over. */
void admin_request_wait(struct admin_request *request, int asked,
                        void (*answered)(struct admin_request *request));

/* The head of an answer that goes on. */
void admin_request_follow(struct admin_request *request, const char *type);

/* Has it taken all that it was told? */
bool admin_request_is_idle(const struct admin_request *request);

/* More of an answer that goes on, to one that is idle. */
void admin_request_tell(struct admin_request *request, const char *text, size_t len);

/* It is due. */
void admin_request_close(struct admin_request *request);

#endif
