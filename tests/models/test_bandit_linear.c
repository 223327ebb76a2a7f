/* Ridge posteriors: numpy, Gauss-Jordan, fresh factorisations, and the regret of the two rules built on them. */
#include "models/bandit_linear.h"

#include "core/linalg.h"
#include "core/mem.h"
#include "models/bandit_packed.h"
#include "tests/support/bandit_rig.h"

#include <check.h>
#include <math.h>
#include <string.h>

Suite *suite_models_bandit_linear(void);

static pal_bandit_linear *bandit_of(size_t n, size_t d, double l2, size_t refactor)
{
    pal_bandit_linear *bandit = NULL;

    ck_assert_int_eq(pal_bandit_linear_new(&bandit, n, d, l2, refactor, NULL), PAL_OK);
    return bandit;
}

static pal_arena *scratch_of(void)
{
    pal_arena *scratch = NULL;

    ck_assert_int_eq(pal_arena_new(&scratch, 1 << 12, NULL), PAL_OK);
    return scratch;
}

/* numpy 1.24.2: X = array([[1,2,0],[0,1,-1],[3,0,1],[1,1,1]]); y = array([1,0,2,1]); A = .5*eye(3) + X.T@X
 *   linalg.solve(A, X.T@y);  x = array([1,-1,2]); sqrt(x @ linalg.inv(A) @ x) */
START_TEST(mean_and_width_are_numpys)
{
    static const double x[4][3] = { { 1, 2, 0 }, { 0, 1, -1 }, { 3, 0, 1 }, { 1, 1, 1 } }, y[4] = { 1, 0, 2, 1 };
    static const double at[3] = { 1, -1, 2 };
    static const double wanted[3] = { 0.5748265609514371, 0.1962338949454906, 0.2001982160555005 };
    pal_bandit_linear *bandit = bandit_of(2, 3, 0.5, 1000);
    pal_arena *scratch = scratch_of();
    double width;

    for (size_t i = 0; i < 4; i++) {
        pal_bandit_linear_add(bandit, 1, x[i], y[i]);
    }
    pal_bandit_linear_solve(bandit, 1);
    for (size_t i = 0; i < 3; i++) {
        ck_assert_double_eq_tol(bandit->mean[3 + i], wanted[i], 1e-14);
        ck_assert_double_eq(bandit->mean[i], 0); /* the other arm knows of nothing */
    }
    ck_assert_double_eq_tol(pal_bandit_linear_mean(bandit, 1, at), wanted[0] - wanted[1] + 2 * wanted[2], 1e-14);
    ck_assert_int_eq(pal_bandit_linear_width(&width, bandit, 1, at, scratch, NULL), PAL_OK);
    ck_assert_double_eq_tol(width, 1.191313123147541, 1e-14);
    ck_assert_int_eq(pal_bandit_linear_width(&width, bandit, 0, at, scratch, NULL), PAL_OK);
    ck_assert_double_eq_tol(width, sqrt(6 / 0.5), 1e-14);
    pal_arena_free(scratch);
    pal_bandit_linear_free(bandit);
}
END_TEST

/* 5,000 rotations stay with the factor of the sum itself, and so do factors made anew between them. */
START_TEST(updated_factors_are_those_of_a_fresh_factorisation)
{
    enum { D = 11, STEPS = 5000 };
    pal_bandit_linear *updated = bandit_of(1, D, 1e-3, 1000000), *mixed = bandit_of(1, D, 1e-3, 7);
    double full[D * D], packed[D * (D + 1) / 2], x[D];

    for (size_t s = 0; s < STEPS; s++) {
        for (size_t i = 0; i < D; i++) {
            x[i] = rig_normal((uint64_t)_i, s * D + i) * (i == 0 ? 100 : 1);
        }
        pal_bandit_linear_add(updated, 0, x, 1);
        pal_bandit_linear_add(mixed, 0, x, 1);
    }
    ck_assert_mem_eq(updated->precision, mixed->precision, sizeof packed);
    pal_packed_to_full(full, updated->precision, D);
    ck_assert_int_eq(pal_cholesky(full, D, NULL), PAL_OK);
    pal_packed_from_full(packed, full, D);
    for (size_t i = 0; i < D * (D + 1) / 2; i++) {
        ck_assert_double_eq_tol(updated->factor[i], packed[i], 1e-9 * (fabs(packed[i]) + 1));
        ck_assert_double_eq_tol(mixed->factor[i], packed[i], 1e-11 * (fabs(packed[i]) + 1));
    }
    pal_bandit_linear_free(updated);
    pal_bandit_linear_free(mixed);
}
END_TEST

START_TEST(a_factor_on_schedule_is_the_factor_from_scratch)
{
    enum { D = 5 };
    pal_bandit_linear *bandit = bandit_of(1, D, 2, 10);
    double full[D * D], packed[D * (D + 1) / 2], x[D];

    for (size_t s = 0; s < 10; s++) {
        for (size_t i = 0; i < D; i++) {
            x[i] = rig_normal(5, s * D + i);
        }
        pal_bandit_linear_add(bandit, 0, x, 1);
    }
    pal_packed_to_full(full, bandit->precision, D);
    ck_assert_int_eq(pal_cholesky(full, D, NULL), PAL_OK);
    pal_packed_from_full(packed, full, D);
    ck_assert_mem_eq(bandit->factor, packed, sizeof packed);
    pal_bandit_linear_free(bandit);
}
END_TEST

