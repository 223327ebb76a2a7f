/* The CSV files of a run: measures by round and slot, stage counts, coverage, model fits. */
#include "core/file.h"
#include "core/mem.h"
#include "plots/read.h"
#include "plots/run_parts.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

pal_status pal_rundata_table(pal_table **out, const char *dir, const char *name, pal_error *err)
{
    pal_status rc = PAL_OK;
    char *path = pal_path_join(dir, name);

    if (path == NULL) {
        PAL_FAIL(PAL_ERR_MEMORY, "out of memory: the path of %s", name);
    }
    PAL_TRY(pal_table_load(out, path, err));

done:
    pal_free(path);
    return rc;
}

pal_status pal_rundata_cell_arm(size_t *arm, const pal_rundata *run, const pal_table *table, const char *file,
                                size_t row, size_t column, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *name = pal_table_text(table, row, column);

    /* Rows are sorted by arm: most often it is the same as last time. */
    if (*arm < run->n_arms && strcmp(run->arms[*arm].name, name) == 0) {
        return PAL_OK;
    }
    *arm = pal_rundata_arm(run, name);
    if (*arm == SIZE_MAX) {
        PAL_FAIL(PAL_ERR_DATA, "%s: row %zu: '%.60s' is no arm of summary.json", file, row + 1, name);
    }

done:
    return rc;
}

/* Place of (arm, metric) in the set, added when new; *hint is the last place, rows come in cycles. */
static pal_status series_place(size_t *place, pal_series_set *set, size_t *capacity, size_t arm, const char *metric,
                               pal_arena *arena, pal_error *err)
{
    pal_status rc = PAL_OK;

    for (size_t k = 0; k < set->n; k++) {
        size_t i = (*place + 1 + k) % set->n;

        if (set->at[i].arm == arm && strcmp(set->at[i].metric, metric) == 0) {
            *place = i;
            return PAL_OK;
        }
    }
    if (set->n == *capacity) {
        pal_named_series *bigger;
        size_t grown = *capacity == 0 ? 64 : *capacity * 2;

        PAL_TAKE(bigger, grown, arena);
        if (set->n > 0) {
            memcpy(bigger, set->at, set->n * sizeof *bigger);
        }
        set->at = bigger;
        *capacity = grown;
    }
    set->at[set->n] = (pal_named_series){ .arm = arm };
    PAL_TRY(pal_rundata_keep(&set->at[set->n].metric, arena, metric, err));
    *place = set->n++;

done:
    return rc;
}

static pal_status take_series(pal_series *s, bool with_diff, pal_arena *arena, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t n = s->n + 1;

    PAL_TAKE(s->x, n, arena);
    PAL_TAKE(s->value, n, arena);
    PAL_TAKE(s->lo, n, arena);
    PAL_TAKE(s->hi, n, arena);
    if (with_diff) {
        PAL_TAKE(s->diff, n, arena);
        PAL_TAKE(s->diff_lo, n, arena);
        PAL_TAKE(s->diff_hi, n, arena);
    }

done:
    return rc;
}

/* Mean of each `k` neighbours in place; returns how many are left. */
static size_t average(double *x, size_t n, size_t k)
{
    size_t m = 0;

    if (x == NULL || k <= 1) {
        return n;
    }
    for (size_t begin = 0; begin < n; begin += k) {
        double sum = 0;
        size_t count = 0;

        for (size_t i = begin; i < n && i < begin + k; i++) {
            if (!isnan(x[i])) {
                sum += x[i];
                count++;
            }
        }
        x[m++] = count == 0 ? NAN : sum / (double)count;
    }
    return m;
}

static void average_series(pal_series *s)
{
    size_t k = (s->n + PAL_MOST_POINTS - 1) / PAL_MOST_POINTS;
    double *const columns[] = { s->x, s->value, s->lo, s->hi, s->diff, s->diff_lo, s->diff_hi };
    size_t left = s->n;

    for (size_t c = 0; c < sizeof columns / sizeof columns[0]; c++) {
        if (columns[c] != NULL) {
            left = average(columns[c], s->n, k);
        }
    }
    s->n = left;
}

enum { COL_ARM, COL_X, COL_METRIC, COL_VALUE, COL_LO, COL_HI, COL_DIFF, COL_DIFF_LO, COL_DIFF_HI, COLS };

