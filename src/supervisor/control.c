#include "supervisor/control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "greenroom/log.h"
#include "supervisor/control_command.h"
#include "supervisor/state.h"

/* Where there is no descriptor for a peer, for a while. */
static const int64_t rest = 100 * (int64_t)NS_PER_MS;

/* ---- the socket ---- */

/* Absolute, since the directory may be another one at the end. */
static int absolute(char out[CONTROL_PATH_SIZE], const char *path, char *error) {
    char here[PATH_MAX];
    if (*path != '/' && !getcwd(here, sizeof here))
        return sentence(error, "cannot open the control socket %s: %s", path, strerror(errno));
    int len = *path == '/' ? snprintf(out, CONTROL_PATH_SIZE, "%s", path)
                           : snprintf(out, CONTROL_PATH_SIZE, "%s/%s", here, path);
    if (len < CONTROL_PATH_SIZE) return 0;
    return sentence(error, "the path of the control socket %s is longer than 107 bytes", path);
}

static int open_at(struct control *control, const char *path, char *error) {
    struct address address = {.local = true, .mode = 0600, .owner = (uid_t)-1, .group = (gid_t)-1};
    char own[SENTENCE_SIZE];
    if (absolute(address.place, path, error) < 0) return -1;
    mode_t before = umask(0177);
    int result = listener_open(&control->listener, &address, own);
    umask(before);
    control->open = result == 0;
    return result < 0 ? sentence(error, "control: %.*s", SENTENCE_SIZE - 16, own) : 0;
}

int control_open(struct control *control, const char *path, char error[SENTENCE_SIZE]) {
    char usual[CONTROL_PATH_SIZE];
    if (path) return *path ? open_at(control, path, error) : 0;
    if (control_path_make(usual, error) < 0 || open_at(control, usual, error) < 0)
        gr_log(GR_LOG_WARNING, "there is no control socket: %s", error);
    return 0;
}

void control_close(struct control *control) {
    for (struct peer *peer = control->peers; peer < control->peers + CONTROL_PEERS; peer++)
        if (peer->state != PEER_NONE) peer_close(peer);
    if (!control->open) return;
    listener_quiesce(&control->listener);
    listener_close(&control->listener);
    control->open = false;
}

/* ---- peers ---- */

static struct peer *find_free(struct control *control) {
    for (struct peer *peer = control->peers; peer < control->peers + CONTROL_PEERS; peer++)
        if (peer->state == PEER_NONE) return peer;
    return NULL;
}

/* The permissions of the file say the same, on Linux; a socket that was inherited has none. */
static bool is_owner(int fd) {
    struct ucred who;
    socklen_t len = sizeof who;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 &&
           (who.uid == geteuid() || who.uid == 0);
}

static void accept_some(struct control *control) {
    for (struct peer *peer; (peer = find_free(control));) {
        int fd = accept4(control->listener.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            bool may_pass = errno == EAGAIN || errno == ECONNABORTED || errno == EINTR;
            if (!may_pass) control->rest = clock_after(rest);
            return;
        }
        peer_open(peer, fd);
        if (!is_owner(fd))
            peer_end(peer, "only the user who runs the server may tell it what to do");
    }
}

/* ---- from within ---- */

/* A pipe of descriptors, each the end of a connection. */
static int inner[2] = {-1, -1};

int control_let_in(void) { return inner[0] < 0 ? pipe2(inner, O_CLOEXEC | O_NONBLOCK) : 0; }

int control_connect(void) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0) return -1;
    if (write(inner[1], &ends[1], sizeof ends[1]) == sizeof ends[1]) return ends[0];
    int why = errno;
    close(ends[0]);
    close(ends[1]);
    errno = why;
    return -1;
}

static void let_in_some(struct control *control) {
    int fd;
    for (struct peer *peer; (peer = find_free(control));) {
        if (read(inner[0], &fd, sizeof fd) != sizeof fd) return;
        peer_open(peer, fd);
    }
}

bool control_can_wait(const struct control *control) {
    int count = 0;
    for (int i = 0; i < CONTROL_PEERS; i++) count += control->peers[i].state == PEER_WAITING;
    return count < CONTROL_WAITING;
}

void control_tell(struct control *control, enum control_event event, const char *said,
                  const char *why) {
    for (struct peer *peer = control->peers; peer < control->peers + CONTROL_PEERS; peer++) {
        if (peer->state != PEER_WAITING || peer->event != event) continue;
        if (said) peer_say(peer, "%s", said);
        peer_end(peer, why);
    }
}

/* ---- the loop ---- */

void control_watch(const struct control *control, struct pollfd *watched) {
    bool is_full = true;
    for (int i = 0; i < CONTROL_PEERS; i++) {
        const struct peer *peer = &control->peers[i];
        bool is_there = peer->state != PEER_NONE;
        watched[i + 1] = (struct pollfd){is_there ? peer->fd : -1, peer_events(peer), 0};
        if (!is_there) is_full = false;
    }
    bool lets_in = control->open && !is_full && !control->rest;
    watched[0] = (struct pollfd){lets_in ? control->listener.fd : -1, POLLIN, 0};
    watched[CONTROL_PEERS + 1] = (struct pollfd){is_full ? -1 : inner[0], POLLIN, 0};
}

void control_act(struct master *m, const struct pollfd *watched) {
    for (int i = 0; i < CONTROL_PEERS; i++) {
        struct peer *peer = &m->control.peers[i];
        if (watched[i + 1].revents && peer->fd == watched[i + 1].fd && peer_act(peer))
            control_command_run(m, peer);
    }
    if (watched[0].revents) accept_some(&m->control);
    if (watched[CONTROL_PEERS + 1].revents) let_in_some(&m->control);
}

int64_t control_due(const struct control *control) {
    int64_t due = control->rest ? control->rest : NEVER;
    for (int i = 0; i < CONTROL_PEERS; i++) {
        const struct peer *peer = &control->peers[i];
        if (peer->state != PEER_NONE && peer->due < due) due = peer->due;
    }
    return due;
}

void control_act_on_time(struct control *control, int64_t now) {
    if (control->rest <= now) control->rest = 0;
    for (struct peer *peer = control->peers; peer < control->peers + CONTROL_PEERS; peer++)
        if (peer->state != PEER_NONE && peer->due <= now) peer_close(peer);
}
