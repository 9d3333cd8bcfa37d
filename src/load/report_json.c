#include "base/clock.h"
#include "load/report.h"

/* Bytes of it that are no ASCII are UTF-8, since a URL and what a failure is called are. */
static void put_string(FILE *out, const char *text) {
    fputc('"', out);
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte < ' ')
            fprintf(out, "\\u%04x", byte);
        else if (byte == '"' || byte == '\\')
            fprintf(out, "\\%c", byte);
        else
            fputc(byte, out);
    }
    fputc('"', out);
}

static void put_spread(FILE *out, const char *name, const struct spread *spread) {
    fprintf(out, ",\n \"%s\": {\"min\": %.9g, \"max\": %.9g, \"mean\": %.9g, \"stddev\": %.9g",
            name, spread->min, spread->max, spread_mean(spread), spread_deviation(spread));
    for (int i = 0; i < REPORT_QUANTILES; i++)
        fprintf(out, ", \"%s\": %.9g", report_quantiles[i].name,
                spread_quantile(spread, report_quantiles[i].share));
    fputs("}", out);
}

static void put_slices(FILE *out, const struct load_result *result) {
    fprintf(out, ",\n \"slice_seconds\": %g, \"slices\": [",
            (double)result->slice_length / NS_PER_S);
    for (int i = 0; i < result->slice_count; i++) {
        const struct load_slice *slice = &result->slices[i];
        fprintf(out, "%s\n  {\"answered\": %llu, \"failed\": %llu, \"p50\": %.9g, \"p99\": %.9g}",
                i ? "," : "", (unsigned long long)slice->answered,
                (unsigned long long)slice->failed, slice->p50, slice->p99);
    }
    fputs("]", out);
}

void report_json(const struct load_plan *plan, const struct load_result *result, FILE *out) {
    fputs("{\"url\": ", out);
    put_string(out, plan->call.url);
    fprintf(out, ", \"connections\": %u, \"duration\": %.9g", plan->connections,
            (double)plan->duration / NS_PER_S);
    if (plan->rate) fprintf(out, ", \"due_rate\": %.9g", plan->rate);
    fprintf(out,
            ",\n \"elapsed\": %.9g, \"answered\": %llu, \"rate\": %.9g, \"bytes\": %llu,"
            " \"failed\": %llu, \"unsent\": %llu",
            (double)result->elapsed / NS_PER_S, (unsigned long long)result->answered,
            report_rate(result), (unsigned long long)result->bytes,
            (unsigned long long)result->failed, (unsigned long long)result->unsent);
    fputs(",\n \"statuses\": {", out);
    for (int class = 1; class < 6; class ++)
        fprintf(out, "%s\"%dxx\": %llu", class > 1 ? ", " : "", class,
                (unsigned long long)result->statuses[class]);
    fputs("},\n \"failures\": [", out);
    for (int i = 0; i < result->reason_count; i++) {
        fputs(i ? ", {\"why\": " : "{\"why\": ", out);
        put_string(out, result->reasons[i].why);
        fprintf(out, ", \"count\": %llu}", (unsigned long long)result->reasons[i].count);
    }
    fputs("]", out);
    put_spread(out, "latency", &result->latency);
    put_spread(out, "service", &result->service);
    put_slices(out, result);
    fputs("}\n", out);
}
