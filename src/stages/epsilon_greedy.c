/*
 * Epsilon-greedy: another stage's slates, of which each slot shows, with probability epsilon, any unseen item instead.
 *
 *   epsilon_t = max(floor, epsilon / (1 + decay * t)),   t = the round
 *
 * The base makes its slate first, knowing nothing of this. A slot takes the base's next item that is not on the slate yet, or
 * an item drawn evenly from all n that are unseen and not on the slate. So for the item in a slot
 *
 *   propensity = epsilon_t / n + (1 - epsilon_t) * (the base's own propensity, if it is the base's next item)
 *
 * which is the whole truth for a base that does not draw. Where the base draws, the part of its list that is used up is
 * taken as known, and of an item that was explored the base's share is not known: what is stated for it is a lower bound.
 */
#include "stages/builtin.h"
#include "stages/draws.h"
#include "stages/pick.h"
#include "stages/stage_state.h"

#include "core/hash.h"
#include "core/mem.h"

#include <string.h>

enum { MISSES = 64 }; /* rejections in a row before the unseen items are walked */

typedef struct epsilon_greedy {
    const pal_catalog *catalog;
    pal_origin origin;
    double epsilon, decay, floor;
    pal_key key;
    const pal_stage_type *type; /* the base */
    void *base;
} epsilon_greedy;

static const pal_param params[] = {
    { "epsilon", PAL_PARAM_REAL, "0.1", 0, 1, NULL, "probability of a slot to be explored, in round 0", NULL },
    { "decay", PAL_PARAM_REAL, "0", 0, 1e6, NULL, "epsilon falls as 1 / (1 + decay * round); 0: constant",
      "Auer, Cesa-Bianchi, Fischer 2002: as 1 / t" },
    { "floor", PAL_PARAM_REAL, "0", 0, 1, NULL, "epsilon never falls below it", NULL },
    { "base", PAL_PARAM_TEXT, "\"ranking\"", 0, 0, NULL, "the stage whose slates are shown otherwise", NULL },
    { 0 }
};

static const char *const also[] = { "base_params", NULL };

static void epsilon_greedy_free(void *self)
{
    epsilon_greedy *stage = self;

    if (stage != NULL) {
        if (stage->type != NULL) {
            stage->type->free(stage->base);
        }
        pal_origin_clear(&stage->origin);
        pal_free(stage);
    }
}

/* The base, with draws of its own. */
static pal_status init_base(epsilon_greedy *stage, const pal_stage_env *env, const pal_values *values,
                            const pal_json *object, pal_error *err)
{
    const pal_json *own = object != NULL ? pal_json_get(object, also[0]) : NULL;
    const pal_stage_type *type;
    pal_stage_env inner = *env;
    pal_values *read = NULL;
    pal_text path = { 0 };
    size_t at;
    pal_status rc = PAL_OK;

    pal_text_addf(&path, "%s.base", env->json_path);
    PAL_TRY(pal_text_check(&path, err));
    PAL_TRY(pal_stage_find(&at, pal_values_text(values, "base"), env->file, path.bytes, err));
    type = pal_stage_at(at);
    if ((type->flags & PAL_STAGE_NEEDS_TRUTH) != 0) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s: \"%s\" sees the truth and cannot be a base", env->file, path.bytes, type->name);
    }
    if ((type->flags & PAL_STAGE_NEEDS_PLAYLISTS) != 0 && env->playlists == NULL) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s: \"%s\" needs \"playlists\" in the experiment", env->file, path.bytes,
                 type->name);
    }
    pal_text_add(&path, "_params");
    PAL_TRY(pal_text_check(&path, err));
    PAL_TRY(pal_values_read(&read, type->params, own, env->file, path.bytes, type->also, err));
    inner.json_path = path.bytes;
    inner.explore = pal_key_named(env->explore, type->name);
    inner.train = pal_key_named(env->train, type->name);
    PAL_TRY(type->init(&stage->base, &inner, read, own, err));
    stage->type = type;

done:
    pal_values_free(read);
    pal_text_clear(&path);
    return rc;
}

static pal_status init(void **self, const pal_stage_env *env, const pal_values *values, const pal_json *object,
                       pal_error *err)
{
    epsilon_greedy *stage = NULL;
    pal_status rc = PAL_OK;

    PAL_NEW(stage, 1);
    stage->catalog = env->catalog;
    stage->key = env->explore;
    stage->epsilon = pal_values_real(values, "epsilon");
    stage->decay = pal_values_real(values, "decay");
    stage->floor = pal_values_real(values, "floor");
    if (stage->floor > stage->epsilon) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s.floor: must be at most epsilon (%g), found %g", env->file, env->json_path,
                 stage->epsilon, stage->floor);
    }
    PAL_TRY(pal_origin_of(&stage->origin, env->n_users, env->catalog->n_items, values, NULL, NULL, err));
    PAL_TRY(init_base(stage, env, values, object, err));
    *self = stage;
    stage = NULL;

done:
    epsilon_greedy_free(stage);
    return rc;
}

static pal_status fit(void *self, const pal_feedback *round, pal_arena *scratch, pal_error *err)
{
    epsilon_greedy *stage = self;

    return stage->type->fit != NULL ? stage->type->fit(stage->base, round, scratch, err) : PAL_OK;
}

/* Unseen items that are not on the slate. Bits beyond n_items are never set. */
static size_t count_left(const pal_pick *pick)
{
    const size_t n_items = pick->catalog->n_items, n_words = n_items / 64 + (n_items % 64 != 0);
    size_t left = n_items;

    for (size_t i = 0; i < n_words; i++) {
        left -= (size_t)__builtin_popcountll(pick->seen[i]);
    }
    for (size_t s = 0; s < pick->slate->n; s++) {
        left -= !pal_seen(pick->seen, pick->slate->item[s]);
    }
    return left;
}

