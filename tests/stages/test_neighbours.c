/* Neighbours: the index and the song scores against slow and obvious versions; what the stage serves. */
#include "stages/builtin.h"
#include "stages/neighbours_score.h"
#include "tests/support/holds.h"
#include "tests/support/playlist_people.h"

#include "core/mem.h"

#include <math.h>
#include <string.h>

enum { USERS = 30, ITEMS = 600, GROUPS = 6 };

static pal_catalog *catalog;
static pal_error err;

#define OK(call) ck_assert_msg((call) == PAL_OK, "%s", err.text)

static void setup(void)
{
    catalog = mini_catalog(mini_defaults(1));
}

static void teardown(void)
{
    pal_catalog_free(catalog);
}

/* The list a song stands in, or -1. */
static int list_of(const pal_playlists *p, uint32_t user, uint32_t item)
{
    for (size_t k = 0; k < p->n[user]; k++) {
        if (pal_playlists_items(p, user)[k] == item) {
            return pal_playlists_lists(p, user)[k];
        }
    }
    return -1;
}

static size_t shared(const pal_playlists *p, uint32_t a, uint32_t b)
{
    size_t n = 0;

    for (size_t k = 0; k < p->n[a]; k++) {
        n += list_of(p, b, pal_playlists_items(p, a)[k]) >= 0;
    }
    return n;
}

static void check_index(const pal_neighbours_index *index, const pal_playlists *p)
{
    for (uint32_t a = 0; a < p->n_users; a++) {
        for (uint32_t b = 0; b < p->n_users; b++) {
            const pal_acquaintance *both = pal_neighbours_index_find(index, a, b);

            HOLD((both != NULL ? both->shared : 0) == (a == b ? 0 : shared(p, a, b)));
        }
    }
    for (uint32_t i = 0; i < p->n_items; i++) {
        size_t holders = 0, chain = 0;

        for (uint32_t u = 0; u < p->n_users; u++) {
            holders += list_of(p, u, i) >= 0;
        }
        for (uint32_t e = index->song_head[i]; e != PAL_NO_ENTRY; e = index->song_next[e], chain++) {
            HOLD(p->item[e] == i);
            HOLD(e >= p->begin[index->owner[e]] && e < p->begin[index->owner[e] + 1]);
        }
        HOLD(index->holders[i] == holders && chain == holders);
    }
    for (uint32_t u = 0; u < p->n_users; u++) {
        for (uint8_t l = 0; l < p->n_lists[u]; l++) {
            size_t n = 0;

            for (uint32_t e = index->list_head[u * PAL_MAX_PLAYLISTS + l]; e != PAL_NO_ENTRY; e = index->list_next[e]) {
                HOLD(p->list[e] == l && index->owner[e] == u);
                n++;
            }
            HOLD(n == p->list_n[u * PAL_MAX_PLAYLISTS + l]);
        }
    }
}

START_TEST(the_index_grows_with_the_playlists)
{
    pal_playlists *p = shelf_planted((uint64_t)_i, 20, 120, 6, 7, 40);
    pal_neighbours_index *index = NULL;

    OK(pal_neighbours_index_new(&index, p, &err));
    for (uint32_t round = 0; round < 4; round++) {
        OK(pal_neighbours_index_read(index, p, &err));
        check_index(index, p);
        for (uint32_t u = round % 3; u < 20; u += 3) {
            const uint32_t item = (u * 31 + round * 17) % 120;

            if (list_of(p, u, item) < 0) {
                pal_playlists_add(p, u, (uint8_t)(round % 3), item, round);
            }
        }
    }
    pal_neighbours_index_free(index);
    pal_playlists_free(p);
}
END_TEST

