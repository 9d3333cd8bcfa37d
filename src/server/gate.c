#include "server/gate.h"

#include "server/runner.h"

static uint32_t most, inside;
static struct expiry waiting;

static struct connection *of_node(struct expiry_node *node) {
    return LIST_ENTRY(node, struct connection, expiry);
}

static void have_expired(struct expiry_node *node) {
    of_node(node)->expired = true;
    runner_queue(of_node(node));
}

void gate_init(uint32_t at_most, int64_t queue_timeout) {
    most = at_most ? at_most : UINT32_MAX;
    expiry_init(&waiting, queue_timeout, have_expired);
}

bool gate_enter(void) {
    if (inside >= most || !list_empty(&waiting.waiting)) return false;
    inside++;
    return true;
}

void gate_leave(void) {
    struct expiry_node *node = expiry_first(&waiting);
    if (!node) {
        inside--;
        return;
    }
    expiry_leave(node);
    of_node(node)->admitted = true;
    runner_queue(of_node(node));
}

void gate_wait(struct connection *connection) { expiry_join(&waiting, &connection->expiry); }
