#include "config/setting_value.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/network.h"
#include "config/cpu_list.h"
#include "config/downstream_rule.h"
#include "config/executable.h"
#include "config/local_bind.h"
#include "config/proxy_bind.h"
#include "config/tls_bind.h"
#include "config/words.h"
#include "http/forwarded.h"
#include "log/level.h"

static int address_set(struct settings *settings, const struct setting *setting, const char *value,
                       char *error) {
    if (settings->bind_count == SERVER_LISTENERS_MAX)
        return sentence(error, "%s may be given %d times at most", setting->name,
                        SERVER_LISTENERS_MAX);
    int at = settings->bind_count++;
    char rest[strlen(value) + 1], parsed[SENTENCE_SIZE];
    const char *why = proxy_bind_take(value, rest, &settings->worker.proxied[at]);
    if (!why && tls_bind_is(rest)) {
        if (tls_bind_parse(rest, &settings->binds[at], &settings->worker.tls[at], parsed) < 0)
            why = parsed;
    } else if (!why && local_bind_is(rest)) {
        if (local_bind_parse(rest, &settings->binds[at], parsed) < 0) why = parsed;
    } else if (!why) {
        why = address_parse(rest, &settings->binds[at]);
    }
    return why ? sentence(error, "%s: '%s' %s", setting->name, value, why) : 0;
}

