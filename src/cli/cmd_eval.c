/* palate eval: models on a log of interactions become a result directory and its report. */
#include "cli/command.h"
#include "cli/overrides.h"
#include "cli/params_lines.h"
#include "cli/print.h"
#include "core/file.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/progress.h"
#include "lab/eval_run.h"
#include "lab/result_kind.h"
#include "plots/eval_report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MAX_SHOWN 8
#define MUCH_TIED 0.1 /* share of people above which tied lists are worth a line */

static const pal_option options[] = {
    { "seed", "N", false, "seed instead of the file's: a whole number below 2^64" },
    { "set", "PATH=VALUE", true, "change a key of the file: models.0.params.epochs=30, metrics.k=[10]" },
    PAL_OPTION_THREADS,
    { "out", "DIR", false, "result directory (default: results/NAME-SEED)" },
    { "no-report", NULL, false, "do not draw figures and report.html" },
    { "keys", NULL, false, "list every key, model and metric, and do nothing else" },
    PAL_OPTION_JSON,
    PAL_OPTION_QUIET,
    PAL_OPTION_HELP,
    PAL_OPTION_END,
};

/* The columns of the closing table. */
typedef struct shown {
    const pal_eval_config *config;
    const char *name[MAX_SHOWN];
    char text[MAX_SHOWN][PAL_TOPN_NAME];
    size_t n;
} shown;

static void show(shown *s, const char *name)
{
    for (size_t i = 0; i < s->n; i++) {
        if (strcmp(s->name[i], name) == 0) {
            return;
        }
    }
    snprintf(s->text[s->n], sizeof s->text[s->n], "%s", name);
    s->name[s->n] = s->text[s->n];
    s->n++;
}

static void choose_columns(shown *s, const pal_eval_config *c)
{
    static const pal_topn_at at[] = { PAL_TOPN_NDCG, PAL_TOPN_PRECISION, PAL_TOPN_RECALL };
    char name[PAL_TOPN_NAME];

    *s = (shown){ .config = c };
    show(s, pal_topn_column_name(name, c->main_column, c->k));
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        show(s, pal_topn_column_name(name, pal_topn_column_at(c->main_k, at[i]), c->k));
    }
    show(s, "auc");
    snprintf(name, sizeof name, "coverage@%zu", c->k[c->main_k]);
    show(s, name);
}

/* An entry of an arm's "metrics" or "comparisons" by the text of `key`; NULL when there is none. */
static const pal_json *entry(const pal_json *arm, const char *array, const char *key, const char *name)
{
    const pal_json *list = pal_json_get(arm, array);

    for (size_t i = 0; list != NULL && i < pal_json_size(list); i++) {
        const pal_json *found = pal_json_get(pal_json_at(list, i), key);

        if (found != NULL && pal_json_kind_of(found) == PAL_JSON_STRING && strcmp(pal_json_string(found), name) == 0) {
            return pal_json_at(list, i);
        }
    }
    return NULL;
}

static double number(const pal_json *object, const char *key)
{
    const pal_json *value = object == NULL ? NULL : pal_json_get(object, key);

    return value != NULL && pal_json_kind_of(value) == PAL_JSON_NUMBER ? pal_json_number(value) : NAN;
}

/* Arms by the main metric, best first, undefined last. */
static void sort_arms(size_t *order, const pal_json *arms, const char *metric)
{
    for (size_t a = 0; a < pal_json_size(arms); a++) {
        double value = number(entry(pal_json_at(arms, a), "metrics", "name", metric), "value");
        size_t at = a;

        for (; at > 0; at--) {
            double other = number(entry(pal_json_at(arms, order[at - 1]), "metrics", "name", metric), "value");

            if (!(value > other) && !(isnan(other) && !isnan(value))) {
                break;
            }
            order[at] = order[at - 1];
        }
        order[at] = a;
    }
}

static void add_value(pal_text *text, const pal_json *arm, const char *metric)
{
    const pal_json *at = entry(arm, "metrics", "name", metric), *c = entry(arm, "comparisons", "metric", metric);
    const pal_json *flag = c == NULL ? NULL : pal_json_get(c, "significant");
    bool significant = flag != NULL && pal_json_kind_of(flag) == PAL_JSON_BOOL && pal_json_bool(flag);
    double value = number(at, "value"), half = (number(at, "hi") - number(at, "lo")) / 2;
    const char *mark = !significant ? " " : number(c, "diff") > 0 ? "+" : "-";

    if (isnan(value)) {
        pal_text_addf(text, "  %17s", "-");
    } else if (isnan(half)) {
        pal_text_addf(text, "  %16.4f%s", value, mark);
    } else {
        pal_text_addf(text, "  %8.4f \302\261%.4f%s", value, half, mark);
    }
}

