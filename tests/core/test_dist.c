/* Samplers against the distributions they claim: Kolmogorov-Smirnov, chi-square and moments, all with fixed seeds. */
#include "core/dist.h"

#include "core/pmath.h"

#include "tests/support/holds.h"

#include <check.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { N = 100000 };
#define KS_LIMIT 2.2255 /* sqrt(n) D exceeds it with probability 1e-4 */
#define CHANCE 1e-4

static const pal_key KEY = { UINT64_C(77001), UINT64_C(12) };
static double x[N];

static int ascending(const void *a, const void *b)
{
    double u, v;

    memcpy(&u, a, sizeof u);
    memcpy(&v, b, sizeof v);
    return (u > v) - (u < v);
}

/* Largest distance between the sample's and the stated distribution function, times sqrt(n). */
static double ks(double (*cdf)(double, double, double), double p, double q)
{
    double worst = 0;

    qsort(x, N, sizeof x[0], ascending);
    for (size_t i = 0; i < N; i++) {
        double f = cdf(x[i], p, q), above = (double)(i + 1) / N - f, below = f - (double)i / N;

        if (above > worst) worst = above;
        if (below > worst) worst = below;
    }
    return worst * sqrt(N);
}

static double normal_cdf_of(double t, double p, double q)
{
    (void)p;
    (void)q;
    return gsl_cdf_ugaussian_P(t);
}

START_TEST(normals_are_normal)
{
    uint64_t draw = 0;

    for (size_t i = 0; i < N; i++) {
        if (_i == 1) draw = 0; /* one draw at each of N places, or N draws at one place */
        x[i] = pal_draw_normal(KEY, (pal_at){ _i == 1 ? i : 3, 1, 2 }, &draw);
    }
    HOLD(ks(normal_cdf_of, 0, 0) < KS_LIMIT);
}
END_TEST

START_TEST(a_normal_is_the_quantile_of_one_open_unit)
{
    const pal_at at = { 4, 5, 6 };

    for (uint64_t d = 0; d < 100; d++) {
        uint64_t draw = d;

        HOLD(pal_draw_normal(KEY, at, &draw) == pal_normal_quantile(pal_unit_open(pal_u64(KEY, at, d))));
        ck_assert_uint_eq(draw, d + 1);
    }
}
END_TEST

static double gamma_cdf_of(double t, double shape, double q)
{
    (void)q;
    return gsl_cdf_gamma_P(t, shape, 1);
}

START_TEST(gammas_follow_their_distribution)
{
    static const double shapes[] = { 0.05, 0.3, 0.9999, 1, 1.5, 2.385, 30, 12345 };
    double shape = shapes[_i], sum = 0, square = 0;
    uint64_t draw = 0;

    gsl_set_error_handler_off();
    for (size_t i = 0; i < N; i++) {
        x[i] = pal_draw_gamma(KEY, (pal_at){ i / 100, (uint64_t)_i, 2 }, (draw = i % 100 * 40, &draw), shape);
        sum += x[i];
        square += (x[i] - shape) * (x[i] - shape);
    }
    HOLD(fabs(sum / N - shape) < 4 * sqrt(shape / N));
    /* Var of (x - shape)^2 is 2 shape^2 + 6 shape */
    HOLD(fabs(square / N - shape) < 4 * sqrt((2 * shape * shape + 6 * shape) / N));
    HOLD(ks(gamma_cdf_of, shape, 0) < KS_LIMIT);
}
END_TEST

static double beta_cdf_of(double t, double a, double b)
{
    return gsl_cdf_beta_P(t, a, b);
}

START_TEST(betas_follow_their_distribution)
{
    static const double shapes[][2] = { { 1, 1 }, { 2, 5 }, { 0.3, 0.7 }, { 5, 0.5 }, { 120, 80 }, { 1, 400 } };
    double a = shapes[_i][0], b = shapes[_i][1];
    uint64_t draw = 0;

    for (size_t i = 0; i < N; i++) {
        x[i] = pal_draw_beta(KEY, (pal_at){ 1, (uint64_t)_i, 3 }, &draw, a, b);
        HOLD(x[i] >= 0 && x[i] <= 1);
    }
    HOLD(ks(beta_cdf_of, a, b) < KS_LIMIT);
}
END_TEST

