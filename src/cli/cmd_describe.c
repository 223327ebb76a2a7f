/* palate describe: the stages, response models, metrics and experiment keys, from their own tables. */
#include "cli/command.h"
#include "cli/params_lines.h"
#include "cli/print.h"
#include "lab/experiment.h"
#include "metrics/metric.h"
#include "metrics/topn.h"
#include "sim/response.h"
#include "stages/stage.h"

#include <string.h>

#define MAX_NAMES 256

static const pal_option options[] = {
    PAL_OPTION_JSON,
    PAL_OPTION_HELP,
    PAL_OPTION_END,
};

/* ---- stages ---- */

static size_t stage_count(void) { return pal_stage_count(); }
static const char *stage_name(size_t i) { return pal_stage_at(i)->name; }

static void stage_line(size_t i, pal_text *text)
{
    pal_text_addf(text, "  %-20s %s\n", pal_stage_at(i)->name, pal_stage_at(i)->summary);
}

static void stage_text(size_t i, pal_text *text)
{
    const pal_stage_type *stage = pal_stage_at(i);

    pal_text_addf(text, "stage %s: %s\n\nsource: %s\n", stage->name, stage->summary, stage->source);
    pal_text_addf(text, "learns between rounds: %s\n", (stage->flags & PAL_STAGE_LEARNS) != 0 ? "yes" : "no");
    pal_text_addf(text, "propensities: %s\n", (stage->flags & PAL_STAGE_PROPENSITY) != 0
                  ? "true probabilities" : "1 for what it picks by score");
    if ((stage->flags & PAL_STAGE_NEEDS_TRUTH) != 0) {
        pal_text_add(text, "sees the truth: yes, a yardstick and no recommender\n");
    }
    if ((stage->flags & PAL_STAGE_POLICY) != 0) {
        pal_text_add(text, "picks among other stages: yes\n");
    }
    pal_text_add(text, "\nparameters (\"arms\": [{\"stage\": …, \"params\": {…}}]):\n");
    pal_params_describe(stage->params, text);
    if (stage->also != NULL && stage->also[0] != NULL) {
        const bool policy = (stage->flags & PAL_STAGE_POLICY) != 0;

        pal_text_add(text, policy ? "objects of parameters for its own stages:" : "object of its learner's own parameters:");
        for (const char *const *key = stage->also; *key != NULL; key++) {
            pal_text_addf(text, " %s", *key);
        }
        pal_text_add(text, "\n");
        if (strcmp(stage->also[0], "model") == 0) {
            pal_text_addf(text, "  (`palate train %s --params` lists them)\n", stage->name);
        }
    }
}

/* ---- response models ---- */

static size_t response_count(void) { return pal_response_count(); }
static const char *response_name(size_t i) { return pal_response_at(i)->name; }

static void response_line(size_t i, pal_text *text)
{
    pal_text_addf(text, "  %-20s %s\n", pal_response_at(i)->name, pal_response_at(i)->summary);
}

static void response_text(size_t i, pal_text *text)
{
    const pal_response_type *response = pal_response_at(i);

    pal_text_addf(text, "response model %s: %s\n\nsource: %s\n\n%s\n\nparameters (\"response\": {…}):\n",
                  response->name, response->summary, response->source, response->formulas);
    pal_params_describe(response->params, text);
}

/* ---- metrics: of runs, then of evaluations ---- */

static size_t metric_count(void)
{
    return pal_metric_count() + PAL_TOPN_WHOLES + PAL_TOPN_ATS + PAL_TOPN_CROWDS;
}

/* *at: what stands behind the name of a metric of lists. */
static const pal_metric_info *metric_at(size_t i, const char **at)
{
    *at = "";
    if (i < pal_metric_count()) return pal_metric_at(i);
    i -= pal_metric_count();
    if (i < PAL_TOPN_WHOLES) return pal_topn_whole_info((pal_topn_whole)i);
    i -= PAL_TOPN_WHOLES;
    *at = "@k";
    return i < PAL_TOPN_ATS ? pal_topn_at_info((pal_topn_at)i)
                            : pal_topn_crowd_info((pal_topn_crowd)(i - PAL_TOPN_ATS));
}

static const char *metric_name(size_t i)
{
    const char *at;

    return metric_at(i, &at)->name;
}

