/* The page of fitted people. */
#include "plots/fit_report.h"

#include "plots/fit_data.h"
#include "plots/number.h"
#include "plots/read.h"
#include "plots/report_parts.h"
#include "plots/run_parts.h"

#include <math.h>
#include <stdio.h>

#define LEAST_PART 0.2 /* of a flat direction that is worth naming */

/* ---- the answer ---- */

/* The moment that is farthest from its target after the fit, as a share of it; NULL when all are met. */
static const pal_fitted_moment *farthest(const pal_fitted_data *d)
{
    const pal_fitted_moment *worst = NULL;
    double most = 0;

    for (size_t k = 0; k < d->n; k++) {
        const pal_fitted_moment *m = &d->moment[k];
        const double share = fabs(m->after - m->real.value) / fabs(m->real.value);

        if (fabs(m->off_after.value) > 2 && isfinite(share) && share > most) {
            most = share;
            worst = m;
        }
    }
    return worst;
}

static void write_answer(pal_text *text, const pal_fitted_data *d)
{
    const pal_fitted_moment *worst = farthest(d);
    char a[PAL_SHOWN_MAX], b[PAL_SHOWN_MAX];
    size_t told = 0;

    pal_text_addf(text, "Of %zu statistics, %zu lie within two standard errors of their targets in worlds the search has not met; "
                        "before the fit %zu did.", d->n, pal_fitted_met(d, true), pal_fitted_met(d, false));
    if (worst != NULL) {
        pal_text_addf(text, " Farthest off, as a share of the target: %s, %s instead of %s.", worst->name,
                      pal_show_fixed(a, worst->after, 3), pal_show_fixed(b, worst->real.value, 3));
    }
    for (size_t k = 0; k < d->n_params; k++) told += d->param[k].identified;
    pal_text_addf(text, " The statistics tell %zu of %zu parameters.", told, d->n_params);
}

/* ---- chapters ---- */

static void add_facts(pal_text *html, const pal_json *manifest)
{
    char number[PAL_SHOWN_MAX];

    pal_text_add(html, "<h2 id=\"run\">What was fitted</h2><dl>");
    pal_report_fact(html, "Data", pal_look_text(manifest, "data", ""));
    pal_report_fact(html, "Source", pal_look_text(manifest, "source", ""));
    pal_report_fact(html, "Digest of the data", pal_look_text(manifest, "data_digest", ""));
    pal_report_fact(html, "Experiment", pal_look_text(manifest, "base", ""));
    pal_report_fact(html, "Stage that people met", pal_look_text(manifest, "stage", ""));
    pal_report_count(html, "Rounds", pal_look_number(manifest, "rounds"));
    pal_report_count(html, "Slots", pal_look_number(manifest, "slots"));
    pal_report_count(html, "Items", pal_look_number(manifest, "items"));
    pal_report_count(html, "People", pal_look_number(manifest, "people"));
    pal_report_fact(html, "An item counts once it was", pal_look_text(manifest, "as", ""));
    pal_report_count(html, "Worlds of the search", pal_look_number(manifest, "worlds"));
    pal_report_count(html, "Points simulated", pal_look_number(manifest, "evaluations"));
    pal_report_count(html, "Fresh worlds", pal_look_number(manifest, "fresh_worlds"));
    pal_report_fact(html, "Misfit before", pal_show_fixed(number, pal_look_number(manifest, "misfit_before"), 2));
    pal_report_fact(html, "Misfit after", pal_show_fixed(number, pal_look_number(manifest, "misfit_after"), 2));
    pal_report_fact(html, "Seed", pal_look_text(manifest, "seed", ""));
    pal_report_fact(html, "Palate", pal_look_text(manifest, "palate", ""));
    pal_text_add(html, "</dl>");
}

static void add_number(pal_text *html, double value, int decimals, bool sign)
{
    pal_report_value(html, (pal_estimate){ value, NAN, NAN, 0 }, decimals, sign, "");
}

static void add_moments(pal_text *html, const pal_fitted_data *d)
{
    pal_text_add(html, "<h2 id=\"moments\">All statistics</h2>");
    pal_report_table_begin(html);
    pal_report_column(html, "Statistic", false);
    pal_report_column(html, "Meaning", false);
    pal_report_column(html, "Target", true);
    pal_report_column(html, "Before", true);
    pal_report_column(html, "After", true);
    pal_report_column(html, "Off before, se", true);
    pal_report_column(html, "Off after, se", true);
    pal_report_table_rows(html);
    for (size_t k = 0; k < d->n; k++) {
        const pal_fitted_moment *m = &d->moment[k];

        pal_text_add(html, "<tr>");
        pal_report_word(html, m->name);
        pal_report_word(html, m->meaning);
        pal_report_value(html, m->real, 3, false, "");
        add_number(html, m->before, 3, false);
        add_number(html, m->after, 3, false);
        add_number(html, m->off_before.value, 1, true);
        add_number(html, m->off_after.value, 1, true);
        pal_text_add(html, "</tr>");
    }
    pal_report_table_end(html);
    pal_text_add(html, "<p>Simulated values are means over fresh worlds. The misfit is the sum of their squared distances, each by "
                       "the target\xe2\x80\x99s standard error and the tolerance: a target need not be met closer than a small "
                       "share of its value.</p>");
}

