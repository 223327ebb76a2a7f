/* The tables and chapters of an evaluation's report. */
#include "plots/eval_read.h"
#include "plots/eval_report.h"
#include "plots/fig_common.h"
#include "plots/number.h"
#include "plots/read.h"
#include "plots/report_parts.h"

#include <stdio.h>
#include <string.h>

#define MUCH_TIED 0.1 /* share of people above which tied lists are worth a line */

/* ---- what was run ---- */

static void add_params(pal_text *html, const pal_json *params)
{
    pal_json_writer w = { .compact = true };

    for (size_t i = 0; params != NULL && i < pal_json_size(params); i++) {
        const pal_json *member = pal_json_at(params, i);

        pal_json_put_value(&w, NULL, member);
        html->failed = html->failed || w.text.failed;
        pal_text_addf(html, "%s<span style=\"white-space:nowrap\">", i == 0 ? "" : ", ");
        pal_text_add_escaped(html, pal_json_key(member));
        pal_text_add(html, " ");
        pal_text_add_escaped(html, w.text.bytes != NULL ? w.text.bytes : "");
        pal_text_add(html, "</span>");
        pal_text_clear(&w.text);
        w = (pal_json_writer){ .compact = true };
    }
}

static void add_model_rows(pal_text *html, const pal_rundata *run)
{
    const pal_json *models = pal_look_array(run->eval->summary, "arms");
    char a[PAL_SHOWN_MAX];

    for (size_t m = 0; m < run->n_arms; m++) {
        const pal_plot_arm *arm = &run->arms[m];
        const pal_json *model = pal_json_at(models, m);
        double tries = pal_look_number(model, "tries");

        pal_text_addf(html, "<tr%s><td>", arm->is_focus ? " class=\"focus\"" : "");
        pal_report_dot(html, arm);
        pal_text_add_escaped(html, arm->label);
        pal_text_addf(html, "%s</td><td><code>", arm->is_baseline ? " <small>baseline</small>" : "");
        pal_text_add_escaped(html, arm->name);
        pal_text_addf(html, "</code></td><td class=\"n\">%s</td><td class=\"long\">", tries > 0 ? pal_show_count(a, tries) : "none");
        add_params(html, pal_look_object(model, "params"));
        pal_text_add(html, "</td></tr>");
    }
}

static void add_part(pal_text *html, const pal_json *split, const char *key, const char *label)
{
    double n = pal_look_number(split, key);

    if (n > 0) {
        pal_report_count(html, label, n);
    }
}

void pal_eval_report_what_ran(pal_text *html, const pal_rundata *run)
{
    const pal_json *summary = run->eval->summary, *data = pal_look_object(summary, "data"),
                   *split = pal_look_object(summary, "split");

    pal_text_add(html, "<h2 id=\"run\">What was run</h2><dl>");
    pal_report_fact(html, "Data", pal_look_text(data, "source", ""));
    pal_report_count(html, "People in it", pal_look_number(data, "people"));
    pal_report_count(html, "Items", run->items);
    pal_report_count(html, "Interactions", pal_look_number(data, "interactions"));
    pal_report_fact(html, "Split", pal_look_text(split, "kind", ""));
    add_part(html, split, "train", "to train on");
    add_part(html, split, "valid", "to choose on");
    add_part(html, split, "test", "to test on");
    add_part(html, split, "known", "told by new people");
    pal_report_count(html, "People measured", run->people);
    if (run->replicates > 1) {
        pal_report_count(html, "Replicates", run->replicates);
        pal_report_fact(html, "Drawn anew in each", strcmp(pal_look_text(summary, "vary", ""), "both") == 0
                            ? "split and model" : pal_look_text(summary, "vary", ""));
    }
    pal_report_fact(html, "Ranked are", pal_look_bool(summary, "unseen_only")
                        ? "items that nobody had in training" : pal_look_bool(summary, "keep_training_items")
                        ? "all items, those a person has already too (LightFM's way)"
                        : "all items but those a person has already");
    pal_report_fact(html, "Seed", run->seed);
    pal_report_fact(html, "Palate", pal_look_text(run->manifest, "palate", ""));
    pal_text_add(html, "</dl>");
    pal_report_table_begin(html);
    pal_report_column(html, "Model", false);
    pal_report_column(html, "Name", false);
    pal_report_column(html, "Tries", true);
    pal_report_column(html, "Parameters used", false);
    pal_report_table_rows(html);
    add_model_rows(html, run);
    pal_report_table_end(html);
}

