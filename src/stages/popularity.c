/*
 * The popularity stage: one ranking for everyone, learned from the arm's own feedback.
 *
 *   score_i = (prior_weight * prior_i + sum_r w_r * likes_ir) / (prior_weight + sum_r w_r * impressions_ir)
 *   prior_i = prior_low + (prior_high - prior_low) * popularity_i / 100,    w_r = decay^(rounds since r)
 */
#include "stages/builtin.h"
#include "stages/order.h"
#include "stages/pick.h"
#include "stages/stage_state.h"

#include "core/hash.h"
#include "core/mem.h"
#include "core/vector.h"

#include <math.h>
#include <string.h>

typedef struct popularity {
    const pal_catalog *catalog;
    pal_origin origin;
    double decay, prior_low, prior_high, prior_weight;
    double *liked, *shown; /* n_items: decayed sums: the state             */
    float *score;          /* n_items: caches made of the state            */
    uint32_t *order;       /* n_items by falling score                     */
    uint32_t *work;        /* 3 * n_items for sorting                      */
} popularity;

static const pal_param params[] = {
    { "decay", PAL_PARAM_REAL, "0.98", 0, 1, NULL, "weight of feedback that is one round older", NULL },
    { "prior_low", PAL_PARAM_REAL, "0.02", 0, 1, NULL, "like rate expected of an item of popularity 0", NULL },
    { "prior_high", PAL_PARAM_REAL, "0.1", 0, 1, NULL, "like rate expected of an item of popularity 100", NULL },
    { "prior_weight", PAL_PARAM_REAL, "20", 1e-3, 1e9, NULL, "impressions that expectation is worth", NULL },
    { 0 }
};

static void popularity_free(void *self)
{
    popularity *stage = self;

    if (stage != NULL) {
        pal_origin_clear(&stage->origin);
        pal_free(stage->liked);
        pal_free(stage->shown);
        pal_free(stage->score);
        pal_free(stage->order);
        pal_free(stage->work);
        pal_free(stage);
    }
}

static void rank(popularity *stage)
{
    const double slope = (stage->prior_high - stage->prior_low) / 100;

    for (size_t i = 0; i < stage->catalog->n_items; i++) {
        const double prior = stage->prior_low + slope * (double)stage->catalog->popularity[i];

        stage->score[i] = (float)((stage->prior_weight * prior + stage->liked[i])
                                  / (stage->prior_weight + stage->shown[i]));
    }
    pal_order_falling(stage->order, stage->score, stage->catalog->n_items, stage->work);
}

static pal_status init(void **self, const pal_stage_env *env, const pal_values *values, const pal_json *object,
                       pal_error *err)
{
    const size_t n_items = env->catalog->n_items;
    pal_status rc = PAL_OK;
    popularity *stage = NULL;

    (void)object;
    PAL_NEW(stage, 1);
    stage->catalog = env->catalog;
    stage->decay = pal_values_real(values, "decay");
    stage->prior_low = pal_values_real(values, "prior_low");
    stage->prior_high = pal_values_real(values, "prior_high");
    stage->prior_weight = pal_values_real(values, "prior_weight");
    if (stage->prior_low > stage->prior_high) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s.prior_low: must be at most prior_high (%g), found %g", env->file,
                 env->json_path, stage->prior_high, stage->prior_low);
    }
    PAL_TRY(pal_origin_of(&stage->origin, env->n_users, n_items, values, NULL, NULL, err));
    PAL_NEW(stage->liked, n_items);
    PAL_NEW(stage->shown, n_items);
    PAL_NEW(stage->score, n_items);
    PAL_NEW(stage->order, n_items);
    PAL_NEW(stage->work, 3 * n_items);
    rank(stage);
    *self = stage;
    stage = NULL;

done:
    popularity_free(stage);
    return rc;
}

PAL_VECTOR static void scale(double *x, double factor, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        x[i] *= factor;
    }
}

