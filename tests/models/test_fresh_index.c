/* The kept index against the exact answer, round after round, and what must not change it. */
#include "models/fresh_index.h"

#include "core/dist.h"
#include "core/mem.h"
#include "tests/support/scratch.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

Suite *suite_models_fresh_index(void);

enum { D = 16, K = 10, QUERIES = 100, ROUNDS = 20, START = 1500, GROWS = 25 };

static double normal(uint64_t who, uint64_t round, uint64_t what)
{
    uint64_t draw = 0;

    return pal_draw_normal(pal_key_for(77, 0, PAL_FOR_TEST), (pal_at){ who, round, what }, &draw);
}

/* Rows in 30 clusters that wander; a third of them more than the rest, and some stand still. */
static void move_rows(float *x, size_t n, size_t old, uint64_t round)
{
    for (size_t i = 0; i < n; i++) {
        const double step = i % 3 == 0 ? 0.25 : i % 3 == 1 ? 0.01 : 0;

        for (size_t k = 0; k < D; k++) {
            if (i >= old) {
                x[i * D + k] = (float)(normal(i % 30, 1000, k) + 0.6 * normal(i, 1001, k));
            } else {
                x[i * D + k] += (float)(step * normal(i, round, k));
            }
        }
    }
}

static double recall_of(const pal_fresh_index *index, const float *x, size_t n,
                        pal_nearness nearness)
{
    uint32_t id[QUERIES * K], exact[QUERIES * K];
    float score[QUERIES * K], true_score[QUERIES * K], q[QUERIES * D];
    size_t found = 0;

    for (size_t i = 0; i < QUERIES; i++) {
        for (size_t k = 0; k < D; k++)
            q[i * D + k] = (float)(normal(i % 30, 1000, k) + 0.6 * normal(i, 2000, k));
    }
    ck_assert_int_eq(pal_nearest_exact(exact, true_score, x, n, D, q, QUERIES, K, nearness,
                                       PAL_PORTABLE, 2, NULL),
                     PAL_OK);
    ck_assert_int_eq(pal_fresh_index_search(id, score, index, q, QUERIES, K, 80, 2, NULL), PAL_OK);
    for (size_t i = 0; i < QUERIES; i++) {
        for (size_t a = 0; a < K; a++) {
            const float now = pal_fresh_score(index, q + i * D, id[i * K + a]);

            ck_assert_float_eq(score[i * K + a], now);
            ck_assert(a == 0 || score[i * K + a] <= score[i * K + a - 1]);
            for (size_t b = 0; b < K; b++) {
                if (id[i * K + a] != exact[i * K + b]) continue;
                found++;
                ck_assert_float_eq_tol(score[i * K + a], true_score[i * K + b],
                                       1e-4f * (1 + fabsf(now)));
            }
        }
    }
    return (double)found / (QUERIES * K);
}

static pal_fresh_index *fresh(pal_nearness nearness, double moved, double rebuild)
{
    pal_fresh_config config = pal_fresh_defaults();
    pal_fresh_index *index = NULL;

    config.graph.nearness = nearness;
    config.moved = moved;
    config.rebuild = rebuild;
    ck_assert_int_eq(pal_fresh_index_new(&index, D, &config, NULL), PAL_OK);
    return index;
}

static void update(pal_fresh_index *index, pal_fresh_report *report, const float *x, size_t n,
                   size_t n_threads)
{
    pal_error err = { 0 };

    ck_assert_msg(pal_fresh_index_update(index, report, x, n, n_threads, &err) == PAL_OK, "%s",
                  err.text);
}

static size_t rows_at(size_t round)
{
    return START + round * GROWS;
}

