#include "supervisor/handover.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "log/ring.h"
#include "supervisor/log_relay.h"
#include "supervisor/metrics.h"
#include "supervisor/state.h"

enum { VERSION = 3 };

static const char variable[] = "GREENROOM_TAKE_OVER";

const char *handover_format(void) {
    static char text[64];
    snprintf(text, sizeof text, "%d-%zu-%zu-%zu-%zu-%zu", VERSION, sizeof(struct board),
             sizeof(struct board_place), offsetof(struct board_place, breaches),
             sizeof(struct log_ring) + sizeof(struct log_bell),
             sizeof(struct metric_store) + sizeof(gr_metric) + sizeof(struct metric_octave));
    return text;
}

bool handover_is_there(void) { return getenv(variable) != NULL; }

/* ---- the descriptors ---- */

static void set_close_on_exec(int fd, bool on) {
    if (fd >= 0) fcntl(fd, F_SETFD, on ? FD_CLOEXEC : 0);
}

static void set_all_close_on_exec(struct master *m, bool on) {
    const struct heirlooms *h = &m->heirlooms;
    const int fds[] = {h->lifeline[0], h->lifeline[1], h->board_fd,
                       h->tickets_fd,  h->log.log_fd,  h->log.access_fd};
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++) set_close_on_exec(fds[i], on);
    for (int i = 0; i < SERVER_MULES_MAX && h->mailboxes[i].read_end; i++) {
        set_close_on_exec(h->mailboxes[i].write_end, on);
        set_close_on_exec(h->mailboxes[i].read_end, on);
    }
    for (int i = 0; i < m->edition->listener_count; i++)
        set_close_on_exec(m->edition->listeners[i].fd, on);
    if (m->control.open) set_close_on_exec(m->control.listener.fd, on);
    if (m->admin.open) set_close_on_exec(m->admin.listener.fd, on);
    set_close_on_exec(metrics_past_fd(), on);
    for (size_t i = 0; i < log_relay_count(); i++) set_close_on_exec(log_relay_pipe(i).fd, on);
    for (struct worker *w = NULL; (w = workers_next(&m->workers, w));) {
        set_close_on_exec(w->question, on);
        set_close_on_exec(metrics_fd((int)(w - m->workers.at)), on);
    }
}

/* ---- leaving it ---- */

/* The place is the last, since it may have blanks. */
static void put_listener(FILE *out, const char *kind, const struct listener *listener) {
    const struct address *a = &listener->address;
    fprintf(out, "%s %d %d %d %d %d %u %d %d %d %" PRIu64 " %" PRIu64 " %s\n", kind, listener->fd,
            listener->passed, a->local, a->ipv6, a->tls, a->port, a->mode, (int)a->owner,
            (int)a->group, (uint64_t)listener->file.st_dev, (uint64_t)listener->file.st_ino,
            a->place);
}

static void put_worker(FILE *out, const struct master *m, const struct worker *w) {
    fprintf(out, "worker %d %s %d %d %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 "\n",
            (int)(w - m->workers.at), w->state == WORKER_SERVING ? "serving" : "leaving", w->pid,
            w->slot, w->since, w->started, w->serving_since, w->patience, w->due);
    if (slot_is_mule(w->slot) && w->called) fprintf(out, "called %d\n", (int)(w - m->workers.at));
    if (w->question >= 0) fprintf(out, "question %d %d\n", (int)(w - m->workers.at), w->question);
    int metrics = metrics_fd((int)(w - m->workers.at));
    if (metrics >= 0) fprintf(out, "metrics %d %d\n", (int)(w - m->workers.at), metrics);
}

/* Who rests is started anew. */
static void put_attached(FILE *out, const struct attached *a) {
    if (a->state == ATTACHED_RESTING) return;
    fprintf(out,
            "attached %s %d %d %d %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %s\n",
            a->state == ATTACHED_RUNNING ? "running" : "leaving", a->pid, a->wanted, a->reaped,
            a->since, a->due, a->again, a->patience, a->backoff.next, a->command);
}

static void put_all(FILE *out, struct master *m) {
    const struct heirlooms *h = &m->heirlooms;
    fprintf(out, "format %s\nedition %u\nslots %d\nmules %d\n", handover_format(), m->editions,
            m->slot_count, m->mule_count);
    fprintf(out, "lifeline %d %d\nboard %d\ntickets %d\nlog %d %d\n", h->lifeline[0],
            h->lifeline[1], h->board_fd, h->tickets_fd, h->log.log_fd, h->log.access_fd);
    for (int i = 0; i < SERVER_MULES_MAX && h->mailboxes[i].read_end; i++)
        fprintf(out, "mailbox %d %d\n", h->mailboxes[i].write_end, h->mailboxes[i].read_end);
    for (int i = 0; i < m->edition->listener_count; i++)
        put_listener(out, "listener", &m->edition->listeners[i]);
    if (m->control.open) put_listener(out, "control", &m->control.listener);
    if (m->admin.open) put_listener(out, "admin", &m->admin.listener);
    if (metrics_past_fd() >= 0) fprintf(out, "past %d\n", metrics_past_fd());
    for (struct worker *w = NULL; (w = workers_next(&m->workers, w));) put_worker(out, m, w);
    for (const struct attached *a = m->attached; a; a = a->next) put_attached(out, a);
    for (size_t i = 0; i < log_relay_count(); i++) {
        struct log_pipe pipe = log_relay_pipe(i);
        fprintf(out, "pipe %d %d %d %d %s\n", pipe.fd, pipe.is_error, pipe.slot, pipe.pid,
                pipe.logger);
    }
}

