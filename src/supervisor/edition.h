/* An edition: the settings as they were read at one time, what a worker is launched with under
 * them, and the sockets they name. The first is read at the start, and each reload brings another.
 */
#ifndef SUPERVISOR_EDITION_H
#define SUPERVISOR_EDITION_H

#include "config/configuration.h"
#include "supervisor/launch.h"
#include "supervisor/listener.h"
#include "supervisor/log_setup.h"
#include "supervisor/mailbox.h"

struct edition {
    struct configuration configuration;
    struct settings settings; /* point into it */
    struct launch launch;     /* of workers */
    struct launch *mules;     /* as many as settings.worker.mule_count */
    struct listener listeners[SERVER_LISTENERS_MAX];
    int listener_count;
};

/* What all workers inherit, of whichever edition. */
struct heirlooms {
    int lifeline[2]; /* a pipe, whose write end is the master's alone */
    int board_fd;
    int tickets_fd; /* with the secret of TLS session tickets */
    struct log_share log;
    struct mailbox mailboxes[SERVER_MULES_MAX];
};

/* With what whoever is to have that slot is launched. */
const struct launch *edition_launch(const struct edition *edition, int slot);

/* Reads the settings from the arguments of `greenroom serve` or `greenroom check`, the environment
 * and the files. Returns as command_line_parse does; *edition is NULL unless that is
 * COMMAND_LINE_GO. */
enum command_line edition_read(struct edition **edition, int argc, char **argv,
                               char error[SENTENCE_SIZE]);

/* Gives it its number, finds what its workers need, and opens its sockets, but for those that
 * before or pending, unless they are NULL, have open already. Returns 0, or -1 with a sentence. */
int edition_prepare(struct edition *edition, unsigned number, struct heirlooms *heirlooms,
                    const struct edition *before, const struct edition *pending,
                    char error[SENTENCE_SIZE]);

/* The sockets that other has, unless that is NULL, are no longer the edition's. */
void edition_leave_sockets(struct edition *edition, const struct edition *other);

/* Nobody new gets in at its sockets, but for those that other, unless that is NULL, has as well. */
void edition_quiesce(struct edition *edition, const struct edition *other);

/* Closes the sockets that other does not have, and frees it. NULL is nobody. */
void edition_close(struct edition *edition, const struct edition *other);

#endif
