/* Models of the reward for a study's logs, cross-fitted over people. */
#include "lab/ope_judge.h"
#include "lab/ope_scene.h"

#include "core/rng.h"
#include "models/boost.h"
#include "models/logistic.h"

#include <string.h>

typedef struct lesson { /* rows outside a fold */
    double *x, *y;
    size_t n, d;
    double mean;
} lesson;

static uint32_t fold_of(const pal_ope_scene *s, size_t context, size_t log)
{
    const pal_key key = pal_key_named(pal_key_for(s->study->seed, 0, PAL_FOR_TRAIN), "ope folds");

    return (uint32_t)(pal_u01(key, (pal_at){ s->person[context], log, 0 }, 0) * (double)s->study->n_folds);
}

static void gather(lesson *l, const pal_ope_scene *s, const pal_ope_sample *sample, size_t n, const uint32_t *fold, uint32_t out)
{
    double sum = 0;

    l->n = 0;
    for (size_t i = 0; i < n; i++) {
        const uint32_t c = sample->context[i];

        if (fold[c] == out) continue;
        memcpy(l->x + l->n * l->d, s->x + (c * s->m + sample->slate[i]) * l->d, l->d * sizeof *l->x);
        l->y[l->n++] = sample->reward[i];
        sum += sample->reward[i];
    }
    l->mean = l->n > 0 ? sum / (double)l->n : 0;
}

static pal_status ask_logistic(double *q, const lesson *l, const pal_ope_scene *s, const uint32_t *fold, uint32_t out,
                               pal_arena *scratch, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_logistic_config config = pal_logistic_defaults();
    double *w, b = 0;

    config.standardise = true;
    PAL_TAKE(w, l->d, scratch);
    PAL_TRY(pal_logistic_fit(w, &b, NULL, l->x, l->y, NULL, l->n, l->d, &config, scratch, err));
    for (size_t c = 0; c < s->n_contexts; c++) {
        if (fold[c] == out) pal_logistic_predict(q + c * s->m, s->x + c * s->m * l->d, s->m, l->d, w, b);
    }
done:
    return rc;
}

static pal_status ask_boosted(double *q, const lesson *l, const pal_ope_scene *s, const uint32_t *fold, uint32_t out,
                              pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_boost_config config = pal_ope_boost_settings(1);
    const pal_boost_rows rows = { .x = l->x, .y = l->y, .n = l->n };
    pal_boost *model = NULL;

    PAL_TRY(pal_boost_fit(&model, &rows, NULL, l->d, &config, pal_key_for(s->study->seed, out, PAL_FOR_TRAIN), err));
    for (size_t c = 0; c < s->n_contexts; c++) {
        if (fold[c] == out) {
            PAL_TRY(pal_boost_predict(NULL, q + c * s->m, model, s->x + c * s->m * l->d, s->m, 1, err));
        }
    }
done:
    pal_boost_free(model);
    return rc;
}

/* Around the mean: what the model finds good, it now finds bad. Kept inside 0 and 1. */
static void mirror(double *q, double mean, size_t m)
{
    for (size_t i = 0; i < m; i++) {
        const double p = 2 * mean - q[i];

        q[i] = p < 0 ? 0 : p > 1 ? 1 : p;
    }
}

pal_status pal_ope_guess_all(double *q, const pal_ope_scene *s, const pal_ope_sample *sample, size_t log, size_t n,
                             pal_ope_guess guess, pal_arena *scratch, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_arena_mark mark = pal_arena_here(scratch);
    lesson l = { .d = s->d };
    uint32_t *fold;

    PAL_TAKE(fold, s->n_contexts, scratch);
    PAL_TAKE(l.x, n * s->d, scratch);
    PAL_TAKE(l.y, n, scratch);
    for (size_t c = 0; c < s->n_contexts; c++) fold[c] = fold_of(s, c, log);
    for (uint32_t f = 0; f < s->study->n_folds; f++) {
        gather(&l, s, sample, n, fold, f);
        if (guess == PAL_OPE_GUESS_MEAN || !(l.mean > 0 && l.mean < 1)) {
            for (size_t c = 0; c < s->n_contexts; c++) {
                for (size_t i = 0; fold[c] == f && i < s->m; i++) q[c * s->m + i] = l.mean;
            }
        } else if (guess == PAL_OPE_GUESS_BOOSTED) {
            PAL_TRY(ask_boosted(q, &l, s, fold, f, err));
        } else {
            PAL_TRY(ask_logistic(q, &l, s, fold, f, scratch, err));
        }
        for (size_t c = 0; guess == PAL_OPE_GUESS_WRONG && c < s->n_contexts; c++) {
            if (fold[c] == f) mirror(q + c * s->m, l.mean, s->m);
        }
    }
done:
    pal_arena_rewind(scratch, mark);
    return rc;
}