static int field_name_set(const char **place, const struct setting *setting, const char *value,
                          char *error) {
    if (!*value || value[strspn(value, "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "abcdefghijklmnopqrstuvwxyz")])
        return sentence(error, "%s must be the name of a field, such as X-Api-Version, not '%s'",
                        setting->name, value);
    *place = value;
    return 0;
}

/* A unix socket is the server's user's alone where nothing else is said. */
static int admin_set(struct settings *settings, const struct setting *setting, const char *value,
                     char *error) {
    enum { OWN = 0600 };
    char parsed[SENTENCE_SIZE];
    const char *why = NULL;
    settings->has_admin = strcmp(value, "off") != 0;
    if (!settings->has_admin) return 0;
    if (!local_bind_is(value))
        why = address_parse(value, &settings->admin);
    else if (local_bind_parse(value, &settings->admin, parsed) < 0)
        why = parsed;
    if (why) return sentence(error, "%s: '%s' %s", setting->name, value, why);
    if (settings->admin.local && settings->admin.mode < 0) settings->admin.mode = OWN;
    return 0;
}

static int statsd_set(struct settings *settings, const struct setting *setting, const char *value,
                      char *error) {
    settings->has_statsd = strcmp(value, "off") != 0;
    if (!settings->has_statsd) return 0;
    const char *why = address_parse(value, &settings->statsd);
    if (!why && (settings->statsd.local || !settings->statsd.port || !*settings->statsd.place))
        why = "is not HOST:PORT";
    return why ? sentence(error, "%s: '%s' %s", setting->name, value, why) : 0;
}

/* The worker opens the directory; what is wrong with it already is said here. */
static int static_set(struct server_options *worker, const struct setting *setting,
                      const char *value, char *error) {
    const char *directory = strchr(value, '=');
    struct stat status;
    if (*value != '/' || !directory || !directory[1] || strchr(value, '\n'))
        return sentence(error, "%s must be PREFIX=DIR with a PREFIX that begins with /, not '%s'",
                        setting->name, value);
    if (worker->static_count == SERVER_STATICS_MAX)
        return sentence(error, "%s may be given %d times at most", setting->name,
                        SERVER_STATICS_MAX);
    if (stat(directory + 1, &status) < 0)
        return sentence(error, "%s: '%s': %s", setting->name, directory + 1, strerror(errno));
    if (!S_ISDIR(status.st_mode))
        return sentence(error, "%s: '%s' is not a directory", setting->name, directory + 1);
    worker->statics[worker->static_count++] = value;
    return 0;
}

static int downstream_set(struct server_options *worker, const struct setting *setting,
                          const char *value, char *error) {
    char why[SENTENCE_SIZE];
    if (strchr(value, '\n')) return sentence(error, "%s must not have a line break", setting->name);
    if (worker->policy_count == SERVER_POLICIES_MAX)
        return sentence(error, "%s may be given %d times at most", setting->name,
                        SERVER_POLICIES_MAX);
    struct policy *policy = &worker->policies[worker->policy_count];
    if (downstream_rule_parse(value, policy, why) < 0)
        return sentence(error, "%s: '%s' %s", setting->name, value, why);
    for (int i = 0; i < worker->policy_count; i++)
        if (strcasecmp(worker->policies[i].subject, policy->subject) == 0)
            return sentence(error, "%s: %s is said twice", setting->name, policy->subject);
    worker->policy_count++;
    return 0;
}

/* Whether it can be found is said here; whoever starts it looks again. */
static int command_find(const struct setting *setting, const char *program, char *error) {
    char path[PATH_MAX];
    if (!strchr(program, '/')) {
        if (executable_find(path, program)) return 0;
        return sentence(error, "%s: there is no %s in PATH", setting->name, program);
    }
    const char *fault = executable_fault(program);
    return fault ? sentence(error, "%s: cannot run %s: %s", setting->name, program, fault) : 0;
}

static int command_set(struct settings *settings, const struct setting *setting, const char *value,
                       char *error) {
    enum { COMMAND_MAX = 4096 };
    char text[COMMAND_MAX + 1], *words[words_room(COMMAND_MAX)];
    size_t len = strlen(value);
    if (settings->attached_count == SETTINGS_ATTACHED_MAX)
        return sentence(error, "%s may be given %d times at most", setting->name,
                        SETTINGS_ATTACHED_MAX);
    if (len > COMMAND_MAX)
        return sentence(error, "%s must not be longer than %d bytes", setting->name, COMMAND_MAX);
    if (strchr(value, '\n')) return sentence(error, "%s must not have a line break", setting->name);
    const char *why = words_split(memcpy(text, value, len + 1), words);
    if (why) return sentence(error, "%s: '%s' %s", setting->name, value, why);
    settings->attached[settings->attached_count++] = value;
    return command_find(setting, words[0], error);
}

static int mule_set(struct server_options *worker, const struct setting *setting, const char *value,
                    char *error) {
    const char *function = strrchr(value, ':');
    if (!function || function == value || !function[1] || strchr(value, '\n'))
        return sentence(error,
                        "%s must be MODULE:FUNCTION, such as shop.jobs:consume, or APP.so:SYMBOL, "
                        "not '%s'",
                        setting->name, value);
    if (worker->mule_count == SERVER_MULES_MAX)
        return sentence(error, "%s may be given %d times at most", setting->name, SERVER_MULES_MAX);
    worker->mules[worker->mule_count++].function = value;
    return 0;
}

static int app_set(const char **place, const char *value, char *error) {
    if (strchr(value, '\n')) return sentence(error, "APP must not have a line break");
    *place = value;
    return 0;
}

static int text_set(const char **place, const struct setting *setting, const char *value,
                    char *error) {
    if (*value == '\0') return sentence(error, "%s needs a value that is not empty", setting->name);
    if (strchr(value, '\n')) return sentence(error, "%s must not have a line break", setting->name);
    bool may_be_off = setting->kind == SETTING_ACCESS_LOG || setting->kind == SETTING_CONTROL;
    *place = may_be_off && strcmp(value, "off") == 0 ? "" : value;
    return 0;
}

static int poller_set(bool *poll_backend, const struct setting *setting, const char *value,
                      char *error) {
    *poll_backend = strcmp(value, "poll") == 0;
    if (*poll_backend || strcmp(value, "epoll") == 0) return 0;
    return sentence(error, "%s must be epoll or poll, not '%s'", setting->name, value);
}

/* The number of "PREFIXN", if it is one from 1 to most. */
static bool number_behind(const char *prefix, const char *value, int64_t most, uint32_t *number) {
    size_t len = strlen(prefix);
    int64_t found;
    if (strncmp(value, prefix, len) != 0 || !quantity_parse(value + len, UNIT_ONE, &found) ||
        found < 1 || found > most)
        return false;
    *number = (uint32_t)found;
    return true;
}

static int concurrency_set(struct server_options *worker, const struct setting *setting,
                           const char *value, char *error) {
    worker->concurrency = 0;
    worker->os_threads = number_behind("threads:", value, SERVER_THREADS_MAX, &worker->concurrency);
    if (worker->os_threads || strcmp(value, "green") == 0 ||
        number_behind("green:", value, UINT32_MAX, &worker->concurrency))
        return 0;
    return sentence(error,
                    "%s must be green, green:N with N at least 1, or threads:N with N from 1 to "
                    "%d, not '%s'",
                    setting->name, SERVER_THREADS_MAX, value);
}

static int cpus_set(const char **place, const struct setting *setting, const char *value,
                    char *error) {
    cpu_set_t cpus;
    bool is_word = strcmp(value, "on") == 0 || strcmp(value, "off") == 0;
    const char *why = is_word ? NULL : cpu_list_parse(value, &cpus);
    if (why) return sentence(error, "%s: '%s' %s", setting->name, value, why);
    *place = value;
    return 0;
}

static int networks_set(const char **place, const struct setting *setting, const char *value,
                        char *error) {
    struct network network;
    int count = 0;
    for (const char *list = value; list; count++) {
        const char *why = network_next(&list, &network);
        if (why) return sentence(error, "%s: '%s' %s", setting->name, value, why);
    }
    if (count > SERVER_NETWORKS_MAX)
        return sentence(error, "%s may name %d networks at most", setting->name,
                        SERVER_NETWORKS_MAX);
    *place = value;
    return 0;
}

static int levels_set(const char **place, const struct setting *setting, const char *value,
                      char *error) {
    const char *fault = log_levels_fault(value);
    if (fault) return sentence(error, "%s: '%s' %s", setting->name, value, fault);
    if (strlen(value) >= LOG_LEVELS_SIZE)
        return sentence(error, "%s must be shorter than %d bytes", setting->name, LOG_LEVELS_SIZE);
    *place = value;
    return 0;
}

static int log_format_set(bool *json, const struct setting *setting, const char *value,
                          char *error) {
    *json = strcmp(value, "json") == 0;
    if (*json || strcmp(value, "text") == 0) return 0;
    return sentence(error, "%s must be text or json, not '%s'", setting->name, value);
}

static int proxy_headers_set(int *headers, const struct setting *setting, const char *value,
                             char *error) {
    static const char *const names[] = {
        [SERVER_PROXY_HEADERS_X_FORWARDED] = "x-forwarded",
        [SERVER_PROXY_HEADERS_FORWARDED] = "forwarded",
        [SERVER_PROXY_HEADERS_OFF] = "off",
    };
    for (*headers = 0; *headers < (int)(sizeof names / sizeof *names); ++*headers)
        if (strcmp(value, names[*headers]) == 0) return 0;
    return sentence(error, "%s must be x-forwarded, forwarded or off, not '%s'", setting->name,
                    value);
}

static int accelerate_set(const char **place, const struct setting *setting, const char *value,
                          char *error) {
    bool is_off = strcmp(value, "off") == 0;
    *place = is_off ? "" : value;
    if (is_off || strcmp(value, "requests") == 0) return 0;
    return sentence(error, "%s must be requests or off, not '%s'", setting->name, value);
}

/* One that says the same once decoded, and without slashes at its end. */
static int prefix_set(const char **place, const struct setting *setting, const char *value,
                      char *error) {
    size_t len = strlen(value);
    char decoded[len + 1];
    if (forwarded_prefix(gr_slice_of(value), decoded) != (ssize_t)len)
        return sentence(error,
                        "%s must be a path such as /shop, without a slash at its end and without "
                        "percent signs, not '%s'",
                        setting->name, value);
    *place = value;
    return 0;
}

static int target_set(const char **place, const struct setting *setting, const char *value,
                      char *error) {
    bool is_target = *value == '/';
    for (const char *at = value; *at; at++) is_target &= *at > ' ' && *at < 0x7f;
    if (!is_target)
        return sentence(error, "%s must be a path such as /health, not '%s'", setting->name, value);
    *place = value;
    return 0;
}

static int switch_set(bool *on, const struct setting *setting, const char *value, char *error) {
    *on = strcmp(value, "on") == 0;
    if (*on || strcmp(value, "off") == 0) return 0;
    return sentence(error, "%s must be on or off, not '%s'", setting->name, value);
}

static int number_set(void *place, const struct setting *setting, const char *value, char *error) {
    char least[QUANTITY_SIZE], most[QUANTITY_SIZE];
    int64_t number;
    if (!quantity_parse(value, setting->unit, &number) || number < setting->least ||
        number > setting->most)
        return sentence(error, "%s must be %s to %s%s, not '%s'", setting->name,
                        quantity_print(least, setting->unit, setting->least),
                        quantity_print(most, setting->unit, setting->most),
                        unit_name(setting->unit), value);
    switch (setting->kind) {
    case SETTING_UINT32:
        *(uint32_t *)place = (uint32_t)number;
        break;
    case SETTING_SIZE:
        *(size_t *)place = (size_t)number;
        break;
    default:
        *(int64_t *)place = number;
    }
    return 0;
}

static int workers_set(struct settings *settings, const struct setting *setting, const char *value,
                       char *error) {
    const char *colon = strchr(value, ':');
    char first[32];
    int64_t min, max;
    if (!colon) {
        if (number_set(&min, setting, value, error) < 0) return -1;
        settings->worker.workers = settings->workers_max = (int)min;
        return 0;
    }
    snprintf(first, sizeof first, "%.*s", (int)(colon - value), value);
    if (!quantity_parse(first, UNIT_ONE, &min) || !quantity_parse(colon + 1, UNIT_ONE, &max) ||
        min < setting->least || max < min || max > setting->most)
        return sentence(error, "%s must be MIN:MAX, such as 2:8, with at most %d, not '%s'",
                        setting->name, (int)setting->most, value);
    settings->worker.workers = (int)min;
    settings->workers_max = (int)max;
    return 0;
}

int setting_set(struct settings *settings, const struct setting *setting, const char *value,
                char error[SENTENCE_SIZE]) {
    void *place = (char *)settings + setting->place;
    switch (setting->kind) {
    case SETTING_APP:
        return app_set(place, value, error);
    case SETTING_ADDRESS:
        return address_set(settings, setting, value, error);
    case SETTING_COMMAND:
        return command_set(settings, setting, value, error);
    case SETTING_STATIC:
        return static_set(&settings->worker, setting, value, error);
    case SETTING_DOWNSTREAM:
        return downstream_set(&settings->worker, setting, value, error);
    case SETTING_MULE:
        return mule_set(&settings->worker, setting, value, error);
    case SETTING_TEXT:
    case SETTING_ACCESS_LOG:
    case SETTING_CONTROL:
        return text_set(place, setting, value, error);
    case SETTING_STATSD:
        return statsd_set(settings, setting, value, error);
    case SETTING_FIELD_NAME:
        return field_name_set(place, setting, value, error);
    case SETTING_ADMIN:
        return admin_set(settings, setting, value, error);
    case SETTING_WORKERS:
        return workers_set(settings, setting, value, error);
    case SETTING_POLLER:
        return poller_set(place, setting, value, error);
    case SETTING_CONCURRENCY:
        return concurrency_set(place, setting, value, error);
    case SETTING_CPUS:
        return cpus_set(place, setting, value, error);
    case SETTING_NETWORKS:
        return networks_set(place, setting, value, error);
    case SETTING_LEVELS:
        return levels_set(place, setting, value, error);
    case SETTING_LOG_FORMAT:
        return log_format_set(place, setting, value, error);
    case SETTING_ACCELERATE:
        return accelerate_set(place, setting, value, error);
    case SETTING_PROXY_HEADERS:
        return proxy_headers_set(place, setting, value, error);
    case SETTING_PREFIX:
        return prefix_set(place, setting, value, error);
    case SETTING_TARGET:
        return target_set(place, setting, value, error);
    case SETTING_SWITCH:
        return switch_set(place, setting, value, error);
    default:
        return number_set(place, setting, value, error);
    }
}
