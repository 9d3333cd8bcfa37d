#include "supervisor/edition.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "supervisor/slot.h"

enum command_line edition_read(struct edition **edition, int argc, char **argv,
                               char error[SENTENCE_SIZE]) {
    struct edition *e = calloc(1, sizeof *e);
    *edition = NULL;
    if (!e) {
        sentence(error, "there is no memory");
        return COMMAND_LINE_WRONG;
    }
    enum command_line asked = configuration_read(&e->configuration, argc, argv, environ, error);
    if (asked == COMMAND_LINE_GO &&
        configuration_settings(&e->configuration, &e->settings, error) < 0)
        asked = COMMAND_LINE_WRONG;
    if (asked == COMMAND_LINE_GO) {
        e->settings.worker.check_only = strcmp(argv[0], "check") == 0;
        *edition = e;
        return asked;
    }
    configuration_free(&e->configuration);
    free(e);
    return asked;
}

/* ---- preparing ---- */

static void inherit(struct server_options *options, const struct heirlooms *heirlooms) {
    bool tls = false;
    for (int i = 0; i < SERVER_LISTENERS_MAX; i++) tls |= options->tls[i].count > 0;
    options->master_fd = heirlooms->lifeline[0];
    options->board_fd = heirlooms->board_fd;
    options->tickets_fd = tls ? heirlooms->tickets_fd : -1;
    log_share_with(&heirlooms->log, options);
}

const struct launch *edition_launch(const struct edition *edition, int slot) {
    return slot_is_mule(slot) ? &edition->mules[slot - SLOT_MULES] : &edition->launch;
}

/* Mules are launched as workers are, but for what they run, and serve no sockets. */
static int prepare_mules(struct edition *e, struct heirlooms *heirlooms, char *error) {
    unsigned count = (unsigned)e->settings.worker.mule_count;
    if (mailboxes_open(heirlooms->mailboxes, (int)count) < 0)
        return sentence(error, "cannot make the mailboxes of mules: %s", strerror(errno));
    for (unsigned i = 0; i < count; i++)
        e->launch.options.mules[i].mailbox = heirlooms->mailboxes[i].write_end;
    if (count && !(e->mules = calloc(count, sizeof *e->mules)))
        return sentence(error, "there is no memory");
    for (unsigned i = 0; i < count; i++) {
        e->mules[i] = e->launch;
        e->mules[i].options.inbox_fd = heirlooms->mailboxes[i].read_end;
        if (launch_become_mule(&e->mules[i], (int)i, &e->settings, error) < 0) return -1;
    }
    return 0;
}

static bool has(const struct edition *edition, int fd) {
    for (int i = 0; edition && i < edition->listener_count; i++)
        if (edition->listeners[i].fd == fd) return true;
    return false;
}

/* One of the sockets of before that is at the address, and not taken yet. */
static const struct listener *find(const struct edition *before, const struct edition *e,
                                   const struct address *address) {
    for (int i = 0; before && i < before->listener_count; i++) {
        const struct listener *listener = &before->listeners[i];
        if (!has(e, listener->fd) && listener_is_at(listener, address)) return listener;
    }
    return NULL;
}

static int listen_at(struct edition *e, const struct edition *before, const struct edition *pending,
                     const struct address *address, char *error) {
    struct listener *listener = &e->listeners[e->listener_count];
    const struct listener *open = find(before, e, address);
    if (!open) open = find(pending, e, address);
    if (open) {
        *listener = *open;
        if (listener_rename(listener, address, error) < 0) return -1;
    } else {
        int (*opener)(struct listener *, const struct address *, char *) =
            e->launch.options.check_only ? listener_try : listener_open;
        if (opener(listener, address, error) < 0) return -1;
    }
    e->launch.options.listen_fds[e->listener_count++] = listener->fd;
    e->launch.options.listen_count = e->listener_count;
    return 0;
}

int edition_prepare(struct edition *edition, unsigned number, struct heirlooms *heirlooms,
                    const struct edition *before, const struct edition *pending,
                    char error[SENTENCE_SIZE]) {
    struct edition *e = edition;
    e->launch.edition = number;
    if (launch_prepare(&e->launch, &e->settings, error) < 0) return -1;
    inherit(&e->launch.options, heirlooms);
    if (prepare_mules(e, heirlooms, error) < 0) return -1;
    for (int i = 0; i < e->settings.bind_count; i++)
        if (listen_at(e, before, pending, &e->settings.binds[i], error) < 0) return -1;
    return 0;
}

/* ---- the end ---- */

void edition_leave_sockets(struct edition *edition, const struct edition *other) {
    for (int i = edition->listener_count; i-- > 0;)
        if (has(other, edition->listeners[i].fd))
            edition->listeners[i] = edition->listeners[--edition->listener_count];
}

void edition_quiesce(struct edition *edition, const struct edition *other) {
    for (int i = 0; i < edition->listener_count; i++)
        if (!has(other, edition->listeners[i].fd)) listener_quiesce(&edition->listeners[i]);
}

void edition_close(struct edition *edition, const struct edition *other) {
    if (!edition) return;
    for (int i = 0; i < edition->listener_count; i++)
        if (!has(other, edition->listeners[i].fd)) listener_close(&edition->listeners[i]);
    confinement_free(&edition->launch.confinement); /* which those of its mules share */
    free(edition->mules);
    configuration_free(&edition->configuration);
    free(edition);
}
