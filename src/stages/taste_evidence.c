/* What a fit leaves behind for the figures. */
#include "stages/taste_evidence.h"

#include "core/mem.h"
#include "stages/taste_samples.h"

#include <math.h>
#include <stdlib.h>

/* ---- counted fits ----------------------------------------------------------------------------------------- */

uint32_t pal_fitted_iterations(const void *fitted, pal_taste_learner kind)
{
    switch (kind) {
    case PAL_TASTE_BOOSTED:
        return (uint32_t)pal_boost_trees(fitted);
    case PAL_TASTE_NEURAL:
        return (uint32_t)((const pal_neural_model *)fitted)->best;
    default:
        return (uint32_t)((const pal_logistic_model *)fitted)->report.passes;
    }
}

static pal_status counted_fit(void **model, const pal_samples *train, const void *config, pal_key key,
                              pal_arena *scratch, pal_error *err)
{
    const pal_counted *counted = config;
    pal_status rc = PAL_OK;

    PAL_TRY(counted->inner->fit(model, train, counted->config, key, scratch, err));
    *counted->iterations += pal_fitted_iterations(*model, counted->kind);
    ++*counted->fits;

done:
    return rc;
}

pal_learner pal_counted_learner(const pal_counted *counted)
{
    pal_learner learner = *counted->inner;

    learner.fit = counted_fit;
    return learner;
}

/* ---- quality out of fold ---------------------------------------------------------------------------------- */

/* A held-out prediction by its place inside its fold. */
typedef struct placed {
    double place; /* mid-rank, 0..1 */
    size_t row;   /* breaks ties    */
    bool positive;
} placed;

static int highest_first(const void *a, const void *b)
{
    const placed *x = a, *y = b;

    if (x->place != y->place) {
        return x->place > y->place ? -1 : 1;
    }
    return (x->row > y->row) - (x->row < y->row);
}

/* Folds hold a few hundred rows at most: all pairs, as in pal_taste_auc. */
static double place_in_fold(size_t i, const double *p, const uint32_t *fold, size_t n)
{
    double below = 0, all = 0;

    for (size_t j = 0; j < n; j++) {
        if (fold[j] == fold[i]) {
            below += p[j] < p[i] ? 1 : p[j] == p[i] ? 0.5 : 0;
            all += 1;
        }
    }
    return below / all;
}

/* True positive rate when `fp` negatives are let in, fp not 0 and not all: the curve's middle where it stands upright. */
static double rate_at(double fp, const placed *row, size_t n, double positives)
{
    double tp = 0, passed = 0, low = -1, high = -1;

    for (size_t i = 0; i < n;) {
        double more_tp = 0, more_fp = 0;
        const double place = row[i].place;

        for (; i < n && row[i].place == place; i++) {
            more_tp += row[i].positive;
            more_fp += !row[i].positive;
        }
        if (fp >= passed && fp <= passed + more_fp) {
            const double here = more_fp > 0 ? tp + more_tp * (fp - passed) / more_fp : tp;

            low = low < 0 ? here : low;
            high = more_fp > 0 ? here : tp + more_tp;
        }
        tp += more_tp;
        passed += more_fp;
    }
    return (low + high) / 2 / positives;
}

static void put_curve(float *tpr, const placed *row, size_t n, size_t positives)
{
    const size_t last = PAL_TRAINING_POINTS - 1;

    tpr[0] = 0;
    tpr[last] = 1;
    for (size_t k = 1; k < last; k++) {
        tpr[k] = (float)rate_at((double)((n - positives) * k) / (double)last, row, n, (double)positives);
    }
}

static void put_bins(pal_training_quality *quality, const double *p, const double *y, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const uint64_t step = (uint64_t)(p[i] * PAL_TRAINING_P + 0.5);
        size_t bin = (size_t)(p[i] * PAL_TRAINING_BINS);

        bin = bin < PAL_TRAINING_BINS ? bin : PAL_TRAINING_BINS - 1;
        quality->n[bin]++;
        quality->positives[bin] += y[i] > 0;
        quality->sum_p[bin] += step;
    }
}

