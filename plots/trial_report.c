/* The page of a trial. */
#include "plots/trial_report.h"

#include "plots/number.h"
#include "plots/read.h"
#include "plots/report_parts.h"
#include "plots/report_words.h"
#include "plots/run_parts.h"
#include "plots/trial_data.h"

#include <math.h>
#include <string.h>

/* ---- the answer ---- */

static void say_truth(pal_text *text, const pal_trial_data *d)
{
    const pal_trial_metric_data *m = &d->metric[0];
    char a[PAL_SHOWN_MAX], b[PAL_SHOWN_MAX];

    pal_text_addf(text, "Launching %s to everybody instead of %s changes %s from %s to %s: by ", d->treatment, d->control,
                  m->meaning, pal_show_fixed(a, m->control, 3), pal_show_fixed(b, m->treatment, 3));
    pal_say_estimate(text, m->truth);
    pal_text_add(text, ".");
}

/* Mean and bias of the plain test with one kind of feedback. A bias within two of its errors is called none. */
static void say_test(pal_text *text, const pal_trial_data *d, const char *feedback, const char *words)
{
    const pal_trial_method_data *m = pal_trial_find(d, 0, "ab", feedback);
    double bias, error;
    char a[PAL_SHOWN_MAX], b[PAL_SHOWN_MAX];

    if (m == NULL || !isfinite(m->mean)) return;
    bias = isfinite(m->interference_se) ? m->interference : m->bias;
    error = isfinite(m->interference_se) ? m->interference_se : m->bias_se;
    pal_text_addf(text, " %s finds %s on average", words, pal_show_signed(a, m->mean, 3));
    if (!(error > 0)) {
        pal_text_add(text, ".");
    } else if (fabs(bias) < 2 * error) {
        pal_text_addf(text, "; no bias can be told from chance (%s \xc2\xb1 %s).", pal_show_signed(a, bias, 3),
                      pal_show_fixed(b, error, 3));
    } else {
        pal_text_addf(text, ", %s \xc2\xb1 %s off by being a test%s.", pal_show_signed(a, bias, 3), pal_show_fixed(b, error, 3),
                      bias * d->metric[0].truth.value < 0 ? ", too little" : ", too much");
    }
}

static void say_needed(pal_text *text, const pal_trial_data *d)
{
    static const struct { const char *method, *feedback, *words; } rows[] = {
        { "paired", "isolated", "people paired with themselves under the same luck" },
        { "cuped", "isolated", "in an A/B test with CUPED" },
        { "ab", "isolated", "in a plain A/B test" }, { "interleaved", "shared", "by interleaving" },
    };
    char a[PAL_SHOWN_MAX], p[PAL_SHOWN_MAX];
    size_t n = 0;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const pal_trial_method_data *m = pal_trial_find(d, 0, rows[i].method, rows[i].feedback);

        if (m == NULL || !(m->needed.value > 0)) continue;
        pal_text_addf(text, n++ == 0 ? " Finding it with power %s takes " : ", ", pal_show_percent(p, d->power, 0));
        pal_text_addf(text, "%s %s", pal_show_count(a, m->needed.value), rows[i].words);
    }
    if (n > 0) pal_text_add(text, ".");
}

static void write_answer(pal_text *text, const pal_trial_data *d)
{
    say_truth(text, d);
    say_test(text, d, "isolated", "An A/B test in which the arms cannot touch each other");
    say_test(text, d, "own", "One in which each arm learns from its own people");
    say_test(text, d, "shared", "One in which both arms learn from everybody");
    say_needed(text, d);
}

/* ---- chapters ---- */

static void add_facts(pal_text *html, const pal_trial_data *d)
{
    pal_text_add(html, "<h2 id=\"run\">What was run</h2><dl>");
    pal_report_fact(html, "Experiment", pal_look_text(d->run.manifest, "experiment", ""));
    pal_report_fact(html, "Control", d->control);
    pal_report_fact(html, "Treatment", d->treatment);
    pal_report_count(html, "People", d->people);
    pal_report_count(html, "Rounds", d->rounds);
    pal_report_count(html, "Rounds before the arms part", d->pre_rounds);
    if (pal_look_number(d->run.manifest, "slots_control") > 0) {
        pal_report_count(html, "Interleaved slots of the control", pal_look_number(d->run.manifest, "slots_control"));
        pal_report_count(html, "Interleaved slots of the treatment", pal_look_number(d->run.manifest, "slots_treatment"));
    }
    pal_report_fact(html, "Palate", pal_look_text(d->run.manifest, "palate", ""));
    pal_report_fact(html, "Digest", pal_look_text(d->run.manifest, "digest", ""));
    pal_text_add(html, "</dl>");
}

