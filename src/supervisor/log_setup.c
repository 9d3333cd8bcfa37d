#include "supervisor/log_setup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "log/level.h"
#include "log/log.h"
#include "log/rings.h"
#include "supervisor/log_output.h"
#include "supervisor/log_relay.h"
#include "supervisor/log_writer.h"

enum { FINISH_TIME = NS_PER_S, SPARE_RINGS = 8, SPARE_MULE_RINGS = 2 };

/* The master's is one of them. */
struct ring_count {
    uint32_t all, mules;
};

static struct log_output log_output, access_output;
static struct log_writer log_writer, access_writer;
static char of_settings[LOG_LEVELS_SIZE], said[LOG_LEVELS_SIZE]; /* of levels, and over it */

/* https://no-color.org */
static bool wants_colour(int fd) {
    const char *terminal = getenv("TERM"), *no_colour = getenv("NO_COLOR");
    return isatty(fd) && !(no_colour && *no_colour) && terminal && strcmp(terminal, "dumb") != 0;
}

static int open_output(struct log_output *output, const char *path, int fd, const char *name,
                       char *error) {
    if (log_output_open(output, path, fd) == 0) return 0;
    return sentence(error, "cannot open %s %s: %s", name, path, strerror(errno));
}

/* One that goes where the log goes is a part of it. */
static int open_access_log(const char *path, bool *apart, char *error) {
    *apart = *path && strcmp(path, "log") != 0;
    if (!*apart) return 0;
    if (open_output(&access_output, path, STDOUT_FILENO, "the access log", error) < 0) return -1;
    *apart = !log_output_same(&access_output, &log_output);
    if (!*apart && access_output.path) close(access_output.fd);
    return 0;
}

static int start_writer(struct log_writer *writer, const char *name, struct log_output *output,
                        const struct ring_count *wanted, int *fd) {
    uint32_t rings = wanted->all;
    struct log_bell *bell =
        *fd < 0 ? log_rings_make(rings, wanted->mules, fd) : log_rings_map(*fd, &rings);
    return bell ? log_writer_start(writer, name, output, bell, rings) : -1;
}

/* There may be more workers and mules later on. */
static struct ring_count count_rings(const struct server_options *options) {
    int workers = options->workers, mules = options->mule_count;
    if (workers < SPARE_RINGS) workers = SPARE_RINGS;
    if (mules < SPARE_MULE_RINGS) mules = SPARE_MULE_RINGS;
    return (struct ring_count){(uint32_t)(1 + workers + mules), (uint32_t)mules};
}

static int start(const struct server_options *options, bool apart, struct log_share *share) {
    struct ring_count rings = count_rings(options);
    if (start_writer(&log_writer, "the log", &log_output, &rings, &share->log_fd) < 0) return -1;
    log_use(&(struct log_pen){log_writer.bell, log_ring_at(log_writer.bell, 0), getpid()});
    log_levels_read(&log_writer.bell->levels, said); /* to another master */
    log_adopt_levels(options);
    if (!apart && share->access_fd >= 0) close(share->access_fd);
    if (!apart) share->access_fd = -1;
    if (apart && start_writer(&access_writer, "the access log", &access_output, &rings,
                              &share->access_fd) < 0)
        return -1;
    return log_relay_start();
}

int log_setup(const struct server_options *options, struct log_share *share,
              char error[SENTENCE_SIZE]) {
    bool apart;
    if (open_output(&log_output, options->log, STDERR_FILENO, "the log", error) < 0) return -1;
    if (open_access_log(options->access_log, &apart, error) < 0) return -1;
    share->json = options->log_json;
    share->colour = !options->log_json && wants_colour(log_output.fd);
    log_set_style(
        (struct log_style){share->json ? LOG_FORMAT_JSON : LOG_FORMAT_TEXT, share->colour});
    if (start(options, apart, share) == 0) return 0;
    return sentence(error, "cannot start the log: %s", strerror(errno));
}

void log_share_with(const struct log_share *share, struct server_options *options) {
    options->log_fd = share->log_fd;
    options->access_fd = share->access_fd;
    options->log_json = share->json;
    options->log_colour = share->colour;
}

/* ---- levels ---- */

const char *log_current_levels(void) {
    static char all[LOG_LEVELS_SIZE];
    snprintf(all, sizeof all, "%s", of_settings);
    log_level_merge(all, said);
    return *all ? all : "info";
}

void log_adopt_levels(const struct server_options *options) {
    snprintf(of_settings, sizeof of_settings, "%s", options->log_level);
    gr_log_set_level(log_level_of(log_current_levels(), "greenroom"));
}

int log_change_levels(const char *list, char error[SENTENCE_SIZE]) {
    const char *fault = log_levels_fault(list);
    if (fault) return sentence(error, "'%.200s' %s", list, fault);
    if (log_level_merge(said, list) < 0)
        return sentence(error, "all that has been said of levels is longer than %d bytes",
                        LOG_LEVELS_SIZE - 1);
    log_levels_write(&log_writer.bell->levels, said);
    gr_log_set_level(log_level_of(log_current_levels(), "greenroom"));
    return 0;
}

/* ---- the end ---- */

static void stop_writers(void) {
    int64_t due = clock_after(FINISH_TIME);
    if (access_writer.bell) log_writer_stop(&access_writer, due);
    log_writer_stop(&log_writer, due);
}

void log_finish(void) {
    log_relay_stop();
    stop_writers();
}

void log_pause(void) {
    log_relay_pause();
    stop_writers();
}

void log_go_on(void) {
    if (log_relay_start() < 0 || log_writer_go_on(&log_writer) < 0 ||
        (access_writer.bell && log_writer_go_on(&access_writer) < 0))
        fprintf(stderr, "greenroom: cannot start the log again: %s\n", strerror(errno));
}
