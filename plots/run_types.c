/* types.csv and types_tests.csv read into plain arrays; runs of one content type have neither. */
#include "plots/run_types.h"

#include "core/file.h"
#include "core/mem.h"
#include "plots/read.h"
#include "plots/run_parts.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#define FILE_NAME "types.csv"
#define TESTS_NAME "types_tests.csv"
enum { ARM, TYPE, METRIC, VALUE, LO, HI, N, DIFF, DIFF_LO, DIFF_HI, N_COLUMNS };
static const char *const column_names[N_COLUMNS] = { "arm", "type", "metric", "value", "lo", "hi", "n", "diff", "diff_lo",
                                                     "diff_hi" };

/* Place of a type's name in the data; a new one is added. names has room for every row. */
static pal_status place_of(size_t *at, pal_types_data *data, const char *name, pal_arena *arena, pal_error *err)
{
    pal_status rc = PAL_OK;

    for (*at = 0; *at < data->n && strcmp(data->name[*at], name) != 0; ++*at) {
    }
    if (*at == data->n) {
        PAL_TRY(pal_rundata_keep(&data->name[data->n], arena, name, err));
        data->n++;
    }

done:
    return rc;
}

static pal_status estimate_at(pal_estimate *out, const pal_table *table, const size_t *column, size_t row, size_t first,
                              pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_TRY(pal_read_cell(&out->value, table, FILE_NAME, row, column[first], err));
    PAL_TRY(pal_read_cell(&out->lo, table, FILE_NAME, row, column[first + 1], err));
    PAL_TRY(pal_read_cell(&out->hi, table, FILE_NAME, row, column[first + 2], err));
    PAL_TRY(pal_read_cell(&out->n, table, FILE_NAME, row, column[N], err));

done:
    return rc;
}

static pal_status read_rows(pal_types_data *data, const pal_rundata *run, const pal_table *table, const size_t *column,
                            pal_error *err)
{
    pal_status rc = PAL_OK;
    const size_t rows = pal_table_rows(table);
    size_t arm = SIZE_MAX;

    PAL_TAKE(data->name, rows + 1, run->hidden->arena);
    PAL_TAKE(data->like_rate, (rows + 1) * run->n_arms, run->hidden->arena);
    PAL_TAKE(data->diff, (rows + 1) * run->n_arms, run->hidden->arena);
    data->n = 0;
    for (size_t i = 0; i < (rows + 1) * run->n_arms; i++) {
        data->like_rate[i] = data->diff[i] = (pal_estimate){ NAN, NAN, NAN, NAN };
    }
    for (size_t row = 0; row < rows; row++) {
        size_t type;

        if (strcmp(pal_table_text(table, row, column[METRIC]), "like_rate") != 0) {
            continue;
        }
        PAL_TRY(pal_rundata_cell_arm(&arm, run, table, FILE_NAME, row, column[ARM], err));
        PAL_TRY(place_of(&type, data, pal_table_text(table, row, column[TYPE]), run->hidden->arena, err));
        PAL_TRY(estimate_at(&data->like_rate[type * run->n_arms + arm], table, column, row, VALUE, err));
        PAL_TRY(estimate_at(&data->diff[type * run->n_arms + arm], table, column, row, DIFF, err));
    }

done:
    return rc;
}

/* ---- pairs of arms --------------------------------------------------------------------------- */

enum {
    T_ARM,
    T_AGAINST,
    T_TYPE,
    T_METRIC,
    T_N,
    T_DIFF,
    T_LO,
    T_HI,
    T_EFFECT,
    T_P,
    T_SIGNIFICANT,
    T_COLUMNS
};
static const char *const test_names[T_COLUMNS] = { "arm",    "against",    "type",       "metric",
                                                   "n",      "diff",       "lo",         "hi",
                                                   "effect", "p_adjusted", "significant" };

