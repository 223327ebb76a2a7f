/* Cross-fitted cell means against a slow obvious version. */
#include "metrics/ope_cells.h"

#include "core/rng.h"

#include <check.h>
#include <math.h>
#include <string.h>

Suite *suite_metrics_ope_cells(void);

enum { ROWS = 120, X = 3, A = 4, FOLDS = 3 };
static double reward[ROWS], chance[X * A];
static uint32_t context[ROWS], action[ROWS], fold[ROWS];

static void draw(uint64_t seed)
{
    pal_key key = pal_key_for(seed, 0, PAL_FOR_TEST);

    for (size_t i = 0; i < ROWS; i++) {
        reward[i] = pal_u01(key, (pal_at){ i, 0, 0 }, 0) * 3;
        context[i] = (uint32_t)(pal_u01(key, (pal_at){ i, 1, 0 }, 0) * X);
        action[i] = (uint32_t)(pal_u01(key, (pal_at){ i, 2, 0 }, 0) * A);
        fold[i] = (uint32_t)(pal_u01(key, (pal_at){ i, 3, 0 }, 0) * FOLDS);
    }
    for (size_t c = 0; c < X * A; c++) chance[c] = 0.1 + 0.1 * (double)(c % A); /* 0.1 ... 0.4: sums to 1 */
}

static double slow_mean(size_t without, uint32_t x, uint32_t a, double prior)
{
    double sum = 0, n = 0, all = 0, rows = 0;

    for (size_t i = 0; i < ROWS; i++) {
        if (fold[i] == without) continue;
        all += reward[i];
        rows += 1;
        if (context[i] == x && action[i] == a) {
            sum += reward[i];
            n += 1;
        }
    }
    return (sum + prior * all / rows) / (n + prior);
}

START_TEST(means_leave_their_own_fold_out)
{
    pal_ope_cells_config config = { .prior = 2.385, .n_folds = FOLDS };
    double q[ROWS], v[ROWS];

    draw((uint64_t)_i);
    ck_assert_int_eq(pal_ope_cells_fit(q, v, reward, context, action, fold, chance, ROWS, X, A, &config, NULL), PAL_OK);
    for (size_t i = 0; i < ROWS; i++) {
        double under = 0;

        for (uint32_t a = 0; a < A; a++) under += chance[context[i] * A + a] * slow_mean(fold[i], context[i], a, 2.385);
        ck_assert_double_eq_tol(q[i], slow_mean(fold[i], context[i], action[i], 2.385), 1e-13);
        ck_assert_double_eq_tol(v[i], under, 1e-13);
    }
}
END_TEST

START_TEST(faults_are_named)
{
    pal_ope_cells_config config = pal_ope_cells_defaults();
    double q[ROWS];
    pal_error err;

    draw(9);
    context[5] = X;
    ck_assert_int_eq(pal_ope_cells_fit(q, NULL, reward, context, action, fold, NULL, ROWS, X, A, &config, &err), PAL_ERR_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "row 5:"));
    context[5] = 0;
    config.prior = 0;
    ck_assert_int_eq(pal_ope_cells_fit(q, NULL, reward, context, action, fold, NULL, ROWS, X, A, &config, &err), PAL_ERR_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "prior 0"));
    config = (pal_ope_cells_config){ 1, 1 };
    ck_assert_int_eq(pal_ope_cells_fit(q, NULL, reward, context, action, fold, NULL, ROWS, X, A, &config, &err), PAL_ERR_SHAPE);
    ck_assert_ptr_nonnull(strstr(err.text, "1 folds"));
}
END_TEST

Suite *suite_metrics_ope_cells(void)
{
    Suite *s = suite_create("metrics/ope_cells");
    TCase *t = tcase_create("ope_cells");

    tcase_add_loop_test(t, means_leave_their_own_fold_out, 0, 5);
    tcase_add_test(t, faults_are_named);
    suite_add_tcase(s, t);
    return s;
}
