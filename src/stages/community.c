/*
 * Reference system R2: a community of other people is built for each client and improved for ever, between rounds.
 *
 * After each round, for everyone, present or not, on what was known at its end:
 *   refine    a liked suggestion gives 1 to each member who owns the song, a disliked one takes 1; below leave_below a
 *             member leaves
 *   improve   `steps` times: one person drawn at random is tried (community_circle.h); after `patience` steps without
 *             gain only people whose own overlap with the client is above the community's
 *   fetch     suggestions, by iterative spectral clustering
 * What was found is served from `lag` rounds later on. Slots that the suggestions leave are filled by popularity.
 */
#include "stages/builtin.h"
#include "stages/community.h"
#include "stages/community_parts.h"
#include "stages/pick.h"

#include "core/hash.h"
#include "core/mem.h"
#include "core/threads.h"

#include <string.h>

enum { BLOCK = 4 }; /* clients a block: few, for their work differs much */

static const pal_param params[] = {
    { "members", PAL_PARAM_INT, "20", 1, 1000, NULL, "members of a community at most", "R2 has no limit" },
    { "steps", PAL_PARAM_INT, "4", 0, 100000, NULL, "people tried for each client after a round",
      "R2 works without end" },
    { "patience", PAL_PARAM_INT, "50", 1, 1000000000, NULL,
      "steps without gain after which only people are tried whose own overlap beats the community's",
      "R2: after a long time" },
    { "looks", PAL_PARAM_INT, "50", 1, 1000000, NULL, "people drawn at most to find such a one", NULL },
    { "fetch_every", PAL_PARAM_INT, "1", 1, 1000000, NULL, "rounds between two fetches of suggestions",
      "R2: a batch a day" },
    { "fetch_share", PAL_PARAM_REAL, "0.2", 0, 1, NULL,
      "share of new songs below which a cluster suggests its new songs", "R2: 0.2" },
    { "fetch_calls", PAL_PARAM_INT, "12", 1, 1000000, NULL, "clusterings of a fetch at most",
      "R2: until no song is left" },
    { "leave_below", PAL_PARAM_INT, "-1", -1000000, 1000000, NULL,
      "a member leaves whose likes minus dislikes fall below it", "R2: -1" },
    { "restarts", PAL_PARAM_INT, "3", 1, 1000, NULL, "starts of the k-means inside a spectral clustering", NULL },
    { "lag", PAL_PARAM_INT, "0", 0, 100, NULL, "rounds before what was found between rounds is served",
      "R2 works asynchronously" },
    { 0 }
};

static void community_free(void *self)
{
    pal_community_stage *stage = self;

    if (stage == NULL) {
        return;
    }
    pal_origin_clear(&stage->origin);
    pal_stage_popularity.free(stage->popularity);
#define X(type, field, length) pal_free(stage->field);
    PAL_COMMUNITY_STATE(X)
#undef X
    pal_free(stage->mark);
    pal_free(stage->row);
    for (size_t t = 0; stage->scratch != NULL && t < stage->n_threads; t++) {
        pal_arena_free(stage->scratch[t]);
    }
    pal_free(stage->scratch);
    pal_free(stage);
}

static void read_params(pal_community_stage *stage, const pal_values *v)
{
    stage->most = (size_t)pal_values_int(v, "members");
    stage->steps = (size_t)pal_values_int(v, "steps");
    stage->patience = (size_t)pal_values_int(v, "patience");
    stage->looks = (size_t)pal_values_int(v, "looks");
    stage->fetch_every = (size_t)pal_values_int(v, "fetch_every");
    stage->fetching = (pal_fetching){ .share = pal_values_real(v, "fetch_share"),
                                      .most_calls = (size_t)pal_values_int(v, "fetch_calls") };
    stage->leave_below = (int32_t)pal_values_int(v, "leave_below");
    stage->batches = (size_t)pal_values_int(v, "lag") + 1;
    stage->clusters = pal_circle_clusters((size_t)pal_values_int(v, "restarts"));
}

static pal_status make_buffers(pal_community_stage *stage, pal_error *err)
{
    pal_status rc = PAL_OK;
    const size_t most = stage->most, batches = stage->batches;

#define X(type, field, length) PAL_NEW(stage->field, stage->n_users *(length));
    PAL_COMMUNITY_STATE(X)
#undef X
    PAL_NEW(stage->mark, stage->n_threads * stage->catalog->n_items);
    PAL_NEW(stage->row, stage->n_threads * stage->catalog->n_items);
    PAL_NEW(stage->scratch, stage->n_threads);
    for (size_t t = 0; t < stage->n_threads; t++) {
        PAL_TRY(pal_arena_new(&stage->scratch[t], (size_t)1 << 20, err));
    }

done:
    return rc;
}

