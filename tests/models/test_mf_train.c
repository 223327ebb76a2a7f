/* The training loop against LightFM's, written out plainly in double (tests/support/slow_mf.c). */
#include "models/mf.h"

#include "models/rec_builtin.h"
#include "tests/support/factor_world.h"
#include "tests/support/holds.h"
#include "tests/support/slow_mf.h"

#include <math.h>

Suite *suite_models_mf_train(void);

enum { EPOCHS = 3, PEOPLE = 30, ITEMS = 48 };

static const pal_rec_type *const types[] = { &pal_rec_warp, &pal_rec_bpr, &pal_rec_logistic_mf };

/* Widths that are whole vectors, stick out, and have a loop of their own; both schedules; every kind of row. */
static const struct {
    const char *params;
    bool features, disliked;
} cases[] = {
    { "{\"factors\": 10, \"epochs\": 3}", false, false },
    { "{\"factors\": 30, \"epochs\": 3, \"learning_rate\": 0.117}", false, false },
    { "{\"factors\": 7, \"epochs\": 3, \"use_values\": true}", false, true },
    { "{\"factors\": 16, \"epochs\": 3, \"user_l2\": 0.013, \"item_l2\": 0.0071}", false, false },
    { "{\"factors\": 10, \"epochs\": 3, \"schedule\": \"adadelta\", \"rho\": 0.9, \"epsilon\": 1e-5}", false, true },
    { "{\"factors\": 10, \"epochs\": 3}", true, false },
    { "{\"factors\": 33, \"epochs\": 3, \"item_identity\": false}", true, true },
    { "{\"factors\": 5, \"epochs\": 3, \"user_identity\": false, \"item_identity\": false}", true, false },
    { "{\"factors\": 1, \"epochs\": 3, \"schedule\": \"adadelta\", \"user_identity\": false}", true, true },
};
enum { N_CASES = sizeof cases / sizeof *cases };

/* By rows: alone in a loop of its own, and through features; what BPR compares and draws. */
static const struct {
    const char *params;
    bool features;
} row_cases[] = {
    { "{\"factors\": 30, \"epochs\": 3, \"schedule\": \"adagrad_rows\", \"user_l2\": 0.013}", false },
    { "{\"factors\": 17, \"epochs\": 3, \"schedule\": \"adagrad_rows\", \"item_l2\": 0.0071}", false },
    { "{\"factors\": 10, \"epochs\": 3, \"schedule\": \"adagrad_rows\", \"use_values\": true}", true },
};
enum { N_ROW_CASES = sizeof row_cases / sizeof *row_cases };

static const struct {
    const char *params;
    bool features;
} bpr_cases[] = {
    { "{\"factors\": 30, \"epochs\": 3}", false },
    { "{\"factors\": 32, \"epochs\": 3, \"pairs\": \"people\"}", false },
    { "{\"factors\": 32, \"epochs\": 3, \"pairs\": \"items\", \"negatives\": \"popular\"}", false },
    { "{\"factors\": 10, \"epochs\": 3, \"negatives\": \"popular\"}", true },
    { "{\"factors\": 10, \"epochs\": 3, \"schedule\": \"adagrad\", \"use_values\": true}", false },
    { "{\"factors\": 10, \"epochs\": 3, \"schedule\": \"adadelta\", \"pairs\": \"people\"}", true },
};
enum { N_BPR_CASES = sizeof bpr_cases / sizeof *bpr_cases };

static void check_steps(const pal_rec_type *type, const char *params, bool features, bool disliked, uint64_t seed)
{
    factor_world world;
    pal_mf *model = factor_model(type, params);
    double worst = 0, moved = 0;
    slow_mf *slow;

    factor_world_new(&world, PEOPLE, ITEMS, 4, 9, seed);
    slow = slow_mf_fit(model, &world, features, disliked, 5, EPOCHS);
    factor_fit(type, model, &world, features, disliked, 5, 1);
    for (size_t side = 0; side < 2; side++) {
        for (size_t r = 0; r < (side == 0 ? PEOPLE : ITEMS); r++) {
            const float *row = pal_mf_served(model, side == 1, r);
            size_t d = model->config.d;

            for (size_t j = 0; j <= d; j++) {
                double want = slow_mf_factor(slow, side == 1, r, j);
                double got = (double)row[j < d ? j : d + (side == 0)];

                worst = fmax(worst, fabs(got - want));
                moved = fmax(moved, fabs(want));
            }
        }
    }
    ck_assert_double_le(worst, 2e-5);
    ck_assert_double_ge(moved, 0.05); /* not just the start */
    slow_mf_free(slow);
    type->free(model);
    factor_world_free(&world);
}

START_TEST(every_step_is_that_of_lightfm)
{
    const pal_rec_type *type = types[_i / N_CASES];
    int c = _i % N_CASES;

    check_steps(type, cases[c].params, cases[c].features, cases[c].disliked && type == &pal_rec_logistic_mf,
                (uint64_t)_i);
}
END_TEST

START_TEST(steps_by_rows_are_those_written_out_plainly)
{
    int c = _i % N_ROW_CASES;

    check_steps(types[_i / N_ROW_CASES], row_cases[c].params, row_cases[c].features, false, (uint64_t)_i);
}
END_TEST

START_TEST(bpr_compares_what_it_is_asked_to)
{
    check_steps(&pal_rec_bpr, bpr_cases[_i].params, bpr_cases[_i].features, false, (uint64_t)_i);
}
END_TEST

