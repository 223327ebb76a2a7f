/* Reading an audit file. */
#include "lab/audit.h"

#include "core/file.h"
#include "core/mem.h"
#include "data/split.h"
#include "lab/study_base.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const pal_param pal_audit_params[] = {
    { "purpose", PAL_PARAM_TEXT, "\"\"", 0, 0, NULL, "what the audit asks, in a sentence; stands in the report", NULL },
    { "name", PAL_PARAM_TEXT, "\"audit\"", 0, 0, NULL, "short name; names the result directory", NULL },
    { "seeds", PAL_PARAM_INT, "5", 1, PAL_AUDIT_MOST, NULL, "worlds: the experiment's seed and those that follow it", NULL },
    { "serve_rounds", PAL_PARAM_INT, "3", 1, 10000, NULL,
      "of the experiment's rounds, the last ones: every model serves them to the same people; the others make the log", NULL },
    { "k", PAL_PARAM_INT, "10", 1, 1000, NULL, "items of a list", NULL },
    { "discount", PAL_PARAM_REAL, "0.5", 0, 5, NULL, "label popularity: a like weighs (1 + likes of the item)^-discount",
      "Steck, RecSys 2011: gamma / (gamma + 1) with gamma 1" },
    { "curve", PAL_PARAM_REALS, "[10, 30, 100, 300, 1000]", 1, 1000000, NULL,
      "numbers of sampled negatives of the figure, ascending", NULL },
    { "level", PAL_PARAM_REAL, "0.95", 0.5, 0.9999, NULL, "level of every interval", NULL },
    { "resamples", PAL_PARAM_INT, "500", 100, 1000000, NULL, "bootstrap resamples of people", NULL },
    { "numerics", PAL_PARAM_CHOICE, "\"exact\"", 0, 0, "exact|fast",
      "exact: models give the same bytes on every machine; fast: matrix products through OpenBLAS", NULL },
    { 0 }
};

const pal_param pal_audit_view_params[] = {
    { "name", PAL_PARAM_TEXT, "\"\"", 0, 0, NULL, "name in results, unique; empty: made of the others", NULL },
    { "candidates", PAL_PARAM_CHOICE, "\"full\"", 0, 0, "full|uniform|popular|exposed",
      "what a held-out like stands against: all that was not shown before, a sample of it (all alike, or by likes), or what was "
      "shown in the test part", NULL },
    { "negatives", PAL_PARAM_INT, "100", 1, 1000000, NULL, "size of a sample, drawn with replacement", "NCF: 99" },
    { "label", PAL_PARAM_CHOICE, "\"likes\"", 0, 0, "likes|ips|popularity",
      "weight of a held-out like: 1, one over its logged propensity, or less for the popular", NULL },
    { "corrected", PAL_PARAM_BOOL, "false", 0, 0, NULL,
      "estimate the unsampled metric from a uniform sample", "Krichene and Rendle, KDD 2020, 5.3" },
    { 0 }
};

const pal_param pal_audit_split_params[] = {
    { "name", PAL_PARAM_TEXT, "\"\"", 0, 0, NULL, "name in results, unique; empty: the split's kind", NULL },
    { 0 }
};

const pal_param pal_audit_model_params[] = {
    { "model", PAL_PARAM_TEXT, "\"\"", 0, 0, NULL, "which one: listed below", NULL },
    { "name", PAL_PARAM_TEXT, "\"\"", 0, 0, NULL, "name in results, unique; empty: the model's", NULL },
    { 0 }
};

static const char default_splits[] = "[{\"kind\": \"random_user\"}, {\"kind\": \"leave_last\", \"test_rows\": 10}, {\"kind\": "
                                     "\"time\"}, {\"kind\": \"item_cold\"}]";