static void add_table(pal_text *text, const shown *s, const pal_json *arms)
{
    size_t order[256] = { 0 }, width = 5;

    sort_arms(order, arms, s->name[0]);
    for (size_t m = 0; m < s->config->n_models; m++) {
        size_t n = strlen(s->config->model[m].name);

        width = n > width ? n : width;
    }
    pal_text_addf(text, "%-*s", (int)width, "model");
    for (size_t i = 0; i < s->n; i++) {
        pal_text_addf(text, "  %17s", s->name[i]);
    }
    pal_text_add(text, "\n");
    for (size_t a = 0; a < pal_json_size(arms); a++) {
        pal_text_addf(text, "%-*s", (int)width, s->config->model[order[a]].name);
        for (size_t i = 0; i < s->n; i++) {
            add_value(text, pal_json_at(arms, order[a]), s->name[i]);
        }
        pal_text_add(text, "\n");
    }
}

/* Lists that are cut between equal scores follow the items' numbers, which may go with how popular items are. */
static void add_ties(pal_text *text, const pal_eval_config *c, const pal_json *arms)
{
    char name[PAL_TOPN_NAME];

    pal_topn_column_name(name, pal_topn_column_at(c->main_k, PAL_TOPN_TIED), c->k);
    for (size_t a = 0; a < pal_json_size(arms); a++) {
        double share = number(entry(pal_json_at(arms, a), "metrics", "name", name), "value");

        if (share > MUCH_TIED) {
            pal_text_addf(text, "note: %s cuts the lists of %.0f %% of people between equal scores: the lower item number "
                                "decided\n", c->model[a].name, 100 * share);
        }
    }
}

static pal_status print_text(const pal_eval_config *c, const pal_eval_summary *s, const pal_json *arms,
                             const char *directory, bool has_report, pal_error *err)
{
    pal_text text = { 0 };
    shown columns;

    choose_columns(&columns, c);
    add_table(&text, &columns, arms);
    pal_text_addf(&text, "\302\261 half of the %g %% interval over people; + and - differ from %s after correction\n",
                  100 * pal_values_real(c->statistics, "level"), c->model[c->baseline].name);
    add_ties(&text, c, arms);
    pal_text_add(&text, "\n");
    pal_text_addf(&text, "%s, seed %llu: %s of %s people, %s items, %s interactions, %s fits in %.1f s\n", c->name,
                  (unsigned long long)c->seed, pal_print_count(s->n_people), pal_print_count(s->n_users),
                  pal_print_count(s->n_items), pal_print_count(s->n_interactions), pal_print_count(s->n_fits), s->wall_s);
    pal_text_addf(&text, "results  %s\n", directory);
    if (has_report) {
        pal_text_addf(&text, "report   %s/report.html\n", directory);
    }
    pal_text_addf(&text, "digest   %s\n", s->digest);
    return pal_print_text(&text, err);
}

static pal_status print_json(const pal_eval_config *c, const pal_eval_summary *s, const pal_json *arms,
                             const char *directory, pal_error *err)
{
    pal_json_writer w = { .compact = true };
    char seed[PAL_NUMBER_MAX];

    pal_format_u64(seed, c->seed);
    pal_json_begin_object(&w, NULL);
    pal_json_put_string(&w, "command", "eval");
    pal_json_put_string(&w, "name", c->name);
    pal_json_put_string(&w, "seed", seed);
    pal_json_put_string(&w, "digest", s->digest);
    pal_json_put_string(&w, "directory", directory);
    pal_json_put_i64(&w, "people", (int64_t)s->n_people);
    pal_json_put_i64(&w, "items", (int64_t)s->n_items);
    pal_json_put_i64(&w, "interactions", (int64_t)s->n_interactions);
    pal_json_put_i64(&w, "fits", (int64_t)s->n_fits);
    pal_json_put_number(&w, "seconds", s->wall_s);
    pal_json_begin_array(&w, "models");
    for (size_t a = 0; a < pal_json_size(arms); a++) {
        const pal_json *metrics = pal_json_get(pal_json_at(arms, a), "metrics");

        pal_json_begin_object(&w, NULL);
        pal_json_put_string(&w, "name", c->model[a].name);
        for (size_t i = 0; metrics != NULL && i < pal_json_size(metrics); i++) {
            const pal_json *metric = pal_json_at(metrics, i);

            pal_json_put_number(&w, pal_json_string(pal_json_get(metric, "name")), number(metric, "value"));
        }
        pal_json_end_object(&w);
    }
    pal_json_end_array(&w);
    pal_json_end_object(&w);
    return pal_print_line(&w, err);
}

