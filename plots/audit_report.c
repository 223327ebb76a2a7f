/* The page of an audit. */
#include "plots/audit_report.h"

#include "plots/audit_data.h"
#include "plots/number.h"
#include "plots/read.h"
#include "plots/report_parts.h"
#include "plots/report_words.h"
#include "plots/run_parts.h"

#include <math.h>
#include <string.h>

/* ---- the answer ---- */

/* The protocol of the highest (sign 1) or lowest (-1) mean tau, by the first metric over all logs. */
static const pal_audit_row_data *extreme(const pal_audit_data *d, double sign)
{
    const pal_audit_row_data *best = NULL;

    for (size_t s = 0; s < d->splits.n; s++) {
        for (size_t v = 0; v < d->views.n; v++) {
            const pal_audit_row_data *r = pal_audit_find(d, SIZE_MAX, s, v, true);

            if (r == NULL || isnan(r->tau.value)) continue;
            if (best == NULL || sign * r->tau.value > sign * best->tau.value) best = r;
        }
    }
    return best;
}

static size_t best_model(const pal_audit_data *d)
{
    size_t best = 0;

    for (size_t m = 1; m < d->models.n; m++) {
        if (d->online[m].value > d->online[best].value) best = m;
    }
    return best;
}

static void say_protocol(pal_text *text, const pal_audit_data *d, const pal_audit_row_data *r)
{
    char a[PAL_SHOWN_MAX], b[PAL_SHOWN_MAX];

    pal_text_addf(text, "\xe2\x80\x9c%s, %s\xe2\x80\x9d (\xcf\x84 ", d->splits.label[r->split],
                  d->views.label[r->view]);
    pal_say_estimate(text, r->tau);
    pal_text_addf(text, "; it picks the best model in %s of worlds and logs and costs %s likes a round)",
                  pal_show_percent(a, r->picked.value, 0), pal_show_fixed(b, r->regret.value, 3));
}

/* Log by log: what one log makes look good another one may not. */
static void say_tilt(pal_text *text, const pal_audit_data *d)
{
    size_t popular = 0, rare = 0, n = 0;

    for (size_t i = 0; i < d->n_rows; i++) {
        const pal_audit_row_data *r = &d->row[i];

        if (r->log == d->logs.n || r->metric != 0 || !r->online || isnan(r->tilt.lo)) continue;
        n++;
        popular += r->tilt.lo > 0;
        rare += r->tilt.hi < 0;
    }
    if (n == 0) return;
    pal_text_addf(text, " Of %zu protocols on a log %zu favour models of popular lists and %zu disfavour them.", n, popular, rare);
}

static void write_answer(pal_text *text, const pal_audit_data *d)
{
    const pal_audit_row_data *best = extreme(d, 1), *worst = extreme(d, -1);
    const size_t m = best_model(d);

    pal_text_addf(text, "Served to the same people with the same luck, %s earns the most: ", d->models.label[m]);
    pal_say_estimate(text, d->online[m]);
    pal_text_add(text, " expected likes a person and round, over worlds and logs.");
    if (best == NULL) {
        pal_text_add(text, " No protocol could order the models.");
        return;
    }
    pal_text_addf(text, " By %s the order closest to the truth comes from ", d->metrics.label[0]);
    say_protocol(text, d, best);
    if (worst != best) {
        pal_text_add(text, ", the furthest from ");
        say_protocol(text, d, worst);
    }
    pal_text_add(text, ".");
    say_tilt(text, d);
}

/* ---- chapters ---- */

static void add_facts(pal_text *html, const pal_audit_data *d)
{
    const pal_json *root = d->run.manifest;

    pal_text_add(html, "<h2 id=\"run\">What was run</h2><dl>");
    pal_report_fact(html, "Experiment", pal_look_text(root, "experiment", ""));
    pal_report_count(html, "Worlds", d->worlds);
    pal_report_count(html, "People", d->people);
    pal_report_count(html, "Items", d->items);
    pal_report_count(html, "Rounds of a log", pal_look_number(root, "log_rounds"));
    pal_report_count(html, "Rounds served by each model", pal_look_number(pal_look_object(root, "settings"), "serve_rounds"));
    pal_report_count(html, "Models fitted", pal_look_number(root, "fits"));
    pal_report_fact(html, "Palate", pal_look_text(root, "palate", ""));
    pal_report_fact(html, "Digest", pal_look_text(root, "digest", ""));
    pal_text_add(html, "</dl>");
}