/* With tiny shapes both gammas underflow; the share must still be 0 or 1 with the right odds. */
START_TEST(betas_of_tiny_shapes_are_coins)
{
    uint64_t draw = 0;
    double ones = 0;

    for (size_t i = 0; i < 20000; i++) {
        double share = pal_draw_beta(KEY, (pal_at){ 1, 1, 4 }, &draw, 3e-5, 1e-5);

        HOLD(share >= 0 && share <= 1);
        ones += share > 0.5;
    }
    HOLD(fabs(ones / 20000 - 0.75) < 4 * sqrt(0.75 * 0.25 / 20000));
}
END_TEST

/* Cells of expected count >= 10, the tails pooled; counts[k] of n draws against probability p(k). */
static void check_counts(const double *count, size_t cells, double (*p)(unsigned, double, double), double u, double v)
{
    double chi = 0, expected = 0, seen = 0, rest = N, rest_seen = N, df = -1;

    for (size_t k = 0; k < cells; k++) {
        expected += N * p((unsigned)k, u, v);
        seen += count[k];
        if (expected < 10 || rest - expected < 10) continue;
        chi += (seen - expected) * (seen - expected) / expected;
        rest -= expected;
        rest_seen -= seen;
        expected = seen = 0;
        df++;
    }
    chi += (rest_seen - rest) * (rest_seen - rest) / rest;
    df++;
    HOLDS(df > 0 && chi < gsl_cdf_chisq_Qinv(CHANCE, df), "chi-square %g, %g degrees of freedom", chi, df);
}

static double poisson_pdf_of(unsigned k, double mean, double q)
{
    (void)q;
    return gsl_ran_poisson_pdf(k, mean);
}

static double negbin_pdf_of(unsigned k, double mean, double r)
{
    return gsl_ran_negative_binomial_pdf(k, r / (r + mean), r);
}

enum { CELLS = 4000 };

START_TEST(poissons_follow_their_distribution)
{
    static const double means[] = { 0.01, 0.7, 5, 29.9, 30, 31.7, 100, 2385.5 };
    static double count[CELLS];
    uint64_t draw = 0;

    memset(count, 0, sizeof count);
    for (size_t i = 0; i < N; i++) {
        uint64_t k = pal_draw_poisson(KEY, (pal_at){ 9, (uint64_t)_i, 3 }, &draw, means[_i]);

        HOLD(k < CELLS);
        count[k]++;
    }
    check_counts(count, CELLS, poisson_pdf_of, means[_i], 0);
}
END_TEST

START_TEST(poissons_of_large_means_have_their_moments)
{
    double mean = _i == 0 ? 1e6 + 0.3 : 1e12, sum = 0, square = 0;
    uint64_t draw = 0;

    for (size_t i = 0; i < N; i++) {
        double z = ((double)pal_draw_poisson(KEY, (pal_at){ 9, 9, 4 }, &draw, mean) - mean) / sqrt(mean);

        sum += z;
        square += z * z;
    }
    HOLD(fabs(sum / N) < 4 / sqrt(N));
    HOLD(fabs(square / N - 1) < 4 * sqrt(2.0 / N));
}
END_TEST

START_TEST(poisson_of_zero_is_zero)
{
    uint64_t draw = 0;

    for (int i = 0; i < 1000; i++) ck_assert_uint_eq(pal_draw_poisson(KEY, (pal_at){ 1, 1, 1 }, &draw, 0), 0);
}
END_TEST

START_TEST(negbins_follow_their_distribution)
{
    static const double shapes[][2] = { { 2, 0.5 }, { 10, 3 }, { 0.4, 0.1 }, { 60, 20 } };
    static double count[CELLS];
    uint64_t draw = 0;

    memset(count, 0, sizeof count);
    for (size_t i = 0; i < N; i++) {
        uint64_t k = pal_draw_negbin(KEY, (pal_at){ 9, (uint64_t)_i, 5 }, &draw, shapes[_i][0], shapes[_i][1]);

        if (k < CELLS) count[k]++;
    }
    check_counts(count, CELLS, negbin_pdf_of, shapes[_i][0], shapes[_i][1]);
}
END_TEST

/* Each share of a Dirichlet is beta(alpha_i, sum of the others). */
START_TEST(dirichlet_shares_are_betas)
{
    static const double alpha[] = { 0.4, 2, 0, 7.5 };
    size_t which = (size_t)_i;
    uint64_t draw = 0;

    for (size_t i = 0; i < N; i++) {
        double share[4], sum = 0;

        pal_draw_dirichlet(share, KEY, (pal_at){ 2, 2, 6 }, &draw, alpha, 4);
        for (int k = 0; k < 4; k++) sum += share[k];
        HOLD(fabs(sum - 1) <= 1e-15);
        HOLD(share[2] == 0);
        x[i] = share[which];
    }
    HOLD(ks(beta_cdf_of, alpha[which], 9.9 - alpha[which]) < KS_LIMIT);
}
END_TEST

