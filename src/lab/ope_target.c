/* The target policy's chances: even, from a table, or as often as another log shows the items. */
#include "core/csv.h"
#include "core/mem.h"
#include "lab/ope_judge.h"

#include <math.h>
#include <string.h>

#define SUM_TOLERANCE 1e-6

/* The log's number of a position, or PAL_ERR_DATA: nothing can be said of positions it never saw. */
static pal_status find_position(uint32_t *out, const pal_ope_log *log, const char *text, const char *file, pal_error *err)
{
    for (size_t p = 0; p < log->positions.n; p++) {
        if (strcmp(pal_intern_text(&log->positions, p), text) == 0) {
            *out = (uint32_t)p;
            return PAL_OK;
        }
    }
    return pal_error_set(err, PAL_ERR_DATA, "%s: position '%.40s' is in no row of %s", file, text, log->path);
}

static pal_status add_item(uint32_t *out, pal_ope_log *log, const char *text, pal_error *err)
{
    return pal_intern_add(&log->items, text, strlen(text), out, NULL, err);
}

static pal_status even(double *chance, const pal_ope_log *log)
{
    for (size_t c = 0; c < log->positions.n * log->items.n; c++) {
        chance[c] = 1 / (double)log->items.n;
    }
    return PAL_OK;
}

static pal_status read_probability(double *out, const pal_table *table, size_t row, size_t column, const char *file,
                                   pal_error *err)
{
    bool ok = true;

    *out = pal_table_number(table, row, column, &ok);
    if (!ok || !(*out >= 0 && *out <= 1)) {
        return pal_error_set(err, PAL_ERR_DATA, "%s: row %zu: probability '%.40s', wanted 0 to 1", file, row + 1,
                             pal_table_text(table, row, column));
    }
    return PAL_OK;
}

static pal_status take_policy(double *chance, const pal_table *table, pal_ope_log *log, const char *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t item, probability, position = SIZE_MAX;

    PAL_TRY(pal_table_find(&item, table, "item_id", err));
    PAL_TRY(pal_table_find(&probability, table, "probability", err));
    if (pal_table_has(table, "position")) PAL_TRY(pal_table_find(&position, table, "position", err));
    for (size_t r = 0; r < pal_table_rows(table); r++) {
        uint32_t i, p = 0, last = (uint32_t)log->positions.n - 1;
        double value;

        PAL_TRY(add_item(&i, log, pal_table_text(table, r, item), err));
        PAL_TRY(read_probability(&value, table, r, probability, file, err));
        if (position != SIZE_MAX) {
            PAL_TRY(find_position(&p, log, pal_table_text(table, r, position), file, err));
            last = p;
        }
        for (; p <= last; p++) {
            double *cell = &chance[p * log->items.n + i];

            if (!isnan(*cell)) {
                PAL_FAIL(PAL_ERR_DATA, "%s: row %zu: item '%.40s' stands there twice", file, r + 1,
                         pal_table_text(table, r, item));
            }
            *cell = value;
        }
    }
done:
    return rc;
}

/* Items first, so that the table has its width; a cell that no row names is 0. */
static pal_status from_policy(double **chance, pal_ope_log *log, const char *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_table *table = NULL;
    size_t item, n_cells;
    uint32_t number;

    PAL_TRY(pal_table_load(&table, file, err));
    PAL_TRY(pal_table_find(&item, table, "item_id", err));
    for (size_t r = 0; r < pal_table_rows(table); r++) {
        PAL_TRY(add_item(&number, log, pal_table_text(table, r, item), err));
    }
    n_cells = log->positions.n * log->items.n;
    PAL_NEW(*chance, n_cells);
    for (size_t c = 0; c < n_cells; c++) {
        (*chance)[c] = NAN;
    }
    PAL_TRY(take_policy(*chance, table, log, file, err));
    for (size_t c = 0; c < n_cells; c++) {
        if (isnan((*chance)[c])) (*chance)[c] = 0;
    }
done:
    pal_table_free(table);
    return rc;
}

