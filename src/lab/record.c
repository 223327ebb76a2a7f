/* Recording a round. Cells of a person are written in parallel; sums over people in user order. */
#include "lab/record.h"

#include "core/mem.h"
#include "core/threads.h"
#include "lab/fits.h"
#include "metrics/diversity.h"

#include <math.h>
#include <string.h>

typedef struct round_ctx {
    pal_record *record;
    const pal_arm *arm;
    size_t base; /* person of user 0 */
} round_ctx;

static pal_status make_people(pal_record *r, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t cells = r->n_people * r->n_rounds;

    for (size_t c = 0; c < PAL_COUNTS; c++) PAL_NEW(r->count[c], cells);
    PAL_NEW(r->present, cells);
    PAL_NEW(r->expected, cells);
    PAL_NEW(r->diversity, cells);
    PAL_NEW(r->novelty, cells);
    PAL_NEW(r->confidence, cells);
    PAL_NEW(r->main_stage, cells);
    PAL_NEW(r->first_like, r->n_people * PAL_MAX_TASTES);
    PAL_NEW(r->served, r->n_people * PAL_MAX_TASTES);
    memset(r->first_like, 0xff, r->n_people * PAL_MAX_TASTES * sizeof *r->first_like);
    for (size_t c = 0; c < 4; c++) PAL_NEW(r->slot_count[c], r->n_people * r->n_slots);
    PAL_NEW(r->left_round, r->n_people);
    PAL_NEW(r->person_stage_impressions, r->n_people * r->n_stages);
    PAL_NEW(r->person_stage_likes, r->n_people * r->n_stages);
    PAL_NEW(r->person_stage_regret, r->n_people * r->n_stages);
    PAL_NEW(r->person_stage_probed, r->n_people * r->n_stages);
    PAL_NEW(r->shown_begin, r->n_people + 1);
    PAL_NEW(r->last_slate, r->n_people);
    PAL_NEW(r->last_flags, r->n_people * PAL_MAX_SLOTS);
    PAL_NEW(r->last_round, r->n_people);
    memset(r->last_round, 0xff, r->n_people * sizeof *r->last_round);
done:
    return rc;
}

static pal_status make_rounds(pal_record *r, size_t n_replicates, pal_error *err)
{
    pal_status rc = PAL_OK;

    for (size_t c = 0; c < PAL_COUNTS; c++) PAL_NEW(r->stage_count[c], r->n_rounds * r->n_stages);
    PAL_NEW(r->stage_expected, r->n_rounds * r->n_stages);
    PAL_NEW(r->stage_people, r->n_rounds * r->n_stages);
    PAL_NEW(r->preq_begin, n_replicates * r->n_rounds + 1);
done:
    return rc;
}

/* Rounds 0, every, 2 every … and the last. */
static pal_status make_probe(pal_record *r, size_t every, pal_error *err)
{
    pal_status rc = PAL_OK;

    if (r->n_probe == 0) return PAL_OK;
    PAL_NEW(r->probe_round, r->n_rounds);
    for (size_t t = 0; t < r->n_rounds; t++) {
        if (t % every == 0 || t + 1 == r->n_rounds) r->probe_round[r->n_probe_rounds++] = (uint32_t)t;
    }
    PAL_NEW(r->ndcg, r->n_people * r->n_probe_rounds);
    PAL_NEW(r->hit, r->n_people * r->n_probe_rounds);
    PAL_NEW(r->regret, r->n_people * r->n_probe_rounds);
    PAL_NEW(r->probe, r->n_probe_rounds);
    for (size_t i = 0; i < r->n_people * r->n_probe_rounds; i++) r->ndcg[i] = r->hit[i] = r->regret[i] = NAN;
done:
    return rc;
}