static const char default_views[] =
    "[{}, {\"candidates\": \"uniform\"}, {\"candidates\": \"uniform\", \"negatives\": 1000}, {\"candidates\": \"uniform\", "
    "\"corrected\": true}, {\"candidates\": \"popular\"}, {\"candidates\": \"exposed\"}, {\"label\": \"ips\"}, {\"label\": "
    "\"popularity\"}, {\"candidates\": \"exposed\", \"label\": \"ips\"}]";
static const char default_models[] = "[{\"model\": \"popularity\"}, {\"model\": \"item_knn\"}, {\"model\": \"user_knn\"}, "
                                     "{\"model\": \"als\"}, {\"model\": \"warp\"}, {\"model\": \"ease\"}]";

const pal_audit_measure pal_audit_measures[PAL_AUDIT_METRICS] = {
    { "ndcg", "discounted gain of the list over that of the best list",
      "gains are chances: the list's discounted sum of P(like) over that of the best list", true },
    { "recall", "share of the held-out likes that the list holds", "share of all expected likes that the list holds", true },
    { "hit", "share of people whose list holds a held-out like", "chance that the list holds anything they would like", true },
    { "auc", "share of pairs of a held-out like and another candidate in the right order",
      "expected share of right pairs, each weighted by the chance that one is liked and the other is not", false },
    { "mrr", "mean of 1 / place of the first held-out like", "expected 1 / place of the first item they would like", false },
    { "likes", "held-out likes in the list over its length", "mean true P(like) of the list", true },
};

static pal_status fail(const pal_audit *a, const char *path, const char *said, const char *found, pal_error *err)
{
    return pal_error_set(err, PAL_ERR_CONFIG, "%s: %s: %s, found %s", a->file, path, said, found);
}

static pal_status copy(char **out, const char *text, pal_error *err)
{
    *out = pal_strdup(text);
    return *out == NULL ? pal_error_set(err, PAL_ERR_MEMORY, "out of memory for a text") : PAL_OK;
}

const char *pal_audit_metric_name(char name[PAL_AUDIT_NAME], pal_audit_metric metric, size_t k)
{
    const pal_audit_measure *m = &pal_audit_measures[metric];

    if (m->of_list) snprintf(name, PAL_AUDIT_NAME, "%s@%zu", m->name, k);
    else snprintf(name, PAL_AUDIT_NAME, "%s", m->name);
    return name;
}

const char *pal_audit_protocol_name(char name[2 * PAL_AUDIT_NAME], const pal_audit *a, size_t protocol)
{
    snprintf(name, 2 * PAL_AUDIT_NAME, "%s, %s", a->split[protocol / a->n_views].name, a->view[protocol % a->n_views].name);
    return name;
}

/* ---- lists ---- */

/* The array under key; `usual` (JSON) becomes the file's own when it is missing. */
static pal_status list_of(const pal_json **out, size_t *n, pal_audit *a, const char *key, const char *usual, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *list = pal_json_get(pal_json_root(a->doc), key);
    char said[48];

    if (list == NULL && usual != NULL) {
        PAL_TRY(pal_json_set(a->doc, key, usual, err));
        list = pal_json_get(pal_json_root(a->doc), key);
    }
    *out = list;
    *n = 0;
    if (list == NULL) goto done;
    snprintf(said, sizeof said, "must be an array of 1 to %d", PAL_AUDIT_MOST);
    if (pal_json_kind_of(list) != PAL_JSON_ARRAY) PAL_TRY(fail(a, key, said, pal_json_kind_name(pal_json_kind_of(list)), err));
    *n = pal_json_size(list);
    if (*n == 0 || *n > PAL_AUDIT_MOST) PAL_TRY(fail(a, key, said, *n == 0 ? "none" : "more", err));
done:
    return rc;
}

/* Names stand in lines of CSV: no quote, comma or control byte but the comma of a view. */
static pal_status check_name(const pal_audit *a, const char *path, const char *name, pal_error *err)
{
    for (const char *c = name; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == '"' || *c == 0x7f) {
            return fail(a, path, "a name must not hold quotes or control characters", name, err);
        }
    }
    return name[0] == '\0' || strlen(name) >= PAL_AUDIT_NAME ? fail(a, path, "a name must have 1 to 63 bytes", name, err) : PAL_OK;
}

