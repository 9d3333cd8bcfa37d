#include "cli/control.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "greenroom/worker.h"
#include "log/level.h"

static int connect_to(const char *path) {
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof at.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(at.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof at) == 0) return fd;
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

enum { NO_END = -1 };

/* Returns 0 or 1, as control_ask does, or NO_END. */
static int take_answer(FILE *stream, void (*take)(void *data, char *line), void *data,
                       char *error) {
    char line[4096];
    while (fgets(line, sizeof line, stream)) {
        line[strcspn(line, "\n")] = '\0';
        if (strcmp(line, "ok") == 0) return 0;
        if (strncmp(line, "failed ", 7) == 0) {
            sentence(error, "%.500s", line + 7);
            return 1;
        }
        take(data, strncmp(line, "| ", 2) == 0 ? line + 2 : line);
    }
    return NO_END;
}

int control_ask(const char *path, const char *request, bool goes,
                void (*take)(void *data, char *line), void *data, char error[SENTENCE_SIZE]) {
    char line[LOG_LEVELS_SIZE + 1];
    int fd = connect_to(path);
    FILE *stream = fd < 0 ? NULL : fdopen(fd, "r");
    if (!stream) {
        sentence(error, "no server answers at %s: %s", path, strerror(errno));
        return GR_EXIT_USAGE;
    }
    int len = snprintf(line, sizeof line, "%s\n", request);
    send(fd, line, (size_t)len, MSG_NOSIGNAL);
    int result = take_answer(stream, take, data, error);
    fclose(stream);
    if (result != NO_END) return result;
    if (goes) return 0;
    sentence(error, "the server has closed the connection");
    return 1;
}
