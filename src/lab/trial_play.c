/* The round loop of a trial. An arm that must know what the other one showed is given the same slates and answers, so that the
 * two hold the same people, profiles and history: what they have in common is learned by the arms' own code. */
#include "lab/trial_play.h"

#include "core/mem.h"
#include "core/stop.h"
#include "core/threads.h"
#include "lab/arm.h"
#include "lab/trial_draft.h"

#include <math.h>
#include <string.h>

/* A play under way. arm[1] is NULL when nobody is ever served by the treatment. */
typedef struct play {
    const pal_trial_stage *stage;
    const pal_trial_plan *plan;
    pal_trial_outcome *out;
    pal_arm *arm[2];
    uint8_t *owner;     /* draft: n x PAL_MAX_SLOTS */
    uint32_t round;
    bool parted, mirrored;
} play;

/* ---- making the arms ---- */

/* Room for the other arm's slates, which may be longer (a policy's cold start). The history keeps its place: others point
 * to it. Nothing was shown yet, but held-out and brought items count as seen. */
static pal_status widen(pal_arm *arm, size_t capacity, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t n = arm->world->people->n;
    pal_history *wide = NULL, old = *arm->history;

    pal_free(arm->event);
    PAL_NEW(arm->event, n * PAL_MAX_SLOTS);
    if (capacity <= old.capacity) goto done;
    PAL_TRY(pal_history_new(&wide, n, old.n_items, capacity, err));
    memcpy(wide->seen, old.seen, n * old.seen_words * sizeof *old.seen);
    *arm->history = *wide;
    *wide = old;
done:
    pal_history_free(wide);
    return rc;
}

static bool anyone_in(const play *p, uint8_t side)
{
    if (p->plan->draft) return true;
    for (size_t u = 0; u < p->out->n_people; u++) {
        if ((p->plan->in[u] == PAL_TRIAL_TREATMENT) == (side == PAL_TRIAL_TREATMENT)) return true;
    }
    return false;
}

static pal_status make_arms(play *p, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_trial *t = p->stage->trial;
    const size_t index[2] = { t->control, t->treatment };
    size_t capacity;

    for (size_t a = 0; a < 2; a++) {
        if (a == 1 && !anyone_in(p, PAL_TRIAL_TREATMENT)) break;
        PAL_TRY(pal_arm_new(&p->arm[a], t->experiment, p->stage->catalog, p->stage->people, index[a], p->stage->n_threads, err));
    }
    if (p->arm[1] == NULL) goto done;
    capacity = p->arm[0]->history->capacity;
    if (p->arm[1]->history->capacity > capacity) capacity = p->arm[1]->history->capacity;
    for (size_t a = 0; a < 2; a++) PAL_TRY(widen(p->arm[a], capacity, err));
done:
    return rc;
}

static pal_status make_outcome(pal_trial_outcome *out, size_t n_metrics, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;

    *out = (pal_trial_outcome){ .n_people = n };
    PAL_NEW(out->before, n_metrics * n);
    PAL_NEW(out->after, n_metrics * n);
    PAL_NEW(out->credit, n_metrics * n);
    PAL_NEW(out->best, n);
done:
    return rc;
}

void pal_trial_outcome_clear(pal_trial_outcome *out)
{
    pal_free(out->before);
    pal_free(out->after);
    pal_free(out->credit);
    pal_free(out->best);
    *out = (pal_trial_outcome){ 0 };
}

/* ---- a round ---- */

/* Whose arm serves a person now. */
static size_t home_of(const play *p, size_t u)
{
    return p->parted && !p->plan->draft && p->plan->in[u] == PAL_TRIAL_TREATMENT ? PAL_TRIAL_TREATMENT : PAL_TRIAL_CONTROL;
}

static pal_status serve_one(pal_arm *arm, uint32_t user, size_t worker, pal_error *err)
{
    const pal_lab_people *w = arm->world;
    pal_slate *slate = &arm->slate[user];
    pal_arena *scratch = arm->scratch[worker];
    pal_arena_mark mark = pal_arena_here(scratch);
    pal_request request;
    pal_status rc;
    bool hit;

    slate->n = 0;
    arm->present[user] = w->type->present(w->response, arm->state, user, arm->round);
    if (!arm->present[user]) return PAL_OK;
    if (arm->asked != NULL) {
        pal_asked_draw(arm->asked, arm->catalog, arm->state, arm->history, arm->experiment->seed, w->replicate, user,
                       arm->round);
    }
    request = pal_arm_request(arm, user);
    rc = arm->cache != NULL ? pal_cache_serve(arm->cache, &hit, arm->stage, arm->self, &request, slate, scratch, err)
                            : arm->stage->serve(arm->self, &request, slate, scratch, err);
    pal_arena_rewind(scratch, mark);
    return rc;
}

