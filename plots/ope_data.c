/* Reading a study's directory. */
#include "plots/ope_data.h"

#include "core/file.h"
#include "core/mem.h"
#include "plots/read.h"
#include "plots/run_parts.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#define Z95 1.959963984540054
#define CLEAR 4 /* errors: many cells are looked at, and 3 would cry wolf in one study of ten */

static size_t at_of(const pal_ope_data *d, size_t size, size_t target, size_t estimator)
{
    return (size * d->n_targets + target) * d->n_estimators + estimator;
}

const pal_ope_cell *pal_ope_at(const pal_ope_data *d, size_t size, size_t target, size_t estimator)
{
    return &d->cell[at_of(d, size, target, estimator)];
}

pal_ope_verdict pal_ope_verdict_of(const pal_ope_data *d, size_t target, size_t estimator)
{
    const pal_ope_cell *c = pal_ope_at(d, d->n_sizes - 1, target, estimator);
    const double bias_se = (c->bias.hi - c->bias.lo) / (2 * Z95), share_se = (c->coverage.hi - c->coverage.lo) / (2 * Z95);

    const bool biased = fabs(c->bias.value) > CLEAR * bias_se, narrow = c->coverage.value < d->level - CLEAR * share_se;

    if (!isfinite(c->bias.value) || !isfinite(bias_se)) return PAL_OPE_UNDEFINED;
    return biased && narrow ? PAL_OPE_LIES : biased ? PAL_OPE_BIASED : narrow ? PAL_OPE_NARROW : PAL_OPE_HONEST;
}

const char *pal_ope_verdict_word(pal_ope_verdict verdict)
{
    static const char *const words[] = { "honest", "biased", "narrow", "lies", "undefined" };

    return words[verdict];
}

/* ---- the manifest ---- */

static pal_status read_names(pal_ope_data *d, const pal_json *root, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *targets, *estimators;

    PAL_TRY(pal_read_numbers(&d->size, &d->n_sizes, root, "sizes", "manifest.json", d->arena, err));
    PAL_TRY(pal_read_array(&targets, root, "targets", "manifest.json", err));
    PAL_TRY(pal_read_array(&estimators, root, "estimators", "manifest.json", err));
    d->n_targets = pal_json_size(targets);
    d->n_estimators = pal_json_size(estimators);
    if (d->n_sizes == 0 || d->n_targets == 0 || d->n_estimators == 0) {
        PAL_FAIL(PAL_ERR_DATA, "manifest.json: sizes, targets and estimators must not be empty");
    }
    PAL_TAKE(d->target, d->n_targets, d->arena);
    PAL_TAKE(d->estimator, d->n_estimators, d->arena);
    PAL_TAKE(d->meaning, d->n_estimators, d->arena);
    PAL_TAKE(d->model, d->n_estimators, d->arena);
    for (size_t t = 0; t < d->n_targets; t++) {
        const pal_json *one = pal_json_at(targets, t);

        if (pal_json_kind_of(one) != PAL_JSON_STRING) PAL_FAIL(PAL_ERR_DATA, "manifest.json: targets[%zu]: must be a string", t);
        d->target[t] = pal_json_string(one);
    }
    for (size_t e = 0; e < d->n_estimators; e++) {
        const pal_json *one = pal_json_at(estimators, e);

        PAL_TRY(pal_read_text(&d->estimator[e], one, "name", "manifest.json: estimators", err));
        d->meaning[e] = pal_look_text(one, "meaning", "");
        d->model[e] = pal_look_text(one, "model", "");
    }
done:
    return rc;
}

static pal_status read_head(pal_ope_data *d, const char *dir, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *root;

    PAL_TRY(pal_rundata_load_json(&d->doc, dir, "manifest.json", err));
    root = pal_json_root(d->doc);
    if (strncmp(pal_look_text(root, "format", ""), "palate-ope/", strlen("palate-ope/")) != 0) {
        PAL_FAIL(PAL_ERR_DATA, "%s: holds no study of estimators: format in manifest.json must be \"palate-ope/1\"", dir);
    }
    d->name = pal_look_text(root, "name", "ope");
    d->purpose = pal_look_text(root, "purpose", "");
    d->logging = pal_look_text(root, "logging", "");
    d->reward = pal_look_text(root, "reward", "click");
    PAL_TRY(pal_read_number(&d->level, root, "level", "manifest.json", err));
    d->logs = pal_look_number(root, "logs");
    d->people = pal_look_number(root, "people");
    d->slots = pal_look_number(root, "slots");
    d->candidates = pal_look_number(root, "candidates");
    d->gaps = pal_look_number(root, "gaps");
    PAL_TRY(read_names(d, root, err));
    d->run.manifest = root;
    d->run.name = d->name;
    d->run.level = d->level;
done:
    return rc;
}

/* ---- tables ---- */

static pal_status cells(double *out, const pal_table *t, const char *file, size_t row, const char *const *names, size_t n,
                        pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t column;

    for (size_t i = 0; i < n; i++) {
        PAL_TRY(pal_table_find(&column, t, names[i], err));
        PAL_TRY(pal_read_cell(&out[i], t, file, row, column, err));
    }
done:
    return rc;
}

static pal_status find_name(size_t *out, const pal_table *t, const char *file, size_t row, const char *column,
                            const char *const *names, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t at;

    PAL_TRY(pal_table_find(&at, t, column, err));
    for (*out = 0; *out < n; (*out)++) {
        if (strcmp(names[*out], pal_table_text(t, row, at)) == 0) goto done;
    }
    PAL_FAIL(PAL_ERR_DATA, "%s: row %zu: %s \"%s\" is not in manifest.json", file, row + 1, column, pal_table_text(t, row, at));
done:
    return rc;
}

