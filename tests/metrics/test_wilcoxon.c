/* Signed ranks: SciPy's values, every sign pattern counted one by one, and what the test gets
 * wrong. */
#include "metrics/wilcoxon.h"

#include "core/mem.h"
#include "core/pmath.h"
#include "metrics/compare.h"

#include <check.h>
#include <math.h>
#include <string.h>

Suite *suite_metrics_wilcoxon(void);

static pal_wilcoxon test_of(const double *d, size_t n)
{
    pal_wilcoxon w;
    pal_error err = { 0 };

    ck_assert_msg(pal_wilcoxon_paired(&w, d, n, &err) == PAL_OK, "%s", err.text);
    return w;
}

/* SciPy 1.10.1: scipy.stats.wilcoxon(d, mode="exact").pvalue; the second are Darwin's heights of
 * maize. */
START_TEST(few_differences_give_the_exact_p_of_scipy)
{
    const double a[] = { 1.5, -0.3, 2.2, 0.9, -1.1, 3.4, 0.2, -0.7, 2.6, 1.3 };
    const double darwin[] = { 49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48 };
    pal_wilcoxon w = test_of(a, 10);

    ck_assert(w.exact && w.n == 10);
    ck_assert_double_eq(w.p, 0.083984375);
    ck_assert_double_eq(w.w, 45);
    ck_assert_double_eq_tol(w.rank_biserial, 35.0 / 55, 1e-15);
    w = test_of(darwin, 15);
    ck_assert_double_eq(w.p, 0.041259765625);
    ck_assert_double_eq(w.w, 96);
}
END_TEST

/* SciPy 1.10.1, i = numpy.arange(200): wilcoxon(d, zero_method="wilcox", correction=True,
 * mode="approx").pvalue of d = ((i*37)%23-9)/4 and of d = ((i*37)%101-47)/8. */
START_TEST(many_differences_give_the_corrected_p_of_scipy)
{
    double d[200];
    pal_wilcoxon w;

    for (int i = 0; i < 200; i++) d[i] = (i * 37 % 23 - 9) / 4.0;
    w = test_of(d, 200);
    ck_assert(!w.exact && w.n == 192);
    ck_assert_double_eq(w.w, 12199);
    ck_assert_double_eq_tol(w.p / 0.00013926774723132108, 1, 1e-9);
    for (int i = 0; i < 200; i++) d[i] = (i * 37 % 101 - 47) / 8.0;
    w = test_of(d, 200);
    ck_assert_uint_eq(w.n, 198);
    ck_assert_double_eq(w.w, 11011);
    ck_assert_double_eq_tol(w.p, 0.15074452672156352, 1e-12);
}
END_TEST

/* Shared ranks by counting smaller and equal ones; all patterns of signs. */
static double brute_force(const double *d, size_t n)
{
    double rank[16], w = 0;
    size_t below = 0, above = 0, m = 0;
    double left[16];

    for (size_t i = 0; i < n; i++) {
        if (fabs(d[i]) > 0) left[m++] = d[i];
    }
    for (size_t i = 0; i < m; i++) {
        rank[i] = 0.5;
        for (size_t j = 0; j < m; j++)
            rank[i] += fabs(left[j]) < fabs(left[i]) ? 1 : fabs(left[j]) > fabs(left[i]) ? 0 : 0.5;
        w += left[i] > 0 ? rank[i] : 0;
    }
    for (unsigned pattern = 0; pattern < 1u << m; pattern++) {
        double sum = 0;

        for (size_t i = 0; i < m; i++) sum += (pattern >> i & 1) != 0 ? rank[i] : 0;
        below += sum <= w;
        above += sum >= w;
    }
    return fmin(1, 2 * fmin((double)below, (double)above) / (double)(1u << m));
}

START_TEST(ties_and_zeros_agree_with_counting_every_pattern)
{
    const pal_key key = pal_key_for((uint64_t)_i, 0, PAL_FOR_TEST);
    double d[12];
    const size_t n = 4 + (size_t)_i % 9;

    for (size_t i = 0; i < n; i++) d[i] = (double)(pal_u64(key, (pal_at){ i, 0, 0 }, 0) % 11) - 4;
    ck_assert_double_eq_tol(test_of(d, n).p, brute_force(d, n), 1e-15);
}
END_TEST

START_TEST(turning_all_signs_changes_no_p)
{
    const pal_key key = pal_key_for((uint64_t)_i, 1, PAL_FOR_TEST);
    double d[90], turned[90], scaled[90];
    const size_t n = 8 + 9 * (size_t)_i;
    pal_wilcoxon a, b;

    for (size_t i = 0; i < n; i++) {
        d[i] = pal_u01(key, (pal_at){ i, 0, 0 }, 0) - 0.41;
        turned[n - 1 - i] = -d[i];
        scaled[i] = 1e-6 * d[i];
    }
    a = test_of(d, n);
    b = test_of(turned, n);
    ck_assert_double_eq(a.p, b.p);
    ck_assert_double_eq_tol(a.rank_biserial, -b.rank_biserial, 1e-15);
    ck_assert_double_eq(test_of(scaled, n).p, a.p);
}
END_TEST

