#include "config/downstream_rule.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "config/quantity.h"
#include "config/query.h"
#include "config/suggest.h"
#include "guard/subject.h"

#define SECONDS(count) ((count) * (int64_t)NS_PER_S)

enum { VALUE_SIZE = 32, NAME_SIZE = 32 };

/* What one can be told, as numbers. */
struct rule {
    int64_t max_connections, max_calls, max_queued, connect_timeout, read_timeout;
    int64_t percent, window, calls, pause;
};

enum { UNSAID = -1 };

static const struct parameter {
    const char *name;
    size_t place; /* in struct rule */
    enum unit unit;
    int64_t least, most;
} parameters[] = {
#define PARAMETER(name, member, ...) \
    { name, offsetof(struct rule, member), __VA_ARGS__ }
    PARAMETER("max-connections", max_connections, UNIT_ONE, 1, UINT32_MAX),
    PARAMETER("max-calls", max_calls, UNIT_ONE, 1, UINT32_MAX),
    PARAMETER("max-queued", max_queued, UNIT_ONE, 0, UINT32_MAX),
    PARAMETER("connect-timeout", connect_timeout, UNIT_SECONDS, NS_PER_MS, SECONDS(86400)),
    PARAMETER("read-timeout", read_timeout, UNIT_SECONDS, NS_PER_MS, SECONDS(86400)),
    PARAMETER("breaker", percent, UNIT_ONE, 1, 100),
    PARAMETER("breaker-window", window, UNIT_SECONDS, NS_PER_MS, SECONDS(86400)),
    PARAMETER("breaker-calls", calls, UNIT_ONE, 1, UINT32_MAX),
    PARAMETER("breaker-pause", pause, UNIT_SECONDS, NS_PER_MS, SECONDS(86400)),
#undef PARAMETER
};

enum { PARAMETER_COUNT = sizeof parameters / sizeof *parameters };

static int refuse_unknown(gr_slice given, char *error) {
    const char *names[PARAMETER_COUNT + 1] = {0};
    char name[NAME_SIZE];
    for (int i = 0; i < PARAMETER_COUNT; i++) names[i] = parameters[i].name;
    snprintf(name, sizeof name, "%.*s", (int)given.len, given.data);
    const char *nearest = suggest(name, names);
    return nearest ? sentence(error, "knows no %s=; did you mean %s=?", name, nearest)
                   : sentence(error, "knows no %s=; see docs/downstreams.md", name);
}

/* "50%" is what the breaker's is to be written as. */
static bool value_read(const struct parameter *parameter, gr_slice given, int64_t *number) {
    char text[VALUE_SIZE];
    bool is_percent = parameter->place == offsetof(struct rule, percent);
    if (given.len == 0 || given.len >= sizeof text) return false;
    memcpy(text, given.data, given.len);
    text[given.len] = '\0';
    if (is_percent && text[given.len - 1] != '%') return false;
    if (is_percent) text[given.len - 1] = '\0';
    return quantity_parse(text, parameter->unit, number) && *number >= parameter->least &&
           *number <= parameter->most;
}

static int refuse_value(const struct parameter *parameter, gr_slice given, char *error) {
    char least[QUANTITY_SIZE], most[QUANTITY_SIZE];
    const char *percent = parameter->place == offsetof(struct rule, percent) ? "%" : "";
    return sentence(error, "%s= must be %s%s to %s%s%s, not '%.*s'", parameter->name,
                    quantity_print(least, parameter->unit, parameter->least), percent,
                    quantity_print(most, parameter->unit, parameter->most), percent,
                    unit_name(parameter->unit), (int)given.len, given.data);
}

static int parameter_take(struct rule *rule, const struct query_parameter *given, char *error) {
    const struct parameter *parameter = parameters;
    while (parameter < parameters + PARAMETER_COUNT && !query_is(given, parameter->name))
        parameter++;
    if (parameter == parameters + PARAMETER_COUNT) return refuse_unknown(given->name, error);
    int64_t *place = (int64_t *)((char *)rule + parameter->place);
    if (*place != UNSAID) return sentence(error, "has %s= twice", parameter->name);
    return value_read(parameter, given->value, place)
               ? 0
               : refuse_value(parameter, given->value, error);
}

static int64_t said_or(int64_t value, int64_t otherwise) {
    return value == UNSAID ? otherwise : value;
}

static int check(const struct rule *rule, char *error) {
    bool has_places = rule->max_connections != UNSAID || rule->max_calls != UNSAID;
    if (rule->percent == UNSAID &&
        (rule->window != UNSAID || rule->calls != UNSAID || rule->pause != UNSAID))
        return sentence(error, "says how the breaker is to be, but not breaker=, when it opens");
    if (!has_places && rule->max_queued != UNSAID)
        return sentence(error, "has max-queued= without max-connections= or max-calls=");
    if (!has_places && rule->connect_timeout == UNSAID && rule->read_timeout == UNSAID &&
        rule->percent == UNSAID)
        return sentence(error, "says nothing; write HOST:PORT?max-connections=20&read-timeout=5");
    return 0;
}

static void policy_set(struct policy *policy, const struct rule *rule) {
    policy->max_connections = (uint32_t)said_or(rule->max_connections, 0);
    policy->max_calls = (uint32_t)said_or(rule->max_calls, 0);
    policy->max_queued = rule->max_queued;
    policy->connect_timeout = said_or(rule->connect_timeout, 0);
    policy->read_timeout = said_or(rule->read_timeout, 0);
    policy->breaker = (struct breaker_rule){.percent = (uint32_t)said_or(rule->percent, 0),
                                            .window = said_or(rule->window, SECONDS(10)),
                                            .calls = (uint32_t)said_or(rule->calls, 10),
                                            .pause = said_or(rule->pause, SECONDS(5))};
}

/* One that is too long is cut to a length that subject_parse refuses. */
static const char *subject_take(struct policy *policy, const char *text, size_t len) {
    char name[POLICY_SUBJECT + 1];
    struct subject subject;
    snprintf(name, sizeof name, "%.*s", (int)len, text);
    const char *why = subject_parse(name, &subject);
    if (!why) strcpy(policy->subject, name);
    return why;
}

int downstream_rule_parse(const char *text, struct policy *policy, char error[SENTENCE_SIZE]) {
    struct rule rule;
    memset(&rule, 0xff, sizeof rule); /* UNSAID */
    const char *at = text + strcspn(text, "?");
    const char *why = subject_take(policy, text, (size_t)(at - text));
    if (why) return sentence(error, "%s", why);
    at += *at == '?';
    while (*at) {
        struct query_parameter given = query_next(&at);
        if (parameter_take(&rule, &given, error) < 0) return -1;
    }
    if (check(&rule, error) < 0) return -1;
    policy_set(policy, &rule);
    return 0;
}
