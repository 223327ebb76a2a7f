/*
 * Neighbours: people who have filed the same songs, and what stands beside these songs in their lists.
 *
 * After each round the index takes in what was filed, and everyone's neighbours are chosen anew among those who share a
 * song with them:
 *
 *   weight_uv = shared_uv / (sqrt(n_u n_v) + shrink) * (likes_uv + trust) / (expected_uv + trust)
 *
 * likes_uv of the songs that v held among the slots u looked at; expected_uv by u's own like rate (a gamma-Poisson posterior
 * mean with prior mean 1). Songs are scored taste by taste by item similarity inside the neighbourhood, backed off to
 * everyone (neighbours_score.h):
 *
 *   score_i = max over tastes t of ln(similarity_it / sqrt(songs_t) + prior_it) + ln(liking_t) + the crowd's appeal (crowd.h)
 *
 * prior_it = home when the song has a genre in the taste's cluster (a song nobody has filed yet can be served, too), else away.
 * liking_t = (likes of t + trust) / (slots of t looked at * u's like rate + trust). Slots go to tastes in turn.
 */
#include "stages/builtin.h"
#include "stages/community_parts.h"
#include "stages/neighbours.h"
#include "stages/scan.h"

#include "core/hash.h"
#include "core/mem.h"
#include "core/pmath.h"
#include "core/threads.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 16 };  /* people a block */
#define PRIOR_RATE 0.1 /* like rate of someone of whom nothing is known: about that of a good slate */

static const pal_param params[] = {
    { "members", PAL_PARAM_INT, "60", 1, 100000, NULL, "neighbours of a person at most", NULL },
    { "shrink", PAL_PARAM_REAL, "5", 0, 1e6, NULL, "songs added to the denominator of the similarity of people",
      "shrinkage as in Bell and Koren 2007" },
    { "trust", PAL_PARAM_REAL, "3", 1e-3, 1e6, NULL,
      "expected likes that a neighbour's weight before any feedback is worth", NULL },
    { "song_shrink", PAL_PARAM_REAL, "2", 1e-3, 1e6, NULL, "holders added to each song in the similarity of songs", NULL },
    { "kappa", PAL_PARAM_REAL, "10", 1e-3, 1e6, NULL,
      "neighbours holding a song before its similarity is half theirs and half everyone's", NULL },
    { "taste_power", PAL_PARAM_REAL, "0.5", 0, 2, NULL,
      "slots of a taste go with its songs to this power, times its like rate", NULL },
    { "home", PAL_PARAM_REAL, "0.3", 1e-6, 1e6, NULL, "similarity added to songs with a genre in the taste's cluster", NULL },
    { "away", PAL_PARAM_REAL, "0.005", 1e-6, 1e6, NULL, "similarity added to all others", NULL },
    { "popularity_pull", PAL_PARAM_REAL, "1", 0, 10, NULL, "weight of popularity / 100 in the log score", NULL },
    { "crowd_pull", PAL_PARAM_REAL, "0.5", 0, 10, NULL, "weight of the log lift of a song's likes over its cluster's", NULL },
    { "crowd_weight", PAL_PARAM_REAL, "1", 0.01, 1e6, NULL, "expected likes a lift of 1 is worth", NULL },
    { 0 }
};

static void neighbours_free(void *self)
{
    pal_neighbours_stage *stage = self;

    if (stage == NULL) {
        return;
    }
    pal_origin_clear(&stage->origin);
    pal_stage_popularity.free(stage->popularity);
    pal_crowd_free(stage->crowd);
    pal_neighbours_index_free(stage->index);
    pal_free(stage->n_members);
    pal_free(stage->member);
    pal_free(stage->weight);
    pal_free(stage->trials);
    for (size_t t = 0; stage->scratch != NULL && t < stage->n_threads; t++) {
        pal_arena_free(stage->scratch[t]);
    }
    pal_free(stage->scratch);
    pal_free(stage);
}

/* ---- choosing neighbours ---- */

typedef struct choice {
    float weight;
    uint32_t who;
} choice;

static int heavier_first(const void *a, const void *b)
{
    const choice *x = a, *y = b;

    if (x->weight != y->weight) {
        return x->weight > y->weight ? -1 : 1;
    }
    return (x->who > y->who) - (x->who < y->who);
}