/* Mean and covariance of 40,000 draws, each within five standard errors of the posterior's. */
START_TEST(samples_have_the_posteriors_mean_and_covariance)
{
    enum { D = 4, N = 40000 };
    const pal_key key = pal_key_for(11, 0, PAL_FOR_TEST);
    pal_bandit_linear *bandit = bandit_of(1, D, 1, 1000);
    double x[D], full[D * D], inverse[D * D], sum[D] = { 0 }, product[D * D] = { 0 };

    for (size_t s = 0; s < 12; s++) {
        for (size_t i = 0; i < D; i++) {
            x[i] = rig_normal(3, s * D + i);
        }
        pal_bandit_linear_add(bandit, 0, x, rig_normal(4, s));
    }
    pal_bandit_linear_solve(bandit, 0);
    pal_packed_to_full(full, bandit->precision, D);
    for (size_t i = 0; i < D; i++) {
        for (size_t j = 0; j < i; j++) {
            full[j * D + i] = full[i * D + j];
        }
    }
    rig_invert(inverse, full, D);
    for (uint64_t s = 0; s < N; s++) {
        double theta[D];
        uint64_t draw = 0;

        pal_bandit_linear_sample(theta, bandit, 0, 0.5, key, (pal_at){ 1, 2, s }, &draw);
        ck_assert_uint_eq(draw, D);
        for (size_t i = 0; i < D; i++) {
            sum[i] += theta[i];
            for (size_t j = 0; j < D; j++) {
                product[i * D + j] += (theta[i] - bandit->mean[i]) * (theta[j] - bandit->mean[j]);
            }
        }
    }
    for (size_t i = 0; i < D; i++) {
        const double variance = inverse[i * D + i] / 4;

        ck_assert_double_eq_tol(sum[i] / N, bandit->mean[i], 5 * sqrt(variance / N));
        for (size_t j = 0; j < D; j++) {
            const double wanted = inverse[i * D + j] / 4;
            const double error = sqrt((wanted * wanted + variance * inverse[j * D + j] / 4) / N);

            ck_assert_double_eq_tol(product[i * D + j] / N, wanted, 5 * error);
        }
    }
    pal_bandit_linear_free(bandit);
}
END_TEST

/* ---- regret: ten arms, a linear reward each, one Gaussian context a step ---- */

enum { ARMS = 10, D = 5, STEPS = 10000 };

static double reward(const double *theta, const double *x)
{
    double sum = 0;

    for (size_t i = 0; i < D; i++) {
        sum += theta[i] * x[i];
    }
    return sum;
}

typedef double (*rule)(const pal_bandit_linear *bandit, size_t arm, const double *x, uint64_t step, pal_arena *scratch);

static double linucb(const pal_bandit_linear *bandit, size_t arm, const double *x, uint64_t step, pal_arena *scratch)
{
    double width;

    (void)step;
    ck_assert_int_eq(pal_bandit_linear_width(&width, bandit, arm, x, scratch, NULL), PAL_OK);
    return pal_bandit_linear_mean(bandit, arm, x) + width;
}

static double thompson(const pal_bandit_linear *bandit, size_t arm, const double *x, uint64_t step, pal_arena *scratch)
{
    const pal_key key = pal_key_for(77, 0, PAL_FOR_TEST);
    double theta[D];
    uint64_t draw = 0;

    (void)scratch;
    pal_bandit_linear_sample(theta, bandit, arm, 0.5, key, (pal_at){ arm, 1, step }, &draw);
    return reward(theta, x);
}

/* Never learns from what it saw: the linear yardstick. */
static double blind(const pal_bandit_linear *bandit, size_t arm, const double *x, uint64_t step, pal_arena *scratch)
{
    (void)bandit;
    (void)x;
    (void)scratch;
    return rig_unit(9, step * ARMS + arm);
}

/* Regret in expected reward after 1,000 and after 10,000 steps; noise of standard deviation 1/2. */
static void play(double at[2], rule value, uint64_t seed)
{
    pal_bandit_linear *bandit = bandit_of(ARMS, D, 1, 1000);
    pal_arena *scratch = scratch_of();
    double theta[ARMS][D], regret = 0;

    for (size_t a = 0; a < ARMS; a++) {
        for (size_t i = 0; i < D; i++) {
            theta[a][i] = rig_normal(seed, a * D + i) / sqrt(D);
        }
    }
    for (uint64_t s = 0; s < STEPS; s++) {
        double x[D], best = -1e300, most = -1e300;
        size_t chosen = 0;

        for (size_t i = 0; i < D; i++) {
            x[i] = rig_normal(seed + 1000, s * D + i);
        }
        for (size_t a = 0; a < ARMS; a++) {
            const double v = value(bandit, a, x, s, scratch), r = reward(theta[a], x);

            chosen = v > most ? a : chosen;
            most = v > most ? v : most;
            best = r > best ? r : best;
        }
        regret += best - reward(theta[chosen], x);
        pal_bandit_linear_add(bandit, chosen, x, reward(theta[chosen], x) + 0.5 * rig_normal(seed + 2000, s));
        pal_bandit_linear_solve(bandit, chosen);
        if (s + 1 == STEPS / 10) {
            at[0] = regret;
        }
    }
    at[1] = regret;
    pal_arena_free(scratch);
    pal_bandit_linear_free(bandit);
}