static pal_status fit(void *self, const pal_feedback *round, pal_arena *scratch, pal_error *err)
{
    popularity *stage = self;

    (void)scratch;
    (void)err;
    scale(stage->liked, stage->decay, stage->catalog->n_items);
    scale(stage->shown, stage->decay, stage->catalog->n_items);
    for (size_t e = 0; e < round->n; e++) {
        const pal_event *event = &round->events[e];

        stage->shown[event->item] += 1;
        stage->liked[event->item] += (event->flags & PAL_LIKED) != 0;
    }
    rank(stage);
    return PAL_OK;
}

static pal_status serve(const void *self, const pal_request *request, pal_slate *slate, pal_arena *scratch,
                        pal_error *err)
{
    const popularity *stage = self;
    pal_pick pick = pal_pick_begin(stage->catalog, request, slate, PAL_AT_POPULARITY);

    (void)scratch;
    (void)err;
    for (size_t i = 0; i < stage->catalog->n_items && !pal_pick_full(&pick); i++) {
        const uint32_t item = stage->order[i];

        if (pal_pick_is_new(&pick, item)) {
            pal_pick_push(&pick, (pal_candidate){ stage->score[item], item, PAL_NO_TASTE }, 1.0f);
        }
    }
    return PAL_OK;
}

static pal_status score(const void *self, const pal_request *request, const uint32_t *item, size_t n, float *out,
                        uint8_t *at, pal_arena *scratch, pal_error *err)
{
    const popularity *stage = self;

    (void)request;
    (void)scratch;
    (void)err;
    for (size_t i = 0; i < n; i++) {
        out[i] = stage->score[item[i]];
    }
    memset(at, PAL_AT_POPULARITY, n);
    return PAL_OK;
}

static uint64_t digest(const void *self)
{
    const popularity *stage = self;

    return pal_hash_mix(pal_hash_doubles(stage->liked, stage->catalog->n_items),
                        pal_hash_doubles(stage->shown, stage->catalog->n_items));
}

static pal_status save(const void *self, pal_tensors *file, pal_error *err)
{
    const popularity *stage = self;
    const size_t n_items = stage->catalog->n_items;
    pal_status rc = PAL_OK;

    PAL_TRY(pal_origin_save(&stage->origin, "popularity", file, err));
    PAL_TRY(pal_state_put(file, "popularity", "liked", PAL_F64, n_items, stage->liked, err));
    PAL_TRY(pal_state_put(file, "popularity", "shown", PAL_F64, n_items, stage->shown, err));

done:
    return rc;
}

static pal_status restore(void *self, const pal_tensors *file, pal_error *err)
{
    popularity *stage = self;
    const size_t n_items = stage->catalog->n_items;
    const void *data[2];
    const double *liked, *shown;
    pal_status rc = PAL_OK;

    PAL_TRY(pal_origin_check(&stage->origin, "popularity", file, err));
    PAL_TRY(pal_state_get_n(&data[0], file, "popularity", "liked", PAL_F64, n_items, err));
    PAL_TRY(pal_state_get_n(&data[1], file, "popularity", "shown", PAL_F64, n_items, err));
    liked = data[0];
    shown = data[1];
    for (size_t i = 0; i < n_items; i++) {
        if (!(liked[i] >= 0 && liked[i] <= shown[i] && isfinite(shown[i]))) {
            PAL_FAIL(PAL_ERR_DATA, "%s: popularity/liked: item %zu has %g likes of %g impressions",
                     pal_tensors_file(file), i, liked[i], shown[i]);
        }
    }
    memcpy(stage->liked, liked, n_items * sizeof *stage->liked);
    memcpy(stage->shown, shown, n_items * sizeof *stage->shown);
    rank(stage);

done:
    return rc;
}

const pal_stage_type pal_stage_popularity = {
    .name = "popularity", .label = "Popularity",
    .summary = "the same ranking for everyone: smoothed, time-decayed like rate",
    .source = "baseline; Bayesian average with exponential forgetting, prior from the catalog's popularity",
    .flags = PAL_STAGE_LEARNS, .params = params,
    .init = init, .fit = fit, .serve = serve, .score = score, .digest = digest, .free = popularity_free,
    .save = save, .restore = restore,
};