/* ---- all models ---- */

/* Families in the order a reader asks; "auc" and the like have no k. */
static const char *const at_k[] = { "ndcg", "recall", "precision", "map", "hit_rate" };
static const char *const whole[] = { "auc", "mrr" };
static const char *const variety[] = { "coverage", "gini", "novelty", "diversity", "popularity_kl", "genre_kl" };
enum { N_AT_K = 5, N_WHOLE = 2, N_VARIETY = 6, N_COLUMNS = 1 + N_AT_K + N_WHOLE + N_VARIETY };

typedef struct columns { char name[N_COLUMNS][PAL_EVAL_NAME]; size_t n; } columns;

static void offer(columns *c, const pal_rundata *run, const char *name)
{
    for (size_t i = 0; i < c->n; i++) {
        if (strcmp(c->name[i], name) == 0) {
            return;
        }
    }
    if (pal_eval_measured(run, name)) {
        memcpy(c->name[c->n++], name, strlen(name) + 1);
    }
}

static columns choose(const pal_rundata *run)
{
    columns c = { .n = 0 };
    char name[PAL_EVAL_NAME];

    if (strlen(run->eval->main) < PAL_EVAL_NAME) {
        offer(&c, run, run->eval->main);
    }
    for (size_t i = 0; i < N_AT_K; i++) {
        offer(&c, run, pal_eval_metric(name, run, at_k[i]));
    }
    for (size_t i = 0; i < N_WHOLE; i++) {
        offer(&c, run, whole[i]);
    }
    for (size_t i = 0; i < N_VARIETY; i++) {
        offer(&c, run, pal_eval_metric(name, run, variety[i]));
    }
    return c;
}

/* Lists that are cut between equal scores follow the items' numbers, which may go with how popular items are. */
static void add_ties(pal_text *html, const pal_rundata *run)
{
    char name[PAL_EVAL_NAME], share[PAL_SHOWN_MAX];

    pal_eval_metric(name, run, "tied_cutoff");
    for (size_t a = 0; a < run->n_arms; a++) {
        double tied = pal_arm_metric(&run->arms[a], name).value;

        if (tied > MUCH_TIED) {
            pal_text_add(html, "<p class=\"note\"><b>");
            pal_text_add_escaped(html, run->arms[a].label);
            pal_text_addf(html, "</b> cuts the lists of %s of people between equal scores, where the lower item number "
                                "decides: its list metrics say little.</p>", pal_show_percent(share, tied, 0));
        }
    }
}

static void add_row(pal_text *html, const pal_rundata *run, const pal_plot_arm *arm, const columns *c)
{
    pal_text_addf(html, "<tr%s><td data-v=\"", arm->is_focus ? " class=\"focus\"" : "");
    pal_text_add_escaped(html, arm->label);
    pal_text_add(html, "\">");
    pal_report_dot(html, arm);
    pal_text_add_escaped(html, arm->label);
    pal_text_add(html, "</td>");
    for (size_t i = 0; i < c->n; i++) {
        pal_report_cell(html, run, arm, c->name[i]);
    }
    pal_text_add(html, "</tr>");
}

void pal_eval_report_table(pal_text *html, const pal_rundata *run)
{
    columns c = choose(run);
    size_t order[PAL_MAX_ARMS];
    char level[PAL_SHOWN_MAX];

    pal_arms_by_metric(run, run->eval->main, order);
    pal_text_add(html, "<h2 id=\"table\">All models</h2>");
    pal_report_table_begin(html);
    pal_report_column(html, "Model", false);
    for (size_t i = 0; i < c.n; i++) {
        pal_report_column(html, pal_rundata_metric_label(run, c.name[i]), true);
    }
    pal_report_table_rows(html);
    for (size_t r = 0; r < run->n_arms; r++) {
        add_row(html, run, &run->arms[order[r]], &c);
    }
    pal_text_addf(html,
                  "</tbody></table></div><p class=\"note\">Means over people; below each its %s interval. "
                  "\xe2\x96\xb2 and \xe2\x96\xbc mark values significantly above or below the baseline's after ",
                  pal_show_percent(level, run->level, 0));
    pal_text_add_escaped(html, run->correction);
    pal_text_add(html, " correction; green is better, orange worse. All other list lengths stand in models.csv. "
                       "<span class=\"screen\">A heading sorts.</span></p>");
    add_ties(html, run);
}

