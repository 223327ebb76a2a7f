/* The fallback stage: R1's rules against a full sort of all proposals. */
#include "core/mem.h"
#include "stages/builtin.h"
#include "stages/pick.h"
#include "stages/scan.h"
#include "tests/support/mini_world.h"

#include <check.h>
#include <math.h>
#include <string.h>

/* ---- the slow, obvious version ----------------------------------------------------------------------------- */

typedef struct naive {
    const pal_catalog *catalog;
    const pal_request *request;
    float center[PAL_MAX_CLUSTERS][PAL_MAX_FEATURES]; /* of inactive tastes: the cluster's mean direction */
    pal_candidate *all;
    size_t n, by_taste[PAL_MAX_CLUSTERS];
} naive;

static void find_centers(naive *nv)
{
    const pal_catalog *c = nv->catalog;

    for (size_t t = 0; t < c->clusters->n; t++) {
        double sum[PAL_MAX_FEATURES] = { 0 }, norm = 0;

        for (size_t i = 0; i < c->n_items; i++) {
            for (size_t f = 0; f < c->d && ((c->cluster_mask[i] >> t) & 1); f++) {
                sum[f] += (double)c->direction[i * c->stride + f];
            }
        }
        for (size_t f = 0; f < c->d; f++) {
            norm += sum[f] * sum[f];
        }
        for (size_t f = 0; f < c->d; f++) {
            nv->center[t][f] = norm > 0 ? (float)(sum[f] / sqrt(norm)) : 0;
        }
    }
}

static float score_of(const naive *nv, uint32_t item, size_t t, float similarity, double confidence)
{
    const float slope = (float)(1 + 0.7 * confidence) / 0.25f;
    const float bonus = (nv->catalog->cluster_mask[item] >> t) & 1 ? 0.06f : 0;

    return bonus - slope * fabsf(similarity - 0.5f) - (float)(0.02 / 100) * nv->catalog->popularity[item];
}

/* Two proposals an item: for the closest active and for the closest inactive taste. */
static void propose(naive *nv, uint32_t item)
{
    const pal_profile_view *v = &nv->request->profile;
    const pal_catalog *c = nv->catalog;

    for (int active = 0; active < 2; active++) {
        float closest = -2;
        size_t taste = PAL_NO_TASTE;

        for (size_t t = 0; t < v->n_tastes; t++) {
            float centroid[PAL_MAX_FEATURES], similarity;

            if ((v->confidence[t] > 0) != (active == 1)) {
                continue;
            }
            for (size_t f = 0; f < c->d; f++) {
                centroid[f] = active == 1 ? (float)v->centroid[t * c->d + f] : nv->center[t][f];
            }
            similarity = pal_scan_dot(c->direction + item * c->stride, centroid, c->d);
            if (similarity > closest) {
                closest = similarity;
                taste = t;
            }
        }
        if (taste != PAL_NO_TASTE) {
            nv->all[nv->n++] = (pal_candidate){ score_of(nv, item, taste, closest, v->confidence[taste]), item,
                                                (uint8_t)taste };
        }
    }
}

static void walk(pal_slate *slate, naive *nv, uint64_t tastes, size_t end, size_t cap, bool repeat_artists)
{
    const uint32_t *artist = nv->catalog->artist;

    for (size_t i = 0; i < nv->n && slate->n < end; i++) {
        const pal_candidate one = nv->all[i];
        bool taken = nv->by_taste[one.taste] >= cap || !((tastes >> one.taste) & 1);

        for (size_t s = 0; s < slate->n; s++) {
            taken = taken || slate->item[s] == one.item
                    || (!repeat_artists && artist[slate->item[s]] == artist[one.item]);
        }
        if (!taken) {
            slate->item[slate->n] = one.item;
            slate->score[slate->n] = one.score;
            slate->taste[slate->n++] = one.taste;
            nv->by_taste[one.taste]++;
        }
    }
}

/* A taste is strong from half of the highest confidence on. */
static uint64_t strong_tastes(const pal_profile_view *v)
{
    double highest = 0;
    uint64_t strong = 0;

    for (size_t t = 0; t < v->n_tastes; t++) {
        highest = v->confidence[t] > highest ? v->confidence[t] : highest;
    }
    for (size_t t = 0; t < v->n_tastes; t++) {
        if (v->confidence[t] > 0 && v->confidence[t] >= 0.5 * highest) {
            strong |= UINT64_C(1) << t;
        }
    }
    return strong;
}

