#include "server/load.h"

#include <errno.h>
#include <limits.h>
#include <sys/mman.h>

#include "base/sys.h"

static struct board_place alone;
static struct board_place *mine = &alone;
static struct board *board; /* NULL while it is all alone */

int load_open(int fd, int place) {
    if (fd < 0) return 0;
    if (place < 0 || place >= BOARD_PLACES_MAX) {
        errno = EINVAL;
        return -1;
    }
    void *memory = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED) return -1;
    sys(SYS_close, fd);
    board = memory;
    mine = &board->places[place];
    return 0;
}

bool load_replaced(void) { return atomic_load(&mine->replaced); }

/* There is one writer, so a plain load and store will do. */
static void add(atomic_int *number, int change) {
    int now = atomic_load_explicit(number, memory_order_relaxed);
    atomic_store_explicit(number, now + change, memory_order_relaxed);
}

void load_add_connections(int change) { add(&mine->connections, change); }

void load_add_in_flight(int change) { add(&mine->in_flight, change); }

void load_add_request(void) {
    unsigned long now = atomic_load_explicit(&mine->requests, memory_order_relaxed);
    atomic_store_explicit(&mine->requests, now + 1, memory_order_relaxed);
}

unsigned long load_add_dropped_field(void) {
    return atomic_fetch_add_explicit(&mine->dropped_fields, 1, memory_order_relaxed) + 1;
}

unsigned long load_dropped_fields(void) {
    return atomic_load_explicit(&mine->dropped_fields, memory_order_relaxed);
}

void load_add_breach(enum breach breach) {
    atomic_fetch_add_explicit(&mine->breaches[breach], 1, memory_order_relaxed);
}

unsigned long load_breaches(enum breach breach) {
    return atomic_load_explicit(&mine->breaches[breach], memory_order_relaxed);
}

bool load_server_draining(void) {
    return board && atomic_load_explicit(&board->draining, memory_order_relaxed);
}

void load_set_accepting(bool accepting) { atomic_store(&mine->accepting, accepting); }

void load_add_overdue(void) { add(&mine->overdue, 1); }

void load_beat(void) { atomic_fetch_add_explicit(&mine->beat, 1, memory_order_relaxed); }

int load_in_flight(void) { return atomic_load_explicit(&mine->in_flight, memory_order_relaxed); }

int load_connections(void) {
    return atomic_load_explicit(&mine->connections, memory_order_relaxed);
}

static bool is_accepting(struct board_place *place) {
    return atomic_load_explicit(&place->accepting, memory_order_relaxed) &&
           atomic_load_explicit(&place->pid, memory_order_relaxed);
}

int load_least_connections(void) {
    int least = INT_MAX;
    int count = board ? atomic_load_explicit(&board->count, memory_order_relaxed) : 0;
    for (int i = 0; i < count && i < BOARD_PLACES_MAX; i++) {
        struct board_place *place = &board->places[i];
        if (place == mine || !is_accepting(place)) continue;
        int connections = atomic_load_explicit(&place->connections, memory_order_relaxed);
        if (connections < least) least = connections;
    }
    return least;
}