static void metric_line(size_t i, pal_text *text)
{
    const char *at;
    const pal_metric_info *metric = metric_at(i, &at);

    if (i == pal_metric_count()) {
        pal_text_add(text, "\nmetrics of evaluations (palate eval); k is a length of list\n");
    }
    pal_text_addf(text, "  %s%-*s %s\n", metric->name, (int)(20 - strlen(metric->name)), at,
                  metric->label);
}

static void tell_metric(const pal_metric_info *metric, const char *at, bool eval, pal_text *text)
{
    pal_text_addf(text, "metric %s%s%s: %s\n\n%s\n\nunit: %s\nbetter: %s\nsource: %s\n",
                  metric->name, at, eval ? " of an evaluation" : "", metric->label,
                  metric->definition, metric->unit[0] != '\0' ? metric->unit : "none",
                  metric->better > 0   ? "higher"
                  : metric->better < 0 ? "lower"
                                       : "neither",
                  metric->source[0] != '\0' ? metric->source : "ours");
}

/* The same name may stand in both tables. */
static void metric_text(size_t i, pal_text *text)
{
    const char *at, *name = metric_name(i);

    for (size_t k = i, n = 0; k < metric_count(); k++) {
        const pal_metric_info *metric = metric_at(k, &at);

        if (strcmp(metric->name, name) == 0) {
            pal_text_add(text, n++ > 0 ? "\n" : "");
            tell_metric(metric, at, k >= pal_metric_count(), text);
        }
    }
}

/* ---- as JSON lines ---- */

static void put_params(pal_json_writer *w, const pal_param *table)
{
    pal_json_begin_array(w, "params");
    for (const pal_param *p = table; p->name != NULL; p++) {
        pal_json_begin_object(w, NULL);
        pal_param_members(w, p);
        pal_json_end_object(w);
    }
    pal_json_end_array(w);
}

static void stage_json(size_t i, pal_json_writer *w)
{
    const pal_stage_type *stage = pal_stage_at(i);

    pal_json_put_string(w, "label", stage->label);
    pal_json_put_string(w, "summary", stage->summary);
    pal_json_put_string(w, "source", stage->source);
    pal_json_put_bool(w, "learns", (stage->flags & PAL_STAGE_LEARNS) != 0);
    pal_json_put_bool(w, "needs_truth", (stage->flags & PAL_STAGE_NEEDS_TRUTH) != 0);
    put_params(w, stage->params);
}

static void response_json(size_t i, pal_json_writer *w)
{
    const pal_response_type *response = pal_response_at(i);

    pal_json_put_string(w, "label", response->label);
    pal_json_put_string(w, "summary", response->summary);
    pal_json_put_string(w, "source", response->source);
    pal_json_put_string(w, "formulas", response->formulas);
    put_params(w, response->params);
}

static void metric_json(size_t i, pal_json_writer *w)
{
    const char *at;
    const pal_metric_info *metric = metric_at(i, &at);

    pal_json_put_string(w, "label", metric->label);
    pal_json_put_string(w, "unit", metric->unit);
    pal_json_put_string(w, "definition", metric->definition);
    pal_json_put_i64(w, "better", metric->better);
    pal_json_put_string(w, "source", metric->source);
    pal_json_put_string(w, "of", i < pal_metric_count() ? "run" : "eval");
    pal_json_put_bool(w, "at_k", at[0] != '\0');
}

/* ---- what can be described ---- */

typedef struct kind {
    const char *name, *title;
    size_t (*count)(void);
    const char *(*name_at)(size_t i);
    void (*line)(size_t i, pal_text *text);
    void (*text)(size_t i, pal_text *text);
    void (*json)(size_t i, pal_json_writer *w);
} kind;

static const kind kinds[] = {
    { "stage", "recommender stages", stage_count, stage_name, stage_line, stage_text, stage_json },
    { "response", "response models: how a person answers a slate", response_count, response_name,
      response_line, response_text, response_json },
    { "metric", "metrics of runs", metric_count, metric_name, metric_line, metric_text,
      metric_json },
};
enum { N_KINDS = sizeof kinds / sizeof kinds[0] };

static pal_status find_kind(const kind **out, const char *name, pal_error *err)
{
    static const char *const names[] = { "stage", "response", "metric", "experiment" };
    const char *near;

    for (size_t k = 0; k < N_KINDS; k++) {
        if (strcmp(kinds[k].name, name) == 0) {
            *out = &kinds[k];
            return PAL_OK;
        }
    }
    near = pal_args_nearest(name, names, sizeof names / sizeof names[0]);
    return pal_error_set(err, PAL_ERR_USAGE, "describe: '%s' is none of stage, response, metric, experiment%s%s%s",
                         name, near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                         near != NULL ? "'?" : "");
}

