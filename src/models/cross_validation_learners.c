/* Adapters: nothing of a learner's own is decided here but which rows boosted trees stop on. */
#include "models/cross_validation_learners.h"

#include <string.h>

/* ---- logistic --------------------------------------------------------------------------------------------- */

static pal_status logistic_fit(void **model, const pal_samples *train, const void *config, pal_key key,
                               pal_arena *scratch, pal_error *err)
{
    pal_logistic_model *out = NULL;
    pal_status rc = pal_logistic_model_fit(&out, train->x, train->y, train->weight, train->n, train->d, NULL, NULL,
                                           config, scratch, err);

    (void)key; /* the minimum is unique: nothing to draw */
    *model = out;
    return rc;
}

static pal_status logistic_predict(double *p, const void *model, const double *x, size_t n, size_t d,
                                   pal_arena *scratch, pal_error *err)
{
    (void)d;
    (void)scratch;
    (void)err;
    pal_logistic_model_predict(NULL, p, model, x, n);
    return PAL_OK;
}

static void logistic_free(void *model)
{
    pal_logistic_model_free(model);
}

const pal_learner pal_learner_logistic = {
    .name = "logistic", .fit = logistic_fit, .predict = logistic_predict, .free = logistic_free,
};

/* ---- boosted ---------------------------------------------------------------------------------------------- */

/* Can each class give a row to every part? */
static bool can_part(const double *y, size_t n, size_t parts)
{
    size_t positives = 0;

    for (size_t i = 0; i < n; i++) positives += y[i] > 0;
    return parts >= 2 && positives >= parts && n - positives >= parts;
}

/* Rows in two parts, copied together: [0, kept) to learn from, the rest to stop on. */
static pal_status hold_out(pal_boost_rows part[2], const pal_samples *s, size_t parts, pal_key key, pal_arena *arena,
                           pal_error *err)
{
    pal_status rc = PAL_OK;
    uint32_t *fold = NULL;
    double *x = NULL, *y = NULL, *weight = NULL;
    size_t to = 0, kept = 0;

    PAL_TAKE(fold, s->n, arena);
    PAL_TRY(pal_stratified_folds(fold, s->y, s->n, parts, pal_key_named(key, "hold out"), arena, err));
    PAL_TAKE(x, s->n * s->d, arena);
    PAL_TAKE(y, s->n, arena);
    if (s->weight != NULL) {
        PAL_TAKE(weight, s->n, arena);
    }
    for (size_t which = 0; which < 2; which++) {
        for (size_t i = 0; i < s->n; i++) {
            if ((fold[i] == 0) != (which == 1)) continue;
            memcpy(x + to * s->d, s->x + i * s->d, s->d * sizeof *x);
            y[to] = s->y[i];
            if (weight != NULL) weight[to] = s->weight[i];
            to++;
        }
        kept = which == 0 ? to : kept;
    }
    part[0] = (pal_boost_rows){ .x = x, .y = y, .weight = weight, .n = kept };
    part[1] = (pal_boost_rows){ .x = x + kept * s->d, .y = y + kept, .n = s->n - kept,
                                .weight = weight == NULL ? NULL : weight + kept };

done:
    return rc;
}

static pal_status boosted_fit(void **model, const pal_samples *train, const void *config, pal_key key,
                              pal_arena *scratch, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_arena_mark mark = pal_arena_here(scratch);
    const pal_boosted_config *c = config;
    pal_boost_rows part[2] = { { .x = train->x, .y = train->y, .weight = train->weight, .n = train->n } };
    bool stops = c->boost.early_stopping_round > 0 && can_part(train->y, train->n, c->valid_parts);
    pal_boost *out = NULL;

    if (stops) {
        PAL_TRY(hold_out(part, train, c->valid_parts, key, scratch, err));
    }
    PAL_TRY(pal_boost_fit(&out, &part[0], stops ? &part[1] : NULL, train->d, &c->boost, key, err));
    *model = out;

done:
    pal_arena_rewind(scratch, mark);
    return rc;
}

static pal_status boosted_predict(double *p, const void *model, const double *x, size_t n, size_t d, pal_arena *scratch,
                                  pal_error *err)
{
    (void)d;
    (void)scratch;
    return pal_boost_predict(NULL, p, model, x, n, 1, err);
}

static void boosted_free(void *model)
{
    pal_boost_free(model);
}

const pal_learner pal_learner_boosted = {
    .name = "boosted", .fit = boosted_fit, .predict = boosted_predict, .free = boosted_free,
};
