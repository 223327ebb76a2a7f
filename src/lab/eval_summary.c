/* summary.json and manifest.json of an evaluation: what the report is made from, and what it was made with. */
#include "lab/eval_write.h"

#include "core/mem.h"
#include "data/split.h"
#include "lab/manifest.h"
#include "lab/run.h"
#include "lab/version.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void put_interval(pal_json_writer *w, const char *value, const pal_interval *v)
{
    pal_json_put_number(w, value, v->value);
    pal_json_put_number(w, "lo", v->lo);
    pal_json_put_number(w, "hi", v->hi);
    pal_json_put_i64(w, "n", (int64_t)v->n);
}

/* The best model by the main metric, the first of equals. */
static size_t best_model(const pal_eval *e, const pal_eval_result *measured)
{
    size_t best = 0, column = e->config->main_column;

    for (size_t m = 1; m < e->config->n_models; m++) {
        if (measured[m].at[column].v.value > measured[best].at[column].v.value) best = m;
    }
    return best;
}

static void put_head(pal_json_writer *w, const pal_eval *e, const pal_eval_result *measured)
{
    const pal_eval_config *c = e->config;
    char seed[PAL_NUMBER_MAX], name[PAL_TOPN_NAME];
    double k[PAL_TOPN_MAX_KS];

    pal_format_u64(seed, c->seed);
    for (size_t i = 0; i < c->n_k; i++) k[i] = (double)c->k[i];
    pal_json_put_string(w, "format", "palate-eval-summary/1");
    pal_json_put_string(w, "name", c->name);
    pal_json_put_string(w, "purpose", c->purpose);
    pal_json_put_string(w, "baseline", c->model[c->baseline].name);
    pal_json_put_string(w, "focus", c->model[best_model(e, measured)].name);
    pal_json_put_i64(w, "people", (int64_t)e->n_people);
    pal_json_put_i64(w, "replicates", c->n_replicates);
    pal_json_put_null(w, "rounds");
    pal_json_put_i64(w, "slots", (int64_t)c->k[c->main_k]);
    pal_json_put_i64(w, "items", (int64_t)e->log->n_items);
    pal_json_put_string(w, "seed", seed);
    pal_json_put_numbers(w, "k", k, c->n_k);
    pal_json_put_string(w, "main", pal_topn_column_name(name, c->main_column, c->k));
    pal_json_put_bool(w, "keep_training_items", c->keep_training_items);
    pal_json_put_bool(w, "unseen_only", c->unseen_only);
    pal_json_put_string(w, "vary", pal_values_text(c->top, "vary"));
    pal_json_put_string(w, "test", pal_values_text(c->test, "test"));
    pal_json_put_number(w, "level", pal_values_real(c->statistics, "level"));
    pal_json_put_i64(w, "resamples", pal_values_int(c->statistics, "resamples"));
    pal_json_put_i64(w, "permutations", strcmp(pal_values_text(c->test, "test"), "permutation") == 0
                                            ? pal_values_int(c->statistics, "permutations") : 0);
    pal_json_put_string(w, "correction", pal_values_text(c->statistics, "correction"));
}

static void put_data(pal_json_writer *w, const pal_eval *e)
{
    static const char *const part[] = { "train", "valid", "test", "known", "none" };
    const pal_interactions *log = e->log;
    char hex[24];

    snprintf(hex, sizeof hex, "%016llx", (unsigned long long)pal_interactions_digest(log));
    pal_json_begin_object(w, "data");
    pal_json_put_string(w, "name", log->name);
    pal_json_put_string(w, "source", e->config->synthetic ? "synthetic" : e->config->data_file);
    pal_json_put_string(w, "format", e->report.format);
    pal_json_put_i64(w, "people", (int64_t)log->n_users);
    pal_json_put_i64(w, "items", (int64_t)log->n_items);
    pal_json_put_i64(w, "interactions", (int64_t)log->n);
    pal_json_put_i64(w, "rows", (int64_t)e->report.rows);
    pal_json_put_i64(w, "repeated", (int64_t)e->report.repeated);
    pal_json_put_i64(w, "below_threshold", (int64_t)e->report.below);
    pal_json_put_i64(w, "rare", (int64_t)e->report.rare);
    pal_json_put_bool(w, "has_times", log->time != NULL);
    pal_json_put_i64(w, "people_features", log->user_side == NULL ? 0 : (int64_t)log->user_side->n_features);
    pal_json_put_i64(w, "item_features", log->item_side == NULL ? 0 : (int64_t)log->item_side->n_features);
    pal_json_put_i64(w, "genres", e->genres == NULL ? 0 : (int64_t)e->genres->n_cols);
    pal_json_put_string(w, "alike_by", strcmp(pal_values_text(e->config->metrics, "diversity"), "none") == 0 ? NULL
                                           : pal_eval_by_features(log, e->config) ? "item features" : "the people who have them");
    pal_json_put_string(w, "digest", hex);
    pal_json_end_object(w);
    pal_json_begin_object(w, "split");
    pal_json_put_string(w, "kind", pal_values_text(e->config->split, "kind"));
    for (size_t i = 0; i < 5; i++) pal_json_put_i64(w, part[i], (int64_t)e->split[0]->count[i]);
    pal_json_put_string(w, "digest", e->split[0]->digest);
    pal_json_end_object(w);
}

