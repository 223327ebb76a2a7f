/* The page of a study of off-policy estimators. */
#include "plots/ope_report.h"

#include "plots/number.h"
#include "plots/ope_data.h"
#include "plots/read.h"
#include "plots/report_parts.h"
#include "plots/run_parts.h"

#include <math.h>

/* ---- the answer ---- */

/* Of least error at the largest size; SIZE_MAX when none is defined. */
static size_t closest(const pal_ope_data *d, size_t target)
{
    size_t best = SIZE_MAX;
    double least = INFINITY;

    for (size_t e = 0; e < d->n_estimators; e++) {
        const double rmse = pal_ope_at(d, d->n_sizes - 1, target, e)->rmse.value;

        if (rmse < least) {
            least = rmse;
            best = e;
        }
    }
    return best;
}

static void say_closest(pal_text *text, const pal_ope_data *d)
{
    char a[PAL_SHOWN_MAX], b[PAL_SHOWN_MAX];

    for (size_t t = 0; t < d->n_targets; t++) {
        const size_t e = closest(d, t);

        pal_text_add(text, t == 0 ? "" : "; ");
        if (e == SIZE_MAX) {
            pal_text_addf(text, "of %s nothing can be said", d->target[t]);
            continue;
        }
        pal_text_addf(text, "%s%s to %s (worth %s, off by %s)", d->estimator[e], t == 0 ? " comes closest" : "", d->target[t],
                      pal_show_fixed(a, d->truth[t], 4), pal_show_fixed(b, pal_ope_at(d, d->n_sizes - 1, t, e)->rmse.value, 4));
    }
    pal_text_add(text, ".");
}

static size_t count_verdicts(const pal_ope_data *d, size_t e, pal_ope_verdict wanted)
{
    size_t n = 0;

    for (size_t t = 0; t < d->n_targets; t++) n += pal_ope_verdict_of(d, t, e) == wanted;
    return n;
}

/* The target with the verdict on which the estimator is farthest off. */
static size_t worst_of(const pal_ope_data *d, size_t e, pal_ope_verdict wanted)
{
    size_t worst = 0;
    double most = -1;

    for (size_t t = 0; t < d->n_targets; t++) {
        const double off = fabs(pal_ope_at(d, d->n_sizes - 1, t, e)->bias.value);

        if (pal_ope_verdict_of(d, t, e) != wanted || off <= most) continue;
        most = off;
        worst = t;
    }
    return worst;
}

/* "dm lies about 3 of 4 targets, worst about popularity: 0.0111 too low, its 95 % intervals hold the truth in 8 % of the logs." */
static void say_lies(pal_text *text, const pal_ope_data *d, size_t e)
{
    const size_t n = count_verdicts(d, e, PAL_OPE_LIES), narrow = count_verdicts(d, e, PAL_OPE_NARROW);
    const size_t t = worst_of(d, e, n > 0 ? PAL_OPE_LIES : PAL_OPE_NARROW);
    const pal_ope_cell *c = pal_ope_at(d, d->n_sizes - 1, t, e);
    char a[PAL_SHOWN_MAX], b[PAL_SHOWN_MAX], l[PAL_SHOWN_MAX];

    pal_show_percent(l, d->level, 0);
    pal_show_percent(b, c->coverage.value, 0);
    if (n > 0) {
        pal_text_addf(text, " %s lies about ", d->estimator[e]);
        if (n > 1) pal_text_addf(text, "%zu of %zu targets, worst about ", n, d->n_targets);
        pal_text_addf(text, "%s: %s too %s, its %s intervals hold the truth in %s of the logs.", d->target[t],
                      pal_show_fixed(a, fabs(c->bias.value), 4), c->bias.value < 0 ? "low" : "high", l, b);
    } else if (narrow > 0) {
        pal_text_addf(text, " No bias is seen in %s on %s, but its %s intervals are too narrow: they hold the truth in %s of the logs.",
                      d->estimator[e], d->target[t], l, b);
    }
}

static void say_honest(pal_text *text, const pal_ope_data *d)
{
    size_t n = 0, all = 0;

    for (size_t e = 0; e < d->n_estimators; e++) all += count_verdicts(d, e, PAL_OPE_HONEST) == d->n_targets;
    if (all == 0) {
        pal_text_add(text, " No estimator is without a fault everywhere.");
        return;
    }
    pal_text_add(text, d->n_targets == 1 ? " No bias and no fault of intervals is seen in "
                                         : " No bias and no fault of intervals is seen on any target in ");
    for (size_t e = 0; e < d->n_estimators; e++) {
        if (count_verdicts(d, e, PAL_OPE_HONEST) < d->n_targets) continue;
        n++;
        pal_text_addf(text, "%s%s", n == 1 ? "" : n == all ? " and " : ", ", d->estimator[e]);
    }
    pal_text_add(text, ".");
}

