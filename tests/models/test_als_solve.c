/* Rows of alternating least squares: numpy's solutions, the objective cell by cell, its minima. */
#include "models/als.h"

#include "core/mem.h"
#include "models/rec_builtin.h"
#include "tests/support/als_kinds.h"
#include "tests/support/holds.h"

#include <math.h>

Suite *suite_models_als_solve(void);

enum { PEOPLE = 70, ITEMS = 60, TASTES = 4 };

static factor_world world;
static pal_arena *arena;

static void setup(void)
{
    factor_world_new(&world, PEOPLE, ITEMS, TASTES, 12, 21);
    ck_assert_int_eq(pal_arena_new(&arena, 1 << 16, NULL), PAL_OK);
}

static void teardown(void)
{
    factor_world_free(&world);
    pal_arena_free(arena);
}

/* ---- one row ---------------------------------------------------------------------------------------------- */

/*
 * numpy 1.24.2: Y[i, j] = ((7 i + 3 j) % 11) / 11 - 0.4, 5 x 3; liked {0: 1.5, 3: 4}, disliked {1: 2};
 *   A = w0 Y'Y + reg (n + 5 w0)^power I + sum of e(r) y y' over liked and disliked;
 *   b = sum of (e(r) [+ w0]) y over liked; numpy.linalg.solve(A, b)
 */
static const struct {
    pal_als_config config;
    bool disliked;
    double x[3];
} rows[] = {
    { { .confidence = PAL_ALS_LINEAR, .alpha = 1.3, .unobserved = 1, .reg = 0.05 }, false,
      { 0.7328968205039504, -1.3367450322184762, 1.036038812657653 } },
    { { .confidence = PAL_ALS_LINEAR, .alpha = 1.3, .unobserved = 1, .reg = 0.05 }, true,
      { 0.9528815658381401, -0.6524816968562362, 1.131412924865221 } },
    { { .confidence = PAL_ALS_LOG, .alpha = 40, .epsilon = 0.7, .unobserved = 1, .reg = 0.2 }, false,
      { 0.04294010383667712, -3.504830646541814, 2.3959627587207883 } },
    { { .confidence = PAL_ALS_CONSTANT, .base_on_all = true, .alpha = 1, .unobserved = 0.3, .reg = 0.007,
        .reg_power = 1 }, true, { 0.3902575268128784, -0.42193893268893806, 0.8102631193069723 } },
    { { .confidence = PAL_ALS_CONSTANT, .base_on_all = true, .alpha = 2, .unobserved = 0.1, .reg = 0.01,
        .reg_power = 0.5 }, false, { 0.07442464270746797, -2.7110274939309074, 1.8725725731778242 } },
};
enum { N_ROWS = sizeof rows / sizeof *rows };

START_TEST(a_row_is_the_one_numpy_finds)
{
    static const uint32_t liked[2] = { 0, 3 }, disliked[1] = { 1 };
    static const float value[2] = { 1.5f, 4 }, two[1] = { 2 };
    pal_als_config config = rows[_i % N_ROWS].config;
    float y[15], x[3] = { 0.3f, -0.2f, 0.9f };
    double gram[9];
    pal_als_side side = { &config, _i % 2 == 0 ? PAL_PORTABLE : PAL_OPENBLAS, y, 5, gram };
    double *room = pal_calloc(pal_als_room(3), sizeof *room);

    config.d = 3;
    config.solver = _i < N_ROWS ? PAL_ALS_CHOLESKY : PAL_ALS_CG;
    config.cg_steps = 6;
    for (size_t i = 0; i < 15; i++) y[i] = (float)((double)((7 * (i / 3) + 3 * (i % 3)) % 11) / 11 - 0.4);
    ck_assert_int_eq(pal_als_gram(gram, y, 5, 3, side.backend, 1, NULL), PAL_OK);
    ck_assert_int_eq(pal_als_solve(x, &side, (pal_als_cells){ 2, liked, value },
                                   (pal_als_cells){ rows[_i % N_ROWS].disliked, disliked, two }, room, NULL), PAL_OK);
    for (size_t j = 0; j < 3; j++) ck_assert_double_eq_tol((double)x[j], rows[_i % N_ROWS].x[j], 2e-6);
    pal_free(room);
}
END_TEST

START_TEST(a_row_that_likes_nothing_is_zero)
{
    pal_als *model = als_fitted(&world, als_kinds[0], "", false);
    const pal_rec_query query = { .row = PAL_REC_NEW };
    float score[ITEMS];

    ck_assert_int_eq(pal_als_score(model, &query, 1, score, arena, NULL), PAL_OK);
    for (size_t i = 0; i < ITEMS; i++) HOLD(score[i] == 0);
    pal_als_free(model);
}
END_TEST

