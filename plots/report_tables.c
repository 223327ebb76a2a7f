/* The report's tables and chapters in words. */
#include "plots/number.h"
#include "plots/read.h"
#include "plots/report_page.h"
#include "plots/report_parts.h"
#include "plots/report_words.h"
#include "plots/run_people.h"
#include "plots/svg_pack.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

void pal_report_fact(pal_text *html, const char *name, const char *value)
{
    if (value == NULL || value[0] == '\0') {
        return;
    }
    pal_text_addf(html, "<dt>%s</dt><dd>", name);
    pal_text_add_escaped(html, value);
    pal_text_add(html, "</dd>");
}

void pal_report_count(pal_text *html, const char *name, double value)
{
    char shown[PAL_SHOWN_MAX];

    if (isfinite(value)) {
        pal_report_fact(html, name, pal_show_count(shown, value));
    }
}

void pal_report_dot(pal_text *html, const pal_plot_arm *arm)
{
    pal_text_addf(html, "<span class=\"dot\" style=\"background:var(--p%d)\"></span>", (int)arm->role);
}

void pal_report_table_begin(pal_text *html)
{
    pal_text_add(html, "<div class=\"wide\"><table class=\"sort\"><thead><tr>");
}

void pal_report_column(pal_text *html, const char *label, bool is_number)
{
    pal_text_add(html, is_number ? "<th class=\"n\" scope=\"col\">" : "<th scope=\"col\">");
    pal_text_add_escaped(html, label);
    pal_text_add(html, "</th>");
}

void pal_report_table_rows(pal_text *html)
{
    pal_text_add(html, "</tr></thead><tbody>");
}

void pal_report_table_end(pal_text *html)
{
    pal_text_add(html, "</tbody></table></div>");
}

void pal_report_word(pal_text *html, const char *word)
{
    pal_text_add(html, "<td>");
    pal_text_add_escaped(html, word);
    pal_text_add(html, "</td>");
}

void pal_report_value(pal_text *html, pal_estimate e, int decimals, bool sign, const char *mark)
{
    char shown[PAL_SHOWN_MAX], key[PAL_NUMBER_MAX] = "";

    if (isfinite(e.value)) {
        pal_format_double(key, e.value);
    }
    pal_text_addf(html, "<td class=\"n\" data-v=\"%s\">%s%s", key,
                  sign ? pal_show_signed(shown, e.value, decimals) : pal_show_fixed(shown, e.value, decimals), mark);
    if (isfinite(e.lo) && isfinite(e.hi)) {
        pal_text_addf(html, "<small>%s</small>", pal_show_interval(shown, e.lo, e.hi, decimals));
    }
    pal_text_add(html, "</td>");
}

#define MARK(class, words, triangle) \
    " <span" class " role=\"img\" aria-label=\"significantly " words "\" title=\"significantly " words "\">" triangle "</span>"
#define UP "\xe2\x96\xb2"
#define DOWN "\xe2\x96\xbc"

const char *pal_report_mark(double diff, int better)
{
    static const char *const marks[2][3] = {
        { MARK(" class=\"bad\"", "worse", DOWN), MARK("", "lower", DOWN), MARK(" class=\"good\"", "better", DOWN) },
        { MARK(" class=\"bad\"", "worse", UP), MARK("", "higher", UP), MARK(" class=\"good\"", "better", UP) },
    };
    const int toward = (diff > 0 ? 1 : -1) * (better > 0 ? 1 : better < 0 ? -1 : 0);

    return marks[diff > 0][toward + 1];
}

static void add_arm_row(pal_text *html, const pal_plot_arm *arm)
{
    char a[PAL_SHOWN_MAX], b[PAL_SHOWN_MAX];
    const char *part = arm->is_baseline && arm->is_focus ? "baseline, focus" : arm->is_baseline ? "baseline"
                     : arm->is_focus ? "focus" : arm->is_oracle ? "oracle: knows the truth" : "";

    pal_text_addf(html, "<tr%s><td>", arm->is_focus ? " class=\"focus\"" : "");
    pal_report_dot(html, arm);
    pal_text_add_escaped(html, arm->label);
    pal_text_add(html, "</td><td><code>");
    pal_text_add_escaped(html, arm->name);
    pal_text_add(html, "</code></td><td><code>");
    pal_text_add_escaped(html, arm->stage);
    pal_text_addf(html, "</code></td><td>%s</td><td class=\"n\">", part);
    if (arm->fits.fits > 0) {
        pal_text_addf(html, "%s, %s kept", pal_show_count(a, arm->fits.fits), pal_show_count(b, arm->fits.kept));
    } else {
        pal_text_add(html, "none");
    }
    pal_text_add(html, "</td></tr>");
}

