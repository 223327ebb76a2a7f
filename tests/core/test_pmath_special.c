/* Special functions against closed forms, long double libm and GSL; the float kernels and their array forms. */
#include "core/pmath.h"

#include "core/pmath_kernel.h"
#include "core/rng.h"

#include "tests/support/holds.h"

#include <check.h>
#include <float.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_sf_gamma.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static double draw(uint64_t who, uint64_t i)
{
    return pal_u01(pal_key_for(10, 0, PAL_FOR_TEST), (pal_at){ who, 0, i >> 2 }, i & 3);
}

static double geometric(double low, double high, double u)
{
    return exp(log(low) + (log(high) - log(low)) * u);
}

static void near(double got, long double truth, double room, const char *what, double at)
{
    long double off = fabsl((long double)got - truth);

    HOLDS(off <= (long double)room * fabsl(truth), "%s at %.17g: %.17g, not %.17Lg (relative %g)", what, at, got,
              truth, (double)(off / fabsl(truth)));
}

START_TEST(lgamma_matches_long_double)
{
    for (uint64_t i = 0; i < 100000; i++) {
        double x = i & 1 ? geometric(1e-300, 1e300, draw(1, i)) : 40 * draw(1, i) + 1e-9;
        long double truth = lgammal((long double)x);

        HOLDS(fabsl((long double)pal_lgamma(x) - truth) <= 1e-14L * fmaxl(1, fabsl(truth)), "lgamma(%.17g)", x);
    }
    HOLD(pal_lgamma(1) == 0 && pal_lgamma(2) == 0 && pal_lgamma(0) == HUGE_VAL);
    HOLD(pal_lgamma(HUGE_VAL) == HUGE_VAL);
    ck_assert_double_nan(pal_lgamma(-1.5));
    ck_assert_double_nan(pal_lgamma((double)NAN));
}
END_TEST

/* lgamma(n + 1) = log n! */
START_TEST(lgamma_of_integers_is_log_factorial)
{
    long double factorial = 0;

    for (int n = 2; n < 2000; n++) {
        factorial += logl(n);
        near(pal_lgamma(n + 1), factorial, 2e-14, "lgamma", n + 1);
    }
}
END_TEST

START_TEST(normal_cdf_keeps_its_figures_in_both_tails)
{
    for (uint64_t i = 0; i < 200000; i++) {
        double x = draw(2, i) * 46 - 37.5;

        near(pal_normal_cdf(x), 0.5L * erfcl(-(long double)x * 0.707106781186547524400844362104849039L), 2e-15,
             "normal_cdf", x);
    }
    HOLD(pal_normal_cdf(0) == 0.5 && pal_normal_cdf(-HUGE_VAL) == 0 && pal_normal_cdf(HUGE_VAL) == 1);
    ck_assert_double_nan(pal_normal_cdf((double)NAN));
}
END_TEST

START_TEST(normal_quantile_matches_gsl)
{
    for (uint64_t i = 0; i < 100000; i++) {
        double p = i & 1 ? geometric(1e-300, 0.5, draw(3, i)) : draw(3, i) + 1e-18;

        near(pal_normal_quantile(p), (long double)gsl_cdf_ugaussian_Pinv(p), 2e-15, "normal_quantile", p);
    }
    HOLD(pal_normal_quantile(0) == -HUGE_VAL && pal_normal_quantile(1) == HUGE_VAL && pal_normal_quantile(0.5) == 0);
    ck_assert_double_nan(pal_normal_quantile(-0.1));
    ck_assert_double_nan(pal_normal_quantile(1.1));
}
END_TEST

/* The inverse's error seen through the distribution function: dp = density * dz. */
START_TEST(normal_quantile_inverts_the_cdf)
{
    for (uint64_t i = 0; i < 100000; i++) {
        double p = i & 1 ? geometric(1e-300, 0.5, draw(4, i)) : draw(4, i) + 1e-18, z = pal_normal_quantile(p);
        long double back = 0.5L * erfcl(-(long double)z * 0.707106781186547524400844362104849039L);
        long double density = expl(-(long double)z * (long double)z / 2) * 0.398942280401432677939946059934381868L;

        HOLDS(fabsl(back - (long double)p) <= density * fabsl((long double)z) * 1.2e-15L + 1e-19L, "p = %.17g", p);
    }
}
END_TEST