START_TEST(regret_of_linucb_and_thompson_grows_slower_than_time)
{
    double ucb[2], ts[2], none[2];

    play(ucb, linucb, (uint64_t)_i);
    play(ts, thompson, (uint64_t)_i);
    play(none, blind, (uint64_t)_i);
    ck_assert_msg(ucb[1] / ucb[0] < 5, "LinUCB: %.1f after 1,000, %.1f after 10,000", ucb[0], ucb[1]);
    ck_assert_msg(ts[1] / ts[0] < 5, "Thompson: %.1f after 1,000, %.1f after 10,000", ts[0], ts[1]);
    ck_assert_double_gt(none[1] / none[0], 9); /* and the yardstick can tell */
    ck_assert_double_lt(ucb[1], none[1] / 10);
    ck_assert_double_lt(ts[1], none[1] / 10);
}
END_TEST

START_TEST(what_was_saved_goes_on_the_same)
{
    pal_bandit_linear *a = bandit_of(3, 4, 1, 10), *b = bandit_of(3, 4, 1, 10), *other = bandit_of(3, 5, 1, 10);
    pal_tensors *file = NULL;
    pal_error err = { 0 };
    uint64_t before;

    for (size_t s = 0; s < 25; s++) {
        const double x[4] = { 1, rig_normal(1, s), rig_normal(2, s), 0.5 };

        pal_bandit_linear_add(a, s % 3, x, rig_normal(3, s));
        pal_bandit_linear_solve(a, s % 3);
    }
    before = pal_bandit_linear_digest(a);
    ck_assert_uint_ne(before, pal_bandit_linear_digest(b));
    ck_assert_int_eq(pal_tensors_new(&file, NULL), PAL_OK);
    ck_assert_int_eq(pal_bandit_linear_save(a, "linucb", file, NULL), PAL_OK);
    ck_assert_int_eq(pal_bandit_linear_restore(b, "linucb", file, NULL), PAL_OK);
    ck_assert_uint_eq(pal_bandit_linear_digest(b), before);
    ck_assert_mem_eq(a->mean, b->mean, 12 * sizeof *a->mean);
    before = pal_bandit_linear_digest(other);
    ck_assert_int_eq(pal_bandit_linear_restore(other, "linucb", file, &err), PAL_ERR_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "linucb/precision is 3 x 10, 3 x 15 were wanted"));
    ck_assert_uint_eq(pal_bandit_linear_digest(other), before);
    ck_assert_int_eq(pal_bandit_linear_restore(b, "nobody", file, &err), PAL_ERR_DATA);
    pal_tensors_free(file);
    pal_bandit_linear_free(a);
    pal_bandit_linear_free(b);
    pal_bandit_linear_free(other);
}
END_TEST

START_TEST(no_allocation_may_fail_unnoticed)
{
    size_t n = 0;
    pal_status rc = PAL_ERR_MEMORY;

    while (rc != PAL_OK) {
        pal_bandit_linear *bandit = NULL;

        pal_mem_fail_at(++n);
        rc = pal_bandit_linear_new(&bandit, 3, 4, 1, 10, NULL);
        pal_mem_fail_at(0);
        ck_assert(rc == PAL_OK || rc == PAL_ERR_MEMORY);
        ck_assert((rc == PAL_OK) == (bandit != NULL));
        pal_bandit_linear_free(bandit);
    }
    ck_assert_uint_eq(n, 8); /* seven blocks */
    pal_bandit_linear_free(NULL);
}
END_TEST

Suite *suite_models_bandit_linear(void)
{
    Suite *suite = suite_create("models/bandit_linear");
    TCase *tc = tcase_create("bandit_linear");

    tcase_add_test(tc, mean_and_width_are_numpys);
    tcase_add_loop_test(tc, updated_factors_are_those_of_a_fresh_factorisation, 0, 3);
    tcase_add_test(tc, a_factor_on_schedule_is_the_factor_from_scratch);
    tcase_add_test(tc, samples_have_the_posteriors_mean_and_covariance);
    tcase_add_loop_test(tc, regret_of_linucb_and_thompson_grows_slower_than_time, 0, 5);
    tcase_add_test(tc, what_was_saved_goes_on_the_same);
    tcase_add_test(tc, no_allocation_may_fail_unnoticed);
    suite_add_tcase(suite, tc);
    return suite;
}