static pal_status init(void **self, const pal_stage_env *env, const pal_values *values, const pal_json *object,
                       pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_community_stage *stage = NULL;

    PAL_TRY(pal_needs_playlists(env, "community", err));
    PAL_NEW(stage, 1);
    stage->catalog = env->catalog;
    stage->n_users = env->n_users;
    stage->n_threads = env->n_threads;
    stage->train = env->train;
    stage->cluster_key = pal_key_named(env->train, "clusters");
    read_params(stage, values);
    PAL_TRY(pal_origin_of(&stage->origin, env->n_users, env->catalog->n_items, values, NULL, NULL, err));
    PAL_TRY(make_buffers(stage, err));
    PAL_TRY(pal_top_up_new(&stage->popularity, env, object, err));
    *self = stage;
    stage = NULL;

done:
    community_free(stage);
    return rc;
}

/* ---- between rounds ---- */

static bool holds(const pal_playlists *p, uint32_t user, uint32_t item)
{
    const uint32_t *own = pal_playlists_items(p, user);

    for (size_t k = 0; k < p->n[user]; k++) {
        if (own[k] == item) {
            return true;
        }
    }
    return false;
}

static bool is_member(const pal_community_stage *stage, uint32_t user, uint32_t who)
{
    const uint32_t *member = stage->member + user * stage->most;

    for (size_t m = 0; m < stage->n_members[user]; m++) {
        if (member[m] == who) {
            return true;
        }
    }
    return false;
}

/* Those who fell below leave; songs already rated stay away by themselves. */
static void drop_members(pal_community_stage *stage, uint32_t user)
{
    uint32_t *member = stage->member + user * stage->most;
    int32_t *standing = stage->standing + user * stage->most;
    uint32_t left = 0;

    for (size_t m = 0; m < stage->n_members[user]; m++) {
        if (standing[m] >= stage->leave_below) {
            member[left] = member[m];
            standing[left++] = standing[m];
        }
    }
    if (left < stage->n_members[user]) {
        stage->n_members[user] = left;
        stage->known[user] = 0; /* its score has to be found anew */
    }
}

static void refine(pal_community_stage *stage, uint32_t user, const pal_event *event, size_t n, const pal_playlists *playlists)
{
    const uint32_t *member = stage->member + user * stage->most;
    int32_t *standing = stage->standing + user * stage->most;

    for (size_t e = 0; e < n; e++) {
        const int liked = (event[e].flags & PAL_LIKED) != 0, disliked = (event[e].flags & PAL_DISLIKED) != 0;

        if (event[e].stage != PAL_AT_COMMUNITY || liked == disliked) {
            continue;
        }
        for (size_t m = 0; m < stage->n_members[user]; m++) {
            if (holds(playlists, member[m], event[e].item)) {
                standing[m] += liked - disliked;
            }
        }
    }
    drop_members(stage, user);
}

/* Members are where they were; a new one starts at 0. */
static void move_standings(int32_t *standing, const uint32_t *old, const int32_t *old_standing, size_t n_old,
                           const uint32_t *member, size_t n)
{
    for (size_t m = 0, o = 0; m < n; m++) {
        while (o < n_old && old[o] < member[m]) {
            o++;
        }
        standing[m] = o < n_old && old[o] == member[m] ? old_standing[o] : 0;
    }
}

/* Songs of the client and the members: lists only grow, so that an equal number means equal lists. */
static uint64_t songs_known(const pal_community_stage *stage, uint32_t user, const pal_playlists *p)
{
    uint64_t n = p->n[user];

    for (size_t m = 0; m < stage->n_members[user]; m++) {
        n += p->n[stage->member[user * stage->most + m]];
    }
    return n;
}

static pal_status rescore(pal_community_stage *stage, uint32_t user, pal_circle *circle, pal_error *err)
{
    const uint64_t known = songs_known(stage, user, circle->playlists);
    pal_status rc = PAL_OK;

    if (known != stage->known[user]) {
        PAL_TRY(pal_circle_score(&stage->score[user], circle, stage->member + user * stage->most,
                                 stage->n_members[user], -1, err));
        stage->known[user] = known;
    }

done:
    return rc;
}