static int write_all(int fd, struct master *m) {
    FILE *out = fdopen(dup(fd), "w");
    if (!out) return -1;
    put_all(out, m);
    return fclose(out);
}

int handover_leave(struct master *m) {
    char number[16];
    int fd = memfd_create("greenroom-handover", 0);
    snprintf(number, sizeof number, "%d", fd);
    if (fd < 0 || setenv(variable, number, 1) < 0 || write_all(fd, m) < 0) {
        int saved = errno;
        unsetenv(variable);
        if (fd >= 0) close(fd);
        errno = saved;
        return -1;
    }
    set_all_close_on_exec(m, false);
    return 0;
}

void handover_take_back(struct master *m) {
    const char *number = getenv(variable);
    if (number) close(atoi(number));
    unsetenv(variable);
    set_all_close_on_exec(m, true);
}

/* ---- taking it ---- */

static bool take_listener(struct listener *listener, const char *line) {
    unsigned port;
    int passed, local, ipv6, tls, owner, group, at = 0;
    uint64_t device, inode;
    struct address *a = &listener->address;
    int got =
        sscanf(line, "%d %d %d %d %d %u %d %d %d %" SCNu64 " %" SCNu64 " %n", &listener->fd,
               &passed, &local, &ipv6, &tls, &port, &a->mode, &owner, &group, &device, &inode, &at);
    if (got != 11 || !at || strlen(line + at) >= sizeof a->place) return false;
    strcpy(a->place, line + at);
    listener->passed = passed;
    a->local = local;
    a->ipv6 = ipv6;
    a->tls = tls;
    a->port = (uint16_t)port;
    a->owner = (uid_t)owner;
    a->group = (gid_t)group;
    listener->file.st_dev = (dev_t)device;
    listener->file.st_ino = (ino_t)inode;
    set_close_on_exec(listener->fd, true);
    return true;
}

static bool take_socket(struct edition *before, const char *line) {
    return before->listener_count < SERVER_LISTENERS_MAX &&
           take_listener(&before->listeners[before->listener_count++], line);
}

static bool take_control(struct master *m, const char *line) {
    return m->control.open = take_listener(&m->control.listener, line);
}

static bool take_admin(struct master *m, const char *line) {
    return m->admin.open = take_listener(&m->admin.listener, line);
}

static bool take_past(const char *line) {
    int fd = atoi(line);
    set_close_on_exec(fd, true);
    return metrics_adopt_past(fd) == 0;
}

static bool take_metrics(struct master *m, const char *line) {
    int place, fd;
    if (sscanf(line, "%d %d", &place, &fd) != 2 || place < 0 || place >= BOARD_PLACES_MAX)
        return false;
    set_close_on_exec(fd, true);
    return metrics_adopt(place, m->workers.at[place].slot, fd) == 0;
}

static bool take_worker(struct master *m, const char *line) {
    struct worker w = {.ready = -1, .question = -1};
    char state[16];
    int place;
    int got = sscanf(line, "%d %15s %d %d %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64,
                     &place, state, &w.pid, &w.slot, &w.since, &w.started, &w.serving_since,
                     &w.patience, &w.due);
    if (got != 9 || place < 0 || place >= BOARD_PLACES_MAX || w.pid <= 0 || w.slot < 0 ||
        w.slot >= SLOTS_MAX)
        return false;
    w.state = strcmp(state, "serving") == 0 ? WORKER_SERVING : WORKER_LEAVING;
    struct worker *worker = worker_adopt(&m->workers, place, &w);
    if (w.state == WORKER_SERVING) slot_adopt(&m->slots[w.slot], worker, m->editions);
    return true;
}

static bool take_question(struct master *m, const char *line) {
    int place, fd;
    if (sscanf(line, "%d %d", &place, &fd) != 2 || place < 0 || place >= m->workers.count)
        return false;
    m->workers.at[place].question = fd;
    set_close_on_exec(fd, true);
    return true;
}

static bool take_attached(struct master *m, const char *line) {
    struct attached a = {.begun = true};
    char state[16];
    int wanted, reaped, at = 0;
    int got = sscanf(
        line, "%15s %d %d %d %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64 " %n", state,
        &a.pid, &wanted, &reaped, &a.since, &a.due, &a.again, &a.patience, &a.backoff.next, &at);
    if (got != 9 || !at || a.pid <= 0) return false;
    a.state = strcmp(state, "running") == 0 ? ATTACHED_RUNNING : ATTACHED_LEAVING;
    a.wanted = wanted;
    a.reaped = reaped;
    return attached_adopt(m, &a, line + at) == 0;
}