static pal_status print_outcome(const pal_args *args, const pal_eval_config *c, const pal_eval_summary *s,
                                const char *directory, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_doc *doc = NULL;
    const pal_json *arms;
    char *path = NULL;

    if (pal_args_has(args, "quiet") && !pal_args_has(args, "json")) {
        return PAL_OK;
    }
    path = pal_path_join(directory, "summary.json");
    if (path == NULL) {
        PAL_FAIL(PAL_ERR_MEMORY, "out of memory for a path");
    }
    PAL_TRY(pal_json_load(&doc, path, err));
    arms = pal_json_get(pal_json_root(doc), "arms");
    PAL_ASSERT(arms != NULL && pal_json_size(arms) == c->n_models);
    if (pal_args_has(args, "json")) {
        PAL_TRY(print_json(c, s, arms, directory, err));
    } else {
        PAL_TRY(print_text(c, s, arms, directory, !pal_args_has(args, "no-report"), err));
    }

done:
    pal_json_free(doc);
    pal_free(path);
    return rc;
}

static pal_status print_keys(bool json, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_text text = { 0 };
    const char *key;

    if (!json) {
        pal_eval_describe(&text);
        return pal_print_text(&text, err);
    }
    for (size_t i = 0; i < pal_eval_sections(); i++) {
        const pal_param *table = pal_eval_section(i, &key);

        PAL_TRY(pal_params_print_lines("eval", key, table, err));
    }

done:
    return rc;
}

static pal_status run(const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_eval_config *config = NULL;
    char *directory = NULL;
    pal_overrides changed = { .n = 0 };
    pal_run_options how = { .n_threads = 1 };
    pal_eval_summary summary = { .n_fits = 0 };

    if (pal_args_has(args, "keys")) {
        return print_keys(pal_args_has(args, "json"), err);
    }
    if (args->n_operands == 0) {
        PAL_FAIL(PAL_ERR_USAGE, "eval: needs FILE, or --keys; 'palate eval --help' tells more");
    }
    PAL_TRY(pal_overrides_read(&changed, args, err));
    PAL_TRY(pal_args_threads(&how.n_threads, args, err));
    PAL_TRY(pal_eval_config_load(&config, args->operand[0], changed.item, changed.n, err));
    PAL_TRY(pal_result_directory(&directory, args, config->name, config->seed, err));
    PAL_TRY(pal_results_may_replace(directory, PAL_EVAL_FORMAT, err));
    how.out_dir = directory;
    PAL_TRY(pal_eval_run(&summary, config, &how, err));
    if (!pal_args_has(args, "no-report")) {
        pal_report_options drawing = pal_report_defaults();

        drawing.formats = PAL_FORMAT_SVG | PAL_FORMAT_PNG;
        PAL_TRY(pal_eval_report_draw(directory, &drawing, err));
    }
    PAL_TRY(print_outcome(args, config, &summary, directory, err));

done:
    pal_overrides_clear(&changed);
    pal_free(directory);
    pal_eval_config_free(config);
    return rc;
}

const pal_command pal_command_eval = {
    .name = "eval", .operands = "FILE", .n_min = 0, .n_max = 1,
    .summary = "compare models on a log of interactions (MovieLens, last.fm, your own)",
    .usage = "Reads FILE (JSON; 'palate eval --keys' lists its keys), splits the log it names, searches parameters on\n"
             "the validation part, fits every model, ranks all items for every person of the test part, and writes\n"
             "a result directory with figures and report.html. Rankings are full, never sampled; every metric's\n"
             "formula stands in the report. The same file and seed give the same digest at any thread count.",
    .options = options, .run = run,
};
