/* The round loop of one arm: serve, answer, learn. People are independent within a round; the stage learns alone. */
#include "lab/arm.h"

#include "core/mem.h"
#include "core/progress.h"
#include "core/rng.h"
#include "core/threads.h"
#include "lab/truth_door.h"

#include <string.h>

#define SCRATCH_BYTES ((size_t)1 << 20)
#define POLICY_SLOTS 20 /* a policy's cold start may fill more than was asked: R1 shows 20 */

/* Most slots a slate of an arm can have. */
static size_t slate_limit(const pal_experiment *e, size_t index)
{
    const pal_arm_spec *spec = &e->arm[index];
    const pal_stage_type *stage = pal_stage_at(spec->stage);
    size_t limit = e->n_slots;

    if ((stage->flags & PAL_STAGE_POLICY) == 0) return limit;
    if (limit < POLICY_SLOTS) limit = POLICY_SLOTS;
    for (const pal_param *p = stage->params; p->name != NULL; p++) {
        if (strcmp(p->name, "cold_start_slots") == 0 && (size_t)pal_values_int(spec->params, p->name) > limit) {
            limit = (size_t)pal_values_int(spec->params, p->name);
        }
    }
    return limit < PAL_MAX_SLOTS ? limit : PAL_MAX_SLOTS;
}

static pal_status make_stage(pal_arm *arm, pal_error *err)
{
    const pal_experiment *e = arm->experiment;
    const pal_arm_spec *spec = &e->arm[arm->index];
    uint32_t replicate = arm->world->replicate;
    pal_stage_env env = {
        .catalog = arm->catalog, .n_users = arm->world->people->n, .n_slots = e->n_slots, .n_rounds = e->n_rounds,
        .explore = pal_key_named(pal_key_for(e->seed, replicate, PAL_FOR_EXPLORE), spec->name),
        .train = pal_key_named(pal_key_for(e->seed, replicate, PAL_FOR_TRAIN), spec->name),
        .training = &arm->training, .n_threads = arm->n_threads, .file = e->file, .json_path = spec->path,
        .playlists = arm->filing != NULL ? arm->filing->playlists : NULL, .who = arm->world->people->who,
    };

    if ((arm->stage->flags & PAL_STAGE_NEEDS_TRUTH) != 0) {
        arm->door = pal_truth_door_of(arm);
        env.truth = &arm->door;
    }
    return arm->stage->init(&arm->self, &env, spec->params, spec->object, err);
}

/* Held-out items count as seen, so that no stage can serve them. */
static void hold_out_probe(pal_arm *arm)
{
    const pal_lab_people *w = arm->world;

    for (size_t u = 0; u < w->people->n; u++) {
        uint64_t *seen = arm->history->seen + u * arm->history->seen_words;

        for (size_t j = 0; j < w->n_probe; j++) {
            uint32_t item = w->probe_item[u * w->n_probe + j];

            seen[item >> 6] |= UINT64_C(1) << (item & 63);
        }
    }
}

/* What a person brings along is known: never shown, and learned as likes by every arm before the first round. */
static void bring_library(pal_arm *arm, uint32_t user)
{
    const pal_habits *h = arm->world->habits;
    uint64_t *seen = arm->history->seen + (size_t)user * arm->history->seen_words;

    for (size_t k = h->library_begin[user]; k < h->library_begin[user + 1]; k++) {
        const uint32_t item = h->library_item[k];
        const pal_event like = { .user = user, .item = item, .taste = PAL_NO_TASTE,
                                 .flags = PAL_EXAMINED | PAL_CLICKED | PAL_LIKED };
        uint8_t taste;

        pal_profiles_learn(arm->profiles, arm->catalog, user, &like, 1, &taste);
        seen[item >> 6] |= UINT64_C(1) << (item & 63);
    }
}

/* Room is made for the longest slates of any arm, so that rows stand at the same places in all of them. */
pal_status pal_arm_filing(pal_filing **out, const pal_experiment *e, const pal_lab_people *world, const pal_state *state,
                          pal_error *err)
{
    size_t likes = 0;

    for (size_t a = 0; a < e->n_arms; a++) {
        const size_t limit = e->n_rounds * slate_limit(e, a);

        likes = limit > likes ? limit : likes;
    }
    return pal_filing_new(out, world->habits, state, likes, err);
}

static pal_status make_playlists(pal_arm *arm, pal_error *err)
{
    pal_status rc = PAL_OK;

    if (arm->world->habits == NULL) return PAL_OK;
    PAL_TRY(pal_arm_filing(&arm->filing, arm->experiment, arm->world, arm->state, err));
    for (uint32_t u = 0; u < arm->world->people->n; u++) bring_library(arm, u);
done:
    return rc;
}