START_TEST(tiny_dirichlets_are_still_shares)
{
    double alpha[3] = { 1e-4, 1e-4, 2e-4 }, share[3], largest = 0;
    uint64_t draw = 0;

    for (int i = 0; i < 5000; i++) {
        pal_draw_dirichlet(share, KEY, (pal_at){ 2, 2, 7 }, &draw, alpha, 3);
        HOLD(fabs(share[0] + share[1] + share[2] - 1) <= 1e-15);
        largest += share[2] > 0.5;
    }
    HOLD(fabs(largest / 5000 - 0.5) < 4 * 0.5 / sqrt(5000));
}
END_TEST

START_TEST(indexes_follow_their_weights)
{
    static const double weight[] = { 0, 2, 0, 0.5, 7.5, 0 };
    double count[6] = { 0 }, chi = 0;
    uint64_t draw = 0;

    for (size_t i = 0; i < N; i++) count[pal_draw_index(KEY, (pal_at){ i, 0, 8 }, (draw = 0, &draw), weight, 6)]++;
    for (int k = 0; k < 6; k++) {
        double expected = N * weight[k] / 10;

        if (weight[k] == 0) HOLD(count[k] == 0);
        else chi += (count[k] - expected) * (count[k] - expected) / expected;
    }
    HOLD(chi < gsl_cdf_chisq_Qinv(CHANCE, 2));
    ck_assert_uint_eq(draw, 1);
}
END_TEST

START_TEST(shuffles_are_uniform_over_orders)
{
    double count[256] = { 0 }, chi = 0;

    for (size_t i = 0; i < N; i++) {
        uint32_t v[4] = { 0, 1, 2, 3 };
        uint64_t draw = 0;

        pal_draw_shuffle(v, 4, KEY, (pal_at){ i, 0, 9 }, &draw);
        HOLD(draw == 3);
        count[v[0] << 6 | v[1] << 4 | v[2] << 2 | v[3]]++;
    }
    for (int k = 0; k < 256; k++) {
        int a = k >> 6, b = k >> 4 & 3, c = k >> 2 & 3, d = k & 3;

        if (a == b || a == c || a == d || b == c || b == d || c == d) HOLD(count[k] == 0);
        else chi += (count[k] - N / 24.0) * (count[k] - N / 24.0) / (N / 24.0);
    }
    HOLD(chi < gsl_cdf_chisq_Qinv(CHANCE, 23));
}
END_TEST

START_TEST(a_shuffle_is_fisher_yates_with_pal_below)
{
    const pal_at at = { 1, 2, 10 };
    uint32_t v[1000], w[1000];
    uint64_t draw = 5, draw2 = 5;

    for (uint32_t i = 0; i < 1000; i++) v[i] = w[i] = i * 3;
    pal_draw_shuffle(v, 1000, KEY, at, &draw);
    for (size_t i = 1000; i > 1; i--) {
        size_t j = (size_t)pal_below(KEY, at, &draw2, i);
        uint32_t kept = w[i - 1];

        w[i - 1] = w[j];
        w[j] = kept;
    }
    HOLD(memcmp(v, w, sizeof v) == 0);
    ck_assert_uint_eq(draw, draw2);
    pal_draw_shuffle(v, 0, KEY, at, &draw);
    pal_draw_shuffle(v, 1, KEY, at, &draw);
    ck_assert_uint_eq(draw, draw2);
}
END_TEST

/* Where a sampler stops, the next one may start: two calls never share a draw. */
START_TEST(draws_are_counted_up_and_calls_repeat)
{
    const pal_at at = { 3, 3, 3 };

    for (uint64_t start = 0; start < 50; start++) {
        uint64_t d[2] = { start, start };
        double first[2];

        for (int k = 0; k < 2; k++) {
            double share[3], alpha[3] = { 0.5, 1, 2 };

            first[k] = pal_draw_gamma(KEY, at, &d[k], 0.7);
            first[k] += pal_draw_beta(KEY, at, &d[k], 2, 0.5);
            first[k] += (double)pal_draw_poisson(KEY, at, &d[k], 50);
            first[k] += (double)pal_draw_negbin(KEY, at, &d[k], 5, 2);
            pal_draw_dirichlet(share, KEY, at, &d[k], alpha, 3);
            first[k] += share[0] - share[2];
        }
        HOLD(first[0] == first[1]);
        ck_assert_uint_eq(d[0], d[1]);
        ck_assert_uint_ge(d[0], start + 20); /* 3 + 5 + 2 + 3 + 7 at the least */
    }
}
END_TEST