/* ---- lists ---- */

typedef struct list_columns { size_t user, model, place, item, title, wanted; } list_columns;

static pal_status find_columns(list_columns *c, const pal_table *table, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_TRY(pal_table_find(&c->user, table, "user", err));
    PAL_TRY(pal_table_find(&c->model, table, "model", err));
    PAL_TRY(pal_table_find(&c->place, table, "place", err));
    PAL_TRY(pal_table_find(&c->item, table, "item", err));
    PAL_TRY(pal_table_find(&c->title, table, "title", err));
    PAL_TRY(pal_table_find(&c->wanted, table, "wanted", err));

done:
    return rc;
}

/* One list as a row: model, items in order, those that were wanted marked. Returns the row behind it. */
static size_t add_list(pal_text *html, const pal_rundata *run, const list_columns *c, size_t row)
{
    const pal_table *t = run->eval->lists;
    const char *user = pal_table_text(t, row, c->user), *model = pal_table_text(t, row, c->model);
    size_t arm = pal_rundata_arm(run, model);

    pal_text_add(html, "<tr><td>");
    if (arm != SIZE_MAX) {
        pal_report_dot(html, &run->arms[arm]);
    }
    pal_text_add_escaped(html, arm != SIZE_MAX ? run->arms[arm].label : model);
    pal_text_add(html, "</td><td class=\"long\">");
    for (size_t n = 0; row < pal_table_rows(t) && strcmp(pal_table_text(t, row, c->user), user) == 0 &&
                       strcmp(pal_table_text(t, row, c->model), model) == 0; row++, n++) {
        const char *title = pal_table_text(t, row, c->title);
        bool wanted = strcmp(pal_table_text(t, row, c->wanted), "1") == 0;

        pal_text_addf(html, "%s%s", n == 0 ? "" : " \xc2\xb7 ", wanted ? "<b class=\"good\">" : "");
        pal_text_add_escaped(html, title[0] != '\0' ? title : pal_table_text(t, row, c->item));
        pal_text_add(html, wanted ? "</b>" : "");
    }
    pal_text_add(html, "</td></tr>");
    return row;
}

pal_status pal_eval_report_lists(pal_text *html, const pal_rundata *run, pal_error *err)
{
    enum { MOST_PEOPLE = 4 };
    pal_status rc = PAL_OK;
    const pal_table *t = run->eval->lists;
    list_columns c;
    size_t people = 0;

    PAL_TRY(find_columns(&c, t, err));
    if (pal_table_rows(t) == 0) {
        goto done;
    }
    pal_text_add(html, "<h2 id=\"lists\">Lists</h2><p>What each model recommends to a few people drawn at random, best "
                       "first; green are items of the test part. More people stand in recommendations.csv.</p>");
    for (size_t row = 0; row < pal_table_rows(t) && people < MOST_PEOPLE; people++) {
        const char *user = pal_table_text(t, row, c.user);

        pal_text_add(html, "<h3>Person ");
        pal_text_add_escaped(html, user);
        pal_text_add(html, "</h3><div class=\"wide\"><table><tbody>");
        while (row < pal_table_rows(t) && strcmp(pal_table_text(t, row, c.user), user) == 0) {
            row = add_list(html, run, &c, row);
        }
        pal_text_add(html, "</tbody></table></div>");
    }

done:
    return rc;
}

/* ---- method ---- */