static pal_status taken(const pal_audit *a, const char *path, const char *name, size_t other, pal_error *err)
{
    return pal_error_set(err, PAL_ERR_CONFIG, "%s: %s: \"%s\" is the name of entry %zu too", a->file, path, name, other);
}

static void name_view(pal_audit_view *v, const char *given)
{
    static const char *const candidates[] = { "full", "uniform", "popular", "exposed" };
    static const char *const labels[] = { "", ", ips", ", by popularity" };
    char many[32] = "";

    if (given[0] != '\0') {
        snprintf(v->name, sizeof v->name, "%s", given);
        return;
    }
    if (v->candidates == PAL_AUDIT_UNIFORM || v->candidates == PAL_AUDIT_POPULAR) snprintf(many, sizeof many, "%zu ", v->negatives);
    snprintf(v->name, sizeof v->name, "%s%s%s%s", many, candidates[v->candidates], labels[v->label],
             v->corrected ? ", corrected" : "");
}

static pal_status read_views(pal_audit *a, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *list;
    pal_values *v = NULL;
    char path[32];
    size_t n;

    PAL_TRY(list_of(&list, &n, a, "views", default_views, err));
    for (; a->n_views < n; a->n_views++) {
        pal_audit_view *view = &a->view[a->n_views];

        snprintf(path, sizeof path, "views[%zu]", a->n_views);
        PAL_TRY(pal_values_read(&v, pal_audit_view_params, pal_json_at(list, a->n_views), a->file, path, NULL, err));
        view->candidates = (pal_audit_candidates)pal_values_choice(v, "candidates");
        view->label = (pal_audit_label)pal_values_choice(v, "label");
        view->negatives = (size_t)pal_values_int(v, "negatives");
        view->corrected = pal_values_bool(v, "corrected");
        if (view->corrected && (view->candidates != PAL_AUDIT_UNIFORM || view->label != PAL_AUDIT_AS_FOUND)) {
            PAL_FAIL(PAL_ERR_CONFIG, "%s: %s.corrected: needs \"candidates\": \"uniform\" and \"label\": \"likes\"", a->file, path);
        }
        if (pal_values_text(v, "name")[0] != '\0') PAL_TRY(check_name(a, path, pal_values_text(v, "name"), err));
        name_view(view, pal_values_text(v, "name"));
        for (size_t j = 0; j < a->n_views; j++) {
            if (strcmp(a->view[j].name, view->name) == 0) PAL_TRY(taken(a, path, view->name, j, err));
        }
        pal_values_free(v);
        v = NULL;
    }
done:
    pal_values_free(v);
    return rc;
}

/* Names of a table's keys, to pass them over. */
static void names_of(const char *also[PAL_AUDIT_MOST], const pal_param *table)
{
    size_t n = 0;

    for (; table->name != NULL && n + 1 < PAL_AUDIT_MOST; table++) also[n++] = table->name;
    also[n] = NULL;
}

static pal_status read_splits(pal_audit *a, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *own[PAL_AUDIT_MOST], *common[PAL_AUDIT_MOST];
    const pal_json *list;
    size_t n;

    names_of(own, pal_audit_split_params);
    names_of(common, pal_split_params);
    PAL_TRY(list_of(&list, &n, a, "splits", default_splits, err));
    for (; a->n_splits < n;) {
        pal_audit_split *s = &a->split[a->n_splits];
        const pal_json *object = pal_json_at(list, a->n_splits);

        snprintf(s->path, sizeof s->path, "splits[%zu]", a->n_splits++);
        PAL_TRY(pal_values_read(&s->values, pal_split_params, object, a->file, s->path, own, err));
        PAL_TRY(pal_values_read(&s->own, pal_audit_split_params, object, a->file, s->path, common, err));
        s->name = pal_values_text(s->own, "name");
        if (s->name[0] == '\0') s->name = pal_values_text(s->values, "kind");
        PAL_TRY(check_name(a, s->path, s->name, err));
        if (strcmp(s->name, "all") == 0) PAL_TRY(fail(a, s->path, "another name than that of the whole log", "all", err));
        for (size_t j = 0; j + 1 < a->n_splits; j++) {
            if (strcmp(a->split[j].name, s->name) == 0) PAL_TRY(taken(a, s->path, s->name, j, err));
        }
        if (pal_values_real(s->values, "valid") > 0 || pal_values_int(s->values, "valid_rows") > 0) {
            PAL_TRY(fail(a, s->path, "nothing is chosen on a validation part: valid and valid_rows must be 0", "more", err));
        }
    }
done:
    return rc;
}

