#include "server/request_id.h"

#include <stdatomic.h>

#include "base/sys.h"
#include "server/exchange.h"

static uint64_t process;      /* random: no other process has it, before or after */
static atomic_ulong requests; /* that have got one */

int request_ids_init(void) {
    long n = sys(SYS_getrandom, &process, sizeof process, 0);
    errno = n < 0 ? (int)-n : EIO;
    return n == sizeof process ? 0 : -1;
}

/* Visible ASCII that needs no escape in a log. */
static bool is_wellformed(gr_slice id) {
    if (id.len == 0 || id.len > REQUEST_ID_TAKEN_MAX) return false;
    for (size_t i = 0; i < id.len; i++) {
        char c = id.data[i];
        if (c <= ' ' || c > '~' || c == '"' || c == '\\') return false;
    }
    return true;
}

/* Of several, nobody can tell which one is right. */
static bool take(const gr_request *request, gr_slice *id) {
    gr_slice name, value;
    int found = 0;
    if (!proxies_on || !proxies_trust(&request->connection->peer)) return false;
    for (size_t i = 0; gr_request_header_at(request, i, &name, &value); i++) {
        if (!gr_slice_equal_nocase(name, gr_slice_of("X-Request-ID"))) continue;
        *id = value;
        found++;
    }
    return found == 1 && is_wellformed(*id);
}

/* Without leading zeros, but for least digits. */
static char *put_hex(char *out, uint64_t number, int least) {
    static const char digits[16] = "0123456789abcdef";
    int count = least;
    while (count < 16 && number >> (4 * count)) count++;
    for (int i = count - 1; i >= 0; i--) *out++ = digits[number >> (4 * i) & 15];
    return out;
}

static gr_slice make(struct request_id *id) {
    uint64_t number = atomic_fetch_add_explicit(&requests, 1, memory_order_relaxed) + 1;
    char *end = put_hex(id->made, process, 16);
    *end++ = '-';
    return (gr_slice){id->made, (size_t)(put_hex(end, number, 1) - id->made)};
}

gr_slice gr_request_id(const gr_request *request) {
    struct request_id *id = &request->connection->exchange->id;
    if (!id->text.len && !take(request, &id->text)) id->text = make(id);
    return id->text;
}