START_TEST(tastes_are_the_clusters_of_most_songs_of_a_list)
{
    const size_t *begin = catalog->cluster_begin;
    const uint32_t mostly_two[] = { (uint32_t)begin[2], (uint32_t)begin[2] + 1, (uint32_t)begin[5], SHELF_END };
    const uint32_t five[] = { (uint32_t)begin[5] + 1, SHELF_END };
    pal_playlists *p = shelf_new(1, catalog->n_items, 10);
    mini_people people = mini_people_of(catalog, 1, 10, mini_r1_config());
    pal_slate slate = { .n = 2, .item = { (uint32_t)begin[1], (uint32_t)begin[3] } };
    const uint8_t flags[2] = { PAL_EXAMINED | PAL_CLICKED | PAL_LIKED, PAL_EXAMINED };
    pal_tastes_of tastes;

    shelf_add(p, 0, 0, mostly_two);
    shelf_add(p, 0, 1, five);
    mini_learn(&people, 0, 0, &slate, flags); /* a like not filed yet counts, what was not liked does not */
    OK(pal_tastes_of_person(&tastes, catalog, p, people.history, 0, people.scratch, &err));
    ck_assert_uint_eq(tastes.n, 3);
    ck_assert_uint_eq(tastes.n_own, 5);
    ck_assert_uint_eq(tastes.cluster[0], 1);
    ck_assert_uint_eq(tastes.cluster[1], 2);
    ck_assert_uint_eq(tastes.cluster[2], 5);
    ck_assert_uint_eq(tastes.songs[0], 1);
    ck_assert_uint_eq(tastes.songs[1], 3);
    ck_assert_uint_eq(tastes.songs[2], 1);
    ck_assert_uint_eq(tastes.taste[begin[5]], 2); /* the list's, not the song's own */
    ck_assert_uint_eq(tastes.taste[begin[5] + 1], 3);
    ck_assert_uint_eq(tastes.taste[begin[3]], 0);
    mini_people_free(&people);
    pal_playlists_free(p);
}
END_TEST

/* The formula of the header, pair by pair, over all lists. */
static double obvious(uint32_t i, uint8_t place, const pal_tastes_of *tastes, const pal_neighbourhood *near,
                      const pal_playlists *p, uint32_t user, const pal_neighbours_rules *rules)
{
    double sum = 0, near_i = 0, all_i = 0;

    for (uint32_t u = 0; u < p->n_users; u++) {
        all_i += list_of(p, u, i) >= 0;
    }
    for (size_t v = 0; v < near->n; v++) {
        near_i += list_of(p, near->who[v], i) >= 0 ? (double)near->weight[v] : 0;
    }
    for (size_t k = 0; k < tastes->n_own; k++) {
        const uint32_t j = tastes->own[k];
        double near_j = 0, all_j = 0, near_both = 0, all_both = 0, trust;

        if (tastes->taste[j] != place) {
            continue;
        }
        for (uint32_t u = 0; u < p->n_users; u++) {
            const int a = list_of(p, u, i), b = list_of(p, u, j);

            all_j += b >= 0;
            all_both += u != user && a >= 0 && a == b;
        }
        for (size_t v = 0; v < near->n; v++) {
            const int a = list_of(p, near->who[v], i), b = list_of(p, near->who[v], j);

            near_j += b >= 0 ? (double)near->weight[v] : 0;
            near_both += a >= 0 && a == b ? (double)near->weight[v] : 0;
        }
        trust = near_j / (near_j + rules->kappa);
        sum += trust * near_both / sqrt((near_i + rules->shrink) * (near_j + rules->shrink)) +
               (1 - trust) * all_both / sqrt((all_i + rules->shrink) * (all_j + rules->shrink));
    }
    return sum;
}

