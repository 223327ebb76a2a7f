/* The ranking stage: exploit what is known of a person's tastes, by R1's formula or by ours. */
#include "stages/ranking.h"

#include "core/hash.h"
#include "core/mem.h"
#include "stages/builtin.h"

#include <string.h>

#define OURS "ours; measured on cluster-bernoulli and multi-taste"

static const pal_param params[] = {
    { "score", PAL_PARAM_CHOICE, "\"reference\"", 0, 0, "reference|palate",
      "reference: R1's formula; palate: like rates a taste times similarity inside it", "R1" },
    { "max_share", PAL_PARAM_REAL, "0.6", 0.01, 1, NULL, "share of the slate from one taste at most", "R1: 60 %" },
    { "min_similarity", PAL_PARAM_REAL, "0.4", -1, 1, NULL,
      "reference: reject songs whose best similarity is below", "R1: 0.40" },
    { "dislike_weight", PAL_PARAM_REAL, "0.3", 0, 10, NULL,
      "reference: weight of the similarity to everything disliked", "R1: 0.30" },
    { "base_rate", PAL_PARAM_REAL, "0.1", 1e-4, 1, NULL,
      "palate: like rate of a person nothing is known of", OURS },
    { "base_weight", PAL_PARAM_REAL, "20", 0.01, 1e6, NULL, "palate: impressions that rate is worth", OURS },
    { "prior_weight", PAL_PARAM_REAL, "3", 0.01, 1e6, NULL,
      "palate: impressions the person's own rate is worth in each taste's", OURS },
    { "optimism", PAL_PARAM_REAL, "2", 0, 10, NULL,
      "palate: standard deviations added to a taste's like rate (upper confidence bound)", OURS },
    { "temperature", PAL_PARAM_REAL, "0.06", 1e-3, 10, NULL,
      "palate: softmax temperature over tastes, relative to the best bound", OURS },
    { "explore", PAL_PARAM_REAL, "0.1", 0, 1, NULL,
      "palate: share of slots drawn inside the taste's window instead of its best", OURS },
    { "window", PAL_PARAM_INT, "24", 1, 1000, NULL, "palate: best songs of a taste such a slot is drawn from", OURS },
    { "trust", PAL_PARAM_REAL, "2", 0, 1e6, NULL,
      "palate: likes at which a centroid has half its full weight", OURS },
    { "contrast", PAL_PARAM_REAL, "0", 0, 1, NULL,
      "palate: share of the cluster's mean direction taken off the centroid (Rocchio)", OURS },
    { "dislike_pull", PAL_PARAM_REAL, "0", 0, 10, NULL,
      "palate: weight of the similarity to everything disliked", OURS },
    { "popularity_pull", PAL_PARAM_REAL, "1", 0, 10, NULL, "palate: weight of popularity / 100", OURS },
    { "crowd_pull", PAL_PARAM_REAL, "0.5", 0, 10, NULL,
      "palate: weight of ln(lift): how much more everyone likes the song than its cluster's others", OURS },
    { "crowd_weight", PAL_PARAM_REAL, "1", 0.01, 1e6, NULL, "palate: expected likes a lift of 1 is worth", OURS },
    { "similarity_gain", PAL_PARAM_REAL, "2", 0, 10, NULL,
      "palate: log like rate per unit of the score inside a taste", OURS },
    { 0 }
};

static pal_ranking_config config_from(const pal_values *v)
{
    return (pal_ranking_config){
        .palate = strcmp(pal_values_text(v, "score"), "palate") == 0,
        .max_share = pal_values_real(v, "max_share"),
        .min_similarity = pal_values_real(v, "min_similarity"),
        .dislike_weight = pal_values_real(v, "dislike_weight"),
        .base_rate = pal_values_real(v, "base_rate"),
        .base_weight = pal_values_real(v, "base_weight"),
        .prior_weight = pal_values_real(v, "prior_weight"),
        .optimism = pal_values_real(v, "optimism"),
        .temperature = pal_values_real(v, "temperature"),
        .explore = pal_values_real(v, "explore"),
        .window = (size_t)pal_values_int(v, "window"),
        .trust = pal_values_real(v, "trust"),
        .contrast = pal_values_real(v, "contrast"),
        .dislike_pull = pal_values_real(v, "dislike_pull"),
        .popularity_pull = pal_values_real(v, "popularity_pull"),
        .crowd_pull = pal_values_real(v, "crowd_pull"),
        .crowd_weight = pal_values_real(v, "crowd_weight"),
        .similarity_gain = pal_values_real(v, "similarity_gain"),
    };
}

