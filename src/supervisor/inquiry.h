/* Asking the workers, one after the other, on behalf of a peer of the control socket: what
 * server/question.h has the worker's side of. A worker that does not answer, or dies meanwhile, is
 * said to, and the next one is asked. */
#ifndef SUPERVISOR_INQUIRY_H
#define SUPERVISOR_INQUIRY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { INQUIRY_WORDS = 512 };

struct master;
struct peer;
struct worker;

/* All zero is none. */
struct inquiry {
    unsigned number;       /* of the question that is to be answered next; 0: none is */
    struct worker *worker; /* by whom */
    int64_t due;           /* until when */
    pid_t only;            /* the one that is asked; 0: all */
    const char *head;      /* what goes in front of a line, see inquiry_begin */
    const char *none;      /* why it has failed if nobody had anything to say; NULL: it has not */
    bool said;
    char words[INQUIRY_WORDS];
};

/* Asks all workers that serve or leave, or the one with that pid, by the words of a question. Their
 * lines become lines of the peer's answer, behind head if they do not begin with a blank: "%s %d",
 * printf(3) style, for "worker 3" or "mule 0" and the pid; NULL: SLOT_LABEL and pid, before tabs.
 * It lives for as long as the program, and so does none: why the command has failed if there are no
 * lines, NULL if it has not. The answer ends when the last of them has answered. */
void inquiry_begin(struct master *m, struct peer *peer, const char *words, pid_t only,
                   const char *head, const char *none);

/* The worker has sent something. */
void inquiry_hear(struct master *m, struct worker *worker);

/* The worker is about to be buried. */
void inquiry_lose(struct master *m, struct worker *worker);

/* When a worker has had time enough, and what follows then. */
int64_t inquiry_due(const struct master *m);
void inquiry_act_on_time(struct master *m, int64_t now);

#endif
