/* Reading a sweep's directory. */
#include "plots/sweep_data.h"

#include "core/file.h"
#include "core/mem.h"
#include "plots/read.h"
#include "plots/run_parts.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#define LOG_FROM 50 /* largest over smallest value from which a log scale reads better */

size_t pal_sweep_at(const pal_sweep_data *d, size_t point, size_t arm, size_t metric)
{
    return (point * d->n_arms + arm) * d->n_metrics + metric;
}

pal_role pal_sweep_role(const pal_sweep_data *d, size_t arm)
{
    return arm == d->baseline ? PAL_BASE : (pal_role)(PAL_SERIES_0 + (int)((arm > d->baseline ? arm - 1 : arm) % 8));
}

static pal_status read_names(const char ***out, size_t *n, const pal_json *root, const char *key, pal_arena *arena,
                             pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *array;

    PAL_TRY(pal_read_array(&array, root, key, "manifest.json", err));
    PAL_TAKE(*out, pal_json_size(array) + 1, arena);
    for (*n = 0; *n < pal_json_size(array); (*n)++) {
        const pal_json *one = pal_json_at(array, *n);

        if (pal_json_kind_of(one) != PAL_JSON_STRING) PAL_FAIL(PAL_ERR_DATA, "manifest.json: %s[%zu]: must be a string", key, *n);
        (*out)[*n] = pal_json_string(one);
    }
done:
    return rc;
}

static pal_status read_metrics(pal_sweep_data *d, const pal_json *root, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *array;

    PAL_TRY(pal_read_array(&array, root, "metrics", "manifest.json", err));
    d->n_metrics = pal_json_size(array);
    PAL_TAKE(d->metric, d->n_metrics + 1, d->arena);
    PAL_TAKE(d->meaning, d->n_metrics + 1, d->arena);
    PAL_TAKE(d->better, d->n_metrics + 1, d->arena);
    for (size_t m = 0; m < d->n_metrics; m++) {
        PAL_TRY(pal_read_text(&d->metric[m], pal_json_at(array, m), "name", "manifest.json: metrics", err));
        PAL_TRY(pal_read_text(&d->meaning[m], pal_json_at(array, m), "meaning", "manifest.json: metrics", err));
        PAL_TRY(pal_read_number(&d->better[m], pal_json_at(array, m), "better", "manifest.json: metrics", err));
    }
done:
    return rc;
}

static size_t index_of(const char *const *names, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(names[i], name) == 0) return i;
    }
    return SIZE_MAX;
}

static pal_status read_head(pal_sweep_data *d, const char *dir, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *root;

    PAL_TRY(pal_rundata_load_json(&d->doc, dir, "manifest.json", err));
    root = pal_json_root(d->doc);
    if (strncmp(pal_look_text(root, "format", ""), "palate-sweep/", strlen("palate-sweep/")) != 0) {
        PAL_FAIL(PAL_ERR_DATA, "%s: holds no sweep: format in manifest.json must be \"palate-sweep/1\"", dir);
    }
    d->name = pal_look_text(root, "name", "sweep");
    d->purpose = pal_look_text(root, "purpose", "");
    d->design = pal_look_text(root, "design", "");
    d->n_seeds = (double)pal_look_size(pal_look_array(root, "seeds"));
    PAL_TRY(pal_read_number(&d->level, root, "level", "manifest.json", err));
    PAL_TRY(pal_read_text(&d->baseline_name, root, "baseline", "manifest.json", err));
    PAL_TRY(read_names(&d->arm, &d->n_arms, root, "arms", d->arena, err));
    PAL_TRY(read_metrics(d, root, err));
    d->baseline = index_of(d->arm, d->n_arms, d->baseline_name);
    if (d->baseline == SIZE_MAX || d->n_metrics == 0) {
        PAL_FAIL(PAL_ERR_DATA, "manifest.json: baseline: is no arm, or there is no metric");
    }
    d->run.manifest = root;
    d->run.name = d->name;
    d->run.level = d->level;
done:
    return rc;
}

/* ---- axes ---- */

/* Put a value among the levels, in order; equal ones once. */
static void add_level(pal_sweep_axis *a, double at, const char *name)
{
    size_t k = 0;

    while (k < a->n_levels && a->level[k] < at) k++;
    if (k < a->n_levels && a->level[k] == at) return;
    memmove(a->level + k + 1, a->level + k, (a->n_levels - k) * sizeof *a->level);
    memmove(a->name + k + 1, a->name + k, (a->n_levels - k) * sizeof *a->name);
    a->level[k] = at;
    a->name[k] = name;
    a->n_levels++;
}

static void place_words(pal_sweep_axis *a, const pal_table *t, size_t column, size_t n_points)
{
    for (size_t p = 0; p < n_points; p++) {
        const char *text = pal_table_text(t, p, column);
        size_t k = index_of(a->name, a->n_levels, text);

        a->at[p] = (double)(k == SIZE_MAX ? a->n_levels : k);
        if (k == SIZE_MAX) add_level(a, a->at[p], text);
    }
}