START_TEST(blocks_of_gram_add_up)
{
    enum { N = 3000, D = 5 };
    float *y = pal_calloc(N * D, sizeof *y);
    double gram[D * D], again[D * D];

    for (size_t i = 0; i < N * D; i++) {
        y[i] = (float)(pal_u01(pal_key_for(1, 0, PAL_FOR_TEST), (pal_at){ i, 0, 0 }, 0) - 0.3);
    }
    ck_assert_int_eq(pal_als_gram(gram, y, N, D, PAL_PORTABLE, 1, NULL), PAL_OK);
    ck_assert_int_eq(pal_als_gram(again, y, N, D, PAL_PORTABLE, 7, NULL), PAL_OK);
    ck_assert_mem_eq(gram, again, sizeof gram);
    for (size_t a = 0; a < D; a++) {
        for (size_t b = 0; b < D; b++) {
            long double want = 0;

            for (size_t i = 0; i < N; i++) want += (long double)y[i * D + a] * (long double)y[i * D + b];
            ck_assert_double_eq_tol(gram[a * D + b], (double)want, 1e-10);
        }
    }
    pal_free(y);
}
END_TEST

/* ---- the objective ---------------------------------------------------------------------------------------- */

static double extra(const pal_als_config *c, double r)
{
    return c->confidence == PAL_ALS_LINEAR ? c->alpha * r
         : c->confidence == PAL_ALS_LOG ? c->alpha * log1p(r / c->epsilon) : c->alpha;
}

static double squares(const float *x, size_t d)
{
    double sum = 0;

    for (size_t j = 0; j < d; j++) sum += (double)x[j] * (double)x[j];
    return sum;
}

/* Cell by cell over the whole matrix. */
static double slow_objective(const pal_als *model, bool disliked)
{
    const pal_als_config *c = &model->config;
    double sum = 0;
    size_t of_person[PEOPLE] = { 0 }, of_item[ITEMS] = { 0 };

    for (size_t u = 0; u < PEOPLE; u++) {
        for (uint32_t i = 0; i < ITEMS; i++) {
            const float *x = model->factor[0] + u * c->d, *y = model->factor[1] + i * c->d;
            size_t like = pal_csr_find(world.rows, u, i);
            size_t dislike = disliked ? pal_csr_find(world.disliked, u, i) : SIZE_MAX;
            double s = 0;

            for (size_t j = 0; j < c->d; j++) s += (double)x[j] * (double)y[j];
            if (like == SIZE_MAX) {
                sum += c->unobserved * s * s;
            } else {
                double e = extra(c, (double)world.rows->value[like]);

                sum += c->base_on_all ? e * (1 - s) * (1 - s) + c->unobserved * s * s
                                      : (e + c->unobserved) * (1 - s) * (1 - s);
            }
            if (dislike != SIZE_MAX) sum += extra(c, (double)world.disliked->value[dislike]) * s * s;
            of_person[u] += (size_t)(like != SIZE_MAX) + (size_t)(dislike != SIZE_MAX);
            of_item[i] += (size_t)(like != SIZE_MAX) + (size_t)(dislike != SIZE_MAX);
        }
    }
    for (size_t u = 0; u < PEOPLE; u++) {
        sum += c->reg * pow((double)of_person[u] + c->unobserved * ITEMS, c->reg_power)
             * squares(model->factor[0] + u * c->d, c->d);
    }
    for (size_t i = 0; i < ITEMS; i++) {
        sum += c->reg * pow((double)of_item[i] + c->unobserved * PEOPLE, c->reg_power)
             * squares(model->factor[1] + i * c->d, c->d);
    }
    return sum;
}

START_TEST(the_objective_is_the_sum_over_every_cell)
{
    bool disliked = _i >= ALS_KINDS;
    pal_als *model = als_fitted(&world, als_kinds[_i % ALS_KINDS], ", \"factors\": 5, \"epochs\": 2", disliked);
    const pal_rec_data data = als_data(&world, disliked);
    double got, want = slow_objective(model, disliked);

    ck_assert_int_eq(pal_als_objective(&got, model, &data, 2, NULL), PAL_OK);
    ck_assert_double_eq_tol(got, want, 1e-6 * fabs(want));
    pal_als_free(model);
}
END_TEST

static double last_loss;
static size_t n_losses;

static void never_rises(void *ctx, size_t epoch, size_t n_epochs, double loss)
{
    (void)ctx;
    (void)n_epochs;
    if (epoch > 1) ck_assert_double_le(loss, last_loss * (1 + 1e-6)); /* rows are rounded to float */
    last_loss = loss;
    n_losses++;
}