static void say_unsupported(pal_text *text, const pal_ope_data *d)
{
    char a[PAL_SHOWN_MAX];

    for (size_t t = 0; t < d->n_targets; t++) {
        if (!(d->unsupported[t] > 0)) continue;
        pal_text_addf(text, " %s of %s goes to what %s never shows: weights alone cannot speak for it.",
                      pal_show_percent(a, d->unsupported[t], 1), d->target[t], d->logging);
    }
}

static void write_answer(pal_text *text, const pal_ope_data *d)
{
    char a[PAL_SHOWN_MAX];

    pal_text_addf(text, "With %s decisions in a log, ", pal_show_count(a, d->size[d->n_sizes - 1]));
    say_closest(text, d);
    say_honest(text, d);
    for (size_t e = 0; e < d->n_estimators; e++) say_lies(text, d, e);
    say_unsupported(text, d);
}

/* ---- the page ---- */

static void add_facts(pal_text *html, const pal_ope_data *d)
{
    char a[PAL_SHOWN_MAX];

    pal_text_add(html, "<h2 id=\"run\">What was run</h2><dl>");
    pal_report_fact(html, "Experiment", pal_look_text(d->run.manifest, "experiment", ""));
    pal_report_fact(html, "Logged by", d->logging);
    if (isfinite(d->logging_value)) pal_report_fact(html, "Its exact value", pal_show_fixed(a, d->logging_value, 4));
    if (pal_look_bool(d->run.manifest, "own")) pal_report_fact(html, "Chances", "its stage's own draws and propensities");
    pal_report_fact(html, "Reward", d->reward);
    pal_report_count(html, "Slots of a decision", d->slots);
    pal_report_count(html, "Candidates of a person", d->candidates);
    if (d->gaps > 0) pal_report_fact(html, "Never shown by the logger", pal_show_percent(a, d->gaps, 0));
    pal_report_count(html, "People", d->people);
    pal_report_count(html, "Rounds of warm-up", pal_look_number(d->run.manifest, "warm_up"));
    pal_report_count(html, "Logs", d->logs);
    pal_report_fact(html, "Palate", pal_look_text(d->run.manifest, "palate", ""));
    pal_report_fact(html, "Digest", pal_look_text(d->run.manifest, "digest", ""));
    pal_text_add(html, "</dl>");
}

static pal_estimate alone(double value)
{
    return (pal_estimate){ value, NAN, NAN, NAN };
}

static void add_targets(pal_text *html, const pal_ope_data *d)
{
    const size_t last = (d->n_sizes - 1) * d->n_targets;
    char shown[PAL_SHOWN_MAX];

    pal_text_add(html, "<h2 id=\"targets\">The policies judged</h2>");
    pal_report_table_begin(html);
    pal_report_column(html, "Target", false);
    pal_report_column(html, "Exact value", true);
    pal_report_column(html, "Never logged", true);
    pal_report_column(html, "Effective sample", true);
    pal_report_column(html, "Largest weight", true);
    pal_report_table_rows(html);
    for (size_t t = 0; t < d->n_targets; t++) {
        pal_text_add(html, "<tr>");
        pal_report_word(html, d->target[t]);
        pal_report_value(html, alone(d->truth[t]), 4, false, "");
        pal_report_value(html, alone(d->unsupported[t]), 3, false, "");
        pal_text_addf(html, "<td class=\"n\">%s</td>", isnan(d->ess[last + t]) ? "\xe2\x80\x93" : pal_show_count(shown, d->ess[last + t]));
        pal_report_value(html, alone(d->most_weight[last + t]), 1, false, "");
        pal_text_add(html, "</tr>");
    }
    pal_text_add(html, "</tbody></table></div><p class=\"note\">Never logged: the share of the target on what the logging policy "
                       "never shows. Effective sample (rows) and largest weight: means over the largest logs.</p>");
}

