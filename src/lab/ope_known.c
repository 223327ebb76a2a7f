/* What a frozen scene says without a log: every slate's chance under every policy, its worth, the policies' exact values. */
#include "lab/ope_scene.h"

#include "core/mem.h"
#include "core/sum.h"
#include "core/threads.h"
#include "sim/response_multi.h"

#include <math.h>

/* How slots are looked at, from the response model itself. */
typedef struct looking {
    pal_examination how;
    double satisfied_stop;
} looking;

static looking looking_of(const pal_lab_people *world)
{
    const pal_multi *multi = world->response;

    if (world->type != &pal_response_multi) return (looking){ PAL_EXAMINE_ALL, 0 };
    return (looking){ multi->config.examination, multi->config.satisfied_stop };
}

/*
 * Mean reward of a slate. The chance to look at slot l: patience^l (position); 1 (all); down a cascade, that of the slot
 * above times patience, times (1 - satisfied_stop) where it was liked. Nothing else ties slots: tastes are frozen.
 */
static double worth_of(const pal_ope_scene *s, size_t context, const uint8_t *slate, looking look)
{
    const double *click = s->p_click + context * s->m, *like = s->p_like + context * s->m;
    const double patience = (double)s->world->people->patience[s->person[context]];
    double reach = 1, worth = 0;

    for (size_t l = 0; l < s->k; l++) {
        worth += reach * (s->study->reward == PAL_OPE_CLICKS ? click[slate[l]] : like[slate[l]]);
        if (look.how != PAL_EXAMINE_ALL) reach *= patience;
        if (look.how == PAL_EXAMINE_CASCADE) reach *= 1 - look.satisfied_stop * like[slate[l]];
    }
    return worth;
}

static pal_status know_pseudo(pal_ope_scene *s, size_t c, uint8_t *failed, pal_error *err)
{
    pal_status rc = PAL_OK;
    uint32_t *slate = NULL;

    PAL_NEW(slate, s->n_slates * s->k);
    for (size_t i = 0; i < s->n_slates * s->k; i++) slate[i] = s->slate[i];
    for (size_t t = 0; t + 1 < s->n_policies; t++) {
        rc = pal_ope_pseudo_weights(pal_ope_pseudo(s, t, c), slate, pal_ope_chance(s, 0, c), pal_ope_chance(s, t + 1, c),
                                    s->n_slates, s->k, s->m, err);
        failed[t] = rc == PAL_ERR_DATA; /* shows what is never logged there: the estimator is left out */
        if (rc == PAL_ERR_DATA) rc = PAL_OK;
        PAL_TRY(rc);
    }
done:
    pal_free(slate);
    return rc;
}

typedef struct work {
    pal_ope_scene *s;
    uint8_t *failed; /* n_contexts x n_targets */
} work;

static pal_status know_block(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    pal_status rc = PAL_OK;
    work *w = ctx;
    pal_ope_scene *s = w->s;
    const looking look = looking_of(s->world);

    (void)block, (void)worker;
    for (size_t c = begin; c < end; c++) {
        for (size_t p = s->study->own ? 1 : 0; p < s->n_policies; p++) {
            pal_ope_slate_chances(pal_ope_chance(s, p, c), pal_ope_slot(s, p, c), s->slate, s->n_slates,
                                  pal_ope_strength(s, p, c), pal_ope_gap(s, p, c), s->m, s->k, &s->study->policy[p].rule);
        }
        for (size_t i = 0; i < s->n_slates; i++) s->worth[c * s->n_slates + i] = worth_of(s, c, s->slate + i * s->k, look);
        if (s->pseudo != NULL) PAL_TRY(know_pseudo(s, c, w->failed + c * (s->n_policies - 1), err));
    }
done:
    return rc;
}

/* Means over contexts of what a policy earns and how it lies to the logging policy. */
static pal_ope_known known_of(const pal_ope_scene *s, size_t policy)
{
    pal_acc value = { 0 }, missed = { 0 }, square = { 0 };
    pal_ope_known known = { 0 };
    const double n = (double)s->n_contexts;

    for (size_t c = 0; c < s->n_contexts; c++) {
        const double *chance = pal_ope_chance(s, policy, c), *logged = pal_ope_chance(s, 0, c);

        for (size_t i = 0; i < s->n_slates; i++) {
            pal_acc_add(&value, chance[i] * s->worth[c * s->n_slates + i]);
            if (!(chance[i] > 0)) continue;
            if (!(logged[i] > 0)) {
                pal_acc_add(&missed, chance[i]);
            } else {
                const double w = chance[i] / logged[i];

                pal_acc_add(&square, chance[i] * w);
                known.most_weight = w > known.most_weight ? w : known.most_weight;
            }
        }
    }
    known.value = pal_acc_value(&value) / n;
    if (s->study->own) {
        return (pal_ope_known){ policy == 0 ? NAN : known.value, NAN, NAN, NAN };
    }
    known.unsupported = pal_acc_value(&missed) / n;
    known.mean_square = pal_acc_value(&square) / n;
    return known;
}

static bool wants_pseudo(const pal_ope_study *study)
{
    for (size_t e = 0; e < study->n_estimators; e++) {
        if (study->estimator[e].kind == PAL_OPE_KINDS + PAL_OPE_PSEUDO) return true;
    }
    return false;
}

pal_status pal_ope_scene_know(pal_ope_scene *s, pal_error *err)
{
    pal_status rc = PAL_OK;
    const size_t n_targets = s->n_policies - 1;
    work w = { .s = s };

    s->n_slates = (size_t)pal_ope_count_slates(s->m, s->k);
    PAL_NEW(s->slate, s->n_slates * s->k);
    PAL_NEW(s->worth, s->n_contexts * s->n_slates);
    PAL_NEW(s->chance, s->n_policies * s->n_contexts * s->n_slates);
    PAL_NEW(s->slot, s->n_policies * s->n_contexts * s->k * s->m);
    PAL_NEW(s->pseudo_made, n_targets);
    PAL_NEW(s->known, s->n_policies);
    PAL_NEW(w.failed, s->n_contexts * n_targets);
    if (wants_pseudo(s->study)) PAL_NEW(s->pseudo, n_targets * s->n_contexts * s->n_slates);
    pal_ope_list_slates(s->slate, s->m, s->k);
    PAL_TRY(pal_parallel_for(s->n_contexts, 4, s->n_threads, know_block, &w, err));
    for (size_t t = 0; t < n_targets; t++) {
        s->pseudo_made[t] = s->pseudo != NULL;
        for (size_t c = 0; c < s->n_contexts; c++) s->pseudo_made[t] = s->pseudo_made[t] && w.failed[c * n_targets + t] == 0;
    }
    for (size_t p = 0; p < s->n_policies; p++) s->known[p] = known_of(s, p);
done:
    pal_free(w.failed);
    return rc;
}
