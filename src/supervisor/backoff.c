#include "supervisor/backoff.h"

#include "base/clock.h"

static const int64_t first = 100 * (int64_t)NS_PER_MS;
static const int64_t longest = 30 * (int64_t)NS_PER_S;
static const int64_t long_enough = 10 * (int64_t)NS_PER_S;

int64_t backoff_wait(struct backoff *backoff, int64_t served) {
    int64_t wait = served >= long_enough ? 0 : backoff->next;
    backoff->next = wait ? wait * 2 : first;
    if (backoff->next > longest) backoff->next = longest;
    return wait;
}
