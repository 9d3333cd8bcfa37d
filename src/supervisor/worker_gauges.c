#include "supervisor/worker_gauges.h"

#include <stdio.h>
#include <unistd.h>

#include "supervisor/slot.h"

struct usage {
    double resident; /* bytes */
    double cpu;      /* seconds */
};

/* proc_pid_stat(5): fields 14, 15 and 24. The name before them may hold anything. */
static bool read_usage(pid_t pid, struct usage *usage) {
    char path[32], line[1024], *behind = NULL;
    unsigned long long user, system;
    long long pages;
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *file = fopen(path, "re");
    if (!file) return false;
    if (fgets(line, sizeof line, file)) behind = strrchr(line, ')');
    fclose(file);
    if (!behind || sscanf(behind + 1,
                          " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %*d %*d %*d %*d "
                          "%*d %*d %*u %*u %lld",
                          &user, &system, &pages) != 3)
        return false;
    usage->cpu = (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
    usage->resident = (double)pages * (double)sysconf(_SC_PAGESIZE);
    return true;
}

struct putter {
    struct metric_table *table;
    gr_slice labels;
};

static void put(const struct putter *p, gr_metric_kind kind, const char *name, const char *help,
                double value) {
    metric_table_put(p->table, kind, gr_slice_of(name), gr_slice_of(help), p->labels, value);
}

void worker_gauges_put(struct metric_table *table, const struct board_place *place, int slot) {
    char labels[64];
    struct usage usage;
    pid_t pid = atomic_load(&place->pid);
    if (!pid) return;
    int len = snprintf(labels, sizeof labels, "worker=\"%s\"", SLOT_LABEL(slot));
    struct putter p = {table, {labels, (size_t)len}};
    if (read_usage(pid, &usage)) {
        put(&p, GR_GAUGE, "greenroom_worker_resident_bytes", "Memory that it has", usage.resident);
        put(&p, GR_COUNTER, "greenroom_worker_cpu_seconds", "Processor time that it has had",
            usage.cpu);
    }
    if (slot_is_mule(slot)) return;
    put(&p, GR_GAUGE, "greenroom_worker_in_flight", "Requests that are being answered",
        atomic_load(&place->in_flight));
    put(&p, GR_GAUGE, "greenroom_worker_connections", "Connections that are open",
        atomic_load(&place->connections));
    put(&p, GR_GAUGE, "greenroom_worker_overdue", "Requests that cannot be ended",
        atomic_load(&place->overdue));
}