static void add_logs(pal_text *html, const pal_audit_data *d)
{
    const pal_json *array = pal_look_array(d->run.manifest, "logging");
    char a[PAL_SHOWN_MAX];

    pal_text_add(html, "<h2 id=\"logs\">The logs</h2>");
    pal_report_table_begin(html);
    pal_report_column(html, "Logging policy", false);
    pal_report_column(html, "Impressions", true);
    pal_report_column(html, "Likes", true);
    pal_report_table_rows(html);
    for (size_t l = 0; l < d->logs.n; l++) {
        const pal_json *one = pal_json_at(array, l);
        const double shown = pal_look_number(one, "impressions"), likes = pal_look_number(one, "likes");

        pal_text_add(html, "<tr>");
        pal_report_word(html, d->logs.label[l]);
        pal_text_addf(html, "<td class=\"n\" data-v=\"%.1f\">%s</td>", shown, pal_show_count(a, shown));
        pal_text_addf(html, "<td class=\"n\" data-v=\"%.1f\">%s</td></tr>", likes, pal_show_count(a, likes));
    }
    pal_report_table_end(html);
    pal_text_add(html, "<p class=\"note\">Means over worlds.</p>");
}

static void add_truth(pal_text *html, const pal_audit_data *d)
{
    char a[PAL_SHOWN_MAX], b[PAL_SHOWN_MAX];

    pal_text_add(html, "<h2 id=\"truth\">The truth</h2>");
    pal_report_table_begin(html);
    pal_report_column(html, "Model", false);
    pal_report_column(html, "Expected likes, served", true);
    pal_report_column(html, "Place", true);
    pal_report_column(html, "Mean P(like) of the list", true);
    pal_report_column(html, "Popularity of the list", true);
    pal_report_table_rows(html);
    for (size_t m = 0; m < d->models.n; m++) {
        pal_text_add(html, "<tr>");
        pal_report_word(html, d->models.label[m]);
        pal_report_value(html, d->online[m], 3, false, "");
        pal_report_value(html, d->online_rank[m], 2, false, "");
        pal_report_value(html, d->known[m], 3, false, "");
        pal_report_value(html, d->popularity[m], 2, false, "");
        pal_text_add(html, "</tr>");
    }
    pal_report_table_end(html);
    pal_text_addf(html, "<p class=\"note\">Models fitted to the whole log; %s intervals over %s worlds, logs averaged. Popularity: "
                        "likes of the list\xe2\x80\x99s items in the log over those of the mean item.</p>",
                  pal_show_percent(a, d->level, 0), pal_show_count(b, d->worlds));
}

static void add_share(pal_text *html, pal_estimate e)
{
    char a[PAL_SHOWN_MAX], b[PAL_SHOWN_MAX];

    if (isnan(e.value)) {
        pal_text_add(html, "<td class=\"n\">\xe2\x80\x93</td>");
        return;
    }
    pal_text_addf(html, "<td class=\"n\" data-v=\"%.6f\">%s", e.value, pal_show_percent(a, e.value, 0));
    if (!isnan(e.lo)) pal_text_addf(html, "<small>%s to %s</small>", pal_show_percent(a, e.lo, 0), pal_show_percent(b, e.hi, 0));
    pal_text_add(html, "</td>");
}

static void add_row(pal_text *html, const pal_audit_data *d, const pal_audit_row_data *r)
{
    pal_text_add(html, "<tr>");
    pal_report_word(html, d->splits.label[r->split]);
    pal_report_word(html, d->views.label[r->view]);
    pal_report_word(html, d->metrics.label[r->metric]);
    pal_report_value(html, r->tau, 2, true, "");
    add_share(html, r->reversed);
    add_share(html, r->picked);
    pal_report_value(html, r->regret, 3, false, "");
    pal_report_value(html, r->tilt, 2, true, "");
    pal_report_value(html, r->bias, 3, true, "");
    pal_text_add(html, "</tr>");
}

/* All logs together, against what serving earns: the other rows stand in protocols.csv. */
static void add_protocols(pal_text *html, const pal_audit_data *d)
{
    static const char *const heads[] = { "Split", "Candidates and labels", "Metric", "\xcf\x84", "Pairs reversed", "Picks the best",
                                         "Regret", "Tilt", "Bias" };

    pal_text_add(html, "<h2 id=\"table\">All protocols</h2>");
    pal_report_table_begin(html);
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) pal_report_column(html, heads[i], i > 2);
    pal_report_table_rows(html);
    for (size_t i = 0; i < d->n_rows; i++) {
        if (d->row[i].log == d->logs.n && d->row[i].online) add_row(html, d, &d->row[i]);
    }
    pal_report_table_end(html);
    pal_text_add(html, "<p class=\"note\">Against what serving earns, logs averaged in each world; protocols.csv has every log by "
                       "itself, and the same against the known chances.</p>");
}

