/* The page of a sweep. */
#include "plots/sweep_report.h"

#include "core/file.h"
#include "core/mem.h"
#include "plots/number.h"
#include "plots/read.h"
#include "plots/report_files.h"
#include "plots/report_parts.h"
#include "plots/run_parts.h"
#include "plots/sweep_data.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const pal_figure *const figures[] = { &pal_fig_sweep, &pal_fig_sweep_map };
enum { N_FIGURES = sizeof figures / sizeof figures[0] };

/* "people.n = 40, rounds = 6" */
static void add_settings(pal_text *html, const pal_sweep_data *d, size_t point)
{
    for (size_t i = 0; i < d->n_axes; i++) {
        pal_text_add(html, i == 0 ? "" : ", ");
        pal_text_add_escaped(html, d->axis[i].path);
        pal_text_add(html, " = ");
        pal_text_add_escaped(html, pal_table_text(d->points, point, i + 1));
    }
}

/* The point and arm with the best value of the first metric. */
static void best_of(size_t *point, size_t *arm, const pal_sweep_data *d)
{
    double sign = d->better[0] < 0 ? -1 : 1, best = -INFINITY;

    *point = SIZE_MAX;
    *arm = 0;
    for (size_t p = 0; p < d->n_points; p++) {
        for (size_t a = 0; a < d->n_arms; a++) {
            double value = sign * d->value[pal_sweep_at(d, p, a, 0)].value;

            if (value > best) {
                best = value;
                *point = p;
                *arm = a;
            }
        }
    }
}

static void say_leads(pal_text *html, const pal_sweep_data *d, size_t arm)
{
    size_t ahead = 0, behind = 0;
    double sign = d->better[0] < 0 ? -1 : 1;

    for (size_t p = 0; p < d->n_points; p++) {
        size_t at = pal_sweep_at(d, p, arm, 0);

        ahead += d->significant[at] && d->diff[at].value * sign > 0;
        behind += d->significant[at] && d->diff[at].value * sign < 0;
    }
    pal_text_add(html, " ");
    pal_text_add_escaped(html, d->arm[arm]);
    pal_text_addf(html, " beats ");
    pal_text_add_escaped(html, d->baseline_name);
    pal_text_addf(html, " at %zu of %zu points, loses at %zu; the rest is noise.", ahead, d->n_points, behind);
}

static void add_answer(pal_text *html, const pal_sweep_data *d)
{
    size_t point, arm;
    char a[PAL_SHOWN_MAX], b[PAL_SHOWN_MAX];
    pal_estimate e;

    best_of(&point, &arm, d);
    pal_text_add(html, "<p class=\"answer\">");
    if (point == SIZE_MAX) {
        pal_text_add(html, "The first metric could not be measured at any point.</p>");
        return;
    }
    e = d->value[pal_sweep_at(d, point, arm, 0)];
    pal_text_addf(html, "The best %s is %s %s, of ", d->metric[0], pal_show_fixed(a, e.value, 3),
                  pal_show_interval(b, e.lo, e.hi, 3));
    pal_text_add_escaped(html, d->arm[arm]);
    pal_text_add(html, " at ");
    add_settings(html, d, point);
    pal_text_add(html, " (the best of many flatters itself a little).");
    for (size_t i = 0; i < d->n_arms; i++) {
        if (i != d->baseline) say_leads(html, d, i);
    }
    pal_text_add(html, "</p>");
}

static void add_facts(pal_text *html, const pal_sweep_data *d)
{
    pal_text_add(html, "<h2 id=\"run\">What was run</h2><dl>");
    pal_report_fact(html, "Experiment", pal_look_text(d->run.manifest, "experiment", ""));
    pal_report_fact(html, "Design", d->design);
    pal_report_count(html, "Points", (double)d->n_points);
    pal_report_count(html, "Seeds at each", d->n_seeds);
    pal_report_count(html, "Arms", (double)d->n_arms);
    pal_report_fact(html, "Baseline", d->baseline_name);
    pal_report_fact(html, "Palate", pal_look_text(d->run.manifest, "palate", ""));
    pal_report_fact(html, "Digest", pal_look_text(d->run.manifest, "digest", ""));
    pal_text_add(html, "</dl>");
}

static void add_value(pal_text *html, pal_estimate e, bool sign, const char *mark)
{
    char a[PAL_SHOWN_MAX], key[PAL_NUMBER_MAX] = "";

    if (isfinite(e.value)) pal_format_double(key, e.value);
    pal_text_addf(html, "<td class=\"n\" data-v=\"%s\">%s%s", key,
                  sign ? pal_show_signed(a, e.value, 3) : pal_show_fixed(a, e.value, 3), mark);
    if (isfinite(e.lo) && isfinite(e.hi)) pal_text_addf(html, "<small>%s</small>", pal_show_interval(a, e.lo, e.hi, 3));
    pal_text_add(html, "</td>");
}

