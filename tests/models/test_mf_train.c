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

START_TEST(every_step_is_that_of_lightfm)
{
    const pal_rec_type *type = types[_i / N_CASES];
    int c = _i % N_CASES;
    bool disliked = cases[c].disliked && type == &pal_rec_logistic_mf;
    factor_world world;
    pal_mf *model = factor_model(type, cases[c].params);
    double worst = 0, moved = 0;
    slow_mf *slow;

    factor_world_new(&world, PEOPLE, ITEMS, 4, 9, (uint64_t)_i);
    slow = slow_mf_fit(model, &world, cases[c].features, disliked, 5, EPOCHS);
    factor_fit(type, model, &world, cases[c].features, disliked, 5, 1);
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
        UINT64_C(2491215022535131605), UINT64_C(8356140700283648877), UINT64_C(14247421874179070835),
        UINT64_C(16455954665658807240), UINT64_C(10480003762729106604), UINT64_C(8114138882777349280),
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
    tcase_add_test(tc, warp_weights_are_the_logs_of_estimated_ranks);
    tcase_add_test(tc, dot_products_are_exact_to_rounding);
    tcase_add_loop_test(tc, bytes_are_those_of_every_compiler, 0, 6);
    suite_add_tcase(suite, tc);
    return suite;
}