static void add_metrics(pal_text *html, const pal_audit_data *d)
{
    const pal_json *array = pal_look_array(d->run.manifest, "metrics");

    pal_text_add(html, "<h2 id=\"metrics\">Metrics</h2>");
    pal_report_table_begin(html);
    pal_report_column(html, "Metric", false);
    pal_report_column(html, "Estimated from the log", false);
    pal_report_column(html, "Its truth", false);
    pal_report_table_rows(html);
    for (size_t m = 0; m < d->metrics.n; m++) {
        pal_text_add(html, "<tr>");
        pal_report_word(html, d->metrics.name[m]);
        pal_report_word(html, pal_look_text(pal_json_at(array, m), "meaning", ""));
        pal_report_word(html, pal_look_text(pal_json_at(array, m), "truth", ""));
        pal_text_add(html, "</tr>");
    }
    pal_report_table_end(html);
}

static void add_terms(pal_text *html)
{
    static const char *const terms[][2] = {
        { "Protocol", "A split of the log\xe2\x80\x99s impressions, what a held-out like stands against, and what a like weighs." },
        { "Full", "All items that were not shown to the person in the training part." },
        { "Uniform, popular", "That many of them, drawn with replacement: all alike, or by their likes." },
        { "Exposed", "Only what the log shows in the held-out part: likes against what was shown and not liked." },
        { "Corrected", "The full metric estimated from the sample by least squares (Krichene and Rendle 2020)." },
        { "IPS", "A like weighs one over its logged propensity times the share of looks at its slot, self-normalised within a "
                 "person (Swaminathan and Joachims 2015); likes@k: impressions as draws without replacement (Des Raj 1956)." },
        { "By popularity", "A like of an item with n training likes weighs (1 + n) to a negative power (Steck 2011)." },
        { "\xcf\x84", "Kendall\xe2\x80\x99s tau-b between estimates and true values of the models." },
        { "Regret", "True value of the best model minus that of the one the protocol puts first." },
        { "Tilt", "Correlation over models of the estimate with the popularity of the lists, minus that of the truth with it." },
        { "Bias", "Estimate minus the truth of the same fitted model and metric, over models; where both have one scale." },
    };

    pal_text_add(html, "<h2 id=\"terms\">Terms</h2><dl>");
    for (size_t i = 0; i < sizeof terms / sizeof terms[0]; i++) {
        pal_text_addf(html, "<dt>%s</dt><dd>%s</dd>", terms[i][0], terms[i][1]);
    }
    pal_text_add(html, "</dl>");
}

/* ---- the whole page ---- */

static const pal_figure *figure_at(size_t i)
{
    static const pal_figure *const figures[] = { &pal_fig_audit_order, &pal_fig_audit_agreement, &pal_fig_audit_sampled,
                                                 &pal_fig_audit_popularity };

    return i < sizeof figures / sizeof figures[0] ? figures[i] : NULL;
}

static pal_status write_body(pal_text *html, const pal_rundata *run, pal_glyphs *glyphs, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_audit_data *d = pal_audit_of(run);
    pal_text answer = { 0 };

    write_answer(&answer, d);
    PAL_TRY(pal_text_check(&answer, err));
    pal_report_opening(html, run->name, run->purpose, answer.bytes);
    add_facts(html, d);
    add_logs(html, d);
    add_truth(html, d);
    PAL_TRY(pal_report_figures(html, run, figure_at, glyphs, err));
    add_protocols(html, d);
    add_metrics(html, d);
    add_terms(html);
    pal_report_files(html, pal_look_array(run->manifest, "files"));
    pal_report_config(html, pal_json_get(run->manifest, "config"));
done:
    pal_text_clear(&answer);
    return rc;
}

pal_status pal_audit_report_draw(const char *dir, const pal_report_options *options, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_audit_data *d = NULL;
    pal_report report;

    PAL_TRY(pal_audit_data_load(&d, dir, err));
    report = (pal_report){ .title = d->run.name, .run = &d->run, .figure_at = figure_at, .body = write_body };
    PAL_TRY(pal_report_publish(&report, dir, options, err));
done:
    pal_audit_data_free(d);
    return rc;
}

pal_status pal_audit_report_answer(pal_text *text, const char *dir, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_audit_data *d = NULL;

    PAL_TRY(pal_audit_data_load(&d, dir, err));
    write_answer(text, d);
    PAL_TRY(pal_text_check(text, err));
done:
    pal_audit_data_free(d);
    return rc;
}

bool pal_is_audit(const char *dir)
{
    pal_json_doc *doc = NULL;
    bool is = pal_rundata_load_json(&doc, dir, "manifest.json", NULL) == PAL_OK &&
              strncmp(pal_look_text(pal_json_root(doc), "format", ""), "palate-audit/", strlen("palate-audit/")) == 0;

    pal_json_free(doc);
    return is;
}