static void add_row(pal_text *html, const pal_sweep_data *d, size_t point, size_t arm)
{
    pal_text_addf(html, "<tr><td class=\"n\">%zu</td>", point);
    for (size_t i = 0; i < d->n_axes; i++) {
        pal_text_add(html, "<td class=\"n\">");
        pal_text_add_escaped(html, pal_table_text(d->points, point, i + 1));
        pal_text_add(html, "</td>");
    }
    pal_text_add(html, "<td>");
    pal_text_add_escaped(html, d->arm[arm]);
    pal_text_add(html, "</td>");
    for (size_t m = 0; m < d->n_metrics; m++) {
        size_t at = pal_sweep_at(d, point, arm, m);

        add_value(html, d->value[at], false, "");
        add_value(html, d->diff[at], true, d->significant[at] ? " *" : "");
    }
    pal_text_add(html, "</tr>");
}

static void add_table(pal_text *html, const pal_sweep_data *d)
{
    char a[PAL_SHOWN_MAX];

    pal_text_add(html, "<h2 id=\"table\">All points</h2><div class=\"wide\"><table class=\"sort\"><thead><tr>"
                       "<th class=\"n\">Point</th>");
    for (size_t i = 0; i < d->n_axes; i++) {
        pal_text_add(html, "<th class=\"n\">");
        pal_text_add_escaped(html, d->axis[i].path);
        pal_text_add(html, "</th>");
    }
    pal_text_add(html, "<th>Arm</th>");
    for (size_t m = 0; m < d->n_metrics; m++) {
        pal_text_addf(html, "<th class=\"n\">%s</th><th class=\"n\">difference</th>", d->metric[m]);
    }
    pal_text_add(html, "</tr></thead><tbody>");
    for (size_t p = 0; p < d->n_points; p++) {
        for (size_t i = 0; i < d->n_arms; i++) add_row(html, d, p, i);
    }
    pal_text_addf(html, "</tbody></table></div><p>Intervals are BCa bootstrap intervals over people at %s. "
                        "Differences are to the baseline at the same point, paired over people; a star marks those that "
                        "hold after Holm's correction over all of them.</p>",
                  pal_show_percent(a, d->level, 0));
}

static pal_status add_figures(pal_text *html, const pal_sweep_data *d, pal_glyphs *glyphs, pal_error *err)
{
    pal_status rc = PAL_OK;

    pal_text_add(html, "<h2 id=\"figures\">Figures</h2>");
    for (size_t i = 0; i < N_FIGURES; i++) {
        if (!pal_figure_has_data(figures[i], &d->run)) continue;
        pal_text_addf(html, "<h3 id=\"%s\">%s</h3><figure>", figures[i]->name, figures[i]->heading);
        PAL_TRY(pal_report_drawing(html, figures[i], &d->run, 0, glyphs, err));
        pal_text_addf(html, "<figcaption>%s</figcaption></figure>", figures[i]->caption);
    }
done:
    return rc;
}

static pal_status write_page(const pal_sweep_data *d, const char *dir, pal_file_list *written, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_glyphs glyphs = { 0 };
    pal_text body = { 0 }, html = { 0 };

    pal_text_add(&body, "<main><h1>");
    pal_text_add_escaped(&body, d->name);
    pal_text_add(&body, "</h1><p class=\"purpose\">");
    pal_text_add_escaped(&body, d->purpose);
    pal_text_add(&body, "</p>");
    add_answer(&body, d);
    add_facts(&body, d);
    PAL_TRY(add_figures(&body, d, &glyphs, err));
    add_table(&body, d);
    pal_report_config(&body, pal_json_get(d->run.manifest, "config"));
    PAL_TRY(pal_text_check(&body, err));
    pal_report_head(&html, d->name);
    pal_text_add(&html, "<svg class=\"glyphs\" aria-hidden=\"true\"><defs>");
    pal_glyphs_write(&glyphs, "g", &html);
    pal_text_add(&html, "</defs></svg>\n");
    pal_text_add_bytes(&html, body.bytes, body.n);
    pal_report_tail(&html);
    PAL_TRY(pal_text_check(&html, err));
    PAL_TRY(pal_write_file(dir, "report.html", &html, written, err));
done:
    pal_glyphs_clear(&glyphs);
    pal_text_clear(&body);
    pal_text_clear(&html);
    return rc;
}

pal_status pal_sweep_report_draw(const char *dir, const pal_report_options *options, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_sweep_data *d = NULL;
    char *folder = pal_path_join(dir, "figures");

    if (folder == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory: the path of the figures");
    PAL_TRY(pal_sweep_data_load(&d, dir, err));
    if (options->formats != 0) PAL_TRY(pal_dir_make(folder, err));
    for (size_t i = 0; i < N_FIGURES && options->formats != 0; i++) {
        if (pal_figure_has_data(figures[i], &d->run)) {
            PAL_TRY(pal_report_draw_files(&d->run, figures[i], 0, folder, options, err));
        }
    }
    PAL_TRY(write_page(d, dir, options->written, err));
done:
    pal_sweep_data_free(d);
    pal_free(folder);
    return rc;
}

bool pal_is_sweep(const char *dir)
{
    pal_json_doc *doc = NULL;
    bool is = pal_rundata_load_json(&doc, dir, "manifest.json", NULL) == PAL_OK &&
              strncmp(pal_look_text(pal_json_root(doc), "format", ""), "palate-sweep/", strlen("palate-sweep/")) == 0;

    pal_json_free(doc);
    return is;
}