static pal_status fill_row(pal_series *s, const pal_table *table, const char *file, size_t row, const size_t *column,
                           bool with_diff, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t i = s->n;

    PAL_TRY(pal_read_cell(&s->x[i], table, file, row, column[COL_X], err));
    PAL_TRY(pal_read_cell(&s->value[i], table, file, row, column[COL_VALUE], err));
    PAL_TRY(pal_read_cell(&s->lo[i], table, file, row, column[COL_LO], err));
    PAL_TRY(pal_read_cell(&s->hi[i], table, file, row, column[COL_HI], err));
    if (with_diff) {
        PAL_TRY(pal_read_cell(&s->diff[i], table, file, row, column[COL_DIFF], err));
        PAL_TRY(pal_read_cell(&s->diff_lo[i], table, file, row, column[COL_DIFF_LO], err));
        PAL_TRY(pal_read_cell(&s->diff_hi[i], table, file, row, column[COL_DIFF_HI], err));
    }
    s->n++;

done:
    return rc;
}

/* A file of arm, x, metric, value, lo, hi (and diff, diff_lo, diff_hi): count, take, fill, thin out. */
static pal_status read_series(pal_series_set *set, const pal_rundata *run, const char *file, const char *x,
                              bool with_diff, pal_error *err)
{
    static const char *const names[COLS] = { "arm", NULL, "metric", "value", "lo", "hi", "diff", "diff_lo",
                                             "diff_hi" };
    pal_status rc = PAL_OK;
    pal_table *table = NULL;
    pal_arena *arena = run->hidden->arena;
    size_t column[COLS] = { 0 }, *place = NULL, capacity = 0, arm = SIZE_MAX, at = 0, rows;

    PAL_TRY(pal_rundata_table(&table, run->dir, file, err));
    for (size_t c = 0; c < (with_diff ? COLS : COL_DIFF); c++) {
        PAL_TRY(pal_table_find(&column[c], table, c == COL_X ? x : names[c], err));
    }
    rows = pal_table_rows(table);
    PAL_NEW(place, rows + 1);
    for (size_t row = 0; row < rows; row++) {
        PAL_TRY(pal_rundata_cell_arm(&arm, run, table, file, row, column[COL_ARM], err));
        PAL_TRY(series_place(&at, set, &capacity, arm, pal_table_text(table, row, column[COL_METRIC]), arena, err));
        place[row] = at;
        set->at[at].series.n++;
    }
    for (size_t i = 0; i < set->n; i++) {
        PAL_TRY(take_series(&set->at[i].series, with_diff, arena, err));
        set->at[i].series.n = 0;
    }
    for (size_t row = 0; row < rows; row++) {
        PAL_TRY(fill_row(&set->at[place[row]].series, table, file, row, column, with_diff, err));
    }
    for (size_t i = 0; i < set->n; i++) {
        average_series(&set->at[i].series);
    }

done:
    pal_free(place);
    pal_table_free(table);
    return rc;
}

/* Where one arm's rows stand in stages.csv, its rounds and stages counted. */
static pal_status take_stage_rounds(pal_plot_arm *arm, size_t rounds, pal_arena *arena, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_TAKE(arm->stage_round, rounds + 1, arena);
    for (size_t s = 0; s < arm->n_stage_kinds; s++) {
        PAL_TAKE(arm->stage_rounds[s].share, rounds + 1, arena);
        PAL_TAKE(arm->stage_rounds[s].people, rounds + 1, arena);
        for (size_t t = 0; t < rounds; t++) {
            arm->stage_rounds[s].share[t] = 0;
            arm->stage_rounds[s].people[t] = 0;
        }
    }

done:
    return rc;
}

static size_t stage_kind(const pal_plot_arm *arm, const char *stage)
{
    size_t s = 0;

    while (s < arm->n_stage_kinds && strcmp(arm->stage_rounds[s].stage, stage) != 0) {
        s++;
    }
    return s;
}

