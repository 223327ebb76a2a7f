/* Files of long-run effects read into plain arrays; runs without "long_run" have none. */
#include "plots/run_long.h"

#include "core/file.h"
#include "core/mem.h"
#include "plots/read.h"
#include "plots/run_parts.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

enum { MOST_COLUMNS = 12 };

/* An open table and its columns. */
typedef struct opened {
    const char *file;
    pal_table *table;
    size_t column[MOST_COLUMNS];
} opened;

static pal_status open_table(opened *o, const pal_rundata *run, const char *file, const char *const *names, size_t n,
                             pal_error *err)
{
    pal_status rc = PAL_OK;

    o->file = file;
    PAL_TRY(pal_rundata_table(&o->table, run->dir, file, err));
    for (size_t c = 0; c < n; c++) {
        PAL_TRY(pal_table_find(&o->column[c], o->table, names[c], err));
    }

done:
    return rc;
}

static pal_status cell(double *out, const opened *o, size_t row, size_t column, pal_error *err)
{
    return pal_read_cell(out, o->table, o->file, row, o->column[column], err);
}

static pal_status series_new(pal_series *s, size_t n, pal_arena *arena, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_TAKE(s->x, n, arena);
    PAL_TAKE(s->value, n, arena);
    PAL_TAKE(s->lo, n, arena);
    PAL_TAKE(s->hi, n, arena);
    PAL_TAKE(s->diff, n, arena);
    PAL_TAKE(s->diff_lo, n, arena);
    PAL_TAKE(s->diff_hi, n, arena);

done:
    return rc;
}

/* One more point: x, value, lo, hi, diff, diff_lo, diff_hi from the columns named. */
static pal_status add_point(pal_series *s, const opened *o, size_t row, const size_t at[7], pal_error *err)
{
    pal_status rc = PAL_OK;
    double *const to[] = { s->x, s->value, s->lo, s->hi, s->diff, s->diff_lo, s->diff_hi };

    for (size_t i = 0; i < 7; i++) {
        PAL_TRY(cell(&to[i][s->n], o, row, at[i], err));
    }
    s->n++;

done:
    return rc;
}

/* ---- long_run.csv ---- */

enum { L_ARM, L_MEASURE, L_TO, L_N, L_VALUE, L_LO, L_HI, L_AGAINST, L_DIFF, L_DIFF_LO, L_DIFF_HI, L_COLUMNS };
static const char *const long_columns[L_COLUMNS] = { "arm", "measure", "to_round", "n", "value", "lo", "hi", "against",
                                                     "diff", "diff_lo", "diff_hi" };

/* Rows of an arm and measure stand together. */
static size_t end_of_series(const opened *o, size_t first)
{
    size_t end = first + 1;

    while (end < pal_table_rows(o->table) &&
           strcmp(pal_table_text(o->table, end, o->column[L_ARM]), pal_table_text(o->table, first, o->column[L_ARM])) == 0 &&
           strcmp(pal_table_text(o->table, end, o->column[L_MEASURE]),
                  pal_table_text(o->table, first, o->column[L_MEASURE])) == 0) {
        end++;
    }
    return end;
}

static pal_status add_series(pal_long_data *data, const pal_rundata *run, const opened *o, size_t first, size_t end,
                             pal_error *err)
{
    static const size_t at[7] = { L_TO, L_VALUE, L_LO, L_HI, L_DIFF, L_DIFF_LO, L_DIFF_HI };
    pal_status rc = PAL_OK;
    const size_t k = data->n_series;
    const char *against = pal_table_text(o->table, first, o->column[L_AGAINST]);
    size_t arm = SIZE_MAX;

    PAL_TRY(pal_rundata_cell_arm(&arm, run, o->table, o->file, first, o->column[L_ARM], err));
    PAL_TRY(pal_rundata_keep(&data->measure[k], run->hidden->arena, pal_table_text(o->table, first, o->column[L_MEASURE]),
                             err));
    data->arm[k] = arm;
    PAL_TRY(series_new(&data->series[k], end - first, run->hidden->arena, err));
    for (size_t row = first; row < end; row++) {
        PAL_TRY(add_point(&data->series[k], o, row, at, err));
    }
    if (strcmp(data->measure[k], "weight_drift") == 0 && against[0] != '\0') {
        PAL_TRY(pal_rundata_keep(&data->drift_against, run->hidden->arena, against, err));
    }
    if (strcmp(data->measure[k], "shown_jaccard") == 0 && isnan(data->pairs)) {
        PAL_TRY(cell(&data->pairs, o, first, L_N, err));
    }
    data->n_series++;

done:
    return rc;
}