void pal_report_what_ran(pal_text *html, const pal_rundata *run)
{
    static const char *const heads[] = { "Arm", "Name", "Stage", "Part", "Models fitted" };
    char items[40];

    snprintf(items, sizeof items, "%.30s", pal_item_word(run, true));
    items[0] = (char)toupper((unsigned char)items[0]);
    pal_text_add(html, "<h2 id=\"run\">What was run</h2><dl>");
    pal_report_count(html, "People", run->people);
    if (run->replicates > 1) {
        pal_report_count(html, "Replicates", run->replicates);
    }
    pal_report_count(html, "Rounds", run->rounds);
    pal_report_count(html, "Slots a slate", run->slots);
    pal_report_count(html, items, run->items);
    pal_report_fact(html, "Catalog", pal_look_text(run->catalog, "source", ""));
    pal_report_fact(html, "How people respond", run->response_label);
    pal_report_fact(html, "Seed", run->seed);
    pal_report_count(html, "Impressions", run->impressions);
    pal_report_count(html, "Clicks", run->clicks);
    pal_report_count(html, "Likes", run->likes);
    pal_report_count(html, "Dislikes", run->dislikes);
    pal_report_fact(html, "Palate", pal_look_text(run->manifest, "palate", ""));
    pal_text_add(html, "</dl>");
    pal_report_table_begin(html);
    for (size_t c = 0; c < 5; c++) {
        pal_report_column(html, heads[c], c == 4);
    }
    pal_report_table_rows(html);
    for (size_t a = 0; a < run->n_arms; a++) {
        add_arm_row(html, &run->arms[a]);
    }
    pal_text_add(html, "</tbody></table></div>");
}

/* The columns of the main table, in the order a reader asks; those no arm has are left out. */
static const char *const columns[] = { "like_rate", "ctr", "taste_coverage", "auc", "gauc", "logloss", "ece", "ndcg",
                                       "regret", "diversity", "novelty", "coverage", "gini" };
enum { N_COLUMNS = sizeof columns / sizeof columns[0] };

static bool is_measured(const pal_rundata *run, const char *metric)
{
    for (size_t a = 0; a < run->n_arms; a++) {
        if (isfinite(pal_arm_metric(&run->arms[a], metric).value)) {
            return true;
        }
    }
    return false;
}

void pal_report_cell(pal_text *html, const pal_rundata *run, const pal_plot_arm *arm, const char *metric)
{
    const pal_plot_comparison *c = pal_arm_comparison(arm, metric);
    const pal_definition *definition = pal_rundata_definition(run, metric);
    const int better = definition == NULL ? 0 : definition->better;

    pal_report_value(html, pal_arm_metric(arm, metric), 3, false,
                     c != NULL && c->significant ? pal_report_mark(c->diff.value, better) : "");
}

void pal_report_main_table(pal_text *html, const pal_rundata *run)
{
    char level[PAL_SHOWN_MAX];

    pal_text_add(html, "<h2 id=\"table\">All arms</h2>");
    pal_report_table_begin(html);
    pal_report_column(html, "Arm", false);
    for (int c = 0; c < N_COLUMNS; c++) {
        if (is_measured(run, columns[c])) {
            pal_report_column(html, pal_rundata_metric_label(run, columns[c]), true);
        }
    }
    pal_report_table_rows(html);
    for (size_t a = 0; a < run->n_arms; a++) {
        const pal_plot_arm *arm = &run->arms[a];

        pal_text_addf(html, "<tr%s><td data-v=\"", arm->is_focus ? " class=\"focus\"" : "");
        pal_text_add_escaped(html, arm->label);
        pal_text_add(html, "\">");
        pal_report_dot(html, arm);
        pal_text_add_escaped(html, arm->label);
        pal_text_add(html, "</td>");
        for (int c = 0; c < N_COLUMNS; c++) {
            if (is_measured(run, columns[c])) {
                pal_report_cell(html, run, arm, columns[c]);
            }
        }
        pal_text_add(html, "</tr>");
    }
    pal_text_addf(html,
                  "</tbody></table></div><p class=\"note\">Whole run; below each value its %s interval over people. "
                  "\xe2\x96\xb2 and \xe2\x96\xbc mark values significantly above or below the baseline's after ",
                  pal_show_percent(level, run->level, 0));
    pal_text_add_escaped(html, run->correction);
    pal_text_add(html, " correction (paired permutation test); green is better, orange worse. "
                       "<span class=\"screen\">A heading sorts.</span></p>");
}

void pal_report_definitions(pal_text *html)
{
    static const char *const heads[] = { "Measure", "Meaning", "Unit", "Better" };

    pal_report_table_begin(html);
    for (size_t c = 0; c < 4; c++) {
        pal_report_column(html, heads[c], false);
    }
    pal_report_table_rows(html);
}

void pal_report_definition(pal_text *html, const pal_definition *d)
{
    pal_text_add(html, "<tr><td>");
    pal_text_add_escaped(html, d->label);
    pal_text_add(html, "</td><td class=\"long\">");
    pal_text_add_escaped(html, d->definition);
    pal_text_add(html, " <i>");
    pal_text_add_escaped(html, d->source);
    pal_text_add(html, "</i></td><td>");
    pal_text_add_escaped(html, d->unit);
    pal_text_addf(html, "</td><td>%s</td></tr>", d->better > 0 ? "higher" : d->better < 0 ? "lower" : "");
}