pal_status pal_record_new(pal_record **out, const pal_experiment *e, const pal_catalog *catalog, size_t n_users,
                          pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_record *r = NULL;
    double total = 0;

    PAL_NEW(r, 1);
    r->n_users = n_users;
    r->n_people = n_users * e->n_replicates;
    PAL_NEW(r->training, e->n_replicates);
    r->n_replicates = e->n_replicates;
    r->n_rounds = e->n_rounds;
    r->n_slots = PAL_MAX_SLOTS;
    r->n_stages = pal_stage_count();
    r->n_items = catalog->n_items;
    r->n_probe = (size_t)pal_values_int(e->probe, "items");
    PAL_TRY(make_people(r, err));
    PAL_TRY(make_rounds(r, e->n_replicates, err));
    PAL_TRY(make_probe(r, (size_t)pal_values_int(e->probe, "every"), err));
    PAL_NEW(r->exposure, r->n_items);
    PAL_NEW(r->share, r->n_items);
    for (size_t i = 0; i < r->n_items; i++) total += (double)catalog->popularity[i] + 1;
    for (size_t i = 0; i < r->n_items; i++) r->share[i] = ((double)catalog->popularity[i] + 1) / total;
    *out = r;
    r = NULL;
done:
    pal_record_free(r);
    return rc;
}

static void predictions_clear(pal_predictions *p)
{
    pal_free(p->person);
    pal_free(p->p);
    pal_free(p->truth);
    pal_free(p->label);
}

void pal_record_free(pal_record *r)
{
    if (r == NULL) return;
    for (size_t c = 0; c < PAL_COUNTS; c++) pal_free(r->count[c]), pal_free(r->stage_count[c]);
    for (size_t c = 0; c < 4; c++) pal_free(r->slot_count[c]);
    for (size_t i = 0; r->probe != NULL && i < r->n_probe_rounds; i++) predictions_clear(&r->probe[i]);
    predictions_clear(&r->preq);
    for (size_t i = 0; i < r->n_replicates; i++) pal_training_log_clear(&r->training[i]);
    void *all[] = { r->present, r->expected, r->diversity, r->novelty, r->confidence, r->main_stage, r->probe_round,
                    r->ndcg, r->hit, r->regret, r->probe, r->preq_begin, r->first_like, r->served, r->left_round,
                    r->stage_expected, r->stage_people, r->person_stage_impressions, r->person_stage_likes,
                    r->person_stage_regret, r->person_stage_probed, r->exposure, r->shown_begin, r->shown,
                    r->last_slate, r->last_flags, r->last_round, r->share, r->training };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) pal_free(all[i]);
    pal_free(r);
}

size_t pal_record_probe_index(const pal_record *r, size_t round)
{
    for (size_t i = 0; i < r->n_probe_rounds; i++) {
        if (r->probe_round[i] == round) return i;
    }
    return SIZE_MAX;
}

/* The stage of most slots, the lower index on ties; 255 for an empty slate. */
static uint8_t main_stage(const pal_slate *slate)
{
    uint8_t best = 255;
    size_t most = 0;

    for (size_t s = 0; s < slate->n; s++) {
        size_t n = 0;

        for (size_t j = 0; j < slate->n; j++) n += slate->stage[j] == slate->stage[s];
        if (n > most || (n == most && slate->stage[s] < best)) {
            most = n;
            best = slate->stage[s];
        }
    }
    return best;
}

static uint8_t has(unsigned flags, unsigned flag)
{
    return (flags & flag) != 0;
}

