/* The ranking stage: R1's formula against a full sort, our own against its stated probabilities, and both against the
 * rules of every slate. */
#include "core/mem.h"
#include "core/pmath.h"
#include "stages/builtin.h"
#include "stages/pick.h"
#include "stages/scan.h"
#include "tests/support/mini_world.h"

#include <check.h>
#include <math.h>
#include <string.h>

/* ---- the slow, obvious version of R1's ranking: score everything, sort, walk ------------------------------- */

typedef struct naive {
    pal_candidate *all;
    float *similarity;
    size_t n;
} naive;

static void unit_floats(float *out, const double *x, size_t d)
{
    double norm = 0;

    for (size_t f = 0; f < d; f++) {
        norm += x[f] * x[f];
    }
    for (size_t f = 0; f < d; f++) {
        out[f] = norm > 0 ? (float)(x[f] / sqrt(norm)) : 0;
    }
}

static void score_all(naive *nv, const pal_catalog *c, const pal_request *request)
{
    const pal_profile_view *v = &request->profile;
    float disliked[PAL_MAX_FEATURES];

    unit_floats(disliked, v->disliked_sum, c->d);
    for (uint32_t i = 0; i < c->n_items; i++) {
        const float *direction = c->direction + i * c->stride;
        float best = -2, gain = 1;
        uint8_t taste = PAL_NO_TASTE;

        for (size_t t = 0; t < v->n_tastes; t++) {
            float centroid[PAL_MAX_FEATURES], similarity;

            for (size_t f = 0; f < c->d; f++) {
                centroid[f] = (float)v->centroid[t * c->d + f];
            }
            similarity = pal_scan_dot(direction, centroid, c->d);
            if (v->confidence[t] > 0 && similarity > best) {
                best = similarity;
                gain = (float)(1 + pal_log1p(v->confidence[t]));
                taste = (uint8_t)t;
            }
        }
        if (taste != PAL_NO_TASTE && !pal_seen(request->seen, i) && best >= 0.4f) {
            nv->all[nv->n++] = (pal_candidate){ best * gain - 0.3f * pal_scan_dot(direction, disliked, c->d), i, taste };
        }
    }
    pal_candidates_sort(nv->all, nv->n);
}

/* Items of R1's slate; stops where R1's would be short. cap 0: none. */
static void walk(pal_slate *slate, const naive *nv, const pal_catalog *c, size_t want, size_t cap)
{
    size_t by_taste[PAL_MAX_CLUSTERS] = { 0 };

    for (size_t s = 0; s < slate->n; s++) {
        by_taste[slate->taste[s]]++;
    }
    for (size_t i = 0; i < nv->n && slate->n < want; i++) {
        const pal_candidate one = nv->all[i];
        bool taken = by_taste[one.taste] >= cap;

        for (size_t s = 0; s < slate->n; s++) {
            taken = taken || slate->item[s] == one.item || c->artist[slate->item[s]] == c->artist[one.item];
        }
        if (!taken) {
            slate->item[slate->n] = one.item;
            slate->score[slate->n] = one.score;
            slate->taste[slate->n++] = one.taste;
            by_taste[one.taste]++;
        }
    }
}

static void naive_slate(pal_slate *slate, const pal_catalog *c, const pal_request *request)
{
    naive nv = { .all = pal_calloc(c->n_items, sizeof(pal_candidate)) };

    score_all(&nv, c, request);
    walk(slate, &nv, c, request->n_slots, request->n_slots * 6 / 10);
    walk(slate, &nv, c, request->n_slots, request->n_slots); /* short: without the quota */
    pal_free(nv.all);
}

/* ------------------------------------------------------------------------------------------------------------ */

static mini_world world_of(mini_spec spec, const char *json)
{
    return mini_world_of("ranking", json, spec, 4);
}

