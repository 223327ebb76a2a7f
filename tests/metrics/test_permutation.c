/* Permutation tests: every pattern by brute force, the level over seeds, few and many. */
#include "metrics/permutation.h"

#include "tests/support/metrics_people.h"

#include <check.h>
#include <math.h>

Suite *suite_metrics_permutation(void);

static pal_compare_config config_of(size_t n, uint64_t seed)
{
    return (pal_compare_config){ n, pal_key_for(seed, 0, PAL_FOR_PERMUTE) };
}

/* Whole quarters, so that sums are exact and ties are true ties. */
START_TEST(exact_pairs_are_the_share_of_all_patterns)
{
    size_t n = 1 + (size_t)_i % 11, extreme = 0;
    double d[11], observed = 0;
    pal_compare_config config = config_of(99, 1);
    pal_permutation p;

    for (size_t i = 0; i < n; i++) {
        d[i] = floor(4 * metrics_normal((uint64_t)_i, i, 0)) / 4 + 0.25;
        observed += d[i];
    }
    for (unsigned pattern = 0; pattern < 1u << n; pattern++) {
        double sum = 0;

        for (size_t i = 0; i < n; i++) {
            sum += (pattern >> i & 1) != 0 ? -d[i] : d[i];
        }
        extreme += fabs(sum) >= fabs(observed);
    }
    ck_assert_int_eq(pal_permutation_paired(&p, d, n, &config, NULL), PAL_OK);
    ck_assert(p.exact);
    ck_assert_double_eq_tol(p.p, (double)extreme / (double)(1u << n), 1e-15);
}
END_TEST

START_TEST(three_seeds_cannot_reach_five_per_cent)
{
    const double d[3] = { 5, 5.2, 4.9 };
    pal_compare_config config = config_of(99, 1);
    pal_permutation p;

    ck_assert_int_eq(pal_permutation_paired(&p, d, 3, &config, NULL), PAL_OK);
    ck_assert(p.p == 0.25 && p.patterns == 8);
}
END_TEST

START_TEST(many_pairs_go_to_random_flips)
{
    double d[21], flips;
    pal_compare_config config = config_of(499, 7);
    pal_permutation p;

    for (size_t i = 0; i < 21; i++) d[i] = metrics_normal(3, i, 0) + 0.3;
    ck_assert_int_eq(pal_permutation_paired(&p, d, 21, &config, NULL), PAL_OK);
    ck_assert_int_eq(pal_sign_flip_p(&flips, d, 21, &config, NULL), PAL_OK);
    ck_assert(!p.exact && p.p == flips && p.patterns == 499);
}
END_TEST

/* All 126 splits with numpy: |difference of means| / sqrt(var_a / n_a + var_b / n_b), 25 as far out as this one. */
START_TEST(exact_splits_are_those_of_numpy)
{
    const double x[4] = { 0.1173, -0.5, 2.385, 0.77 }, y[5] = { 1.9, -0.03, 3.61, 1.2, 4.1 };
    pal_compare_config config = config_of(99, 1);
    pal_permutation p, swapped;

    ck_assert_int_eq(pal_permutation_unpaired(&p, x, 4, y, 5, &config, NULL), PAL_OK);
    ck_assert_int_eq(pal_permutation_unpaired(&swapped, y, 5, x, 4, &config, NULL), PAL_OK);
    ck_assert(p.exact && p.patterns == 126);
    ck_assert_double_eq_tol(p.p, 25.0 / 126, 1e-15);
    ck_assert(swapped.p == p.p);
}
END_TEST

/* 11 and 12 values have 1352078 splits: too many to look at, few enough to check against a normal tail. */
START_TEST(random_splits_keep_their_level)
{
    enum { N_A = 14, N_B = 17, SEEDS = 500 };
    double a[N_A], b[N_B];
    int rejected = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        pal_compare_config config = config_of(199, seed);
        pal_permutation p;

        for (size_t i = 0; i < N_A; i++) a[i] = metrics_normal(seed, i, 1);
        for (size_t i = 0; i < N_B; i++) b[i] = metrics_normal(seed, i, 2);
        ck_assert_int_eq(pal_permutation_unpaired(&p, a, N_A, b, N_B, &config, NULL), PAL_OK);
        ck_assert(!p.exact);
        rejected += p.p <= 0.05;
    }
    ck_assert_double_eq_tol((double)rejected / SEEDS, 0.05, 0.03);
}
END_TEST