static void add_row(pal_text *html, const pal_ope_data *d, size_t size, size_t target, size_t e)
{
    const pal_ope_cell *c = pal_ope_at(d, size, target, e);

    pal_text_add(html, "<tr>");
    pal_report_value(html, alone(d->size[size]), 0, false, "");
    pal_report_word(html, d->target[target]);
    pal_report_word(html, d->estimator[e]);
    pal_report_value(html, alone(c->mean), 4, false, "");
    pal_report_value(html, c->bias, 4, true, "");
    pal_report_value(html, c->sd, 4, false, "");
    pal_report_value(html, c->rmse, 4, false, "");
    pal_report_value(html, c->coverage, 3, false, "");
    pal_report_value(html, alone(c->width), 4, false, "");
    pal_report_word(html, size + 1 == d->n_sizes ? pal_ope_verdict_word(pal_ope_verdict_of(d, target, e)) : "");
    pal_text_add(html, "</tr>");
}

static void add_estimators(pal_text *html, const pal_ope_data *d)
{
    static const struct {
        const char *label;
        bool number;
    } columns[] = { { "Decisions", true }, { "Target", false }, { "Estimator", false }, { "Mean", true }, { "Bias", true },
                    { "SD", true }, { "RMSE", true }, { "Held", true }, { "Width", true }, { "Verdict", false } };

    pal_text_add(html, "<h2 id=\"table\">All estimators</h2>");
    pal_report_table_begin(html);
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) pal_report_column(html, columns[i].label, columns[i].number);
    pal_report_table_rows(html);
    for (size_t z = d->n_sizes; z-- > 0;) {
        for (size_t t = 0; t < d->n_targets; t++) {
            for (size_t e = 0; e < d->n_estimators; e++) add_row(html, d, z, t, e);
        }
    }
    pal_text_add(html, "</tbody></table></div><p class=\"note\">Small intervals are of the Monte-Carlo error over logs, at 95 %. Held: "
                       "the share of logs whose interval holds the truth; width: of those intervals, on average. Verdicts are of the "
                       "largest logs.</p>");
}

static void add_meanings(pal_text *html, const pal_ope_data *d)
{
    pal_text_add(html, "<h2 id=\"estimators\">What they are</h2><dl>");
    for (size_t e = 0; e < d->n_estimators; e++) {
        pal_text what = { 0 };

        pal_text_add(&what, d->meaning[e]);
        if (d->model[e][0] != '\0') pal_text_addf(&what, "; model: %s", d->model[e]);
        pal_report_fact(html, d->estimator[e], what.bytes);
        pal_text_clear(&what);
    }
    pal_text_add(html, "</dl>");
}

static const pal_figure *figure_at(size_t i)
{
    static const pal_figure *const figures[] = { &pal_fig_ope_bias, &pal_fig_ope_size, &pal_fig_ope_coverage };

    return i < sizeof figures / sizeof figures[0] ? figures[i] : NULL;
}

static pal_status write_body(pal_text *html, const pal_rundata *run, pal_glyphs *glyphs, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_ope_data *d = (const pal_ope_data *)(const void *)run;
    pal_text answer = { 0 };

    write_answer(&answer, d);
    PAL_TRY(pal_text_check(&answer, err));
    pal_report_opening(html, d->name, d->purpose, answer.bytes);
    add_facts(html, d);
    add_targets(html, d);
    PAL_TRY(pal_report_figures(html, run, figure_at, glyphs, err));
    add_estimators(html, d);
    add_meanings(html, d);
    pal_report_files(html, pal_look_array(run->manifest, "files"));
    pal_report_config(html, pal_json_get(run->manifest, "config"));
done:
    pal_text_clear(&answer);
    return rc;
}

pal_status pal_ope_report_draw(const char *dir, const pal_report_options *options, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_ope_data *d = NULL;
    pal_report report;

    PAL_TRY(pal_ope_data_load(&d, dir, err));
    report = (pal_report){ .title = d->name, .run = &d->run, .figure_at = figure_at, .body = write_body };
    PAL_TRY(pal_report_publish(&report, dir, options, err));
done:
    pal_ope_data_free(d);
    return rc;
}

pal_status pal_ope_report_answer(pal_text *text, const char *dir, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_ope_data *d = NULL;

    PAL_TRY(pal_ope_data_load(&d, dir, err));
    write_answer(text, d);
    PAL_TRY(pal_text_check(text, err));
done:
    pal_ope_data_free(d);
    return rc;
}

bool pal_is_ope(const char *dir)
{
    return pal_rundata_is(dir, "palate-ope/");
}