/* Equal values that part in their last bit are equal; what ought to be 0 is. */
START_TEST(last_bits_make_no_ranks)
{
    const double clean[] = { 0.25, 0.25, -0.25, 0.5, 0, 0.75 };
    const double noisy[] = { 0.25, nextafter(0.25, 1), -nextafter(0.25, 0), 0.5, 1e-17, 0.75 };

    ck_assert_double_eq(test_of(noisy, 6).p, test_of(clean, 6).p);
    ck_assert_uint_eq(test_of(noisy, 6).n, 5);
}
END_TEST

START_TEST(nothing_to_rank_is_no_difference)
{
    const double zeros[] = { 0, 0, 0 };
    pal_wilcoxon w = test_of(zeros, 3);

    ck_assert_double_eq(w.p, 1);
    ck_assert_double_eq(w.rank_biserial, 0);
    ck_assert(isnan(test_of(zeros, 0).p));
}
END_TEST

/* The exact and the normal p of the same 50 and 51 differences lie close together. */
START_TEST(the_two_ways_meet)
{
    double d[51];

    for (int i = 0; i < 51; i++) d[i] = (i % 3 == 0 ? -1 : 1) * (i * 29 % 51 + 0.5);
    ck_assert(test_of(d, 50).exact && !test_of(d, 51).exact);
    ck_assert_double_eq_tol(test_of(d, 50).p, test_of(d, 51).p, 0.02);
}
END_TEST

/* Share of 60 seeds in which differences of mean 0 are called different at 5 %: -log(u) - 1 is
 * skewed. */
static void false_alarms(double *wilcoxon, double *flips, size_t n)
{
    enum { SEEDS = 60 };
    double *d = pal_calloc(n, sizeof *d), p;
    const pal_compare_config config = { 199, pal_key_for(9, 0, PAL_FOR_PERMUTE) };

    *wilcoxon = *flips = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        const pal_key key = pal_key_for(seed, 2, PAL_FOR_TEST);

        for (size_t i = 0; i < n; i++)
            d[i] = -pal_log(pal_unit_open(pal_u64(key, (pal_at){ i, 0, 0 }, 0))) - 1;
        *wilcoxon += (test_of(d, n).p <= 0.05) / (double)SEEDS;
        ck_assert_int_eq(pal_sign_flip_p(&p, d, n, &config, NULL), PAL_OK);
        *flips += (p <= 0.05) / (double)SEEDS;
    }
    pal_free(d);
}

START_TEST(skewed_differences_of_mean_0_are_rejected_the_more_the_people)
{
    double few, many, flips_few, flips_many;

    false_alarms(&few, &flips_few, 100);
    false_alarms(&many, &flips_many, 1000);
    ck_assert_msg(few > 0.15 && many > 0.9, "signed ranks: %.3f at 100, %.3f at 1000", few, many);
    ck_assert_msg(flips_few < 0.14 && flips_many < 0.14, "sign flips: %.3f and %.3f", flips_few,
                  flips_many);
}
END_TEST

START_TEST(a_difference_that_is_no_number_is_named)
{
    const double d[] = { 1, NAN, 2 };
    pal_wilcoxon w;
    pal_error err = { 0 };

    ck_assert_int_eq(pal_wilcoxon_paired(&w, d, 3, &err), PAL_ERR_DATA);
    ck_assert_str_eq(err.text, "signed ranks: difference 1 is not finite");
}
END_TEST

Suite *suite_metrics_wilcoxon(void)
{
    Suite *s = suite_create("metrics/wilcoxon");
    TCase *c = tcase_create("wilcoxon");

    tcase_set_timeout(c, 30);
    tcase_add_test(c, few_differences_give_the_exact_p_of_scipy);
    tcase_add_test(c, many_differences_give_the_corrected_p_of_scipy);
    tcase_add_loop_test(c, ties_and_zeros_agree_with_counting_every_pattern, 0, 40);
    tcase_add_loop_test(c, turning_all_signs_changes_no_p, 0, 9);
    tcase_add_test(c, last_bits_make_no_ranks);
    tcase_add_test(c, nothing_to_rank_is_no_difference);
    tcase_add_test(c, the_two_ways_meet);
    tcase_add_test(c, skewed_differences_of_mean_0_are_rejected_the_more_the_people);
    tcase_add_test(c, a_difference_that_is_no_number_is_named);
    suite_add_tcase(s, c);
    return s;
}