/* Both sides' slates become one, in the control's place. */
static void draft_one(play *p, size_t u)
{
    pal_slate slate, *mine = &p->arm[0]->slate[u];
    const pal_slate *const side[2] = { mine, &p->arm[1]->slate[u] };

    pal_trial_draft(&slate, p->owner + u * PAL_MAX_SLOTS, side, p->stage->trial->experiment->n_slots, p->plan->coin, u, p->round);
    *mine = slate;
}

static void answer_one(pal_arm *arm, uint32_t user)
{
    const pal_slate *slate = &arm->slate[user];

    if (slate->n == 0) return;
    arm->world->type->answer(arm->world->response, arm->state, user, arm->round, slate->item, slate->n,
                             arm->answer + (size_t)user * PAL_MAX_SLOTS);
}

/* What the other arm is told of a person: all of it, or nothing. */
static void tell_other(play *p, size_t home, size_t u)
{
    const pal_arm *mine = p->arm[home];
    pal_arm *other = p->arm[1 - home];

    if (other == NULL) return;
    other->present[u] = p->mirrored && mine->present[u];
    other->slate[u].n = 0;
    if (!p->mirrored) return;
    other->slate[u] = mine->slate[u];
    memcpy(other->answer + u * PAL_MAX_SLOTS, mine->answer + u * PAL_MAX_SLOTS, mine->slate[u].n * sizeof *mine->answer);
}

static pal_status serve_block(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    play *p = ctx;
    pal_status rc = PAL_OK;

    (void)block;
    for (size_t u = begin; u < end; u++) {
        size_t home = home_of(p, u);

        PAL_TRY(serve_one(p->arm[home], (uint32_t)u, worker, err));
        if (p->parted && p->plan->draft) {
            PAL_TRY(serve_one(p->arm[1], (uint32_t)u, worker, err));
            if (p->arm[0]->present[u]) draft_one(p, u);
        }
        answer_one(p->arm[home], (uint32_t)u);
        tell_other(p, home, u);
    }
done:
    return rc;
}

static double slot_value(pal_trial_metric metric, const pal_answer *a)
{
    switch (metric) {
    case PAL_TRIAL_LIKES: return (a->flags & PAL_LIKED) != 0;
    case PAL_TRIAL_CLICKS: return (a->flags & PAL_CLICKED) != 0;
    case PAL_TRIAL_DISLIKES: return (a->flags & PAL_DISLIKED) != 0;
    case PAL_TRIAL_SKIPS: return (a->flags & PAL_SKIPPED) != 0;
    case PAL_TRIAL_EXPECTED: return (double)a->p_like;
    case PAL_TRIAL_PRESENCE: case PAL_TRIAL_METRICS: break;
    }
    return 0;
}

/* Means grow by their share of the rounds at once, so that they need no second pass. */
static void tally_person(play *p, size_t u)
{
    const pal_trial *t = p->stage->trial;
    const pal_arm *arm = p->arm[home_of(p, u)];
    const uint8_t *owner = p->plan->draft && p->parted ? p->owner + u * PAL_MAX_SLOTS : NULL;

    for (size_t m = 0; m < t->n_metrics; m++) {
        pal_trial_metric metric = (pal_trial_metric)t->metric[m];
        size_t at = m * p->out->n_people + u;
        double sum = metric == PAL_TRIAL_PRESENCE ? (double)arm->present[u] : 0, credit = 0;

        for (size_t s = 0; s < arm->slate[u].n; s++) {
            double value = slot_value(metric, &arm->answer[u * PAL_MAX_SLOTS + s]);

            sum += value;
            if (owner != NULL) credit += owner[s] == PAL_TRIAL_TREATMENT ? value : -value;
        }
        *(p->parted ? &p->out->after[at] : &p->out->before[at]) += sum;
        p->out->credit[at] += metric == PAL_TRIAL_PRESENCE ? (double)NAN : credit;
    }
}

static void tally(play *p)
{
    for (size_t u = 0; u < p->out->n_people; u++) {
        tally_person(p, u);
        if (!p->plan->draft || !p->parted) continue;
        for (size_t s = 0; s < p->arm[0]->slate[u].n; s++) p->out->owned[p->owner[u * PAL_MAX_SLOTS + s]]++;
    }
}

/* What the arm learns from this round: events sorted by (user, slot). */
static void list_events(pal_arm *arm)
{
    pal_event *event = arm->event;

    for (size_t u = 0; u < arm->world->people->n; u++) {
        const pal_slate *slate = &arm->slate[u];

        arm->event_begin[u] = (size_t)(event - arm->event);
        for (size_t s = 0; s < slate->n; s++) {
            *event++ = (pal_event){ .user = (uint32_t)u, .item = slate->item[s], .round = arm->round, .score = slate->score[s],
                                    .propensity = slate->propensity[s], .slot = (uint8_t)s, .taste = slate->taste[s],
                                    .stage = slate->stage[s], .flags = arm->answer[u * PAL_MAX_SLOTS + s].flags };
        }
    }
    arm->event_begin[arm->world->people->n] = (size_t)(event - arm->event);
}