/* A small loud sample beside a large quiet one: a difference of means alone would reject far too often. */
START_TEST(unequal_spreads_keep_the_level_too)
{
    enum { N_A = 20, N_B = 80, SEEDS = 400 };
    double a[N_A], b[N_B];
    int rejected = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        pal_compare_config config = config_of(199, seed);
        pal_permutation p;

        for (size_t i = 0; i < N_A; i++) a[i] = 4 * metrics_normal(seed, i, 1);
        for (size_t i = 0; i < N_B; i++) b[i] = metrics_normal(seed, i, 2);
        ck_assert_int_eq(pal_permutation_unpaired(&p, a, N_A, b, N_B, &config, NULL), PAL_OK);
        rejected += p.p <= 0.05;
    }
    ck_assert_double_eq_tol((double)rejected / SEEDS, 0.055, 0.04);
}
END_TEST

START_TEST(a_large_difference_is_found)
{
    double a[30], b[30];
    pal_compare_config config = config_of(999, 4);
    pal_permutation p;

    for (size_t i = 0; i < 30; i++) {
        a[i] = metrics_normal(1, i, 1) + 2.385;
        b[i] = metrics_normal(1, i, 2);
    }
    ck_assert_int_eq(pal_permutation_unpaired(&p, a, 30, b, 30, &config, NULL), PAL_OK);
    ck_assert_double_eq_tol(p.p, 0.001, 1e-15);
}
END_TEST

START_TEST(degenerate_samples_are_told_apart)
{
    const double same[30] = { 0 }, one[1] = { 2 }, two[2] = { 1, 1 };
    pal_compare_config config = config_of(99, 4);
    pal_permutation p;

    ck_assert_int_eq(pal_permutation_unpaired(&p, same, 30, same, 30, &config, NULL), PAL_OK);
    ck_assert(p.p == 1);
    ck_assert_int_eq(pal_permutation_unpaired(&p, one, 1, same, 30, &config, NULL), PAL_OK);
    ck_assert(isnan(p.p));
    ck_assert_int_eq(pal_permutation_unpaired(&p, two, 2, same, 2, &config, NULL), PAL_OK);
    ck_assert_double_eq_tol(p.p, 2.0 / 6, 1e-15); /* only the split itself and its mirror are as far out */
    ck_assert_int_eq(pal_permutation_paired(&p, same, 0, &config, NULL), PAL_OK);
    ck_assert(isnan(p.p));
    ck_assert_int_eq(pal_permutation_paired(&p, same, 7, &config, NULL), PAL_OK);
    ck_assert(p.p == 1);
}
END_TEST

START_TEST(bad_values_are_named)
{
    const double good[4] = { 1, 2, 3, 4 }, bad[4] = { 1, 2, INFINITY, 4 };
    pal_compare_config config = config_of(99, 4);
    pal_permutation p;
    pal_error err;

    ck_assert_int_eq(pal_permutation_unpaired(&p, good, 4, bad, 4, &config, &err), PAL_ERR_DATA);
    ck_assert_str_eq(err.text, "permutation: value 2 of the second sample is not finite");
    ck_assert_int_eq(pal_permutation_paired(&p, bad, 4, &config, &err), PAL_ERR_DATA);
    ck_assert_str_eq(err.text, "sign flips: difference 2 is not finite");
}
END_TEST

Suite *suite_metrics_permutation(void)
{
    Suite *s = suite_create("metrics/permutation");
    TCase *tc = tcase_create("permutation");

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, exact_pairs_are_the_share_of_all_patterns, 0, 22);
    tcase_add_test(tc, three_seeds_cannot_reach_five_per_cent);
    tcase_add_test(tc, many_pairs_go_to_random_flips);
    tcase_add_test(tc, exact_splits_are_those_of_numpy);
    tcase_add_test(tc, random_splits_keep_their_level);
    tcase_add_test(tc, unequal_spreads_keep_the_level_too);
    tcase_add_test(tc, a_large_difference_is_found);
    tcase_add_test(tc, degenerate_samples_are_told_apart);
    tcase_add_test(tc, bad_values_are_named);
    suite_add_tcase(s, tc);
    return s;
}