static void put_metrics(pal_json_writer *w, const pal_eval_result *r, bool baseline)
{
    pal_json_begin_array(w, "metrics");
    for (size_t i = 0; i < r->n; i++) {
        pal_json_begin_object(w, NULL);
        pal_json_put_string(w, "name", r->at[i].name);
        put_interval(w, "value", &r->at[i].v);
        pal_json_put_number(w, "replicate_sd", r->at[i].replicate_sd);
        pal_json_end_object(w);
    }
    pal_json_end_array(w);
    pal_json_begin_array(w, "comparisons");
    for (size_t i = 0; i < r->n && !baseline; i++) {
        pal_json_begin_object(w, NULL);
        pal_json_put_string(w, "metric", r->at[i].name);
        put_interval(w, "diff", &r->at[i].diff);
        pal_json_put_number(w, "effect", r->at[i].effect);
        pal_json_put_number(w, "p", r->at[i].p);
        pal_json_put_number(w, "p_adjusted", r->at[i].p_adjusted);
        pal_json_put_bool(w, "significant", r->at[i].significant);
        pal_json_end_object(w);
    }
    pal_json_end_array(w);
}

static pal_status put_model(pal_json_writer *w, const pal_eval *e, size_t m, const pal_eval_result *r, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_eval_model *model = &e->config->model[m];
    const char *params = e->kept_params[m * e->config->n_replicates];
    pal_json_doc *doc = NULL;

    PAL_TRY(pal_json_parse(&doc, params, strlen(params), "parameters", err));
    pal_json_begin_object(w, NULL);
    pal_json_put_string(w, "name", model->name);
    pal_json_put_string(w, "stage", model->type->name);
    pal_json_put_string(w, "label", model->type->label);
    pal_json_put_bool(w, "is_baseline", m == e->config->baseline);
    pal_json_put_string(w, "source", model->type->source);
    pal_json_put_string(w, "features", pal_values_text(model->values, "features"));
    pal_json_put_i64(w, "tries", (int64_t)model->n_tries);
    pal_json_put_value(w, "params", pal_json_root(doc));
    put_metrics(w, r, m == e->config->baseline);
    pal_json_put_numbers(w, "lorenz", r->lorenz, PAL_EVAL_LORENZ);
    pal_json_end_object(w);

done:
    pal_json_free(doc);
    return rc;
}

static void put_definition(pal_json_writer *w, const pal_eval_estimate *x)
{
    char label[80];

    snprintf(label, sizeof label, x->k > 0 ? "%s@%zu" : "%s", x->info->label, x->k);
    pal_json_begin_object(w, NULL);
    pal_json_put_string(w, "name", x->name);
    pal_json_put_string(w, "label", label);
    pal_json_put_string(w, "family", x->info->name);
    pal_json_put_string(w, "unit", x->info->unit);
    pal_json_put_i64(w, "better", x->info->better);
    pal_json_put_string(w, "definition", x->info->definition);
    pal_json_put_string(w, "source", x->info->source);
    pal_json_end_object(w);
}