/* Integer a, b: I_x(a, b) is a sum of binomial probabilities, all positive. */
START_TEST(beta_inc_matches_binomial_sums)
{
    for (uint64_t i = 0; i < 3000; i++) {
        int a = 1 + (int)(draw(5, 4 * i) * 60), b = 1 + (int)(draw(5, 4 * i + 1) * 60), n = a + b - 1;
        double x = draw(5, 4 * i + 2);
        long double sum = 0, lx = logl((long double)x), ly = log1pl(-(long double)x);

        for (int j = a; j <= n; j++) {
            sum += expl(lgammal(n + 1) - lgammal(j + 1) - lgammal(n - j + 1) + j * lx + (n - j) * ly);
        }
        near(pal_beta_inc(a, b, x), sum, 1e-12, "beta_inc", x);
    }
}
END_TEST

START_TEST(beta_inc_matches_its_closed_forms)
{
    for (uint64_t i = 0; i < 20000; i++) {
        double x = draw(6, 2 * i), a = geometric(1e-3, 1e3, draw(6, 2 * i + 1));

        long double power = powl((long double)x, (long double)a);

        if (power > 1e-300L) near(pal_beta_inc(a, 1, x), power, 1e-12, "I_x(a, 1)", x);
        near(pal_beta_inc(1, a, x), -expm1l((long double)a * log1pl(-(long double)x)), 1e-12, "I_x(1, b)", x);
        near(pal_beta_inc(0.5, 0.5, x), 0.636619772367581343075535053490057448L * asinl(sqrtl((long double)x)), 1e-12,
             "I_x(1/2, 1/2)", x);
    }
}
END_TEST

START_TEST(beta_inc_matches_gsl)
{
    gsl_set_error_handler_off();
    for (uint64_t i = 0; i < 20000; i++) {
        double a = geometric(0.05, 3000, draw(7, 4 * i)), b = geometric(0.05, 3000, draw(7, 4 * i + 1));
        double x = draw(7, 4 * i + 2);
        gsl_sf_result r;

        if (gsl_sf_beta_inc_e(a, b, x, &r) != GSL_SUCCESS || r.val < 1e-280) continue;
        near(pal_beta_inc(a, b, x), (long double)r.val, 3e-10, "beta_inc", x); /* GSL's own error */
    }
}
END_TEST

START_TEST(beta_inc_of_both_ends_adds_to_one)
{
    for (uint64_t i = 0; i < 20000; i++) {
        double a = geometric(0.01, 1e7, draw(8, 4 * i)), b = geometric(0.01, 1e7, draw(8, 4 * i + 1));
        double mean = a / (a + b), x = mean + (draw(8, 4 * i + 2) - 0.5) * 0.5 * (mean < 0.5 ? mean : 1 - mean), y;

        x = (x + 1) - 1; /* so that 1 - x is exact */
        y = 1 - x;
        HOLD(fabs(pal_beta_inc(a, b, x) + pal_beta_inc(b, a, y) - 1) <= 1e-12);
    }
    HOLD(pal_beta_inc(2, 3, 0) == 0 && pal_beta_inc(2, 3, 1) == 1);
    HOLD(pal_beta_inc(2, 3, -1) == 0 && pal_beta_inc(2, 3, 2) == 1);
    ck_assert_double_nan(pal_beta_inc(0, 3, 0.5));
    ck_assert_double_nan(pal_beta_inc(2, -3, 0.5));
    ck_assert_double_nan(pal_beta_inc(2, 3, (double)NAN));
}
END_TEST

/* df = 1: arctangent; df = 2 and 4: algebraic (Abramowitz and Stegun 26.7.3, 26.7.4). */
static long double student_tail(long double t, int df)
{
    long double s2 = 2 + t * t, c;

    if (df == 1) return atan2l(1, t) / 3.14159265358979323846264338327950288L;
    if (df == 2) return 1 / (sqrtl(s2) * (sqrtl(s2) + t));
    c = 4 / (4 + t * t); /* cos^2 theta; 1 - sin theta (1 + c / 2) without cancellation */
    return 0.5L * c * c * (0.75L + c / 4) / (1 + t / sqrtl(4 + t * t) * (1 + c / 2));
}

START_TEST(student_cdf_matches_closed_forms)
{
    static const int dfs[] = { 1, 2, 4 };

    for (size_t k = 0; k < 3; k++) {
        for (uint64_t i = 0; i < 5000; i++) {
            double t = geometric(1e-9, dfs[k] == 4 ? 1e60 : 1e140, draw(9, i)); /* 1e-240 and above */
            long double tail = student_tail((long double)t, dfs[k]);

            near(pal_student_cdf(-t, dfs[k]), tail, 1e-12, "student_cdf", -t);
            near(pal_student_cdf(t, dfs[k]), 1 - tail, 2e-15, "student_cdf", t);
        }
    }
}
END_TEST