/* Without the bits of a dense matrix, likes are searched for. One cell of 1,000 is stored here. */
START_TEST(sparse_likes_are_searched_for)
{
    enum { N = 400 };
    pal_csr_cell cell[N];
    pal_rec_data data = { 0 };
    const pal_rec_env env = factor_env(3, 2);
    pal_mf_plan plan;
    pal_mf *model = factor_model(&pal_rec_bpr, "{\"factors\": 10, \"epochs\": 2}");
    pal_csr *rows = NULL, *cols = NULL;
    double liked = 0, all = 0;

    for (uint32_t i = 0; i < N; i++) cell[i] = (pal_csr_cell){ i, (7 * i) % 1000, 1 };
    HOLD(pal_csr_new(&rows, N, 1000, cell, N, PAL_TWICE_MAX, NULL) == PAL_OK);
    HOLD(pal_csr_transpose(&cols, rows, NULL) == PAL_OK);
    HOLD(pal_mf_plan_init(&plan, rows, NULL, 0, NULL) == PAL_OK);
    ck_assert_ptr_null(plan.bit);
    pal_mf_plan_clear(&plan);
    data.rows = rows;
    data.cols = cols;
    HOLD(pal_rec_bpr.fit(model, &data, &env, NULL) == PAL_OK);
    for (size_t i = 0; i < N; i++) {
        const float *person = pal_mf_served(model, false, i);

        liked += (double)pal_mf_dot(person, pal_mf_served(model, true, cell[i].col), 12) / N;
        for (size_t j = 0; j < 1000; j++) all += (double)pal_mf_dot(person, pal_mf_served(model, true, j), 12) / 1000 / N;
    }
    ck_assert_double_gt(liked, all + 0.02);
    pal_rec_bpr.free(model);
    pal_csr_free(rows);
    pal_csr_free(cols);
}
END_TEST

/* ---- single draws ----------------------------------------------------------------------------------------- */

START_TEST(warp_weights_are_the_logs_of_estimated_ranks)
{
    pal_mf *model = factor_model(&pal_rec_warp, "{\"max_sampled\": 200}");
    float weight[201];

    model->n_cols = 101;
    pal_mf_rank_weights(weight, model);
    ck_assert_float_eq_tol(weight[1], (float)log(100), 1e-6f);
    ck_assert_float_eq_tol(weight[3], (float)log(33), 1e-6f);
    ck_assert_float_eq(weight[100], 0);
    ck_assert_float_eq(weight[200], 0);
    model->n_cols = 40000000;
    pal_mf_rank_weights(weight, model);
    ck_assert_float_eq(weight[1], 10); /* LightFM's bound */
    pal_mf_free(model);
}
END_TEST

/* The dot product's lanes: against long double, and 0 where one side is. */
START_TEST(dot_products_are_exact_to_rounding)
{
    float x[PAL_MF_MOST_WIDTH], y[PAL_MF_MOST_WIDTH];
    long double want = 0, size = 0;

    for (size_t n = 4; n <= PAL_MF_MOST_WIDTH; n += 4) {
        for (size_t i = n - 4; i < n; i++) {
            x[i] = (float)(pal_u01(pal_key_for(7, 0, PAL_FOR_TEST), (pal_at){ i, 0, 0 }, 0) - 0.4117);
            y[i] = (float)(pal_u01(pal_key_for(7, 0, PAL_FOR_TEST), (pal_at){ i, 0, 0 }, 1) - 0.5);
            want += (long double)x[i] * (long double)y[i];
            size += fabsl((long double)x[i] * (long double)y[i]);
        }
        HOLDS(fabsl((long double)pal_mf_dot(x, y, n) - want) <= 1e-5L * size, "width %zu", n);
    }
}
END_TEST

/* ---- the same everywhere ---------------------------------------------------------------------------------- */

/* Stored once after gcc 12 at -O0 and -O3 and clang 14 at -O2 had agreed on them: exact grade, thousands of interactions
 * in two strata. They change when a draw or the order of a sum does. */
START_TEST(bytes_are_those_of_every_compiler)
{
    static const uint64_t digest[6] = {
        UINT64_C(2491215022535131605), UINT64_C(15191974173119471612), UINT64_C(14247421874179070835),
        UINT64_C(16455954665658807240), UINT64_C(6269847298193962319), UINT64_C(8114138882777349280),
    };
    static const char *const params[2] = { "{\"factors\": 10, \"epochs\": 2}",
                                           "{\"factors\": 17, \"epochs\": 2, \"schedule\": \"adadelta\"}" };
    const pal_rec_type *type = types[_i % 3];
    void *model = factor_model(type, params[_i / 3]);
    factor_world world;

    factor_world_new(&world, 200, 300, 5, 40, 9);
    factor_fit(type, model, &world, _i >= 3, true, 6, 2);
    ck_assert_uint_eq(type->digest(model), digest[_i]);
    type->free(model);
    factor_world_free(&world);
}
END_TEST

Suite *suite_models_mf_train(void)
{
    Suite *suite = suite_create("models/mf_train");
    TCase *tc = tcase_create("steps");

    tcase_add_loop_test(tc, every_step_is_that_of_lightfm, 0, 3 * N_CASES);
    tcase_add_loop_test(tc, steps_by_rows_are_those_written_out_plainly, 0, 3 * N_ROW_CASES);
    tcase_add_loop_test(tc, bpr_compares_what_it_is_asked_to, 0, N_BPR_CASES);
    tcase_add_test(tc, sparse_likes_are_searched_for);
    tcase_add_test(tc, warp_weights_are_the_logs_of_estimated_ranks);
    tcase_add_test(tc, dot_products_are_exact_to_rounding);
    tcase_add_loop_test(tc, bytes_are_those_of_every_compiler, 0, 6);
    suite_add_tcase(suite, tc);
    return suite;
}
