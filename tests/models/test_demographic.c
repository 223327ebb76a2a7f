/* Rates by demographic cell against hand arithmetic, and the blend of three predictors. */
#include "models/blend.h"
#include "models/demographic.h"

#include "core/dist.h"
#include "core/mem.h"
#include "tests/support/holds.h"
#include "tests/support/rec_rig.h"

#include <math.h>

Suite *suite_models_demographic(void);

enum { PEOPLE = 5, ITEMS = 4, FEATURES = 3 };

/* Features: 0 an age from 0 to 1 (two bins), 1 and 2 words. People 0 and 1 share a cell. */
static const float likes[PEOPLE * ITEMS] = {
    1, 1, 0, 0, /* */ 1, 0, 0, 0, /* */ 0, 0, 1, 1, /* */ 0, 1, 1, 0, /* */ 0, 0, 0, 1,
};
static const float traits[PEOPLE * FEATURES] = {
    0.1f, 1, 0, /* */ 0.4f, 1, 0, /* */ 0.9f, 1, 0, /* */ 0.2f, 0, 1, /* */ 1, 0, 1,
};
static const double popular[ITEMS] = { 0.25, 0.25, 0.25, 0.25 };

static rec_rig rows, features;
static pal_demographic model;

static void fit(double prior)
{
    rows = rec_rig_dense(likes, PEOPLE, ITEMS);
    features = rec_rig_dense(traits, PEOPLE, FEATURES);
    ck_assert_int_eq(pal_demographic_fit(&model, rows.rows, features.rows, 2, prior, NULL), PAL_OK);
}

static void clear(void)
{
    pal_demographic_clear(&model);
    rec_rig_clear(&rows);
    rec_rig_clear(&features);
}

/*
 * Level "age below 0.5": people 0, 1, 3 with counts (2, 2, 1, 0) of 5; level "word 1": people 0, 1, 2 with (2, 1, 1, 1)
 * of 5; the cell of people 0 and 1 has (2, 1, 0, 0) of 3. With prior 4 and popularity 1/4:
 *   level 1  (3, 3, 2, 1) / 9,  level 2  (3, 2, 2, 2) / 9,  mean (3, 2.5, 2, 1.5) / 9
 *   cell     (2 + 4 * 3/9, 1 + 4 * 2.5/9, 4 * 2/9, 4 * 1.5/9) / 7
 */
START_TEST(rates_are_those_of_hand_arithmetic)
{
    const uint32_t feature[2] = { 0, 1 };
    const float value[2] = { 0.3f, 1 };
    const double wanted[ITEMS] = { (2 + 12.0 / 9) / 7, (1 + 10.0 / 9) / 7, 8.0 / 9 / 7, 6.0 / 9 / 7 };
    double share[ITEMS];

    fit(4);
    ck_assert_uint_eq(model.is_number[0], 1);
    ck_assert_uint_eq(model.is_number[1], 0);
    ck_assert_uint_eq(model.n_cells, 4);
    ck_assert_double_eq(pal_demographic_people(&model, feature, value, 2), 3);
    ck_assert_int_eq(pal_demographic_shares(share, &model, popular, ITEMS, feature, value, 2, NULL), PAL_OK);
    for (size_t i = 0; i < ITEMS; i++) ck_assert_double_eq_tol(share[i], wanted[i], 1e-15);
    clear();
}
END_TEST

/* An old person with word 1 is person 2's cell; a young one with word 2 that of person 3; nobody has word 1 and 2. */
START_TEST(a_cell_without_people_is_the_mean_of_its_levels)
{
    const uint32_t feature[2] = { 1, 2 };
    const float value[2] = { 1, 1 };
    double share[ITEMS];

    fit(4); /* word 2: people 3 and 4, counts (0, 1, 1, 1) of 3 */
    ck_assert_int_eq(pal_demographic_shares(share, &model, popular, ITEMS, feature, value, 2, NULL), PAL_OK);
    ck_assert_double_eq_tol(share[0], (3.0 / 9 + 1.0 / 7) / 2, 1e-15);
    ck_assert_double_eq_tol(share[1], (2.0 / 9 + 2.0 / 7) / 2, 1e-15);
    clear();
}
END_TEST

START_TEST(unknown_features_fall_back_to_popularity)
{
    const uint32_t feature[1] = { FEATURES };
    const float value[1] = { 1 };
    double share[ITEMS];

    fit(4);
    ck_assert_double_eq(pal_demographic_people(&model, feature, value, 1), 0);
    ck_assert_int_eq(pal_demographic_shares(share, &model, popular, ITEMS, feature, value, 1, NULL), PAL_OK);
    for (size_t i = 0; i < ITEMS; i++) ck_assert_double_eq(share[i], popular[i]);
    clear();
}
END_TEST

/* Shares of every person sum to 1, with any prior. */
START_TEST(shares_sum_to_one)
{
    static const double prior[] = { 0, 1e-6, 1, 1e6 };

    fit(prior[_i]);
    for (size_t u = 0; u < PEOPLE; u++) {
        size_t at = features.rows->begin[u];
        double share[ITEMS], sum = 0;

        ck_assert_int_eq(pal_demographic_shares(share, &model, popular, ITEMS, features.rows->col + at,
                                                features.rows->value + at, pal_csr_count(features.rows, u), NULL),
                                                    PAL_OK);
        for (size_t i = 0; i < ITEMS; i++) sum += share[i];
        ck_assert_double_eq_tol(sum, 1, 1e-12);
    }
    clear();
}
END_TEST