START_TEST(student_quantile_matches_closed_forms)
{
    for (uint64_t i = 0; i < 5000; i++) {
        double p = i & 1 ? geometric(1e-200, 0.4999, draw(11, i)) : draw(11, i) * 0.5 + 1e-18;
        long double tail = (long double)p, one = 1 / tanl(3.14159265358979323846264338327950288L * tail);

        near(-pal_student_quantile(p, 1), one, 1e-12, "Cauchy quantile", p);
        near(-pal_student_quantile(p, 2), (1 - 2 * tail) / sqrtl(2 * tail * (1 - tail)), 1e-12, "t2 quantile", p);
    }
}
END_TEST

/*
 * The hypergeometric series of I_x(a, 1/2) at x = df / (df + t^2), a = df / 2, in long double: all its terms are
 * positive, their ratio tends to x (DLMF 8.17.7). B(a, 1/2) for a > 20 by the ratio of gammas, A&S 6.1.47 with
 * Stirling's series.
 */
static long double student_series(long double t, long double df)
{
    long double a = df / 2, x = df / (df + t * t), term = 1, sum = 1, log_ratio;

    for (int n = 1; n < 1000000 && term > 1e-21L * sum; n++) {
        term *= (n - 0.5L) / n * x;
        sum += term * (a / (a + n));
    }
    if (a < 20) {
        log_ratio = lgammal(a + 0.5L) - lgammal(a);
    } else { /* a log(1 + 1/(2a)) + ... */
        long double b = a + 0.5L;

        log_ratio = a * log1pl(0.5L / a) - 0.5L + 0.5L * logl(a) + (1 / b - 1 / a) / 12
            - (1 / (b * b * b) - 1 / (a * a * a)) / 360 + (powl(b, -5) - powl(a, -5)) / 1260
            - (powl(b, -7) - powl(a, -7)) / 1680 + (powl(b, -9) - powl(a, -9)) / 1188;
    }
    return 0.5L * sum * expl(log_ratio - a * log1pl(t * t / df)) / (a * 1.77245385090551602729816748334114518L);
}

START_TEST(student_cdf_matches_its_series)
{
    static const double dfs[] = { 0.2, 1, 2.385, 5, 17, 99.5, 1000, 4321, 123456, 1e6 };
    double df = dfs[_i];

    for (double t = 2; t < 38; t *= 1.6) {
        /* x must stay away from 1 for the series to end soon */
        if (t * t / df < 2e-4) continue;
        near(pal_student_cdf(-t, df), student_series((long double)t, (long double)df), 1e-12, "student_cdf", -t);
    }
}
END_TEST

START_TEST(student_matches_gsl)
{
    gsl_set_error_handler_off();
    for (uint64_t i = 0; i < 5000; i++) {
        double df = geometric(0.7, 1e5, draw(12, 2 * i)), q = geometric(1e-12, 0.49, draw(12, 2 * i + 1));
        double t = gsl_cdf_tdist_Qinv(q, df);

        near(-pal_student_quantile(q, df), (long double)t, 1e-8, "quantile", q); /* what GSL iterates to */
        near(pal_student_cdf(-t, df), (long double)gsl_cdf_tdist_Q(t, df), 1e-7, "student_cdf", -t);
    }
}
END_TEST

START_TEST(student_quantile_inverts_the_cdf)
{
    for (uint64_t i = 0; i < 5000; i++) {
        double df = geometric(0.5, 1e14, draw(13, 2 * i)), p = draw(13, 2 * i + 1), t;

        if (i % 3 == 0) p = 0.5 + (p - 0.5) * 1e-6;
        if (p == 0) continue;
        t = pal_student_quantile(p, df);
        near(pal_student_cdf(t, df), (long double)p, 1e-12, "cdf of quantile", p);
        HOLD(pal_student_quantile(1 - p, df) == -pal_student_quantile(1 - (1 - p), df));
    }
}
END_TEST

