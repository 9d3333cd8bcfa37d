#include "supervisor/exit_status.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

const char *exit_status_print(int status, char text[EXIT_STATUS_SIZE]) {
    if (WIFEXITED(status)) {
        snprintf(text, EXIT_STATUS_SIZE, "exited with code %d", WEXITSTATUS(status));
        return text;
    }
    const char *name = sigabbrev_np(WTERMSIG(status));
    if (name)
        snprintf(text, EXIT_STATUS_SIZE, "died by SIG%s", name);
    else
        snprintf(text, EXIT_STATUS_SIZE, "died by signal %d", WTERMSIG(status));
    return text;
}
