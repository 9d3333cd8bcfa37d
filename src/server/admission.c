#include "server/admission.h"

#include "greenroom/log.h"
#include "runtime/watch.h"
#include "server/address_table.h"
#include "server/breach.h"

enum { COMPLAIN_EVERY = NS_PER_S };

static uint32_t most, most_per_address;
static uint32_t open_now;
static struct address_table table;

void admission_init(uint32_t connections, uint32_t per_address) {
    most = connections ? connections : UINT32_MAX;
    most_per_address = per_address;
    address_table_init(&table);
}

int admission_reserve(void) { return most_per_address ? address_table_reserve(&table) : 0; }

static int refuse(const union peer *peer, enum breach breach) {
    static int64_t last;
    static unsigned long unsaid;
    char text[PEER_TEXT_MAX];
    bool in_all = breach == BREACH_CONNECTIONS;
    breach_count(breach);
    unsaid++;
    if (!last || loop_now() - last >= COMPLAIN_EVERY) {
        size_t len = peer_text(peer, text);
        gr_log(GR_LOG_WARNING, "connections refused: %lu, the last from %.*s, as %u are open%s",
               unsaid, len ? (int)len : 1, len ? text : "-", in_all ? most : most_per_address,
               in_all ? "" : " from there");
        last = loop_now();
        unsaid = 0;
    }
    return in_all ? 503 : 429;
}

int admission_enter(const union peer *peer) {
    if (open_now >= most) return refuse(peer, BREACH_CONNECTIONS);
    open_now++;
    return 0;
}

int admission_enter_address(const union peer *peer) {
    if (!most_per_address || !peer_has_address(peer)) return 0;
    if (address_table_add(&table, peer, most_per_address)) return 0;
    return refuse(peer, BREACH_CONNECTIONS_PER_ADDRESS);
}

void admission_leave(const union peer *peer) {
    open_now--;
    if (peer && most_per_address && peer_has_address(peer)) address_table_remove(&table, peer);
}
