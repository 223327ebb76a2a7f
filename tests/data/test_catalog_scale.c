#include "data/catalog_build.h"

#include "core/mem.h"
#include "tests/support/data_catalogs.h"

#include <math.h>
#include <stdlib.h>

#define N 7
#define D 3

Suite *suite_data_catalog_scale(void);

/* column 0: awkward values with ties; column 1: constant; column 2: one far out */
static const float raw[N * D] = { 0.1173f, 5, 1, 2.385f, 5, 2,  0.1173f, 5, 3, -1.5f, 5, 4,
                                  0.25f,   5, 5, 2.385f, 5, 6,  2.385f,  5, 1000 };

static void scale(float scaled[N * D], float sorted[N * D], pal_feature feature[D], pal_scaling scaling)
{
    pal_error err = { .status = PAL_OK };

    CK_OK(pal_scale_features(scaled, sorted, feature, raw, N, D, scaling, &err));
}

START_TEST(zscores_have_mean_0_and_sd_1)
{
    float scaled[N * D], sorted[N * D];
    pal_feature feature[D] = { { 0 } };
    double sum = 0, squares = 0;

    scale(scaled, sorted, feature, PAL_SCALE_ZSCORE);
    for (size_t i = 0; i < N; i++) {
        sum += (double)scaled[i * D];
        squares += (double)scaled[i * D] * (double)scaled[i * D];
    }
    ck_assert_double_eq_tol(sum, 0, 1e-6);
    ck_assert_double_eq_tol(squares / N, 1, 1e-6);
    /* python3: import statistics as s; v = [.1173, 2.385, .1173, -1.5, .25, 2.385, 2.385]; s.mean(v), s.pstdev(v) */
    ck_assert_double_eq_tol(feature[0].mean, 0.8770857142857142, 1e-7);
    ck_assert_double_eq_tol(feature[0].sd, 1.4152101372775214, 1e-7);
}
END_TEST

START_TEST(a_constant_feature_scales_to_0)
{
    float scaled[N * D], sorted[N * D];
    pal_feature feature[D] = { { 0 } };

    for (pal_scaling scaling = PAL_SCALE_ZSCORE; scaling <= PAL_SCALE_MINMAX; scaling++) {
        scale(scaled, sorted, feature, scaling);
        ck_assert_double_eq(feature[1].sd, 1);
        for (size_t i = 0; i < N; i++) {
            ck_assert_float_eq(scaled[i * D + 1], 0);
        }
    }
    scale(scaled, sorted, feature, PAL_SCALE_RANK);
    for (size_t i = 0; i < N; i++) {
        ck_assert_float_eq(scaled[i * D + 1], 0.5f); /* all share the middle rank */
    }
}
END_TEST

START_TEST(minmax_spans_0_to_1)
{
    float scaled[N * D], sorted[N * D];
    pal_feature feature[D] = { { 0 } };

    scale(scaled, sorted, feature, PAL_SCALE_MINMAX);
    ck_assert_float_eq(scaled[3 * D], 0);
    ck_assert_float_eq(scaled[1 * D], 1);
    ck_assert_float_eq_tol(scaled[4 * D], 1.75f / 3.885f, 1e-6f);
}
END_TEST

START_TEST(ranks_share_ties_and_average_a_half)
{
    /* sorted: -1.5 | .1173 .1173 | .25 | 2.385 x 3: mid-ranks .5, 2, 3.5, 5.5 of 7 */
    static const double wanted[N] = { 2, 5.5, 2, 0.5, 3.5, 5.5, 5.5 };
    float scaled[N * D], sorted[N * D];
    pal_feature feature[D] = { { 0 } };
    double sum = 0;

    scale(scaled, sorted, feature, PAL_SCALE_RANK);
    for (size_t i = 0; i < N; i++) {
        ck_assert_float_eq(scaled[i * D], (float)(wanted[i] / N));
        sum += (double)scaled[i * D + 2];
    }
    ck_assert_double_eq_tol(sum / N, 0.5, 1e-7);
    ck_assert_float_eq(scaled[6 * D + 2], (float)(6.5 / 7)); /* however far out */
}
END_TEST