static int by_person(const void *a, const void *b)
{
    const choice *x = a, *y = b;

    return (x->who > y->who) - (x->who < y->who);
}

/* Likes a slot looked at, for one person so far. */
static double like_rate(const pal_history *history, uint32_t user)
{
    double looked = 1, liked = PRIOR_RATE;

    for (size_t k = 0; history != NULL && k < history->n[user]; k++) {
        const uint8_t flags = history->flags[(size_t)user * history->capacity + k];

        looked += (flags & PAL_EXAMINED) != 0;
        liked += (flags & PAL_LIKED) != 0;
    }
    return liked / looked;
}

static pal_status choose(pal_neighbours_stage *stage, uint32_t user, const pal_playlists *p, const pal_history *history,
                         pal_arena *scratch, pal_error *err)
{
    const pal_arena_mark mark = pal_arena_here(scratch);
    const size_t n = stage->index->n_known[user], row = user * stage->most;
    const double rate = like_rate(history, user);
    size_t kept = n < stage->most ? n : stage->most;
    double sum = 0;
    choice *one;
    pal_status rc = PAL_OK;

    PAL_TAKE(one, n, scratch);
    for (size_t k = 0; k < n; k++) {
        const pal_acquaintance *a = &stage->index->known[user][k];
        const double size = (double)p->n[user] * (double)p->n[a->who];
        const double alike = a->shared / (sqrt(size) + stage->shrink);

        one[k] = (choice){ (float)(alike * (a->liked + stage->trust) / (a->shown * rate + stage->trust)), a->who };
    }
    qsort(one, n, sizeof *one, heavier_first);
    qsort(one, kept, sizeof *one, by_person);
    for (size_t k = 0; k < kept; k++) {
        sum += (double)one[k].weight;
    }
    for (size_t k = 0; k < kept; k++) {
        stage->member[row + k] = one[k].who;
        stage->weight[row + k] = (float)((double)one[k].weight * (double)kept / sum);
    }
    stage->n_members[user] = (uint32_t)kept;
    stage->trials[user] += n;

done:
    pal_arena_rewind(scratch, mark);
    return rc;
}

static bool is_member(const pal_neighbours_stage *stage, uint32_t user, uint32_t who)
{
    const uint32_t *member = stage->member + user * stage->most;
    size_t low = 0, high = stage->n_members[user];

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (member[middle] < who) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < stage->n_members[user] && member[low] == who;
}

/* What came of the songs that neighbours hold. */
static void hear(pal_neighbours_stage *stage, uint32_t user, const pal_event *event, size_t n)
{
    const pal_neighbours_index *index = stage->index;

    for (size_t e = 0; e < n; e++) {
        if (event[e].stage != PAL_AT_NEIGHBOURS || (event[e].flags & PAL_EXAMINED) == 0) {
            continue;
        }
        for (uint32_t k = index->song_head[event[e].item]; k != PAL_NO_ENTRY; k = index->song_next[k]) {
            pal_acquaintance *a = is_member(stage, user, index->owner[k])
                                      ? pal_neighbours_index_find(index, user, index->owner[k]) : NULL;

            if (a != NULL) {
                a->shown++;
                a->liked += (event[e].flags & PAL_LIKED) != 0;
            }
        }
    }
}

typedef struct rework {
    pal_neighbours_stage *stage;
    const pal_playlists *playlists;
    const pal_feedback *round; /* NULL before the first */
    const size_t *event_begin;
} rework;

static pal_status hear_block(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    const rework *work = ctx;

    (void)block;
    (void)worker;
    (void)err;
    for (size_t u = begin; u < end; u++) {
        hear(work->stage, (uint32_t)u, work->round->events + work->event_begin[u],
             work->event_begin[u + 1] - work->event_begin[u]);
    }
    return PAL_OK;
}

static pal_status choose_block(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    const rework *work = ctx;
    pal_status rc = PAL_OK;

    (void)block;
    for (size_t u = begin; u < end; u++) {
        PAL_TRY(choose(work->stage, (uint32_t)u, work->playlists, work->round != NULL ? work->round->history : NULL,
                       work->stage->scratch[worker], err));
    }

done:
    return rc;
}

