/* Counting likes by taste, and drawing what they may mean. */
#include "stages/thompson_beta.h"

#include "core/dist.h"
#include "core/hash.h"
#include "core/mem.h"
#include "models/bandit_file.h"

#include <string.h>

pal_status pal_beta_arms_new(pal_beta_arms **out, const pal_stage_env *env, bool by_person, double prior_rate,
                             double weight, pal_error *err)
{
    pal_beta_arms *arms = NULL;
    pal_status rc = PAL_OK;

    PAL_NEW(arms, 1);
    arms->catalog = env->catalog;
    arms->by_person = by_person;
    arms->n_tastes = env->catalog->clusters->n;
    arms->n_arms = (by_person ? env->n_users : 1) * arms->n_tastes;
    arms->prior_rate = prior_rate;
    arms->weight = weight;
    PAL_NEW(arms->liked, arms->n_arms);
    PAL_NEW(arms->looked, arms->n_arms);
    *out = arms;
    arms = NULL;

done:
    pal_beta_arms_free(arms);
    return rc;
}

void pal_beta_arms_free(pal_beta_arms *arms)
{
    if (arms != NULL) {
        pal_free(arms->liked);
        pal_free(arms->looked);
        pal_free(arms);
    }
}

static size_t arm_of(const pal_beta_arms *arms, uint32_t user, size_t t)
{
    return (arms->by_person ? user * arms->n_tastes : 0) + t;
}

void pal_beta_arms_learn(pal_beta_arms *arms, const pal_feedback *round)
{
    for (size_t e = 0; e < round->n; e++) {
        const pal_event *event = &round->events[e];
        const size_t arm = arm_of(arms, event->user, arms->catalog->cluster[event->item]);

        arms->looked[arm] += (event->flags & PAL_EXAMINED) != 0;
        arms->liked[arm] += (event->flags & PAL_EXAMINED) != 0 && (event->flags & PAL_LIKED) != 0;
    }
}

uint64_t pal_beta_arms_digest(const pal_beta_arms *arms)
{
    const size_t bytes = arms->n_arms * sizeof *arms->liked;

    return pal_hash_mix(pal_hash(arms->liked, bytes), pal_hash(arms->looked, bytes));
}

double pal_beta_arms_mean(const pal_beta_arms *arms, uint32_t user, size_t t)
{
    const size_t arm = arm_of(arms, user, t);

    return (arms->prior_rate * arms->weight + arms->liked[arm]) / (arms->weight + arms->looked[arm]);
}

void pal_beta_arms_sample(double *rate, const pal_beta_arms *arms, uint32_t user, pal_key key, pal_at at)
{
    uint64_t draw = 0;

    for (size_t t = 0; t < arms->n_tastes; t++) {
        const size_t arm = arm_of(arms, user, t);
        const double liked = arms->liked[arm], looked = arms->looked[arm];

        rate[t] = pal_draw_beta(key, at, &draw, arms->prior_rate * arms->weight + liked,
                                (1 - arms->prior_rate) * arms->weight + looked - liked);
    }
}

pal_status pal_beta_arms_save(const pal_beta_arms *arms, const char *prefix, pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_TRY(pal_bandit_put(file, prefix, "liked", PAL_U32, arms->n_arms, 1, arms->liked, err));
    PAL_TRY(pal_bandit_put(file, prefix, "looked", PAL_U32, arms->n_arms, 1, arms->looked, err));

done:
    return rc;
}

pal_status pal_beta_arms_restore(pal_beta_arms *arms, const char *prefix, const pal_tensors *file, pal_error *err)
{
    const void *data[2];
    const uint32_t *liked, *looked;
    pal_status rc = PAL_OK;

    PAL_TRY(pal_bandit_get(&data[0], file, prefix, "liked", PAL_U32, arms->n_arms, 1, err));
    PAL_TRY(pal_bandit_get(&data[1], file, prefix, "looked", PAL_U32, arms->n_arms, 1, err));
    liked = data[0];
    looked = data[1];
    for (size_t a = 0; a < arms->n_arms; a++) {
        if (liked[a] > looked[a]) {
            PAL_FAIL(PAL_ERR_DATA, "%s: %s/liked: arm %zu has %lu likes of %lu slots looked at", pal_tensors_file(file),
                     prefix, a, (unsigned long)liked[a], (unsigned long)looked[a]);
        }
    }
    memcpy(arms->liked, liked, arms->n_arms * sizeof *liked);
    memcpy(arms->looked, looked, arms->n_arms * sizeof *looked);

done:
    return rc;
}
