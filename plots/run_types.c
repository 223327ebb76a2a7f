/* types.csv read into plain arrays; runs of one content type have none. */
#include "plots/run_types.h"

#include "core/file.h"
#include "core/mem.h"
#include "plots/read.h"
#include "plots/run_parts.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#define FILE_NAME "types.csv"
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
    run->types = data;

done:
    pal_table_free(table);
    pal_free(path);
    return rc;
}
