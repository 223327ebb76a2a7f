/*
 * R1's cold start: a few clusters drawn at random, the slate split evenly between them, songs of some popularity in
 * random order inside each, no artist twice; topped up at random from the rest when short.
 *
 * The slots are drawn one after the other, so that each knows its probability given those above:
 *   first slot of a cluster   1 / open clusters * 1 / open songs of it, summed over the clusters the song is in
 *   next slots of it          1 / open songs left
 *   top-up                    1 / open songs of the catalog (popular ones first, then all, then repeated artists)
 * A cluster is open when it was not drawn yet and still has a song that may be shown.
 */
#include "stages/builtin.h"
#include "stages/draws.h"
#include "stages/pick.h"
#include "stages/stage_state.h"
#include "stages/taste_index.h"

#include "core/hash.h"
#include "core/mem.h"

#include <string.h>

typedef struct cold_start {
    pal_taste_index *index;
    float min_popularity;
    size_t n_clusters; /* drawn for a slate */
    size_t *begin;     /* clusters + 1, into gated */
    uint32_t *gated;   /* members of each cluster that are popular enough */
    pal_key key;
} cold_start;

static const pal_param params[] = {
    { "min_popularity", PAL_PARAM_REAL, "30", 0, 100, NULL, "songs below are not shown (0..100)", "R1: 30" },
    { "clusters", PAL_PARAM_INT, "2", 1, PAL_MAX_SLOTS, NULL, "clusters a slate is split over", "R1: 2" },
    { 0 }
};

static void cold_start_free(void *self)
{
    cold_start *stage = self;

    if (stage != NULL) {
        pal_taste_index_free(stage->index);
        pal_free(stage->begin);
        pal_free(stage->gated);
        pal_free(stage);
    }
}

static pal_status gate_members(cold_start *stage, pal_error *err)
{
    const pal_taste_index *index = stage->index;
    size_t n = 0;
    pal_status rc = PAL_OK;

    PAL_NEW(stage->begin, index->n_tastes + 1);
    PAL_NEW(stage->gated, index->row);
    for (size_t t = 0; t < index->n_tastes; t++) {
        for (size_t i = index->begin[t]; i < index->begin[t] + index->n[t]; i++) {
            if (index->popularity[i] >= stage->min_popularity) {
                stage->gated[n++] = index->member[i];
            }
        }
        stage->begin[t + 1] = n;
    }

done:
    return rc;
}

static pal_status init(void **self, const pal_stage_env *env, const pal_values *values, const pal_json *object,
                       pal_error *err)
{
    pal_status rc = PAL_OK;
    cold_start *stage = NULL;

    (void)object;
    PAL_NEW(stage, 1);
    stage->min_popularity = (float)pal_values_real(values, "min_popularity");
    stage->n_clusters = (size_t)pal_values_int(values, "clusters");
    stage->key = env->explore;
    PAL_TRY(pal_taste_index_new(&stage->index, env->catalog, err));
    PAL_TRY(gate_members(stage, err));
    *self = stage;
    stage = NULL;

done:
    cold_start_free(stage);
    return rc;
}

static bool is_open(const pal_pick *pick, uint32_t item)
{
    return pal_pick_is_new(pick, item) && pal_pick_artist_free(pick, item);
}

static bool has_open(const cold_start *stage, const pal_pick *pick, size_t t)
{
    for (size_t i = stage->begin[t]; i < stage->begin[t + 1]; i++) {
        if (is_open(pick, stage->gated[i])) {
            return true;
        }
    }
    return false;
}

static size_t count_open(const cold_start *stage, const pal_pick *pick, size_t t)
{
    size_t n = 0;

    for (size_t i = stage->begin[t]; i < stage->begin[t + 1]; i++) {
        n += is_open(pick, stage->gated[i]);
    }
    return n;
}

static size_t list_open(uint32_t *item, const cold_start *stage, const pal_pick *pick, size_t t)
{
    size_t n = 0;

    for (size_t i = stage->begin[t]; i < stage->begin[t + 1]; i++) {
        if (is_open(pick, stage->gated[i])) {
            item[n++] = stage->gated[i];
        }
    }
    return n;
}

/* Take an artist's songs off a list, in order. */
static size_t strike(uint32_t *item, size_t n, const uint32_t *artist, uint32_t gone)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++) {
        if (artist[item[i]] != gone) {
            item[kept++] = item[i];
        }
    }
    return kept;
}

/* P(this song opens a cluster): over the open clusters it is in. */
static double opening(const cold_start *stage, const pal_pick *pick, uint64_t open, size_t n_open, uint32_t item)
{
    uint64_t in = open & pick->catalog->cluster_mask[item];
    double sum = 0;

    for (size_t t = 0; in != 0; t++, in >>= 1) {
        if (in & 1) {
            sum += 1 / ((double)n_open * (double)count_open(stage, pick, t));
        }
    }
    return sum;
}

