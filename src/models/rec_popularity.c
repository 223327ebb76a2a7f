/*
 * Popularity: one ranking for everyone.
 *
 *   people   score_i = people who had to do with i
 *   sum      score_i = sum of the strengths
 *   decayed  score_i = sum of strength * 2^(-(T - t) / half_life),      T the latest time of all
 *   rate     score_i = (likes_i + prior * p) / (likes_i + dislikes_i + prior),     p = all likes / all answers
 *
 * Times count back from the latest one: exponents are never positive, so that no sum overflows.
 */
#include "models/rec_builtin.h"

#include "core/hash.h"
#include "core/mem.h"
#include "core/pmath.h"
#include "models/rec_arrays.h"

#include <string.h>

#define LN2 0.69314718055994530942

typedef enum popularity_by { BY_PEOPLE, BY_SUM, BY_DECAYED, BY_RATE } popularity_by;

typedef struct popularity_model {
    popularity_by by;
    double half_life, prior;
    size_t n_rows, n_cols;
    float *score; /* n_cols */
} popularity_model;

static const pal_param params[] = {
    { "by", PAL_PARAM_CHOICE, "\"people\"", 0, 0, "people|sum|decayed|rate",
      "what counts: people, strengths, strengths that fade with time, or the smoothed share of likes", NULL },
    { "half_life", PAL_PARAM_REAL, "2592000", 1e-6, 1e18, NULL,
      "decayed: time after which an interaction counts half, in the unit of the data's times (30 days in seconds)",
      "SAR, recommenders-team" },
    { "prior", PAL_PARAM_REAL, "10", 0, 1e9, NULL, "rate: answers at the overall rate that every item starts with",
      NULL },
    { 0 }
};

static void popularity_free(void *self)
{
    popularity_model *model = self;

    if (model != NULL) {
        pal_free(model->score);
        pal_free(model);
    }
}

static pal_status init(void **self, const pal_values *values, pal_error *err)
{
    pal_status rc = PAL_OK;
    popularity_model *model = NULL;

    PAL_NEW(model, 1);
    model->by = (popularity_by)pal_values_choice(values, "by");
    model->half_life = pal_values_real(values, "half_life");
    model->prior = pal_values_real(values, "prior");
    *self = model;

done:
    return rc;
}

/* ---- the four counts -------------------------------------------------------------------------------------- */

static void count_people(double *total, const pal_csr *cols)
{
    for (size_t i = 0; i < cols->n_rows; i++) total[i] = (double)pal_csr_count(cols, i);
}

static void sum_values(double *total, const pal_csr *rows)
{
    for (size_t i = 0; i < rows->n; i++) total[rows->col[i]] += (double)rows->value[i];
}

static void sum_decayed(double *total, const pal_csr *rows, const int64_t *time, double half_life)
{
    int64_t last = time[0];

    for (size_t i = 1; i < rows->n; i++) last = time[i] > last ? time[i] : last;
    for (size_t i = 0; i < rows->n; i++) {
        double age = (double)last - (double)time[i]; /* in double: the difference of two times may not fit */

        total[rows->col[i]] += (double)rows->value[i] * pal_exp(-LN2 * (age / half_life));
    }
}

static void smooth_rate(double *total, const pal_csr *cols, const pal_csr *disliked, double prior)
{
    double all = (double)cols->n + (double)disliked->n, p = (double)cols->n / all;

    for (size_t i = 0; i < disliked->n; i++) total[disliked->col[i]] += 1;
    for (size_t i = 0; i < cols->n_rows; i++) {
        double likes = (double)pal_csr_count(cols, i), answers = likes + total[i] + prior;

        total[i] = answers > 0 ? (likes + prior * p) / answers : p; /* nothing known and no prior: the average */
    }
}

static pal_status check(const popularity_model *model, const pal_rec_data *data, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_ASSERT(data->disliked == NULL || data->disliked->n_cols == data->rows->n_cols);
    PAL_TRY(pal_rec_check("popularity", data, err));
    if (model->by == BY_DECAYED && data->time == NULL) {
        PAL_FAIL(PAL_ERR_DATA, "popularity: by is \"decayed\", but the data has no times");
    }
    if (model->by == BY_RATE && (data->disliked == NULL || data->disliked->n == 0)) {
        PAL_FAIL(PAL_ERR_DATA, "popularity: by is \"rate\", but the data has no dislikes: every rate would be 1");
    }

done:
    return rc;
}