static pal_status read_windows(pal_long_data *data, const pal_rundata *run, pal_error *err)
{
    pal_status rc = PAL_OK;
    opened o = { 0 };
    size_t n = 0;

    PAL_TRY(open_table(&o, run, "long_run.csv", long_columns, L_COLUMNS, err));
    for (size_t first = 0; first < pal_table_rows(o.table); first = end_of_series(&o, first)) {
        n++;
    }
    PAL_TAKE(data->measure, n + 1, run->hidden->arena);
    PAL_TAKE(data->arm, n + 1, run->hidden->arena);
    PAL_TAKE(data->series, n + 1, run->hidden->arena);
    for (size_t first = 0, end; first < pal_table_rows(o.table); first = end) {
        end = end_of_series(&o, first);
        data->series[data->n_series] = (pal_series){ 0 };
        PAL_TRY(add_series(data, run, &o, first, end, err));
    }

done:
    pal_table_free(o.table);
    return rc;
}

/* ---- retention.csv ---- */

enum { R_ARM, R_ROUND, R_HERE, R_LO, R_HI, R_DIFF, R_DIFF_LO, R_DIFF_HI, R_COLUMNS };
static const char *const here_columns[R_COLUMNS] = { "arm", "round", "here", "lo", "hi", "diff", "diff_lo", "diff_hi" };

/* Of a long run every so many rounds: a curve that only falls needs no more. */
static pal_status read_here(pal_long_data *data, const pal_rundata *run, pal_error *err)
{
    static const size_t at[7] = { R_ROUND, R_HERE, R_LO, R_HI, R_DIFF, R_DIFF_LO, R_DIFF_HI };
    pal_status rc = PAL_OK;
    opened o = { 0 };
    size_t arm = SIZE_MAX, rows, step;

    PAL_TRY(open_table(&o, run, "retention.csv", here_columns, R_COLUMNS, err));
    rows = pal_table_rows(o.table);
    step = (size_t)run->rounds / PAL_MOST_POINTS + 1;
    PAL_TAKE(data->here, run->n_arms, run->hidden->arena);
    for (size_t a = 0; a < run->n_arms; a++) {
        data->here[a] = (pal_series){ 0 };
        PAL_TRY(series_new(&data->here[a], rows / run->n_arms + 1, run->hidden->arena, err));
    }
    for (size_t row = 0; row < rows; row++) {
        double round;

        PAL_TRY(cell(&round, &o, row, R_ROUND, err));
        PAL_TRY(pal_rundata_cell_arm(&arm, run, o.table, o.file, row, o.column[R_ARM], err));
        if (((size_t)round + 1) % step == 0 && data->here[arm].n <= rows / run->n_arms) {
            PAL_TRY(add_point(&data->here[arm], &o, row, at, err));
        }
    }

done:
    pal_table_free(o.table);
    return rc;
}

/* ---- lifetime.csv ---- */

enum { F_ARM, F_MEASURE, F_STARVED, F_N, F_VALUE, F_LO, F_HI, F_DIFF, F_DIFF_LO, F_DIFF_HI, F_COLUMNS };
static const char *const life_columns[F_COLUMNS] = { "arm", "measure", "starved", "n", "value", "lo", "hi", "diff",
                                                     "diff_lo", "diff_hi" };

static pal_status estimate_at(pal_estimate *e, const opened *o, size_t row, size_t first, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_TRY(cell(&e->value, o, row, first, err));
    PAL_TRY(cell(&e->lo, o, row, first + 1, err));
    PAL_TRY(cell(&e->hi, o, row, first + 2, err));
    PAL_TRY(cell(&e->n, o, row, F_N, err));

done:
    return rc;
}