START_TEST(statistics_do_not_depend_on_the_order_of_items)
{
    float scaled[N * D], sorted[N * D], turned[N * D], turned_scaled[N * D];
    pal_feature a[D] = { { 0 } }, b[D] = { { 0 } };
    pal_error err = { .status = PAL_OK };

    scale(scaled, sorted, a, (pal_scaling)_i);
    for (size_t i = 0; i < N; i++) {
        for (size_t f = 0; f < D; f++) {
            turned[i * D + f] = raw[(i * 3 + 2) % N * D + f];
        }
    }
    CK_OK(pal_scale_features(turned_scaled, sorted, b, turned, N, D, (pal_scaling)_i, &err));
    for (size_t f = 0; f < D; f++) {
        ck_assert_double_eq(a[f].mean, b[f].mean); /* to the last bit */
        ck_assert_double_eq(a[f].sd, b[f].sd);
        ck_assert_double_eq(a[f].q01, b[f].q01);
        for (size_t i = 0; i < N; i++) {
            ck_assert_float_eq(turned_scaled[i * D + f], scaled[(i * 3 + 2) % N * D + f]);
        }
    }
}
END_TEST

START_TEST(directions_are_unit_vectors_of_the_weighted_features)
{
    const float scaled[] = { 3, 4, 0, 0, 0, 0, 1, -2, 2 };
    const pal_feature feature[D] = { { .weight = 1 }, { .weight = 0.5 }, { .weight = 1 } };
    float direction[9];

    pal_direct_features(direction, scaled, feature, 3, D);
    ck_assert_float_eq_tol(direction[0], (float)(3 / sqrt(13)), 1e-7f);
    ck_assert_float_eq_tol(direction[1], (float)(2 / sqrt(13)), 1e-7f);
    for (size_t f = 0; f < D; f++) {
        ck_assert_float_eq(direction[3 + f], 0); /* zero stays zero */
    }
    ck_assert_float_eq_tol(direction[7], (float)(-1 / sqrt(6)), 1e-7f);
}
END_TEST

START_TEST(unscaling_takes_scaled_values_back)
{
    const data_shape shape = { .n_rows = 300, .d = 5, .n_genres = 4, .n_artists = 40 };
    pal_catalog *catalog = data_random_catalog((uint64_t)_i, shape, (pal_scaling)(_i % 3));

    for (size_t i = 0; i < catalog->n_items; i++) {
        for (size_t f = 0; f < catalog->d; f++) {
            double back = pal_catalog_unscale(catalog, f, (double)catalog->scaled[i * catalog->stride + f]);

            ck_assert_double_eq_tol(back, (double)catalog->raw[i * catalog->d + f], 2e-6 * (1 + fabs(back)));
        }
    }
    for (size_t f = 0; f < catalog->d && catalog->scaling != PAL_SCALE_ZSCORE; f++) {
        ck_assert_double_eq_tol(pal_catalog_unscale(catalog, f, 0), catalog->feature[f].min, 1e-12);
        ck_assert_double_eq_tol(pal_catalog_unscale(catalog, f, 1), catalog->feature[f].max, 1e-6);
        ck_assert_double_le(pal_catalog_unscale(catalog, f, 0.4), pal_catalog_unscale(catalog, f, 0.6));
    }
    pal_catalog_free(catalog);
}
END_TEST

START_TEST(the_ring_runs_from_the_first_to_the_last_percentile)
{
    pal_feature feature[2] = { { .q01 = -2, .q99 = 6 }, { .q01 = 3, .q99 = 3 } };
    pal_catalog catalog = { .d = 2, .feature = feature };

    ck_assert_double_eq(pal_catalog_ring(&catalog, 0, -2), 0);
    ck_assert_double_eq(pal_catalog_ring(&catalog, 0, 1), 0.375);
    ck_assert_double_eq(pal_catalog_ring(&catalog, 0, 6), 1);
    ck_assert_double_eq(pal_catalog_ring(&catalog, 0, -50), 0);
    ck_assert_double_eq(pal_catalog_ring(&catalog, 0, 60), 1);
    ck_assert_double_eq(pal_catalog_ring(&catalog, 1, 3), 0.5);
}
END_TEST

Suite *suite_data_catalog_scale(void)
{
    Suite *suite = suite_create("data/catalog_scale");
    TCase *cases = tcase_create("scale");

    tcase_add_test(cases, zscores_have_mean_0_and_sd_1);
    tcase_add_test(cases, a_constant_feature_scales_to_0);
    tcase_add_test(cases, minmax_spans_0_to_1);
    tcase_add_test(cases, ranks_share_ties_and_average_a_half);
    tcase_add_loop_test(cases, statistics_do_not_depend_on_the_order_of_items, 0, 3);
    tcase_add_test(cases, directions_are_unit_vectors_of_the_weighted_features);
    tcase_add_loop_test(cases, unscaling_takes_scaled_values_back, 0, 9);
    tcase_add_test(cases, the_ring_runs_from_the_first_to_the_last_percentile);
    suite_add_tcase(suite, cases);
    return suite;
}
