/* Online Platt scaling recovers the curve it was given, and says something sensible before it knows anything. */
#include "lab/calibrate.h"

#include "core/pmath.h"
#include "core/rng.h"

#include <check.h>
#include <math.h>

START_TEST(before_any_feedback_the_prior_is_one_in_ten)
{
    pal_calibrator *c = NULL;

    ck_assert_int_eq(pal_calibrator_new(&c, 3, 1000, NULL), PAL_OK);
    ck_assert_float_eq_tol(pal_calibrated(c, 0, -4.5f), 0.1f, 1e-6f);
    ck_assert_float_eq_tol(pal_calibrated(c, 2, 7.25f), 0.1f, 1e-6f);
    pal_calibrator_free(c);
}
END_TEST

START_TEST(a_logistic_curve_is_recovered)
{
    const pal_key key = pal_key_for(2385, 0, PAL_FOR_TEST);
    pal_calibrator *c = NULL;

    ck_assert_int_eq(pal_calibrator_new(&c, 2, 50000, NULL), PAL_OK);
    for (uint64_t i = 0; i < 40000; i++) {
        float score = (float)(6 * pal_u01(key, (pal_at){ i, 0, 0 }, 0) - 3);
        double p = pal_sigmoid(-1.3 + 0.7 * (double)score);

        pal_calibrator_add(c, 1, score, pal_u01(key, (pal_at){ i, 0, 0 }, 1) < p);
    }
    ck_assert_int_eq(pal_calibrator_fit(c, NULL), PAL_OK);
    for (float score = -3; score <= 3; score += 0.5f) {
        ck_assert_double_eq_tol((double)pal_calibrated(c, 1, score), pal_sigmoid(-1.3 + 0.7 * (double)score), 0.02);
    }
    /* the stage that has seen nothing speaks with the overall rate */
    ck_assert_double_eq_tol((double)pal_calibrated(c, 0, 3), (double)c->all_liked / (double)c->all, 0.001);
    pal_calibrator_free(c);
}
END_TEST

START_TEST(only_the_latest_slots_count)
{
    pal_calibrator *c = NULL;

    ck_assert_int_eq(pal_calibrator_new(&c, 1, 500, NULL), PAL_OK);
    for (size_t i = 0; i < 5000; i++) pal_calibrator_add(c, 0, (float)(i % 7), 1);
    for (size_t i = 0; i < 500; i++) pal_calibrator_add(c, 0, (float)(i % 7), i % 4 == 0);
    ck_assert_int_eq(pal_calibrator_fit(c, NULL), PAL_OK);
    ck_assert_double_eq_tol((double)pal_calibrated(c, 0, 3), 0.25, 0.02);
    pal_calibrator_free(c);
}
END_TEST

START_TEST(a_score_that_ranks_the_wrong_way_round_gives_one_rate_for_all)
{
    const pal_key key = pal_key_for(31, 0, PAL_FOR_TEST);
    pal_calibrator *c = NULL;
    size_t liked = 0;

    ck_assert_int_eq(pal_calibrator_new(&c, 1, 5000, NULL), PAL_OK);
    for (uint64_t i = 0; i < 5000; i++) {
        float score = (float)(6 * pal_u01(key, (pal_at){ i, 0, 0 }, 0) - 3);
        uint8_t like = pal_u01(key, (pal_at){ i, 0, 0 }, 1) < pal_sigmoid(-1.0 - 0.8 * (double)score);

        pal_calibrator_add(c, 0, score, like);
        liked += like;
    }
    ck_assert_int_eq(pal_calibrator_fit(c, NULL), PAL_OK);
    ck_assert(pal_calibrated(c, 0, -3) == pal_calibrated(c, 0, 3));
    ck_assert_double_eq_tol((double)pal_calibrated(c, 0, 0), (double)liked / 5000, 0.001);
    pal_calibrator_free(c);
}
END_TEST

START_TEST(one_class_gives_a_probability_that_is_not_certain)
{
    pal_calibrator *c = NULL;

    ck_assert_int_eq(pal_calibrator_new(&c, 1, 500, NULL), PAL_OK);
    for (size_t i = 0; i < 50; i++) pal_calibrator_add(c, 0, (float)i, 0);
    ck_assert_int_eq(pal_calibrator_fit(c, NULL), PAL_OK);
    ck_assert_float_gt(pal_calibrated(c, 0, 25), 0);
    ck_assert_float_lt(pal_calibrated(c, 0, 25), 0.1f);
    pal_calibrator_free(c);
}
END_TEST

Suite *suite_lab_calibrate(void);
Suite *suite_lab_calibrate(void)
{
    Suite *s = suite_create("lab/calibrate");
    TCase *tc = tcase_create("all");

    tcase_add_test(tc, before_any_feedback_the_prior_is_one_in_ten);
    tcase_add_test(tc, a_logistic_curve_is_recovered);
    tcase_add_test(tc, only_the_latest_slots_count);
    tcase_add_test(tc, a_score_that_ranks_the_wrong_way_round_gives_one_rate_for_all);
    tcase_add_test(tc, one_class_gives_a_probability_that_is_not_certain);
    suite_add_tcase(s, tc);
    return s;
}
