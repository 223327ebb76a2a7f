/* The page of a directory of comparisons. */
#include "plots/compare_report.h"

#include "plots/compare_data.h"
#include "plots/number.h"
#include "plots/read.h"
#include "plots/report_parts.h"
#include "plots/run_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static size_t significant(const pal_compare_data *d)
{
    size_t n = 0;

    for (size_t i = 0; i < d->n; i++) n += d->line[i].significant;
    return n;
}

/* The largest effect among those that are no noise. */
static const pal_compare_line *clearest(const pal_compare_data *d)
{
    const pal_compare_line *best = NULL;

    for (size_t i = 0; i < d->n; i++) {
        const pal_compare_line *l = &d->line[i];

        if (l->significant && isfinite(l->cohen.value) &&
            (best == NULL || fabs(l->cohen.value) > fabs(best->cohen.value))) best = l;
    }
    return best;
}

/* As people write it: files have it in small letters. */
static const char *correction_of(const pal_compare_data *d)
{
    return strcmp(d->correction, "holm") == 0 ? "Holm" : strcmp(d->correction, "bh") == 0 ? "Benjamini-Hochberg" : d->correction;
}

/* How sure the clearest one is, and whether it is a gain. */
static void say_clearest(pal_text *text, const pal_compare_data *d, const pal_compare_line *best)
{
    const bool more = best->diff.value > 0;
    char a[PAL_SHOWN_MAX], b[PAL_SHOWN_MAX], p[PAL_SHOWN_MAX], e[PAL_SHOWN_MAX];

    pal_text_addf(text, " The clearest: %s of %s is %s %s %s than that of %s (%s after %s correction, effect size %s).",
                  best->metric, best->arm, pal_show_fixed(a, fabs(best->diff.value), 3),
                  more ? pal_show_interval(b, best->diff.lo, best->diff.hi, 3)
                       : pal_show_interval(b, -best->diff.hi, -best->diff.lo, 3),
                  more ? "higher" : "lower", best->against, pal_show_p(p, best->p), correction_of(d),
                  pal_show_signed(e, best->cohen.value, 2));
}

static double better_of(const pal_compare_data *d, const char *metric)
{
    for (size_t m = 0; m < pal_json_size(d->metrics); m++) {
        if (strcmp(pal_look_text(pal_json_at(d->metrics, m), "name", ""), metric) == 0) {
            return pal_look_number(pal_json_at(d->metrics, m), "better");
        }
    }
    return 0;
}

/* Gains and losses among what is no noise. */
static void say_both_ways(pal_text *text, const pal_compare_data *d)
{
    size_t gains = 0, losses = 0;

    for (size_t i = 0; i < d->n; i++) {
        double toward = d->line[i].diff.value * better_of(d, d->line[i].metric);

        gains += d->line[i].significant && toward > 0;
        losses += d->line[i].significant && toward < 0;
    }
    if (gains + losses > 1) {
        pal_text_addf(text, " Of these, %zu %s better and %zu worse than what they are set against.", gains,
                      gains == 1 ? "is" : "are", losses);
    }
}

static void write_answer(pal_text *text, const pal_compare_data *d)
{
    const pal_compare_line *best = clearest(d);
    const size_t n = significant(d);

    if (d->n == 0) {
        pal_text_add(text, "Nothing was compared.");
    } else if (n == 0) {
        pal_text_addf(text, d->n == 1 ? "The one difference cannot be told from noise."
                                      : "None of the %zu differences can be told from noise.", d->n);
    } else {
        pal_text_addf(text, "%zu of %zu %s can be told from noise.", n, d->n, d->n == 1 ? "difference" : "differences");
        say_both_ways(text, d);
    }
    if (best != NULL) {
        say_clearest(text, d, best);
    }
}

static void add_runs(pal_text *html, const pal_compare_data *d)
{
    static const char *const heads[] = { "Setting", "Run", "Seed", "People", "Digest" };

    pal_text_add(html, "<h2 id=\"run\">What was compared</h2>");
    pal_report_table_begin(html);
    for (size_t c = 0; c < 5; c++) pal_report_column(html, heads[c], c == 2 || c == 3);
    pal_report_table_rows(html);
    for (size_t s = 0; s < pal_json_size(d->settings); s++) {
        const pal_json *setting = pal_json_at(d->settings, s), *runs = pal_look_array(setting, "runs");

        for (size_t i = 0; i < pal_look_size(runs); i++) {
            const pal_json *run = pal_json_at(runs, i);
            char people[PAL_SHOWN_MAX];

            pal_text_add(html, "<tr><td>");
            pal_text_add_escaped(html, pal_look_text(setting, "label", ""));
            pal_text_add(html, "</td><td>");
            pal_text_add_escaped(html, pal_look_text(run, "dir", ""));
            pal_text_add(html, "</td><td class=\"n\">");
            pal_text_add_escaped(html, pal_look_text(run, "seed", ""));
            pal_text_addf(html, "</td><td class=\"n\">%s</td><td><code>", pal_show_count(people, pal_look_number(run, "people")));
            pal_text_add_escaped(html, pal_look_text(run, "digest", ""));
            pal_text_add(html, "</code></td></tr>");
        }
    }
    pal_text_add(html, "</tbody></table></div>");
    if (d->notes[0] != '\0') {
        pal_text_add(html, "<p>");
        pal_text_add_escaped(html, d->notes);
        pal_text_add(html, "</p>");
    }
}

