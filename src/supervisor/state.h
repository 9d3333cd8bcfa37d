/* What the parts of the master share. */
#ifndef SUPERVISOR_STATE_H
#define SUPERVISOR_STATE_H

#include "supervisor/admin.h"
#include "supervisor/attached.h"
#include "supervisor/control.h"
#include "supervisor/edition.h"
#include "supervisor/inquiry.h"
#include "supervisor/roll.h"
#include "supervisor/scale.h"
#include "supervisor/slot.h"
#include "supervisor/upgrade.h"
#include "supervisor/watch.h"

enum phase {
    PHASE_STARTING, /* not every slot has served yet: a death means that the application is unfit */
    PHASE_RUNNING,  /* a death means another worker */
    PHASE_STOPPING, /* a death is what we wait for */
};

struct master {
    enum phase phase;
    int exit_code;
    int64_t drain_due; /* once it was told to stop: when to drain; NEVER before and after */
    int64_t echo_end;  /* once told to stop: until when another signal to means the same one */
    int argc;          /* the arguments of `greenroom serve`, to be read again */
    char **argv;
    int signals; /* signalfd */
    struct heirlooms heirlooms;
    struct edition *edition; /* in force: whoever is started again is of it */
    unsigned editions;       /* how many there have been */
    struct roll roll;
    struct control control;
    struct admin admin;
    struct inquiry inquiries[CONTROL_PEERS]; /* of the control socket's peers, by their places */
    struct upgrade upgrade;
    struct scale scale;
    struct watch watch; /* whose first edition has asked for it */
    struct worker_table workers;
    struct attached *attached; /* the first; NULL: none */
    int64_t limits_due;        /* see supervisor/limits.h */
    struct slot slots[SLOTS_MAX];
    int slot_count; /* of workers */
    int mule_count; /* whose slots begin at SLOT_MULES */
};

/* All slots in turn, those of workers first: the one behind after, the first for NULL; NULL at the
 * end. */
static inline struct slot *slots_next(struct master *m, struct slot *after) {
    struct slot *next = after ? after + 1 : m->slots;
    if (next == m->slots + m->slot_count) next = m->slots + SLOT_MULES;
    return next == m->slots + SLOT_MULES + m->mule_count ? NULL : next;
}

#endif
