/* Which features of a song spoke for it, and which against. */
#include "lab/explain.h"

#include "core/mem.h"
#include "core/pmath.h"
#include "core/sum.h"
#include "stages/builtin.h"
#include "stages/taste_slate.h"

#include <math.h>
#include <stdlib.h>

/* Songs that count as like this one in a feature: the nearest so many, by value, or this share of the taste's. */
#define LIKE_AT_LEAST 20
#define LIKE_SHARE 0.1
/* Probabilities are held inside [EDGE, 1 - EDGE] before they become log-odds. */
#define EDGE 1e-6

/* The largest effects first, ties by feature. */
static int by_effect(const void *a, const void *b)
{
    const pal_explain_feature *x = a, *y = b;
    const double left = fabs(x->effect), right = fabs(y->effect);

    if (left < right || left > right) {
        return left > right ? -1 : 1;
    }
    return (x->feature > y->feature) - (x->feature < y->feature);
}

static void add_feature(pal_explanation *x, size_t f, double effect)
{
    const pal_catalog *c = x->catalog;

    x->features[x->n_features++] = (pal_explain_feature){ f, (double)c->raw[(size_t)x->item * c->d + f], effect };
    x->total += effect;
}

/* Terms of the cosine with the nearest taste. */
static void explain_cosine(pal_explanation *x, const pal_profile_view *profile)
{
    const pal_catalog *c = x->catalog;
    const double *centroid = profile->centroid + x->tastes[0].taste * c->d;

    x->kind = PAL_EXPLAIN_COSINE;
    for (size_t f = 0; f < c->d; f++) {
        add_feature(x, f, centroid[f] * (double)c->direction[(size_t)x->item * c->stride + f]);
    }
}

static void explain_linear(pal_explanation *x, const pal_taste_model *model)
{
    const pal_catalog *c = x->catalog;

    x->kind = PAL_EXPLAIN_LINEAR;
    for (size_t f = 0; f < c->d; f++) {
        add_feature(x, f, (double)model->value[f] * (double)c->scaled[(size_t)x->item * c->stride + f]);
    }
    x->intercept = (double)model->intercept;
    x->total += x->intercept;
}

/* The songs of a taste, and what the stage says of each. */
typedef struct taste_songs {
    size_t n, own;    /* own: place of the song itself */
    uint32_t *item;
    double *log_odds;
    float *score;
    uint8_t *stage;
    double *part;     /* n, for sums */
    float *value;     /* n, sorted values of a feature */
} taste_songs;

static void taste_songs_free(taste_songs *s)
{
    pal_free(s->item);
    pal_free(s->log_odds);
    pal_free(s->score);
    pal_free(s->stage);
    pal_free(s->part);
    pal_free(s->value);
}

static pal_status taste_songs_new(taste_songs *s, const pal_explanation *x, size_t t, pal_error *err)
{
    const pal_catalog *c = x->catalog;
    pal_status rc = PAL_OK;

    PAL_NEW(s->item, c->n_items);
    for (uint32_t i = 0; i < c->n_items; i++) {
        if (((c->cluster_mask[i] >> t) & 1) || i == x->item) {
            s->own = i == x->item ? s->n : s->own;
            s->item[s->n++] = i;
        }
    }
    PAL_NEW(s->log_odds, s->n);
    PAL_NEW(s->score, s->n);
    PAL_NEW(s->stage, s->n);
    PAL_NEW(s->part, s->n);
    PAL_NEW(s->value, s->n);

done:
    return rc;
}

/* These stages' scores are probabilities of a like. */
static bool is_of_models(size_t stage)
{
    return stage == PAL_AT_LOGISTIC || stage == PAL_AT_BOOSTED || stage == PAL_AT_NEURAL;
}

static pal_status find_log_odds(taste_songs *s, const pal_arm *arm, const pal_request *request, pal_error *err)
{
    pal_arena *scratch = arm->scratch[0];
    const pal_arena_mark mark = pal_arena_here(scratch);
    pal_status rc = PAL_OK;

    PAL_TRY(arm->stage->score(arm->self, request, s->item, s->n, s->score, s->stage, scratch, err));
    for (size_t i = 0; i < s->n; i++) {
        const double p = (double)s->score[i];

        s->log_odds[i] = pal_logit(p < EDGE ? EDGE : p > 1 - EDGE ? 1 - EDGE : p);
    }

done:
    pal_arena_rewind(scratch, mark);
    return rc;
}

