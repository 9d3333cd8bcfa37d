#include "cli/output.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int output_finish(void) {
    if (fflush(stdout) == 0 && !ferror(stdout)) return 0;
    fprintf(stderr, "greenroom: cannot write to stdout: %s\n", strerror(errno));
    return 1;
}