/* The pruned search must give the bytes of the full sort, whatever the catalog, the profile and the seen set. */
START_TEST(reference_slates_are_those_of_a_full_sort)
{
    mini_spec spec = mini_defaults((uint64_t)_i);
    mini_world w;

    spec.n_items = 40 + 61 * (size_t)(_i % 23);
    spec.n_genres = 2 + (size_t)_i % 9;
    spec.n_artists = 4 + 30 * (size_t)(_i % 7);
    spec.d = 2 + (size_t)_i % 8;
    w = world_of(spec, "");
    for (uint32_t user = 0; user < 4; user++) {
        const size_t taught = (size_t)_i % 5 * 12 + user * 17;
        pal_slate slate = { 0 }, wanted = { 0 };
        pal_request request;

        mini_teach(&w.people, user, (uint64_t)_i, 0x5b, taught);
        request = mini_request(&w.people, user, 3, 10);
        mini_serve(&slate, &w.stage, &w.people, &request);
        naive_slate(&wanted, w.catalog, &request);
        mini_check_slate(&w.people, &request, &slate, 10);
        ck_assert_uint_ge(slate.n, wanted.n);
        for (size_t s = 0; s < wanted.n; s++) {
            ck_assert_msg(slate.item[s] == wanted.item[s], "slot %zu of %zu: item %u, wanted %u", s, wanted.n,
                          slate.item[s], wanted.item[s]);
            ck_assert(slate.score[s] == wanted.score[s]);
            ck_assert_uint_eq(slate.taste[s], wanted.taste[s]);
            ck_assert_float_eq(slate.propensity[s], 1);
        }
    }
    mini_world_free(&w);
}
END_TEST

START_TEST(reference_slates_of_the_real_catalog_are_those_of_a_full_sort)
{
    pal_catalog *catalog = mini_real_catalog();
    mini_people people;
    mini_stage stage;

    if (catalog == NULL) {
        return;
    }
    people = mini_people_of(catalog, 6, 400, mini_r1_config());
    stage = mini_stage_of("ranking", "", catalog);
    for (uint32_t user = 0; user < 6; user++) {
        pal_slate slate = { 0 }, wanted = { 0 };
        pal_request request;

        mini_teach(&people, user, 77, UINT64_C(0x10421) << user, 10 + 60 * user);
        request = mini_request(&people, user, 3, 10);
        mini_serve(&slate, &stage, &people, &request);
        naive_slate(&wanted, catalog, &request);
        mini_check_slate(&people, &request, &slate, 10);
        ck_assert_mem_eq(slate.item, wanted.item, wanted.n * sizeof *slate.item);
        ck_assert_mem_eq(slate.score, wanted.score, wanted.n * sizeof *slate.score);
    }
    mini_stage_free(&stage);
    mini_people_free(&people);
    pal_catalog_free(catalog);
}
END_TEST

START_TEST(rejected_songs_come_only_when_nothing_else_is_left)
{
    mini_spec spec = mini_defaults(12);
    mini_world w;

    spec.n_artists = 100000; /* no artist twice by chance */
    w = world_of(spec, "");
    for (uint32_t i = 0; i < w.catalog->n_items; i++) { /* one taste, one like: the centroid is that song */
        if (w.catalog->cluster[i] == 2) {
            const pal_slate one = { .n = 1, .item = { i }, .taste = { 2 } };
            const uint8_t like = PAL_LIKED;

            mini_learn(&w.people, 0, 0, &one, &like);
            break;
        }
    }
    const pal_request request = mini_request(&w.people, 0, 1, 50);
    size_t close = 0, slots_of_taste = 0;
    const float *centroid = NULL;

    for (uint32_t i = 0; i < w.catalog->n_items; i++) {
        if (pal_seen(request.seen, i)) {
            centroid = w.catalog->direction + i * w.catalog->stride;
        }
    }
    for (uint32_t i = 0; i < w.catalog->n_items; i++) {
        close += !pal_seen(request.seen, i)
                 && pal_scan_dot(w.catalog->direction + i * w.catalog->stride, centroid, w.catalog->d) >= 0.4f;
    }
    ck_assert_uint_gt(close, 50);
    pal_slate slate = { 0 };

    mini_serve(&slate, &w.stage, &w.people, &request);
    for (size_t s = 0; s < slate.n; s++) {
        slots_of_taste += slate.taste[s] == 2;
        ck_assert(slate.taste[s] != 2
                  || pal_scan_dot(w.catalog->direction + slate.item[s] * w.catalog->stride, centroid, w.catalog->d)
                         >= 0.4f);
    }
    ck_assert_uint_eq(slots_of_taste, 50); /* one taste only: its quota of 30 gives way to fill the slate */
    mini_stage_free(&w.stage);
    w.stage = mini_stage_of("ranking", "{\"min_similarity\": 0.9999}", w.catalog);
    memset(&slate, 0, sizeof slate);
    mini_serve(&slate, &w.stage, &w.people, &request);
    mini_check_slate(&w.people, &request, &slate, 50);
    ck_assert_uint_eq(slate.taste[slate.n - 1], PAL_NO_TASTE); /* topped up by popularity */
    ck_assert(w.catalog->popularity[slate.item[slate.n - 2]] >= w.catalog->popularity[slate.item[slate.n - 1]]);
    mini_world_free(&w);
}
END_TEST