static pal_status count_other(double *chance, const pal_ope_log *other, const uint32_t *item, const uint32_t *position,
                              size_t n_items, size_t n_positions, pal_error *err)
{
    pal_status rc = PAL_OK;
    double *rows = NULL;

    PAL_NEW(rows, n_positions);
    for (size_t i = 0; i < other->n; i++) {
        rows[position[other->position[i]]] += 1;
    }
    for (size_t i = 0; i < other->n; i++) {
        uint32_t p = position[other->position[i]];

        chance[p * n_items + item[other->item[i]]] += 1;
    }
    for (size_t c = 0; c < n_positions * n_items; c++) {
        if (rows[c / n_items] > 0) chance[c] /= rows[c / n_items];
    }
done:
    pal_free(rows);
    return rc;
}

static pal_status mean_reward(pal_interval *out, const pal_ope_log *log, double level, pal_error *err)
{
    pal_ope_rows rows = { .reward = log->click, .logged = log->propensity, .target = log->propensity, .n = log->n,
                          .n_people = log->n };
    pal_ope_config config = pal_ope_defaults();
    pal_ope_estimate e;
    pal_status rc = PAL_OK;

    config.level = level;
    PAL_TRY(pal_ope_estimate_value(&e, PAL_OPE_IPS, &rows, &config, NULL, err));
    *out = e.normal;
done:
    return rc;
}

static pal_status from_other(double **chance, pal_interval *on_policy, pal_ope_log *log, const char *file, double level,
                             pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_ope_log *other = NULL;
    uint32_t *item = NULL, *position = NULL;

    PAL_TRY(pal_ope_log_load(&other, file, &pal_ope_open_bandit, err));
    PAL_NEW(item, other->items.n);
    PAL_NEW(position, other->positions.n);
    for (size_t i = 0; i < other->items.n; i++) {
        PAL_TRY(add_item(&item[i], log, pal_intern_text(&other->items, i), err));
    }
    for (size_t p = 0; p < other->positions.n; p++) {
        PAL_TRY(find_position(&position[p], log, pal_intern_text(&other->positions, p), file, err));
    }
    PAL_NEW(*chance, log->positions.n * log->items.n);
    PAL_TRY(count_other(*chance, other, item, position, log->items.n, log->positions.n, err));
    PAL_TRY(mean_reward(on_policy, other, level, err));
done:
    pal_ope_log_free(other);
    pal_free(item);
    pal_free(position);
    return rc;
}

static pal_status check_sums(const double *chance, const pal_ope_log *log, const char *file, pal_error *err)
{
    for (size_t p = 0; p < log->positions.n; p++) {
        double sum = 0;

        for (size_t i = 0; i < log->items.n; i++) {
            sum += chance[p * log->items.n + i];
        }
        if (fabs(sum - 1) > SUM_TOLERANCE) {
            return pal_error_set(err, PAL_ERR_DATA, "%s: probabilities at position '%.40s' of %s add up to %.9g, wanted 1",
                                 file, pal_intern_text(&log->positions, p), log->path, sum);
        }
    }
    return PAL_OK;
}

pal_status pal_ope_target_chances(double **chance, pal_interval *on_policy, pal_ope_log *log,
                                  const pal_ope_question *question, pal_error *err)
{
    pal_status rc = PAL_OK;
    double *made = NULL;

    *on_policy = (pal_interval){ NAN, NAN, NAN, NAN, 0 };
    if (question->source == PAL_OPE_POLICY) {
        PAL_TRY(from_policy(&made, log, question->name, err));
    } else if (question->source == PAL_OPE_OTHER) {
        PAL_TRY(from_other(&made, on_policy, log, question->name, question->config.level, err));
    } else {
        PAL_NEW(made, log->positions.n * log->items.n);
        PAL_TRY(even(made, log));
    }
    PAL_TRY(check_sums(made, log, question->name != NULL ? question->name : "uniform", err));
    *chance = made;
    made = NULL;
done:
    pal_free(made);
    return rc;
}
