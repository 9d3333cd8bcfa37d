/* The forms in which metrics are told. */
#ifndef OBSERVE_METRIC_FORMAT_H
#define OBSERVE_METRIC_FORMAT_H

#include <stdio.h>

#include "observe/metric_table.h"

enum metric_format {
    METRIC_PROMETHEUS,  /* text 0.0.4 */
    METRIC_OPENMETRICS, /* text 1.0: with examples of values, named by their request ids */
};

/* Write all of the table to out, whose errors stay with it. Return 0, or -1 with errno ENOMEM. */
int metric_format_text(const struct metric_table *table, enum metric_format format, FILE *out);
int metric_format_json(const struct metric_table *table, FILE *out);

/* Labels as the member of an object, behind another: ,"labels":{"a":"b"} */
void metric_put_json_labels(FILE *out, gr_slice labels);

/* Text as a string; what is no printable UTF-8 becomes "?". */
void metric_put_json_text(FILE *out, gr_slice text);

/* A finite number, in as few digits as it is read back from. */
void metric_put_number(FILE *out, double number);

#endif
