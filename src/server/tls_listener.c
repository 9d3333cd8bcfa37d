#include "server/tls_listener.h"

#include <dlfcn.h>
#include <errno.h>
#include <sys/stat.h>

#include "base/library.h"
#include "base/sys.h"
#include "greenroom/log.h"
#include "server/ready_pipe.h"

struct tls_listener {
    const struct server_tls *settings; /* NULL: it does not speak TLS */
    struct tls_context *context;
    uint64_t read, seen; /* what the files looked like when they were read, and at the last look */
};

const struct tls_engine *tls_library;
static struct tls_listener listeners[SERVER_LISTENERS_MAX];
static unsigned char secret[TLS_SECRET_SIZE];

_Static_assert((int)TLS_SECRET_SIZE == (int)SERVER_TICKET_SECRET,
               "the master makes it for the workers");

struct tls_listener *tls_listener_at(int number) {
    return listeners[number].settings ? &listeners[number] : NULL;
}

struct tls_context *tls_listener_context(const struct tls_listener *listener) {
    return listener->context;
}

/* ---- reading ---- */

static struct tls_context *read_files(const struct tls_listener *listener, char *why) {
    char warning[TLS_WHY_SIZE];
    const struct server_tls *settings = listener->settings;
    const struct tls_files files = {
        .certificates = settings->certificates,
        .keys = settings->keys,
        .count = settings->count,
        .client_ca = settings->client_ca,
        .client_required = settings->client_required,
    };
    struct tls_context *context =
        tls_library->context_open(&files, secret, (int)(listener - listeners), why, warning);
    if (context && *warning) gr_log(GR_LOG_WARNING, "%s", warning);
    return context;
}

/* ---- changes ---- */

static void mix(uint64_t *look, uint64_t value) {
    *look = (*look ^ value) * UINT64_C(0x100000001b3); /* FNV-1a, by words */
}

static void mix_file(uint64_t *look, const char *path) {
    struct stat file;
    if (stat(path, &file) < 0) return mix(look, (uint64_t)errno);
    mix(look, file.st_dev);
    mix(look, file.st_ino);
    mix(look, (uint64_t)file.st_size);
    mix(look, (uint64_t)file.st_mtim.tv_sec);
    mix(look, (uint64_t)file.st_mtim.tv_nsec);
    mix(look, (uint64_t)file.st_ctim.tv_sec);
    mix(look, (uint64_t)file.st_ctim.tv_nsec);
}

static uint64_t look_at_files(const struct server_tls *settings) {
    uint64_t look = UINT64_C(0xcbf29ce484222325);
    for (int i = 0; i < settings->count; i++) {
        mix_file(&look, settings->certificates[i]);
        mix_file(&look, settings->keys[i]);
    }
    if (settings->client_ca) mix_file(&look, settings->client_ca);
    return look;
}

static void read_anew(struct tls_listener *listener) {
    char why[TLS_WHY_SIZE];
    struct tls_context *context = read_files(listener, why);
    if (!context) {
        gr_log(GR_LOG_ERROR, "TLS goes on with the old files, as the new ones are no good: %s",
               why);
        return;
    }
    tls_library->context_close(listener->context);
    listener->context = context;
    gr_log(GR_LOG_INFO, "new connections get the new TLS files: %s and so on",
           listener->settings->certificates[0]);
}

static void look(struct tls_listener *listener) {
    uint64_t now = look_at_files(listener->settings);
    bool settled = now == listener->seen;
    listener->seen = now;
    if (!settled || now == listener->read) return;
    listener->read = now;
    read_anew(listener);
}

void tls_listeners_look(void) {
    for (int i = 0; i < SERVER_LISTENERS_MAX; i++)
        if (listeners[i].settings) look(&listeners[i]);
}

/* ---- the start ---- */

static int fail(int code, const char *why) {
    gr_log(GR_LOG_ERROR, "cannot serve: %s", why);
    ready_pipe_failed(why);
    errno = code;
    return -1;
}

static int prepare(int secret_fd) {
    if (tls_library) return 0;
    tls_library = library_object("libgreenroom-tls.so", "tls_engine");
    if (!tls_library) return fail(ENOTSUP, dlerror());
    long n = sys(SYS_pread64, secret_fd, secret, sizeof secret, 0);
    if (n != sizeof secret) return fail(ENOTSUP, "the supervisor's secret cannot be read");
    sys(SYS_close, secret_fd);
    return 0;
}

int tls_listeners_open(const struct server_options *options) {
    char why[TLS_WHY_SIZE];
    for (int i = 0; i < options->listen_count; i++) {
        struct tls_listener *listener = &listeners[i];
        if (options->tls[i].count == 0) continue;
        if (prepare(options->tickets_fd) < 0) return -1;
        listener->settings = &options->tls[i];
        listener->read = listener->seen = look_at_files(listener->settings);
        listener->context = read_files(listener, why);
        if (!listener->context) return fail(EINVAL, why);
    }
    return 0;
}