START_TEST(a_taste_takes_sixty_percent_at_most)
{
    mini_world w = world_of(mini_defaults((uint64_t)_i + 50), "");
    size_t by_taste[8] = { 0 };
    pal_slate slate = { 0 };

    mini_teach(&w.people, 0, (uint64_t)_i, 0x09, 120);
    const pal_request request = mini_request(&w.people, 0, 1, 10);

    mini_serve(&slate, &w.stage, &w.people, &request);
    for (size_t s = 0; s < slate.n; s++) {
        by_taste[slate.taste[s]]++;
    }
    for (size_t t = 0; t < 8; t++) {
        ck_assert_uint_le(by_taste[t], 6);
    }
    ck_assert_uint_eq(mini_repeated_artists(w.catalog, &slate), 0);
    mini_world_free(&w);
}
END_TEST

START_TEST(palate_items_come_as_often_as_stated)
{
    mini_spec spec = { .seed = 31 + (uint64_t)_i, .n_items = 16, .n_genres = 3, .n_artists = 9, .d = 2,
                       .second_genre = 0.5, .spread = 1 };
    mini_world w = world_of(spec, _i % 2 == 0 ? "{\"score\": \"palate\", \"explore\": 0.4, \"window\": 3, \"temperature\": 1}"
                                         : "{\"score\": \"palate\", \"explore\": 1, \"window\": 100, \"temperature\": 1,"
                                           " \"max_share\": 0.5}");

    mini_teach(&w.people, 0, 3, 1, (size_t)_i);
    mini_check_propensities(&w.stage, &w.people, 0, _i < 3 ? 5 : 2, 60000);
    mini_world_free(&w);
}
END_TEST

START_TEST(palate_slates_come_from_their_tastes)
{
    mini_world w = world_of(mini_defaults((uint64_t)_i), "{\"score\": \"palate\"}");

    mini_teach(&w.people, 0, (uint64_t)_i, 0x11, 60 * (size_t)_i);
    for (uint32_t round = 0; round < 40; round++) {
        const pal_request request = mini_request(&w.people, 0, round, 10);
        size_t by_taste[8] = { 0 };
        pal_slate slate = { 0 };

        mini_serve(&slate, &w.stage, &w.people, &request);
        mini_check_slate(&w.people, &request, &slate, 10);
        for (size_t s = 0; s < slate.n && slate.taste[s] != PAL_NO_TASTE; s++) {
            ck_assert((w.catalog->cluster_mask[slate.item[s]] >> slate.taste[s]) & 1);
            by_taste[slate.taste[s]]++;
        }
        for (size_t t = 0; t < 8 && mini_unseen(&w.people, 0) > 300; t++) {
            ck_assert_uint_le(by_taste[t], 6);
        }
    }
    mini_world_free(&w);
}
END_TEST

START_TEST(palate_prefers_the_tastes_that_were_liked)
{
    mini_world w = world_of(mini_defaults((uint64_t)_i + 9), "{\"score\": \"palate\"}");
    size_t liked = 0, slots = 0;

    mini_teach(&w.people, 0, (uint64_t)_i, 0x24, 150);
    for (uint32_t round = 0; round < 50; round++) {
        const pal_request request = mini_request(&w.people, 0, round, 10);
        pal_slate slate = { 0 };

        mini_serve(&slate, &w.stage, &w.people, &request);
        for (size_t s = 0; s < slate.n; s++, slots++) {
            liked += (w.catalog->cluster_mask[slate.item[s]] & 0x24) != 0;
        }
    }
    ck_assert_msg(liked * 10 > slots * 8, "%zu of %zu", liked, slots); /* 2 of 8 tastes: by chance about 3 in 10 */
    mini_world_free(&w);
}
END_TEST

