/* What an operator has said of downstreams: which are meant, and what holds for each of them.
 * docs/downstreams.md is the manual. */
#ifndef GUARD_POLICY_H
#define GUARD_POLICY_H

#include "guard/breaker.h"

enum { POLICY_SUBJECT = 96 };

struct policy {
    char subject[POLICY_SUBJECT]; /* whom it is about, see guard/subject.h */
    uint32_t max_connections;     /* open at a time; 0: any number */
    uint32_t max_calls;           /* without an answer at a time; 0: any number */
    int64_t max_queued;           /* that wait for their turn for either; -1: any number */
    int64_t connect_timeout;      /* ns; 0: none */
    int64_t read_timeout;         /* ns; 0: none */
    struct breaker_rule breaker;
};

#endif
