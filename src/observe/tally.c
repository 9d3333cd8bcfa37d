#include "observe/tally.h"

const char *const tally_names[TALLY_TIMES] = {
    [TALLY_RUNNING] = "running", [TALLY_QUEUED] = "queued", [TALLY_INTERPRETER] = "interpreter",
    [TALLY_LOCK] = "lock",       [TALLY_SLEEP] = "sleep",   [TALLY_DOWNSTREAM] = "downstream",
    [TALLY_CLIENT] = "client",   [TALLY_LOOKUP] = "lookup", [TALLY_OS_THREAD] = "os_thread",
    [TALLY_OTHER] = "other",
};

static void have_waited(struct account *account, int fd, int64_t ns) {
    struct tally *tally = (struct tally *)account;
    if (fd == tally->client) tally->for_client += ns;
}

void tally_open(struct tally *tally, int64_t now, int client) {
    tally->client = client;
    tally->for_client = 0;
    account_open(&tally->account, now, have_waited);
}

void tally_close(struct tally *tally, int64_t now) { account_close(&tally->account, now); }

void tally_read(const struct tally *tally, const struct green *green, int64_t now,
                int64_t times[TALLY_TIMES]) {
    int64_t spent[ACCOUNT_KINDS];
    account_read(&tally->account, green, now, spent);
    times[TALLY_RUNNING] = spent[ACCOUNT_RUNNING];
    times[TALLY_QUEUED] = spent[ACCOUNT_QUEUED];
    times[TALLY_INTERPRETER] = spent[ACCOUNT_INTERPRETER];
    times[TALLY_LOCK] = spent[ACCOUNT_LOCK];
    times[TALLY_SLEEP] = spent[ACCOUNT_SLEEP];
    times[TALLY_DOWNSTREAM] = spent[ACCOUNT_DESCRIPTOR] - tally->for_client;
    times[TALLY_CLIENT] = tally->for_client;
    times[TALLY_LOOKUP] = 0;
    times[TALLY_OS_THREAD] = spent[ACCOUNT_OS_THREAD];
    times[TALLY_OTHER] = spent[ACCOUNT_OTHER];
}