/* 10,000 rounds of every sampler folded into one number: gcc 12 -O3, x86-64; every other build must agree. */
START_TEST(bytes_are_the_same_everywhere)
{
    uint64_t fold = 0;

    for (uint64_t i = 0; i < 10000; i++) {
        const pal_at at = { i, 1, 11 };
        double share[3], alpha[3] = { 0.4, 1.5, 3 }, value[9];
        uint64_t draw = 0, bits;

        value[0] = pal_draw_normal(KEY, at, &draw);
        value[1] = pal_draw_gamma(KEY, at, &draw, 0.3 + (double)(i % 7));
        value[2] = pal_draw_beta(KEY, at, &draw, 0.5 + (double)(i % 3), 2.5);
        value[3] = (double)pal_draw_poisson(KEY, at, &draw, (double)(i % 60));
        value[4] = (double)pal_draw_negbin(KEY, at, &draw, 12, 1.5);
        pal_draw_dirichlet(share, KEY, at, &draw, alpha, 3);
        memcpy(value + 5, share, sizeof share);
        value[8] = (double)pal_draw_index(KEY, at, &draw, share, 3);
        for (int k = 0; k < 9; k++) {
            memcpy(&bits, &value[k], sizeof bits);
            fold = (fold ^ bits) * UINT64_C(0x9E3779B97F4A7C15);
            fold ^= fold >> 29;
        }
        fold += draw;
    }
    HOLDS(fold == UINT64_C(0x9666900c79a9938e), "fold is 0x%016llx", (unsigned long long)fold);
}
END_TEST

START_TEST(gamma_of_shape_zero_is_misuse)
{
    uint64_t draw = 0;

    (void)pal_draw_gamma(KEY, (pal_at){ 0, 0, 0 }, &draw, 0);
}
END_TEST

START_TEST(weights_that_are_all_zero_are_misuse)
{
    const double weight[2] = { 0, 0 };
    uint64_t draw = 0;

    (void)pal_draw_index(KEY, (pal_at){ 0, 0, 0 }, &draw, weight, 2);
}
END_TEST

Suite *suite_core_dist(void);

Suite *suite_core_dist(void)
{
    const char *fork = getenv("CK_FORK");
    Suite *suite = suite_create("core/dist");
    TCase *tests = tcase_create("dist");

    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, normals_are_normal, 0, 2);
    tcase_add_test(tests, a_normal_is_the_quantile_of_one_open_unit);
    tcase_add_loop_test(tests, gammas_follow_their_distribution, 0, 8);
    tcase_add_loop_test(tests, betas_follow_their_distribution, 0, 6);
    tcase_add_test(tests, betas_of_tiny_shapes_are_coins);
    tcase_add_loop_test(tests, poissons_follow_their_distribution, 0, 8);
    tcase_add_loop_test(tests, poissons_of_large_means_have_their_moments, 0, 2);
    tcase_add_test(tests, poisson_of_zero_is_zero);
    tcase_add_loop_test(tests, negbins_follow_their_distribution, 0, 4);
    tcase_add_loop_test(tests, dirichlet_shares_are_betas, 0, 2);
    tcase_add_test(tests, tiny_dirichlets_are_still_shares);
    tcase_add_test(tests, indexes_follow_their_weights);
    tcase_add_test(tests, shuffles_are_uniform_over_orders);
    tcase_add_test(tests, a_shuffle_is_fisher_yates_with_pal_below);
    tcase_add_test(tests, draws_are_counted_up_and_calls_repeat);
    tcase_add_test(tests, bytes_are_the_same_everywhere);
    suite_add_tcase(suite, tests);

    if (fork == NULL || strcmp(fork, "no") != 0) {
        TCase *crash = tcase_create("misuse");

        tcase_set_tags(crash, "fork");
        tcase_add_test_raise_signal(crash, gamma_of_shape_zero_is_misuse, SIGABRT);
        tcase_add_test_raise_signal(crash, weights_that_are_all_zero_are_misuse, SIGABRT);
        suite_add_tcase(suite, crash);
    }
    return suite;
}