static bool take_called(struct master *m, const char *line) {
    int place = atoi(line);
    if (place < 0 || place >= m->workers.count) return false;
    return m->workers.at[place].called = true;
}

static bool take_mules(struct master *m, const char *line) {
    m->mule_count = atoi(line);
    if (m->mule_count < 0 || m->mule_count > SERVER_MULES_MAX) return false;
    for (int i = SLOT_MULES; i < SLOT_MULES + m->mule_count; i++) slot_init(&m->slots[i], i);
    return true;
}

static bool take_mailbox(struct master *m, const char *line) {
    struct mailbox *mailbox = m->heirlooms.mailboxes, *end = mailbox + SERVER_MULES_MAX;
    while (mailbox < end && mailbox->read_end) mailbox++;
    if (mailbox == end || sscanf(line, "%d %d", &mailbox->write_end, &mailbox->read_end) != 2)
        return false;
    set_close_on_exec(mailbox->write_end, true);
    set_close_on_exec(mailbox->read_end, true);
    return true;
}

static bool take_pipe(const char *line) {
    struct log_pipe pipe;
    int is_error, at = 0;
    int got = sscanf(line, "%d %d %d %d %n", &pipe.fd, &is_error, &pipe.slot, &pipe.pid, &at);
    if (got != 4) return false;
    pipe.is_error = is_error;
    snprintf(pipe.logger, sizeof pipe.logger, "%s", at ? line + at : "");
    set_close_on_exec(pipe.fd, true);
    log_relay_adopt(&pipe);
    return true;
}

static bool take_slots(struct master *m, const char *line) {
    m->slot_count = atoi(line);
    if (m->slot_count < 1 || m->slot_count > BOARD_SLOTS_MAX) return false;
    for (int i = 0; i < m->slot_count; i++) slot_init(&m->slots[i], i);
    return true;
}

static bool take_board(struct master *m, const char *line) {
    m->heirlooms.board_fd = atoi(line);
    return workers_map(&m->workers, m->heirlooms.board_fd) == 0;
}

static bool take_line(struct master *m, struct edition *before, const char *kind,
                      const char *line) {
    struct heirlooms *h = &m->heirlooms;
    if (strcmp(kind, "format") == 0) return strcmp(line, handover_format()) == 0;
    if (strcmp(kind, "edition") == 0) return sscanf(line, "%u", &m->editions) == 1;
    if (strcmp(kind, "slots") == 0) return take_slots(m, line);
    if (strcmp(kind, "lifeline") == 0)
        return sscanf(line, "%d %d", &h->lifeline[0], &h->lifeline[1]) == 2;
    if (strcmp(kind, "board") == 0) return take_board(m, line);
    if (strcmp(kind, "tickets") == 0) return sscanf(line, "%d", &h->tickets_fd) == 1;
    if (strcmp(kind, "log") == 0)
        return sscanf(line, "%d %d", &h->log.log_fd, &h->log.access_fd) == 2;
    if (strcmp(kind, "listener") == 0) return take_socket(before, line);
    if (strcmp(kind, "control") == 0) return take_control(m, line);
    if (strcmp(kind, "admin") == 0) return take_admin(m, line);
    if (strcmp(kind, "past") == 0) return take_past(line);
    if (strcmp(kind, "metrics") == 0) return take_metrics(m, line);
    if (strcmp(kind, "worker") == 0) return take_worker(m, line);
    if (strcmp(kind, "question") == 0) return take_question(m, line);
    if (strcmp(kind, "attached") == 0) return take_attached(m, line);
    if (strcmp(kind, "called") == 0) return take_called(m, line);
    if (strcmp(kind, "mules") == 0) return take_mules(m, line);
    if (strcmp(kind, "mailbox") == 0) return take_mailbox(m, line);
    if (strcmp(kind, "pipe") == 0) return take_pipe(line);
    return true;
}

static int take_lines(struct master *m, struct edition *before, FILE *in, char *error) {
    static char line[8192];
    while (fgets(line, sizeof line, in)) {
        line[strcspn(line, "\n")] = '\0';
        char *rest = strchr(line, ' ');
        if (rest) *rest++ = '\0';
        if (!rest || !take_line(m, before, line, rest))
            return sentence(error, "cannot take over from the server before: its %s makes no sense",
                            line);
    }
    set_close_on_exec(m->heirlooms.lifeline[0], true);
    set_close_on_exec(m->heirlooms.lifeline[1], true);
    set_close_on_exec(m->heirlooms.board_fd, true);
    set_close_on_exec(m->heirlooms.tickets_fd, true);
    set_close_on_exec(m->heirlooms.log.log_fd, true);
    set_close_on_exec(m->heirlooms.log.access_fd, true);
    return 0;
}

int handover_take(struct master *m, struct edition **before, char error[SENTENCE_SIZE]) {
    int fd = atoi(getenv(variable));
    unsetenv(variable);
    *before = calloc(1, sizeof **before);
    FILE *in = *before && lseek(fd, 0, SEEK_SET) == 0 ? fdopen(fd, "r") : NULL;
    if (!in) return sentence(error, "cannot take over from the server before: %s", strerror(errno));
    int result = take_lines(m, *before, in, error);
    fclose(in);
    return result;
}
