#include "config/settings.h"

#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "server/board.h"

#define DEFAULT_BIND "127.0.0.1:8000"

#define PLACE(member) offsetof(struct settings, member)
#define SECONDS(count) ((count) * (int64_t)NS_PER_S)
#define MILLISECONDS(count) ((count) * (int64_t)NS_PER_MS)
#define DAY SECONDS(86400)
#define KIB(count) ((count)*INT64_C(1024))
#define MIB(count) (KIB(count) * 1024)

/* In the order of --help. */
const struct setting settings_table[] = {
    {"app", "APP", "What to serve", "none", SETTING_APP, .place = PLACE(worker.app)},
    {"bind", "ADDRESS", "HOST:PORT, unix:PATH or tls://HOST:PORT?cert=PATH&key=PATH; repeatable",
     DEFAULT_BIND, SETTING_ADDRESS},
    {"workers", "N", "Worker processes; MIN:MAX: as many as the load asks for",
     "one for each usable core", SETTING_WORKERS, .least = 1, .most = BOARD_SLOTS_MAX},
    {"mule", "FUNCTION", "MODULE:FUNCTION or APP.so:SYMBOL to run beside the workers; repeatable",
     "none", SETTING_MULE},
    {"python", "PATH", "Interpreter for a Python APP", "$VIRTUAL_ENV/bin/python3, else python3",
     SETTING_TEXT, .place = PLACE(python)},
    {"accelerate", "LIBRARY", "requests: its calls are made by the client of Greenroom; or off",
     "off", SETTING_ACCELERATE, .place = PLACE(worker.accelerate)},
    {"stack-size", "SIZE", "Stack of each request, such as 256K or 1M", "what the language needs",
     SETTING_SIZE, UNIT_BYTES, PLACE(worker.stack_size), KIB(64), MIB(64)},
    {"poller", "NAME", "How to wait for descriptors: epoll or poll", "epoll", SETTING_POLLER,
     .place = PLACE(worker.poll_backend)},
    {"concurrency", "MODE", "green; green:N: N requests at a time; threads:N: on N OS threads",
     "green", SETTING_CONCURRENCY, .place = PLACE(worker)},
    {"queue-timeout", "S", "For a request beyond that to get its turn, or 503", NULL, SETTING_INT64,
     UNIT_SECONDS, PLACE(worker.queue_timeout), MILLISECONDS(1), DAY},
    {"slice", "MS", "Computing time after which others get a turn; 0: never", NULL, SETTING_INT64,
     UNIT_MILLISECONDS, PLACE(worker.slice), 0, MILLISECONDS(10000)},
    {"graceful-timeout", "S", "To finish the requests in flight when told to stop", NULL,
     SETTING_INT64, UNIT_SECONDS, PLACE(worker.graceful_timeout), 0, DAY},
    {"drain-delay", "S", "To serve on after SIGTERM, no longer ready, before it drains", NULL,
     SETTING_INT64, UNIT_SECONDS, PLACE(drain_delay), 0, DAY},
    {"ready-path", "PATH", "What a new worker has to answer by 2xx before it takes over", "none",
     SETTING_TARGET, .place = PLACE(worker.ready_path)},
    {"readiness-path", "PATH", "Where the server says 200 ready, or 503 draining", "none",
     SETTING_PREFIX, .place = PLACE(worker.readiness_path)},
    {"keep-alive-timeout", "S", "For an idle connection to send a request", NULL, SETTING_INT64,
     UNIT_SECONDS, PLACE(worker.keep_alive_timeout), MILLISECONDS(1), DAY},
    {"head-timeout", "S", "For the head of a request to arrive whole", NULL, SETTING_INT64,
     UNIT_SECONDS, PLACE(worker.head_timeout), MILLISECONDS(1), DAY},
    {"body-timeout", "S", "For the next piece of a request's body to arrive", NULL, SETTING_INT64,
     UNIT_SECONDS, PLACE(worker.body_timeout), MILLISECONDS(1), DAY},
    {"min-body-rate", "SIZE", "Bytes per second at which a body has to come; 0: any", NULL,
     SETTING_UINT32, UNIT_BYTES, PLACE(worker.min_body_rate), 0, MIB(1024)},
    {"write-timeout", "S", "For a client to take the next piece of its answer", NULL, SETTING_INT64,
     UNIT_SECONDS, PLACE(worker.write_timeout), MILLISECONDS(1), DAY},
    {"request-timeout", "S", "For a request to be answered, or 504; 0: for ever", NULL,
     SETTING_INT64, UNIT_SECONDS, PLACE(worker.request_timeout), 0, DAY},
    {"unresponsive-timeout", "S", "For a worker that hangs, until it is replaced; 0: for ever",
     NULL, SETTING_INT64, UNIT_SECONDS, PLACE(worker.unresponsive_timeout), 0, DAY},
    {"cancel-on-disconnect", "ON", "on or off: cancel the request of a client that hangs up", "off",
     SETTING_SWITCH, .place = PLACE(worker.cancel_on_disconnect)},
    {"max-request-line", "SIZE", "Longest request line; over it: 414", NULL, SETTING_UINT32,
     UNIT_BYTES, PLACE(worker.limits.request_line), 16, MIB(1)},
    {"max-headers", "N", "Most header fields of a request; over it: 431", NULL, SETTING_UINT32,
     UNIT_ONE, PLACE(worker.limits.fields), 1, 1000},
    {"max-head-size", "SIZE", "Largest head of a request; over it: 431", NULL, SETTING_UINT32,
     UNIT_BYTES, PLACE(worker.limits.head), 64, MIB(1)},
    {"max-body-size", "SIZE", "Largest body of a request; over it: 413; 0: any", NULL,
     SETTING_INT64, UNIT_BYTES, PLACE(worker.limits.body), 0, INT64_MAX},
    {"keep-alive-requests", "N", "Most requests of one connection; 0: any number", NULL,
     SETTING_UINT32, UNIT_ONE, PLACE(worker.keep_alive_requests), 0, UINT32_MAX},
    {"max-connections", "N", "Most connections of a worker; over it: 503; 0: any number", NULL,
     SETTING_UINT32, UNIT_ONE, PLACE(worker.max_connections), 0, UINT32_MAX},
    {"max-per-address", "N", "The same of one client address; over it: 429", NULL, SETTING_UINT32,
     UNIT_ONE, PLACE(worker.max_per_address), 0, UINT32_MAX},
    {"max-requests", "N", "Answers after which a worker is replaced; 0: any number", NULL,
     SETTING_UINT32, UNIT_ONE, PLACE(limits.max_requests), 0, UINT32_MAX},
    {"max-requests-jitter", "N", "Up to so many more, another number for each worker", NULL,
     SETTING_UINT32, UNIT_ONE, PLACE(limits.max_requests_jitter), 0, UINT32_MAX},
    {"max-rss", "SIZE", "Memory below which a worker is to stay, by being replaced; 0: any", NULL,
     SETTING_INT64, UNIT_BYTES, PLACE(limits.max_rss), 0, INT64_MAX},
    {"max-lifetime", "S", "Age at which a worker is replaced; 0: any", NULL, SETTING_INT64,
     UNIT_SECONDS, PLACE(limits.max_lifetime), 0, 365 * DAY},
    {"user", "NAME", "Whom the workers run as, by name or number; for root only", "who starts it",
     SETTING_TEXT, .place = PLACE(user)},
    {"group", "NAME", "Their group", "that of the user", SETTING_TEXT, .place = PLACE(group)},
    {"sandbox", "ON", "on or off: no capabilities, no new privileges, fewer system calls", "off",
     SETTING_SWITCH, .place = PLACE(sandbox)},
    {"cpu-affinity", "CPUS", "on, off or a list: deal out CPUs, such as 0-3,6, to the workers",
     "off", SETTING_CPUS, .place = PLACE(cpu_affinity)},
    {"static", "PREFIX=DIR", "Serve the files of a directory under a path; may be repeated", "none",
     SETTING_STATIC},
    {"downstream", "RULE", "HOST:PORT?KEY=VALUE&...: limits of a downstream; may be repeated",
     "none", SETTING_DOWNSTREAM},
    {"attach", "COMMAND", "A program that lives and dies with the server; may be repeated", "none",
     SETTING_COMMAND},
    {"mount", "PREFIX", "The path beneath which the application is", "/", SETTING_PREFIX,
     .place = PLACE(worker.mount)},
    {"trusted-proxies", "LIST", "Proxies to believe, such as 10.0.0.0/8,::1,unix", "none",
     SETTING_NETWORKS, .place = PLACE(worker.trusted_proxies)},
    {"proxy-headers", "KIND", "What they say it in: x-forwarded, forwarded or off", "x-forwarded",
     SETTING_PROXY_HEADERS, .place = PLACE(worker.proxy_headers)},
    {"compress", "ON", "on or off: compress answers where the client accepts it", "off",
     SETTING_SWITCH, .place = PLACE(worker.compress)},
    {"server-timing", "ON", "on or off: tell clients where the time went, by Server-Timing", "off",
     SETTING_SWITCH, .place = PLACE(worker.server_timing)},
    {"access-log", "PATH", "A line for each request: a file, - for stdout, log or off", "log",
     SETTING_ACCESS_LOG, .place = PLACE(worker.access_log)},
    {"access-log-times", "ON", "on or off: in lines of text, too, where the time went", "off",
     SETTING_SWITCH, .place = PLACE(worker.access_log_times)},
    {"log", "PATH", "Where the log goes: a file, or - for stderr", "-", SETTING_TEXT,
     .place = PLACE(worker.log)},
    {"log-format", "FORMAT", "Of its lines: text or json", "text", SETTING_LOG_FORMAT,
     .place = PLACE(worker.log_json)},
    {"log-level", "LIST", "From which level on, and of which logger, as info,sqlalchemy=debug",
     "info", SETTING_LEVELS, .place = PLACE(worker.log_level)},
    {"log-capture", "ON", "on or off: the application's logging and output go there too", "on",
     SETTING_SWITCH, .place = PLACE(worker.log_capture)},
    {"reload", "ON", "on or off: for development, reload when a file changes", "off",
     SETTING_SWITCH, .place = PLACE(reload)},
    {"control", "PATH", "The socket for greenroom status and its like, or off",
     "PID.sock, see greenroom(1)", SETTING_CONTROL, .place = PLACE(control)},
    {"admin", "ADDRESS", "Where dashboard and metrics can be read: HOST:PORT, unix:PATH or off",
     "off", SETTING_ADMIN, .place = PLACE(admin)},
    {"admin-token-file", "PATH", "Who reads there has to know the token in this file", "none",
     SETTING_TEXT, .place = PLACE(admin_token_file)},
    {"statsd", "ADDRESS", "HOST:PORT of a statsd collector to send metrics to, or off", "off",
     SETTING_STATSD, .place = PLACE(statsd)},
    {"release", "TEXT", "The application's version, by which metrics tell requests apart", "none",
     SETTING_TEXT, .place = PLACE(worker.release)},
    {"client-header", "NAME",
     "A field of requests, such as X-Api-Version, that tells clients apart", "none",
     SETTING_FIELD_NAME, .place = PLACE(worker.client_header)},
    {NULL},
};

