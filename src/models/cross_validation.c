/* Folds, and the loop over them. */
#include "models/cross_validation.h"

#include "core/sum.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

pal_status pal_stratified_folds(uint32_t *fold, const double *y, size_t n, size_t folds, pal_key key,
                                pal_arena *scratch, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_arena_mark mark = pal_arena_here(scratch);
    uint32_t *row = NULL;
    size_t dealt = 0;

    if (folds < 2) {
        PAL_FAIL(PAL_ERR_CONFIG, "cross-validation: %zu folds, wanted 2 or more", folds);
    }
    if (n > UINT32_MAX) {
        PAL_FAIL(PAL_ERR_SHAPE, "cross-validation: %zu rows, wanted fewer than 2^32", n);
    }
    PAL_TAKE(row, n, scratch);
    for (int class = 1; class >= 0; class--) {
        size_t count = 0;

        for (size_t i = 0; i < n; i++) {
            if ((y[i] > 0) == (class == 1)) row[count++] = (uint32_t)i;
        }
        if (count < folds) {
            PAL_FAIL(PAL_ERR_DATA, "cross-validation: %zu rows have y = %d, wanted one for each of %zu folds", count,
                     class, folds);
        }
        for (size_t i = count; i-- > 1;) { /* Fisher and Yates; a draw for each place */
            uint64_t draw = 0;
            size_t j = (size_t)pal_below(key, (pal_at){ (uint64_t)class, 0, i }, &draw, i + 1);
            uint32_t swap = row[i];

            row[i] = row[j];
            row[j] = swap;
        }
        for (size_t i = 0; i < count; i++) fold[row[i]] = (uint32_t)(dealt++ % folds);
    }

done:
    pal_arena_rewind(scratch, mark);
    return rc;
}

/* One part of the samples, copied together. */
typedef struct part {
    double *x, *y, *weight; /* weight NULL when the samples have none */
    size_t *row;            /* where each came from                   */
    size_t n;
} part;

/* The rows of fold f, or all others. */
static void gather(part *out, const pal_samples *s, const uint32_t *fold, uint32_t f, bool inside)
{
    out->n = 0;
    for (size_t i = 0; i < s->n; i++) {
        if ((fold[i] == f) != inside) continue;
        memcpy(out->x + out->n * s->d, s->x + i * s->d, s->d * sizeof *s->x);
        out->y[out->n] = s->y[i];
        if (out->weight != NULL) out->weight[out->n] = s->weight[i];
        out->row[out->n++] = i;
    }
}

static pal_status take_part(part *out, const pal_samples *s, size_t n, pal_arena *arena, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_TAKE(out->x, n * s->d, arena);
    PAL_TAKE(out->y, n, arena);
    PAL_TAKE(out->row, n, arena);
    if (s->weight != NULL) {
        PAL_TAKE(out->weight, n, arena);
    }

done:
    return rc;
}

typedef struct validation {
    const pal_learner *learner;
    const void *config;
    const pal_samples *samples;
    const pal_score *scores;
    size_t n_scores, folds;
    pal_key key;
    const uint32_t *fold;
    double *fold_score; /* n_scores x folds */
    double *p;          /* n, or NULL       */
} validation;

/* Fit without fold f, judge on it. */
static pal_status run_fold(const validation *v, size_t f, pal_arena *scratch, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_arena_mark mark = pal_arena_here(scratch);
    part train = { 0 }, held = { 0 };
    pal_samples rows;
    void *model = NULL;
    double *p = NULL;
    char name[32];
    size_t d = v->samples->d, most = v->samples->n / v->folds + 1;

    snprintf(name, sizeof name, "fold %zu", f);
    PAL_TRY(take_part(&train, v->samples, v->samples->n, scratch, err));
    PAL_TRY(take_part(&held, v->samples, most, scratch, err));
    PAL_TAKE(p, most, scratch);
    gather(&train, v->samples, v->fold, (uint32_t)f, false);
    gather(&held, v->samples, v->fold, (uint32_t)f, true);
    rows = (pal_samples){ .x = train.x, .y = train.y, .weight = train.weight, .n = train.n, .d = d };
    PAL_TRY(v->learner->fit(&model, &rows, v->config, pal_key_named(v->key, name), scratch, err));
    PAL_TRY(v->learner->predict(p, model, held.x, held.n, d, scratch, err));
    for (size_t s = 0; s < v->n_scores; s++) {
        PAL_TRY(v->scores[s].of(&v->fold_score[s * v->folds + f], p, held.y, held.weight, held.n, err));
    }
    for (size_t i = 0; v->p != NULL && i < held.n; i++) v->p[held.row[i]] = p[i];

done:
    v->learner->free(model);
    pal_arena_rewind(scratch, mark);
    return rc;
}

/* Put the fold before the text of a failure. */
static pal_status blame_fold(size_t f, const pal_error *inner, pal_status rc, pal_error *err)
{
    return pal_error_set(err, rc, "fold %zu: %s", f, inner->text);
}

/* Mean and spread of the scores that are there. `kept` has room for n. */
static pal_cv_result summarise(const double *score, double *kept, size_t n)
{
    pal_cv_result out = { .n = 0 };

    for (size_t f = 0; f < n; f++) {
        if (!isnan(score[f])) kept[out.n++] = score[f];
    }
    out.mean = pal_mean(kept, out.n);
    out.sd = out.n < 2 ? (double)NAN : sqrt(pal_variance(kept, out.n));
    return out;
}

pal_status pal_cross_validate(pal_cv_result *result, double *fold_score, double *p, const pal_learner *learner,
                              const void *config, const pal_samples *samples, const pal_score *scores,
                              size_t n_scores, size_t folds, pal_key key, pal_arena *scratch, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_arena_mark mark = pal_arena_here(scratch);
    validation v = { .learner = learner, .config = config, .samples = samples, .scores = scores,
                     .n_scores = n_scores, .folds = folds, .key = key, .fold_score = fold_score, .p = p };
    uint32_t *fold = NULL;
    double *kept = NULL;

    PAL_TAKE(fold, samples->n, scratch);
    PAL_TRY(pal_stratified_folds(fold, samples->y, samples->n, folds, key, scratch, err));
    PAL_TAKE(kept, folds, scratch);
    if (fold_score == NULL) {
        PAL_TAKE(v.fold_score, n_scores * folds, scratch);
    }
    v.fold = fold;
    for (size_t f = 0; f < folds; f++) {
        pal_error inner = { 0 };

        rc = run_fold(&v, f, scratch, &inner);
        if (rc != PAL_OK) {
            rc = blame_fold(f, &inner, rc, err);
            goto done;
        }
    }
    for (size_t s = 0; s < n_scores; s++) result[s] = summarise(v.fold_score + s * folds, kept, folds);

done:
    pal_arena_rewind(scratch, mark);
    return rc;
}
