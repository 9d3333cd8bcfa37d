/* include/greenroom/account.h */
#include "greenroom/account.h"

#include <string.h>

#include "server/exchange.h"

_Static_assert((int)GR_ACCOUNT_DOWNSTREAMS == TALLY_USES + 1, "one place more, for the others");
_Static_assert((int)GR_ACCOUNT_NAME == (int)DOWNSTREAM_NAME, "names fit");

static void add_use(gr_account *account, const struct tally_use *use) {
    gr_account_downstream *out = &account->downstreams[account->downstream_count++];
    *out = (gr_account_downstream){
        .protocol = downstream_protocol(use->downstream),
        .waited = use->waited,
        .round_trips = use->round_trips,
        .connections = use->connections,
        .sent = use->sent,
        .received = use->received,
    };
    strcpy(out->name, downstream_get(use->downstream)->name);
}

static void add_uses(gr_account *account, const struct tally *tally) {
    for (unsigned i = 0; i < tally->use_count; i++) add_use(account, &tally->uses[i]);
    if (tally_is_used(&tally->others)) add_use(account, &tally->others);
}

static void take(const gr_request *request, gr_account *account) {
    int64_t now = clock_now(), times[TALLY_TIMES];
    struct tally tally = tally_now(request->tally, request->green, now);
    tally_read(&tally, times);
    *account = (gr_account){
        .total = now - tally.account.opened,
        .running = times[TALLY_RUNNING],
        .queued = times[TALLY_QUEUED],
        .interpreter = times[TALLY_INTERPRETER],
        .lock = times[TALLY_LOCK],
        .sleep = times[TALLY_SLEEP],
        .downstream = times[TALLY_DOWNSTREAM],
        .client = times[TALLY_CLIENT],
        .lookup = times[TALLY_LOOKUP],
        .os_thread = times[TALLY_OS_THREAD],
        .other = times[TALLY_OTHER],
        .lookups = tally.lookups,
    };
    add_uses(account, &tally);
}

void gr_request_account(const gr_request *request, gr_account *account) {
    struct green *self = green_self();
    if (self) sched_enter(self);
    take(request, account);
    if (self) sched_leave(self);
}
