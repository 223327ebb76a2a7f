/* The warm-up, and what is frozen after it. */
#include "lab/ope_scene.h"

#include "core/mem.h"
#include "core/stop.h"
#include "core/threads.h"
#include "lab/truth_door.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define OWN_FEATURES 2 /* of an item, beside those of the catalog: the logging stage's plain score, popularity */

/* ---- stages ---- */

/* The instance whose scores a policy takes. */
static void *stage_of(const pal_ope_scene *s, size_t arm)
{
    return arm == s->study->policy[0].arm ? s->arm->self : s->self[arm];
}

/* A target's stage, as the arm of that name would have it, on the logging arm's people. */
static pal_status make_stage(pal_ope_scene *s, size_t a, pal_error *err)
{
    const pal_experiment *e = s->study->experiment;
    const pal_arm_spec *spec = &e->arm[a];
    const pal_stage_type *type = pal_stage_at(spec->stage);
    pal_stage_env env = {
        .catalog = s->catalog, .n_users = s->world->people->n, .n_slots = e->n_slots, .n_rounds = e->n_rounds,
        .explore = pal_key_named(pal_key_for(e->seed, 0, PAL_FOR_EXPLORE), spec->name),
        .train = pal_key_named(pal_key_for(e->seed, 0, PAL_FOR_TRAIN), spec->name),
        .n_threads = s->n_threads, .file = e->file, .json_path = spec->path,
        .playlists = s->arm->filing != NULL ? s->arm->filing->playlists : NULL, .who = s->world->people->who,
    };

    if ((type->flags & PAL_STAGE_NEEDS_TRUTH) != 0) env.truth = &s->door;
    return type->init(&s->self[a], &env, spec->params, spec->object, err);
}

static pal_status make_stages(pal_ope_scene *s, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_ope_study *study = s->study;

    s->door = pal_truth_door_of(s->arm);
    PAL_NEW(s->self, study->experiment->n_arms);
    for (size_t p = 1; p < s->n_policies; p++) {
        size_t arm = study->policy[p].arm;

        if (stage_of(s, arm) == NULL) PAL_TRY(make_stage(s, arm, err));
    }
done:
    return rc;
}

/* A round of the logging arm; the targets' stages learn from what it showed. */
static pal_status play_round(pal_ope_scene *s, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_arm *arm = s->arm;
    pal_feedback feedback = { .round = arm->round, .profiles = arm->profiles, .history = arm->history,
                              .playlists = arm->filing != NULL ? arm->filing->playlists : NULL };
    pal_arena_mark mark = pal_arena_here(arm->scratch[0]);

    if (pal_stop_requested()) PAL_FAIL(PAL_ERR_STOPPED, "interrupted in round %u of the warm-up", arm->round);
    PAL_TRY(pal_arm_serve(arm, err));
    PAL_TRY(pal_arm_answer(arm, err));
    PAL_TRY(pal_arm_learn(arm, err));
    feedback.n = arm->event_begin[s->world->people->n];
    feedback.events = arm->event;
    for (size_t a = 0; a < s->study->experiment->n_arms; a++) {
        const pal_stage_type *type = pal_stage_at(s->study->experiment->arm[a].stage);

        if (s->self[a] == NULL || type->fit == NULL) continue;
        PAL_TRY(type->fit(s->self[a], &feedback, arm->scratch[0], err));
        pal_arena_rewind(arm->scratch[0], mark);
    }
done:
    return rc;
}

/* ---- contexts ---- */

static pal_key key_of(const pal_ope_scene *s, const char *what)
{
    return pal_key_named(pal_key_for(s->study->seed, 0, PAL_FOR_EXPLORE), what);
}