static pal_status read_lives(pal_long_data *data, const pal_rundata *run, pal_error *err)
{
    pal_status rc = PAL_OK;
    opened o = { 0 };
    size_t arm = SIZE_MAX;

    PAL_TRY(open_table(&o, run, "lifetime.csv", life_columns, F_COLUMNS, err));
    PAL_TAKE(data->life, pal_table_rows(o.table) + 1, run->hidden->arena);
    for (size_t row = 0; row < pal_table_rows(o.table); row++) {
        pal_life *life = &data->life[data->n_lives];

        PAL_TRY(pal_rundata_cell_arm(&arm, run, o.table, o.file, row, o.column[F_ARM], err));
        life->arm = arm;
        PAL_TRY(pal_rundata_keep(&life->measure, run->hidden->arena, pal_table_text(o.table, row, o.column[F_MEASURE]), err));
        PAL_TRY(pal_rundata_keep(&life->starved, run->hidden->arena, pal_table_text(o.table, row, o.column[F_STARVED]), err));
        PAL_TRY(estimate_at(&life->value, &o, row, F_VALUE, err));
        PAL_TRY(estimate_at(&life->diff, &o, row, F_DIFF, err));
        data->n_lives++;
    }

done:
    pal_table_free(o.table);
    return rc;
}

pal_status pal_rundata_read_long(pal_rundata *run, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_long_data *data = NULL;
    char *path = pal_path_join(run->dir, "long_run.csv");

    if (path == NULL) {
        PAL_FAIL(PAL_ERR_MEMORY, "out of memory: the path of long_run.csv");
    }
    if (!pal_file_exists(path)) {
        goto done;
    }
    PAL_TAKE(data, 1, run->hidden->arena);
    *data = (pal_long_data){ .pairs = NAN };
    PAL_TRY(read_windows(data, run, err));
    PAL_TRY(read_here(data, run, err));
    PAL_TRY(read_lives(data, run, err));
    run->long_run = data;

done:
    pal_free(path);
    return rc;
}

/* ---- looking up ---- */

const pal_series *pal_long_series(const pal_rundata *run, size_t arm, const char *measure)
{
    static const pal_series none = { 0 };
    const pal_long_data *data = run->long_run;

    for (size_t k = 0; data != NULL && k < data->n_series; k++) {
        if (data->arm[k] == arm && strcmp(data->measure[k], measure) == 0) {
            return &data->series[k];
        }
    }
    return &none;
}

static pal_estimate last_of(const pal_series *s, const double *value, const double *lo, const double *hi)
{
    for (size_t i = s->n; i-- > 0;) {
        if (isfinite(value[i])) {
            return (pal_estimate){ value[i], lo[i], hi[i], NAN };
        }
    }
    return (pal_estimate){ NAN, NAN, NAN, NAN };
}

pal_estimate pal_long_last(const pal_rundata *run, size_t arm, const char *measure)
{
    const pal_series *s = pal_long_series(run, arm, measure);

    return last_of(s, s->value, s->lo, s->hi);
}

pal_estimate pal_long_last_diff(const pal_rundata *run, size_t arm, const char *measure)
{
    const pal_series *s = pal_long_series(run, arm, measure);

    return last_of(s, s->diff, s->diff_lo, s->diff_hi);
}

const pal_life *pal_long_life(const pal_rundata *run, size_t arm, const char *measure, const char *starved)
{
    const pal_long_data *data = run->long_run;

    for (size_t k = 0; data != NULL && k < data->n_lives; k++) {
        const pal_life *life = &data->life[k];

        if (life->arm == arm && strcmp(life->measure, measure) == 0 && strcmp(life->starved, starved) == 0) {
            return life;
        }
    }
    return NULL;
}

bool pal_long_has_leavers(const pal_rundata *run)
{
    const pal_long_data *data = run->long_run;

    for (size_t a = 0; data != NULL && a < run->n_arms; a++) {
        const pal_series *s = &data->here[a];

        if (s->n > 0 && s->value[s->n - 1] < 1) {
            return true;
        }
    }
    return false;
}