void pal_eval_report_method(pal_text *html, const pal_rundata *run)
{
    const pal_json *definitions = pal_look_array(run->eval->summary, "definitions");
    char level[PAL_SHOWN_MAX], a[PAL_SHOWN_MAX], b[PAL_SHOWN_MAX];
    bool flips = run->permutations > 0;

    pal_text_add(html, "<h2 id=\"method\">Method</h2><p>Every model is fitted to the training part");
    pal_text_add(html, run->eval->n_tries > 0 ? " (for a search; what it keeps, and every model without one, is fitted "
                                                "to training and validation parts)" : "");
    pal_text_addf(html, " and ranks all items for each person of the test part: nothing is sampled, since sampled metrics "
                        "can turn the order of models (Krichene and Rendle, KDD 2020). Equal scores are ordered by item. "
                        "A person is the unit: values are averaged over people, intervals are %s bootstrap intervals over "
                        "people (%s resamples), and models are compared in pairs on the same people by ",
                  pal_show_percent(level, run->level, 0), pal_show_count(a, run->resamples));
    if (flips) {
        pal_text_addf(html, "sign-flip permutation tests (%s flips)", pal_show_count(b, run->permutations));
    } else {
        const bool ranks = strcmp(pal_look_text(run->eval->summary, "test", ""), "wilcoxon") == 0;

        pal_text_add(html, ranks ? "Wilcoxon's signed-rank tests (which, among many people, reject a true mean of 0 too "
                                   "often where differences are skewed: go by the size of an effect)"
                                 : "paired t tests");
    }
    pal_text_add(html, ", corrected for the number of comparisons (");
    pal_text_add_escaped(html, run->correction);
    pal_text_add(html, "). ");
    if (run->replicates > 1) {
        pal_text_add(html, "A person's value is the mean over replicates; how much the replicates' means differ stands in "
                           "models.csv (replicate_sd). ");
    }
    pal_text_add(html, "T are the test items of a person, \xe2\x80\x9c" "first k\xe2\x80\x9d the list. Diversity takes "
                       "items as alike by ");
    pal_text_add_escaped(html, pal_look_text(pal_look_object(run->eval->summary, "data"), "alike_by", "nothing"));
    pal_text_add(html, ".</p>");
    pal_report_definitions(html);
    for (size_t pass = 0; pass < run->n_definitions; pass++) { /* a family once, not at every k */
        const char *family = pal_look_text(pal_json_at(definitions, pass), "family", "");
        pal_definition d = run->definitions[pass];
        char label[160];
        bool known = false;

        for (size_t i = 0; i < pass && !known; i++) {
            known = strcmp(pal_look_text(pal_json_at(definitions, i), "family", ""), family) == 0;
        }
        if (known) {
            continue;
        }
        snprintf(label, sizeof label, "%.*s", (int)strcspn(d.label, "@"), d.label);
        d.label = label;
        pal_report_definition(html, &d);
    }
    pal_text_add(html, "</tbody></table></div>");
}

void pal_eval_report_again(pal_text *html, const pal_rundata *run)
{
    const pal_json *machine = pal_look_object(run->manifest, "machine");
    const char *file = pal_look_text(run->manifest, "experiment", "FILE.json");

    pal_text_add(html, "<h2 id=\"again\">Run it again</h2><p>Same file and seed give the same bytes, at any number of "
                       "threads:</p><pre>palate eval ");
    pal_text_add_escaped(html, file[0] != '\0' ? file : "FILE.json");
    if (run->seed[0] != '\0') {
        pal_text_add(html, " --seed ");
        pal_text_add_escaped(html, run->seed);
    }
    pal_text_add(html, "</pre><dl>");
    pal_report_fact(html, "Digest of the results", pal_look_text(run->manifest, "digest", ""));
    pal_report_fact(html, "Digest of the file", pal_look_text(run->manifest, "config_digest", ""));
    pal_report_fact(html, "Digest of the data",
                    pal_look_text(pal_look_object(run->eval->summary, "data"), "digest", ""));
    pal_report_fact(html, "Digest of the split",
                    pal_look_text(pal_look_object(run->eval->summary, "split"), "digest", ""));
    pal_report_fact(html, "Grade", pal_look_text(run->manifest, "grade", ""));
    pal_report_fact(html, "Compiler", pal_look_text(machine, "compiler", ""));
    pal_report_fact(html, "CPU", pal_look_text(machine, "cpu", ""));
    pal_text_add(html, "</dl>");
    pal_report_files(html, pal_look_array(run->manifest, "files"));
    pal_report_config(html, pal_look_object(run->manifest, "config"));
}