START_TEST(student_tends_to_the_normal)
{
    for (double t = -9; t < 9; t += 0.1173) {
        near(pal_student_cdf(t, HUGE_VAL), (long double)pal_normal_cdf(t), 0, "df = inf", t);
        near(pal_student_cdf(t, 1e16), (long double)pal_normal_cdf(t), 0, "df = 1e16", t);
        near(pal_student_cdf(t, 1e14), (long double)pal_normal_cdf(t), 1e-10, "df = 1e14", t);
    }
    near(pal_student_quantile(0.975, HUGE_VAL), 1.95996398454005423552L, 1e-15, "z", 0.975);
}
END_TEST

START_TEST(student_has_its_edges)
{
    HOLD(pal_student_cdf(0, 3) == 0.5 && pal_student_cdf(HUGE_VAL, 3) == 1 && pal_student_cdf(-HUGE_VAL, 3) == 0);
    HOLD(pal_student_quantile(0.5, 3) == 0);
    HOLD(pal_student_quantile(0, 3) == -HUGE_VAL && pal_student_quantile(1, 3) == HUGE_VAL);
    ck_assert_double_nan(pal_student_cdf(1, 0));
    ck_assert_double_nan(pal_student_cdf((double)NAN, 3));
    ck_assert_double_nan(pal_student_quantile(1.5, 3));
    ck_assert_double_nan(pal_student_quantile(0.5, -3));
    /* R: qt(0.975, c(1, 5, 30)) printed with digits = 15 */
    near(pal_student_quantile(0.975, 1), 12.7062047361747L, 1e-14, "table", 1);
    near(pal_student_quantile(0.975, 5), 2.57058183563631L, 1e-14, "table", 5);
    near(pal_student_quantile(0.975, 30), 2.04227245630124L, 1e-14, "table", 30);
}
END_TEST

static float float_of(uint32_t bits)
{
    float x;

    memcpy(&x, &bits, sizeof x);
    return x;
}

static double float_ulps(float got, double truth)
{
    int e;

    (void)frexp(truth, &e);
    return fabs((double)got - truth) / ldexp(1, (e < -125 ? -125 : e) - 24);
}

START_TEST(expf_is_within_2_ulp)
{
    for (uint64_t i = 0; i < 1000000; i++) {
        float x = (float)(-87.33 + 176.05 * draw(14, i));

        HOLDS(float_ulps(pal_expf(x), exp((double)x)) <= 1.1, "expf(%a)", (double)x); /* measured: 1.03 */
    }
    HOLD(pal_expf(0) == 1 && pal_expf(-87.34f) == 0 && pal_expf(-HUGE_VALF) == 0);
    HOLD(pal_expf(88.73f) == FLT_MAX && pal_expf(HUGE_VALF) == FLT_MAX);
    HOLD(isnan(pal_expf((float)NAN)));
    for (float x = -87.3f; x < -87.0f; x = nextafterf(x, 0)) HOLD(pal_expf(x) >= FLT_MIN);
}
END_TEST

START_TEST(logf_is_within_2_ulp)
{
    for (uint32_t bits = 1; bits < UINT32_C(0x7f800000); bits += 1993) {
        float x = float_of(bits);

        HOLDS(float_ulps(pal_logf(x), log((double)x)) <= 1.3, "logf(%a)", (double)x); /* measured: 1.27 */
    }
    for (uint32_t bits = UINT32_C(0x3f780000); bits < UINT32_C(0x3f880000); bits += 3) { /* 0.97 to 1.06 */
        float x = float_of(bits);

        HOLDS(float_ulps(pal_logf(x), log((double)x)) <= 1.3, "logf(%a)", (double)x);
    }
    HOLD(pal_logf(1) == 0 && pal_logf(0) == -HUGE_VALF && pal_logf(HUGE_VALF) == HUGE_VALF);
    HOLD(pal_logf(-0.0f) == -HUGE_VALF);
    HOLD(isnan(pal_logf(-1)) && isnan(pal_logf((float)NAN)) && isnan(pal_logf(-HUGE_VALF)));
}
END_TEST

START_TEST(sigmoidf_is_within_3_ulp)
{
    for (uint64_t i = 0; i < 1000000; i++) {
        float x = (float)(-87.3 + 120 * draw(15, i));

        HOLDS(float_ulps(pal_sigmoidf(x), 1 / (1 + exp(-(double)x))) <= 2.5, "sigmoidf(%a)", (double)x);
    }
    HOLD(pal_sigmoidf(0) == 0.5f && pal_sigmoidf(HUGE_VALF) == 1 && pal_sigmoidf(-HUGE_VALF) == 0);
    HOLD(isnan(pal_sigmoidf((float)NAN)));
}
END_TEST