static int by_value(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;

    return (x > y) - (x < y);
}

/* Mean log-odds of the songs whose value of feature f is near that of the song: the nearest in order of value, and
 * all others that share a value with them. */
static double mean_of_like(taste_songs *s, const pal_catalog *c, size_t f)
{
    const float own = c->raw[(size_t)s->item[s->own] * c->d + f];
    size_t half = (size_t)(LIKE_SHARE * (double)s->n / 2), below = 0, n = 0, from, to;
    float low, high;

    half = half < LIKE_AT_LEAST / 2 ? LIKE_AT_LEAST / 2 : half;
    for (size_t i = 0; i < s->n; i++) {
        s->value[i] = c->raw[(size_t)s->item[i] * c->d + f];
        below += s->value[i] < own;
    }
    qsort(s->value, s->n, sizeof *s->value, by_value);
    from = below > half ? below - half : 0;
    to = below + half < s->n ? below + half : s->n - 1;
    low = s->value[from];
    high = s->value[to];
    for (size_t i = 0; i < s->n; i++) {
        const float value = c->raw[(size_t)s->item[i] * c->d + f];

        if (value >= low && value <= high) {
            s->part[n++] = s->log_odds[i];
        }
    }
    return pal_sum(s->part, n) / (double)n;
}

static pal_status explain_odds(pal_explanation *x, const pal_arm *arm, const pal_request *request, pal_error *err)
{
    taste_songs s = { 0 };
    pal_status rc = PAL_OK;

    PAL_TRY(taste_songs_new(&s, x, x->model_taste, err));
    PAL_TRY(find_log_odds(&s, arm, request, err));
    x->kind = PAL_EXPLAIN_ODDS;
    x->intercept = pal_sum(s.log_odds, s.n) / (double)s.n;
    for (size_t f = 0; f < x->catalog->d; f++) {
        add_feature(x, f, mean_of_like(&s, x->catalog, f) - x->intercept);
    }
    x->total = s.log_odds[s.own];

done:
    taste_songs_free(&s);
    return rc;
}

/* Do all songs get the same log-odds? Then no model made them: they are the person's like rate of the taste. */
static bool is_flat(const pal_explanation *x)
{
    for (size_t i = 0; i < x->n_features; i++) {
        if (x->features[i].effect != 0) {
            return false;
        }
    }
    return true;
}

/* The linear model the song's log-odds come from: the best of its tastes', as the stage has it; NULL: none. */
static const pal_taste_model *linear_model(pal_explanation *x, const pal_arm *arm)
{
    const pal_taste_model *best = NULL;
    const void *self;
    const pal_taste_models *models;

    if (pal_explain_stage(arm, &self) != &pal_stage_logistic) {
        return NULL;
    }
    models = ((const pal_taste_stage *)self)->models;
    for (size_t t = 0; t < models->n_tastes; t++) {
        const pal_taste_model *model = (x->catalog->cluster_mask[x->item] >> t) & 1
                                           ? pal_taste_models_get(models, x->person, t) : NULL;

        if (model != NULL && (best == NULL || pal_taste_model_item(models, model, t, x->item)
                                                  > pal_taste_model_item(models, best, x->model_taste, x->item))) {
            best = model;
            x->model_taste = t;
        }
    }
    return best != NULL && best->linear ? best : NULL;
}

pal_status pal_explain_features(pal_explanation *x, const pal_arm *arm, const pal_request *request, pal_error *err)
{
    const pal_taste_model *linear;
    pal_status rc = PAL_OK;

    x->kind = PAL_EXPLAIN_NOTHING;
    x->model_taste = x->taste != PAL_NO_TASTE ? x->taste : x->catalog->cluster[x->item];
    linear = linear_model(x, arm);
    if (linear != NULL) {
        explain_linear(x, linear);
    } else if (is_of_models(x->stage)) {
        PAL_TRY(explain_odds(x, arm, request, err));
    }
    if (is_flat(x)) {
        x->kind = PAL_EXPLAIN_NOTHING;
        x->n_features = 0;
        x->total = x->intercept = 0;
    }
    if (x->kind == PAL_EXPLAIN_NOTHING && x->n_tastes > 0) {
        explain_cosine(x, &request->profile);
    }
    qsort(x->features, x->n_features, sizeof *x->features, by_effect);

done:
    return rc;
}