void pal_report_method(pal_text *html, const pal_rundata *run)
{
    char level[PAL_SHOWN_MAX], a[PAL_SHOWN_MAX], b[PAL_SHOWN_MAX];

    pal_text_addf(html,
                  "<h2 id=\"method\">Method</h2><p>Simulated people with known tastes are served slates by every arm. "
                  "All arms meet the same people who make the same choices (common random numbers), so arms are "
                  "compared in pairs, person by person. A recommender sees only what it showed and what came back. "
                  "Intervals are %s bootstrap intervals over people (%s resamples)",
                  pal_show_percent(level, run->level, 0), pal_show_count(a, run->resamples));
    if (run->permutations > 0) {
        pal_text_addf(html, "; p values come from paired permutation tests (%s permutations)",
                      pal_show_count(b, run->permutations));
    }
    pal_text_add(html, ", corrected for the number of comparisons (");
    pal_text_add_escaped(html, run->correction);
    pal_text_add(html, "). ");
    pal_add_worded(html, run, "AUC and LogLoss are taken on a probe: songs a person never saw, whose true answers the "
                              "simulator knows; the ceiling is what those true probabilities themselves would score. ");
    pal_text_add(html, "What holds for simulated people need not hold for real ones.</p>");
    pal_report_definitions(html);
    for (size_t i = 0; i < run->n_definitions; i++) {
        pal_report_definition(html, &run->definitions[i]);
    }
    pal_text_add(html, "</tbody></table></div>");
}

void pal_report_files(pal_text *html, const pal_json *files)
{
    if (pal_look_size(files) == 0) {
        return;
    }
    pal_text_add(html, "<details><summary>Digest of every file</summary><div class=\"wide\"><table><tbody>");
    for (size_t i = 0; i < pal_look_size(files); i++) {
        const pal_json *file = pal_json_at(files, i);

        pal_text_add(html, "<tr><td>");
        pal_text_add_escaped(html, pal_look_text(file, "name", ""));
        pal_text_add(html, "</td><td><code>");
        pal_text_add_escaped(html, pal_look_text(file, "digest", ""));
        pal_text_add(html, "</code></td></tr>");
    }
    pal_text_add(html, "</tbody></table></div></details>");
}

void pal_report_config(pal_text *html, const pal_json *config)
{
    pal_json_writer w = { 0 };

    if (config == NULL) {
        return;
    }
    pal_json_put_value(&w, NULL, config);
    if (w.text.failed) {
        html->failed = true;
    } else if (w.text.bytes != NULL) {
        pal_text_add(html, "<details><summary>The whole experiment, defaults filled in</summary><pre>");
        pal_text_add_escaped(html, w.text.bytes);
        pal_text_add(html, "</pre></details>");
    }
    pal_text_clear(&w.text);
}

void pal_report_again(pal_text *html, const pal_rundata *run)
{
    const pal_json *machine = pal_look_object(run->manifest, "machine");
    const char *experiment = pal_look_text(run->manifest, "experiment", "EXPERIMENT.json");

    pal_text_add(html, "<h2 id=\"again\">Run it again</h2><p>Same experiment and seed give the same bytes, at any "
                       "number of threads:</p><pre>palate run ");
    pal_text_add_escaped(html, experiment[0] != '\0' ? experiment : "EXPERIMENT.json");
    if (run->seed[0] != '\0') {
        pal_text_add(html, " --seed ");
        pal_text_add_escaped(html, run->seed);
    }
    pal_text_add(html, "\npalate verify DIR</pre><dl>");
    pal_report_fact(html, "Digest of the results", pal_look_text(run->manifest, "digest", ""));
    pal_report_fact(html, "Digest of the experiment", pal_look_text(run->manifest, "config_digest", ""));
    pal_report_fact(html, "Digest of the catalog",
                    pal_look_text(pal_look_object(run->manifest, "catalog"), "digest", ""));
    pal_report_fact(html, "Grade", pal_look_text(run->manifest, "grade", ""));
    pal_report_fact(html, "Compiler", pal_look_text(machine != NULL ? machine : run->manifest, "compiler", ""));
    pal_report_fact(html, "CPU", pal_look_text(machine != NULL ? machine : run->manifest, "cpu", ""));
    pal_text_add(html, "</dl>");
    pal_report_files(html, pal_look_array(run->manifest, "files"));
    pal_report_config(html, pal_look_object(run->manifest, "config"));
}

void pal_report_people_rule(pal_text *html, const pal_rundata *run)
{
    pal_text_add(html, "<p>These people were picked by rule, not by eye: ");
    for (size_t i = 0; i < run->profiles->n_people; i++) {
        pal_text_add(html, i == 0 ? "" : "; ");
        pal_text_add_escaped(html, run->profiles->people[i].why);
    }
    pal_text_add(html, ". Filled shapes are what they truly like, lines are what ");
    pal_text_add_escaped(html, run->arms[run->focus].label);
    pal_text_add(html, " learned of it; features run from 0 (the catalog's lowest 1 %) to 1 (its highest).</p>");
}