static pal_status read_models(pal_audit *a, pal_error *err)
{
    static const char *const also[] = { "params", NULL };
    pal_status rc = PAL_OK;
    const pal_json *list;
    char path[32], inner[48];
    size_t n, type;

    PAL_TRY(list_of(&list, &n, a, "models", default_models, err));
    if (n < 2) PAL_TRY(fail(a, "models", "an order needs two or more", "one", err));
    for (; a->n_models < n;) {
        pal_audit_model *m = &a->model[a->n_models];
        const pal_json *object = pal_json_at(list, a->n_models);

        snprintf(path, sizeof path, "models[%zu]", a->n_models++);
        PAL_TRY(pal_values_read(&m->values, pal_audit_model_params, object, a->file, path, also, err));
        snprintf(inner, sizeof inner, "%s.model", path);
        PAL_TRY(pal_rec_find(&type, pal_values_text(m->values, "model"), a->file, inner, err));
        m->type = pal_rec_at(type);
        m->name = pal_values_text(m->values, "name");
        if (m->name[0] == '\0') m->name = m->type->name;
        PAL_TRY(check_name(a, path, m->name, err));
        for (size_t j = 0; j + 1 < a->n_models; j++) {
            if (strcmp(a->model[j].name, m->name) == 0) PAL_TRY(taken(a, path, m->name, j, err));
        }
        snprintf(inner, sizeof inner, "%s.params", path);
        PAL_TRY(pal_values_read(&m->params, m->type->params, pal_json_get(object, "params"), a->file, inner, NULL, err));
    }
done:
    return rc;
}

static pal_status find_metric(pal_audit_metric *out, const pal_audit *a, const pal_json *one, size_t i, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *name = pal_json_kind_of(one) == PAL_JSON_STRING ? pal_json_string(one) : "";
    pal_text known = { 0 };

    for (size_t m = 0; m < PAL_AUDIT_METRICS; m++) {
        *out = (pal_audit_metric)m;
        if (strcmp(pal_audit_measures[m].name, name) == 0) goto done;
        pal_text_addf(&known, "%s%s", m == 0 ? "" : ", ", pal_audit_measures[m].name);
    }
    PAL_TRY(pal_text_check(&known, err));
    PAL_FAIL(PAL_ERR_CONFIG, "%s: metrics[%zu]: must be one of %s, found \"%s\"", a->file, i, known.bytes, name);
done:
    pal_text_clear(&known);
    return rc;
}

static pal_status read_metrics(pal_audit *a, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *list;
    size_t n;

    PAL_TRY(list_of(&list, &n, a, "metrics", NULL, err));
    if (list == NULL) {
        for (; a->n_metrics < PAL_AUDIT_METRICS; a->n_metrics++) a->metric[a->n_metrics] = (pal_audit_metric)a->n_metrics;
        goto done;
    }
    if (n > PAL_AUDIT_METRICS) PAL_TRY(fail(a, "metrics", "must be an array of 1 to 6 names", "more", err));
    for (; a->n_metrics < n; a->n_metrics++) {
        pal_audit_metric *at = &a->metric[a->n_metrics];

        PAL_TRY(find_metric(at, a, pal_json_at(list, a->n_metrics), a->n_metrics, err));
        for (size_t j = 0; j < a->n_metrics; j++) {
            if (a->metric[j] == *at) PAL_TRY(taken(a, "metrics", pal_audit_measures[*at].name, j, err));
        }
    }
done:
    return rc;
}

