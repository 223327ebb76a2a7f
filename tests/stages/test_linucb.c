/* LinUCB: slates whole and by the rule, against a search over all songs with Gauss-Jordan in between. */
#include "core/mem.h"
#include "stages/builtin.h"
#include "tests/support/bandit_rig.h"
#include "tests/support/mini_world.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

Suite *suite_stages_linucb(void);

static const char *const arms[] = { "person-taste", "person", "taste", "global" };

static const char *json_of(char text[256], size_t i, double alpha, bool batch)
{
    snprintf(text, 256, "{\"arms\": \"%s\", \"model\": \"%s\", \"alpha\": %g, \"batch\": %s, \"shortlist\": 1000, "
             "\"l2\": 1.5, \"prior_rate\": 0.3}", arms[i % 4], i / 4 % 2 == 1 ? "hybrid" : "disjoint", alpha,
             batch ? "true" : "false");
    return text;
}

/* The slow, obvious slot: the best open song of all by mean + alpha * width. */
static uint32_t naive_slot(const rig_joint *j, const double *mean, const double *inverse, const pal_request *request,
                           const pal_slate *slate, size_t n, double alpha)
{
    const pal_catalog *c = j->catalog;
    double *x = pal_calloc(j->n, sizeof *x), best = -1e300;
    uint32_t at = UINT32_MAX;

    ck_assert(x != NULL);
    for (uint32_t i = 0; i < c->n_items; i++) {
        double value = j->prior, square = 0;
        bool open = !pal_seen(request->seen, i);

        for (size_t s = 0; s < n; s++) {
            open = open && c->artist[slate->item[s]] != c->artist[i];
        }
        if (open) {
            rig_joint_x(x, j, request->user, i);
            for (size_t r = 0; r < j->n; r++) {
                value += mean[r] * x[r];
                for (size_t k = 0; k < j->n && x[r] != 0; k++) {
                    square += x[r] * inverse[r * j->n + k] * x[k];
                }
            }
            value += alpha * sqrt(square);
            at = value > best ? i : at;
            best = value > best ? value : best;
        }
    }
    pal_free(x);
    return at;
}

/* The posterior's covariance once song `item` has been answered, whatever the answer. */
static void count_in(double *inverse, rig_joint *j, uint32_t user, uint32_t item)
{
    double *x = pal_calloc(j->n, sizeof *x), *a = pal_calloc(j->n * j->n, sizeof *a);

    ck_assert(x != NULL && a != NULL);
    rig_joint_x(x, j, user, item);
    for (size_t r = 0; r < j->n; r++) {
        for (size_t k = 0; k < j->n; k++) {
            j->a[r * j->n + k] += x[r] * x[k];
        }
    }
    memcpy(a, j->a, j->n * j->n * sizeof *a);
    rig_invert(inverse, a, j->n);
    pal_free(x);
    pal_free(a);
}

/* alpha 0 is ridge regression, greedy; above it the bound; `batch` counts the slots above in. */
START_TEST(every_slot_is_the_best_of_a_full_search)
{
    const size_t kind = (size_t)_i % 8;
    const double alpha = _i / 8 == 0 ? 0 : 0.7;
    const bool batch = _i / 8 == 2;
    mini_spec spec = mini_defaults((uint64_t)_i);
    mini_world w;
    rig_joint joint;
    double *inverse, *mean;
    char text[256];

    spec.n_items = 90;
    spec.n_genres = 3;
    spec.d = 2;
    spec.n_artists = 40;
    w = mini_world_of("linucb", json_of(text, kind, alpha, batch), spec, 2);
    joint = rig_joint_new(w.catalog, 16, arms[kind % 4], kind / 4 == 1, 1.5, 0.3);
    inverse = pal_calloc(joint.n * joint.n, sizeof *inverse);
    mean = pal_calloc(joint.n, sizeof *mean);
    ck_assert(inverse != NULL && mean != NULL);
    for (uint32_t round = 0; round < 4; round++) {
        pal_event event[6];
        pal_slate slate = { 0 };
        uint8_t flags[6];
        const pal_request request = mini_request(&w.people, round % 2, round, 6);
        const pal_feedback feedback = { .round = round, .n = 6, .events = event };

        mini_serve(&slate, &w.stage, &w.people, &request);
        mini_check_slate(&w.people, &request, &slate, 6);
        rig_joint_solve(inverse, mean, &joint);
        rig_joint copy = joint;

        copy.a = pal_calloc(joint.n * joint.n, sizeof *copy.a);
        ck_assert(copy.a != NULL);
        memcpy(copy.a, joint.a, joint.n * joint.n * sizeof *copy.a);
        for (size_t s = 0; s < slate.n; s++) {
            const uint32_t wanted = naive_slot(&joint, mean, inverse, &request, &slate, s, alpha);

            ck_assert_msg(slate.item[s] == wanted, "round %u slot %zu: item %u, wanted %u", round, s, slate.item[s],
                          wanted);
            ck_assert_float_eq(slate.propensity[s], 1);
            ck_assert_uint_eq(slate.taste[s], w.catalog->cluster[wanted]);
            ck_assert_uint_eq(slate.stage[s], PAL_AT_LINUCB);
            if (batch) {
                count_in(inverse, &copy, request.user, wanted);
            }
        }
        pal_free(copy.a);
        rig_answer(event, w.catalog, request.user, round, &slate, (uint64_t)_i);
        for (size_t s = 0; s < 6; s++) {
            flags[s] = event[s].flags;
        }
        mini_learn(&w.people, request.user, round, &slate, flags);
        rig_joint_learn(&joint, event, 6);
        ck_assert_int_eq(w.stage.type->fit(w.stage.self, &feedback, w.people.scratch, NULL), PAL_OK);
    }
    pal_free(inverse);
    pal_free(mean);
    rig_joint_free(&joint);
    mini_world_free(&w);
}
END_TEST

