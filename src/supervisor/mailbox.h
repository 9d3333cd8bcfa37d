/* Where messages to mules queue: a pair of sockets for each number that a mule can have. Workers
 * and mules inherit the end for writing, the mule of that number the other. The master keeps both
 * for as long as it lives, so that what is in a queue waits for the mule's successor. */
#ifndef SUPERVISOR_MAILBOX_H
#define SUPERVISOR_MAILBOX_H

struct mailbox {
    int write_end, read_end; /* both 0: it has not been made */
};

/* Makes those before count that have not been made. Returns 0, or -1 with errno. */
int mailboxes_open(struct mailbox *mailboxes, int count);

#endif
