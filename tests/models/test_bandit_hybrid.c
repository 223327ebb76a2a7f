/* The hybrid model against the joint ridge regression of all its coefficients. */
#include "models/bandit_hybrid.h"

#include "core/mem.h"
#include "models/bandit_packed.h"
#include "tests/support/bandit_rig.h"

#include <check.h>
#include <math.h>
#include <string.h>

Suite *suite_models_bandit_hybrid(void);

enum { ARMS = 4, D = 3, K = 5, ALL = K + ARMS * D };

typedef struct rewards {
    size_t n;
    size_t arm[400];
    double x[400][D], z[400][K], y[400];
} rewards;

static rewards rewards_of(uint64_t seed, size_t n)
{
    rewards r = { .n = n };

    for (size_t s = 0; s < n; s++) {
        r.arm[s] = (size_t)(rig_unit(seed, s) * (ARMS - 1)); /* the last arm is never played */
        r.y[s] = rig_normal(seed + 1, s);
        for (size_t i = 0; i < K; i++) {
            r.z[s][i] = rig_normal(seed + 2, s * K + i);
        }
        for (size_t i = 0; i < D; i++) {
            r.x[s][i] = i == 0 ? 1 : rig_normal(seed + 3, s * D + i);
        }
    }
    return r;
}

static pal_bandit_hybrid *taught(const rewards *r, double l2, size_t refactor, size_t every)
{
    pal_bandit_hybrid *bandit = NULL;

    ck_assert_int_eq(pal_bandit_hybrid_new(&bandit, ARMS, D, K, l2, refactor, NULL), PAL_OK);
    for (size_t s = 0; s < r->n; s++) {
        pal_bandit_hybrid_add(bandit, r->arm[s], r->x[s], r->z[s], r->y[s]);
        if ((s + 1) % every == 0 || s + 1 == r->n) {
            ck_assert_int_eq(pal_bandit_hybrid_solve(bandit, NULL), PAL_OK);
        }
    }
    return bandit;
}

/* The long vector of the joint regression. */
static void join(double *out, size_t arm, const double *x, const double *z)
{
    memset(out, 0, ALL * sizeof *out);
    memcpy(out, z, K * sizeof *out);
    memcpy(out + K + arm * D, x, D * sizeof *out);
}

static void joint(double *inverse, double *mean, const rewards *r, double l2)
{
    double a[ALL * ALL] = { 0 }, b[ALL] = { 0 }, v[ALL];

    for (size_t i = 0; i < ALL; i++) {
        a[i * ALL + i] = l2;
    }
    for (size_t s = 0; s < r->n; s++) {
        join(v, r->arm[s], r->x[s], r->z[s]);
        for (size_t i = 0; i < ALL; i++) {
            b[i] += r->y[s] * v[i];
            for (size_t j = 0; j < ALL; j++) {
                a[i * ALL + j] += v[i] * v[j];
            }
        }
    }
    rig_invert(inverse, a, ALL);
    for (size_t i = 0; i < ALL; i++) {
        mean[i] = 0;
        for (size_t j = 0; j < ALL; j++) {
            mean[i] += inverse[i * ALL + j] * b[j];
        }
    }
}

/* However the rewards are cut into batches, and whether sums were kept or made anew. */
START_TEST(coefficients_are_those_of_the_joint_regression)
{
    static const size_t every[] = { 1, 7, 400 }, refactor[] = { 1, 5, 1000000 };
    const rewards r = rewards_of((uint64_t)_i * 10, 10 + 40 * (size_t)_i);
    double inverse[ALL * ALL], mean[ALL];

    joint(inverse, mean, &r, 0.7);
    for (size_t c = 0; c < 9; c++) {
        pal_bandit_hybrid *bandit = taught(&r, 0.7, refactor[c / 3], every[c % 3]);

        for (size_t i = 0; i < K; i++) {
            ck_assert_double_eq_tol(bandit->beta[i], mean[i], 1e-10);
        }
        for (size_t a = 0; a < ARMS; a++) {
            double theta[D];

            pal_bandit_hybrid_theta(theta, bandit, a, bandit->beta);
            for (size_t i = 0; i < D; i++) {
                ck_assert_double_eq_tol(theta[i], mean[K + a * D + i], 1e-10);
            }
        }
        pal_bandit_hybrid_free(bandit);
    }
}
END_TEST