static void naive_slate(pal_slate *slate, const pal_catalog *c, const pal_request *request)
{
    const size_t want = request->n_slots, for_strong = (want * 8 + 5) / 10, cap = want * 4 / 10;
    const uint64_t strong = strong_tastes(&request->profile);
    naive *nv = pal_calloc(1, sizeof *nv);

    nv->catalog = c;
    nv->request = request;
    nv->all = pal_calloc(2 * c->n_items, sizeof *nv->all);
    find_centers(nv);
    for (uint32_t i = 0; i < c->n_items; i++) {
        if (!pal_seen(request->seen, i)) {
            propose(nv, i);
        }
    }
    pal_candidates_sort(nv->all, nv->n);
    walk(slate, nv, strong, for_strong, cap, false);
    walk(slate, nv, ~strong, slate->n + want - for_strong, cap, false);
    walk(slate, nv, UINT64_MAX, want, cap, false);
    walk(slate, nv, UINT64_MAX, want, want, false);
    walk(slate, nv, UINT64_MAX, want, want, true);
    pal_free(nv->all);
    pal_free(nv);
}

/* ------------------------------------------------------------------------------------------------------------ */

static mini_world world_of(mini_spec spec, const char *json)
{
    return mini_world_of("fallback", json, spec, 4);
}

static void hold_against_naive(const mini_world *w, uint32_t user)
{
    const pal_request request = mini_request(&w->people, user, 3, 10);
    pal_slate slate = { 0 }, wanted = { 0 };

    mini_serve(&slate, &w->stage, &w->people, &request);
    naive_slate(&wanted, w->catalog, &request);
    mini_check_slate(&w->people, &request, &slate, 10);
    ck_assert_uint_eq(slate.n, wanted.n);
    for (size_t s = 0; s < wanted.n; s++) {
        ck_assert_msg(slate.item[s] == wanted.item[s], "slot %zu: item %u, wanted %u", s, slate.item[s],
                      wanted.item[s]);
        ck_assert(slate.score[s] == wanted.score[s]);
        ck_assert_uint_eq(slate.taste[s], wanted.taste[s]);
        ck_assert_uint_eq(slate.stage[s], PAL_AT_FALLBACK);
        ck_assert_float_eq(slate.propensity[s], 1);
    }
}

START_TEST(slates_are_those_of_a_full_sort)
{
    mini_spec spec = mini_defaults((uint64_t)_i);
    mini_world w;

    spec.n_items = 30 + 61 * (size_t)(_i % 23);
    spec.n_genres = 1 + (size_t)_i % 10;
    spec.n_artists = 3 + 40 * (size_t)(_i % 7);
    spec.d = 2 + (size_t)_i % 8;
    w = world_of(spec, "");
    for (uint32_t user = 0; user < 4; user++) { /* from nothing known to all tastes active */
        mini_teach(&w.people, user, (uint64_t)_i, 0x1b, (size_t)(_i % 3) * 5 + user * 18);
        hold_against_naive(&w, user);
    }
    mini_world_free(&w);
}
END_TEST

START_TEST(slates_of_the_real_catalog_are_those_of_a_full_sort)
{
    mini_world w = { .catalog = mini_real_catalog() };

    if (w.catalog == NULL) {
        return;
    }
    w.people = mini_people_of(w.catalog, 4, 400, mini_r1_config());
    w.stage = mini_stage_of("fallback", "", w.catalog);
    for (uint32_t user = 0; user < 4; user++) {
        mini_teach(&w.people, user, 77, UINT64_C(0x10421) << user, 70 * user);
        hold_against_naive(&w, user);
    }
    mini_world_free(&w);
}
END_TEST

/* 8 slots of strong tastes and 2 of weak or inactive ones; 4 of one taste at most; no artist twice. */
START_TEST(the_quotas_hold)
{
    mini_spec spec = mini_defaults((uint64_t)_i);
    mini_world w;
    size_t by_taste[8] = { 0 }, strong_slots = 0;
    pal_slate slate = { 0 };
    pal_request request;
    uint64_t strong;

    spec.n_items = 2500;
    spec.n_artists = 2500;
    w = world_of(spec, "");
    mini_teach(&w.people, 0, (uint64_t)_i, 0x83, 40);
    request = mini_request(&w.people, 0, 1, 10);
    strong = strong_tastes(&request.profile);
    mini_serve(&slate, &w.stage, &w.people, &request);
    for (size_t s = 0; s < slate.n; s++) {
        by_taste[slate.taste[s]]++;
        strong_slots += (strong >> slate.taste[s]) & 1;
    }
    for (size_t t = 0; t < 8; t++) {
        ck_assert_uint_le(by_taste[t], 4);
    }
    ck_assert_uint_eq(mini_repeated_artists(w.catalog, &slate), 0);
    if (__builtin_popcountll(strong) >= 2 && strong != 0xff) {
        ck_assert_uint_eq(strong_slots, 8);
    }
    mini_world_free(&w);
}
END_TEST

