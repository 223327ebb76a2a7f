/* The ranges that `palate describe response` states for the defaults, held on the default catalog. */
#include "sim/response.h"

#include "tests/support/data_catalogs.h"
#include "tests/support/sim_world.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

Suite *suite_sim_shares(void);

#define SLOTS 10
#define PEOPLE 1500

static pal_catalog *catalog;

static void setup(void)
{
    catalog = sim_catalog(1, 20000);
}

static void teardown(void)
{
    pal_catalog_free(catalog);
    catalog = NULL;
}

START_TEST(random_slates_give_the_stated_shares)
{
    sim_world w = sim_world_new(catalog, 200 + (uint64_t)_i, "{\"n\": 1500}", "multi-taste", "{}");
    sim_counts c = { 0 };

    for (uint32_t u = 0; u < PEOPLE; u++) {
        for (uint32_t round = 0; round < 10; round++) {
            uint32_t item[SLOTS];
            pal_answer a[SLOTS];

            sim_random_items(item, SLOTS, catalog, 5, u, round);
            w.type->answer(w.self, w.state, u, round, item, SLOTS, a);
            w.type->advance(w.self, w.state, u, round, item, a, SLOTS);
            sim_count(&c, a, SLOTS);
        }
    }
    ck_assert(c.clicked / c.shown > 0.05 && c.clicked / c.shown < 0.15);
    ck_assert(c.liked / c.shown > 0.02 && c.liked / c.shown < 0.06);
    ck_assert(c.disliked / c.clicked > 0.10 && c.disliked / c.clicked < 0.20);
    ck_assert(c.skipped / c.clicked > 0.25 && c.skipped / c.clicked < 0.50);
    sim_world_free(&w);
}
END_TEST

START_TEST(best_slates_give_the_stated_shares)
{
    sim_world w = sim_world_new(catalog, 300 + (uint64_t)_i, "{\"n\": 1500}", "multi-taste", "{}");
    const size_t words = catalog->n_items / 64 + 1;
    uint64_t *seen = calloc(words, sizeof *seen);
    double p_like = 0.0, examined = 0.0, liked = 0.0;

    ck_assert_ptr_nonnull(seen);
    for (uint32_t u = 0; u < PEOPLE; u++) {
        memset(seen, 0, words * sizeof *seen);
        for (uint32_t round = 0; round < 10; round++) {
            uint32_t item[SLOTS];
            pal_answer a[SLOTS];

            ck_assert_uint_eq(w.type->top(w.self, w.state, u, round, seen, SLOTS, item, NULL, w.arena), SLOTS);
            w.type->answer(w.self, w.state, u, round, item, SLOTS, a);
            w.type->advance(w.self, w.state, u, round, item, a, SLOTS);
            for (size_t k = 0; k < SLOTS; k++) {
                seen[item[k] >> 6] |= UINT64_C(1) << (item[k] & 63);
                p_like += (double)a[k].p_like;
                examined += (a[k].flags & PAL_EXAMINED) != 0;
                liked += (a[k].flags & PAL_LIKED) != 0;
            }
        }
    }
    p_like /= (double)PEOPLE * 10 * SLOTS;
    ck_assert(p_like > 0.5 && p_like < 0.75);
    ck_assert_double_eq_tol(liked / examined, p_like, 0.02);
    free(seen);
    sim_world_free(&w);
}
END_TEST

typedef struct scored {
    double score;
    bool liked;
} scored;

static int by_score(const void *a, const void *b)
{
    const scored *x = a, *y = b;

    return (x->score > y->score) - (x->score < y->score);
}

/* Mann-Whitney with mid-ranks. */
static double auc_of(scored *s, size_t n)
{
    double sum = 0.0, liked = 0.0;

    qsort(s, n, sizeof *s, by_score);
    for (size_t i = 0; i < n;) {
        size_t end = i;

        while (end < n && s[end].score == s[i].score) {
            end++;
        }
        const double rank = 0.5 * (double)(i + 1 + end);

        for (; i < end; i++) {
            liked += s[i].liked;
            sum += s[i].liked ? rank : 0.0;
        }
    }
    return (sum - liked * (liked + 1.0) / 2.0) / (liked * ((double)n - liked));
}

/*
 * Inside one cluster, audio must tell likes from the rest, or per-taste models would have nothing to learn: closeness to
 * the taste's center alone is worth an AUC of 0.65 to 0.8 among clicked songs, and the truth is worth more.
 */
START_TEST(audio_tells_likes_inside_a_taste)
{
    sim_world w = sim_world_new(catalog, 7, "{\"n\": 250}", "multi-taste", "{\"position_bias\": false}");
    scored *near = calloc(catalog->n_items, sizeof *near), *truth = calloc(catalog->n_items, sizeof *truth);
    double by_distance = 0.0, by_truth = 0.0, people = 0.0;

    ck_assert(near != NULL && truth != NULL);
    for (uint32_t u = 0; u < 250; u++) {
        const size_t c = w.state->taste_cluster[u * PAL_MAX_TASTES];
        const float *center = w.state->taste_center + u * PAL_MAX_TASTES * w.state->stride;
        size_t n = 0, liked = 0;

        for (size_t i = catalog->cluster_begin[c]; i < catalog->cluster_begin[c + 1]; i++) {
            const uint32_t item = (uint32_t)i;
            double square = 0.0;
            pal_answer a;

            w.type->answer(w.self, w.state, u, 0, &item, 1, &a);
            if ((a.flags & PAL_CLICKED) == 0) {
                continue;
            }
            for (size_t f = 0; f < catalog->d; f++) {
                const double off = (double)catalog->scaled[i * catalog->stride + f] - (double)center[f];

                square += off * off;
            }
            near[n] = (scored){ -square, (a.flags & PAL_LIKED) != 0 };
            truth[n] = (scored){ (double)a.p_like, near[n].liked };
            liked += near[n++].liked;
        }
        if (liked >= 10 && n - liked >= 10) {
            by_distance += auc_of(near, n);
            by_truth += auc_of(truth, n);
            people += 1.0;
        }
    }
    ck_assert_double_gt(people, 200.0);
    ck_assert(by_distance / people > 0.65 && by_distance / people < 0.80);
    ck_assert(by_truth / people > by_distance / people + 0.03 && by_truth / people < 0.9);
    free(near);
    free(truth);
    sim_world_free(&w);
}
END_TEST

Suite *suite_sim_shares(void)
{
    Suite *suite = suite_create("sim/shares");
    TCase *cases = tcase_create("shares");

    tcase_set_timeout(cases, 60);
    tcase_add_unchecked_fixture(cases, setup, teardown);
    tcase_add_loop_test(cases, random_slates_give_the_stated_shares, 0, 2);
    tcase_add_loop_test(cases, best_slates_give_the_stated_shares, 0, 2);
    tcase_add_test(cases, audio_tells_likes_inside_a_taste);
    suite_add_tcase(suite, cases);
    return suite;
}