static pal_status fit(void *self, const pal_feedback *round, pal_arena *scratch, pal_error *err)
{
    pal_neighbours_stage *stage = self;
    const pal_arena_mark mark = pal_arena_here(scratch);
    size_t *begin;
    rework work = { stage, round->playlists, round, NULL };
    pal_status rc = PAL_OK;

    PAL_TRY(pal_stage_popularity.fit(stage->popularity, round, scratch, err));
    pal_crowd_learn(stage->crowd, round->events, round->n);
    PAL_TAKE(begin, stage->n_users + 1, scratch);
    pal_events_by_person(begin, round, stage->n_users);
    work.event_begin = begin;
    PAL_TRY(pal_parallel_for(stage->n_users, BLOCK, stage->n_threads, hear_block, &work, err));
    PAL_TRY(pal_neighbours_index_read(stage->index, round->playlists, err));
    PAL_TRY(pal_parallel_for(stage->n_users, BLOCK, stage->n_threads, choose_block, &work, err));

done:
    pal_arena_rewind(scratch, mark);
    return rc;
}

static void read_params(pal_neighbours_stage *stage, const pal_values *v)
{
    stage->most = (size_t)pal_values_int(v, "members");
    stage->shrink = pal_values_real(v, "shrink");
    stage->trust = pal_values_real(v, "trust");
    stage->taste_power = pal_values_real(v, "taste_power");
    stage->home = (float)pal_values_real(v, "home");
    stage->away = (float)pal_values_real(v, "away");
    stage->rules = (pal_neighbours_rules){ .shrink = pal_values_real(v, "song_shrink"),
                                           .kappa = pal_values_real(v, "kappa") };
}

static pal_status init(void **self, const pal_stage_env *env, const pal_values *values, const pal_json *object,
                       pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_neighbours_stage *stage = NULL;
    rework work = { .playlists = env->playlists };

    PAL_TRY(pal_needs_playlists(env, "neighbours", err));
    PAL_NEW(stage, 1);
    stage->catalog = env->catalog;
    stage->n_users = env->n_users;
    stage->n_threads = env->n_threads;
    stage->playlists = env->playlists;
    read_params(stage, values);
    if (stage->most > stage->n_users) {
        stage->most = stage->n_users;
    }
    PAL_TRY(pal_origin_of(&stage->origin, env->n_users, env->catalog->n_items, values, NULL, NULL, err));
    PAL_NEW(stage->n_members, stage->n_users);
    PAL_NEW(stage->member, stage->n_users * stage->most);
    PAL_NEW(stage->weight, stage->n_users * stage->most);
    PAL_NEW(stage->trials, stage->n_users);
    PAL_NEW(stage->scratch, stage->n_threads);
    for (size_t t = 0; t < stage->n_threads; t++) {
        PAL_TRY(pal_arena_new(&stage->scratch[t], (size_t)1 << 18, err));
    }
    PAL_TRY(pal_top_up_new(&stage->popularity, env, object, err));
    PAL_TRY(pal_crowd_new(&stage->crowd, env->catalog, pal_values_real(values, "popularity_pull"),
                          pal_values_real(values, "crowd_pull"), pal_values_real(values, "crowd_weight"), err));
    PAL_TRY(pal_neighbours_index_new(&stage->index, env->playlists, err));
    PAL_TRY(pal_neighbours_index_read(stage->index, env->playlists, err));
    work.stage = stage;
    PAL_TRY(pal_parallel_for(stage->n_users, BLOCK, stage->n_threads, choose_block, &work, err));
    *self = stage;
    stage = NULL;

done:
    neighbours_free(stage);
    return rc;
}

/* ---- serving ---- */

/* Everything about one person that a slate or scores are made from. */
typedef struct person {
    const pal_neighbours_stage *stage;
    const pal_request *request;
    pal_tastes_of tastes;
    pal_neighbourhood members;
    double liking[PAL_MAX_CLUSTERS]; /* of each taste: its like rate over the person's */
    float *held, *score;
    uint32_t *touched;
} person;

