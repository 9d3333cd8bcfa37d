#include "server/level_watch.h"

#include "greenroom/log.h"
#include "runtime/carrier.h"
#include "server/serving.h"

static struct log_levels *levels;
static char of_settings[LOG_LEVELS_SIZE];
static char all[LOG_LEVELS_SIZE];  /* with what has been said, at the start */
static char said[LOG_LEVELS_SIZE]; /* for the host */
static uint32_t version;           /* that has been adopted */
static _Atomic uint32_t news;      /* the host has not asked yet */

static void adopt(char list[LOG_LEVELS_SIZE]) {
    char more[LOG_LEVELS_SIZE];
    version = log_levels_read(levels, more);
    memcpy(list, of_settings, LOG_LEVELS_SIZE);
    log_level_merge(list, more);
    gr_log_set_level(log_level_of(list, "greenroom"));
}

const char *level_watch_begin(struct log_levels *shared, const char *start) {
    levels = shared;
    strncpy(of_settings, start, sizeof of_settings - 1);
    adopt(all);
    return all;
}

static void *watch(void *unused) {
    char list[LOG_LEVELS_SIZE];
    for (;;) {
        log_levels_wait(levels, version);
        adopt(list);
        atomic_store(&news, 1);
        serving_interrupt();
    }
    return NULL;
}

int level_watch_start(void) { return levels ? os_thread_start(watch, NULL, OS_THREAD_STACK) : 0; }

const char *gr_log_levels(void) {
    if (!atomic_exchange(&news, 0)) return NULL;
    log_levels_read(levels, said);
    return said;
}
