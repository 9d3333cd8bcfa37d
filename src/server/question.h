/* What the supervisor asks of a worker, on a socket of their own (SOCK_SEQPACKET), one packet a
 * question:
 *
 *     17 stacks 3fa2-1          a number, which its answers bear, a command, and what it is told
 *
 * Answers are any number of packets, the last of which ends them:
 *
 *     17|line\nline\n           there is more to come
 *     17.                       the end
 *     17!why                    the end: it could not be done
 *
 * A question is answered on a green thread of its own; up to QUESTIONS_MAX at a time, others are
 * refused. */
#ifndef SERVER_QUESTION_H
#define SERVER_QUESTION_H

#include <stddef.h>

#include "greenroom/base.h"

enum {
    QUESTION_MAX = 1024,        /* bytes of a question's packet, with a NUL */
    QUESTION_ANSWER_MAX = 8192, /* bytes of an answer's packet */
    QUESTIONS_MAX = 16,
};

struct question;

/* Answers one command. words is what it is told, "" for nothing. On a green thread; may park.
 * Returns NULL, or why it cannot be done: a static string. */
typedef const char *question_answer(struct question *question, const char *words);

/* Adds a line, printf(3) style, without the line break; one that does not fit into a packet is cut
 * off. Control characters, but for tabs, become question marks. Parks while the supervisor does not
 * read. */
void question_say(struct question *question, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Listens, from now on. Returns 0, or -1 with errno. fd -1 is for nobody to ask. */
int questions_open(int fd);

/* In a child of fork: the questions are its parent's. */
void questions_forsake(void);

#endif