static void add_truth(pal_text *html, const pal_trial_data *d)
{
    char a[PAL_SHOWN_MAX];

    pal_text_add(html, "<h2 id=\"truth\">The truth</h2>");
    pal_report_table_begin(html);
    pal_report_column(html, "Metric", false);
    pal_report_column(html, d->control, true);
    pal_report_column(html, d->treatment, true);
    pal_report_column(html, "Effect of launching", true);
    pal_report_column(html, "Correlation", true);
    pal_report_table_rows(html);
    for (size_t m = 0; m < d->n_metrics; m++) {
        const pal_trial_metric_data *t = &d->metric[m];

        pal_text_add(html, "<tr>");
        pal_report_word(html, t->name);
        pal_report_value(html, (pal_estimate){ t->control, NAN, NAN, 0 }, 3, false, "");
        pal_report_value(html, (pal_estimate){ t->treatment, NAN, NAN, 0 }, 3, false, "");
        pal_report_value(html, t->truth, 3, true, t->p <= 1 - d->level ? pal_report_mark(t->truth.value, (int)t->better) : "");
        pal_report_value(html, (pal_estimate){ t->correlation, NAN, NAN, 0 }, 2, false, "");
        pal_text_add(html, "</tr>");
    }
    pal_report_table_end(html);
    pal_text_addf(html, "<p class=\"note\">Everybody in the control and everybody in the treatment, each person with the same "
                        "luck in both; means over people a round, t intervals at %s over people. Correlation: of a "
                        "person\xe2\x80\x99s two outcomes.</p>",
                  pal_show_percent(a, d->level, 0));
}

static void add_share(pal_text *html, pal_estimate e)
{
    char a[PAL_SHOWN_MAX], b[PAL_SHOWN_MAX];

    if (!isfinite(e.value)) {
        pal_text_add(html, "<td class=\"n\">\xe2\x80\x93</td>");
        return;
    }
    pal_text_addf(html, "<td class=\"n\" data-v=\"%.6f\">%s", e.value, pal_show_percent(a, e.value, 0));
    pal_text_addf(html, "<small>%s to %s</small></td>", pal_show_percent(a, e.lo, 0), pal_show_percent(b, e.hi, 0));
}

/* A number with its standard error below. */
static void add_error(pal_text *html, double value, double error)
{
    char a[PAL_SHOWN_MAX];

    if (!isfinite(value)) {
        pal_text_add(html, "<td class=\"n\">\xe2\x80\x93</td>");
        return;
    }
    pal_text_addf(html, "<td class=\"n\" data-v=\"%.9f\">%s", value, pal_show_signed(a, value, 4));
    if (isfinite(error)) pal_text_addf(html, "<small>\xc2\xb1 %s</small>", pal_show_fixed(a, error, 4));
    pal_text_add(html, "</td>");
}

static void add_count(pal_text *html, double value)
{
    char a[PAL_SHOWN_MAX];

    pal_text_addf(html, "<td class=\"n\" data-v=\"%.1f\">%s</td>", isfinite(value) ? value : -1, pal_show_count(a, value));
}

static void add_method(pal_text *html, const pal_trial_data *d, const pal_trial_method_data *m)
{
    pal_estimate needed = m->needed;
    char a[PAL_SHOWN_MAX];

    pal_text_add(html, "<tr>");
    pal_report_word(html, d->metric[m->metric].name);
    pal_report_word(html, m->label);
    pal_report_word(html, m->feedback);
    add_count(html, m->repeats);
    pal_report_value(html, (pal_estimate){ m->mean, NAN, NAN, 0 }, 4, true, "");
    add_error(html, m->bias, m->bias_se);
    add_error(html, m->interference, m->interference_se);
    pal_report_value(html, (pal_estimate){ m->sd, NAN, NAN, 0 }, 4, false, "");
    pal_report_value(html, (pal_estimate){ m->width, NAN, NAN, 0 }, 4, false, "");
    add_share(html, m->coverage);
    add_share(html, m->power);
    pal_report_value(html, needed, 0, false, "");
    pal_report_value(html, (pal_estimate){ m->relative, NAN, NAN, 0 }, 2, false, "");
    add_count(html, m->decided);
    pal_text_addf(html, "<td class=\"n\">%s</td>", pal_show_percent(a, m->srm_alarms, 1));
    pal_text_add(html, "</tr>");
}

