/* Inside of the multi-taste response model: its configuration, its tables, and the utility all its parts share. */
#ifndef PAL_SIM_RESPONSE_MULTI_H
#define PAL_SIM_RESPONSE_MULTI_H

#include "core/rng.h"
#include "sim/item_terms.h"
#include "sim/response.h"
#include "sim/tastes.h"

#include <stddef.h>
#include <stdint.h>

typedef enum pal_examination { PAL_EXAMINE_POSITION, PAL_EXAMINE_CASCADE, PAL_EXAMINE_ALL } pal_examination;

/* Parameters by meaning; see the table in response_multi.c. A mechanism that is switched off has its gain at 0. */
typedef struct pal_multi_config {
    float match_gain, weight_gain, outside_penalty, novelty_gain;
    float quality_gain, quality_popularity, popularity_gain;
    float click_base, click_gain, like_base, like_gain;
    float dislike_base, dislike_gain, skip_base, skip_gain, skip_when_liked;
    double flip;
    pal_examination examination;
    double satisfied_stop;
    bool satiation;
    float satiation_gain, satiation_memory;
    bool drift;
    float drift_pull, drift_noise, drift_weight;
    bool birth;
    double birth_rate, birth_weight, birth_shrink;
    size_t birth_most;
    bool churn;
    double leave_rate, leave_below, mood_memory;
    bool herding;
    double herding_gain, herding_memory;
} pal_multi_config;

typedef struct pal_multi {
    pal_world world;
    pal_multi_config config;
    pal_key choice, examine, presence, drift;
    pal_item_terms terms;    /* quality_gain * quality of the item, while nobody follows plays      */
    float *fame;             /* n_pad: popularity, standardised over the catalog                    */
    float *block_fame;       /* n_blocks: largest fame in the block                                 */
    pal_taste_map *map;      /* for the birth of tastes; NULL when there are none                   */
} pal_multi;

/*
 * A person's tastes as the scoring loops want them: feature by feature, eight tastes side by side, so that a loop over
 * tastes fills a vector register and each taste's sum still runs over features in ascending order.
 */
typedef struct pal_taste_view {
    size_t n, d;
    float center[PAL_MAX_FEATURES][PAL_MAX_TASTES];
    float inv[PAL_MAX_TASTES];   /* 0.5 / (d * width^2)                                     */
    float bonus[PAL_MAX_TASTES]; /* weight_gain * ln(weight / largest weight) - satiation   */
    uint8_t cluster[PAL_MAX_TASTES];
    float penalty;               /* subtracted outside the taste's cluster                  */
    float gain, love, like_bias;
    const pal_item_terms *terms; /* the model's, or with what following adds the state's    */
} pal_taste_view;

void pal_taste_view_of(pal_taste_view *view, const pal_multi *model, const pal_state *state, uint32_t user);

/*
 * Utility of an item given its best match:   u = (gain * match + item_term) + love * fame
 * with match = max over tastes of (bonus - |x - center|^2 * inv) - (item in the taste's cluster ? 0 : penalty).
 * Every scan goes through these two lines, so that truth and top agree to the last bit.
 */
static inline float pal_taste_match(float bonus, float square, float inv, bool inside, float penalty)
{
    return (bonus - square * inv) - (inside ? 0.0f : penalty);
}
static inline float pal_utility_of(float match, float gain, float item_term, float love, float fame)
{
    return (gain * match + item_term) + love * fame;
}

/* Utilities of n items, and the taste that matches each best (PAL_NO_TASTE outside its cluster). */
void pal_multi_utility(float *utility, uint8_t *taste, const pal_multi *model, const pal_taste_view *view,
                       const uint32_t *item, size_t n);

/* P(click | examined) and P(like | examined) of a utility; both grow with it. */
void pal_multi_probabilities(const pal_multi *model, const pal_taste_view *view, float utility, float *p_click,
                             float *p_like);

size_t pal_multi_top(const void *self, const pal_state *state, uint32_t user, uint32_t round, const uint64_t *seen,
                     size_t k, uint32_t *item, float *p_like, pal_arena *scratch);
void pal_multi_advance(const void *self, pal_state *state, uint32_t user, uint32_t round, const uint32_t *item,
                       const pal_answer *answer, size_t n);
void pal_multi_settle(const void *self, pal_state *state, const uint32_t *plays);

extern const pal_response_type pal_response_multi;
extern const pal_response_type pal_response_bernoulli;

#endif