START_TEST(song_scores_are_those_of_the_formula)
{
    pal_playlists *p = shelf_planted((uint64_t)_i, 20, ITEMS, GROUPS, 12, 40);
    mini_people people = mini_people_of(catalog, 20, 10, mini_r1_config());
    const uint32_t who[4] = { 1, 6, 8, 17 };
    const float weight[4] = { 1.7f, 0.4f, 1.1f, 0.8f };
    const pal_neighbourhood near = { 4, who, weight };
    const pal_neighbours_rules rules = { .shrink = 1.3, .kappa = 2.5 };
    float *held = pal_calloc(ITEMS, sizeof *held), *score = pal_calloc(ITEMS, sizeof *score);
    uint32_t *touched = pal_calloc(ITEMS, sizeof *touched);
    pal_neighbours_index *index = NULL;
    pal_tastes_of tastes;
    size_t n, scored = 0;

    ck_assert(held != NULL && score != NULL && touched != NULL);
    OK(pal_neighbours_index_new(&index, p, &err));
    OK(pal_neighbours_index_read(index, p, &err));
    OK(pal_tastes_of_person(&tastes, catalog, p, people.history, 3, people.scratch, &err));
    pal_neighbours_held(held, &near, p);
    for (size_t t = 0; t < tastes.n; t++) {
        OK(pal_neighbours_score(score, touched, &n, t, &tastes, held, &near, index, p, 3, &rules, people.scratch, &err));
        scored += n;
        for (uint32_t i = 0; i < ITEMS; i++) {
            const double wanted = tastes.taste[i] != 0 ? 0 : obvious(i, (uint8_t)(t + 1), &tastes, &near, p, 3, &rules);

            HOLDS(fabs((double)score[i] - wanted) <= 1e-5 * (1 + wanted), "item %u: %g, by the formula %g", i,
                  (double)score[i], wanted);
        }
        for (size_t k = 0; k < n; k++) {
            score[touched[k]] = 0;
        }
        for (size_t i = 0; i < ITEMS; i++) {
            HOLD(score[i] == 0);
        }
    }
    ck_assert_uint_gt(scored, 50);
    pal_neighbours_index_free(index);
    pal_free(held);
    pal_free(score);
    pal_free(touched);
    mini_people_free(&people);
    pal_playlists_free(p);
}
END_TEST

/* ---- the stage ---- */

static pal_playlists *lists(void)
{
    return shelf_planted(4, USERS, ITEMS, GROUPS, 12, 160);
}

START_TEST(slots_are_its_own_from_the_first_round_and_hit_the_groups)
{
    pal_playlists *p = lists();
    mini_people people = mini_people_of(catalog, USERS, 200, mini_r1_config());
    mini_stage stage = shelf_stage("neighbours", "", catalog, p, 1);
    static pal_slate slate[USERS];
    double inside = 0, own = 0, all = 0;

    for (uint32_t round = 0; round < 4; round++) {
        shelf_round(&stage, &people, p, USERS, GROUPS, round, slate);
        for (size_t u = 0; u < USERS; u++) {
            for (size_t s = 0; s < slate[u].n; s++) {
                const size_t group = slate[u].item[s] / (ITEMS / GROUPS);

                for (size_t l = 0; l < 3; l++) {
                    inside += p->list_cluster[u * PAL_MAX_PLAYLISTS + l] == group;
                }
                own += slate[u].stage[s] == PAL_AT_NEIGHBOURS;
                all++;
            }
        }
    }
    ck_assert_double_gt(own / all, 0.99);
    ck_assert_double_gt(inside / all, 0.9);
    mini_stage_free(&stage);
    mini_people_free(&people);
    pal_playlists_free(p);
}
END_TEST