static void push(const cold_start *stage, pal_pick *pick, uint32_t item, size_t taste, double propensity)
{
    pal_pick_push(pick, (pal_candidate){ stage->index->catalog->popularity[item], item, (uint8_t)taste },
                  (float)propensity);
}

/* Fill `slots` slots from cluster t; the first one's probability includes the draw of the cluster. */
static void fill_cluster(const cold_start *stage, pal_pick *pick, pal_draws *draws, uint64_t open, size_t n_open,
                         size_t t, size_t slots, uint32_t *item)
{
    const uint32_t *artist = pick->catalog->artist;
    size_t n = list_open(item, stage, pick, t);

    for (size_t s = 0; s < slots && n > 0; s++) {
        const uint32_t drawn = item[pal_draws_below(draws, (uint32_t)n)];

        push(stage, pick, drawn, t, s == 0 ? opening(stage, pick, open, n_open, drawn) : 1 / (double)n);
        n = strike(item, n, artist, artist[drawn]);
    }
}

/* Top-up: uniform over what is left of the catalog under rules that soften. */
static void fill_rest(const cold_start *stage, pal_pick *pick, pal_draws *draws, uint32_t *item)
{
    const pal_catalog *catalog = pick->catalog;

    for (int rule = 0; rule < 3; rule++) { /* 0: popular, 1: any popularity, 2: any artist */
        size_t n = 0;

        for (uint32_t i = 0; i < catalog->n_items && !pal_pick_full(pick); i++) {
            if ((rule > 0 || catalog->popularity[i] >= stage->min_popularity) && pal_pick_is_new(pick, i)
                && (rule == 2 || pal_pick_artist_free(pick, i))) {
                item[n++] = i;
            }
        }
        while (n > 0 && !pal_pick_full(pick)) {
            const uint32_t at = pal_draws_below(draws, (uint32_t)n), drawn = item[at];

            push(stage, pick, drawn, catalog->cluster[drawn], 1 / (double)n);
            item[at] = item[n - 1];
            n = rule == 2 ? n - 1 : strike(item, n, catalog->artist, catalog->artist[drawn]);
        }
    }
}

static pal_status serve(const void *self, const pal_request *request, pal_slate *slate, pal_arena *scratch,
                        pal_error *err)
{
    const cold_start *stage = self;
    const pal_catalog *catalog = stage->index->catalog;
    pal_pick pick = pal_pick_begin(catalog, request, slate, PAL_AT_COLD_START);
    pal_draws draws = pal_draws_for(stage->key, request->user, request->round);
    pal_status rc = PAL_OK;
    uint64_t drawn = 0;
    uint32_t *item;

    PAL_TAKE(item, catalog->n_items, scratch);
    for (size_t c = 0; c < stage->n_clusters && !pal_pick_full(&pick); c++) {
        const size_t to_fill = pick.end - slate->n, parts = stage->n_clusters - c;
        uint8_t cluster[PAL_MAX_CLUSTERS];
        uint64_t open = 0;
        size_t n_open = 0, t;

        for (t = 0; t < stage->index->n_tastes; t++) {
            if (!((drawn >> t) & 1) && has_open(stage, &pick, t)) {
                open |= UINT64_C(1) << t;
                cluster[n_open++] = (uint8_t)t;
            }
        }
        if (n_open == 0) {
            break;
        }
        t = cluster[pal_draws_below(&draws, (uint32_t)n_open)];
        drawn |= UINT64_C(1) << t;
        fill_cluster(stage, &pick, &draws, open, n_open, t, (to_fill + parts - 1) / parts, item);
    }
    if (!pal_pick_full(&pick)) {
        fill_rest(stage, &pick, &draws, item);
    }

done:
    return rc;
}

static pal_status score(const void *self, const pal_request *request, const uint32_t *item, size_t n, float *out,
                        uint8_t *at, pal_arena *scratch, pal_error *err)
{
    const cold_start *stage = self;

    (void)request;
    (void)scratch;
    (void)err;
    for (size_t i = 0; i < n; i++) {
        out[i] = stage->index->catalog->popularity[item[i]];
    }
    memset(at, PAL_AT_COLD_START, n);
    return PAL_OK;
}

static uint64_t digest(const void *self)
{
    (void)self;
    return pal_hash_text("cold_start"); /* nothing is learned */
}

const pal_stage_type pal_stage_cold_start = {
    .name = "cold_start", .label = "Cold start",
    .summary = "popular songs at random from a few clusters drawn at random",
    .source = "R1 cold start", .flags = PAL_STAGE_PROPENSITY, .params = params,
    .init = init, .serve = serve, .score = score, .digest = digest, .free = cold_start_free,
    .save = pal_nothing_save, .restore = pal_nothing_restore,
};