static int by_id(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

static bool is_among(const uint32_t *item, size_t n, uint32_t one)
{
    for (size_t i = 0; i < n; i++) {
        if (item[i] == one) return true;
    }
    return false;
}

/* m different unseen items, evenly. */
static pal_status draw_candidates(pal_ope_scene *s, size_t c, const pal_request *request, pal_error *err)
{
    pal_status rc = PAL_OK;
    const size_t n_items = s->catalog->n_items;
    const pal_key key = key_of(s, "ope candidates");
    uint32_t *item = s->item + c * s->m;
    uint64_t draw = 0;
    size_t unseen = 0, n = 0;

    for (uint32_t i = 0; i < n_items; i++) unseen += !pal_seen(request->seen, i);
    if (unseen < s->m) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: candidates: person %u has %zu unseen items after the warm-up, wanted %zu", s->study->file,
                 request->user, unseen, s->m);
    }
    while (n < s->m) {
        uint32_t one = (uint32_t)pal_below(key, (pal_at){ request->user, 0, 0 }, &draw, n_items);

        if (!pal_seen(request->seen, one) && !is_among(item, n, one)) item[n++] = one;
    }
    qsort(item, s->m, sizeof *item, by_id);
done:
    return rc;
}

static void draw_gaps(pal_ope_scene *s, size_t c)
{
    const pal_key key = key_of(s, "ope gaps");
    uint8_t *gap = s->gap + c * s->m;
    uint64_t draw = 0;

    for (size_t n = (size_t)floor(s->study->gaps * (double)s->m); n > 0;) {
        size_t one = (size_t)pal_below(key, (pal_at){ s->person[c], 0, 0 }, &draw, s->m);

        n -= gap[one] == 0;
        gap[one] = 1;
    }
}

static void ask_truth(pal_ope_scene *s, size_t c)
{
    pal_answer answer[PAL_OPE_MOST_CANDIDATES];

    s->world->type->truth(s->world->response, s->arm->state, s->person[c], s->arm->round, s->item + c * s->m, s->m, answer);
    for (size_t i = 0; i < s->m; i++) {
        s->p_click[c * s->m + i] = (double)answer[i].p_click;
        s->p_like[c * s->m + i] = (double)answer[i].p_like;
    }
}

/* Every policy's strengths of a context; column p of x is policy p's standardised score. */
static pal_status score_context(pal_ope_scene *s, size_t c, const pal_request *request, pal_arena *scratch, pal_error *err)
{
    pal_status rc = PAL_OK;
    float score[PAL_OPE_MOST_CANDIDATES];
    uint8_t by[PAL_OPE_MOST_CANDIDATES];
    pal_arena_mark mark = pal_arena_here(scratch);
    double *x = s->x + c * s->m * s->d;

    for (size_t p = 0; p < s->n_policies; p++) {
        const pal_ope_policy *policy = &s->study->policy[p];
        const pal_arm_spec *spec = &s->study->experiment->arm[policy->arm];
        double *z = s->strength + (p * s->n_contexts + c) * s->m;

        PAL_TRY(pal_stage_at(spec->stage)->score(stage_of(s, policy->arm), request, s->item + c * s->m, s->m, score, by,
                                                 scratch, err));
        pal_arena_rewind(scratch, mark);
        for (size_t i = 0; i < s->m; i++) {
            if (!isfinite(score[i])) {
                PAL_FAIL(PAL_ERR_DATA, "%s: arm %s scores item %u of person %u with %g: no policy can be made of it",
                         s->study->file, spec->name, s->item[c * s->m + i], request->user, (double)score[i]);
            }
        }
        pal_ope_standardise(z, score, s->m);
        for (size_t i = 0; i < s->m; i++) x[i * s->d + p] = z[i];
        for (size_t i = 0; p == 0 && i < s->m; i++) x[i * s->d + s->n_policies] = (double)score[i];
        pal_ope_strengths(z, z, s->m, &policy->rule);
    }
done:
    return rc;
}

static void fill_features(pal_ope_scene *s, size_t c)
{
    const pal_catalog *catalog = s->catalog;

    for (size_t i = 0; i < s->m; i++) {
        const uint32_t item = s->item[c * s->m + i];
        double *x = s->x + (c * s->m + i) * s->d + s->n_policies + 1;

        *x++ = (double)catalog->popularity[item];
        for (size_t f = 0; f < catalog->d; f++) *x++ = (double)catalog->scaled[item * catalog->stride + f];
    }
}

