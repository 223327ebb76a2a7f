/* Sample-ratio mismatch: scipy's chi-square, a published case, the level over seeds. */
#include "metrics/srm.h"

#include "tests/support/metrics_people.h"

#include <check.h>
#include <math.h>

Suite *suite_metrics_srm(void);

/* scipy.stats.chi2.sf(x, df) */
START_TEST(tail_is_that_of_scipy)
{
    static const double known[][3] = {
        { 3.84, 1, 0.05004352124870519 },  { 7.3, 2, 0.02599112877875535 },  { 12.5, 5, 0.02854312332616749 },
        { 250, 100, 7.76693640353949e-15 }, { 900, 1000, 0.9892827619087102 }, { 80, 3, 3.069277486172416e-17 },
    };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        ck_assert_double_eq_tol(pal_chi_square_tail(known[i][0], (size_t)known[i][1]) / known[i][2], 1, 1e-10);
    }
    ck_assert(pal_chi_square_tail(0, 3) == 1 && pal_chi_square_tail(-1, 3) == 1 && isnan(pal_chi_square_tail(NAN, 3)));
}
END_TEST

/* 821,588 against 815,482 meant to be equal: Kohavi, Tang, Xu 2020, chapter 21. scipy.stats.chisquare. */
START_TEST(a_published_mismatch_is_found)
{
    const double broken[2] = { 821588, 815482 }, fine[3] = { 530, 470, 991 }, share[3] = { 1, 1, 2 };
    pal_sample_ratio r;

    ck_assert_int_eq(pal_sample_ratio_check(&r, broken, NULL, 2, NULL), PAL_OK);
    ck_assert_double_eq_tol(r.chi2, 22.77436884189436, 1e-9);
    ck_assert_double_eq_tol(r.p / 1.8217928726191858e-06, 1, 1e-9);
    ck_assert(r.mismatch);
    ck_assert_int_eq(pal_sample_ratio_check(&r, fine, share, 3, NULL), PAL_OK);
    ck_assert_double_eq_tol(r.p, 0.16065787874835338, 1e-12);
    ck_assert(!r.mismatch);
}
END_TEST

START_TEST(fair_splits_are_rejected_at_the_level)
{
    enum { PEOPLE = 600, SEEDS = 1000 };
    const double share[3] = { 0.2, 0.3, 0.5 };
    int below = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        double count[3] = { 0 };
        pal_sample_ratio r;

        for (size_t i = 0; i < PEOPLE; i++) {
            double u = metrics_u01(seed, i, 0);

            count[u < 0.2 ? 0 : u < 0.5 ? 1 : 2]++;
        }
        ck_assert_int_eq(pal_sample_ratio_check(&r, count, share, 3, NULL), PAL_OK);
        below += r.p <= 0.05;
    }
    ck_assert_double_eq_tol((double)below / SEEDS, 0.05, 0.025);
}
END_TEST

START_TEST(bad_counts_are_named)
{
    const double one[2] = { 5, -1 }, none[2] = { 0, 0 }, good[2] = { 3, 4 }, share[2] = { 1, 0 };
    pal_sample_ratio r;
    pal_error err;

    ck_assert_int_eq(pal_sample_ratio_check(&r, one, NULL, 1, &err), PAL_ERR_DATA);
    ck_assert_str_eq(err.text, "sample ratio: 1 arms, wanted two or more");
    ck_assert_int_eq(pal_sample_ratio_check(&r, one, NULL, 2, &err), PAL_ERR_DATA);
    ck_assert_str_eq(err.text, "sample ratio: arm 1 has a count of -1");
    ck_assert_int_eq(pal_sample_ratio_check(&r, none, NULL, 2, &err), PAL_ERR_DATA);
    ck_assert_str_eq(err.text, "sample ratio: no people in any of 2 arms");
    ck_assert_int_eq(pal_sample_ratio_check(&r, good, share, 2, &err), PAL_ERR_DATA);
    ck_assert_str_eq(err.text, "sample ratio: arm 1 has a share of 0, wanted above 0");
}
END_TEST

Suite *suite_metrics_srm(void)
{
    Suite *s = suite_create("metrics/srm");
    TCase *tc = tcase_create("srm");

    tcase_add_test(tc, tail_is_that_of_scipy);
    tcase_add_test(tc, a_published_mismatch_is_found);
    tcase_add_test(tc, fair_splits_are_rejected_at_the_level);
    tcase_add_test(tc, bad_counts_are_named);
    suite_add_tcase(s, tc);
    return s;
}
