/* Load, check and write out an evaluation file. */
#include "lab/eval_config.h"

#include "core/file.h"
#include "core/mem.h"
#include "data/interactions_load.h"
#include "data/split.h"
#include "lab/eval_search.h"
#include "lab/names.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MAX_ALSO 64
#define MOST_SEED (UINT64_C(1) << 53)
#define MAX_MODELS 60 /* as many as figures can tell apart */

static const char *const objects[] = { "data", "split", "models", "metrics", "statistics", "output", NULL };

/* Append the names of a table to a NULL-ended list. */
static void also_table(const char **also, const pal_param *table)
{
    size_t n = 0;

    while (also[n] != NULL) n++;
    for (; table->name != NULL && n + 1 < MAX_ALSO; table++) also[n++] = table->name;
    also[n] = NULL;
}

static pal_status object_of(const pal_json **out, const pal_eval_config *c, const char *key, pal_error *err)
{
    const pal_json *value = pal_json_get(pal_json_root(c->doc), key);

    *out = value;
    if (value != NULL && pal_json_kind_of(value) != PAL_JSON_OBJECT) {
        return pal_error_set(err, PAL_ERR_CONFIG, "%s: %s: must be an object, found %s", c->file, key,
                             pal_json_kind_name(pal_json_kind_of(value)));
    }
    return PAL_OK;
}

static pal_status read_top(pal_eval_config *c, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *root = pal_json_root(c->doc);
    const char *seed;

    if (pal_json_kind_of(root) != PAL_JSON_OBJECT) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: an evaluation must be an object, found %s", c->file,
                 pal_json_kind_name(pal_json_kind_of(root)));
    }
    PAL_TRY(pal_values_read(&c->top, pal_eval_params, root, c->file, "", objects, err));
    c->name = pal_values_text(c->top, "name");
    c->purpose = pal_values_text(c->top, "purpose");
    c->n_replicates = (uint32_t)pal_values_int(c->top, "replicates");
    c->vary_split = strcmp(pal_values_text(c->top, "vary"), "model") != 0;
    c->vary_model = strcmp(pal_values_text(c->top, "vary"), "split") != 0;
    c->keep_training_items = pal_values_bool(c->top, "keep_training_items");
    c->exact_numerics = strcmp(pal_values_text(c->top, "numerics"), "exact") == 0;
    seed = pal_values_text(c->top, "seed");
    if (!pal_parse_u64(&c->seed, seed, strlen(seed))) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: seed: must be a string of digits below 2^64, found \"%s\"", c->file, seed);
    }
    PAL_TRY(pal_name_check_run(c->name, c->file, err));

done:
    return rc;
}

static pal_status read_data(pal_eval_config *c, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *also[MAX_ALSO] = { NULL }, *source_also[MAX_ALSO] = { NULL };
    const pal_json *object, *source;

    PAL_TRY(object_of(&object, c, "data", err));
    if (object == NULL) PAL_FAIL(PAL_ERR_CONFIG, "%s: data: must be an object, found nothing", c->file);
    source = pal_json_get(object, "source");
    c->synthetic = source != NULL && pal_json_kind_of(source) == PAL_JSON_STRING &&
                   strcmp(pal_json_string(source), "synthetic") == 0;
    also_table(also, c->synthetic ? pal_eval_generate_params : pal_interactions_params);
    also_table(source_also, pal_eval_data_params);
    PAL_TRY(pal_values_read(&c->data, pal_eval_data_params, object, c->file, "data", also, err));
    c->data_file = pal_values_text(c->data, "file");
    if (c->synthetic) {
        PAL_TRY(pal_values_read(&c->generate, pal_eval_generate_params, object, c->file, "data", source_also, err));
    } else {
        PAL_TRY(pal_values_read(&c->load, pal_interactions_params, object, c->file, "data", source_also, err));
        if (c->data_file[0] == '\0') {
            PAL_FAIL(PAL_ERR_CONFIG, "%s: data.file: needed unless data.source is \"synthetic\"", c->file);
        }
    }

done:
    return rc;
}

