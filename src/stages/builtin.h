/* The stages of this folder and their places in the registry. */
#ifndef PAL_STAGES_BUILTIN_H
#define PAL_STAGES_BUILTIN_H

#include "stages/stage.h"

/* Registry indices: stored in results, so append only. */
enum {
    PAL_AT_RANDOM,
    PAL_AT_POPULARITY,
    PAL_AT_COLD_START,
    PAL_AT_FALLBACK,
    PAL_AT_RANKING,
    PAL_AT_ORACLE,
    PAL_AT_PROGRESSIVE,
    PAL_AT_LOGISTIC,
    PAL_AT_BOOSTED,
    PAL_AT_COMMUNITY,
    PAL_AT_NEIGHBOURS,
    PAL_AT_ITEM_KNN,
    PAL_AT_USER_KNN,
    PAL_AT_WARP,
    PAL_AT_BPR,
    PAL_AT_ALS,
    PAL_AT_EASE,
    PAL_AT_SLIM,
    PAL_AT_NEURAL,
    PAL_AT_RERANK,
    PAL_AT_LINUCB,
    PAL_AT_THOMPSON,
    PAL_AT_EPSILON_GREEDY,
    PAL_AT_TWO_TOWER,
    PAL_AT_HYBRID
};

extern const pal_stage_type pal_stage_random;
extern const pal_stage_type pal_stage_popularity;
extern const pal_stage_type pal_stage_cold_start;
extern const pal_stage_type pal_stage_fallback;
extern const pal_stage_type pal_stage_ranking;
extern const pal_stage_type pal_stage_oracle;
extern const pal_stage_type pal_stage_progressive;
extern const pal_stage_type pal_stage_logistic;
extern const pal_stage_type pal_stage_boosted;
extern const pal_stage_type pal_stage_community;
extern const pal_stage_type pal_stage_neighbours;
extern const pal_stage_type pal_stage_item_knn;
extern const pal_stage_type pal_stage_user_knn;
extern const pal_stage_type pal_stage_warp;
extern const pal_stage_type pal_stage_bpr;
extern const pal_stage_type pal_stage_als;
extern const pal_stage_type pal_stage_ease;
extern const pal_stage_type pal_stage_slim;
extern const pal_stage_type pal_stage_neural;
extern const pal_stage_type pal_stage_rerank;
extern const pal_stage_type pal_stage_linucb;
extern const pal_stage_type pal_stage_thompson;
extern const pal_stage_type pal_stage_epsilon_greedy;
extern const pal_stage_type pal_stage_two_tower;
extern const pal_stage_type pal_stage_hybrid;

#endif