static void ranking_free(void *self)
{
    pal_ranking *stage = self;

    if (stage != NULL) {
        pal_origin_clear(&stage->origin);
        pal_taste_index_free(stage->index);
        pal_balls_free(stage->balls);
        pal_crowd_free(stage->crowd);
        pal_free(stage->appeal);
        pal_free(stage);
    }
}

/* By member position, so that a scan of a cluster adds it in one stride. */
static void spread_appeal(pal_ranking *stage)
{
    const pal_taste_index *index = stage->index;

    for (size_t t = 0; t < index->n_tastes; t++) {
        for (size_t i = index->begin[t]; i < index->begin[t] + index->n[t]; i++) {
            stage->appeal[i] = stage->crowd->appeal[index->member[i]];
        }
    }
}

static pal_status init(void **self, const pal_stage_env *env, const pal_values *values, const pal_json *object,
                       pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_ranking *stage = NULL;

    (void)object;
    PAL_NEW(stage, 1);
    stage->config = config_from(values);
    stage->key = env->explore;
    PAL_TRY(pal_origin_of(&stage->origin, env->n_users, env->catalog->n_items, values, NULL, NULL, err));
    PAL_TRY(pal_taste_index_new(&stage->index, env->catalog, err));
    if (stage->config.palate) {
        PAL_TRY(pal_crowd_new(&stage->crowd, env->catalog, stage->config.popularity_pull, stage->config.crowd_pull,
                              stage->config.crowd_weight, err));
        PAL_NEW(stage->appeal, stage->index->row);
        spread_appeal(stage);
    } else {
        PAL_TRY(pal_balls_new(&stage->balls, env->catalog, err));
    }
    *self = stage;
    stage = NULL;

done:
    ranking_free(stage);
    return rc;
}

static pal_status fit(void *self, const pal_feedback *round, pal_arena *scratch, pal_error *err)
{
    pal_ranking *stage = self;

    (void)scratch;
    (void)err;
    if (stage->config.palate) {
        pal_crowd_learn(stage->crowd, round->events, round->n);
        spread_appeal(stage);
    }
    return PAL_OK;
}

static pal_status serve(const void *self, const pal_request *request, pal_slate *slate, pal_arena *scratch,
                        pal_error *err)
{
    const pal_ranking *stage = self;

    return stage->config.palate ? pal_ranking_palate(stage, request, slate, scratch, err)
                                : pal_ranking_reference(stage, request, slate, scratch, err);
}

static pal_status score(const void *self, const pal_request *request, const uint32_t *item, size_t n, float *out,
                        uint8_t *at, pal_arena *scratch, pal_error *err)
{
    const pal_ranking *stage = self;

    memset(at, PAL_AT_RANKING, n);
    return stage->config.palate ? pal_ranking_palate_score(stage, request, item, n, out, scratch, err)
                                : pal_ranking_reference_score(stage, request, item, n, out, scratch, err);
}

static uint64_t digest(const void *self)
{
    const pal_ranking *stage = self;

    /* what it knows of a person stands in the profiles */
    return stage->config.palate ? pal_crowd_digest(stage->crowd) : pal_hash_text("ranking");
}

/* R1's formula learns nothing. */
static pal_status save(const void *self, pal_tensors *file, pal_error *err)
{
    const pal_ranking *stage = self;
    pal_status rc = PAL_OK;

    PAL_TRY(pal_origin_save(&stage->origin, "ranking", file, err));
    if (stage->config.palate) {
        PAL_TRY(pal_crowd_save(stage->crowd, "ranking", file, err));
    }

done:
    return rc;
}

static pal_status restore(void *self, const pal_tensors *file, pal_error *err)
{
    pal_ranking *stage = self;
    pal_status rc = PAL_OK;

    PAL_TRY(pal_origin_check(&stage->origin, "ranking", file, err));
    if (stage->config.palate) {
        PAL_TRY(pal_crowd_restore(stage->crowd, "ranking", file, err));
        spread_appeal(stage);
    }

done:
    return rc;
}

const pal_stage_type pal_stage_ranking = {
    .name = "ranking", .label = "Ranking",
    .summary = "exploits the tastes: best similarity, minus similarity to what was disliked",
    .source = "R1 ranking stage (score reference); score palate is ours: upper confidence bounds over the tastes' "
              "like rates (Auer et al. 2002) with a softmax, Rocchio's contrast inside a taste",
    .flags = PAL_STAGE_LEARNS | PAL_STAGE_PROPENSITY, .params = params,
    .init = init, .fit = fit, .serve = serve, .score = score, .digest = digest, .free = ranking_free,
    .save = save, .restore = restore,
};
