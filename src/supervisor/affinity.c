#include "supervisor/affinity.h"

#include <errno.h>
#include <string.h>

#include "config/cpu_list.h"

int affinity_find(struct affinity *affinity, const struct settings *settings,
                  char error[SENTENCE_SIZE]) {
    cpu_set_t allowed, wanted;
    const char *text = settings->cpu_affinity;
    affinity->count = 0;
    affinity->workers = settings->worker.workers;
    if (strcmp(text, "off") == 0) return 0;
    if (sched_getaffinity(0, sizeof allowed, &allowed) < 0)
        return sentence(error, "cannot find out which CPUs may be used: %s", strerror(errno));
    wanted = allowed;
    if (strcmp(text, "on") != 0) cpu_list_parse(text, &wanted);
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!CPU_ISSET(cpu, &wanted)) continue;
        if (!CPU_ISSET(cpu, &allowed))
            return sentence(error, "--cpu-affinity names CPU %d, which may not be used here", cpu);
        affinity->cpus[affinity->count++] = cpu;
    }
    return 0;
}

int affinity_keep(const struct affinity *affinity, int slot) {
    cpu_set_t cpus;
    if (affinity->count == 0) return 0;
    int hands = affinity->workers < affinity->count ? affinity->workers : affinity->count;
    CPU_ZERO(&cpus);
    for (int i = slot % hands; i < affinity->count; i += hands) CPU_SET(affinity->cpus[i], &cpus);
    return sched_setaffinity(0, sizeof cpus, &cpus);
}