/* Short lists, many artists' repeats, quotas, and catalogs that run out. */
START_TEST(slates_are_whole_to_the_last_song)
{
    mini_spec spec = mini_defaults((uint64_t)_i);
    mini_world w;
    size_t left;

    spec.n_items = 70;
    spec.n_artists = 3 + 20 * (size_t)(_i % 3);
    w = mini_world_of("linucb", "{\"shortlist\": 1, \"max_share\": 0.3, \"model\": \"hybrid\"}", spec, 1);
    left = w.catalog->n_items;
    for (uint32_t round = 0; left > 0; round++) {
        const pal_request request = mini_request(&w.people, 0, round, 10);
        pal_slate slate = { 0 };
        uint8_t flags[10] = { 0 };

        mini_serve(&slate, &w.stage, &w.people, &request);
        mini_check_slate(&w.people, &request, &slate, 10);
        if (round == 0) {
            const size_t most = spec.n_artists < 10 ? spec.n_artists : 10; /* no artist twice while others are left */

            ck_assert_uint_le(mini_repeated_artists(w.catalog, &slate), 10 - most + 1);
        }
        mini_learn(&w.people, 0, round, &slate, flags);
        left -= slate.n;
    }
    mini_world_free(&w);
}
END_TEST

START_TEST(no_taste_takes_more_than_its_share)
{
    mini_world w = mini_world_of("linucb", "{\"max_share\": 0.3, \"alpha\": 0}", mini_defaults((uint64_t)_i), 1);
    const pal_request request = mini_request(&w.people, 0, 0, 10);
    pal_slate slate = { 0 };
    size_t by_taste[PAL_MAX_CLUSTERS] = { 0 };

    mini_serve(&slate, &w.stage, &w.people, &request);
    for (size_t s = 0; s < slate.n; s++) {
        ck_assert_uint_le(++by_taste[slate.taste[s]], 3);
    }
    mini_world_free(&w);
}
END_TEST

/* Nothing is known: with batches ten slots ask about many tastes, without they ask the same thing ten times. */
START_TEST(batches_spread_over_tastes)
{
    size_t tastes[2] = { 0 };

    for (int batch = 0; batch < 2; batch++) {
        mini_world w = mini_world_of("linucb", batch == 1 ? "{\"alpha\": 1, \"model\": \"hybrid\"}"
                                                          : "{\"alpha\": 1, \"model\": \"hybrid\", \"batch\": false}",
                                     mini_defaults(4), 1);
        const pal_request request = mini_request(&w.people, 0, 0, 10);
        pal_slate slate = { 0 };
        uint64_t mask = 0;

        mini_serve(&slate, &w.stage, &w.people, &request);
        for (size_t s = 0; s < slate.n; s++) {
            mask |= UINT64_C(1) << slate.taste[s];
        }
        tastes[batch] = (size_t)__builtin_popcountll(mask);
        mini_world_free(&w);
    }
    ck_assert_uint_gt(tastes[1], tastes[0]);
    ck_assert_uint_ge(tastes[1], 6);
}
END_TEST

START_TEST(scores_of_slots_are_scores_of_items)
{
    mini_world w = mini_world_of("linucb", _i == 1 ? "{\"model\": \"disjoint\"}" : "", mini_defaults(6), 1);
    const pal_request request = mini_request(&w.people, 0, 0, 10);
    pal_slate slate = { 0 };
    pal_event event[10];
    const pal_feedback feedback = { .n = 10, .events = event };
    float score[10];
    uint8_t at[10];

    mini_serve(&slate, &w.stage, &w.people, &request);
    rig_answer(event, w.catalog, 0, 0, &slate, 1);
    ck_assert_int_eq(w.stage.type->fit(w.stage.self, &feedback, w.people.scratch, NULL), PAL_OK);
    slate.n = 0;
    mini_serve(&slate, &w.stage, &w.people, &request);
    ck_assert_int_eq(w.stage.type->score(w.stage.self, &request, slate.item, 10, score, at, w.people.scratch, NULL),
                     PAL_OK);
    for (size_t s = 0; s < 10; s++) {
        ck_assert_float_eq(score[s], slate.score[s]);
        ck_assert_uint_eq(at[s], PAL_AT_LINUCB);
    }
    mini_world_free(&w);
}
END_TEST

START_TEST(no_allocation_may_fail_unnoticed)
{
    pal_catalog *catalog = mini_catalog(mini_defaults(1));

    mini_check_init_without_memory("linucb", _i == 1 ? "{\"model\": \"disjoint\"}" : "", catalog);
    pal_catalog_free(catalog);
}
END_TEST

Suite *suite_stages_linucb(void)
{
    Suite *suite = suite_create("stages/linucb");
    TCase *tc = tcase_create("linucb");

    tcase_add_loop_test(tc, every_slot_is_the_best_of_a_full_search, 0, 24);
    tcase_add_loop_test(tc, slates_are_whole_to_the_last_song, 0, 6);
    tcase_add_loop_test(tc, no_taste_takes_more_than_its_share, 0, 3);
    tcase_add_test(tc, batches_spread_over_tastes);
    tcase_add_loop_test(tc, scores_of_slots_are_scores_of_items, 0, 2);
    tcase_add_loop_test(tc, no_allocation_may_fail_unnoticed, 0, 2);
    suite_add_tcase(suite, tc);
    return suite;
}
