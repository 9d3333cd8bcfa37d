/* What came of a run, for people, for programs, and as a picture. Errors of out stay with it. */
#ifndef LOAD_REPORT_H
#define LOAD_REPORT_H

#include <stdio.h>

#include "load/load.h"

void report_text(const struct load_plan *plan, const struct load_result *result, FILE *out);

/* One object: times in seconds, rates per second. */
void report_json(const struct load_plan *plan, const struct load_result *result, FILE *out);

/* SVG: what was answered, and how fast, over the time of the run. Readable on light and dark. */
void report_chart(const struct load_plan *plan, const struct load_result *result, FILE *out);

/* One line of how it goes, without its end. */
void report_line(const struct load_result *sofar, FILE *out);

/* Answers per second. */
double report_rate(const struct load_result *result);

/* The shares that are told, and their names. */
enum { REPORT_QUANTILES = 7 };
extern const struct report_quantile {
    const char *name;
    double share;
} report_quantiles[REPORT_QUANTILES];

#endif