static void add_line(pal_text *html, const pal_compare_line *l, int better)
{
    const char *const words[] = { l->metric, l->arm, l->against, l->pairing };
    const pal_estimate a = { l->value_a, NAN, NAN, 0 }, b = { l->value_b, NAN, NAN, 0 };
    char text[PAL_SHOWN_MAX];

    pal_text_add(html, "<tr>");
    for (size_t i = 0; i < 4; i++) pal_report_word(html, words[i]);
    pal_report_value(html, a, 3, false, "");
    pal_report_value(html, b, 3, false, "");
    pal_report_value(html, l->diff, 3, true, l->significant ? pal_report_mark(l->diff.value, better) : "");
    pal_text_addf(html, "<td class=\"n\" data-v=\"%.6f\">%s</td>", l->p, pal_show_p(text, l->p));
    pal_report_value(html, l->cohen, 2, true, "");
    pal_report_value(html, l->cliff, 2, true, "");
    pal_text_addf(html, "<td class=\"n\">%s</td>", pal_show_count(text, l->needed));
    pal_text_addf(html, "<td class=\"n\">%s</td>", pal_show_percent(text, l->reduction, 0));
    pal_report_value(html, l->worlds >= 2 ? l->over_worlds : (pal_estimate){ NAN, NAN, NAN, 0 }, 3, true, "");
    pal_text_add(html, "</tr>");
}

static void add_table(pal_text *html, const pal_compare_data *d)
{
    static const struct { const char *label; bool number; } heads[] = {
        { "Metric", false }, { "Arm", false }, { "Against", false }, { "Pairing", false }, { "Value", true },
        { "Other\xe2\x80\x99s value", true }, { "Difference", true }, { "p", true }, { "Cohen\xe2\x80\x99s d", true },
        { "Cliff\xe2\x80\x99s \xce\xb4", true }, { "People needed", true }, { "Variance saved", true },
        { "Over worlds", true },
    };
    char a[PAL_SHOWN_MAX];

    pal_text_add(html, "<h2 id=\"table\">All comparisons</h2>");
    pal_report_table_begin(html);
    for (size_t c = 0; c < sizeof heads / sizeof heads[0]; c++) pal_report_column(html, heads[c].label, heads[c].number);
    pal_report_table_rows(html);
    for (size_t i = 0; i < d->n; i++) {
        const double better = better_of(d, d->line[i].metric);

        add_line(html, &d->line[i], (better > 0) - (better < 0));
    }
    pal_text_addf(html, "</tbody></table></div><p class=\"note\">\xe2\x96\xb2 and \xe2\x96\xbc mark differences "
                        "that hold after correction; "
                        "green is better, orange worse. Intervals of differences are BCa bootstrap intervals over people at "
                        "%s; p is of a %s test, corrected (%s) over the %zu rows. People needed: for a power of ",
                  pal_show_percent(a, d->level, 0), d->test, correction_of(d), d->n);
    pal_text_addf(html, "%s if the true effect is the one seen. Variance saved: what pairing took away against arms that share "
                        "nothing. Over worlds: seeds and replicates as the unit, Student t.</p>",
                  pal_show_percent(a, d->power, 0));
}

static const pal_figure *figure_at(size_t i)
{
    return i == 0 ? &pal_fig_comparisons : NULL;
}

static pal_status write_body(pal_text *html, const pal_rundata *run, pal_glyphs *glyphs, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_compare_data *d = (const pal_compare_data *)(const void *)run;
    pal_text answer = { 0 };

    write_answer(&answer, d);
    PAL_TRY(pal_text_check(&answer, err));
    pal_report_opening(html, "Comparison", NULL, answer.bytes);
    add_runs(html, d);
    PAL_TRY(pal_report_figures(html, run, figure_at, glyphs, err));
    add_table(html, d);

done:
    pal_text_clear(&answer);
    return rc;
}

pal_status pal_compare_report_draw(const char *dir, const pal_report_options *options, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_compare_data *d = NULL;
    pal_report report;

    PAL_TRY(pal_compare_data_load(&d, dir, err));
    report = (pal_report){ .title = "Comparison", .run = &d->run, .figure_at = figure_at, .body = write_body };
    PAL_TRY(pal_report_publish(&report, dir, options, err));

done:
    pal_compare_data_free(d);
    return rc;
}

bool pal_is_comparison(const char *dir)
{
    return pal_rundata_is(dir, "palate-compare/");
}