START_TEST(no_epoch_raises_the_objective)
{
    pal_als *model = als_model(als_kinds[_i % ALS_KINDS], ", \"factors\": 6, \"epochs\": 12");
    const pal_rec_data data = als_data(&world, _i % 2 == 0);
    pal_rec_env env = factor_env((uint64_t)_i, 2);

    env.progress = never_rises;
    n_losses = 0;
    ck_assert_int_eq(pal_als_fit(model, &data, &env, NULL), PAL_OK);
    ck_assert_uint_eq(n_losses, 12);
    pal_als_free(model);
}
END_TEST

/* Any step away from a person's row makes the objective larger: it is the minimum for the items there are. */
START_TEST(peoples_rows_are_minima)
{
    bool disliked = _i % 2 == 0;
    pal_als *model = als_fitted(&world, als_kinds[_i % ALS_KINDS], ", \"factors\": 4, \"epochs\": 3", disliked);
    double at = slow_objective(model, disliked);

    for (size_t j = 0; j < 4; j++) {
        for (int sign = -1; sign <= 1; sign += 2) {
            float *x = &model->factor[0][(size_t)(_i * 7 % PEOPLE) * 4 + j], held = *x;

            *x += (float)sign * 0.02f;
            ck_assert_double_gt(slow_objective(model, disliked), at);
            *x = held;
        }
    }
    pal_als_free(model);
}
END_TEST

START_TEST(conjugate_gradients_reach_the_exact_answer)
{
    pal_als *exact = als_fitted(&world, als_kinds[_i], ", \"factors\": 6, \"epochs\": 3", true);
    pal_als *cg = als_fitted(&world, als_kinds[_i],
                             ", \"factors\": 6, \"epochs\": 3, \"solver\": \"cg\", \"cg_steps\": 30", true);

    for (size_t i = 0; i < PEOPLE * 6; i++) HOLD(fabsf(exact->factor[0][i] - cg->factor[0][i]) < 1e-4f);
    pal_als_free(exact);
    pal_als_free(cg);
}
END_TEST

START_TEST(dislikes_lower_the_score)
{
    pal_als *with = als_fitted(&world, als_kinds[2], ", \"factors\": 8", true);
    pal_als *without = als_fitted(&world, als_kinds[2], ", \"factors\": 8", false);
    double a = 0, b = 0;

    for (uint32_t u = 0; u < PEOPLE; u++) {
        float score[ITEMS];

        for (size_t c = world.disliked->begin[u]; c < world.disliked->begin[u + 1]; c++) {
            factor_score(score, &pal_rec_als, with, &world, u);
            a += fabs((double)score[world.disliked->col[c]]);
            factor_score(score, &pal_rec_als, without, &world, u);
            b += fabs((double)score[world.disliked->col[c]]);
        }
    }
    ck_assert_double_lt(a, 0.8 * b);
    pal_als_free(with);
    pal_als_free(without);
}
END_TEST

/* Stored once after gcc 12 at -O0 and -O3 and clang 14 at -O2 had agreed on them: exact grade on the portable backend.
 * They change when a draw or the order of a sum does. */
START_TEST(bytes_are_those_of_every_compiler)
{
    static const uint64_t digest[ALS_KINDS] = {
        UINT64_C(9231330766245507737), UINT64_C(2048043602654085629),
        UINT64_C(14698534361724148942), UINT64_C(5097938587685160130),
    };
    pal_als *model = als_fitted(&world, als_kinds[_i], _i % 2 == 0 ? ", \"factors\": 9, \"epochs\": 2"
                                : ", \"factors\": 9, \"epochs\": 2, \"solver\": \"cg\"", true);

    ck_assert_uint_eq(pal_als_digest(model), digest[_i]);
    pal_als_free(model);
}
END_TEST

Suite *suite_models_als_solve(void)
{
    Suite *suite = suite_create("models/als_solve");
    TCase *tc = tcase_create("rows");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, a_row_is_the_one_numpy_finds, 0, 2 * N_ROWS);
    tcase_add_test(tc, a_row_that_likes_nothing_is_zero);
    tcase_add_test(tc, blocks_of_gram_add_up);
    tcase_add_loop_test(tc, the_objective_is_the_sum_over_every_cell, 0, 2 * ALS_KINDS);
    tcase_add_loop_test(tc, no_epoch_raises_the_objective, 0, 4 * ALS_KINDS);
    tcase_add_loop_test(tc, peoples_rows_are_minima, 0, 2 * ALS_KINDS);
    tcase_add_loop_test(tc, conjugate_gradients_reach_the_exact_answer, 0, ALS_KINDS);
    tcase_add_test(tc, dislikes_lower_the_score);
    tcase_add_loop_test(tc, bytes_are_those_of_every_compiler, 0, ALS_KINDS);
    suite_add_tcase(suite, tc);
    return suite;
}
