/* The simulated user of reference system R1: likes by cluster alone, blind to audio. */
#include "core/mem.h"
#include "core/rng.h"
#include "sim/response_multi.h"

static const pal_param params[] = {
    { "p_strong", PAL_PARAM_REAL, "0.75", 0, 1, NULL, "probability of a like inside a strong cluster", "R1" },
    { "p_weak", PAL_PARAM_REAL, "0.25", 0, 1, NULL, "probability of a like elsewhere", "R1" },
    { "noise", PAL_PARAM_BOOL, "true", 0, 0, NULL, "switch: some answers are coin flips", NULL },
    { "coin", PAL_PARAM_REAL, "0.05", 0, 1, NULL, "probability that an answer is a coin flip", "R1" },
    { NULL, PAL_PARAM_REAL, NULL, 0, 0, NULL, NULL, NULL }
};

static const char formulas[] =
    "A person's tastes are strong clusters; an item with a genre in one of them is strong, any other weak.\n"
    "  look, click   always: every slot is examined and played\n"
    "  like          with probability coin: a fair coin; else p_strong or p_weak\n"
    "                P(like) = (1 - coin) * p + coin / 2\n"
    "  dislike       whatever is not liked\n"
    "Nothing satiates, drifts, is born or leaves; features play no part. Source: reference system R1, which draws 2\n"
    "or 3 strong clusters of equal weight (people preset \"r1\").\n";

typedef struct bernoulli {
    pal_world world;
    double p[2]; /* weak, strong */
    double coin;
    pal_key choice, presence;
} bernoulli;

static pal_status init(void **self, const pal_world *world, const pal_values *values, pal_error *err)
{
    pal_status rc = PAL_OK;
    bernoulli *model = NULL;

    PAL_NEW(model, 1);
    model->world = *world;
    model->p[0] = pal_values_real(values, "p_weak");
    model->p[1] = pal_values_real(values, "p_strong");
    model->coin = pal_values_bool(values, "noise") ? pal_values_real(values, "coin") : 0.0;
    model->choice = pal_key_for(world->seed, world->replicate, PAL_FOR_CHOICE);
    model->presence = pal_key_for(world->seed, world->replicate, PAL_FOR_PRESENCE);
    *self = model;

done:
    return rc;
}

static bool present(const void *self, const pal_state *state, uint32_t user, uint32_t round)
{
    const bernoulli *model = self;

    return state->alive[user] != 0 &&
           pal_u01(model->presence, (pal_at){ user, round, 0 }, 0) < (double)model->world.people->activity[user];
}

/* First taste whose cluster the item has a genre in. */
static uint8_t taste_of(const bernoulli *model, const pal_state *state, uint32_t user, uint32_t item)
{
    const uint16_t *cluster = state->taste_cluster + (size_t)user * PAL_MAX_TASTES;
    const uint64_t mask = model->world.catalog->cluster_mask[item];

    for (size_t t = 0; t < state->n_tastes[user]; t++) {
        if ((mask >> cluster[t] & 1) != 0) {
            return (uint8_t)t;
        }
    }
    return PAL_NO_TASTE;
}

static float p_like_of(const bernoulli *model, bool strong)
{
    return (float)((1.0 - model->coin) * model->p[strong] + 0.5 * model->coin);
}

static void truth(const void *self, const pal_state *state, uint32_t user, uint32_t round, const uint32_t *item,
                  size_t n, pal_answer *out)
{
    const bernoulli *model = self;

    (void)round;
    for (size_t k = 0; k < n; k++) {
        out[k].true_taste = taste_of(model, state, user, item[k]);
        out[k].p_click = 1.0f;
        out[k].p_like = p_like_of(model, out[k].true_taste != PAL_NO_TASTE);
        out[k].flags = 0;
    }
}

static void answer(const void *self, const pal_state *state, uint32_t user, uint32_t round, const uint32_t *item,
                   size_t n, pal_answer *out)
{
    const bernoulli *model = self;

    truth(self, state, user, round, item, n, out);
    for (size_t k = 0; k < n; k++) {
        uint64_t word[4]; /* 0: is it a coin flip, 1: the answer */

        pal_block(model->choice, (pal_at){ user, round, item[k] }, 0, word);
        const bool flip = pal_unit(word[0]) < model->coin;
        const bool likes = pal_unit(word[1]) < (flip ? 0.5 : model->p[out[k].true_taste != PAL_NO_TASTE]);

        out[k].flags = (uint8_t)(PAL_EXAMINED | PAL_CLICKED | (likes ? PAL_LIKED : PAL_DISLIKED));
    }
}

/* Two probabilities only: one kind in id order, then the other. */
static size_t top(const void *self, const pal_state *state, uint32_t user, uint32_t round, const uint64_t *seen,
                  size_t k, uint32_t *item, float *p_like, pal_arena *scratch)
{
    const bernoulli *model = self;
    const pal_catalog *cat = model->world.catalog;
    const uint16_t *cluster = state->taste_cluster + (size_t)user * PAL_MAX_TASTES;
    const float p[2] = { p_like_of(model, false), p_like_of(model, true) };
    uint64_t strong = 0;
    size_t n = 0;

    (void)round;
    (void)scratch;
    for (size_t t = 0; t < state->n_tastes[user]; t++) {
        strong |= UINT64_C(1) << cluster[t];
    }
    for (int pass = 0; pass < 2; pass++) {
        const bool either = p[0] == p[1]; /* then all tie, and ids alone decide */
        const bool want = (p[1] > p[0]) == (pass == 0);

        for (size_t i = 0; i < cat->n_items && n < k; i++) {
            const bool is = (cat->cluster_mask[i] & strong) != 0;

            if ((either ? pass == 0 : is == want) && (seen == NULL || (seen[i >> 6] >> (i & 63) & 1) == 0)) {
                if (p_like != NULL) {
                    p_like[n] = p[is];
                }
                item[n++] = (uint32_t)i;
            }
        }
    }
    return n;
}

static void advance(const void *self, pal_state *state, uint32_t user, uint32_t round, const uint32_t *item,
                    const pal_answer *answers, size_t n)
{
    (void)self;
    (void)state;
    (void)user;
    (void)round;
    (void)item;
    (void)answers;
    (void)n;
}

const pal_response_type pal_response_bernoulli = {
    .name = "cluster-bernoulli",
    .label = "Cluster coin (R1)",
    .summary = "likes 0.75 inside the person's strong clusters, 0.25 elsewhere, 5 % coin flips; blind to audio",
    .source = "R1's simulated user",
    .formulas = formulas,
    .params = params,
    .init = init,
    .present = present,
    .answer = answer,
    .truth = truth,
    .top = top,
    .advance = advance,
    .free = pal_free,
};