static pal_status make_buffers(pal_arm *arm, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t n = arm->world->people->n;

    PAL_NEW(arm->slate, n);
    PAL_NEW(arm->answer, n * PAL_MAX_SLOTS);
    PAL_NEW(arm->present, n);
    PAL_NEW(arm->event, n * slate_limit(arm->experiment, arm->index));
    PAL_NEW(arm->event_begin, n + 1);
    if (arm->state->herd != NULL) PAL_NEW(arm->plays, arm->catalog->n_items);
    PAL_NEW(arm->scratch, arm->n_threads);
    for (size_t i = 0; i < arm->n_threads; i++) PAL_TRY(pal_arena_new(&arm->scratch[i], SCRATCH_BYTES, err));
done:
    return rc;
}

pal_status pal_arm_history(pal_history **out, const pal_experiment *e, const pal_catalog *catalog, size_t n_users,
                           size_t arm_index, pal_error *err)
{
    size_t capacity = e->n_rounds * slate_limit(e, arm_index);

    if (capacity > catalog->n_items) capacity = catalog->n_items;
    return pal_history_new(out, n_users, catalog->n_items, capacity, err);
}

pal_status pal_arm_new(pal_arm **out, const pal_experiment *e, const pal_catalog *catalog,
                       const pal_lab_people *world, size_t arm_index, size_t n_threads, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_arm *arm = NULL;
    size_t n = world->people->n;

    PAL_NEW(arm, 1);
    arm->experiment = e;
    arm->catalog = catalog;
    arm->world = world;
    arm->index = arm_index;
    arm->n_threads = n_threads;
    arm->stage = pal_stage_at(e->arm[arm_index].stage);
    PAL_TRY(pal_profiles_new(&arm->profiles, n, catalog, pal_profile_config_from(e->profile), err));
    PAL_TRY(pal_arm_history(&arm->history, e, catalog, n, arm_index, err));
    PAL_TRY(pal_state_new(&arm->state, world->people, err));
    PAL_TRY(make_buffers(arm, err));
    hold_out_probe(arm);
    PAL_TRY(pal_asked_new(&arm->asked, catalog, arm->history, err));
    if (e->arm[arm_index].cache != NULL) PAL_TRY(pal_cache_new(&arm->cache, catalog, n, e->arm[arm_index].cache, err));
    PAL_NEW(arm->cache_s, 2 * n_threads);
    PAL_TRY(make_playlists(arm, err));
    PAL_TRY(make_stage(arm, err));
    *out = arm;
    arm = NULL;
done:
    pal_arm_free(arm);
    return rc;
}

void pal_arm_free(pal_arm *arm)
{
    if (arm == NULL) return;
    if (arm->stage != NULL) arm->stage->free(arm->self);
    pal_profiles_free(arm->profiles);
    pal_history_free(arm->history);
    pal_state_free(arm->state);
    pal_filing_free(arm->filing);
    pal_asked_free(arm->asked);
    pal_cache_free(arm->cache);
    pal_free(arm->cache_s);
    pal_training_log_clear(&arm->training);
    pal_free(arm->slate);
    pal_free(arm->answer);
    pal_free(arm->present);
    pal_free(arm->event);
    pal_free(arm->event_begin);
    pal_free(arm->plays);
    for (size_t i = 0; arm->scratch != NULL && i < arm->n_threads; i++) pal_arena_free(arm->scratch[i]);
    pal_free(arm->scratch);
    pal_free(arm);
}

pal_request pal_arm_request(const pal_arm *arm, uint32_t user)
{
    return (pal_request){
        .user = user, .round = arm->round, .n_slots = arm->experiment->n_slots,
        .profile = pal_profiles_view(arm->profiles, user), .history = arm->history,
        .seen = arm->asked != NULL ? arm->asked->seen + user * arm->asked->words : pal_history_seen(arm->history, user),
        .who = arm->world->people->who[user],
        .playlists = arm->filing != NULL ? arm->filing->playlists : NULL,
        .type = arm->asked != NULL ? arm->asked->type[user] : 0,
    };
}

/* One slate, from the cache where there is one; how long that took is kept by thread, for timing.csv alone. */
static pal_status serve_one(pal_arm *arm, const pal_request *request, pal_slate *slate, size_t worker, pal_error *err)
{
    const double from = pal_clock_s();
    bool hit;
    pal_status rc;

    if (arm->cache == NULL) return arm->stage->serve(arm->self, request, slate, arm->scratch[worker], err);
    rc = pal_cache_serve(arm->cache, &hit, arm->stage, arm->self, request, slate, arm->scratch[worker], err);
    if (rc == PAL_OK) arm->cache_s[2 * worker + hit] += pal_clock_s() - from;
    return rc;
}

static pal_status serve_block(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    pal_arm *arm = ctx;
    const pal_lab_people *w = arm->world;
    pal_arena *scratch = arm->scratch[worker];
    pal_arena_mark mark = pal_arena_here(scratch);
    pal_status rc = PAL_OK;

    (void)block;
    for (size_t u = begin; u < end; u++) {
        pal_slate *slate = &arm->slate[u];

        slate->n = 0;
        arm->present[u] = w->type->present(w->response, arm->state, (uint32_t)u, arm->round);
        if (!arm->present[u]) continue;
        if (arm->asked != NULL) {
            pal_asked_draw(arm->asked, arm->catalog, arm->state, arm->history, arm->experiment->seed, w->replicate,
                           (uint32_t)u, arm->round);
        }
        pal_request request = pal_arm_request(arm, (uint32_t)u);
        PAL_TRY(serve_one(arm, &request, slate, worker, err));
        pal_arena_rewind(scratch, mark);
    }
done:
    pal_arena_rewind(scratch, mark);
    return rc;
}