/* Someone to try: neither client nor member, and after long without gain closer to the client than the community. */
static uint32_t draw_candidate(const pal_community_stage *stage, uint32_t user, uint32_t round, size_t step,
                               const pal_circle *circle)
{
    const bool picky = stage->without_gain[user] >= stage->patience;
    const uint32_t *member = stage->member + user * stage->most;
    const double bar = picky ? pal_circle_overlap(circle, member, stage->n_members[user]) : -1;
    uint64_t draw = 0;

    for (size_t look = 0; look < stage->looks; look++) {
        const uint32_t who = (uint32_t)pal_below(stage->train, (pal_at){ user, round, step }, &draw, stage->n_users);

        if (who != user && circle->playlists->n[who] > 0 && !is_member(stage, user, who)
            && (!picky || pal_circle_overlap(circle, &who, 1) > bar)) {
            return who;
        }
    }
    return PAL_NOBODY;
}

static pal_status improve(pal_community_stage *stage, uint32_t user, uint32_t round, size_t step, pal_circle *circle,
                          pal_error *err)
{
    uint32_t *member = stage->member + user * stage->most;
    int32_t *standing = stage->standing + user * stage->most;
    const pal_arena_mark mark = pal_arena_here(circle->scratch);
    const size_t before = stage->n_members[user];
    const uint32_t who = draw_candidate(stage, user, round, step, circle);
    size_t n = before;
    uint32_t *old, left;
    int32_t *old_standing;
    bool improved = false;
    pal_status rc = PAL_OK;

    if (who == PAL_NOBODY) {
        stage->without_gain[user]++;
        return PAL_OK;
    }
    PAL_TAKE(old, before, circle->scratch);
    PAL_TAKE(old_standing, before, circle->scratch);
    memcpy(old, member, before * sizeof *old);
    memcpy(old_standing, standing, before * sizeof *old_standing);
    stage->trials[user]++;
    PAL_TRY(pal_circle_try(member, &n, &stage->score[user], &left, &improved, circle, who, stage->most, err));
    stage->without_gain[user] = improved ? 0 : stage->without_gain[user] + 1;
    if (improved) {
        stage->n_members[user] = (uint32_t)n;
        move_standings(standing, old, old_standing, before, member, n);
        stage->known[user] = songs_known(stage, user, circle->playlists);
    }

done:
    pal_arena_rewind(circle->scratch, mark);
    return rc;
}

/* The newest batch: fetched anew, or the one before over again. */
static pal_status make_batch(pal_community_stage *stage, uint32_t user, const pal_feedback *round, pal_circle *circle,
                             pal_error *err)
{
    const size_t now = round->round % stage->batches, last = (round->round + stage->batches - 1) % stage->batches;
    const size_t row = user * stage->batches;
    size_t n = 0;
    pal_status rc = PAL_OK;

    if (round->round % stage->fetch_every == 0) {
        PAL_TRY(pal_circle_fetch(stage->batch_item + (row + now) * stage->most,
                                 stage->batch_score + (row + now) * stage->most, &n, circle,
                                 stage->member + user * stage->most, stage->n_members[user], round->history,
                                 &stage->fetching, err));
        stage->n_batch[row + now] = (uint32_t)n;
    } else if (now != last) {
        n = stage->n_batch[row + last];
        memcpy(stage->batch_item + (row + now) * stage->most, stage->batch_item + (row + last) * stage->most,
               n * sizeof *stage->batch_item);
        memcpy(stage->batch_score + (row + now) * stage->most, stage->batch_score + (row + last) * stage->most,
               n * sizeof *stage->batch_score);
        stage->n_batch[row + now] = (uint32_t)n;
    }

done:
    return rc;
}

/* A round's work on all clients. */
typedef struct rework {
    pal_community_stage *stage;
    const pal_feedback *round;
    const size_t *event_begin; /* n_users + 1 */
} rework;

