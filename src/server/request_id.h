/* By which name a request is found again in the logs of all that it passes: what a trusted proxy
 * has given it in X-Request-ID, or one that is made here. */
#ifndef SERVER_REQUEST_ID_H
#define SERVER_REQUEST_ID_H

#include "greenroom/request.h"

enum { REQUEST_ID_TAKEN_MAX = 128, REQUEST_ID_MADE_SIZE = 16 + 1 + 16 };

/* All zero until somebody asks. */
struct request_id {
    gr_slice text;
    char made[REQUEST_ID_MADE_SIZE]; /* what text points to, unless it was taken */
};

/* Once per process: the random half of all that it makes. Returns 0, or -1 with errno. */
int request_ids_init(void);

#endif
