/* The probe: how good the slates are in truth, and how good predictions are on items no stage could select. */
#include "lab/record.h"

#include "core/mem.h"
#include "core/rng.h"
#include "core/threads.h"
#include "metrics/ranking.h"

#include <math.h>

typedef struct probe_ctx {
    pal_record *record;
    const pal_arm *arm;
    const pal_calibrator *calibrator;
    size_t base, index; /* person of user 0; probe round */
    pal_key key;
} probe_ctx;

/* NDCG, hit probability and regret of a slate, against the best unseen items in the very same state. */
static void probe_slate(const probe_ctx *c, uint32_t user, pal_arena *scratch)
{
    pal_record *r = c->record;
    const pal_arm *arm = c->arm;
    const pal_slate *slate = &arm->slate[user];
    size_t cell = (c->base + user) * r->n_probe_rounds + c->index, n;
    uint32_t best_item[PAL_MAX_SLOTS];
    float best[PAL_MAX_SLOTS];
    double gain[PAL_MAX_SLOTS], ideal[PAL_MAX_SLOTS], miss = 1, lost = 0;
    pal_answer truth[PAL_MAX_SLOTS];

    if (slate->n == 0) return;
    n = arm->world->type->top(arm->world->response, arm->state, user, arm->round, pal_arm_request(arm, user).seen,
                              slate->n, best_item, best, scratch);
    arm->world->type->truth(arm->world->response, arm->state, user, arm->round, slate->item, slate->n, truth);
    for (size_t s = 0; s < slate->n; s++) {
        size_t stage = (c->base + user) * r->n_stages + slate->stage[s];

        gain[s] = (double)truth[s].p_like;
        ideal[s] = s < n ? (double)best[s] : 0;
        miss *= 1 - gain[s];
        lost += ideal[s] - gain[s];
        r->person_stage_regret[stage] += ideal[s] - gain[s];
        r->person_stage_probed[stage]++;
    }
    r->ndcg[cell] = (float)pal_ndcg(gain, slate->n, ideal, slate->n, slate->n);
    r->hit[cell] = (float)(1 - miss);
    r->regret[cell] = (float)(lost / (double)slate->n);
}

/* Predictions on the held-out items of a person; labels by a fixed draw, so that every arm and round hears the same. */
static pal_status probe_predictions(const probe_ctx *c, uint32_t user, pal_arena *scratch, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_arm *arm = c->arm;
    size_t n = c->record->n_probe, row = (c->base + user) * n;
    const uint32_t *item = arm->world->probe_item + user * n;
    pal_predictions *p = &c->record->probe[c->index];
    pal_request request = pal_arm_request(arm, user);
    uint8_t *stage;
    float *score;
    pal_answer *truth;

    PAL_TAKE(score, n, scratch);
    PAL_TAKE(stage, n, scratch);
    PAL_TAKE(truth, n, scratch);
    PAL_TRY(arm->stage->score(arm->self, &request, item, n, score, stage, scratch, err));
    arm->world->type->truth(arm->world->response, arm->state, user, arm->round, item, n, truth);
    for (size_t i = 0; i < n; i++) {
        p->person[row + i] = (uint32_t)(c->base + user);
        p->p[row + i] = pal_calibrated(c->calibrator, stage[i], score[i]);
        p->truth[row + i] = truth[i].p_like;
        p->label[row + i] = pal_u01(c->key, (pal_at){ user, 1, item[i] }, 0) < (double)truth[i].p_like;
    }
done:
    return rc;
}

static pal_status probe_block(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    probe_ctx *c = ctx;
    pal_arena *scratch = c->arm->scratch[worker];
    pal_arena_mark mark = pal_arena_here(scratch);
    pal_status rc = PAL_OK;

    (void)block;
    for (size_t u = begin; u < end; u++) {
        probe_slate(c, (uint32_t)u, scratch);
        pal_arena_rewind(scratch, mark);
        PAL_TRY(probe_predictions(c, (uint32_t)u, scratch, err));
        pal_arena_rewind(scratch, mark);
    }
done:
    pal_arena_rewind(scratch, mark);
    return rc;
}

static pal_status make_rows(pal_predictions *p, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;

    if (p->capacity != 0) return PAL_OK;
    PAL_NEW(p->person, n);
    PAL_NEW(p->p, n);
    PAL_NEW(p->truth, n);
    PAL_NEW(p->label, n);
    p->n = p->capacity = n;
done:
    return rc;
}

pal_status pal_record_probe(pal_record *r, const pal_arm *arm, const pal_calibrator *calibrator, pal_error *err)
{
    pal_status rc = PAL_OK;
    probe_ctx ctx = { r, arm, calibrator, (size_t)arm->world->replicate * r->n_users,
                      pal_record_probe_index(r, arm->round),
                      pal_key_for(arm->experiment->seed, arm->world->replicate, PAL_FOR_PROBE) };

    if (ctx.index == SIZE_MAX) return PAL_OK;
    PAL_TRY(make_rows(&r->probe[ctx.index], r->n_people * r->n_probe, err));
    PAL_TRY(pal_parallel_for(r->n_users, PAL_USER_BLOCK, arm->n_threads, probe_block, &ctx, err));
done:
    return rc;
}