static pal_status find_name(size_t *out, const kind *k, const char *name, pal_error *err)
{
    const char *names[MAX_NAMES];
    const char *near;
    size_t n = k->count() < MAX_NAMES ? k->count() : MAX_NAMES;

    for (size_t i = 0; i < n; i++) {
        names[i] = k->name_at(i);
        if (strcmp(names[i], name) == 0) {
            *out = i;
            return PAL_OK;
        }
    }
    near = pal_args_nearest(name, names, n);
    return pal_error_set(err, PAL_ERR_USAGE, "describe: no %s is named '%s'; 'palate describe %s' lists them%s%s%s",
                         k->name, name, k->name, near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                         near != NULL ? "'?" : "");
}

static pal_status print_json(const kind *k, size_t i, pal_error *err)
{
    pal_json_writer w = { .compact = true };

    pal_json_begin_object(&w, NULL);
    pal_json_put_string(&w, "kind", k->name);
    pal_json_put_string(&w, "name", k->name_at(i));
    k->json(i, &w);
    pal_json_end_object(&w);
    return pal_print_line(&w, err);
}

/* All of a kind: a line each. */
static pal_status print_kind(const kind *k, bool json, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_text text = { 0 };

    pal_text_addf(&text, "%s ('palate describe %s NAME' tells all)\n", k->title, k->name);
    for (size_t i = 0; i < k->count(); i++) {
        if (json) {
            PAL_TRY(print_json(k, i, err));
        } else {
            k->line(i, &text);
        }
    }
    pal_text_add(&text, "\n");
    if (!json) {
        PAL_TRY(pal_print_text(&text, err));
    }

done:
    pal_text_clear(&text);
    return rc;
}

static pal_status print_experiment(bool json, pal_error *err)
{
    pal_text text = { 0 };
    pal_json_writer w = { .compact = true };

    pal_experiment_describe(&text);
    if (!json) {
        return pal_print_text(&text, err);
    }
    pal_json_begin_object(&w, NULL);
    pal_json_put_string(&w, "kind", "experiment");
    pal_json_put_string(&w, "text", text.bytes);
    pal_json_end_object(&w);
    pal_text_clear(&text);
    return pal_print_line(&w, err);
}

static pal_status run(const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    bool json = pal_args_has(args, "json");
    const char *what = args->operand[0], *name = args->operand[1];
    const kind *k = NULL;
    pal_text text = { 0 };
    size_t i = 0;

    if (args->n_operands == 0) {
        for (size_t j = 0; j < N_KINDS; j++) {
            PAL_TRY(print_kind(&kinds[j], json, err));
        }
        PAL_TRY(print_experiment(json, err));
        goto done;
    }
    if (strcmp(what, "experiment") == 0) {
        if (name != NULL) {
            PAL_FAIL(PAL_ERR_USAGE, "describe: experiment takes no name, found '%s'", name);
        }
        PAL_TRY(print_experiment(json, err));
        goto done;
    }
    PAL_TRY(find_kind(&k, what, err));
    if (name == NULL) {
        PAL_TRY(print_kind(k, json, err));
        goto done;
    }
    PAL_TRY(find_name(&i, k, name, err));
    if (json) {
        for (size_t j = i; j < k->count();
             j++) { /* a metric of runs and one of evaluations may share their name */
            if (strcmp(k->name_at(j), k->name_at(i)) == 0) PAL_TRY(print_json(k, j, err));
        }
    } else {
        k->text(i, &text);
        PAL_TRY(pal_print_text(&text, err));
    }

done:
    return rc;
}

const pal_command pal_command_describe = {
    .name = "describe",
    .operands = "[stage|response|metric|experiment] [NAME]",
    .n_min = 0,
    .n_max = 2,
    .summary = "tell what a stage, response model, metric or experiment key means",
    .usage = "Everything comes from the tables that check an experiment file, so it is always what "
             "the program\n"
             "does. Without words: a line for each stage, response model and metric, and every "
             "experiment key.\n"
             "Metrics are those of runs and those of 'palate eval'.",
    .options = options,
    .run = run,
};
