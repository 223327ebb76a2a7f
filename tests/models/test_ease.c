/* EASE: numpy's inverse, the minimum of its objective, both backends, and what must be refused. */
#include "models/rec_builtin.h"

#include "core/mem.h"
#include "tests/support/holds.h"
#include "tests/support/rec_rig.h"
#include "tests/support/scratch.h"

#include <math.h>
#include <string.h>

Suite *suite_models_ease(void);

enum { N = REC_SMALL_ITEMS, PEOPLE = REC_SMALL_PEOPLE };

/* numpy 1.24.2; X = rec_small of tests/support/rec_rig.c:
 *   P = linalg.inv(X.T @ X + 3 * eye(6)); B = -P / diag(P); fill_diagonal(B, 0) */
static const double weights[N * N] = {
          0, 0.220412002141, 0.130901859075, 0.090933964264, 0.076670251285, 0.111869964828,
          0.685970457597, 0, -0.0629768094803, 0.296695035687, 0.246590507589, 0.541800445835,
          0.136044933951, -0.0210303761906, 0, 0.36988801337, -0.0339912056538, 0.0480208704209,
          0.0729626505881, 0.076491747873, 0.285567103279, 0, -0.0174177267347, 0.0917819947184,
          0.207275490678, 0.214203837417, -0.0884201148526, -0.0586864797828, 0, -0.0830828989419,
          0.1406147008, 0.218819696155, 0.0580778717896, 0.143780582763, -0.038628496238, 0 };

/* Weight from i to j: what having i once adds to j. */
static float *row_of(const void *self, uint32_t i)
{
    const float one = 1;
    const pal_rec_query query = { .row = PAL_REC_NEW, .n = 1, .item = &i, .value = &one };

    return rec_scores(&pal_rec_ease, self, &query);
}

START_TEST(weights_are_those_of_numpy)
{
    rec_rig rig = rec_rig_dense(rec_small, PEOPLE, N);
    void *self = rec_fit(&pal_rec_ease, "{\"lambda\": 3}", &rig, 1, _i == 0 ? PAL_PORTABLE : PAL_OPENBLAS);

    for (uint32_t i = 0; i < N; i++) {
        float *row = row_of(self, i), *similar = rec_similar(&pal_rec_ease, self, false, i);

        for (size_t j = 0; j < N; j++) {
            ck_assert_double_eq_tol((double)row[j], weights[i * N + j], 1e-7);
            ck_assert_double_eq_tol((double)similar[j], weights[j * N + i], 1e-7);
        }
        ck_assert_float_eq(row[i], 0);
        pal_free(row);
        pal_free(similar);
    }
    pal_rec_ease.free(self);
    rec_rig_clear(&rig);
}
END_TEST

/* ---- the minimum ------------------------------------------------------------------------------------------ */

enum { WIDE = 30, TALL = 50 };

static double objective(const double *x, const double *b, double lambda)
{
    double sum = 0;

    for (size_t u = 0; u < TALL; u++) {
        for (size_t j = 0; j < WIDE; j++) {
            double gap = x[u * WIDE + j];

            for (size_t i = 0; i < WIDE; i++) gap -= x[u * WIDE + i] * b[i * WIDE + j];
            sum += gap * gap;
        }
    }
    for (size_t i = 0; i < WIDE * WIDE; i++) sum += lambda * b[i] * b[i];
    return sum;
}

