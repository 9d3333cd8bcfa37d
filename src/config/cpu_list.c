#include "config/cpu_list.h"

#include <stdbool.h>
#include <stdlib.h>

/* The number at *at, behind which it leaves *at; -1 when there is none. */
static int number_take(const char **at) {
    char *end;
    if (**at < '0' || **at > '9') return -1;
    unsigned long number = strtoul(*at, &end, 10);
    *at = end;
    return number < CPU_SETSIZE ? (int)number : CPU_SETSIZE;
}

const char *cpu_list_parse(const char *text, cpu_set_t *cpus) {
    CPU_ZERO(cpus);
    for (const char *at = text;; at++) {
        int first = number_take(&at), last = first;
        if (first >= 0 && *at == '-') {
            at++;
            last = number_take(&at);
        }
        if (first < 0 || last < first || (*at && *at != ','))
            return "is no list of CPUs such as 0-3,6";
        if (last == CPU_SETSIZE) return "has a CPU above 1023";
        for (int cpu = first; cpu <= last; cpu++) CPU_SET(cpu, cpus);
        if (!*at) return NULL;
    }
}
