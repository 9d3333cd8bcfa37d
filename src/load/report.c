#include "load/report.h"

#include <math.h>

#include "base/clock.h"

const struct report_quantile report_quantiles[REPORT_QUANTILES] = {
    {"p50", 0.5},  {"p75", 0.75}, {"p90", 0.9},    {"p95", 0.95},
    {"p98", 0.98}, {"p99", 0.99}, {"p999", 0.999},
};

double report_rate(const struct load_result *result) {
    return result->elapsed ? (double)result->answered * NS_PER_S / (double)result->elapsed : 0;
}

/* ---- for people ---- */

enum { TEXT = 32 };

/* "12,345": a whole number. */
static const char *grouped(char text[TEXT], double number) {
    char digits[TEXT];
    int len = snprintf(digits, sizeof digits, "%.0f", number), used = 0;
    for (int i = 0; i < len && used < TEXT - 2; i++) {
        if (i && (len - i) % 3 == 0) text[used++] = ',';
        text[used++] = digits[i];
    }
    text[used] = '\0';
    return text;
}

/* "1.23 ms": three digits of a time. */
static const char *timed(char text[TEXT], double seconds) {
    static const struct {
        double least;
        const char *name;
    } units[] = {{1, "s"}, {1e-3, "ms"}, {1e-6, "us"}};
    size_t i = 0;
    while (i < sizeof units / sizeof *units - 1 && seconds < 0.9995 * units[i].least) i++;
    double number = seconds / units[i].least;
    int behind = number < 9.995 ? 2 : number < 99.95 ? 1 : 0;
    snprintf(text, TEXT, "%.*f %s", behind, number, units[i].name);
    return text;
}

static void put_spread(const char *name, const struct spread *spread, FILE *out) {
    char text[TEXT], more[TEXT];
    fprintf(out, "%-10s mean %s, deviation %s, max ", name, timed(text, spread_mean(spread)),
            timed(more, spread_deviation(spread)));
    fprintf(out, "%s\n", timed(text, spread->max));
    for (int i = 0; i < REPORT_QUANTILES; i++) {
        const struct report_quantile *quantile = &report_quantiles[i];
        fprintf(out, "%11s%-5s %s\n", "", quantile->name,
                timed(text, spread_quantile(spread, quantile->share)));
    }
}

static void put_reasons(const struct load_result *result, FILE *out) {
    char text[TEXT];
    for (int i = 0; i < result->reason_count; i++)
        fprintf(out, "%11s%s: %s\n", "", grouped(text, (double)result->reasons[i].count),
                result->reasons[i].why);
}

static void put_statuses(const struct load_result *result, FILE *out) {
    char text[TEXT];
    const char *comma = "";
    fputs("statuses   ", out);
    for (int class = 1; class < 6; class ++) {
        if (!result->statuses[class]) continue;
        fprintf(out, "%s%s x %dxx", comma, grouped(text, (double)result->statuses[class]), class);
        comma = ", ";
    }
    fputs("\n", out);
}

void report_text(const struct load_plan *plan, const struct load_result *result, FILE *out) {
    char text[TEXT], more[TEXT];
    fprintf(out, "%s: %u connections, ", plan->call.url, plan->connections);
    if (plan->rate)
        fprintf(out, "%g requests/s\n\n", plan->rate);
    else
        fputs("as fast as they are answered\n\n", out);
    fprintf(out, "answers    %s in %s: ", grouped(text, (double)result->answered),
            timed(more, (double)result->elapsed / NS_PER_S));
    fprintf(out, "%s/s, ", grouped(text, report_rate(result)));
    fprintf(out, "%s bytes of bodies\n", grouped(text, (double)result->bytes));
    if (result->answered) put_statuses(result, out);
    fprintf(out, "failures   %s\n", grouped(text, (double)result->failed));
    put_reasons(result, out);
    if (result->unsent)
        fprintf(out, "not sent   %s: no connection had become free\n",
                grouped(text, (double)result->unsent));
    if (!result->answered) return;
    put_spread("latency", &result->latency, out);
    if (plan->rate) put_spread("service", &result->service, out);
}

void report_line(const struct load_result *sofar, FILE *out) {
    char text[TEXT], median[TEXT], tail[TEXT];
    const struct load_slice none = {0}, *last = sofar->slice_count
                                                    ? &sofar->slices[sofar->slice_count - 1]
                                                    : &none;
    double rate = (double)last->answered * NS_PER_S / (double)sofar->slice_length;
    fprintf(out, "%s answers/s, p50 %s, p99 %s, ", grouped(text, rate), timed(median, last->p50),
            timed(tail, last->p99));
    fprintf(out, "%s failures", grouped(text, (double)sofar->failed));
}