/* Every length, and starts that are not aligned, so that vector bodies and their leftovers are both met. */
START_TEST(array_forms_have_the_bytes_of_the_scalars)
{
    enum { N = 300 };
    static float x[N], y[N + 1];
    static void (*const array[])(float *, const float *, size_t) = { pal_expf_array, pal_logf_array,
                                                                     pal_sigmoidf_array };
    static float (*const one[])(float) = { pal_expf, pal_logf, pal_sigmoidf };
    const float odd[] = { 0, -0.0f, 1, HUGE_VALF, -HUGE_VALF, (float)NAN, FLT_MIN, FLT_MIN / 8, -1, 88.8f, -87.4f };

    for (size_t i = 0; i < N; i++) {
        x[i] = (float)((draw(16, i) - 0.5) * 190);
        if (_i == 1) x[i] = fabsf(x[i]);
        if (i % 5 == 3) x[i] = odd[(i / 5) % (sizeof odd / sizeof odd[0])];
    }
    for (size_t n = 0; n < N - 3; n++) {
        size_t start = n % 3;

        y[n] = 0.1173f;
        array[_i](y, x + start, n);
        for (size_t i = 0; i < n; i++) {
            float wanted = one[_i](x[start + i]);

            HOLDS(memcmp(&y[i], &wanted, sizeof wanted) == 0, "n %zu, x %a: %a, scalar %a", n, (double)x[start + i],
                      (double)y[i], (double)wanted);
        }
        HOLD(y[n] == 0.1173f);
    }
    memcpy(y, x, sizeof x);
    array[_i](y, y, N); /* in place */
    for (size_t i = 0; i < N; i++) {
        float wanted = one[_i](x[i]);

        HOLD(memcmp(&y[i], &wanted, sizeof wanted) == 0);
    }
}
END_TEST

/* The tables hold what their comment says. */
START_TEST(tables_are_what_they_claim)
{
    for (int j = 0; j < 128; j++) {
        long double truth = exp2l(j / 128.0L);
        long double pair = (long double)pal_exp_table[j][0] * (1 + (long double)pal_exp_table[j][1]);
        long double log_pair = (long double)pal_log_table[j][1] + (long double)pal_log_table[j][2];

        HOLD(fabsl(pair - truth) <= 0x1p-62L);
        HOLD(fabsl(log_pair + logl((long double)pal_log_table[j][0])) <= 0x1p-63L);
        HOLD(floor(ldexp(pal_log_table[j][0], 12)) == ldexp(pal_log_table[j][0], 12));
        HOLD(floor(ldexp(pal_log_table[j][1], 42)) == ldexp(pal_log_table[j][1], 42));
    }
}
END_TEST

Suite *suite_core_pmath_special(void);

Suite *suite_core_pmath_special(void)
{
    Suite *suite = suite_create("core/pmath_special");
    TCase *tests = tcase_create("special"), *floats = tcase_create("float");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, lgamma_matches_long_double);
    tcase_add_test(tests, lgamma_of_integers_is_log_factorial);
    tcase_add_test(tests, normal_cdf_keeps_its_figures_in_both_tails);
    tcase_add_test(tests, normal_quantile_matches_gsl);
    tcase_add_test(tests, normal_quantile_inverts_the_cdf);
    tcase_add_test(tests, beta_inc_matches_binomial_sums);
    tcase_add_test(tests, beta_inc_matches_its_closed_forms);
    tcase_add_test(tests, beta_inc_matches_gsl);
    tcase_add_test(tests, beta_inc_of_both_ends_adds_to_one);
    tcase_add_test(tests, student_cdf_matches_closed_forms);
    tcase_add_test(tests, student_quantile_matches_closed_forms);
    tcase_add_loop_test(tests, student_cdf_matches_its_series, 0, 10);
    tcase_add_test(tests, student_matches_gsl);
    tcase_add_test(tests, student_quantile_inverts_the_cdf);
    tcase_add_test(tests, student_tends_to_the_normal);
    tcase_add_test(tests, student_has_its_edges);
    tcase_add_test(tests, tables_are_what_they_claim);
    suite_add_tcase(suite, tests);

    tcase_set_timeout(floats, 60);
    tcase_add_test(floats, expf_is_within_2_ulp);
    tcase_add_test(floats, logf_is_within_2_ulp);
    tcase_add_test(floats, sigmoidf_is_within_3_ulp);
    tcase_add_loop_test(floats, array_forms_have_the_bytes_of_the_scalars, 0, 3);
    suite_add_tcase(suite, floats);
    return suite;
}