static pal_status read_k(pal_eval_config *c, pal_error *err)
{
    size_t n;
    const double *k = pal_values_reals(c->metrics, "k", &n);

    if (n < 1 || n > PAL_TOPN_MAX_KS) {
        return pal_error_set(err, PAL_ERR_CONFIG, "%s: metrics.k: must hold 1 to %d numbers, found %zu", c->file,
                             PAL_TOPN_MAX_KS, n);
    }
    for (size_t i = 0; i < n; i++) {
        if (floor(k[i]) != k[i] || (i > 0 && k[i] <= k[i - 1])) {
            return pal_error_set(err, PAL_ERR_CONFIG, "%s: metrics.k[%zu]: must be a whole number above the one before it, found %g",
                                 c->file, i, k[i]);
        }
        c->k[i] = (size_t)k[i];
    }
    c->n_k = n;
    return PAL_OK;
}

/* The column of a metric by name; all the names in the message when there is none. */
static pal_status column_named(size_t *out, const pal_eval_config *c, const char *name, const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;
    char each[PAL_TOPN_NAME];
    pal_text known = { 0 };

    *out = pal_topn_find(name, c->k, c->n_k);
    if (*out != SIZE_MAX) return PAL_OK;
    for (size_t i = 0; i < pal_topn_columns(c->n_k); i++) {
        pal_text_addf(&known, "%s%s", i == 0 ? "" : ", ", pal_topn_column_name(each, i, c->k));
    }
    PAL_TRY(pal_text_check(&known, err));
    PAL_FAIL(PAL_ERR_CONFIG, "%s: %s: no metric is named \"%s\"; there are %s", c->file, path, name, known.bytes);

done:
    pal_text_clear(&known);
    return rc;
}

static pal_status read_metrics(pal_eval_config *c, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *object;
    const char *name;
    size_t at_k;

    PAL_TRY(object_of(&object, c, "metrics", err));
    PAL_TRY(pal_values_read(&c->metrics, pal_eval_metrics_params, object, c->file, "metrics", NULL, err));
    PAL_TRY(read_k(c, err));
    c->main_k = c->n_k - 1;
    for (size_t i = 0; i < c->n_k; i++) {
        if (c->k[i] == 10) c->main_k = i;
    }
    c->main_column = pal_topn_column_at(c->main_k, PAL_TOPN_NDCG);
    name = pal_values_text(c->metrics, "main");
    if (name[0] != '\0') {
        PAL_TRY(column_named(&c->main_column, c, name, "metrics.main", err));
        if (pal_topn_column_info(c->main_column, c->k, &at_k)->better <= 0) {
            PAL_FAIL(PAL_ERR_CONFIG, "%s: metrics.main: must be a metric of which higher is better, found \"%s\"", c->file, name);
        }
        for (size_t i = 0; i < c->n_k; i++) {
            if (c->k[i] == at_k) c->main_k = i;
        }
    }

done:
    return rc;
}

static pal_status read_statistics(pal_eval_config *c, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *also[MAX_ALSO] = { NULL }, *test_also[MAX_ALSO] = { NULL };
    const pal_json *object;

    PAL_TRY(object_of(&object, c, "statistics", err));
    also_table(also, pal_eval_test_params);
    also_table(test_also, pal_statistics_params);
    PAL_TRY(pal_values_read(&c->statistics, pal_statistics_params, object, c->file, "statistics", also, err));
    PAL_TRY(pal_values_read(&c->test, pal_eval_test_params, object, c->file, "statistics", test_also, err));
    PAL_TRY(object_of(&object, c, "output", err));
    PAL_TRY(pal_values_read(&c->output, pal_eval_output_params, object, c->file, "output", NULL, err));

done:
    return rc;
}

/* A split that names no seed of its own follows the evaluation's, cut to what a JSON number holds. */
static pal_status read_split(pal_eval_config *c, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *object;
    const char *candidates;
    char seed[PAL_NUMBER_MAX];
    bool cold;

    PAL_TRY(object_of(&object, c, "split", err));
    if (object == NULL || pal_json_get(object, "seed") == NULL) {
        pal_format_u64(seed, c->seed < MOST_SEED ? c->seed : pal_hash_mix(c->seed, 0) % MOST_SEED);
        PAL_TRY(pal_json_set(c->doc, "split.seed", seed, err));
        PAL_TRY(object_of(&object, c, "split", err));
    }
    PAL_TRY(pal_values_read(&c->split, pal_split_params, object, c->file, "split", NULL, err));
    cold = strcmp(pal_values_text(c->split, "kind"), "item_cold") == 0;
    candidates = pal_values_text(c->top, "candidates");
    c->unseen_only = strcmp(candidates, "unseen") == 0 || (cold && strcmp(candidates, "auto") == 0);
    if (c->unseen_only && !cold) { /* what is wanted elsewhere has been seen */
        PAL_FAIL(PAL_ERR_CONFIG, "%s: candidates: \"unseen\" needs split.kind \"item_cold\", found \"%s\"", c->file,
                 pal_values_text(c->split, "kind"));
    }

done:
    return rc;
}