/* Where people follow plays: those of everybody, or of the people whom the arm serves itself, whatever it learns from. */
static void count_plays(play *p, size_t side)
{
    const bool all = p->plan->follow_all || p->plan->draft || !p->parted;
    pal_arm *arm = p->arm[side];

    if (arm->plays == NULL) return;
    arm->plays_given = true;
    memset(arm->plays, 0, arm->catalog->n_items * sizeof *arm->plays);
    for (size_t u = 0; u < p->out->n_people; u++) {
        const size_t home = home_of(p, u);
        const pal_arm *served = p->arm[home];

        if (!all && home != side) continue;
        pal_plays_add(arm->plays, served->slate[u].item, served->answer + u * PAL_MAX_SLOTS, served->slate[u].n);
    }
}

static pal_status play_round(play *p, pal_error *err)
{
    pal_status rc = PAL_OK;

    if (pal_stop_requested()) PAL_FAIL(PAL_ERR_STOPPED, "interrupted in round %u of a trial's play", p->round);
    PAL_TRY(pal_parallel_for(p->out->n_people, PAL_USER_BLOCK, p->stage->n_threads, serve_block, p, err));
    tally(p);
    for (size_t a = 0; a < 2; a++) {
        if (p->arm[a] != NULL) count_plays(p, a);
    }
    for (size_t a = 0; a < 2; a++) {
        if (p->arm[a] == NULL) continue;
        list_events(p->arm[a]);
        PAL_TRY(pal_arm_learn(p->arm[a], err));
    }
done:
    return rc;
}

/* ---- the whole play ---- */

static pal_status best_block(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    play *p = ctx;
    const pal_arm *arm = p->arm[0];
    const pal_lab_people *w = arm->world;
    size_t k = arm->experiment->n_slots;
    uint32_t item[PAL_MAX_SLOTS];
    float p_like[PAL_MAX_SLOTS];

    (void)block, (void)err;
    for (size_t u = begin; u < end; u++) {
        pal_arena_mark mark = pal_arena_here(arm->scratch[worker]);
        const uint64_t *seen = pal_history_seen(arm->history, (uint32_t)u);
        size_t n = w->type->top(w->response, arm->state, (uint32_t)u, p->round, seen, k, item, p_like, arm->scratch[worker]);

        p->out->best[u] = 0;
        for (size_t i = 0; i < n; i++) p->out->best[u] += (double)p_like[i] / (double)k;
        pal_arena_rewind(arm->scratch[worker], mark);
    }
    return PAL_OK;
}

/* An arm that has nobody left to serve and nothing to hear is given up. */
static void part(play *p)
{
    p->parted = true;
    p->mirrored = p->plan->shared || p->plan->draft;
    if (!p->mirrored && p->arm[1] != NULL && !anyone_in(p, PAL_TRIAL_CONTROL)) {
        pal_arm_free(p->arm[0]);
        p->arm[0] = NULL;
    }
}

static void divide(double *x, size_t n, size_t rounds)
{
    for (size_t i = 0; i < n && rounds > 0; i++) x[i] /= (double)rounds;
}

pal_status pal_trial_play(pal_trial_outcome *out, const pal_trial_stage *stage, const pal_trial_plan *plan, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_trial *t = stage->trial;
    size_t n = stage->people->people->n, rounds = t->experiment->n_rounds;
    play p = { .stage = stage, .plan = plan, .out = out, .mirrored = true };

    PAL_TRY(make_outcome(out, t->n_metrics, n, err));
    PAL_TRY(make_arms(&p, err));
    if (plan->draft) PAL_NEW(p.owner, n * PAL_MAX_SLOTS);
    for (; p.round < rounds; p.round++) {
        if (p.round == t->pre_rounds) {
            PAL_TRY(pal_parallel_for(n, PAL_USER_BLOCK, stage->n_threads, best_block, &p, err));
            part(&p);
        }
        PAL_TRY(play_round(&p, err));
    }
    divide(out->before, t->n_metrics * n, t->pre_rounds);
    divide(out->after, t->n_metrics * n, rounds - t->pre_rounds);
    divide(out->credit, t->n_metrics * n, rounds - t->pre_rounds);
done:
    pal_arm_free(p.arm[0]);
    pal_arm_free(p.arm[1]);
    pal_free(p.owner);
    return rc;
}