/* How much more than the person's other slots those of each taste were liked so far. */
static void find_likings(person *p)
{
    const pal_history *h = p->request->history;
    const size_t row = (size_t)p->request->user * h->capacity;
    const double rate = like_rate(h, p->request->user), trust = p->stage->trust;
    double looked[PAL_MAX_CLUSTERS] = { 0 }, liked[PAL_MAX_CLUSTERS] = { 0 };

    for (size_t k = row; k < row + h->n[p->request->user]; k++) {
        looked[h->taste[k]] += (h->flags[k] & PAL_EXAMINED) != 0;
        liked[h->taste[k]] += (h->flags[k] & PAL_LIKED) != 0;
    }
    for (size_t t = 0; t < p->tastes.n; t++) {
        const uint8_t c = p->tastes.cluster[t];

        p->liking[t] = (liked[c] + trust) / (looked[c] * rate + trust);
    }
}

static pal_status look_at(person *p, const pal_neighbours_stage *stage, const pal_request *request, pal_arena *scratch,
                          pal_error *err)
{
    const size_t n_items = stage->catalog->n_items, row = request->user * stage->most;
    pal_status rc = PAL_OK;

    p->stage = stage;
    p->request = request;
    p->members = (pal_neighbourhood){ stage->n_members[request->user], stage->member + row, stage->weight + row };
    PAL_TRY(pal_tastes_of_person(&p->tastes, stage->catalog, request->playlists, request->history, request->user,
                                 scratch, err));
    PAL_TAKE(p->held, n_items, scratch);
    PAL_TAKE(p->score, n_items, scratch);
    PAL_TAKE(p->touched, n_items, scratch);
    memset(p->held, 0, n_items * sizeof *p->held);
    memset(p->score, 0, n_items * sizeof *p->score);
    pal_neighbours_held(p->held, &p->members, request->playlists);
    find_likings(p);

done:
    return rc;
}

static pal_status score_taste(size_t *n, person *p, size_t taste, pal_arena *scratch, pal_error *err)
{
    return pal_neighbours_score(p->score, p->touched, n, taste, &p->tastes, p->held, &p->members, p->stage->index,
                                p->request->playlists, p->request->user, &p->stage->rules, scratch, err);
}

static float final_score(const person *p, size_t taste, uint32_t item)
{
    const pal_neighbours_stage *stage = p->stage;
    const bool home = (stage->catalog->cluster_mask[item] >> p->tastes.cluster[taste] & 1) != 0;
    const float similarity = p->score[item] / sqrtf((float)p->tastes.songs[taste]);

    return pal_logf((similarity + (home ? stage->home : stage->away)) * (float)p->liking[taste]) +
           stage->crowd->appeal[item];
}

static void forget(person *p, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        p->score[p->touched[k]] = 0;
    }
}

/* The best unseen songs of a taste, sorted. */
static pal_status find_best(pal_candidate *best, size_t *n_best, size_t most, person *p, size_t taste,
                            pal_arena *scratch, pal_error *err)
{
    const size_t *cluster_begin = p->stage->catalog->cluster_begin + p->tastes.cluster[taste];
    const size_t begin = cluster_begin[0], end = cluster_begin[1];
    pal_topk top = { .heap = best, .k = most };
    size_t n;
    pal_status rc = PAL_OK;

    PAL_TRY(score_taste(&n, p, taste, scratch, err));
    for (size_t k = 0; k < n; k++) {
        const uint32_t item = p->touched[k];

        if (!pal_seen(p->request->seen, item)) {
            pal_topk_offer(&top, (pal_candidate){ final_score(p, taste, item), item, p->tastes.cluster[taste] });
        }
    }
    for (size_t i = begin; i < end; i++) { /* nobody's neighbour has them, but the taste does not end there */
        const uint32_t item = (uint32_t)i;

        if (p->score[i] == 0 && p->tastes.taste[i] == 0 && !pal_seen(p->request->seen, item)) {
            pal_topk_offer(&top, (pal_candidate){ final_score(p, taste, item), item, p->tastes.cluster[taste] });
        }
    }
    forget(p, n);
    pal_candidates_sort(best, top.n);
    *n_best = top.n;

done:
    return rc;
}

/* What a taste's slots are worth: its songs to a power, times its liking. */
static void weigh_tastes(double *weight, const person *p)
{
    for (size_t t = 0; t < p->tastes.n; t++) {
        weight[t] = pal_pow(p->tastes.songs[t], p->stage->taste_power) * p->liking[t];
    }
}

