/* The page of a sweep. */
#include "plots/sweep_report.h"

#include "plots/number.h"
#include "plots/read.h"
#include "plots/report_parts.h"
#include "plots/report_words.h"
#include "plots/run_parts.h"
#include "plots/sweep_data.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* "people.n = 40, rounds = 6" */
static void add_settings(pal_text *text, const pal_sweep_data *d, size_t point)
{
    for (size_t i = 0; i < d->n_axes; i++) {
        pal_text_addf(text, "%s%s = %s", i == 0 ? "" : ", ", d->axis[i].path, pal_table_text(d->points, point, i + 1));
    }
}

/* Is this an oracle of the experiment that was varied? What it earns is a bound, nobody's success. */
static bool knows_truth(const pal_sweep_data *d, size_t arm)
{
    const pal_json *arms = pal_look_array(pal_look_object(d->run.manifest, "base"), "arms");

    for (size_t a = 0; a < pal_look_size(arms); a++) {
        if (strcmp(pal_look_text(pal_json_at(arms, a), "name", ""), d->arm[arm]) == 0) {
            return strcmp(pal_look_text(pal_json_at(arms, a), "stage", ""), "oracle") == 0;
        }
    }
    return false;
}

/* The point and arm, but an oracle, with the best value of the first metric. */
static void best_of(size_t *point, size_t *arm, const pal_sweep_data *d)
{
    double sign = d->better[0] < 0 ? -1 : 1, best = -INFINITY;

    *point = SIZE_MAX;
    *arm = 0;
    for (size_t p = 0; p < d->n_points; p++) {
        for (size_t a = 0; a < d->n_arms; a++) {
            double value = sign * d->value[pal_sweep_at(d, p, a, 0)].value;

            if (value > best && !knows_truth(d, a)) {
                best = value;
                *point = p;
                *arm = a;
            }
        }
    }
}

static void say_leads(pal_text *text, const pal_sweep_data *d, size_t arm)
{
    size_t ahead = 0, behind = 0, noise;
    double sign = d->better[0] < 0 ? -1 : 1;

    for (size_t p = 0; p < d->n_points; p++) {
        size_t at = pal_sweep_at(d, p, arm, 0);

        ahead += d->significant[at] && d->diff[at].value * sign > 0;
        behind += d->significant[at] && d->diff[at].value * sign < 0;
    }
    noise = d->n_points - ahead - behind;
    if (ahead + behind == 0) {
        pal_text_addf(text, " %s cannot be told from %s at any point.", d->arm[arm], d->baseline_name);
        return;
    }
    pal_text_addf(text, " %s %s %s at %zu of %zu %s", d->arm[arm], ahead > 0 ? "beats" : "loses to", d->baseline_name,
                  ahead > 0 ? ahead : behind, d->n_points, d->n_points == 1 ? "point" : "points");
    if (ahead > 0 && behind > 0) {
        pal_text_addf(text, " and loses at %zu", behind);
    }
    if (noise > 0) {
        pal_text_addf(text, "; at %zu the two cannot be told apart", noise);
    }
    pal_text_add(text, ".");
}