static pal_status fill_block(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_ope_scene *s = ctx;
    pal_arm *arm = s->arm;

    (void)block;
    for (size_t c = begin; c < end; c++) {
        pal_request request;

        if (arm->asked != NULL) {
            pal_asked_draw(arm->asked, s->catalog, arm->state, arm->history, s->study->experiment->seed, 0, s->person[c],
                           arm->round);
        }
        request = pal_arm_request(arm, s->person[c]);
        PAL_TRY(draw_candidates(s, c, &request, err));
        draw_gaps(s, c);
        ask_truth(s, c);
        PAL_TRY(score_context(s, c, &request, arm->scratch[worker], err));
        fill_features(s, c);
    }
done:
    return rc;
}

static pal_status make_contexts(pal_ope_scene *s, pal_error *err)
{
    pal_status rc = PAL_OK;
    const size_t n = s->world->people->n;

    PAL_NEW(s->person, n);
    for (uint32_t u = 0; u < n; u++) {
        if (s->arm->state->alive[u] != 0) s->person[s->n_contexts++] = u;
    }
    if (s->n_contexts < 2) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: warm_up: leaves %zu people, wanted 2 or more", s->study->file, s->n_contexts);
    }
    s->d = s->n_policies + OWN_FEATURES + s->catalog->d;
    PAL_NEW(s->item, s->n_contexts * s->m);
    PAL_NEW(s->gap, s->n_contexts * s->m);
    PAL_NEW(s->p_click, s->n_contexts * s->m);
    PAL_NEW(s->p_like, s->n_contexts * s->m);
    PAL_NEW(s->x, s->n_contexts * s->m * s->d);
    PAL_NEW(s->strength, s->n_policies * s->n_contexts * s->m);
    PAL_TRY(pal_parallel_for(s->n_contexts, PAL_USER_BLOCK, s->n_threads, fill_block, s, err));
done:
    return rc;
}

pal_status pal_ope_scene_new(pal_ope_scene **out, const pal_ope_study *study, size_t n_threads, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_ope_scene *s = NULL;
    const pal_experiment *e = study->experiment;
    bool synthetic;

    PAL_NEW(s, 1);
    s->study = study;
    s->n_threads = n_threads;
    s->m = study->n_candidates;
    s->k = study->n_slots;
    s->n_policies = study->n_targets + 1;
    PAL_TRY(pal_lab_catalog(&s->catalog, NULL, &synthetic, e, err));
    PAL_TRY(pal_lab_people_new(&s->world, e, s->catalog, 0, n_threads, err));
    PAL_TRY(pal_arm_new(&s->arm, e, s->catalog, s->world, study->policy[0].arm, n_threads, err));
    PAL_TRY(make_stages(s, err));
    for (size_t t = 0; t < study->warm_up; t++) PAL_TRY(play_round(s, err));
    PAL_TRY(make_contexts(s, err));
    PAL_TRY(pal_ope_scene_know(s, err));
    *out = s;
    s = NULL;
done:
    pal_ope_scene_free(s);
    return rc;
}

void pal_ope_scene_free(pal_ope_scene *s)
{
    if (s == NULL) return;
    for (size_t a = 0; s->self != NULL && a < s->study->experiment->n_arms; a++) {
        pal_stage_at(s->study->experiment->arm[a].stage)->free(s->self[a]);
    }
    pal_free(s->self);
    pal_arm_free(s->arm);
    pal_lab_people_free(s->world);
    pal_catalog_free(s->catalog);
    pal_free(s->person);
    pal_free(s->item);
    pal_free(s->gap);
    pal_free(s->strength);
    pal_free(s->p_click);
    pal_free(s->p_like);
    pal_free(s->x);
    pal_free(s->slate);
    pal_free(s->worth);
    pal_free(s->chance);
    pal_free(s->slot);
    pal_free(s->pseudo);
    pal_free(s->pseudo_made);
    pal_free(s->known);
    pal_free(s);
}
