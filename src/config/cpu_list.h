/* A list of CPUs as a user writes it, and as cpuset(7) does: "0-3,6". */
#ifndef CONFIG_CPU_LIST_H
#define CONFIG_CPU_LIST_H

#include <sched.h>

/* Returns NULL, or what is wrong with text: the end of a sentence that begins with it. */
const char *cpu_list_parse(const char *text, cpu_set_t *cpus);

#endif