START_TEST(files_bring_the_counts_back)
{
    pal_tensors *file = NULL;
    pal_demographic back;

    fit(4);
    ck_assert_int_eq(pal_tensors_new(&file, NULL), PAL_OK);
    ck_assert_int_eq(pal_demographic_save(&model, file, NULL), PAL_OK);
    ck_assert_int_eq(pal_demographic_load(&back, file, FEATURES, 2, 4, ITEMS, NULL), PAL_OK);
    ck_assert_uint_eq(pal_demographic_digest(&back), pal_demographic_digest(&model));
    pal_demographic_clear(&back);
    ck_assert_int_eq(pal_demographic_load(&back, file, FEATURES, 3, 4, ITEMS, NULL), PAL_ERR_DATA);
    pal_demographic_clear(&back);
    pal_tensors_free(file);
    clear();
}
END_TEST

/* ---- the blend -------------------------------------------------------------------------------------------- */

START_TEST(the_order_of_fall_back_is_model_demographic_popularity)
{
    pal_blend all = pal_blend_weights(30, 10, 60, 20), no_past = pal_blend_weights(0, 10, 60, 20);
    pal_blend nothing = pal_blend_weights(0, 10, 0, 20), no_cell = pal_blend_weights(30, 10, 0, 20);

    ck_assert_double_eq(all.model, 0.75);
    ck_assert_double_eq(all.demographic, 0.25 * 0.75);
    ck_assert_double_eq(all.popularity, 0.0625);
    ck_assert_double_eq(no_past.model, 0);
    ck_assert_double_eq(no_past.demographic, 0.75);
    ck_assert_double_eq(no_cell.demographic, 0);
    ck_assert_double_eq(no_cell.popularity, 0.25);
    ck_assert_double_eq(nothing.popularity, 1);
    ck_assert_double_eq(pal_blend_weights(1, 0, 0, 0).model, 1);
}
END_TEST

/* More evidence never takes weight from the predictor it speaks for; the weights stay a distribution. */
START_TEST(confidence_grows_with_evidence)
{
    const pal_key key = pal_key_for(5, 0, PAL_FOR_TEST);

    for (uint64_t t = 0; t < 2000; t++) {
        double n = 100 * pal_u01(key, (pal_at){ t, 0, 0 }, 0), m = 100 * pal_u01(key, (pal_at){ t, 0, 0 }, 1);
        double a = 50 * pal_u01(key, (pal_at){ t, 0, 0 }, 2), b = 50 * pal_u01(key, (pal_at){ t, 0, 0 }, 3);
        pal_blend w = pal_blend_weights(n, a, m, b), more = pal_blend_weights(n + 1, a, m, b);
        pal_blend wider = pal_blend_weights(n, a, m + 1, b);

        HOLD(fabs(w.model + w.demographic + w.popularity - 1) < 1e-14);
        HOLD(w.model >= 0 && w.demographic >= 0 && w.popularity >= -1e-16);
        HOLD(more.model >= w.model && more.popularity <= w.popularity);
        HOLD(wider.demographic >= w.demographic && fabs(wider.model - w.model) <= 0);
    }
}
END_TEST

START_TEST(mixtures_are_weighted_sums)
{
    const double a[3] = { 0.5, 0.25, 0.25 }, b[3] = { 0, 1, 0 }, c[3] = { 0.2, 0.2, 0.6 };
    const pal_blend w = { 0.5, 0.25, 0.25 }, popular_only = { 0, 0, 1 };
    double share[3];

    pal_blend_shares(share, &w, a, b, c, 3);
    ck_assert_double_eq_tol(share[0], 0.3, 1e-15);
    ck_assert_double_eq_tol(share[1], 0.425, 1e-15);
    ck_assert_double_eq_tol(share[2], 0.275, 1e-15);
    pal_blend_shares(share, &popular_only, NULL, NULL, c, 3);
    ck_assert_double_eq(share[2], 0.6);
}
END_TEST

START_TEST(the_softmax_does_not_overflow)
{
    const float z[3] = { 1000, 1000 + 1, -1000 };
    double share[3];

    pal_blend_softmax(share, z, 3);
    ck_assert_double_eq_tol(share[0], 1 / (1 + exp(1)), 1e-15);
    ck_assert_double_eq_tol(share[1], exp(1) / (1 + exp(1)), 1e-15);
    ck_assert_double_eq(share[2], 0);
}
END_TEST

Suite *suite_models_demographic(void)
{
    static const int n_priors = 4;
    Suite *suite = suite_create("models/demographic");
    TCase *tc = tcase_create("demographic");

    tcase_add_test(tc, rates_are_those_of_hand_arithmetic);
    tcase_add_test(tc, a_cell_without_people_is_the_mean_of_its_levels);
    tcase_add_test(tc, unknown_features_fall_back_to_popularity);
    tcase_add_loop_test(tc, shares_sum_to_one, 0, n_priors);
    tcase_add_test(tc, files_bring_the_counts_back);
    tcase_add_test(tc, the_order_of_fall_back_is_model_demographic_popularity);
    tcase_add_test(tc, confidence_grows_with_evidence);
    tcase_add_test(tc, mixtures_are_weighted_sums);
    tcase_add_test(tc, the_softmax_does_not_overflow);
    suite_add_tcase(suite, tc);
    return suite;
}
