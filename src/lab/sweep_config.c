/* Reading a sweep file. */
#include "lab/sweep.h"

#include "core/file.h"
#include "core/mem.h"
#include "lab/names.h"
#include "lab/study_base.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const pal_param pal_sweep_params[] = {
    { "purpose", PAL_PARAM_TEXT, "\"\"", 0, 0, NULL, "what the sweep asks, in a sentence; stands in the report", NULL },
    { "name", PAL_PARAM_TEXT, "\"sweep\"", 0, 0, NULL, "short name; names the result directory", NULL },
    { "design", PAL_PARAM_CHOICE, "\"grid\"", 0, 0, "grid|random|latin",
      "points: all combinations, independent draws, or a Latin hypercube", "McKay, Beckman, Conover 1979" },
    { "points", PAL_PARAM_INT, "16", 1, PAL_SWEEP_MAX_POINTS, NULL, "points of a random or latin design", NULL },
    { "design_seed", PAL_PARAM_TEXT, "\"1\"", 0, 0, NULL, "seed of the draws of points, as a string of digits", NULL },
    { "replications", PAL_PARAM_INT, "1", 1, 1000, NULL,
      "seeds at every point: the experiment's and those that follow it (unless \"seeds\" lists them)", NULL },
    { "level", PAL_PARAM_REAL, "0.95", 0.5, 0.9999, NULL, "level of every interval", NULL },
    { "power", PAL_PARAM_REAL, "0.8", 0.5, 0.9999, NULL, "for the people needed", NULL },
    { "resamples", PAL_PARAM_INT, "1000", 100, 1000000, NULL, "bootstrap resamples of people", NULL },
    { "permutations", PAL_PARAM_INT, "9999", 99, 10000000, NULL,
      "sign flips of a paired test; more are drawn where the correction for many points needs them", NULL },
    { 0 }
};

const pal_param pal_sweep_vary_params[] = {
    { "path", PAL_PARAM_TEXT, "\"\"", 0, 0, NULL,
      "key of the experiment: people.contradiction, response.position_bias, arms.ranking.params.step", NULL },
    { "min", PAL_PARAM_REAL, "0", -1e300, 1e300, NULL, "lower end of a range (instead of \"values\")", NULL },
    { "max", PAL_PARAM_REAL, "0", -1e300, 1e300, NULL, "upper end of a range", NULL },
    { "steps", PAL_PARAM_INT, "5", 2, PAL_SWEEP_MAX_POINTS, NULL, "grid: values of a range, both ends included", NULL },
    { "scale", PAL_PARAM_CHOICE, "\"linear\"", 0, 0, "linear|log", "even steps of the value, or of its logarithm", NULL },
    { "whole", PAL_PARAM_BOOL, "false", 0, 0, NULL, "round the values of a range to whole numbers", NULL },
    { 0 }
};

static pal_status copy(char **out, const char *text, pal_error *err)
{
    *out = pal_strdup(text);
    return *out == NULL ? pal_error_set(err, PAL_ERR_MEMORY, "out of memory for a text") : PAL_OK;
}

static pal_status must_be(const pal_json *value, pal_json_kind kind, const pal_sweep *s, const char *path, pal_error *err)
{
    if (value != NULL && pal_json_kind_of(value) == kind) return PAL_OK;
    return pal_error_set(err, PAL_ERR_CONFIG, "%s: %s: must be %s, found %s", s->file, path, pal_json_kind_name(kind),
                         value == NULL ? "nothing" : pal_json_kind_name(pal_json_kind_of(value)));
}

/* ---- the experiment ---- */

/* The arms as the checked experiment has them. */
static pal_status read_arms(pal_sweep *s, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_experiment *e = NULL;
    char seed[PAL_NUMBER_MAX];

    PAL_TRY(pal_experiment_parse(&e, s->base, strlen(s->base), s->base_name, NULL, 0, err));
    PAL_NEW(s->arm, e->n_arms);
    for (s->n_arms = 0; s->n_arms < e->n_arms; s->n_arms++) PAL_TRY(copy(&s->arm[s->n_arms], e->arm[s->n_arms].name, err));
    s->baseline = e->baseline;
    if (s->n_seeds == 0) { /* replications: seeds that follow the experiment's */
        size_t n = (size_t)pal_values_int(s->top, "replications");

        PAL_NEW(s->seed, n);
        for (; s->n_seeds < n; s->n_seeds++) {
            pal_format_u64(seed, e->seed + s->n_seeds);
            PAL_TRY(copy(&s->seed[s->n_seeds], seed, err));
        }
    }
done:
    pal_experiment_free(e);
    return rc;
}

static pal_status read_base(pal_sweep *s, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_TRY(pal_study_base(&s->base, &s->base_name, pal_json_root(s->doc), s->file, err));
    PAL_TRY(read_arms(s, err));
done:
    return rc;
}

/* ---- what is varied ---- */