static pal_status read_curve(pal_audit *a, pal_error *err)
{
    const double *x = pal_values_reals(a->top, "curve", &a->n_curve);

    if (a->n_curve > PAL_AUDIT_MOST_CURVE) return fail(a, "curve", "must hold at most 16 numbers", "more", err);
    for (size_t i = 0; i < a->n_curve; i++) {
        if (floor(x[i]) != x[i] || (i > 0 && x[i] <= x[i - 1])) {
            return pal_error_set(err, PAL_ERR_CONFIG, "%s: curve[%zu]: must be a whole number above the one before it, found %g",
                                 a->file, i, x[i]);
        }
        a->curve[i] = (size_t)x[i];
    }
    return PAL_OK;
}

/* ---- the experiment ---- */

static pal_status read_worlds(pal_audit *a, pal_error *err)
{
    pal_status rc = PAL_OK;
    char seed[PAL_NUMBER_MAX + 2], digits[PAL_NUMBER_MAX];
    size_t n = (size_t)pal_values_int(a->top, "seeds");
    const pal_override o = { "seed", seed };

    PAL_TRY(pal_study_base(&a->base, &a->base_name, pal_json_root(a->doc), a->file, err));
    PAL_TRY(pal_experiment_parse(&a->experiment[0], a->base, strlen(a->base), a->base_name, NULL, 0, err));
    a->n_seeds = 1;
    if (a->experiment[0]->n_replicates != 1) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: experiment: worlds are counted by \"seeds\": replicates must be 1, found %u (\"set\": "
                 "{\"replicates\": 1} changes it)", a->file, a->experiment[0]->n_replicates);
    }
    for (; a->n_seeds < n; a->n_seeds++) {
        pal_format_u64(digits, a->experiment[0]->seed + a->n_seeds);
        snprintf(seed, sizeof seed, "\"%s\"", digits);
        PAL_TRY(pal_experiment_parse(&a->experiment[a->n_seeds], a->base, strlen(a->base), a->base_name, &o, 1, err));
    }
    if (a->experiment[0]->n_rounds <= a->serve_rounds) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: serve_rounds: must be below the experiment's %zu rounds, found %zu", a->file,
                 a->experiment[0]->n_rounds, a->serve_rounds);
    }
    a->log_rounds = a->experiment[0]->n_rounds - a->serve_rounds;
done:
    return rc;
}

static pal_status find_arm(size_t *out, const pal_audit *a, const char *name, size_t i, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_experiment *e = a->experiment[0];
    pal_text known = { 0 };

    for (*out = 0; *out < e->n_arms; (*out)++) {
        if (strcmp(e->arm[*out].name, name) == 0) goto done;
        pal_text_addf(&known, "%s%s", *out == 0 ? "" : ", ", e->arm[*out].name);
    }
    PAL_TRY(pal_text_check(&known, err));
    PAL_FAIL(PAL_ERR_CONFIG, "%s: logging[%zu]: is no arm of %s: found \"%s\"; it has %s", a->file, i, a->base_name, name,
             known.bytes);
done:
    pal_text_clear(&known);
    return rc;
}

static pal_status read_logging(pal_audit *a, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *list;
    size_t n;

    PAL_TRY(list_of(&list, &n, a, "logging", NULL, err));
    if (list == NULL) n = a->experiment[0]->n_arms;
    if (n > PAL_AUDIT_MOST) PAL_TRY(fail(a, "logging", "must name at most 32 arms", "more", err));
    for (; a->n_logs < n; a->n_logs++) {
        const pal_json *one = list == NULL ? NULL : pal_json_at(list, a->n_logs);
        const char *name = list == NULL ? a->experiment[0]->arm[a->n_logs].name
                           : pal_json_kind_of(one) == PAL_JSON_STRING ? pal_json_string(one) : "";

        PAL_TRY(find_arm(&a->log[a->n_logs], a, name, a->n_logs, err));
        PAL_TRY(check_name(a, "logging", name, err));
        if (strcmp(name, "all") == 0) PAL_TRY(fail(a, "logging", "another name than that of all logs together", "all", err));
        for (size_t j = 0; j < a->n_logs; j++) {
            if (a->log[j] == a->log[a->n_logs]) PAL_TRY(taken(a, "logging", name, j, err));
        }
    }
done:
    return rc;
}