static pal_status read_search(pal_eval_config *c, pal_eval_model *m, const pal_json *object, pal_error *err)
{
    static const char *const also[] = { "over", NULL };
    pal_status rc = PAL_OK;
    char path[80];
    const char *by;
    size_t at_k;

    snprintf(path, sizeof path, "%s.search", m->path);
    PAL_TRY(pal_values_read(&m->search, pal_eval_search_params, object, c->file, path, also, err));
    m->over = pal_json_get(object, "over");
    by = pal_values_text(m->search, "by");
    m->by = c->main_column;
    if (by[0] != '\0') {
        snprintf(path, sizeof path, "%s.search.by", m->path);
        PAL_TRY(column_named(&m->by, c, by, path, err));
        if (pal_topn_column_info(m->by, c->k, &at_k)->better <= 0) {
            PAL_FAIL(PAL_ERR_CONFIG, "%s: %s: must be a metric of which higher is better, found \"%s\"", c->file, path, by);
        }
    }
    PAL_TRY(pal_eval_search_check(&m->n_tries, m, c->file, err));

done:
    return rc;
}

static pal_status read_model(pal_eval_config *c, size_t i, const pal_json *object, pal_error *err)
{
    static const char *const also[] = { "params", "search", NULL };
    pal_status rc = PAL_OK;
    pal_eval_model *m = &c->model[i];
    const pal_json *search;
    const char *features;
    char path[80];
    size_t type;

    snprintf(m->path, sizeof m->path, "models[%zu]", i);
    PAL_TRY(pal_values_read(&m->values, pal_eval_model_params, object, c->file, m->path, also, err));
    snprintf(path, sizeof path, "%s.model", m->path);
    PAL_TRY(pal_rec_find(&type, pal_values_text(m->values, "model"), c->file, path, err));
    m->type = pal_rec_at(type);
    m->name = pal_values_text(m->values, "name");
    if (m->name[0] == '\0') m->name = m->type->name;
    snprintf(path, sizeof path, "%s.name", m->path);
    PAL_TRY(pal_name_check(m->name, c->file, path, err));
    for (size_t j = 0; j < i; j++) {
        if (strcmp(c->model[j].name, m->name) == 0) {
            PAL_FAIL(PAL_ERR_CONFIG, "%s: %s.name: \"%s\" is the name of models[%zu] too", c->file, m->path, m->name, j);
        }
    }
    features = pal_values_text(m->values, "features");
    m->people_features = strcmp(features, "people") == 0 || strcmp(features, "both") == 0;
    m->item_features = strcmp(features, "items") == 0 || strcmp(features, "both") == 0;
    if ((m->people_features || m->item_features) && (m->type->flags & PAL_REC_FEATURES) == 0) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s.features: %s uses no side features, found \"%s\"", c->file, m->path,
                 m->type->name, features);
    }
    m->object = pal_json_get(object, "params");
    snprintf(path, sizeof path, "%s.params", m->path);
    PAL_TRY(pal_values_read(&m->params, m->type->params, m->object, c->file, path, NULL, err));
    search = pal_json_get(object, "search");
    if (search != NULL) PAL_TRY(read_search(c, m, search, err));

done:
    return rc;
}

static pal_status read_models(pal_eval_config *c, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *models = pal_json_get(pal_json_root(c->doc), "models");
    const char *name = pal_values_text(c->top, "baseline");

    if (models == NULL || pal_json_kind_of(models) != PAL_JSON_ARRAY) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: models: must be an array of 1 to %d models, found %s", c->file, MAX_MODELS,
                 models == NULL ? "nothing" : pal_json_kind_name(pal_json_kind_of(models)));
    }
    if (pal_json_size(models) == 0 || pal_json_size(models) > MAX_MODELS) {
        PAL_FAIL(PAL_ERR_CONFIG,
                 "%s: models: must be an array of 1 to %d models, found %zu of them", c->file,
                 MAX_MODELS, pal_json_size(models));
    }
    PAL_NEW(c->model, pal_json_size(models));
    c->n_models = pal_json_size(models);
    for (size_t i = 0; i < c->n_models; i++) PAL_TRY(read_model(c, i, pal_json_at(models, i), err));
    for (c->baseline = 0; name[0] != '\0' && strcmp(c->model[c->baseline].name, name) != 0;) {
        if (++c->baseline == c->n_models) PAL_FAIL(PAL_ERR_CONFIG, "%s: baseline: no model is named \"%s\"", c->file, name);
    }