static pal_status read_axis(pal_sweep_axis *a, const pal_sweep_data *d, size_t column, pal_error *err)
{
    pal_status rc = PAL_OK;
    bool ok = true;

    a->path = pal_table_name(d->points, column);
    PAL_TAKE(a->at, d->n_points + 1, d->arena);
    PAL_TAKE(a->level, d->n_points + 1, d->arena);
    PAL_TAKE(a->name, d->n_points + 1, d->arena);
    a->numeric = true;
    a->n_levels = 0;
    for (size_t p = 0; p < d->n_points; p++) {
        a->at[p] = pal_table_number(d->points, p, column, &ok);
        a->numeric = a->numeric && ok && !isnan(a->at[p]);
    }
    if (a->numeric) {
        for (size_t p = 0; p < d->n_points; p++) add_level(a, a->at[p], pal_table_text(d->points, p, column));
    } else {
        place_words(a, d->points, column, d->n_points);
    }
    a->log = a->numeric && a->n_levels > 1 && a->level[0] > 0 && a->level[a->n_levels - 1] >= LOG_FROM * a->level[0];
done:
    return rc;
}

static pal_status read_points(pal_sweep_data *d, const char *dir, pal_error *err)
{
    pal_status rc = PAL_OK;
    char *path = pal_path_join(dir, "points.csv");

    if (path == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory for a path");
    PAL_TRY(pal_table_load(&d->points, path, err));
    d->n_points = pal_table_rows(d->points);
    if (d->n_points == 0 || pal_table_columns(d->points) < 2) PAL_FAIL(PAL_ERR_DATA, "%s: no points, or nothing varied", path);
    d->n_axes = pal_table_columns(d->points) - 1;
    PAL_TAKE(d->axis, d->n_axes, d->arena);
    for (size_t i = 0; i < d->n_axes; i++) PAL_TRY(read_axis(&d->axis[i], d, i + 1, err));
done:
    pal_free(path);
    return rc;
}

/* ---- the surface ---- */

static pal_status cells(double *out, const pal_table *t, size_t row, const char *const *names, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t column;

    for (size_t i = 0; i < n; i++) {
        PAL_TRY(pal_table_find(&column, t, names[i], err));
        PAL_TRY(pal_read_cell(&out[i], t, "surface.csv", row, column, err));
    }
done:
    return rc;
}

static pal_status read_row(pal_sweep_data *d, size_t row, pal_error *err)
{
    static const char *const names[] = { "point", "value", "lo", "hi", "diff", "diff_lo", "diff_hi", "p_adjusted",
                                         "significant" };
    pal_status rc = PAL_OK;
    double v[9];
    size_t arm_column, metric_column, arm, metric, at;

    PAL_TRY(cells(v, d->surface, row, names, 9, err));
    PAL_TRY(pal_table_find(&arm_column, d->surface, "arm", err));
    PAL_TRY(pal_table_find(&metric_column, d->surface, "metric", err));
    arm = index_of(d->arm, d->n_arms, pal_table_text(d->surface, row, arm_column));
    metric = index_of(d->metric, d->n_metrics, pal_table_text(d->surface, row, metric_column));
    if (!(v[0] >= 0 && v[0] < (double)d->n_points) || arm == SIZE_MAX || metric == SIZE_MAX) {
        PAL_FAIL(PAL_ERR_DATA, "surface.csv: row %zu: a point, arm or metric that manifest.json and points.csv do not have",
                 row + 1);
    }
    at = pal_sweep_at(d, (size_t)v[0], arm, metric);
    d->value[at] = (pal_estimate){ v[1], v[2], v[3], 0 };
    d->diff[at] = (pal_estimate){ v[4], v[5], v[6], 0 };
    d->p[at] = v[7];
    d->significant[at] = v[8] == 1;
done:
    return rc;
}

static pal_status read_surface(pal_sweep_data *d, const char *dir, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t n = d->n_points * d->n_arms * d->n_metrics;
    const pal_estimate none = { NAN, NAN, NAN, NAN };
    char *path = pal_path_join(dir, "surface.csv");

    if (path == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory for a path");
    PAL_TRY(pal_table_load(&d->surface, path, err));
    PAL_TAKE(d->value, n, d->arena);
    PAL_TAKE(d->diff, n, d->arena);
    PAL_TAKE(d->p, n, d->arena);
    PAL_TAKE(d->significant, n, d->arena);
    for (size_t i = 0; i < n; i++) {
        d->value[i] = d->diff[i] = none;
        d->p[i] = NAN;
        d->significant[i] = false;
    }
    for (size_t row = 0; row < pal_table_rows(d->surface); row++) PAL_TRY(read_row(d, row, err));
done:
    pal_free(path);
    return rc;
}

pal_status pal_sweep_data_load(pal_sweep_data **out, const char *dir, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_sweep_data *d = NULL;

    PAL_NEW(d, 1);
    PAL_TRY(pal_arena_new(&d->arena, 1 << 16, err));
    PAL_TRY(read_head(d, dir, err));
    PAL_TRY(read_points(d, dir, err));
    PAL_TRY(read_surface(d, dir, err));
    *out = d;
    d = NULL;
done:
    pal_sweep_data_free(d);
    return rc;
}

void pal_sweep_data_free(pal_sweep_data *d)
{
    if (d == NULL) return;
    pal_table_free(d->points);
    pal_table_free(d->surface);
    pal_json_free(d->doc);
    pal_arena_free(d->arena);
    pal_free(d);
}