pal_status pal_arm_serve(pal_arm *arm, pal_error *err)
{
    return pal_parallel_for(arm->world->people->n, PAL_USER_BLOCK, arm->n_threads, serve_block, arm, err);
}

static pal_status answer_block(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    pal_arm *arm = ctx;
    const pal_lab_people *w = arm->world;

    (void)block, (void)worker, (void)err;
    for (size_t u = begin; u < end; u++) {
        const pal_slate *slate = &arm->slate[u];
        pal_answer *answer = arm->answer + u * PAL_MAX_SLOTS;
        pal_event *event = arm->event + arm->event_begin[u];

        if (slate->n == 0) continue;
        w->type->answer(w->response, arm->state, (uint32_t)u, arm->round, slate->item, slate->n, answer);
        for (size_t s = 0; s < slate->n; s++) {
            event[s] = (pal_event){ .user = (uint32_t)u, .item = slate->item[s], .round = arm->round,
                                    .score = slate->score[s], .propensity = slate->propensity[s], .slot = (uint8_t)s,
                                    .taste = slate->taste[s], .stage = slate->stage[s], .flags = answer[s].flags };
        }
    }
    return PAL_OK;
}

pal_status pal_arm_answer(pal_arm *arm, pal_error *err)
{
    size_t n = arm->world->people->n, limit = slate_limit(arm->experiment, arm->index);

    arm->event_begin[0] = 0;
    for (size_t u = 0; u < n; u++) {
        if (arm->slate[u].n > limit) {
            return pal_error_set(err, PAL_ERR_INTERNAL, "stage %s filled %zu slots, at most %zu were allowed",
                                 arm->stage->name, arm->slate[u].n, limit);
        }
        arm->event_begin[u + 1] = arm->event_begin[u] + arm->slate[u].n;
    }
    return pal_parallel_for(n, PAL_USER_BLOCK, arm->n_threads, answer_block, arm, err);
}

static pal_status learn_block(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    pal_arm *arm = ctx;
    const pal_lab_people *w = arm->world;

    (void)block, (void)worker, (void)err;
    for (size_t u = begin; u < end; u++) {
        const pal_event *event = arm->event + arm->event_begin[u];
        size_t n = arm->slate[u].n;
        uint8_t taste[PAL_MAX_SLOTS];

        pal_profiles_learn(arm->profiles, arm->catalog, (uint32_t)u, event, n, taste);
        pal_history_add(arm->history, (uint32_t)u, event, taste, n);
        w->type->advance(w->response, arm->state, (uint32_t)u, arm->round, arm->slate[u].item,
                         arm->answer + u * PAL_MAX_SLOTS, n);
        if (arm->filing != NULL) {
            pal_filing_round(arm->filing, arm->state, (uint32_t)u, arm->round, arm->slate[u].item,
                             arm->answer + u * PAL_MAX_SLOTS, n);
        }
    }
    return PAL_OK;
}

void pal_plays_add(uint32_t *plays, const uint32_t *item, const pal_answer *answer, size_t n)
{
    for (size_t s = 0; s < n; s++) plays[item[s]] += (answer[s].flags & PAL_CLICKED) != 0;
}

/* What everybody played is known only now. Whole numbers: their order does not matter. */
static void settle(pal_arm *arm)
{
    const pal_lab_people *w = arm->world;

    if (arm->plays == NULL) return;
    if (!arm->plays_given) {
        memset(arm->plays, 0, arm->catalog->n_items * sizeof *arm->plays);
        for (size_t u = 0; u < w->people->n; u++) {
            pal_plays_add(arm->plays, arm->slate[u].item, arm->answer + u * PAL_MAX_SLOTS, arm->slate[u].n);
        }
    }
    w->type->settle(w->response, arm->state, arm->plays);
}

pal_status pal_arm_learn(pal_arm *arm, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t n = arm->world->people->n;
    const pal_feedback feedback = { .round = arm->round, .n = arm->event_begin[n], .events = arm->event,
                                    .profiles = arm->profiles, .history = arm->history,
                                    .playlists = arm->filing != NULL ? arm->filing->playlists : NULL };
    pal_arena_mark mark = pal_arena_here(arm->scratch[0]);

    PAL_TRY(pal_parallel_for(n, PAL_USER_BLOCK, arm->n_threads, learn_block, arm, err));
    settle(arm);
    if (arm->cache != NULL) pal_cache_learn(arm->cache, feedback.events, feedback.n);
    if (arm->stage->fit != NULL) PAL_TRY(arm->stage->fit(arm->self, &feedback, arm->scratch[0], err));
    arm->round++;
done:
    pal_arena_rewind(arm->scratch[0], mark);
    return rc;
}