START_TEST(scores_for_measuring_are_those_of_the_slates)
{
    mini_world w = world_of(mini_defaults(4), _i == 0 ? "" : "{\"score\": \"palate\"}");
    uint8_t at[10];
    float score[10];
    pal_slate slate = { 0 };

    mini_teach(&w.people, 0, 8, 0x24, 90);
    const pal_request request = mini_request(&w.people, 0, 0, 10);

    mini_serve(&slate, &w.stage, &w.people, &request);
    ck_assert_int_eq(w.stage.type->score(w.stage.self, &request, slate.item, slate.n, score, at, w.people.scratch, NULL),
                     PAL_OK);
    for (size_t s = 0; s < slate.n; s++) {
        ck_assert_uint_eq(at[s], PAL_AT_RANKING);
        /* of an item with two genres the better taste's score counts */
        ck_assert(_i == 0 ? score[s] == slate.score[s] : score[s] >= slate.score[s]);
    }
    mini_world_free(&w);
}
END_TEST

START_TEST(small_and_exhausted_catalogs_are_served_to_the_last_item)
{
    mini_spec spec = mini_defaults((uint64_t)_i);
    mini_world w;

    spec.n_items = 23;
    spec.n_artists = _i % 2 == 0 ? 1 : 5;
    w = world_of(spec, _i < 4 ? "" : "{\"score\": \"palate\"}");
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

START_TEST(nothing_is_served_without_scratch_memory)
{
    mini_world w = world_of(mini_defaults(4), _i == 0 ? "" : "{\"score\": \"palate\"}");
    pal_error err = { 0 };
    pal_slate slate = { 0 };
    pal_arena *small = NULL;
    pal_status rc;

    mini_teach(&w.people, 0, 8, 0x24, 90);
    const pal_request request = mini_request(&w.people, 0, 0, 10);

    ck_assert_int_eq(pal_arena_new(&small, 64, NULL), PAL_OK);
    pal_mem_fail_at(1);
    rc = w.stage.type->serve(w.stage.self, &request, &slate, small, &err);
    pal_mem_fail_at(0);
    ck_assert_int_eq(rc, PAL_ERR_MEMORY);
    pal_arena_free(small);
    mini_world_free(&w);
}
END_TEST

START_TEST(init_survives_every_failing_allocation)
{
    pal_catalog *catalog = mini_catalog(mini_defaults(2));

    mini_check_init_without_memory("ranking", "", catalog);
    mini_check_init_without_memory("ranking", "{\"score\": \"palate\"}", catalog);
    pal_catalog_free(catalog);
}
END_TEST

Suite *suite_stages_ranking(void);
Suite *suite_stages_ranking(void)
{
    Suite *suite = suite_create("stages/ranking");
    TCase *tc = tcase_create("ranking");

    tcase_set_timeout(tc, 30);
    tcase_add_loop_test(tc, reference_slates_are_those_of_a_full_sort, 0, 120);
    tcase_add_test(tc, reference_slates_of_the_real_catalog_are_those_of_a_full_sort);
    tcase_add_test(tc, rejected_songs_come_only_when_nothing_else_is_left);
    tcase_add_loop_test(tc, a_taste_takes_sixty_percent_at_most, 0, 10);
    tcase_add_loop_test(tc, palate_items_come_as_often_as_stated, 0, 6);
    tcase_add_loop_test(tc, palate_slates_come_from_their_tastes, 0, 8);
    tcase_add_loop_test(tc, palate_prefers_the_tastes_that_were_liked, 0, 5);
    tcase_add_loop_test(tc, scores_for_measuring_are_those_of_the_slates, 0, 2);
    tcase_add_loop_test(tc, small_and_exhausted_catalogs_are_served_to_the_last_item, 0, 8);
    tcase_add_loop_test(tc, nothing_is_served_without_scratch_memory, 0, 2);
    tcase_add_test(tc, init_survives_every_failing_allocation);
    suite_add_tcase(suite, tc);
    return suite;
}