START_TEST(twenty_rounds_of_moves_and_newcomers_keep_the_recall)
{
    const pal_nearness nearness = (pal_nearness)_i;
    pal_fresh_index *index = fresh(nearness, 0.1, 0.9);
    float *x = pal_calloc(rows_at(ROUNDS) * D, sizeof *x);
    double share;

    for (size_t round = 0; round < ROUNDS; round++) {
        const size_t n = rows_at(round), old = round == 0 ? 0 : rows_at(round - 1);
        pal_fresh_report report;

        move_rows(x, n, old, round);
        update(index, &report, x, n, 2);
        ck_assert_uint_eq(report.added, n - old);
        ck_assert_uint_eq(report.added + report.moved + report.stayed, n);
        ck_assert(!report.rebuilt && report.moved <= n * 2 / 3);
        ck_assert(round == 0 || report.moved > n / 6);
    }
    share = recall_of(index, x, rows_at(ROUNDS - 1), nearness);
    ck_assert_msg(share >= 0.95, "recall %.4f after %d rounds", share, ROUNDS);
    pal_free(x);
    pal_fresh_index_free(index);
}
END_TEST

/* What is new in a round is found in it, by its own vector, without a rebuild. */
START_TEST(newcomers_are_searchable_at_once)
{
    pal_fresh_index *index = fresh(PAL_NEAR_COSINE, 0.1, 0.9);
    float *x = pal_calloc(rows_at(2) * D, sizeof *x);
    size_t found = 0;

    move_rows(x, rows_at(0), 0, 0);
    update(index, NULL, x, rows_at(0), 1);
    for (size_t round = 1; round < 3; round++) {
        move_rows(x, rows_at(round), rows_at(round - 1), round);
        update(index, NULL, x, rows_at(round), 1);
        for (size_t i = rows_at(round - 1); i < rows_at(round); i++) {
            uint32_t id[1];
            float score[1];

            ck_assert_int_eq(pal_fresh_index_search(id, score, index, x + i * D, 1, 1, 40, 1, NULL),
                             PAL_OK);
            found += id[0] == i;
        }
    }
    ck_assert_uint_eq(found, 2 * GROWS);
    pal_free(x);
    pal_fresh_index_free(index);
}
END_TEST

START_TEST(threads_and_a_stop_change_no_byte)
{
    pal_fresh_index *one = fresh(PAL_NEAR_DOT, 0.1, 0.5), *seven = fresh(PAL_NEAR_DOT, 0.1, 0.5),
                    *again = NULL;
    pal_fresh_config config = pal_fresh_defaults();
    float *x = pal_calloc(rows_at(6) * D, sizeof *x);

    config.graph.nearness = PAL_NEAR_DOT;
    for (size_t round = 0; round < 6; round++) {
        move_rows(x, rows_at(round), round == 0 ? 0 : rows_at(round - 1), round);
        update(one, NULL, x, rows_at(round), 1);
        update(seven, NULL, x, rows_at(round), 7);
        ck_assert_uint_eq(pal_fresh_index_digest(one), pal_fresh_index_digest(seven));
        if (round == 3) { /* the one is saved, thrown away and read back */
            pal_tensors *file = NULL;
            pal_error err = { 0 };

            ck_assert_int_eq(pal_tensors_new(&file, NULL), PAL_OK);
            ck_assert_int_eq(pal_fresh_index_save(one, file, "items.", NULL), PAL_OK);
            ck_assert_msg(pal_fresh_index_load(&again, file, "items.", &config, &err) == PAL_OK,
                          "%s", err.text);
            ck_assert_uint_eq(pal_fresh_index_digest(again), pal_fresh_index_digest(one));
            pal_fresh_index_free(one);
            one = again;
            pal_tensors_free(file);
        }
    }
    pal_free(x);
    pal_fresh_index_free(one);
    pal_fresh_index_free(seven);
}
END_TEST