_Static_assert(sizeof settings_table / sizeof *settings_table <= SETTINGS_MAX,
               "layers have a place for each");

static int usable_cores(void) {
    cpu_set_t cores;
    long count = sched_getaffinity(0, sizeof cores, &cores) == 0 ? CPU_COUNT(&cores)
                                                                 : sysconf(_SC_NPROCESSORS_ONLN);
    return count < 1 ? 1 : count > BOARD_SLOTS_MAX ? BOARD_SLOTS_MAX : (int)count;
}

void settings_init(struct settings *settings) {
    *settings = (struct settings){
        .python = "", .user = "", .group = "", .cpu_affinity = "off", .admin_token_file = ""};
    server_options_init(&settings->worker);
    settings->worker.workers = settings->workers_max = usable_cores();
}

const struct setting *setting_find(const char *name) {
    for (const struct setting *s = settings_table; s->name; s++)
        if (strcmp(s->name, name) == 0) return s;
    return NULL;
}

enum setting_shape setting_shape(const struct setting *setting) {
    switch (setting->kind) {
    case SETTING_ADDRESS:
    case SETTING_COMMAND:
    case SETTING_MULE:
    case SETTING_NETWORKS:
    case SETTING_LEVELS:
        return SHAPE_LIST;
    case SETTING_DOWNSTREAM:
    case SETTING_STATIC:
        return SHAPE_MAP;
    default:
        return SHAPE_SCALAR;
    }
}

