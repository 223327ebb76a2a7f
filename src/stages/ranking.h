/* The two ways of the ranking stage, shared between its files only. */
#ifndef PAL_STAGES_RANKING_H
#define PAL_STAGES_RANKING_H

#include "stages/balls.h"
#include "stages/crowd.h"
#include "stages/stage.h"
#include "stages/stage_state.h"
#include "stages/taste_index.h"

#include <stddef.h>
#include <stdint.h>

typedef struct pal_ranking_config { /* meanings in the stage's parameter table */
    bool palate;
    double max_share;
    double min_similarity, dislike_weight;
    double base_rate, base_weight, prior_weight, optimism, temperature, explore;
    double trust, contrast, dislike_pull, similarity_gain;
    double popularity_pull, crowd_pull, crowd_weight;
    size_t window;
} pal_ranking_config;

typedef struct pal_ranking {
    pal_ranking_config config;
    pal_origin origin;
    pal_taste_index *index;
    pal_balls *balls; /* reference only, else NULL */
    pal_crowd *crowd; /* palate only, else NULL    */
    float *appeal;    /* palate only: index->row, the crowd's appeal by member position */
    pal_key key;
} pal_ranking;

pal_status pal_ranking_reference(const pal_ranking *stage, const pal_request *request, pal_slate *slate,
                                 pal_arena *scratch, pal_error *err);
pal_status pal_ranking_reference_score(const pal_ranking *stage, const pal_request *request, const uint32_t *item,
                                       size_t n, float *score, pal_arena *scratch, pal_error *err);
pal_status pal_ranking_palate(const pal_ranking *stage, const pal_request *request, pal_slate *slate,
                              pal_arena *scratch, pal_error *err);
pal_status pal_ranking_palate_score(const pal_ranking *stage, const pal_request *request, const uint32_t *item,
                                    size_t n, float *score, pal_arena *scratch, pal_error *err);

#endif
