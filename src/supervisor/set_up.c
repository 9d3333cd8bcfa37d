#include "supervisor/set_up.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limit.h"
#include "greenroom/log.h"
#include "supervisor/directory.h"
#include "supervisor/handover.h"
#include "supervisor/log_writer.h"
#include "supervisor/metrics.h"
#include "supervisor/notify.h"
#include "supervisor/passed.h"
#include "supervisor/program.h"
#include "supervisor/signals.h"
#include "supervisor/statsd.h"
#include "supervisor/upgrade.h"

/* A socket must not become descriptor 0, 1 or 2 because whoever started us had closed it. */
static void open_standard_descriptors(void) {
    int fd;
    do fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0) close(fd);
}

/* A session that one worker has given a ticket is resumed by any other, and by its successors. */
static int tickets_open(void) {
    char secret[SERVER_TICKET_SECRET];
    int fd = memfd_create("greenroom-tickets", MFD_CLOEXEC);
    if (fd < 0 || getrandom(secret, sizeof secret, 0) != sizeof secret) return -1;
    bool written = pwrite(fd, secret, sizeof secret, 0) == sizeof secret;
    explicit_bzero(secret, sizeof secret);
    return written ? fd : -1;
}

static int descriptors_open(struct heirlooms *heirlooms, struct worker_table *workers) {
    if (workers_open(workers) < 0) return -1;
    heirlooms->board_fd = workers->board_fd;
    heirlooms->tickets_fd = tickets_open();
    if (heirlooms->tickets_fd < 0) return -1;
    return pipe2(heirlooms->lifeline, O_CLOEXEC);
}

/* To be checked, it is enough that one worker can start, and each mule. */
static void slots_init(struct master *m, const struct edition *edition) {
    const struct server_options *options = &edition->settings.worker;
    m->slot_count = options->check_only ? 1 : options->workers;
    m->mule_count = options->mule_count;
    for (int i = 0; i < SLOTS_MAX; i++) slot_init(&m->slots[i], i);
}

static int show_metrics(struct master *m, char *error) {
    const struct settings *settings = &m->edition->settings;
    if (statsd_start(settings, m->workers.board, error) < 0) return -1;
    return admin_open(&m->admin, settings, m->workers.board, error);
}

static int begin(struct master *m, char *error) {
    struct edition *edition = m->edition;
    slots_init(m, edition);
    if (descriptors_open(&m->heirlooms, &m->workers) < 0)
        return sentence(error, "cannot start: %s", strerror(errno));
    if (log_setup(&edition->settings.worker, &m->heirlooms.log, error) < 0) return -1;
    if (edition_prepare(edition, ++m->editions, &m->heirlooms, NULL, NULL, error) < 0) return -1;
    if (edition->settings.worker.check_only) return admin_check(&edition->settings, error);
    if (show_metrics(m, error) < 0 || passed_check(error) < 0) return -1;
    attached_follow(m);
    metrics_show(edition->listeners, edition->listener_count);
    return control_open(&m->control, edition->settings.control, error);
}

/* In the place of another master, whose workers serve until ours have taken over. */
static int take_over(struct master *m, char *error) {
    struct edition *before, *edition = m->edition;
    if (handover_take(m, &before, error) < 0) return -1;
    if (log_setup(&edition->settings.worker, &m->heirlooms.log, error) < 0) return -1;
    log_writers_settle();
    if (edition_prepare(edition, ++m->editions, &m->heirlooms, before, NULL, error) < 0) return -1;
    metrics_show(edition->listeners, edition->listener_count);
    edition_quiesce(before, edition);
    edition_close(before, edition);
    if (show_metrics(m, error) < 0) return -1;
    m->phase = PHASE_RUNNING;
    gr_log(GR_LOG_INFO, "greenroom " GREENROOM_VERSION " has taken over");
    attached_follow(m);
    roll_begin(m);
    return 0;
}

int set_up(struct master *m, struct edition *edition, char error[SENTENCE_SIZE]) {
    open_standard_descriptors();
    limit_raise_descriptors();
    directory_remember();
    program_remember();
    passed_take();
    if (!edition->settings.worker.check_only) notify_open();
    m->edition = edition;
    m->drain_due = NEVER;
    m->roll.due = NEVER;
    m->heirlooms.log.log_fd = m->heirlooms.log.access_fd = -1;
    if (edition->settings.worker.check_only && upgrade_refuses(error)) return -1;
    if ((m->signals = signals_open()) < 0)
        return sentence(error, "cannot start: %s", strerror(errno));
    m->watch.due = NEVER;
    bool watched = edition->settings.reload && !edition->settings.worker.check_only;
    if (watched && watch_open(&m->watch, error) < 0) return -1;
    return handover_is_there() ? take_over(m, error) : begin(m, error);
}