/* "arms.NAME.rest" with the arm's number. */
static pal_status set_path(char **out, const pal_sweep *s, const char *path, size_t i, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t a = 0, n = 0, room = strlen(path) + 32;

    if (strcmp(path, "seed") == 0 || strcmp(path, "name") == 0 || strcmp(path, "arms") == 0 || path[0] == '\0') {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: vary[%zu].path: must be a key of the experiment other than seed, name and arms, "
                 "found \"%s\"", s->file, i, path);
    }
    PAL_NEW(*out, room);
    snprintf(*out, room, "%s", path);
    if (strncmp(path, "arms.", 5) != 0) goto done;
    for (a = 0; a < s->n_arms; a++) {
        n = strlen(s->arm[a]);
        if (strncmp(path + 5, s->arm[a], n) == 0 && path[5 + n] == '.') break;
    }
    if (a < s->n_arms) {
        snprintf(*out, room, "arms.%zu%s", a, path + 5 + n);
    } else if (strchr("0123456789", path[5]) == NULL) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: vary[%zu].path: no arm of %s is named as in \"%s\"", s->file, i, s->base_name, path);
    }
done:
    return rc;
}

static pal_status read_list(pal_sweep_dim *d, const pal_sweep *s, const pal_json *values, size_t i, pal_error *err)
{
    pal_status rc = PAL_OK;

    if (pal_json_kind_of(values) != PAL_JSON_ARRAY || pal_json_size(values) == 0) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: vary[%zu].values: must be an array that is not empty", s->file, i);
    }
    PAL_NEW(d->value, pal_json_size(values));
    for (; d->n_values < pal_json_size(values); d->n_values++) {
        PAL_TRY(pal_study_text(&d->value[d->n_values], pal_json_at(values, d->n_values), err));
    }
done:
    return rc;
}

static pal_status read_dim(pal_sweep_dim *d, const pal_sweep *s, const pal_json *object, size_t i, pal_error *err)
{
    static const char *const also[] = { "values", NULL };
    pal_status rc = PAL_OK;
    pal_values *v = NULL;
    const pal_json *values;
    char path[32];

    snprintf(path, sizeof path, "vary[%zu]", i);
    PAL_TRY(must_be(object, PAL_JSON_OBJECT, s, path, err));
    PAL_TRY(pal_values_read(&v, pal_sweep_vary_params, object, s->file, path, also, err));
    PAL_TRY(copy(&d->path, pal_values_text(v, "path"), err));
    PAL_TRY(set_path(&d->set, s, d->path, i, err));
    d->min = pal_values_real(v, "min");
    d->max = pal_values_real(v, "max");
    d->steps = (size_t)pal_values_int(v, "steps");
    d->log = pal_values_choice(v, "scale") == 1;
    d->whole = pal_values_bool(v, "whole");
    values = pal_json_get(object, "values");
    if (values != NULL) {
        PAL_TRY(read_list(d, s, values, i, err));
    } else if (!(d->min < d->max)) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: vary[%zu]: wants \"values\", or \"min\" below \"max\"", s->file, i);
    } else if (d->log && !(d->min > 0)) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: vary[%zu].min: must be above 0 on a log scale, found %g", s->file, i, d->min);
    }
    for (size_t j = 0; j < i; j++) {
        if (strcmp(s->dim[j].set, d->set) == 0) {
            PAL_FAIL(PAL_ERR_CONFIG, "%s: vary[%zu].path: \"%s\" is varied in vary[%zu] too", s->file, i, d->path, j);
        }
    }
done:
    pal_values_free(v);
    return rc;
}

static pal_status read_vary(pal_sweep *s, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *vary = pal_json_get(pal_json_root(s->doc), "vary");

    PAL_TRY(must_be(vary, PAL_JSON_ARRAY, s, "vary", err));
    if (pal_json_size(vary) == 0 || pal_json_size(vary) > PAL_SWEEP_MAX_DIMS) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: vary: must have 1 to %d entries, found %zu", s->file, PAL_SWEEP_MAX_DIMS,
                 pal_json_size(vary));
    }
    PAL_NEW(s->dim, pal_json_size(vary));
    for (size_t i = 0; i < pal_json_size(vary); i++) {
        s->n_dims = i + 1;
        PAL_TRY(read_dim(&s->dim[i], s, pal_json_at(vary, i), i, err));
    }
done:
    return rc;
}

static pal_status read_seeds(pal_sweep *s, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *seeds = pal_json_get(pal_json_root(s->doc), "seeds");
    uint64_t seed;

    if (seeds == NULL) goto done;
    PAL_TRY(must_be(seeds, PAL_JSON_ARRAY, s, "seeds", err));
    PAL_NEW(s->seed, pal_json_size(seeds));
    for (size_t i = 0; i < pal_json_size(seeds); i++) {
        const pal_json *one = pal_json_at(seeds, i);
        const char *text = pal_json_kind_of(one) == PAL_JSON_STRING ? pal_json_string(one) : "";

        if (!pal_parse_u64(&seed, text, strlen(text))) {
            PAL_FAIL(PAL_ERR_CONFIG, "%s: seeds[%zu]: must be a string of digits below 2^64", s->file, i);
        }
        for (size_t j = 0; j < i; j++) {
            if (strcmp(s->seed[j], text) != 0) continue;
            PAL_FAIL(PAL_ERR_CONFIG, "%s: seeds[%zu]: \"%s\" is seeds[%zu] too", s->file, i, text, j);
        }
        PAL_TRY(copy(&s->seed[s->n_seeds++], text, err));
    }
done:
    return rc;
}

