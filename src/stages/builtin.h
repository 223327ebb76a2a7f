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
    PAL_AT_BOOSTED
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

#endif