/* |L_0^-1 (z - B' A^-1 x)|^2 + |L^-1 x|^2, as the header says. */
START_TEST(variances_are_those_of_the_joint_regression)
{
    const rewards r = rewards_of((uint64_t)_i * 10 + 500, 120);
    pal_bandit_hybrid *bandit = taught(&r, 1, 1000, 9);
    double inverse[ALL * ALL], mean[ALL];

    joint(inverse, mean, &r, 1);
    for (size_t a = 0; a < ARMS; a++) {
        const double *l = bandit->own->factor + a * bandit->own->packed;
        double v[ALL], u[K], half[D], ax[D], wanted = 0, found = 0;

        join(v, a, r.x[a], r.z[a]);
        for (size_t i = 0; i < ALL; i++) {
            for (size_t j = 0; j < ALL; j++) {
                wanted += v[i] * inverse[i * ALL + j] * v[j];
            }
        }
        memcpy(half, r.x[a], sizeof half);
        pal_packed_forward(l, D, half);
        memcpy(ax, half, sizeof ax);
        pal_packed_backward(l, D, ax);
        memcpy(u, r.z[a], sizeof u);
        for (size_t i = 0; i < D; i++) {
            found += half[i] * half[i];
            for (size_t c = 0; c < K; c++) {
                u[c] -= bandit->cross[(a * D + i) * K + c] * ax[i];
            }
        }
        pal_packed_forward(bandit->factor, K, u);
        for (size_t c = 0; c < K; c++) {
            found += u[c] * u[c];
        }
        ck_assert_double_eq_tol(found, wanted, 1e-11);
    }
    pal_bandit_hybrid_free(bandit);
}
END_TEST

START_TEST(rewards_count_from_the_next_solve_on)
{
    const rewards r = rewards_of(3, 30);
    pal_bandit_hybrid *bandit = taught(&r, 1, 1000, 1);
    const uint64_t before = pal_bandit_hybrid_digest(bandit);
    double beta[K];

    memcpy(beta, bandit->beta, sizeof beta);
    pal_bandit_hybrid_add(bandit, 0, r.x[0], r.z[0], 5);
    ck_assert_mem_eq(beta, bandit->beta, sizeof beta);
    ck_assert_uint_ne(before, pal_bandit_hybrid_digest(bandit));
    ck_assert_int_eq(pal_bandit_hybrid_solve(bandit, NULL), PAL_OK);
    ck_assert_mem_ne(beta, bandit->beta, sizeof beta);
    pal_bandit_hybrid_free(bandit);
}
END_TEST

START_TEST(what_is_not_finite_is_told)
{
    const rewards r = rewards_of(3, 30);
    pal_bandit_hybrid *bandit = taught(&r, 1, 1000, 1);
    const double z[K] = { NAN };
    pal_error err = { 0 };

    pal_bandit_hybrid_add(bandit, 0, r.x[0], z, 1);
    ck_assert_int_eq(pal_bandit_hybrid_solve(bandit, &err), PAL_ERR_CONVERGE);
    ck_assert_str_ne(err.text, "");
    pal_bandit_hybrid_free(bandit);
}
END_TEST

START_TEST(no_allocation_may_fail_unnoticed)
{
    size_t n = 0;
    pal_status rc = PAL_ERR_MEMORY;

    while (rc != PAL_OK) {
        pal_bandit_hybrid *bandit = NULL;

        pal_mem_fail_at(++n);
        rc = pal_bandit_hybrid_new(&bandit, ARMS, D, K, 1, 10, NULL);
        pal_mem_fail_at(0);
        ck_assert(rc == PAL_OK || rc == PAL_ERR_MEMORY);
        ck_assert((rc == PAL_OK) == (bandit != NULL));
        pal_bandit_hybrid_free(bandit);
    }
    ck_assert_uint_gt(n, 12);
    pal_bandit_hybrid_free(NULL);
}
END_TEST

Suite *suite_models_bandit_hybrid(void)
{
    Suite *suite = suite_create("models/bandit_hybrid");
    TCase *tc = tcase_create("bandit_hybrid");

    tcase_add_loop_test(tc, coefficients_are_those_of_the_joint_regression, 0, 9);
    tcase_add_loop_test(tc, variances_are_those_of_the_joint_regression, 0, 5);
    tcase_add_test(tc, rewards_count_from_the_next_solve_on);
    tcase_add_test(tc, what_is_not_finite_is_told);
    tcase_add_test(tc, no_allocation_may_fail_unnoticed);
    suite_add_tcase(suite, tc);
    return suite;
}
