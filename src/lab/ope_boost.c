/* A boosted model of the reward of (item, position, features), cross-fitted. */
#include "core/mem.h"
#include "lab/ope_judge.h"

#include <math.h>

#define ROWS_A_BATCH 64         /* rows whose items are asked for at once ...           */
#define CELLS_A_BATCH ((size_t)1 << 20) /* ... fewer where items and features are many */

typedef struct shape { /* columns of a row of the model: item, position, features */
    const pal_ope_log *log;
    size_t without, d;
} shape;

static void fill(double *row, const shape *s, size_t i, uint32_t item)
{
    size_t c = 2;

    row[0] = item;
    row[1] = s->log->position[i];
    for (size_t f = 0; f < s->log->n_features; f++) {
        if (f != s->without) row[c++] = s->log->x[i * s->log->n_features + f];
    }
}

/* Small trees, slowly: clicks are rare, and a model of the noise is worse than none. */
pal_boost_config pal_ope_boost_settings(size_t n_threads)
{
    pal_boost_config config = pal_boost_lightgbm();

    config.num_iterations = 60;
    config.learning_rate = 0.05;
    config.num_leaves = 15;
    config.min_data_in_leaf = 100;
    config.n_threads = n_threads;
    return config;
}

static pal_status fit_without(pal_boost **model, double *x, double *y, const shape *s, const uint32_t *fold, uint32_t left_out,
                              uint64_t seed, size_t n_threads, pal_error *err)
{
    pal_boost_config config = pal_ope_boost_settings(n_threads);
    pal_boost_rows rows = { .x = x, .y = y };
    size_t clicks = 0;

    for (size_t i = 0; i < s->log->n; i++) {
        if (fold[i] != left_out) {
            fill(x + rows.n * s->d, s, i, s->log->item[i]);
            clicks += s->log->click[i] > 0 ? 1 : 0;
            y[rows.n++] = s->log->click[i];
        }
    }
    if (clicks == 0 || clicks == rows.n) {
        return pal_error_set(err, PAL_ERR_DATA,
                             "%s: %zu of the %zu rows outside a fold have reward 1: too few of a kind for a boosted model, take cells",
                             s->log->path, clicks, rows.n);
    }
    return pal_boost_fit(model, &rows, NULL, s->d, &config, pal_key_for(seed, left_out, PAL_FOR_TRAIN), err);
}

/* q and v of a batch of rows: every item the target may show is asked for. x holds n x (items + 1) rows. */
static pal_status ask(double *q, double *v, double *x, double *answer, const pal_boost *model, const shape *s,
                      const double *chance, const size_t *row, size_t n, size_t n_threads, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t n_items = s->log->items.n, width = n_items + 1;

    for (size_t b = 0; b < n; b++) {
        for (size_t a = 0; a < width; a++) {
            fill(x + (b * width + a) * s->d, s, row[b], a < n_items ? (uint32_t)a : s->log->item[row[b]]);
        }
    }
    PAL_TRY(pal_boost_predict(NULL, answer, model, x, n * width, n_threads, err));
    for (size_t b = 0; b < n; b++) {
        const double *p = chance + s->log->position[row[b]] * n_items;
        double sum = 0;

        for (size_t a = 0; a < n_items; a++) {
            sum += p[a] * answer[b * width + a];
        }
        v[row[b]] = sum;
        q[row[b]] = answer[b * width + n_items];
    }
done:
    return rc;
}

pal_status pal_ope_boosted(double *q, double *v, const pal_ope_log *log, const double *chance, const uint32_t *fold,
                           size_t n_folds, size_t without, uint64_t seed, size_t n_threads, pal_error *err)
{
    pal_status rc = PAL_OK;
    shape s = { log, without, 2 + log->n_features - (without < log->n_features ? 1 : 0) };
    double *x = NULL, *y = NULL, *batch = NULL, *answer = NULL;
    size_t width = log->items.n + 1, most = CELLS_A_BATCH / (width * s.d), row[ROWS_A_BATCH];
    pal_boost *model = NULL;

    most = most < 1 ? 1 : most > ROWS_A_BATCH ? ROWS_A_BATCH : most;
    for (size_t i = 0; i < log->n; i++) {
        if (log->click[i] != 0 && log->click[i] != 1) {
            PAL_FAIL(PAL_ERR_DATA, "%s: row %zu: reward %g; a boosted model needs 0 or 1", log->path, i + 1, log->click[i]);
        }
    }
    PAL_NEW(x, log->n * s.d);
    PAL_NEW(y, log->n);
    PAL_NEW(batch, most * width * s.d);
    PAL_NEW(answer, most * width);
    for (uint32_t f = 0; f < n_folds; f++) {
        size_t n = 0;

        PAL_TRY(fit_without(&model, x, y, &s, fold, f, seed, n_threads, err));
        for (size_t i = 0; i < log->n; i++) {
            if (fold[i] == f) row[n++] = i;
            if (n == most || (i + 1 == log->n && n > 0)) {
                PAL_TRY(ask(q, v, batch, answer, model, &s, chance, row, n, n_threads, err));
                n = 0;
            }
        }
        pal_boost_free(model);
        model = NULL;
    }
done:
    pal_boost_free(model);
    pal_free(x);
    pal_free(y);
    pal_free(batch);
    pal_free(answer);
    return rc;
}