static pal_status read_metrics(pal_sweep *s, pal_error *err)
{
    static const char *const usual[] = { "like_rate", "taste_coverage" };
    pal_status rc = PAL_OK;
    const pal_json *metrics = pal_json_get(pal_json_root(s->doc), "metrics");
    size_t n = metrics == NULL ? sizeof usual / sizeof usual[0] : 0;
    pal_error inner;

    if (metrics != NULL) {
        PAL_TRY(must_be(metrics, PAL_JSON_ARRAY, s, "metrics", err));
        n = pal_json_size(metrics);
    }
    if (n == 0 || n > PAL_PEOPLE_METRICS) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: metrics: must have 1 to %d names", s->file, PAL_PEOPLE_METRICS);
    }
    PAL_NEW(s->metric, n);
    for (; s->n_metrics < n; s->n_metrics++) {
        const pal_json *one = metrics == NULL ? NULL : pal_json_at(metrics, s->n_metrics);
        const char *name = metrics == NULL ? usual[s->n_metrics]
                           : pal_json_kind_of(one) == PAL_JSON_STRING ? pal_json_string(one) : "";

        if (pal_people_metric_find(&s->metric[s->n_metrics], name, &inner) != PAL_OK) {
            PAL_FAIL(PAL_ERR_CONFIG, "%s: metrics[%zu]: %s", s->file, s->n_metrics, inner.text);
        }
    }
done:
    return rc;
}

/* ---- all of it ---- */

/* Every point with the first seed: what cannot run is told before anything is run. */
static pal_status check_points(const pal_sweep *s, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_experiment *e = NULL;

    for (size_t p = 0; p < s->n_points; p++) {
        PAL_TRY(pal_sweep_experiment(&e, s, p, 0, err));
        pal_experiment_free(e);
        e = NULL;
    }
done:
    pal_experiment_free(e);
    return rc;
}

pal_status pal_sweep_parse(pal_sweep **out, const char *text, size_t n, const char *name, const pal_override *overrides,
                           size_t n_overrides, pal_error *err)
{
    static const char *const also[] = { "experiment", "set", "vary", "seeds", "metrics", NULL };
    pal_status rc = PAL_OK;
    pal_sweep *s = NULL;

    PAL_NEW(s, 1);
    PAL_TRY(copy(&s->file, name, err));
    PAL_TRY(pal_json_parse(&s->doc, text, n, name, err));
    for (size_t i = 0; i < n_overrides; i++) PAL_TRY(pal_json_set(s->doc, overrides[i].path, overrides[i].text, err));
    PAL_TRY(must_be(pal_json_root(s->doc), PAL_JSON_OBJECT, s, "the sweep", err));
    PAL_TRY(pal_values_read(&s->top, pal_sweep_params, pal_json_root(s->doc), s->file, "", also, err));
    s->name = pal_values_text(s->top, "name");
    s->purpose = pal_values_text(s->top, "purpose");
    s->design = (pal_sweep_design)pal_values_choice(s->top, "design");
    PAL_TRY(pal_name_check_run(s->name, s->file, err));
    PAL_TRY(read_seeds(s, err));
    PAL_TRY(read_metrics(s, err));
    PAL_TRY(read_base(s, err));
    PAL_TRY(read_vary(s, err));
    PAL_TRY(pal_sweep_design_points(s, err));
    PAL_TRY(check_points(s, err));
    *out = s;
    s = NULL;
done:
    pal_sweep_free(s);
    return rc;
}

pal_status pal_sweep_load(pal_sweep **out, const char *path, const pal_override *overrides, size_t n_overrides,
                          pal_error *err)
{
    pal_status rc = PAL_OK;
    char *bytes = NULL;
    size_t n = 0;

    PAL_TRY(pal_file_read(&bytes, &n, path, err));
    PAL_TRY(pal_sweep_parse(out, bytes, n, path, overrides, n_overrides, err));
done:
    pal_free(bytes);
    return rc;
}

static void free_texts(char **text, size_t n)
{
    for (size_t i = 0; text != NULL && i < n; i++) pal_free(text[i]);
    pal_free(text);
}

void pal_sweep_free(pal_sweep *s)
{
    if (s == NULL) return;
    for (size_t i = 0; s->dim != NULL && i < s->n_dims; i++) {
        pal_free(s->dim[i].path);
        pal_free(s->dim[i].set);
        free_texts(s->dim[i].value, s->dim[i].n_values);
    }
    pal_free(s->dim);
    free_texts(s->setting, s->n_points * s->n_dims);
    free_texts(s->seed, s->n_seeds);
    free_texts(s->arm, s->n_arms);
    pal_free(s->metric);
    pal_free(s->base);
    pal_free(s->base_name);
    pal_free(s->file);
    pal_values_free(s->top);
    pal_json_free(s->doc);
    pal_free(s);
}