/* The best candidate of a source that the slate has room for. */
static bool take_next(pal_pick *pick, pal_source *source)
{
    while (source->at < source->n) {
        const pal_candidate c = source->candidate[source->at++];

        if (pal_pick_is_new(pick, c.item) && pal_pick_artist_free(pick, c.item)) {
            pal_pick_push(pick, c, 1.0f);
            return true;
        }
    }
    return false;
}

/* Slot by slot to the taste whose turn it is (Webster's rule: the largest weight / (2 filled + 1), ties to the first). */
static void fill_in_turn(pal_pick *pick, pal_source *source, size_t n, const double *weight)
{
    size_t filled[PAL_MAX_CLUSTERS] = { 0 };

    while (!pal_pick_full(pick)) {
        size_t best = SIZE_MAX;
        double most = -1;

        for (size_t t = 0; t < n; t++) {
            const double due = weight[t] / (double)(2 * filled[t] + 1);

            if (source[t].at < source[t].n && due > most) {
                best = t;
                most = due;
            }
        }
        if (best == SIZE_MAX) {
            break;
        }
        filled[best] += take_next(pick, &source[best]);
    }
}

static pal_status serve(const void *self, const pal_request *request, pal_slate *slate, pal_arena *scratch,
                        pal_error *err)
{
    const pal_neighbours_stage *stage = self;
    pal_pick pick = pal_pick_begin(stage->catalog, request, slate, PAL_AT_NEIGHBOURS);
    const size_t most = 4 * request->n_slots;
    pal_source source[PAL_MAX_CLUSTERS] = { { 0 } };
    double weight[PAL_MAX_CLUSTERS];
    person p;
    pal_status rc = PAL_OK;

    PAL_TRY(look_at(&p, stage, request, scratch, err));
    for (size_t t = 0; t < p.tastes.n; t++) {
        PAL_TAKE(source[t].candidate, most, scratch);
        PAL_TRY(find_best(source[t].candidate, &source[t].n, most, &p, t, scratch, err));
    }
    weigh_tastes(weight, &p);
    fill_in_turn(&pick, source, p.tastes.n, weight);
    PAL_TRY(pal_stage_popularity.serve(stage->popularity, request, slate, scratch, err));

done:
    return rc;
}

static pal_status score(const void *self, const pal_request *request, const uint32_t *item, size_t n, float *out,
                        uint8_t *at, pal_arena *scratch, pal_error *err)
{
    const pal_neighbours_stage *stage = self;
    person p;
    pal_status rc = PAL_OK;

    PAL_TRY(pal_stage_popularity.score(stage->popularity, request, item, n, out, at, scratch, err));
    PAL_TRY(look_at(&p, stage, request, scratch, err));
    for (size_t t = 0; t < p.tastes.n; t++) {
        size_t touched;

        PAL_TRY(score_taste(&touched, &p, t, scratch, err));
        for (size_t i = 0; i < n; i++) {
            const float found = final_score(&p, t, item[i]);

            out[i] = at[i] != PAL_AT_NEIGHBOURS || found > out[i] ? found : out[i];
            at[i] = PAL_AT_NEIGHBOURS;
        }
        forget(&p, touched);
    }

done:
    return rc;
}

static pal_company company(const void *self, uint32_t user)
{
    const pal_neighbours_stage *stage = self;

    return (pal_company){ .member = stage->member + user * stage->most, .n = stage->n_members[user],
                          .trials = stage->trials[user] };
}

const pal_stage_type pal_stage_neighbours = {
    .name = "neighbours", .label = "Neighbours",
    .summary = "songs beside one's own in the playlists of people who share songs, taste by taste",
    .source = "ours, in place of R2's random trials: user- and item-based neighbourhoods with shrinkage (Sarwar et al. 2001; "
              "Bell and Koren 2007) on playlists",
    .flags = PAL_STAGE_LEARNS | PAL_STAGE_NEEDS_PLAYLISTS, .params = params, .also = pal_top_up_also,
    .init = init, .fit = fit, .serve = serve, .score = score, .digest = pal_neighbours_digest, .free = neighbours_free,
    .company = company, .save = pal_neighbours_save, .restore = pal_neighbours_restore,
};