/* Stages in stack order, unknown ones last by name. */
static pal_status add_stage_kind(pal_plot_arm *arm, const char *stage, pal_arena *arena, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *kept;
    size_t at;

    if (stage_kind(arm, stage) < arm->n_stage_kinds) {
        return PAL_OK;
    }
    if (arm->stage_rounds == NULL) {
        PAL_TAKE(arm->stage_rounds, PAL_MAX_ARM_STAGES, arena);
    }
    if (arm->n_stage_kinds == PAL_MAX_ARM_STAGES) {
        PAL_FAIL(PAL_ERR_DATA, "stages.csv: arm '%s' has more than %d stages", arm->name, PAL_MAX_ARM_STAGES);
    }
    PAL_TRY(pal_rundata_keep(&kept, arena, stage, err));
    for (at = arm->n_stage_kinds; at > 0; at--) {
        const char *below = arm->stage_rounds[at - 1].stage;
        int order = pal_stage_order(stage) - pal_stage_order(below);

        if (order > 0 || (order == 0 && strcmp(stage, below) > 0)) {
            break;
        }
        arm->stage_rounds[at] = arm->stage_rounds[at - 1];
    }
    arm->stage_rounds[at] = (pal_stage_rounds){ .stage = kept };
    arm->n_stage_kinds++;

done:
    return rc;
}

/* Impressions become shares of the round; long runs are averaged. */
static void finish_stage_rounds(pal_plot_arm *arm)
{
    size_t n = arm->n_stage_rounds, k = (n + PAL_MOST_POINTS - 1) / PAL_MOST_POINTS;

    for (size_t t = 0; t < n; t++) {
        double sum = 0;

        for (size_t s = 0; s < arm->n_stage_kinds; s++) {
            sum += arm->stage_rounds[s].share[t];
        }
        for (size_t s = 0; s < arm->n_stage_kinds; s++) {
            arm->stage_rounds[s].share[t] = sum > 0 ? arm->stage_rounds[s].share[t] / sum : NAN;
        }
    }
    for (size_t s = 0; s < arm->n_stage_kinds; s++) {
        average(arm->stage_rounds[s].share, n, k);
        average(arm->stage_rounds[s].people, n, k);
    }
    arm->n_stage_rounds = average(arm->stage_round, n, k);
}

static pal_status read_stage_rows(pal_rundata *run, const pal_table *table, pal_error *err)
{
    static const char file[] = "stages.csv";
    static const char *const names[] = { "arm", "round", "stage", "impressions", "people" };
    pal_status rc = PAL_OK;
    size_t column[5], a = SIZE_MAX, rows = pal_table_rows(table);

    for (size_t c = 0; c < 5; c++) {
        PAL_TRY(pal_table_find(&column[c], table, names[c], err));
    }
    for (size_t row = 0; row < rows; row++) {
        PAL_TRY(pal_rundata_cell_arm(&a, run, table, file, row, column[0], err));
        PAL_TRY(add_stage_kind(&run->arms[a], pal_table_text(table, row, column[2]), run->hidden->arena, err));
    }
    for (size_t i = 0; i < run->n_arms; i++) {
        PAL_TRY(take_stage_rounds(&run->arms[i], rows, run->hidden->arena, err));
    }
    for (size_t row = 0; row < rows; row++) {
        pal_plot_arm *arm;
        double round, impressions, people;
        size_t kind;

        PAL_TRY(pal_rundata_cell_arm(&a, run, table, file, row, column[0], err));
        PAL_TRY(pal_read_cell(&round, table, file, row, column[1], err));
        PAL_TRY(pal_read_cell(&impressions, table, file, row, column[3], err));
        PAL_TRY(pal_read_cell(&people, table, file, row, column[4], err));
        arm = &run->arms[a];
        if (arm->n_stage_rounds == 0 || arm->stage_round[arm->n_stage_rounds - 1] < round) {
            arm->stage_round[arm->n_stage_rounds++] = round;
        }
        kind = stage_kind(arm, pal_table_text(table, row, column[2]));
        arm->stage_rounds[kind].share[arm->n_stage_rounds - 1] += isnan(impressions) ? 0 : impressions;
        arm->stage_rounds[kind].people[arm->n_stage_rounds - 1] += isnan(people) ? 0 : people;
    }

done:
    return rc;
}

static pal_status read_stages(pal_rundata *run, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_table *table = NULL;

    PAL_TRY(pal_rundata_table(&table, run->dir, "stages.csv", err));
    PAL_TRY(read_stage_rows(run, table, err));
    for (size_t a = 0; a < run->n_arms; a++) {
        finish_stage_rounds(&run->arms[a]);
    }

done:
    pal_table_free(table);
    return rc;
}

