/* The numbers of a figure as CSV. */
#include "plots/figure_data.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void pal_data_head(pal_text *csv, const char *columns)
{
    pal_text_add(csv, columns);
    pal_data_end(csv);
}

/* A comma, unless the row has only begun. */
static void part(pal_text *csv)
{
    if (csv->n > 0 && csv->bytes[csv->n - 1] != '\n') {
        pal_text_add(csv, ",");
    }
}

void pal_data_text(pal_text *csv, const char *text)
{
    const bool first = csv->n == 0 || csv->bytes[csv->n - 1] == '\n';

    part(csv);
    text = text == NULL ? "" : text;
    if (strpbrk(text, ",\"\r\n") == NULL && (text[0] != '\0' || !first)) {
        pal_text_add(csv, text);
        return;
    }
    pal_text_add(csv, "\""); /* an empty first field without quotes would look like the beginning of the row */
    for (; *text != '\0'; text++) {
        if (*text == '"') {
            pal_text_add(csv, "\"");
        }
        pal_text_add_bytes(csv, text, 1);
    }
    pal_text_add(csv, "\"");
}

void pal_data_number(pal_text *csv, double value)
{
    char number[PAL_NUMBER_MAX];

    part(csv);
    if (isfinite(value)) {
        pal_format_double(number, value);
        pal_text_add(csv, number);
    }
}

void pal_data_flag(pal_text *csv, bool value)
{
    part(csv);
    pal_text_add(csv, value ? "1" : "0");
}

void pal_data_estimate(pal_text *csv, pal_estimate e)
{
    pal_data_number(csv, e.value);
    pal_data_number(csv, e.lo);
    pal_data_number(csv, e.hi);
}

void pal_data_end(pal_text *csv)
{
    pal_text_add(csv, "\n");
}

void pal_data_point(pal_text *csv, const char *panel, const char *name, double x, pal_estimate y)
{
    pal_data_text(csv, panel);
    pal_data_text(csv, name);
    pal_data_number(csv, x);
    pal_data_estimate(csv, y);
    pal_data_end(csv);
}

void pal_data_lines(pal_text *csv, const char *panel, const pal_line *lines, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        const pal_line *line = &lines[k];

        for (size_t i = 0; i < line->n; i++) {
            pal_data_point(csv, panel, line->label, line->x[i],
                           (pal_estimate){ line->y != NULL ? line->y[i] : NAN, line->lo != NULL ? line->lo[i] : NAN,
                                           line->hi != NULL ? line->hi[i] : NAN, NAN });
        }
    }
}

void pal_data_bins(pal_text *csv, const char *panel, const char *name, const pal_bin *bins, size_t n)
{
    char counts[120];

    snprintf(counts, sizeof counts, "%.100s: predictions", panel);
    for (size_t b = 0; b < n; b++) {
        pal_data_point(csv, panel, name, bins[b].mean_p, (pal_estimate){ bins[b].mean_y, bins[b].lo, bins[b].hi, NAN });
    }
    for (size_t b = 0; b < n; b++) {
        pal_data_point(csv, counts, name, bins[b].mean_p, (pal_estimate){ bins[b].n, NAN, NAN, NAN });
    }
}