static void write_answer(pal_text *text, const pal_sweep_data *d)
{
    size_t point, arm;

    best_of(&point, &arm, d);
    if (point == SIZE_MAX) {
        pal_text_add(text, "The first metric could not be measured at any point.");
        return;
    }
    pal_text_addf(text, "The best %s is ", d->metric[0]);
    pal_say_estimate(text, d->value[pal_sweep_at(d, point, arm, 0)]);
    pal_text_addf(text, ", of %s at ", d->arm[arm]);
    add_settings(text, d, point);
    pal_text_add(text, d->n_points > 1 ? " (the best of many flatters itself a little)." : ".");
    for (size_t i = 0; i < d->n_arms; i++) {
        if (i != d->baseline) say_leads(text, d, i);
    }
    if (d->n_arms > 1) {
        pal_text_addf(text, " All this in %s, after Holm\xe2\x80\x99s correction over all differences of the table.",
                      d->metric[0]);
    }
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

static void add_row(pal_text *html, const pal_sweep_data *d, size_t point, size_t arm)
{
    pal_text_addf(html, "<tr><td class=\"n\">%zu</td>", point);
    for (size_t i = 0; i < d->n_axes; i++) {
        pal_text_add(html, "<td class=\"n\">");
        pal_text_add_escaped(html, pal_table_text(d->points, point, i + 1));
        pal_text_add(html, "</td>");
    }
    pal_report_word(html, d->arm[arm]);
    for (size_t m = 0; m < d->n_metrics; m++) {
        size_t at = pal_sweep_at(d, point, arm, m);

        pal_report_value(html, d->value[at], 3, false, "");
        pal_report_value(html, d->diff[at], 3, true,
                         d->significant[at] ? pal_report_mark(d->diff[at].value, (int)d->better[m]) : "");
    }
    pal_text_add(html, "</tr>");
}

static void add_table(pal_text *html, const pal_sweep_data *d)
{
    char a[PAL_SHOWN_MAX];

    pal_text_add(html, "<h2 id=\"table\">All points</h2>");
    pal_report_table_begin(html);
    pal_report_column(html, "Point", true);
    for (size_t i = 0; i < d->n_axes; i++) pal_report_column(html, d->axis[i].path, true);
    pal_report_column(html, "Arm", false);
    for (size_t m = 0; m < d->n_metrics; m++) {
        pal_report_column(html, d->metric[m], true);
        pal_report_column(html, "difference", true);
    }
    pal_report_table_rows(html);
    for (size_t p = 0; p < d->n_points; p++) {
        for (size_t i = 0; i < d->n_arms; i++) add_row(html, d, p, i);
    }
    pal_text_addf(html, "</tbody></table></div><p class=\"note\">Intervals are BCa bootstrap intervals over people at %s. "
                        "Differences are to the baseline at the same point, paired over people; "
                        "\xe2\x96\xb2 and \xe2\x96\xbc mark those that hold after Holm\xe2\x80\x99s correction over all of "
                        "them: green is better, orange worse.</p>",
                  pal_show_percent(a, d->level, 0));
}

static const pal_figure *figure_at(size_t i)
{
    static const pal_figure *const figures[] = { &pal_fig_sweep, &pal_fig_sweep_map };

    return i < sizeof figures / sizeof figures[0] ? figures[i] : NULL;
}

static pal_status write_body(pal_text *html, const pal_rundata *run, pal_glyphs *glyphs, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_sweep_data *d = (const pal_sweep_data *)(const void *)run;
    pal_text answer = { 0 };

    write_answer(&answer, d);
    PAL_TRY(pal_text_check(&answer, err));
    pal_report_opening(html, d->name, d->purpose, answer.bytes);
    add_facts(html, d);
    PAL_TRY(pal_report_figures(html, run, figure_at, glyphs, err));
    add_table(html, d);
    pal_report_config(html, pal_json_get(run->manifest, "config"));
done:
    pal_text_clear(&answer);
    return rc;
}

pal_status pal_sweep_report_draw(const char *dir, const pal_report_options *options, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_sweep_data *d = NULL;
    pal_report report;

    PAL_TRY(pal_sweep_data_load(&d, dir, err));
    report = (pal_report){ .title = d->name, .run = &d->run, .figure_at = figure_at, .body = write_body };
    PAL_TRY(pal_report_publish(&report, dir, options, err));
done:
    pal_sweep_data_free(d);
    return rc;
}

pal_status pal_sweep_report_answer(pal_text *text, const char *dir, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_sweep_data *d = NULL;

    PAL_TRY(pal_sweep_data_load(&d, dir, err));
    write_answer(text, d);
    PAL_TRY(pal_text_check(text, err));
done:
    pal_sweep_data_free(d);
    return rc;
}

bool pal_is_sweep(const char *dir)
{
    return pal_rundata_is(dir, "palate-sweep/");
}