static pal_status read_coverage(pal_rundata *run, pal_error *err)
{
    static const char file[] = "coverage.csv";
    static const char *const names[] = { "round", "q05", "q25", "q50", "q75", "q95", "mean", "starved" };
    enum { N = sizeof names / sizeof names[0] };
    pal_status rc = PAL_OK;
    pal_table *table = NULL;
    size_t column[N], arm_column, a = SIZE_MAX, rows;

    PAL_TRY(pal_rundata_table(&table, run->dir, file, err));
    PAL_TRY(pal_table_find(&arm_column, table, "arm", err));
    for (size_t c = 0; c < N; c++) {
        PAL_TRY(pal_table_find(&column[c], table, names[c], err));
    }
    rows = pal_table_rows(table);
    for (size_t i = 0; i < run->n_arms; i++) {
        pal_coverage *cover = &run->arms[i].coverage;
        double **const to[N] = { &cover->round, &cover->q05, &cover->q25, &cover->q50, &cover->q75, &cover->q95,
                                 &cover->mean, &cover->starved };

        for (size_t c = 0; c < N; c++) {
            PAL_TAKE(*to[c], rows + 1, run->hidden->arena);
        }
        for (size_t row = 0; row < rows; row++) {
            PAL_TRY(pal_rundata_cell_arm(&a, run, table, file, row, arm_column, err));
            for (size_t c = 0; a == i && c < N; c++) {
                PAL_TRY(pal_read_cell(&(*to[c])[cover->n], table, file, row, column[c], err));
            }
            cover->n += a == i;
        }
        for (size_t c = 0; c < N; c++) {
            size_t left = average(*to[c], cover->n, (cover->n + PAL_MOST_POINTS - 1) / PAL_MOST_POINTS);

            if (c + 1 == N) {
                cover->n = left;
            }
        }
    }

done:
    pal_table_free(table);
    return rc;
}

/* "kept" may stand as 1/0 or true/false. */
static bool is_kept(const char *text)
{
    return strcmp(text, "1") == 0 || strcmp(text, "true") == 0 || strcmp(text, "yes") == 0;
}

static pal_status read_training(pal_rundata *run, pal_error *err)
{
    static const char file[] = "training.csv";
    pal_status rc = PAL_OK;
    pal_table *table = NULL;
    size_t arm_column, kept, auc, a = SIZE_MAX;

    PAL_TRY(pal_rundata_table(&table, run->dir, file, err));
    PAL_TRY(pal_table_find(&arm_column, table, "arm", err));
    PAL_TRY(pal_table_find(&kept, table, "kept", err));
    PAL_TRY(pal_table_find(&auc, table, "auc", err));
    for (size_t row = 0; row < pal_table_rows(table); row++) {
        pal_fits *fits;
        double value;

        PAL_TRY(pal_rundata_cell_arm(&a, run, table, file, row, arm_column, err));
        PAL_TRY(pal_read_cell(&value, table, file, row, auc, err));
        fits = &run->arms[a].fits;
        fits->fits++;
        fits->kept += is_kept(pal_table_text(table, row, kept));
        if (!isnan(value)) {
            fits->auc += value;
            fits->auc_n++;
        }
    }
    for (size_t i = 0; i < run->n_arms; i++) {
        pal_fits *fits = &run->arms[i].fits;

        fits->auc = fits->auc_n > 0 ? fits->auc / fits->auc_n : NAN;
    }

done:
    pal_table_free(table);
    return rc;
}

pal_status pal_rundata_read_tables(pal_rundata *run, pal_error *err)
{
    pal_status rc = PAL_OK;

    run->rounds_a_point = run->rounds > PAL_MOST_POINTS
                              ? ((size_t)run->rounds + PAL_MOST_POINTS - 1) / PAL_MOST_POINTS : 1;
    PAL_TRY(read_series(&run->hidden->rounds, run, "rounds.csv", "round", true, err));
    PAL_TRY(read_series(&run->hidden->slots, run, "slots.csv", "slot", false, err));
    PAL_TRY(read_stages(run, err));
    PAL_TRY(read_coverage(run, err));
    PAL_TRY(read_training(run, err));

done:
    return rc;
}
