#include "config/option.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "config/suggest.h"

enum { OPTIONS_MAX = 128 };

static const char *name_of(const struct option *options, int which) {
    while (options->name && options->val != which) options++;
    return options->name;
}

int option_refused(const char *command, const struct option *options, const char *word,
                   char error[SENTENCE_SIZE]) {
    const char *names[OPTIONS_MAX + 1] = {0};
    char name[64];
    int matches = 0;
    if (optopt > UCHAR_MAX) return sentence(error, "--%s takes no value", name_of(options, optopt));
    if (optopt)
        return sentence(error, "unknown option -%c; see greenroom %s --help", optopt, command);
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word + 2, "="), word + 2);
    for (int i = 0; i < OPTIONS_MAX && options[i].name; i++) {
        names[i] = options[i].name;
        matches += strncmp(name, names[i], strlen(name)) == 0;
    }
    if (matches > 1) return sentence(error, "--%s is short for more than one option", name);
    const char *nearest = suggest(name, names);
    if (nearest) return sentence(error, "unknown option --%s; did you mean --%s?", name, nearest);
    return sentence(error, "unknown option --%s; see greenroom %s --help", name, command);
}