static void add_methods(pal_text *html, const pal_trial_data *d)
{
    static const struct { const char *label; bool number; } heads[] = {
        { "Metric", false }, { "Method", false }, { "Feedback", false }, { "Repeats", true }, { "Mean", true }, { "Bias", true },
        { "Interference", true }, { "Spread", true }, { "Width", true }, { "Coverage", true }, { "Power", true },
        { "People needed", true }, { "Of plain A/B", true }, { "People at stop", true }, { "SRM alarms", true },
    };

    pal_text_add(html, "<h2 id=\"table\">All methods</h2>");
    pal_report_table_begin(html);
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) pal_report_column(html, heads[i].label, heads[i].number);
    pal_report_table_rows(html);
    for (size_t i = 0; i < d->n_methods; i++) add_method(html, d, &d->method[i]);
    pal_report_table_end(html);
    pal_text_add(html, "<p class=\"note\">Bias: mean of the estimates minus the truth. Interference: mean difference to the "
                       "isolated estimate of the same allocation: the bias again, with the luck of the allocation taken out. "
                       "Spread: standard deviation of the estimates; width: mean width of their intervals; coverage: how many "
                       "of those hold the truth; power: how many estimates claim a difference. Intervals are made for people "
                       "like these, the truth is that of these people: with everybody in the test they hold it more often than "
                       "they promise.</p>");
}

static void add_terms(pal_text *html)
{
    static const char *const terms[][2] = {
        { "Isolated feedback", "A person gets exactly what they would get if their arm were everybody\xe2\x80\x99s. No "
                               "platform can do this." },
        { "Own feedback", "Each arm learns from its own people: it knows less than after a launch." },
        { "Shared feedback", "Both arms learn from one log: each lives on what the other found." },
        { "Paired", "Everybody in both arms with the same luck (common random numbers). Only a simulator can do this." },
        { "CUPED", "What the same metric was before the arms parted is taken out (Deng, Xu, Kohavi, Walker 2013); by the "
                   "oracle: what the best slate could have earned at that moment." },
        { "Sequential", "A mixture likelihood-ratio test over pairs of people, valid at every look (Johari, Koomen, Pekelis, "
                        "Walsh 2022)." },
        { "Interleaving", "One slate drafted from both arms\xe2\x80\x99 slates by team draft (Radlinski, Kurup, Joachims "
                          "2008); likes are credited to the arm whose slot they fell on." },
        { "SRM alarms", "Allocations whose counts of people do not fit the share that was meant (p below 0.001)." },
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
    static const pal_figure *const figures[] = { &pal_fig_trial_methods, &pal_fig_trial_needed, &pal_fig_trial_sequence };

    return i < sizeof figures / sizeof figures[0] ? figures[i] : NULL;
}

static pal_status write_body(pal_text *html, const pal_rundata *run, pal_glyphs *glyphs, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_trial_data *d = pal_trial_of(run);
    pal_text answer = { 0 };

    write_answer(&answer, d);
    PAL_TRY(pal_text_check(&answer, err));
    pal_report_opening(html, run->name, run->purpose, answer.bytes);
    add_facts(html, d);
    add_truth(html, d);
    PAL_TRY(pal_report_figures(html, run, figure_at, glyphs, err));
    add_methods(html, d);
    add_terms(html);
    pal_report_config(html, pal_json_get(run->manifest, "config"));
done:
    pal_text_clear(&answer);
    return rc;
}

pal_status pal_trial_report_draw(const char *dir, const pal_report_options *options, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_trial_data *d = NULL;
    pal_report report;

    PAL_TRY(pal_trial_data_load(&d, dir, err));
    report = (pal_report){ .title = d->run.name, .run = &d->run, .figure_at = figure_at, .body = write_body };
    PAL_TRY(pal_report_publish(&report, dir, options, err));
done:
    pal_trial_data_free(d);
    return rc;
}

pal_status pal_trial_report_answer(pal_text *text, const char *dir, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_trial_data *d = NULL;

    PAL_TRY(pal_trial_data_load(&d, dir, err));
    write_answer(text, d);
    PAL_TRY(pal_text_check(text, err));
done:
    pal_trial_data_free(d);
    return rc;
}

bool pal_is_trial(const char *dir)
{
    pal_json_doc *doc = NULL;
    bool is = pal_rundata_load_json(&doc, dir, "manifest.json", NULL) == PAL_OK &&
              strncmp(pal_look_text(pal_json_root(doc), "format", ""), "palate-trial/", strlen("palate-trial/")) == 0;

    pal_json_free(doc);
    return is;
}