static pal_status read_test(pal_types_test *out, const pal_types_data *data, const pal_rundata *run,
                            const pal_table *table, const size_t *column, size_t row,
                            pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *type = pal_table_text(table, row, column[T_TYPE]);
    double significant = 0;

    PAL_TRY(pal_rundata_cell_arm(&out->arm, run, table, TESTS_NAME, row, column[T_ARM], err));
    PAL_TRY(
        pal_rundata_cell_arm(&out->against, run, table, TESTS_NAME, row, column[T_AGAINST], err));
    for (out->type = 0; out->type < data->n && strcmp(data->name[out->type], type) != 0;
         out->type++) {
    }
    if (out->type == data->n) {
        PAL_FAIL(PAL_ERR_DATA, "%s: row %zu, column 'type': '%.60s' does not stand in %s",
                 TESTS_NAME, row + 1, type, FILE_NAME);
    }
    PAL_TRY(pal_read_cell(&out->diff.value, table, TESTS_NAME, row, column[T_DIFF], err));
    PAL_TRY(pal_read_cell(&out->diff.lo, table, TESTS_NAME, row, column[T_LO], err));
    PAL_TRY(pal_read_cell(&out->diff.hi, table, TESTS_NAME, row, column[T_HI], err));
    PAL_TRY(pal_read_cell(&out->diff.n, table, TESTS_NAME, row, column[T_N], err));
    PAL_TRY(pal_read_cell(&out->effect, table, TESTS_NAME, row, column[T_EFFECT], err));
    PAL_TRY(pal_read_cell(&out->p, table, TESTS_NAME, row, column[T_P], err));
    PAL_TRY(pal_read_cell(&significant, table, TESTS_NAME, row, column[T_SIGNIFICANT], err));
    out->significant = significant > 0;

done:
    return rc;
}

static pal_status read_tests(pal_types_data *data, const pal_rundata *run, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_table *table = NULL;
    size_t column[T_COLUMNS];
    char *path = pal_path_join(run->dir, TESTS_NAME);

    data->n_tests = 0;
    if (path == NULL) {
        PAL_FAIL(PAL_ERR_MEMORY, "out of memory: the path of %s", TESTS_NAME);
    }
    if (!pal_file_exists(path)) {
        goto done;
    }
    PAL_TRY(pal_rundata_table(&table, run->dir, TESTS_NAME, err));
    for (size_t c = 0; c < T_COLUMNS; c++) {
        PAL_TRY(pal_table_find(&column[c], table, test_names[c], err));
    }
    PAL_TAKE(data->test, pal_table_rows(table) + 1, run->hidden->arena);
    for (size_t row = 0; row < pal_table_rows(table); row++) {
        if (strcmp(pal_table_text(table, row, column[T_METRIC]), "like_rate") == 0) {
            PAL_TRY(read_test(&data->test[data->n_tests], data, run, table, column, row, err));
            data->n_tests++;
        }
    }

done:
    pal_table_free(table);
    pal_free(path);
    return rc;
}

pal_status pal_rundata_read_types(pal_rundata *run, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_types_data *data = NULL;
    pal_table *table = NULL;
    size_t column[N_COLUMNS];
    char *path = pal_path_join(run->dir, FILE_NAME);

    if (path == NULL) {
        PAL_FAIL(PAL_ERR_MEMORY, "out of memory: the path of %s", FILE_NAME);
    }
    if (!pal_file_exists(path)) {
        goto done;
    }
    PAL_TRY(pal_rundata_table(&table, run->dir, FILE_NAME, err));
    for (size_t c = 0; c < N_COLUMNS; c++) {
        PAL_TRY(pal_table_find(&column[c], table, column_names[c], err));
    }
    PAL_TAKE(data, 1, run->hidden->arena);
    PAL_TRY(read_rows(data, run, table, column, err));
    PAL_TRY(read_tests(data, run, err));
    run->types = data;

done:
    pal_table_free(table);
    pal_free(path);
    return rc;
}