static void add_params(pal_text *html, const pal_fitted_data *d)
{
    pal_text_add(html, "<h2 id=\"parameters\">All parameters</h2>");
    pal_report_table_begin(html);
    pal_report_column(html, "Parameter", false);
    pal_report_column(html, "Before", true);
    pal_report_column(html, "Fitted", true);
    pal_report_column(html, "Standard error", true);
    pal_report_column(html, "Searched from", true);
    pal_report_column(html, "to", true);
    pal_report_column(html, "Identified", false);
    pal_report_table_rows(html);
    for (size_t k = 0; k < d->n_params; k++) {
        const pal_fitted_param *p = &d->param[k];

        pal_text_add(html, "<tr>");
        pal_report_word(html, p->path);
        add_number(html, p->start, 4, false);
        add_number(html, p->value, 4, false);
        add_number(html, p->se, 4, false);
        add_number(html, p->lo, 2, false);
        add_number(html, p->hi, 2, false);
        pal_report_word(html, p->at_edge ? p->identified ? "yes; at an end of its range" : "no; at an end of its range"
                              : p->identified ? "yes" : "no");
        pal_text_add(html, "</tr>");
    }
    pal_report_table_end(html);
}

/* Directions in which parameters can move together without the statistics noticing. */
static void add_flat(pal_text *html, const pal_fitted_data *d)
{
    const pal_json *list = pal_look_array(d->run.manifest, "flat_directions");
    char part[PAL_SHOWN_MAX];

    if (pal_look_size(list) == 0) return;
    pal_text_add(html, "<h3 id=\"flat\">What the statistics leave open</h3><p>Parameters that can move together along a line, in shares "
                       "of their ranges, without the statistics telling where:</p><ul>");
    for (size_t i = 0; i < pal_look_size(list); i++) {
        pal_text_add(html, "<li>");
        for (size_t k = 0; k < d->n_params; k++) {
            const double share = pal_look_number(pal_json_at(list, i), d->param[k].path);

            if (!(fabs(share) >= LEAST_PART)) continue;
            pal_text_addf(html, "%s ", pal_show_signed(part, share, 2));
            pal_text_add_escaped(html, d->param[k].path);
            pal_text_add(html, " ");
        }
        pal_text_add(html, "</li>");
    }
    pal_text_add(html, "</ul>");
}

/* ---- the whole page ---- */

static const pal_figure *figure_at(size_t i)
{
    static const pal_figure *const figures[] = { &pal_fig_fit_moments, &pal_fig_fit_params };

    return i < sizeof figures / sizeof figures[0] ? figures[i] : NULL;
}

static pal_status write_body(pal_text *html, const pal_rundata *run, pal_glyphs *glyphs, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_fitted_data *d = pal_fitted_of(run);
    pal_text answer = { 0 };

    write_answer(&answer, d);
    PAL_TRY(pal_text_check(&answer, err));
    pal_report_opening(html, "Fitted people", run->name, answer.bytes);
    add_facts(html, run->manifest);
    PAL_TRY(pal_report_figures(html, run, figure_at, glyphs, err));
    add_moments(html, d);
    add_params(html, d);
    add_flat(html, d);
    pal_report_files(html, pal_look_array(run->manifest, "files"));
    pal_report_config(html, pal_json_get(run->manifest, "base_experiment"));
done:
    pal_text_clear(&answer);
    return rc;
}

pal_status pal_fit_report_draw(const char *dir, const pal_report_options *options, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_fitted_data *d = NULL;
    pal_report report;

    PAL_TRY(pal_fitted_data_load(&d, dir, err));
    report = (pal_report){ .title = "Fitted people", .run = &d->run, .figure_at = figure_at, .body = write_body };
    PAL_TRY(pal_report_publish(&report, dir, options, err));
done:
    pal_fitted_data_free(d);
    return rc;
}

bool pal_is_fit(const char *dir)
{
    return pal_rundata_is(dir, "palate-fit-people/");
}
