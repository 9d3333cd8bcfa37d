#include "server/options.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"

enum field_kind { FIELD_TEXT, FIELD_BOOL, FIELD_INT, FIELD_UINT32, FIELD_INT64, FIELD_SIZE };

/* One line of the hand-over each. The listening descriptors are a list and stand apart. */
static const struct field {
    const char *name;
    enum field_kind kind;
    size_t place;
} fields[] = {
#define FIELD(kind, member) \
    { #member, kind, offsetof(struct server_options, member) }
    FIELD(FIELD_TEXT, app),
    FIELD(FIELD_BOOL, check_only),
    FIELD(FIELD_INT, slot),
    FIELD(FIELD_INT, workers),
    FIELD(FIELD_INT, place),
    FIELD(FIELD_INT, mule),
    FIELD(FIELD_INT, inbox_fd),
    FIELD(FIELD_INT, master_fd),
    FIELD(FIELD_INT, question_fd),
    FIELD(FIELD_INT, ready_fd),
    FIELD(FIELD_INT, board_fd),
    FIELD(FIELD_INT, tickets_fd),
    FIELD(FIELD_INT, metrics_fd),
    FIELD(FIELD_BOOL, poll_backend),
    FIELD(FIELD_SIZE, stack_size),
    FIELD(FIELD_INT64, slice),
    FIELD(FIELD_INT64, head_timeout),
    FIELD(FIELD_INT64, keep_alive_timeout),
    FIELD(FIELD_INT64, body_timeout),
    FIELD(FIELD_UINT32, min_body_rate),
    FIELD(FIELD_INT64, write_timeout),
    FIELD(FIELD_INT64, graceful_timeout),
    FIELD(FIELD_INT64, request_timeout),
    FIELD(FIELD_INT64, unresponsive_timeout),
    FIELD(FIELD_UINT32, concurrency),
    FIELD(FIELD_BOOL, os_threads),
    FIELD(FIELD_INT64, queue_timeout),
    FIELD(FIELD_BOOL, cancel_on_disconnect),
    FIELD(FIELD_UINT32, limits.request_line),
    FIELD(FIELD_UINT32, limits.fields),
    FIELD(FIELD_UINT32, limits.head),
    FIELD(FIELD_TEXT, trusted_proxies),
    FIELD(FIELD_INT, proxy_headers),
    FIELD(FIELD_TEXT, mount),
    FIELD(FIELD_TEXT, ready_path),
    FIELD(FIELD_TEXT, readiness_path),
    FIELD(FIELD_TEXT, accelerate),
    FIELD(FIELD_BOOL, compress),
    FIELD(FIELD_BOOL, server_timing),
    FIELD(FIELD_INT64, limits.body),
    FIELD(FIELD_UINT32, keep_alive_requests),
    FIELD(FIELD_UINT32, max_connections),
    FIELD(FIELD_UINT32, max_per_address),
    FIELD(FIELD_TEXT, release),
    FIELD(FIELD_TEXT, client_header),
    FIELD(FIELD_TEXT, access_log),
    FIELD(FIELD_BOOL, access_log_times),
    FIELD(FIELD_TEXT, log),
    FIELD(FIELD_INT, log_fd),
    FIELD(FIELD_INT, access_fd),
    FIELD(FIELD_BOOL, log_json),
    FIELD(FIELD_BOOL, log_colour),
    FIELD(FIELD_BOOL, log_capture),
    FIELD(FIELD_TEXT, log_level),
#undef FIELD
};

enum { FIELD_COUNT = sizeof fields / sizeof *fields };

static const char listener_name[] = "listen_fd", static_name[] = "static";
static const char policy_name[] = "downstream"; /* its numbers, and whom it is about */
static const char function_name[] = "function", mailbox_name[] = "mailbox"; /* of a mule */
static const char proxied_name[] = "proxied"; /* the number of a listener */

/* Of the listener before them. A key follows its certificate. */
static const char certificate_name[] = "tls_certificate", key_name[] = "tls_key",
                  client_ca_name[] = "tls_client_ca", client_name[] = "tls_client";

void server_options_init(struct server_options *options) {
    *options = (struct server_options){
        .app = "",
        .workers = 1,
        .mule = -1,
        .inbox_fd = -1,
        .master_fd = -1,
        .question_fd = -1,
        .ready_fd = -1,
        .board_fd = -1,
        .tickets_fd = -1,
        .metrics_fd = -1,
        .slice = 10 * (int64_t)NS_PER_MS,
        .head_timeout = 15 * (int64_t)NS_PER_S,
        .keep_alive_timeout = 75 * (int64_t)NS_PER_S,
        .body_timeout = 30 * (int64_t)NS_PER_S,
        .min_body_rate = 240,
        .write_timeout = 60 * (int64_t)NS_PER_S,
        .graceful_timeout = 30 * (int64_t)NS_PER_S,
        .unresponsive_timeout = 30 * (int64_t)NS_PER_S,
        .queue_timeout = 30 * (int64_t)NS_PER_S,
        .trusted_proxies = "",
        .mount = "",
        .ready_path = "",
        .readiness_path = "",
        .accelerate = "",
        .release = "",
        .client_header = "",
        .limits = {.request_line = 8190,
                   .fields = 100,
                   .head = 64 * 1024,
                   .body = INT64_C(1) << 30},
        .access_log = "log",
        .log = "-",
        .log_fd = -1,
        .access_fd = -1,
        .log_capture = true,
        .log_level = "",
    };
}

static int64_t number_load(enum field_kind kind, const void *place) {
    switch (kind) {
    case FIELD_BOOL:
        return *(const bool *)place;
    case FIELD_INT:
        return *(const int *)place;
    case FIELD_UINT32:
        return *(const uint32_t *)place;
    case FIELD_SIZE:
        return (int64_t) * (const size_t *)place;
    default:
        return *(const int64_t *)place;
    }
}

static int number_store(enum field_kind kind, void *place, int64_t number) {
    static const int64_t least[] = {
        [FIELD_INT] = INT_MIN, [FIELD_INT64] = INT64_MIN, [FIELD_SIZE] = 0};
    static const int64_t most[] = {[FIELD_BOOL] = 1,
                                   [FIELD_INT] = INT_MAX,
                                   [FIELD_UINT32] = UINT32_MAX,
                                   [FIELD_INT64] = INT64_MAX,
                                   [FIELD_SIZE] = INT64_MAX};
    if (number < least[kind] || number > most[kind]) return -1;
    switch (kind) {
    case FIELD_BOOL:
        *(bool *)place = number;
        break;
    case FIELD_INT:
        *(int *)place = (int)number;
        break;
    case FIELD_UINT32:
        *(uint32_t *)place = (uint32_t)number;
        break;
    case FIELD_SIZE:
        *(size_t *)place = (size_t)number;
        break;
    default:
        *(int64_t *)place = number;
    }
    return 0;
}

static void tls_encode(FILE *out, const struct server_tls *tls) {
    for (int i = 0; i < tls->count; i++)
        fprintf(out, "%s=%s\n%s=%s\n", certificate_name, tls->certificates[i], key_name,
                tls->keys[i]);
    if (!tls->client_ca) return;
    fprintf(out, "%s=%s\n%s=%s\n", client_ca_name, tls->client_ca, client_name,
            tls->client_required ? "require" : "request");
}

static void policy_encode(FILE *out, const struct policy *policy) {
    const struct breaker_rule *breaker = &policy->breaker;
    fprintf(out,
            "%s=%" PRIu32 " %" PRIu32 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRIu32 " %" PRIu32
            " %" PRId64 " %" PRId64 " %s\n",
            policy_name, policy->max_connections, policy->max_calls, policy->max_queued,
            policy->connect_timeout, policy->read_timeout, breaker->percent, breaker->calls,
            breaker->window, breaker->pause, policy->subject);
}

char *server_options_encode(const struct server_options *options) {
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out) return NULL;
    for (const struct field *f = fields; f < fields + FIELD_COUNT; f++) {
        const void *place = (const char *)options + f->place;
        if (f->kind != FIELD_TEXT) {
            fprintf(out, "%s=%" PRId64 "\n", f->name, number_load(f->kind, place));
            continue;
        }
        const char *value = *(const char *const *)place;
        if (strchr(value, '\n')) goto fail;
        fprintf(out, "%s=%s\n", f->name, value);
    }
    for (int i = 0; i < options->listen_count; i++) {
        fprintf(out, "%s=%d\n", listener_name, options->listen_fds[i]);
        tls_encode(out, &options->tls[i]);
    }
    for (int i = 0; i < options->listen_count; i++)
        if (options->proxied[i]) fprintf(out, "%s=%d\n", proxied_name, i);
    for (int i = 0; i < options->mule_count; i++)
        fprintf(out, "%s=%s\n%s=%d\n", function_name, options->mules[i].function, mailbox_name,
                options->mules[i].mailbox);
    for (int i = 0; i < options->static_count; i++)
        fprintf(out, "%s=%s\n", static_name, options->statics[i]);
    for (int i = 0; i < options->policy_count; i++) policy_encode(out, &options->policies[i]);
    if (fclose(out) == 0) return text;
    free(text);
    errno = ENOMEM;
    return NULL;
fail:
    fclose(out);
    free(text);
    errno = EINVAL;
    return NULL;
}