/* ---- all of it ---- */

static pal_status read_top(pal_audit *a, pal_error *err)
{
    static const char *const also[] = { "experiment", "set", "logging", "models", "splits", "views", "metrics", NULL };
    pal_status rc = PAL_OK;
    const pal_json *root = pal_json_root(a->doc);

    if (pal_json_kind_of(root) != PAL_JSON_OBJECT) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: an audit must be an object, found %s", a->file, pal_json_kind_name(pal_json_kind_of(root)));
    }
    PAL_TRY(pal_values_read(&a->top, pal_audit_params, root, a->file, "", also, err));
    a->name = pal_values_text(a->top, "name");
    a->purpose = pal_values_text(a->top, "purpose");
    if (a->name[0] == '\0' || strchr(a->name, '/') != NULL || a->name[0] == '.') {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: name: must not be empty, start with '.' or hold '/', found \"%s\"", a->file, a->name);
    }
    a->serve_rounds = (size_t)pal_values_int(a->top, "serve_rounds");
    a->k = (size_t)pal_values_int(a->top, "k");
    a->resamples = (size_t)pal_values_int(a->top, "resamples");
    a->level = pal_values_real(a->top, "level");
    a->discount = pal_values_real(a->top, "discount");
    a->exact = pal_values_choice(a->top, "numerics") == 0;
    PAL_TRY(read_curve(a, err));
done:
    return rc;
}

pal_status pal_audit_parse(pal_audit **out, const char *text, size_t n, const char *name, const pal_override *overrides,
                           size_t n_overrides, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_audit *a = NULL;

    PAL_NEW(a, 1);
    PAL_TRY(copy(&a->file, name, err));
    PAL_TRY(pal_json_parse(&a->doc, text, n, name, err));
    for (size_t i = 0; i < n_overrides; i++) PAL_TRY(pal_json_set(a->doc, overrides[i].path, overrides[i].text, err));
    PAL_TRY(read_top(a, err));
    PAL_TRY(read_metrics(a, err));
    PAL_TRY(read_views(a, err));
    PAL_TRY(read_splits(a, err));
    PAL_TRY(read_models(a, err));
    PAL_TRY(read_worlds(a, err));
    PAL_TRY(read_logging(a, err));
    *out = a;
    a = NULL;
done:
    pal_audit_free(a);
    return rc;
}

pal_status pal_audit_load(pal_audit **out, const char *path, const pal_override *overrides, size_t n_overrides, pal_error *err)
{
    pal_status rc = PAL_OK;
    char *bytes = NULL;
    size_t n = 0;

    PAL_TRY(pal_file_read(&bytes, &n, path, err));
    PAL_TRY(pal_audit_parse(out, bytes, n, path, overrides, n_overrides, err));
done:
    pal_free(bytes);
    return rc;
}

void pal_audit_free(pal_audit *a)
{
    if (a == NULL) return;
    for (size_t i = 0; i < PAL_AUDIT_MOST; i++) {
        pal_experiment_free(a->experiment[i]);
        pal_values_free(a->split[i].own);
        pal_values_free(a->split[i].values);
        pal_values_free(a->model[i].values);
        pal_values_free(a->model[i].params);
    }
    pal_free(a->base);
    pal_free(a->base_name);
    pal_free(a->file);
    pal_values_free(a->top);
    pal_json_free(a->doc);
    pal_free(a);
}