char setting_separator(const struct setting *setting) {
    return setting->kind == SETTING_DOWNSTREAM ? '?' : '=';
}

bool setting_repeats(const struct setting *setting) {
    return setting->kind == SETTING_ADDRESS || setting->kind == SETTING_COMMAND ||
           setting->kind == SETTING_STATIC || setting->kind == SETTING_MULE ||
           setting->kind == SETTING_DOWNSTREAM;
}

int settings_complete(struct settings *settings, const struct setting **about,
                      char error[SENTENCE_SIZE]) {
    *about = setting_find("cancel-on-disconnect");
    if (settings->worker.os_threads && settings->worker.cancel_on_disconnect)
        return sentence(error,
                        "cancel-on-disconnect needs --concurrency green: what waits on an OS "
                        "thread cannot be cancelled");
    *about = setting_find("downstream");
    if (settings->worker.os_threads && settings->worker.policy_count)
        return sentence(error,
                        "downstream needs --concurrency green: what waits on an OS thread does "
                        "not pass through the server");
    *about = setting_find("group");
    if (*settings->group && !*settings->user)
        return sentence(error, "group needs --user: whose it is to be");
    *about = setting_find("admin-token-file");
    if (*settings->admin_token_file && !settings->has_admin)
        return sentence(error, "admin-token-file needs --admin: where it is to be sent");
    *about = setting_find("bind");
    for (int i = 0; i < settings->bind_count; i++)
        if (settings->worker.proxied[i] && !*settings->worker.trusted_proxies)
            return sentence(error, "bind with proxy=on needs --trusted-proxies: whom to believe");
    if (settings->bind_count == 0)
        address_parse(DEFAULT_BIND, &settings->binds[settings->bind_count++]);
    return 0;
}

const char *setting_default(const struct setting *setting, char text[QUANTITY_SIZE]) {
    struct settings defaults;
    if (setting->fallback) return setting->fallback;
    settings_init(&defaults);
    const void *place = (const char *)&defaults + setting->place;
    return quantity_print(text, setting->unit,
                          setting->kind == SETTING_UINT32 ? *(const uint32_t *)place
                                                          : *(const int64_t *)place);
}