START_TEST(rows_that_stay_cost_nothing_and_many_moves_build_anew)
{
    pal_fresh_index *index = fresh(PAL_NEAR_COSINE, 0.1, 0.5);
    float *x = pal_calloc(START * D, sizeof *x);
    pal_fresh_report report;
    uint64_t before;

    move_rows(x, START, 0, 0);
    update(index, &report, x, START, 2);
    ck_assert(report.added == START && !report.rebuilt);
    before = pal_fresh_index_digest(index);
    update(index, &report, x, START, 2);
    ck_assert(report.stayed == START && report.moved == 0);
    ck_assert_uint_eq(pal_fresh_index_digest(index), before);
    for (size_t i = 0; i < START * D; i++) x[i] *= 1.05f; /* less than a tenth */
    update(index, &report, x, START, 2);
    ck_assert_uint_eq(report.stayed, START);
    for (size_t i = 0; i < START * D; i++) x[i] *= 1.3f;
    update(index, &report, x, START, 2);
    ck_assert(report.moved == START && report.rebuilt);
    ck_assert(recall_of(index, x, START, PAL_NEAR_COSINE) >= 0.95);
    pal_free(x);
    pal_fresh_index_free(index);
}
END_TEST

START_TEST(a_row_of_zeros_waits_for_a_direction)
{
    pal_fresh_index *index = fresh(PAL_NEAR_COSINE, 0.1, 0.5);
    float x[3 * D] = { 0 };
    uint32_t id[3];
    float score[3];
    pal_fresh_report report;

    x[0] = 1;
    x[2 * D] = 1;
    x[2 * D + 1] = 1;
    update(index, &report, x, 3, 1);
    ck_assert_uint_eq(report.added, 2);
    ck_assert_int_eq(pal_fresh_index_search(id, score, index, x, 1, 3, 3, 1, NULL), PAL_OK);
    ck_assert(id[0] == 0 && id[1] == 2 && id[2] == UINT32_MAX);
    ck_assert_float_eq_tol(score[1], 0.70710678f, 1e-6f);
    x[D + 1] = 2;
    update(index, &report, x, 3, 1);
    ck_assert(report.added == 1 && report.stayed == 2);
    pal_fresh_index_free(index);
}
END_TEST

START_TEST(faults_are_named)
{
    pal_fresh_index *index = fresh(PAL_NEAR_COSINE, 0.1, 0.5), *other = NULL;
    pal_fresh_config config = pal_fresh_defaults();
    float x[2 * D];
    pal_error err = { 0 };
    uint64_t before;
    pal_tensors *file = NULL;

    for (size_t i = 0; i < 2 * D; i++) x[i] = (float)i;
    update(index, NULL, x, 2, 1);
    before = pal_fresh_index_digest(index);
    ck_assert_int_eq(pal_fresh_index_update(index, NULL, x, 1, 1, &err), PAL_ERR_SHAPE);
    ck_assert_ptr_nonnull(strstr(err.text, "1 rows, but it has 2"));
    x[D + 3] = INFINITY;
    ck_assert_int_eq(pal_fresh_index_update(index, NULL, x, 2, 1, &err), PAL_ERR_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "row 1, dimension 3: inf is not finite"));
    ck_assert_uint_eq(pal_fresh_index_digest(index), before);
    config.rebuild = 1.5;
    ck_assert_int_eq(pal_fresh_index_new(&other, D, &config, &err), PAL_ERR_SHAPE);
    ck_assert_ptr_nonnull(strstr(err.text, "rebuild 1.5 (0..1)"));
    config = pal_fresh_defaults();
    ck_assert_int_eq(pal_tensors_new(&file, NULL), PAL_OK);
    ck_assert_int_eq(pal_fresh_index_load(&other, file, "items.", &config, &err), PAL_ERR_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "items.size"));
    pal_tensors_free(file);
    pal_fresh_index_free(index);
}
END_TEST

Suite *suite_models_fresh_index(void)
{
    Suite *s = suite_create("models/fresh_index");
    TCase *c = tcase_create("fresh_index");

    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, twenty_rounds_of_moves_and_newcomers_keep_the_recall, 0, 3);
    tcase_add_test(c, newcomers_are_searchable_at_once);
    tcase_add_test(c, threads_and_a_stop_change_no_byte);
    tcase_add_test(c, rows_that_stay_cost_nothing_and_many_moves_build_anew);
    tcase_add_test(c, a_row_of_zeros_waits_for_a_direction);
    tcase_add_test(c, faults_are_named);
    suite_add_tcase(s, c);
    return s;
}