static int number_parse(const char *text, int64_t *number) {
    char *end;
    errno = 0;
    *number = strtoll(text, &end, 10);
    return errno || end == text || *end ? -1 : 0;
}

static int listener_add(struct server_options *options, const char *value) {
    int64_t fd;
    if (options->listen_count == SERVER_LISTENERS_MAX || number_parse(value, &fd) < 0) return -1;
    return number_store(FIELD_INT, &options->listen_fds[options->listen_count++], fd);
}

static int proxied_set(struct server_options *options, const char *value) {
    int64_t number;
    if (number_parse(value, &number) < 0 || number < 0 || number >= options->listen_count)
        return -1;
    options->proxied[number] = true;
    return 0;
}

static int static_add(struct server_options *options, const char *value) {
    if (options->static_count == SERVER_STATICS_MAX || !strchr(value, '=')) return -1;
    options->statics[options->static_count++] = value;
    return 0;
}

static int policy_add(struct server_options *options, const char *value) {
    if (options->policy_count == SERVER_POLICIES_MAX) return -1;
    struct policy *policy = &options->policies[options->policy_count++];
    struct breaker_rule *breaker = &policy->breaker;
    int end = -1;
    int count = sscanf(value,
                       "%" SCNu32 "%" SCNu32 "%" SCNd64 "%" SCNd64 "%" SCNd64 "%" SCNu32 "%" SCNu32
                       "%" SCNd64 "%" SCNd64 " %n",
                       &policy->max_connections, &policy->max_calls, &policy->max_queued,
                       &policy->connect_timeout, &policy->read_timeout, &breaker->percent,
                       &breaker->calls, &breaker->window, &breaker->pause, &end);
    const char *subject = end < 0 ? "" : value + end;
    size_t len = strlen(subject);
    if (count != 9 || len == 0 || len >= sizeof policy->subject) return -1;
    memcpy(policy->subject, subject, len + 1);
    return 0;
}