START_TEST(every_taste_gets_slots_and_none_the_same_artist_twice)
{
    pal_playlists *p = lists();
    mini_people people = mini_people_of(catalog, USERS, 200, mini_r1_config());
    mini_stage stage = shelf_stage("neighbours", "", catalog, p, 1);

    for (uint32_t u = 0; u < USERS; u++) {
        pal_request request = mini_request(&people, u, 0, 10);
        pal_slate slate = { 0 };
        pal_tastes_of tastes;
        const pal_arena_mark mark = pal_arena_here(people.scratch);

        request.playlists = p;
        mini_serve(&slate, &stage, &people, &request);
        ck_assert_uint_eq(mini_repeated_artists(catalog, &slate), 0);
        OK(pal_tastes_of_person(&tastes, catalog, p, people.history, u, people.scratch, &err));
        for (size_t t = 0; t < tastes.n; t++) {
            bool served = false;

            for (size_t s = 0; s < slate.n; s++) {
                served = served || slate.taste[s] == tastes.cluster[t];
            }
            ck_assert(served || tastes.songs[t] < 9); /* a small taste may have to wait */
        }
        pal_arena_rewind(people.scratch, mark);
    }
    mini_stage_free(&stage);
    mini_people_free(&people);
    pal_playlists_free(p);
}
END_TEST

START_TEST(likes_of_a_neighbours_songs_make_the_neighbour_count_more)
{
    static const uint32_t own[] = { 1, 2, 3, 4, SHELF_END }, left[] = { 1, 2, 50, 51, SHELF_END };
    static const uint32_t right[] = { 3, 4, 60, 61, SHELF_END }, far[] = { 100, 101, SHELF_END };
    pal_playlists *p = shelf_new(4, ITEMS, 20);
    mini_people people = mini_people_of(catalog, 4, 50, mini_r1_config());
    mini_stage stage = shelf_stage("neighbours", "{\"popularity_pull\": 0, \"crowd_pull\": 0}", catalog, p, 1);
    const uint8_t made_by = PAL_AT_NEIGHBOURS;
    pal_event event[2] = { { .item = 50, .stage = made_by, .flags = PAL_EXAMINED | PAL_CLICKED | PAL_LIKED },
                           { .item = 60, .slot = 1, .stage = made_by, .flags = PAL_EXAMINED | PAL_CLICKED | PAL_DISLIKED } };
    pal_feedback round = { .profiles = people.profiles, .history = people.history, .playlists = p };
    pal_request request = mini_request(&people, 0, 1, 2);
    pal_slate slate = { 0 };
    const uint64_t before = stage.type->digest(stage.self);

    shelf_add(p, 0, 0, own);
    shelf_add(p, 1, 0, left);
    shelf_add(p, 2, 0, right);
    shelf_add(p, 3, 0, far);
    OK(stage.type->fit(stage.self, &round, people.scratch, &err));
    ck_assert_uint_ne(stage.type->digest(stage.self), before);
    ck_assert_uint_eq(stage.type->company(stage.self, 0).n, 2); /* who shares nothing is no neighbour */
    ck_assert_uint_eq(stage.type->company(stage.self, 0).member[0], 1);
    ck_assert_uint_eq(stage.type->company(stage.self, 0).member[1], 2);
    round.round = 1;
    round.n = 2;
    round.events = event;
    mini_mark_seen(&people, 0, 50);
    mini_mark_seen(&people, 0, 60);
    for (size_t k = 0; k < 6; k++) {
        OK(stage.type->fit(stage.self, &round, people.scratch, &err));
    }
    request.playlists = p;
    mini_serve(&slate, &stage, &people, &request);
    ck_assert_uint_eq(slate.item[0], 51); /* of the one whose song was liked; else 51 and 61 are alike */
    mini_stage_free(&stage);
    mini_people_free(&people);
    pal_playlists_free(p);
}
END_TEST