static pal_status fit(void *self, const pal_rec_data *data, const pal_rec_env *env, pal_error *err)
{
    pal_status rc = PAL_OK;
    popularity_model *model = self;
    size_t n_cols = data->rows->n_cols;
    double *total = NULL;
    float *counted = NULL;

    (void)env;
    PAL_TRY(check(model, data, err));
    PAL_NEW(total, n_cols);
    PAL_NEW(counted, n_cols);
    switch (model->by) {
    case BY_PEOPLE:
        count_people(total, data->cols);
        break;
    case BY_SUM:
        sum_values(total, data->rows);
        break;
    case BY_DECAYED:
        sum_decayed(total, data->rows, data->time, model->half_life);
        break;
    case BY_RATE:
        smooth_rate(total, data->cols, data->disliked, model->prior);
        break;
    }
    for (size_t i = 0; i < n_cols; i++) counted[i] = (float)total[i];
    pal_free(model->score);
    model->score = counted;
    model->n_rows = data->rows->n_rows;
    model->n_cols = n_cols;

done:
    pal_free(total);
    return rc;
}

/* ---- serving ---------------------------------------------------------------------------------------------- */

static pal_status score(const void *self, const pal_rec_query *query, size_t n, float *out, pal_arena *scratch,
                        pal_error *err)
{
    const popularity_model *model = self;

    (void)query;
    (void)scratch;
    (void)err;
    for (size_t q = 0; q < n; q++) memcpy(out + q * model->n_cols, model->score, model->n_cols * sizeof *out);
    return PAL_OK;
}

static pal_status explain(const void *self, const pal_rec_query *query, uint32_t item, float *part, float *rest,
                          pal_arena *scratch, pal_error *err)
{
    const popularity_model *model = self;

    (void)scratch;
    (void)err;
    for (size_t i = 0; i < query->n; i++) part[i] = 0;
    *rest = model->score[item];
    return PAL_OK;
}

static pal_status save(const void *self, pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    const popularity_model *model = self;

    PAL_TRY(pal_rec_put_sizes(file, "shape", model->n_rows, model->n_cols, err));
    PAL_TRY(pal_rec_put_floats(file, "score", model->score, model->n_cols, 0, err));

done:
    return rc;
}

static pal_status load(void **self, const pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    void *opened = NULL;
    popularity_model *model;

    PAL_TRY(pal_rec_reopen(&opened, &pal_rec_popularity, file, err));
    model = opened;
    PAL_TRY(pal_rec_get_sizes(&model->n_rows, &model->n_cols, file, "shape", err));
    PAL_TRY(pal_rec_get_floats(&model->score, file, "score", model->n_cols, 0, err));
    *self = opened;
    opened = NULL;

done:
    popularity_free(opened);
    return rc;
}

static void shape(const void *self, size_t *n_rows, size_t *n_cols)
{
    const popularity_model *model = self;

    *n_rows = model->n_rows;
    *n_cols = model->n_cols;
}

static uint64_t digest(const void *self)
{
    const popularity_model *model = self;

    return pal_hash_mix(pal_hash_mix((uint64_t)model->n_rows, (uint64_t)model->n_cols),
                        pal_hash_floats(model->score, model->n_cols));
}

const pal_rec_type pal_rec_popularity = {
    .name = "popularity",
    .label = "Popularity",
    .summary = "one ranking for everyone: by people, by strength, fading with time, or by the smoothed like rate",
    .source = "Ji et al., SIGIR 2020 (decayed counts); additive smoothing of rates",
    .flags = PAL_REC_EXACT | PAL_REC_TIME,
    .params = params,
    .init = init,
    .fit = fit,
    .score = score,
    .explain = explain,
    .save = save,
    .load = load,
    .shape = shape,
    .digest = digest,
    .free = popularity_free,
};