static void put_activity(pal_json_writer *w, const pal_eval *e, const pal_eval_result *measured, const pal_eval_groups *g)
{
    pal_json_begin_array(w, "activity");
    for (size_t q = 0; q < PAL_EVAL_ACTIVITY; q++) {
        if (g->n[q] == 0) continue;
        pal_json_begin_object(w, NULL);
        pal_json_put_i64(w, "least", g->least[q]);
        pal_json_put_i64(w, "most", g->most[q]);
        pal_json_put_i64(w, "people", (int64_t)g->n[q]);
        pal_json_begin_array(w, "models");
        for (size_t m = 0; m < e->config->n_models; m++) {
            pal_json_begin_object(w, NULL);
            pal_json_put_string(w, "name", e->config->model[m].name);
            put_interval(w, "value", &measured[m].activity[q]);
            pal_json_end_object(w);
        }
        pal_json_end_array(w);
        pal_json_end_object(w);
    }
    pal_json_end_array(w);
}

pal_status pal_eval_write_summary(pal_results *results, const pal_eval *e, const pal_eval_result *measured,
                                  const pal_eval_groups *groups, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_writer w = { 0 };

    pal_json_begin_object(&w, NULL);
    put_head(&w, e, measured);
    put_data(&w, e);
    pal_json_begin_array(&w, "arms");
    for (size_t m = 0; m < e->config->n_models; m++) PAL_TRY(put_model(&w, e, m, &measured[m], err));
    pal_json_end_array(&w);
    put_activity(&w, e, measured, groups);
    pal_json_begin_array(&w, "definitions");
    for (size_t i = 0; i < measured[0].n; i++) put_definition(&w, &measured[0].at[i]);
    pal_json_end_array(&w);
    pal_json_end_object(&w);
    PAL_TRY(pal_results_json(results, &w, "summary.json", err));

done:
    pal_text_clear(&w.text);
    return rc;
}

/* Exact when every model is, or runs on the portable backend. */
static const char *grade_of(const pal_eval_config *c)
{
    for (size_t m = 0; m < c->n_models && !c->exact_numerics; m++) {
        if ((c->model[m].type->flags & PAL_REC_EXACT) == 0) return "same machine";
    }
    return "exact";
}

pal_status pal_eval_write_manifest(const pal_results *results, const pal_eval *e, const char *digest, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_eval_config *c = e->config;
    pal_json_writer w = { 0 };
    pal_json_doc *config = NULL;
    char *path = pal_path_join(results->dir, "manifest.json"), seed[PAL_NUMBER_MAX];

    if (path == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory for a path");
    PAL_TRY(pal_json_parse(&config, c->resolved.bytes, c->resolved.n, "resolved evaluation", err));
    pal_format_u64(seed, c->seed);
    pal_json_begin_object(&w, NULL);
    pal_json_put_string(&w, "format", PAL_EVAL_FORMAT);
    pal_json_put_string(&w, "palate", PAL_VERSION);
    pal_json_put_string(&w, "name", c->name);
    pal_json_put_string(&w, "purpose", c->purpose);
    pal_json_put_string(&w, "experiment", c->file);
    pal_json_put_string(&w, "seed", seed);
    pal_json_put_string(&w, "grade", grade_of(c));
    pal_json_put_string(&w, "digest_algorithm", "xxh128 of (name, xxh128 of the file) over the files below in name order");
    pal_json_put_string(&w, "digest", digest);
    pal_json_put_string(&w, "config_digest", c->digest);
    pal_json_begin_array(&w, "files");
    for (size_t i = 0; i < results->n_files; i++) {
        pal_json_begin_object(&w, NULL);
        pal_json_put_string(&w, "name", results->file[i].name);
        pal_json_put_string(&w, "digest", results->file[i].hex);
        pal_json_end_object(&w);
    }
    pal_json_end_array(&w);
    pal_json_begin_object(&w, "machine");
    pal_run_machine(&w);
    pal_json_put_i64(&w, "threads", (int64_t)e->n_threads);
    pal_json_end_object(&w);
    pal_json_put_value(&w, "config", pal_json_root(config));
    pal_json_end_object(&w);
    PAL_TRY(pal_json_save(&w, path, NULL, err));

done:
    pal_text_clear(&w.text);
    pal_json_free(config);
    pal_free(path);
    return rc;
}