pal_status pal_quality_of(pal_training_quality **out, const double *p, const double *y, const uint32_t *fold, size_t n,
                          pal_arena *scratch, pal_error *err)
{
    const pal_arena_mark mark = pal_arena_here(scratch);
    pal_training_quality *quality = NULL;
    placed *row = NULL;
    size_t positives = 0;
    pal_status rc = PAL_OK;

    PAL_TAKE(row, n, scratch);
    PAL_NEW(quality, 1);
    for (size_t i = 0; i < n; i++) {
        row[i] = (placed){ place_in_fold(i, p, fold, n), i, y[i] > 0 };
        positives += y[i] > 0;
    }
    PAL_DCHECK(positives > 0 && positives < n);
    qsort(row, n, sizeof *row, highest_first);
    put_curve(quality->tpr, row, n, positives);
    put_bins(quality, p, y, n);
    *out = quality;

done:
    pal_arena_rewind(scratch, mark);
    return rc;
}

/* ---- what a model rests on -------------------------------------------------------------------------------- */

/* Shares of a sum; all 0 when there is none. */
static void put_shares(float *share, const double *value, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++) {
        sum += value[i];
    }
    for (size_t i = 0; i < n; i++) {
        share[i] = sum > 0 ? (float)(value[i] / sum) : 0;
    }
}

static pal_status shape_of_trees(pal_training_shape **out, const pal_boost *model, size_t d, pal_error *err)
{
    double *gain = NULL, *splits = NULL;
    const double *train, *valid;
    const size_t n = pal_boost_curve(model, &train, &valid);
    pal_training_shape *shape = NULL;
    pal_status rc = PAL_OK;

    PAL_NEW(gain, d);
    PAL_NEW(splits, d);
    PAL_TRY(pal_training_shape_new(&shape, d, n, true, err));
    pal_boost_importance(gain, splits, model);
    put_shares(shape->share, gain, d);
    put_shares(shape->splits, splits, d);
    for (size_t i = 0; i < n; i++) {
        shape->train[i] = (float)train[i];
        shape->valid[i] = (float)valid[i];
    }
    *out = shape;

done:
    pal_free(gain);
    pal_free(splits);
    return rc;
}

static pal_status shape_of_line(pal_training_shape **out, const pal_logistic_model *model, pal_error *err)
{
    pal_training_shape *shape = NULL;
    double *size = NULL;
    pal_status rc = PAL_OK;

    PAL_NEW(size, model->d);
    PAL_TRY(pal_training_shape_new(&shape, model->d, 0, false, err));
    for (size_t f = 0; f < model->d; f++) {
        size[f] = fabs(model->coefficient[f]) * model->sd[f];
    }
    put_shares(shape->share, size, model->d);
    *out = shape;

done:
    pal_free(size);
    return rc;
}

static pal_status shape_of_net(pal_training_shape **out, const pal_neural_model *model, const double *x, size_t n,
                               pal_error *err)
{
    pal_training_shape *shape = NULL;
    double *slope = NULL;
    pal_status rc = PAL_OK;

    PAL_NEW(slope, model->d);
    PAL_TRY(pal_neural_model_slopes(slope, model, x, n, err));
    PAL_TRY(pal_training_shape_new(&shape, model->d, model->n_epochs, false, err));
    put_shares(shape->share, slope, model->d);
    for (size_t i = 0; i < model->n_epochs; i++) {
        shape->train[i] = (float)model->train[i];
        shape->valid[i] = (float)model->valid[i];
    }
    *out = shape;

done:
    pal_free(slope);
    return rc;
}

pal_status pal_shape_of(pal_training_shape **out, const void *fitted, const double *x, size_t n, size_t d,
                        pal_taste_learner kind, pal_error *err)
{
    switch (kind) {
    case PAL_TASTE_BOOSTED:
        return shape_of_trees(out, fitted, d, err);
    case PAL_TASTE_NEURAL:
        return shape_of_net(out, fitted, x, n, err);
    default:
        return shape_of_line(out, fitted, err);
    }
}

const char *pal_sample_feature_name(const pal_catalog *catalog, size_t feature)
{
    static const char *const derived[PAL_TASTE_DERIVED] = { "similarity", "popularity", "genre_share" };

    return feature < catalog->d ? catalog->feature[feature].name : derived[feature - catalog->d];
}
