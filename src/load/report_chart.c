/* Two plots, one above the other, over the same time: latencies on a logarithmic scale, and answers
 * a second. */
#include <math.h>

#include "base/clock.h"
#include "load/report.h"

enum {
    WIDTH = 640,
    HEIGHT = 180,
    LEFT = 72,
    TOP = 56,
    GAP = 48,
    ALL = TOP + 2 * HEIGHT + GAP + 40
};

static const char style[] = "<style>\n"
                            "text { font: 13px system-ui, sans-serif; fill: #1f2328; }\n"
                            ".title { font-size: 16px; font-weight: 600; }\n"
                            ".soft { fill: #59636e; }\n"
                            ".rule { stroke: #d1d9e0; }\n"
                            "path { fill: none; stroke-width: 1.5; }\n"
                            ".high { stroke: #0969da; }\n"
                            ".half { stroke: #1a7f4b; }\n"
                            "@media (prefers-color-scheme: dark) {\n"
                            "  text { fill: #e6edf3; }\n"
                            "  .soft { fill: #9198a1; }\n"
                            "  .rule { stroke: #3d444d; }\n"
                            "  .high { stroke: #4493f8; }\n"
                            "  .half { stroke: #3fb970; }\n"
                            "}\n"
                            "</style>\n";

struct plot {
    const struct load_result *result;
    double (*value)(const struct load_result *result, int slice);
    double least, most; /* of the values, as they are drawn */
    bool logarithmic;
    int top;
};

static double value_p50(const struct load_result *result, int slice) {
    return result->slices[slice].p50;
}

static double value_p99(const struct load_result *result, int slice) {
    return result->slices[slice].p99;
}

static double value_rate(const struct load_result *result, int slice) {
    int64_t length = result->slice_length, rest = result->elapsed - slice * length;
    bool last = slice == result->slice_count - 1 && rest > 0 && rest < length;
    return (double)result->slices[slice].answered * NS_PER_S / (double)(last ? rest : length);
}

static void put_text(FILE *out, const char *text) {
    for (; *text; text++) {
        if (*text == '&')
            fputs("&amp;", out);
        else if (*text == '<')
            fputs("&lt;", out);
        else
            fputc(*text, out);
    }
}

static double height_of(const struct plot *plot, double value) {
    double low = plot->least, high = plot->most;
    if (plot->logarithmic) {
        low = log10(low);
        high = log10(high);
        value = log10(fmax(value, plot->least));
    }
    return plot->top + HEIGHT * (1 - (value - low) / (high - low));
}

static double place_of(const struct load_result *result, int slice) {
    int spans = result->slice_count > 1 ? result->slice_count - 1 : 1;
    return LEFT + (double)WIDTH * slice / spans;
}

static void put_curve(FILE *out, const struct plot *plot, const char *class) {
    fprintf(out, "<path class=\"%s\" d=\"", class);
    for (int i = 0; i < plot->result->slice_count; i++)
        fprintf(out, "%c%.1f %.1f", i ? 'L' : 'M', place_of(plot->result, i),
                height_of(plot, plot->value(plot->result, i)));
    fputs("\"/>\n", out);
}

static void put_rule(FILE *out, const struct plot *plot, double value, const char *label) {
    double y = height_of(plot, value);
    fprintf(out, "<line class=\"rule\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>\n", LEFT,
            LEFT + WIDTH, y, y);
    fprintf(out, "<text class=\"soft\" x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n",
            LEFT - 8, y + 4, label);
}

/* ---- latencies ---- */

static void find_extremes(struct plot *plot) {
    double least = INFINITY, most = 0;
    for (int i = 0; i < plot->result->slice_count; i++) {
        const struct load_slice *slice = &plot->result->slices[i];
        if (slice->p50 > 0) least = fmin(least, slice->p50);
        most = fmax(most, slice->p99);
    }
    plot->least = isfinite(least) ? pow(10, floor(log10(least))) : 1e-3;
    plot->most = most > plot->least ? pow(10, ceil(log10(most))) : 10 * plot->least;
}

static void put_latencies(FILE *out, const struct load_result *result) {
    struct plot plot = {.result = result, .logarithmic = true, .top = TOP};
    char label[32];
    find_extremes(&plot);
    int powers = (int)round(log10(plot.most / plot.least));
    for (int i = 0; i <= powers; i++) {
        double value = plot.least * pow(10, i);
        snprintf(label, sizeof label, "%g ms", round(value * 1e9) / 1e6);
        put_rule(out, &plot, value, label);
    }
    plot.value = value_p99;
    put_curve(out, &plot, "high");
    plot.value = value_p50;
    put_curve(out, &plot, "half");
}

/* ---- answers ---- */

/* 1, 2 or 5 times a power of ten, and no less than number. */
static double round_up(double number) {
    double power = pow(10, floor(log10(fmax(number, 1))));
    double times = number / power;
    return power * (times <= 1 ? 1 : times <= 2 ? 2 : times <= 5 ? 5 : 10);
}

static void put_answers(FILE *out, const struct load_result *result) {
    struct plot plot = {.result = result, .value = value_rate, .top = TOP + HEIGHT + GAP};
    char label[32];
    double most = 0;
    for (int i = 0; i < result->slice_count; i++) most = fmax(most, value_rate(result, i));
    plot.most = round_up(most);
    for (int i = 0; i <= 2; i++) {
        double value = plot.most * i / 2;
        snprintf(label, sizeof label, "%g/s", value);
        put_rule(out, &plot, value, label);
    }
    put_curve(out, &plot, "half");
}

void report_chart(const struct load_plan *plan, const struct load_result *result, FILE *out) {
    double length = (double)result->elapsed / NS_PER_S;
    int right = LEFT + WIDTH, width = right + 24, height = ALL;
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\""
            " viewBox=\"0 0 %d %d\" role=\"img\">\n",
            width, height, width, height);
    fputs(style, out);
    fputs("<title>", out);
    put_text(out, plan->call.url);
    fprintf(out, "</title>\n<text class=\"title\" x=\"%d\" y=\"22\">", LEFT);
    put_text(out, plan->call.url);
    fprintf(out,
            "</text>\n<text class=\"soft\" x=\"%d\" y=\"42\">latency: of half the answers"
            " (green) and of 99 %% (blue)</text>\n",
            LEFT);
    put_latencies(out, result);
    fprintf(out, "<text class=\"soft\" x=\"%d\" y=\"%d\">answers a second</text>\n", LEFT,
            TOP + HEIGHT + GAP - 14);
    put_answers(out, result);
    fprintf(out,
            "<text class=\"soft\" x=\"%d\" y=\"%d\">0 s</text>\n"
            "<text class=\"soft\" x=\"%d\" y=\"%d\" text-anchor=\"end\">%.3g s</text>\n</svg>\n",
            LEFT, height - 14, right, height - 14, length);
}