static int mule_add(struct server_options *options, const char *function) {
    if (options->mule_count == SERVER_MULES_MAX) return -1;
    options->mules[options->mule_count++] = (struct server_mule){function, -1};
    return 0;
}

/* Of the mule before. */
static int mailbox_set(struct server_options *options, const char *value) {
    int64_t fd;
    if (options->mule_count == 0 || number_parse(value, &fd) < 0) return -1;
    return number_store(FIELD_INT, &options->mules[options->mule_count - 1].mailbox, fd);
}

/* Returns 1 when it is no setting of TLS. */
static int tls_decode(struct server_options *options, const char *name, const char *value) {
    bool is_certificate = strcmp(name, certificate_name) == 0, is_key = strcmp(name, key_name) == 0;
    bool is_client_ca = strcmp(name, client_ca_name) == 0,
         is_client = strcmp(name, client_name) == 0;
    if (!is_certificate && !is_key && !is_client_ca && !is_client) return 1;
    if (options->listen_count == 0) return -1;
    struct server_tls *tls = &options->tls[options->listen_count - 1];
    if (is_client_ca) tls->client_ca = value;
    if (is_client) tls->client_required = strcmp(value, "require") == 0;
    if (is_client_ca || is_client) return 0;
    if (tls->count == SERVER_CERTIFICATES_MAX || !tls->certificates[tls->count] == is_key)
        return -1;
    if (is_certificate)
        tls->certificates[tls->count] = value;
    else
        tls->keys[tls->count++] = value;
    return 0;
}

static int setting_decode(struct server_options *options, const char *name, char *value) {
    if (strcmp(name, listener_name) == 0) return listener_add(options, value);
    if (strcmp(name, proxied_name) == 0) return proxied_set(options, value);
    if (strcmp(name, static_name) == 0) return static_add(options, value);
    if (strcmp(name, policy_name) == 0) return policy_add(options, value);
    if (strcmp(name, function_name) == 0) return mule_add(options, value);
    if (strcmp(name, mailbox_name) == 0) return mailbox_set(options, value);
    int is_tls = tls_decode(options, name, value);
    if (is_tls <= 0) return is_tls;
    for (const struct field *f = fields; f < fields + FIELD_COUNT; f++) {
        if (strcmp(name, f->name) != 0) continue;
        void *place = (char *)options + f->place;
        int64_t number;
        if (f->kind != FIELD_TEXT)
            return number_parse(value, &number) < 0 ? -1 : number_store(f->kind, place, number);
        *(const char **)place = value;
        return 0;
    }
    return -1;
}

int server_options_decode(struct server_options *options, char *text) {
    server_options_init(options);
    while (*text) {
        char *end = strchr(text, '\n'), *value = strchr(text, '=');
        if (!end || !value || value > end) goto wrong;
        *end = *value++ = '\0';
        if (setting_decode(options, text, value) < 0) goto wrong;
        text = end + 1;
    }
    return 0;
wrong:
    errno = EINVAL;
    return -1;
}