static void record_slots(pal_record *r, const pal_arm *arm, size_t u, size_t person)
{
    const pal_slate *slate = &arm->slate[u];
    const pal_answer *answer = arm->answer + u * PAL_MAX_SLOTS;
    size_t cell = person * r->n_rounds + arm->round;
    float expected = 0;

    for (size_t s = 0; s < slate->n; s++) {
        unsigned flags = answer[s].flags;
        uint8_t liked = has(flags, PAL_LIKED);
        uint8_t taste = answer[s].true_taste;
        size_t slot = person * r->n_slots + s, stage = person * r->n_stages + slate->stage[s];

        r->count[PAL_COUNT_IMPRESSIONS][cell]++;
        r->count[PAL_COUNT_EXAMINED][cell] += has(flags, PAL_EXAMINED);
        r->count[PAL_COUNT_CLICKS][cell] += has(flags, PAL_CLICKED);
        r->count[PAL_COUNT_LIKES][cell] += liked;
        r->count[PAL_COUNT_DISLIKES][cell] += has(flags, PAL_DISLIKED);
        r->count[PAL_COUNT_SKIPS][cell] += has(flags, PAL_SKIPPED);
        expected += answer[s].p_like;
        r->slot_count[0][slot]++;
        r->slot_count[1][slot] += has(flags, PAL_EXAMINED);
        r->slot_count[2][slot] += has(flags, PAL_CLICKED);
        r->slot_count[3][slot] += liked;
        r->person_stage_impressions[stage]++;
        r->person_stage_likes[stage] += liked;
        if (taste < PAL_MAX_TASTES) {
            uint32_t *first = &r->first_like[person * PAL_MAX_TASTES + taste];

            r->served[person * PAL_MAX_TASTES + taste]++;
            if (liked && *first == UINT32_MAX) *first = arm->round;
        }
    }
    r->expected[cell] = expected;
}

static pal_status record_block(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    round_ctx *c = ctx;
    pal_record *r = c->record;
    const pal_arm *arm = c->arm;
    const pal_catalog *catalog = arm->catalog;

    (void)block, (void)worker, (void)err;
    for (size_t u = begin; u < end; u++) {
        const pal_slate *slate = &arm->slate[u];
        size_t person = c->base + u, cell = person * r->n_rounds + arm->round;

        r->present[cell] = arm->present[u];
        r->main_stage[cell] = main_stage(slate);
        record_slots(r, arm, u, person);
        r->diversity[cell] = slate->n < 2 ? NAN : (float)pal_intra_list_diversity(
            catalog->direction, catalog->stride, catalog->d, slate->item, slate->n);
        r->novelty[cell] = slate->n == 0 ? NAN : (float)pal_novelty(r->share, slate->item, slate->n);
        if (slate->n == 0) continue;
        r->last_slate[person] = *slate;
        r->last_round[person] = arm->round;
        for (size_t s = 0; s < slate->n; s++) {
            r->last_flags[person * PAL_MAX_SLOTS + s] = arm->answer[u * PAL_MAX_SLOTS + s].flags;
        }
    }
    return PAL_OK;
}

/* Sums over people, in user order: small beside the rest. */
static void record_stages(pal_record *r, const pal_arm *arm, size_t base)
{
    size_t row = (size_t)arm->round * r->n_stages;

    for (size_t u = 0; u < r->n_users; u++) {
        const pal_slate *slate = &arm->slate[u];
        uint8_t most = r->main_stage[(base + u) * r->n_rounds + arm->round];

        if (most != 255) r->stage_people[row + most]++;
        for (size_t s = 0; s < slate->n; s++) {
            const pal_answer *a = &arm->answer[u * PAL_MAX_SLOTS + s];
            size_t at = row + slate->stage[s];

            r->stage_count[PAL_COUNT_IMPRESSIONS][at]++;
            r->stage_count[PAL_COUNT_EXAMINED][at] += has(a->flags, PAL_EXAMINED);
            r->stage_count[PAL_COUNT_CLICKS][at] += has(a->flags, PAL_CLICKED);
            r->stage_count[PAL_COUNT_LIKES][at] += has(a->flags, PAL_LIKED);
            r->stage_count[PAL_COUNT_DISLIKES][at] += has(a->flags, PAL_DISLIKED);
            r->stage_count[PAL_COUNT_SKIPS][at] += has(a->flags, PAL_SKIPPED);
            r->stage_expected[at] += (double)a->p_like;
            r->exposure[slate->item[s]]++;
        }
    }
}

