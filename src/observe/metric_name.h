/* What metrics and their labels may be called, and labels as text: as the text format of Prometheus
 * (https://prometheus.io/docs/instrumenting/exposition_formats/) writes them between its braces,
 * a="b",c="d". The values in it are those of JSON strings, too. */
#ifndef OBSERVE_METRIC_NAME_H
#define OBSERVE_METRIC_NAME_H

#include "greenroom/metrics.h"
#include "observe/metric_store.h"

enum { METRIC_LABELS = 8, METRIC_LABEL_NAME_MAX = 40, METRIC_LABEL_VALUE_MAX = 100 };

_Static_assert(METRIC_LABELS *(METRIC_LABEL_NAME_MAX + METRIC_LABEL_VALUE_MAX + 4) <=
                   METRIC_LABELS_MAX,
               "all labels fit");

bool metric_name_is_valid(gr_slice name);
bool metric_label_name_is_valid(gr_slice name);

/* Writes labels, of which there are up to METRIC_LABELS, in the order of their names; returns the
 * length. Values are cut off at METRIC_LABEL_VALUE_MAX bytes as they are written; what is no
 * printable UTF-8 becomes "?". With an instead that is not NULL, that is the value of each. */
size_t metric_labels_put(char out[METRIC_LABELS_MAX], const gr_label *labels, size_t count,
                         const char *instead);

/* Is that what metric_labels_put may write? For text that another process has written. */
bool metric_labels_are_valid(gr_slice labels);

/* Takes the next label from the front of valid labels: value as it is written. False at the end. */
bool metric_labels_next(gr_slice *labels, gr_slice *name, gr_slice *value);

/* Puts "?" for each byte that belongs to no printable UTF-8. */
void metric_text_clean(char *text, size_t len);

#endif