START_TEST(a_person_without_songs_gets_what_is_popular)
{
    pal_playlists *p = shelf_new(3, ITEMS, 20);
    mini_people people = mini_people_of(catalog, 3, 50, mini_r1_config());
    mini_stage stage = shelf_stage("neighbours", "", catalog, p, 1);
    pal_request request = mini_request(&people, 1, 0, 10);
    pal_slate slate = { 0 };
    float score[PAL_MAX_SLOTS];
    uint8_t at[PAL_MAX_SLOTS];

    request.playlists = p;
    mini_serve(&slate, &stage, &people, &request);
    mini_check_slate(&people, &request, &slate, 10);
    OK(stage.type->score(stage.self, &request, slate.item, slate.n, score, at, people.scratch, &err));
    for (size_t s = 0; s < 10; s++) {
        ck_assert_uint_eq(slate.stage[s], PAL_AT_POPULARITY);
        ck_assert_uint_eq(at[s], PAL_AT_POPULARITY);
        ck_assert_float_eq(score[s], slate.score[s]);
    }
    mini_stage_free(&stage);
    mini_people_free(&people);
    pal_playlists_free(p);
}
END_TEST

static uint64_t played(size_t n_threads)
{
    pal_playlists *p = lists();
    mini_people people = mini_people_of(catalog, USERS, 200, mini_r1_config());
    mini_stage stage = shelf_stage("neighbours", "{\"members\": 9}", catalog, p, n_threads);
    static pal_slate slate[USERS];
    uint64_t digest;

    for (uint32_t round = 0; round < 6; round++) {
        shelf_round(&stage, &people, p, USERS, GROUPS, round, slate);
    }
    for (uint32_t u = 0; u < USERS; u++) {
        const pal_company c = stage.type->company(stage.self, u);

        ck_assert_uint_le(c.n, 9);
        for (size_t m = 1; m < c.n; m++) {
            ck_assert_uint_lt(c.member[m - 1], c.member[m]);
        }
    }
    digest = stage.type->digest(stage.self);
    mini_stage_free(&stage);
    mini_people_free(&people);
    pal_playlists_free(p);
    return digest;
}

START_TEST(the_same_at_any_thread_count)
{
    const uint64_t one = played(1);

    ck_assert_uint_eq(played(2), one);
    ck_assert_uint_eq(played(7), one);
}
END_TEST

START_TEST(scores_are_those_of_the_slots)
{
    pal_playlists *p = lists();
    mini_people people = mini_people_of(catalog, USERS, 200, mini_r1_config());
    mini_stage stage = shelf_stage("neighbours", "", catalog, p, 1);
    pal_request request = mini_request(&people, 5, 0, 10);
    pal_slate slate = { 0 };
    float score[PAL_MAX_SLOTS];
    uint8_t at[PAL_MAX_SLOTS];

    request.playlists = p;
    mini_serve(&slate, &stage, &people, &request);
    OK(stage.type->score(stage.self, &request, slate.item, slate.n, score, at, people.scratch, &err));
    for (size_t s = 0; s < slate.n; s++) {
        ck_assert_uint_eq(at[s], PAL_AT_NEIGHBOURS);
        ck_assert_float_ge(score[s], slate.score[s]); /* the best over tastes; the slot has that of its own */
    }
    mini_stage_free(&stage);
    mini_people_free(&people);
    pal_playlists_free(p);
}
END_TEST

Suite *suite_stages_neighbours(void);
Suite *suite_stages_neighbours(void)
{
    Suite *suite = suite_create("stages/neighbours");
    TCase *tc = tcase_create("neighbours");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, the_index_grows_with_the_playlists, 0, 4);
    tcase_add_test(tc, tastes_are_the_clusters_of_most_songs_of_a_list);
    tcase_add_loop_test(tc, song_scores_are_those_of_the_formula, 0, 3);
    tcase_add_test(tc, slots_are_its_own_from_the_first_round_and_hit_the_groups);
    tcase_add_test(tc, every_taste_gets_slots_and_none_the_same_artist_twice);
    tcase_add_test(tc, likes_of_a_neighbours_songs_make_the_neighbour_count_more);
    tcase_add_test(tc, a_person_without_songs_gets_what_is_popular);
    tcase_add_test(tc, the_same_at_any_thread_count);
    tcase_add_test(tc, scores_are_those_of_the_slots);
    suite_add_tcase(suite, tc);
    return suite;
}