static pal_status find_size(size_t *out, const pal_ope_data *d, const pal_table *t, const char *file, size_t row, pal_error *err)
{
    static const char *const name[] = { "size" };
    pal_status rc = PAL_OK;
    double size;

    PAL_TRY(cells(&size, t, file, row, name, 1, err));
    for (*out = 0; *out < d->n_sizes; (*out)++) {
        if (d->size[*out] == size) goto done;
    }
    PAL_FAIL(PAL_ERR_DATA, "%s: row %zu: size %g is not in manifest.json", file, row + 1, size);
done:
    return rc;
}

static pal_estimate with_error(double value, double se)
{
    return (pal_estimate){ value, value - Z95 * se, value + Z95 * se, NAN };
}

static pal_status read_estimator(pal_ope_data *d, const pal_table *t, size_t row, pal_error *err)
{
    static const char file[] = "estimators.csv";
    static const char *const names[] = { "mean", "width", "logs", "bias", "bias_se", "sd", "sd_se", "rmse", "rmse_se",
                                         "coverage", "coverage_se" };
    pal_status rc = PAL_OK;
    size_t size, target, estimator;
    double v[11];

    PAL_TRY(find_size(&size, d, t, file, row, err));
    PAL_TRY(find_name(&target, t, file, row, "target", d->target, d->n_targets, err));
    PAL_TRY(find_name(&estimator, t, file, row, "estimator", d->estimator, d->n_estimators, err));
    PAL_TRY(cells(v, t, file, row, names, 11, err));
    d->cell[at_of(d, size, target, estimator)] =
        (pal_ope_cell){ v[0], v[1], v[2], with_error(v[3], v[4]), with_error(v[5], v[6]), with_error(v[7], v[8]),
                        with_error(v[9], v[10]) };
done:
    return rc;
}

static pal_status read_truth(pal_ope_data *d, const pal_table *t, size_t row, pal_error *err)
{
    static const char file[] = "truth.csv";
    static const char *const names[] = { "value", "unsupported" };
    pal_status rc = PAL_OK;
    size_t role, target;
    double v[2];

    PAL_TRY(pal_table_find(&role, t, "role", err));
    PAL_TRY(cells(v, t, file, row, names, 2, err));
    if (strcmp(pal_table_text(t, row, role), "logging") == 0) {
        d->logging_value = v[0];
        goto done;
    }
    PAL_TRY(find_name(&target, t, file, row, "policy", d->target, d->n_targets, err));
    d->truth[target] = v[0];
    d->unsupported[target] = v[1];
done:
    return rc;
}

static pal_status read_overlap(pal_ope_data *d, const pal_table *t, size_t row, pal_error *err)
{
    static const char file[] = "overlap.csv";
    static const char *const names[] = { "ess", "most_weight" };
    pal_status rc = PAL_OK;
    size_t size, target;
    double v[2];

    PAL_TRY(find_size(&size, d, t, file, row, err));
    PAL_TRY(find_name(&target, t, file, row, "target", d->target, d->n_targets, err));
    PAL_TRY(cells(v, t, file, row, names, 2, err));
    d->ess[size * d->n_targets + target] = v[0];
    d->most_weight[size * d->n_targets + target] = v[1];
done:
    return rc;
}

static pal_status read_table(pal_ope_data *d, const char *dir, const char *name,
                             pal_status (*read)(pal_ope_data *, const pal_table *, size_t, pal_error *), pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_table *t = NULL;

    PAL_TRY(pal_rundata_table(&t, dir, name, err));
    for (size_t row = 0; row < pal_table_rows(t); row++) PAL_TRY(read(d, t, row, err));
done:
    pal_table_free(t);
    return rc;
}

static pal_status make_room(pal_ope_data *d, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_estimate none = { NAN, NAN, NAN, NAN };
    const size_t n = d->n_sizes * d->n_targets;

    PAL_TAKE(d->cell, n * d->n_estimators, d->arena);
    PAL_TAKE(d->truth, d->n_targets, d->arena);
    PAL_TAKE(d->unsupported, d->n_targets, d->arena);
    PAL_TAKE(d->ess, n, d->arena);
    PAL_TAKE(d->most_weight, n, d->arena);
    for (size_t i = 0; i < n * d->n_estimators; i++) d->cell[i] = (pal_ope_cell){ NAN, NAN, 0, none, none, none, none };
    for (size_t i = 0; i < n; i++) d->ess[i] = d->most_weight[i] = NAN;
    for (size_t t = 0; t < d->n_targets; t++) d->truth[t] = d->unsupported[t] = NAN;
    d->logging_value = NAN;
done:
    return rc;
}

pal_status pal_ope_data_load(pal_ope_data **out, const char *dir, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_ope_data *d = NULL;

    PAL_NEW(d, 1);
    PAL_TRY(pal_arena_new(&d->arena, 1 << 16, err));
    PAL_TRY(read_head(d, dir, err));
    PAL_TRY(make_room(d, err));
    PAL_TRY(read_table(d, dir, "truth.csv", read_truth, err));
    PAL_TRY(read_table(d, dir, "estimators.csv", read_estimator, err));
    PAL_TRY(read_table(d, dir, "overlap.csv", read_overlap, err));
    *out = d;
    d = NULL;
done:
    pal_ope_data_free(d);
    return rc;
}

void pal_ope_data_free(pal_ope_data *d)
{
    if (d == NULL) return;
    pal_json_free(d->doc);
    pal_arena_free(d->arena);
    pal_free(d);
}
