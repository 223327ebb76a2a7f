/* The list of stages. */
#include "stages/builtin.h"

#include <string.h>

static const pal_stage_type *const stages[] = {
    [PAL_AT_RANDOM] = &pal_stage_random,
    [PAL_AT_POPULARITY] = &pal_stage_popularity,
    [PAL_AT_COLD_START] = &pal_stage_cold_start,
    [PAL_AT_FALLBACK] = &pal_stage_fallback,
    [PAL_AT_RANKING] = &pal_stage_ranking,
    [PAL_AT_ORACLE] = &pal_stage_oracle,
    [PAL_AT_PROGRESSIVE] = &pal_stage_progressive,
    [PAL_AT_LOGISTIC] = &pal_stage_logistic,
    [PAL_AT_BOOSTED] = &pal_stage_boosted,
    [PAL_AT_COMMUNITY] = &pal_stage_community,
    [PAL_AT_NEIGHBOURS] = &pal_stage_neighbours,
    [PAL_AT_ITEM_KNN] = &pal_stage_item_knn,
    [PAL_AT_USER_KNN] = &pal_stage_user_knn,
    [PAL_AT_WARP] = &pal_stage_warp,
    [PAL_AT_BPR] = &pal_stage_bpr,
    [PAL_AT_ALS] = &pal_stage_als,
    [PAL_AT_EASE] = &pal_stage_ease,
    [PAL_AT_SLIM] = &pal_stage_slim,
    [PAL_AT_NEURAL] = &pal_stage_neural,
    [PAL_AT_RERANK] = &pal_stage_rerank,
    [PAL_AT_LINUCB] = &pal_stage_linucb,
    [PAL_AT_THOMPSON] = &pal_stage_thompson,
    [PAL_AT_EPSILON_GREEDY] = &pal_stage_epsilon_greedy,
    [PAL_AT_TWO_TOWER] = &pal_stage_two_tower,
    [PAL_AT_HYBRID] = &pal_stage_hybrid,
};

enum { N_STAGES = sizeof stages / sizeof *stages };

size_t pal_stage_count(void)
{
    return N_STAGES;
}

const pal_stage_type *pal_stage_at(size_t index)
{
    PAL_ASSERT(index < N_STAGES);
    return stages[index];
}

pal_status pal_stage_find(size_t *index, const char *name, const char *file, const char *json_path, pal_error *err)
{
    const char *names[N_STAGES], *near;
    pal_text known = { 0 };
    pal_status rc = PAL_OK;

    for (size_t s = 0; s < N_STAGES; s++) {
        if (strcmp(stages[s]->name, name) == 0) {
            *index = s;
            return PAL_OK;
        }
        names[s] = stages[s]->name;
    }
    for (size_t s = 0; s < N_STAGES; s++) {
        pal_text_addf(&known, "%s%s", s == 0 ? "" : ", ", names[s]);
    }
    PAL_TRY(pal_text_check(&known, err));
    near = pal_nearest_name(name, names, N_STAGES);
    if (near != NULL) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s: no stage \"%s\"; did you mean \"%s\"? known: %s", file, json_path, name,
                 near, known.bytes);
    }
    PAL_FAIL(PAL_ERR_CONFIG, "%s: %s: no stage \"%s\"; known: %s", file, json_path, name, known.bytes);

done:
    pal_text_clear(&known);
    return rc;
}