START_TEST(no_change_off_the_diagonal_lowers_the_objective)
{
    static double x[TALL * WIDE], b[WIDE * WIDE];
    rec_rig rig = rec_rig_random((uint64_t)_i, TALL, WIDE, 0.2, true);
    void *self = rec_fit(&pal_rec_ease, "{\"lambda\": 20}", &rig, 1, PAL_PORTABLE);
    double least;

    memset(x, 0, sizeof x);
    for (uint32_t i = 0; i < WIDE; i++) {
        float *row = row_of(self, i);

        for (size_t j = 0; j < WIDE; j++) b[i * WIDE + j] = (double)row[j];
        HOLD(row[i] == 0);
        pal_free(row);
    }
    for (size_t u = 0; u < TALL; u++) {
        for (size_t c = rig.rows->begin[u]; c < rig.rows->begin[u + 1]; c++) {
            x[u * WIDE + rig.rows->col[c]] = (double)rig.rows->value[c];
        }
    }
    least = objective(x, b, 20);
    for (size_t at = 0; at < WIDE * WIDE; at += 7) {
        double kept = b[at];

        if (at / WIDE == at % WIDE) continue;
        for (double step = -1e-3; step < 2e-3; step += 2e-3) {
            b[at] = kept + step;
            HOLDS(objective(x, b, 20) > least, "entry %zu", at);
        }
        b[at] = kept;
    }
    pal_rec_ease.free(self);
    rec_rig_clear(&rig);
}
END_TEST

START_TEST(backends_agree)
{
    rec_rig rig = rec_rig_random(5, 200, 310, 0.1, false);
    void *a = rec_fit(&pal_rec_ease, "{\"lambda\": 10}", &rig, 2, PAL_PORTABLE);
    void *b = rec_fit(&pal_rec_ease, "{\"lambda\": 10}", &rig, 2, PAL_OPENBLAS);

    for (uint32_t i = 0; i < 310; i += 10) {
        float *x = row_of(a, i), *y = row_of(b, i);

        for (size_t j = 0; j < 310; j++) HOLD(fabsf(x[j] - y[j]) < 1e-6f);
        pal_free(x);
        pal_free(y);
    }
    pal_rec_ease.free(a);
    pal_rec_ease.free(b);
    rec_rig_clear(&rig);
}
END_TEST

START_TEST(too_many_items_are_refused_before_memory_is_taken)
{
    const pal_csr_cell cell = { 0, 0, 1 };
    pal_csr *rows = NULL;
    rec_rig rig;
    const pal_rec_env env = { .n_threads = 1 };
    void *self = rec_new(&pal_rec_ease, "{\"memory_gib\": 2}");
    pal_error err = { 0 };

    ck_assert_int_eq(pal_csr_new(&rows, 1, 4000000, &cell, 1, PAL_TWICE_LAST, NULL), PAL_OK);
    rig = rec_rig_of(rows);
    ck_assert_int_eq(pal_rec_ease.fit(self, &rig.data, &env, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "ease: 4000000 items need 178813.93 GiB");
    ck_assert_has(err.text, "memory_gib allows 2");
    pal_rec_ease.free(self);
    rec_rig_clear(&rig);
}
END_TEST

/* A penalty far below the rounding of the Gram matrix, and two items that always come together. */
START_TEST(singular_data_is_refused)
{
    const float x[4] = { 1e9f, 1e9f, 1e9f, 1e9f };
    rec_rig rig = rec_rig_dense(x, 2, 2);
    const pal_rec_env env = { .n_threads = 1 };
    void *self = rec_new(&pal_rec_ease, "{\"lambda\": 1e-6}");
    pal_error err = { 0 };

    ck_assert_int_eq(pal_rec_ease.fit(self, &rig.data, &env, &err), PAL_ERR_CONVERGE);
    ck_assert_has(err.text, "not positive definite");
    pal_rec_ease.free(self);
    rec_rig_clear(&rig);
}
END_TEST

Suite *suite_models_ease(void)
{
    Suite *suite = suite_create("models/ease");
    TCase *tc = tcase_create("ease");

    tcase_add_loop_test(tc, weights_are_those_of_numpy, 0, 2);
    tcase_add_loop_test(tc, no_change_off_the_diagonal_lowers_the_objective, 0, 3);
    tcase_add_test(tc, backends_agree);
    tcase_add_test(tc, too_many_items_are_refused_before_memory_is_taken);
    tcase_add_test(tc, singular_data_is_refused);
    suite_add_tcase(suite, tc);
    return suite;
}