START_TEST(the_similarity_looked_for_is_a_half)
{
    mini_spec spec = mini_defaults(3);
    mini_world w;
    pal_slate slate = { 0 };

    spec.n_items = 3000;
    w = world_of(spec, "");
    mini_teach(&w.people, 0, 5, 0x3, 60);
    const pal_request request = mini_request(&w.people, 0, 1, 10);

    mini_serve(&slate, &w.stage, &w.people, &request);
    for (size_t s = 0; s < slate.n; s++) {
        const double *centroid = request.profile.centroid + slate.taste[s] * w.catalog->d;
        double similarity = 0;

        for (size_t f = 0; f < w.catalog->d; f++) {
            similarity += centroid[f] * (double)w.catalog->direction[slate.item[s] * w.catalog->stride + f];
        }
        ck_assert(request.profile.confidence[slate.taste[s]] == 0 || fabs(similarity - 0.5) < 0.05);
    }
    mini_world_free(&w);
}
END_TEST

START_TEST(less_popular_songs_come_first)
{
    mini_spec spec = mini_defaults(4);
    double mean[2] = { 0 };

    spec.n_items = 3000;
    for (int penalised = 0; penalised < 2; penalised++) {
        mini_world w = world_of(spec, penalised == 1 ? "{\"popularity_penalty\": 0.2}" : "{\"popularity_penalty\": 0}");

        for (uint32_t user = 0; user < 4; user++) {
            pal_slate slate = { 0 };
            pal_request request;

            mini_teach(&w.people, user, 5, 0x3, 60);
            request = mini_request(&w.people, user, 1, 10);
            mini_serve(&slate, &w.stage, &w.people, &request);
            for (size_t s = 0; s < slate.n; s++) {
                mean[penalised] += (double)w.catalog->popularity[slate.item[s]] / 40;
            }
        }
        mini_world_free(&w);
    }
    ck_assert_msg(mean[1] < mean[0] - 10, "mean popularity %.1f with, %.1f without the penalty", mean[1], mean[0]);
}
END_TEST

START_TEST(scores_for_measuring_are_the_better_proposal)
{
    mini_world w = world_of(mini_defaults(4), "");
    uint8_t at[10];
    float score[10];
    pal_slate slate = { 0 };

    mini_teach(&w.people, 0, 8, 0x24, 50);
    const pal_request request = mini_request(&w.people, 0, 0, 10);

    mini_serve(&slate, &w.stage, &w.people, &request);
    ck_assert_int_eq(w.stage.type->score(w.stage.self, &request, slate.item, slate.n, score, at, w.people.scratch, NULL),
                     PAL_OK);
    for (size_t s = 0; s < slate.n; s++) {
        ck_assert_uint_eq(at[s], PAL_AT_FALLBACK);
        ck_assert(score[s] >= slate.score[s]);
    }
    ck_assert(score[0] == slate.score[0]);
    mini_world_free(&w);
}
END_TEST

START_TEST(small_and_exhausted_catalogs_are_served_to_the_last_item)
{
    mini_spec spec = mini_defaults((uint64_t)_i);
    mini_world w;

    spec.n_items = 23;
    spec.n_artists = _i % 2 == 0 ? 1 : 5;
    w = world_of(spec, "");
    for (uint32_t round = 0; round < 5; round++) {
        const pal_request request = mini_request(&w.people, 0, round, 10);
        uint8_t flags[PAL_MAX_SLOTS];
        pal_slate slate = { 0 };

        mini_serve(&slate, &w.stage, &w.people, &request);
        mini_check_slate(&w.people, &request, &slate, 10);
        memset(flags, round == 0 ? PAL_LIKED : PAL_DISLIKED, sizeof flags);
        mini_learn(&w.people, 0, round, &slate, flags);
    }
    ck_assert_uint_eq(mini_unseen(&w.people, 0), 0);
    mini_world_free(&w);
}
END_TEST

START_TEST(init_survives_every_failing_allocation)
{
    pal_catalog *catalog = mini_catalog(mini_defaults(2));

    mini_check_init_without_memory("fallback", "", catalog);
    pal_catalog_free(catalog);
}
END_TEST

Suite *suite_stages_fallback(void);
Suite *suite_stages_fallback(void)
{
    Suite *suite = suite_create("stages/fallback");
    TCase *tc = tcase_create("fallback");

    tcase_set_timeout(tc, 30);
    tcase_add_loop_test(tc, slates_are_those_of_a_full_sort, 0, 120);
    tcase_add_test(tc, slates_of_the_real_catalog_are_those_of_a_full_sort);
    tcase_add_loop_test(tc, the_quotas_hold, 0, 10);
    tcase_add_test(tc, the_similarity_looked_for_is_a_half);
    tcase_add_test(tc, less_popular_songs_come_first);
    tcase_add_test(tc, scores_for_measuring_are_the_better_proposal);
    tcase_add_loop_test(tc, small_and_exhausted_catalogs_are_served_to_the_last_item, 0, 4);
    tcase_add_test(tc, init_survives_every_failing_allocation);
    suite_add_tcase(suite, tc);
    return suite;
}