done:
    return rc;
}

static void write_part(pal_json_writer *w, const char *key, const pal_values *a, const pal_values *b)
{
    pal_json_begin_object(w, key);
    pal_values_write(a, w);
    if (b != NULL) pal_values_write(b, w);
    pal_json_end_object(w);
}

static void write_model(pal_json_writer *w, const pal_eval_model *m)
{
    pal_json_begin_object(w, NULL);
    pal_values_write(m->values, w);
    write_part(w, "params", m->params, NULL);
    if (m->search != NULL) {
        pal_json_begin_object(w, "search");
        pal_values_write(m->search, w);
        pal_json_put_value(w, "over", m->over);
        pal_json_end_object(w);
    }
    pal_json_end_object(w);
}

static pal_status write_resolved(pal_eval_config *c, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_writer w = { 0 };
    pal_hasher *hasher = NULL;

    pal_json_begin_object(&w, NULL);
    pal_values_write(c->top, &w);
    write_part(&w, "data", c->data, c->synthetic ? c->generate : c->load);
    write_part(&w, "split", c->split, NULL);
    pal_json_begin_array(&w, "models");
    for (size_t i = 0; i < c->n_models; i++) write_model(&w, &c->model[i]);
    pal_json_end_array(&w);
    write_part(&w, "metrics", c->metrics, NULL);
    write_part(&w, "statistics", c->statistics, c->test);
    write_part(&w, "output", c->output, NULL);
    pal_json_end_object(&w);
    PAL_TRY(pal_text_check(&w.text, err));
    PAL_TRY(pal_hasher_new(&hasher, err));
    pal_hasher_add(hasher, w.text.bytes, w.text.n);
    pal_hasher_hex(hasher, c->digest);
    c->resolved = w.text;
    w.text = (pal_text){ 0 };

done:
    pal_hasher_free(hasher);
    pal_text_clear(&w.text);
    return rc;
}

pal_status pal_eval_config_parse(pal_eval_config **out, const char *text, size_t n, const char *name,
                                 const pal_override *overrides, size_t n_overrides, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_eval_config *c = NULL;

    PAL_NEW(c, 1);
    c->file = pal_strdup(name);
    if (c->file == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory for a file name");
    PAL_TRY(pal_json_parse(&c->doc, text, n, name, err));
    for (size_t i = 0; i < n_overrides; i++) {
        PAL_TRY(pal_json_set(c->doc, overrides[i].path, overrides[i].text, err));
    }
    PAL_TRY(read_top(c, err));
    PAL_TRY(read_data(c, err));
    PAL_TRY(read_split(c, err));
    PAL_TRY(read_metrics(c, err));
    PAL_TRY(read_models(c, err));
    PAL_TRY(read_statistics(c, err));
    PAL_TRY(write_resolved(c, err));
    *out = c;
    c = NULL;

done:
    pal_eval_config_free(c);
    return rc;
}

pal_status pal_eval_config_load(pal_eval_config **out, const char *path, const pal_override *overrides,
                                size_t n_overrides, pal_error *err)
{
    pal_status rc = PAL_OK;
    char *bytes = NULL;
    size_t n = 0;

    PAL_TRY(pal_file_read(&bytes, &n, path, err));
    PAL_TRY(pal_eval_config_parse(out, bytes, n, path, overrides, n_overrides, err));

done:
    pal_free(bytes);
    return rc;
}

void pal_eval_config_free(pal_eval_config *c)
{
    if (c == NULL) return;
    for (size_t i = 0; i < c->n_models; i++) {
        pal_values_free(c->model[i].values);
        pal_values_free(c->model[i].params);
        pal_values_free(c->model[i].search);
    }
    pal_free(c->model);
    pal_values_free(c->top);
    pal_values_free(c->data);
    pal_values_free(c->load);
    pal_values_free(c->generate);
    pal_values_free(c->split);
    pal_values_free(c->metrics);
    pal_values_free(c->statistics);
    pal_values_free(c->test);
    pal_values_free(c->output);
    pal_text_clear(&c->resolved);
    pal_json_free(c->doc);
    pal_free(c->file);
    pal_free(c);
}