static pal_status work_block(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    const rework *work = ctx;
    pal_community_stage *stage = work->stage;
    const size_t n_items = stage->catalog->n_items;
    pal_circle circle = { .playlists = work->round->playlists, .clusters = stage->clusters, .key = stage->cluster_key,
                          .scratch = stage->scratch[worker], .mark = stage->mark + worker * n_items,
                          .row = stage->row + worker * n_items };
    pal_status rc = PAL_OK;

    (void)block;
    for (size_t u = begin; u < end; u++) {
        const uint32_t user = (uint32_t)u;

        circle.client = user;
        circle.clusterings = 0;
        refine(stage, user, work->round->events + work->event_begin[u], work->event_begin[u + 1] - work->event_begin[u],
               circle.playlists);
        PAL_TRY(rescore(stage, user, &circle, err));
        for (size_t step = 0; step < stage->steps && circle.playlists->n[u] > 0; step++) {
            PAL_TRY(improve(stage, user, work->round->round, step, &circle, err));
        }
        PAL_TRY(make_batch(stage, user, work->round, &circle, err));
        stage->clusterings[u] += circle.clusterings;
    }

done:
    return rc;
}

static pal_status fit(void *self, const pal_feedback *round, pal_arena *scratch, pal_error *err)
{
    pal_community_stage *stage = self;
    const pal_arena_mark mark = pal_arena_here(scratch);
    size_t *begin;
    pal_status rc = PAL_OK;

    PAL_TRY(pal_stage_popularity.fit(stage->popularity, round, scratch, err));
    PAL_TAKE(begin, stage->n_users + 1, scratch);
    pal_events_by_person(begin, round, stage->n_users);
    if (round->playlists != NULL) {
        rework work = { stage, round, begin };

        PAL_TRY(pal_parallel_for(stage->n_users, BLOCK, stage->n_threads, work_block, &work, err));
    }
    stage->round = round->round + 1;

done:
    pal_arena_rewind(scratch, mark);
    return rc;
}

/* ---- serving ---- */

/* The batch that may be served now; SIZE_MAX before the first. */
static size_t batch_of(const pal_community_stage *stage, uint32_t user)
{
    if (stage->round < stage->batches) {
        return SIZE_MAX;
    }
    return user * stage->batches + (stage->round - stage->batches) % stage->batches;
}

static pal_status serve(const void *self, const pal_request *request, pal_slate *slate, pal_arena *scratch,
                        pal_error *err)
{
    const pal_community_stage *stage = self;
    const size_t batch = batch_of(stage, request->user);
    pal_pick pick = pal_pick_begin(stage->catalog, request, slate, PAL_AT_COMMUNITY);

    for (size_t k = 0; batch != SIZE_MAX && k < stage->n_batch[batch] && !pal_pick_full(&pick); k++) {
        const uint32_t item = stage->batch_item[batch * stage->most + k];

        if (pal_pick_is_new(&pick, item)) {
            pal_pick_push(&pick, (pal_candidate){ stage->batch_score[batch * stage->most + k], item, PAL_NO_TASTE },
                          1.0f);
        }
    }
    return pal_stage_popularity.serve(stage->popularity, request, slate, scratch, err);
}

static pal_status score(const void *self, const pal_request *request, const uint32_t *item, size_t n, float *out,
                        uint8_t *at, pal_arena *scratch, pal_error *err)
{
    const pal_community_stage *stage = self;
    const size_t batch = batch_of(stage, request->user);
    pal_status rc = PAL_OK;

    PAL_TRY(pal_stage_popularity.score(stage->popularity, request, item, n, out, at, scratch, err));
    for (size_t k = 0; batch != SIZE_MAX && k < stage->n_batch[batch]; k++) {
        for (size_t i = 0; i < n; i++) {
            if (item[i] == stage->batch_item[batch * stage->most + k]) {
                out[i] = stage->batch_score[batch * stage->most + k];
                at[i] = PAL_AT_COMMUNITY;
            }
        }
    }

done:
    return rc;
}

static pal_company company(const void *self, uint32_t user)
{
    const pal_community_stage *stage = self;
    const size_t batch = batch_of(stage, user);

    return (pal_company){ .member = stage->member + user * stage->most, .n = stage->n_members[user],
                          .suggestions = batch == SIZE_MAX ? 0 : stage->n_batch[batch],
                          .trials = stage->trials[user], .clusterings = stage->clusterings[user] };
}

const pal_stage_type pal_stage_community = {
    .name = "community", .label = "Community",
    .summary = "songs of people whose playlists go with the person's own, found by trial; the rest by popularity",
    .source = "R2: community optimizer, iterative spectral clustering, feedback refiner; here in rounds",
    .flags = PAL_STAGE_LEARNS | PAL_STAGE_NEEDS_PLAYLISTS, .params = params, .also = pal_top_up_also,
    .init = init, .fit = fit, .serve = serve, .score = score, .digest = pal_community_digest, .free = community_free,
    .company = company, .save = pal_community_save, .restore = pal_community_restore,
};