pal_status pal_predictions_reserve(pal_predictions *p, size_t more, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t want = p->n + more, capacity = p->capacity;
    void *grown;

    if (want <= capacity) return PAL_OK;
    while (capacity < want) capacity = capacity == 0 ? 4096 : capacity * 2;
#define GROW(field)                                                                     \
    grown = pal_resize(p->field, p->capacity, capacity, sizeof *p->field);              \
    if (grown == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory: %zu predictions", capacity); \
    p->field = grown
    GROW(person);
    GROW(p);
    GROW(truth);
    GROW(label);
#undef GROW
    p->capacity = capacity;
done:
    return rc;
}

static pal_status record_predictions(pal_record *r, const pal_arm *arm, size_t base, const pal_calibrator *cal,
                                     pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t rounds = base / r->n_users * r->n_rounds + arm->round;

    r->preq_begin[rounds] = r->preq.n;
    PAL_TRY(pal_predictions_reserve(&r->preq, arm->event_begin[r->n_users], err));
    for (size_t u = 0; u < r->n_users; u++) {
        for (size_t i = arm->event_begin[u]; i < arm->event_begin[u + 1]; i++) {
            const pal_event *event = &arm->event[i];
            pal_predictions *p = &r->preq;

            if ((event->flags & PAL_EXAMINED) == 0) continue;
            p->person[p->n] = (uint32_t)(base + u);
            p->p[p->n] = pal_calibrated(cal, event->stage, event->score);
            p->truth[p->n] = arm->answer[u * PAL_MAX_SLOTS + event->slot].p_like;
            p->label[p->n] = (event->flags & PAL_LIKED) != 0;
            p->n++;
        }
    }
    r->preq_begin[rounds + 1] = r->preq.n;
done:
    return rc;
}

pal_status pal_record_round(pal_record *r, const pal_arm *arm, const pal_calibrator *cal, pal_error *err)
{
    pal_status rc = PAL_OK;
    round_ctx ctx = { r, arm, (size_t)arm->world->replicate * r->n_users };

    PAL_TRY(pal_parallel_for(r->n_users, PAL_USER_BLOCK, arm->n_threads, record_block, &ctx, err));
    record_stages(r, arm, ctx.base);
    PAL_TRY(record_predictions(r, arm, ctx.base, cal, err));
done:
    return rc;
}

void pal_record_confidence(pal_record *r, const pal_arm *arm, size_t round)
{
    size_t base = (size_t)arm->world->replicate * r->n_users;

    for (size_t u = 0; u < r->n_users; u++) {
        r->confidence[(base + u) * r->n_rounds + round] =
            (float)pal_profiles_view(arm->profiles, (uint32_t)u).user_confidence;
    }
}

pal_status pal_record_replicate(pal_record *r, pal_arm *arm, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t base = (size_t)arm->world->replicate * r->n_users;

    for (size_t u = 0; u < r->n_users; u++) {
        size_t n = arm->history->n[u], at = r->shown_begin[base + u];

        if (at + n > r->shown_capacity) {
            size_t capacity = (at + n) * 2;
            void *grown = pal_resize(r->shown, r->shown_capacity, capacity, sizeof *r->shown);

            if (grown == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory: %zu impressions", capacity);
            r->shown = grown;
            r->shown_capacity = capacity;
        }
        if (n > 0) memcpy(r->shown + at, arm->history->item + u * arm->history->capacity, n * sizeof *r->shown);
        r->shown_begin[base + u + 1] = at + n;
        r->left_round[base + u] = arm->state->left_round[u];
    }
    PAL_TRY(pal_judge_fits(r, arm, err));
    r->training[arm->world->replicate] = arm->training;
    arm->training = (pal_training_log){ 0 };
done:
    return rc;
}
