/* The oracle's door. */
#include "lab/truth_door.h"

static size_t top(void *ctx, uint32_t user, uint32_t round, const uint64_t *seen, size_t k, uint32_t *item, float *p_like,
                  pal_arena *scratch)
{
    const pal_arm *arm = ctx;

    return arm->world->type->top(arm->world->response, arm->state, user, round, seen, k, item, p_like, scratch);
}

static void p_like(void *ctx, uint32_t user, uint32_t round, const uint32_t *item, size_t n, float *p)
{
    const pal_arm *arm = ctx;

    for (size_t i = 0; i < n; i++) {
        pal_answer answer;

        arm->world->type->truth(arm->world->response, arm->state, user, round, item + i, 1, &answer);
        p[i] = answer.p_like;
    }
}

pal_truth_door pal_truth_door_of(pal_arm *arm)
{
    return (pal_truth_door){ .ctx = arm, .top = top, .p_like = p_like };
}
