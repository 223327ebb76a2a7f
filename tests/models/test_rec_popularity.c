/* Popularity by its four counts, and random scores. */
#include "models/rec_builtin.h"

#include "core/mem.h"
#include "tests/support/holds.h"
#include "tests/support/rec_rig.h"
#include "tests/support/scratch.h"

#include <math.h>
#include <string.h>

Suite *suite_models_rec_popularity(void);

/* 4 people x 3 items. */
static const float x[12] = { 5, 1, 0, 0, 2, 0, 3, 0, 0, 0, 4, 1 };
static const int64_t time[6] = { 0, 100, 200, 100, 150, 200 }; /* cells in row order: items 0 1 1 0 1 2 */

static float *popularity(const char *json, const int64_t *when, const pal_csr *disliked)
{
    rec_rig rig = rec_rig_dense(x, 4, 3);
    const pal_rec_query query = { .row = PAL_REC_NEW };
    void *self;
    float *score;

    rig.data.time = when;
    rig.data.disliked = disliked;
    self = rec_fit(&pal_rec_popularity, json, &rig, 1, PAL_PORTABLE);
    score = rec_scores(&pal_rec_popularity, self, &query);
    pal_rec_popularity.free(self);
    rec_rig_clear(&rig);
    return score;
}

static void expect(float *score, double a, double b, double c)
{
    ck_assert_double_eq_tol((double)score[0], a, 1e-6);
    ck_assert_double_eq_tol((double)score[1], b, 1e-6);
    ck_assert_double_eq_tol((double)score[2], c, 1e-6);
    pal_free(score);
}

START_TEST(people_are_counted_whatever_the_strength)
{
    expect(popularity(NULL, NULL, NULL), 2, 3, 1);
}
END_TEST

START_TEST(strengths_are_added)
{
    expect(popularity("{\"by\": \"sum\"}", NULL, NULL), 8, 7, 1);
}
END_TEST

/* Half-life 100: the latest time is 200, so ages are 200 100 0 100 50 0. */
START_TEST(old_strengths_fade_by_half_each_half_life)
{
    expect(popularity("{\"by\": \"decayed\", \"half_life\": 100}", time, NULL), 5 * 0.25 + 3 * 0.5,
           1 * 0.5 + 2 * 1.0 + 4 / sqrt(2.0), 1);
}
END_TEST

START_TEST(far_times_do_not_overflow)
{
    const int64_t far[6] = { INT64_MIN, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MIN, INT64_MAX };

    expect(popularity("{\"by\": \"decayed\"}", far, NULL), 3, 3, 1);
}
END_TEST

/* 6 likes, 3 dislikes: p = 2/3. Item 0: 2 likes, 1 dislike; item 1: 3 and 0; item 2: 1 and 2. Prior 6. */
START_TEST(rates_are_pulled_to_the_average)
{
    const float not_liked[12] = { 0, 0, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0 };
    rec_rig other = rec_rig_dense(not_liked, 4, 3);

    expect(popularity("{\"by\": \"rate\", \"prior\": 6}", NULL, other.rows), 6.0 / 9, 7.0 / 9, 5.0 / 9);
    expect(popularity("{\"by\": \"rate\", \"prior\": 0}", NULL, other.rows), 2.0 / 3, 1, 1.0 / 3);
    rec_rig_clear(&other);
}
END_TEST

START_TEST(what_a_count_needs_is_asked_for)
{
    rec_rig rig = rec_rig_dense(x, 4, 3);
    const pal_rec_env env = { .n_threads = 1 };
    void *self = rec_new(&pal_rec_popularity, _i == 0 ? "{\"by\": \"decayed\"}" : "{\"by\": \"rate\"}");
    pal_error err = { 0 };

    ck_assert_int_eq(pal_rec_popularity.fit(self, &rig.data, &env, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, _i == 0 ? "the data has no times" : "the data has no dislikes");
    pal_rec_popularity.free(self);
    rec_rig_clear(&rig);
}
END_TEST

/* ---- random ----------------------------------------------------------------------------------------------- */

START_TEST(random_scores_are_uniform_and_each_person_has_their_own)
{
    rec_rig rig = rec_rig_random(1, 50, 2000, 0.01, false);
    void *self = rec_fit(&pal_rec_random, NULL, &rig, 1, PAL_PORTABLE);
    double sum = 0, square = 0, product = 0;
    const double n = 50 * 2000;
    float *before = NULL;

    for (size_t u = 0; u < 50; u++) {
        pal_rec_query query = rec_query(&rig, u, false);
        float *score = rec_scores(&pal_rec_random, self, &query);

        for (size_t i = 0; i < 2000; i++) {
            double s = (double)score[i] - 0.5;

            HOLD(score[i] >= 0 && score[i] < 1);
            sum += s;
            square += s * s;
            product += before != NULL ? s * ((double)before[i] - 0.5) : 0;
        }
        pal_free(before);
        before = score;
    }
    pal_free(before);
    /* four standard errors: 1/sqrt(12 n), 1/sqrt(180 n), 1/(12 sqrt(n)) */
    ck_assert_double_lt(fabs(sum / n), 4 / sqrt(12 * n));
    ck_assert_double_lt(fabs(square / n - 1.0 / 12), 4 / sqrt(180 * n));
    ck_assert_double_lt(fabs(product / n), 4 / (12 * sqrt(n)));
    pal_rec_random.free(self);
    rec_rig_clear(&rig);
}
END_TEST

START_TEST(random_scores_outlive_new_items)
{
    rec_rig small = rec_rig_random(1, 5, 10, 0.3, false), grown = rec_rig_random(1, 9, 33, 0.3, false);
    void *a = rec_fit(&pal_rec_random, NULL, &small, 1, PAL_PORTABLE);
    void *b = rec_fit(&pal_rec_random, NULL, &grown, 1, PAL_PORTABLE);
    const pal_rec_query query = { .row = 3 };
    float *x_a = rec_scores(&pal_rec_random, a, &query), *x_b = rec_scores(&pal_rec_random, b, &query);

    ck_assert_int_eq(memcmp(x_a, x_b, 10 * sizeof *x_a), 0);
    pal_free(x_a);
    pal_free(x_b);
    pal_rec_random.free(a);
    pal_rec_random.free(b);
    rec_rig_clear(&small);
    rec_rig_clear(&grown);
}
END_TEST

Suite *suite_models_rec_popularity(void)
{
    Suite *suite = suite_create("models/rec_popularity");
    TCase *tc = tcase_create("rec_popularity");

    tcase_add_test(tc, people_are_counted_whatever_the_strength);
    tcase_add_test(tc, strengths_are_added);
    tcase_add_test(tc, old_strengths_fade_by_half_each_half_life);
    tcase_add_test(tc, far_times_do_not_overflow);
    tcase_add_test(tc, rates_are_pulled_to_the_average);
    tcase_add_loop_test(tc, what_a_count_needs_is_asked_for, 0, 2);
    tcase_add_test(tc, random_scores_are_uniform_and_each_person_has_their_own);
    tcase_add_test(tc, random_scores_outlive_new_items);
    suite_add_tcase(suite, tc);
    return suite;
}
