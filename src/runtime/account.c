#include "runtime/account.h"

#include <string.h>

#include "runtime/activity.h"

void account_open(struct account *account, int64_t now,
                  void (*waited)(struct account *account, int fd, int64_t ns)) {
    *account = (struct account){.opened = now, .since = now, .waited = waited};
    green_self_tls->account = account;
}

void account_close(struct account *account, int64_t now) {
    account_add(account, ACCOUNT_RUNNING, now);
    green_self_tls->account = NULL;
}

static enum account_kind kind_of(enum activity_kind activity) {
    switch (activity) {
    case ACTIVITY_RUNS:
    case ACTIVITY_RUNS_APART:
        return ACCOUNT_RUNNING;
    case ACTIVITY_QUEUED:
        return ACCOUNT_QUEUED;
    case ACTIVITY_DESCRIPTOR:
    case ACTIVITY_DESCRIPTORS:
        return ACCOUNT_DESCRIPTOR;
    case ACTIVITY_TIME:
        return ACCOUNT_SLEEP;
    case ACTIVITY_LOCK:
        return ACCOUNT_LOCK;
    case ACTIVITY_INTERPRETER:
        return ACCOUNT_INTERPRETER;
    case ACTIVITY_OS_THREAD:
        return ACCOUNT_OS_THREAD;
    case ACTIVITY_OTHER:
        break;
    }
    return ACCOUNT_OTHER;
}

enum account_kind account_kind_of_wait(const struct green *green) {
    return kind_of(activity_of_wait(green).kind);
}

void account_read(const struct account *account, const struct green *green, int64_t now,
                  int64_t spent[ACCOUNT_KINDS]) {
    memcpy(spent, account->spent, sizeof account->spent);
    if (now < account->since) return;
    enum account_kind kind = green->moved ? ACCOUNT_OS_THREAD : kind_of(activity_of(green).kind);
    spent[kind] += now - account->since;
}