/* Evenly from the `left` > 0 items that are left: by rejection, or, where hits are rare, by walking to the k-th. */
static uint32_t draw_left(const pal_pick *pick, pal_draws *draws, size_t left)
{
    const uint32_t n_items = (uint32_t)pick->catalog->n_items;
    uint32_t skip, item = 0;

    for (int misses = 0; misses < MISSES; misses++) {
        item = pal_draws_below(draws, n_items);
        if (pal_pick_is_new(pick, item)) {
            return item;
        }
    }
    skip = pal_draws_below(draws, (uint32_t)left);
    for (item = 0; !pal_pick_is_new(pick, item) || skip-- > 0; item++) {
    }
    return item;
}

/* The scores the base would have given to what was explored. */
static pal_status score_explored(const epsilon_greedy *stage, const pal_request *request, pal_slate *slate,
                                 const uint8_t *slot, size_t n, pal_arena *scratch, pal_error *err)
{
    uint32_t item[PAL_MAX_SLOTS];
    float score[PAL_MAX_SLOTS];
    uint8_t at[PAL_MAX_SLOTS];
    pal_status rc = PAL_OK;

    for (size_t i = 0; i < n; i++) {
        item[i] = slate->item[slot[i]];
    }
    if (n > 0) {
        PAL_TRY(stage->type->score(stage->base, request, item, n, score, at, scratch, err));
    }
    for (size_t i = 0; i < n; i++) {
        slate->score[slot[i]] = score[i];
    }

done:
    return rc;
}

/* Fill the next slot; true when it was explored. `s` is the base's next slot. */
static bool fill_slot(pal_pick *pick, const pal_slate *list, size_t s, size_t left, double epsilon,
                      pal_draws *draws)
{
    const bool has_next = s < list->n, explores = pal_draws_unit(draws) < epsilon || !has_next;
    const uint32_t item = explores ? draw_left(pick, draws, left) : list->item[s];
    double propensity = (has_next ? epsilon : 1) / (double)left;

    if (has_next && item == list->item[s]) {
        propensity += (1 - epsilon) * (double)list->propensity[s];
    }
    pick->stage = explores ? (uint8_t)PAL_AT_EPSILON_GREEDY : list->stage[s];
    pal_pick_push(pick, (pal_candidate){ explores ? 0 : list->score[s], item,
                                         explores ? (uint8_t)PAL_NO_TASTE : list->taste[s] },
                  (float)propensity);
    return explores;
}

static pal_status serve(const void *self, const pal_request *request, pal_slate *slate, pal_arena *scratch,
                        pal_error *err)
{
    const epsilon_greedy *stage = self;
    const double falling = stage->epsilon / (1 + stage->decay * (double)request->round);
    const double epsilon = falling > stage->floor ? falling : stage->floor;
    pal_pick pick = pal_pick_begin(stage->catalog, request, slate, PAL_AT_EPSILON_GREEDY);
    pal_draws draws = pal_draws_for(stage->key, request->user, request->round);
    pal_slate list = *slate;
    uint8_t explored[PAL_MAX_SLOTS];
    size_t s = slate->n, n_explored = 0, left = count_left(&pick);
    pal_status rc = PAL_OK;

    PAL_TRY(stage->type->serve(stage->base, request, &list, scratch, err));
    for (; left > 0 && !pal_pick_full(&pick); left--) {
        while (s < list.n && !pal_pick_is_new(&pick, list.item[s])) {
            s++;
        }
        if (fill_slot(&pick, &list, s, left, epsilon, &draws)) {
            explored[n_explored++] = (uint8_t)(slate->n - 1);
        }
    }
    PAL_TRY(score_explored(stage, request, slate, explored, n_explored, scratch, err));

done:
    return rc;
}

static pal_status score(const void *self, const pal_request *request, const uint32_t *item, size_t n, float *out,
                        uint8_t *at, pal_arena *scratch, pal_error *err)
{
    const epsilon_greedy *stage = self;

    return stage->type->score(stage->base, request, item, n, out, at, scratch, err);
}

static uint64_t digest(const void *self)
{
    const epsilon_greedy *stage = self;

    return pal_hash_mix(pal_hash_text("epsilon_greedy"), stage->type->digest(stage->base));
}

static pal_status save(const void *self, pal_tensors *file, pal_error *err)
{
    const epsilon_greedy *stage = self;
    pal_status rc = PAL_OK;

    PAL_TRY(pal_origin_save(&stage->origin, "epsilon_greedy", file, err));
    PAL_TRY(pal_part_save(stage->type, stage->base, "epsilon_greedy", file, err));

done:
    return rc;
}

static pal_status restore(void *self, const pal_tensors *file, pal_error *err)
{
    epsilon_greedy *stage = self;
    pal_status rc = PAL_OK;

    PAL_TRY(pal_origin_check(&stage->origin, "epsilon_greedy", file, err));
    PAL_TRY(pal_part_restore(stage->type, stage->base, "epsilon_greedy", file, err));

done:
    return rc;
}

const pal_stage_type pal_stage_epsilon_greedy = {
    .name = "epsilon_greedy", .label = "Epsilon-greedy",
    .summary = "another stage's slates, with slots given to random unseen items",
    .source = "Sutton and Barto, Reinforcement Learning, 2nd ed., 2.2; decaying after Auer, Cesa-Bianchi, Fischer 2002",
    .flags = PAL_STAGE_LEARNS | PAL_STAGE_PROPENSITY | PAL_STAGE_POLICY, .params = params, .also = also,
    .init = init, .fit = fit, .serve = serve, .score = score, .digest = digest, .free = epsilon_greedy_free,
    .save = save, .restore = restore,
};
