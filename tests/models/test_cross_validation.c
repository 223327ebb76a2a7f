/* Folds, the loop over them, and both learners in it. */
#include "models/cross_validation.h"

#include "core/mem.h"
#include "models/cross_validation_learners.h"
#include "tests/support/holds.h"
#include "tests/support/logit_rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

Suite *suite_models_cross_validation(void);

enum { N = 203, D = 3 };

static pal_arena *arena;

static void setup(void)
{
    ck_assert_int_eq(pal_arena_new(&arena, 1 << 12, NULL), PAL_OK);
}

static void teardown(void)
{
    pal_arena_free(arena);
}

static pal_key key_of(int seed)
{
    return pal_key_for((uint64_t)seed, 0, PAL_FOR_TEST);
}

static void labels(double *y, size_t n, uint64_t seed, double rate)
{
    for (size_t i = 0; i < n; i++) y[i] = logit_uniform(seed, i) < rate;
}

/* ---- folds ------------------------------------------------------------------------------------------------ */

START_TEST(folds_differ_by_one_row_and_one_positive_at_most)
{
    double y[N];
    uint32_t fold[N];
    size_t folds = 2 + (size_t)_i % 9, least = N, most = 0, least1 = N, most1 = 0;

    labels(y, N, (uint64_t)_i, 0.1 + 0.03 * (_i % 20));
    ck_assert_int_eq(pal_stratified_folds(fold, y, N, folds, key_of(_i), arena, NULL), PAL_OK);
    for (size_t f = 0; f < folds; f++) {
        size_t rows = 0, positives = 0;

        for (size_t i = 0; i < N; i++) {
            rows += fold[i] == f;
            positives += fold[i] == f && y[i] > 0;
        }
        least = rows < least ? rows : least;
        most = rows > most ? rows : most;
        least1 = positives < least1 ? positives : least1;
        most1 = positives > most1 ? positives : most1;
    }
    ck_assert_uint_le(most, least + 1);
    ck_assert_uint_le(most1, least1 + 1);
}
END_TEST

START_TEST(key_shuffles_the_folds_and_nothing_else_does)
{
    double y[N];
    uint32_t a[N], b[N], c[N];
    size_t moved = 0;

    labels(y, N, 5, 0.4);
    ck_assert_int_eq(pal_stratified_folds(a, y, N, 5, key_of(1), arena, NULL), PAL_OK);
    ck_assert_int_eq(pal_stratified_folds(b, y, N, 5, key_of(1), arena, NULL), PAL_OK);
    ck_assert_int_eq(pal_stratified_folds(c, y, N, 5, key_of(2), arena, NULL), PAL_OK);
    ck_assert_mem_eq(a, b, sizeof a);
    for (size_t i = 0; i < N; i++) moved += a[i] != c[i];
    ck_assert_uint_gt(moved, N / 2); /* 4/5 of the rows in the mean */
}
END_TEST

/* Each row stands in each fold equally often: chi-squared with 4 degrees over 2,000 keys, below its 1 - 1e-6 quantile. */
START_TEST(rows_have_no_favourite_fold)
{
    double y[20];
    uint32_t fold[20];
    size_t seen[20][5] = { { 0 } };

    labels(y, 20, 3, 0.5);
    for (int seed = 0; seed < 2000; seed++) {
        HOLD(pal_stratified_folds(fold, y, 20, 5, key_of(seed), arena, NULL) == PAL_OK);
        for (size_t i = 0; i < 20; i++) seen[i][fold[i]]++;
    }
    for (size_t i = 0; i < 20; i++) {
        double chi2 = 0;

        for (size_t f = 0; f < 5; f++) chi2 += ((double)seen[i][f] - 400) * ((double)seen[i][f] - 400) / 400;
        ck_assert_double_lt(chi2, 33.4);
    }
}
END_TEST

START_TEST(too_few_rows_of_a_class_are_named)
{
    double y[10] = { 1, 1, 1 };
    uint32_t fold[10];
    pal_error err = { 0 };

    ck_assert_int_eq(pal_stratified_folds(fold, y, 10, 4, key_of(1), arena, &err), PAL_ERR_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "3 rows have y = 1, wanted one for each of 4 folds"));
    ck_assert_int_eq(pal_stratified_folds(fold, y, 4, 3, key_of(1), arena, &err), PAL_ERR_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "1 rows have y = 0"));
    ck_assert_int_eq(pal_stratified_folds(fold, y, 10, 1, key_of(1), arena, &err), PAL_ERR_CONFIG);
    ck_assert_ptr_nonnull(strstr(err.text, "1 folds"));
}
END_TEST

/* ---- the loop, with a learner that tells what it saw --------------------------------------------------------- */

/* Learns the mean label of its rows and remembers them by their first column, which holds the row's number. */
typedef struct spy {
    double mean, weight;
    bool saw[N];
} spy;

static size_t n_alive;

static pal_status spy_fit(void **model, const pal_samples *train, const void *config, pal_key key, pal_arena *scratch,
                          pal_error *err)
{
    pal_status rc = PAL_OK;
    spy *s = NULL;

    (void)key;
    (void)scratch;
    if (config != NULL) {
        PAL_FAIL(PAL_ERR_CONVERGE, "spy: caught");
    }
    PAL_NEW(s, 1);
    n_alive++;
    for (size_t i = 0; i < train->n; i++) {
        double w = train->weight == NULL ? 1 : train->weight[i];

        s->saw[(size_t)train->x[i * train->d]] = true;
        s->mean += w * train->y[i];
        s->weight += w;
    }
    s->mean /= s->weight;
    *model = s;

done:
    return rc;
}

/* -1 for a row that was learned from: there must be none. */
static pal_status spy_predict(double *p, const void *model, const double *x, size_t n, size_t d, pal_arena *scratch,
                              pal_error *err)
{
    const spy *s = model;

    (void)scratch;
    (void)err;
    for (size_t i = 0; i < n; i++) p[i] = s->saw[(size_t)x[i * d]] ? -1 : s->mean;
    return PAL_OK;
}

static void spy_free(void *model)
{
    n_alive -= model != NULL;
    pal_free(model);
}

static const pal_learner spy_learner = { "spy", spy_fit, spy_predict, spy_free };

static pal_status count_of(double *out, const double *p, const double *y, const double *weight, size_t n, pal_error *err)
{
    (void)p;
    (void)y;
    (void)weight;
    (void)err;
    *out = (double)n;
    return PAL_OK;
}

/* NaN in folds with an odd number of positives. */
static pal_status moody(double *out, const double *p, const double *y, const double *weight, size_t n, pal_error *err)
{
    size_t positives = 0;

    (void)p;
    (void)weight;
    (void)err;
    for (size_t i = 0; i < n; i++) positives += y[i] > 0;
    *out = positives % 2 == 1 ? (double)NAN : 2.385;
    return PAL_OK;
}

static pal_status log_loss(double *out, const double *p, const double *y, const double *weight, size_t n, pal_error *err)
{
    double loss = 0, total = 0;

    (void)err;
    for (size_t i = 0; i < n; i++) {
        double w = weight == NULL ? 1 : weight[i];

        loss -= w * log(y[i] > 0 ? p[i] : 1 - p[i]);
        total += w;
    }
    *out = loss / total;
    return PAL_OK;
}

static pal_status hit_rate(double *out, const double *p, const double *y, const double *weight, size_t n, pal_error *err)
{
    double hits = 0;

    (void)weight;
    (void)err;
    for (size_t i = 0; i < n; i++) hits += (p[i] > 0.5) == (y[i] > 0);
    *out = hits / (double)n;
    return PAL_OK;
}

static const pal_score scores[] = { { "count", count_of }, { "moody", moody }, { "log_loss", log_loss } };
enum { N_SCORES = sizeof scores / sizeof scores[0] };

static void numbered(double *x, double *y, double *weight)
{
    labels(y, N, 9, 0.35);
    for (size_t i = 0; i < N; i++) {
        x[i * D] = (double)i;
        x[i * D + 1] = x[i * D + 2] = 0;
        weight[i] = 0.1173 + logit_uniform(8, i);
    }
}

START_TEST(every_row_is_predicted_by_a_model_that_did_not_see_it)
{
    double x[N * D], y[N], weight[N], p[N], fold_score[N_SCORES * 5], sum = 0;
    uint32_t fold[N];
    pal_samples samples = { x, y, _i == 1 ? weight : NULL, N, D };
    pal_cv_result result[N_SCORES];

    numbered(x, y, weight);
    ck_assert_int_eq(pal_cross_validate(result, fold_score, p, &spy_learner, NULL, &samples, scores, N_SCORES, 5, key_of(3),
                                        arena, NULL), PAL_OK);
    ck_assert_uint_eq(n_alive, 0);
    ck_assert_int_eq(pal_stratified_folds(fold, y, N, 5, key_of(3), arena, NULL), PAL_OK);
    for (size_t i = 0; i < N; i++) { /* the mean label of all other folds */
        double of = 0, total = 0;

        for (size_t k = 0; k < N; k++) {
            double w = _i == 1 ? weight[k] : 1;

            of += fold[k] != fold[i] ? w * y[k] : 0;
            total += fold[k] != fold[i] ? w : 0;
        }
        ck_assert_double_eq_tol(p[i], of / total, 1e-13);
    }
    for (size_t f = 0; f < 5; f++) sum += fold_score[f];
    ck_assert(sum == N);
    ck_assert_double_eq_tol(result[0].mean, N / 5.0, 1e-12);
    ck_assert_uint_eq(result[0].n, 5);
}
END_TEST

START_TEST(mean_and_spread_are_over_the_folds_that_have_a_score)
{
    double x[N * D], y[N], weight[N], fold_score[N_SCORES * 7], mean = 0, square = 0;
    pal_samples samples = { x, y, NULL, N, D };
    pal_cv_result result[N_SCORES];
    size_t there = 0;

    numbered(x, y, weight);
    ck_assert_int_eq(pal_cross_validate(result, fold_score, NULL, &spy_learner, NULL, &samples, scores, N_SCORES, 7,
                                        key_of(4), arena, NULL), PAL_OK);
    for (size_t f = 0; f < 7; f++) {
        there += isnan(fold_score[7 + f]) ? 0 : 1;
        mean += fold_score[14 + f] / 7;
    }
    for (size_t f = 0; f < 7; f++) square += (fold_score[14 + f] - mean) * (fold_score[14 + f] - mean);
    ck_assert_uint_gt(there, 1);
    ck_assert_uint_lt(there, 7);
    ck_assert_uint_eq(result[1].n, there);
    ck_assert(result[1].mean == 2.385 && result[1].sd == 0);
    ck_assert_double_eq_tol(result[2].mean, mean, 1e-13);
    ck_assert_double_eq_tol(result[2].sd, sqrt(square / 6), 1e-13);
}
END_TEST

START_TEST(failure_of_a_learner_names_the_fold)
{
    double x[N * D], y[N], weight[N];
    pal_samples samples = { x, y, NULL, N, D };
    pal_cv_result result[N_SCORES];
    pal_error err = { 0 };

    numbered(x, y, weight);
    ck_assert_int_eq(pal_cross_validate(result, NULL, NULL, &spy_learner, x, &samples, scores, N_SCORES, 5, key_of(3),
                                        arena, &err), PAL_ERR_CONVERGE);
    ck_assert_str_eq(err.text, "fold 0: spy: caught");
    ck_assert_uint_eq(n_alive, 0);
}
END_TEST

START_TEST(every_failing_allocation_is_reported)
{
    double x[N * D], y[N], weight[N];
    pal_samples samples = { x, y, weight, N, D };
    pal_cv_result result[N_SCORES];
    size_t failures = 0;

    numbered(x, y, weight);
    for (size_t k = 1; k < 40; k++) { /* an arena that cannot double takes less: not all show */
        pal_arena *small = NULL;
        pal_status rc;

        ck_assert_int_eq(pal_arena_new(&small, 64, NULL), PAL_OK);
        pal_mem_fail_at(k);
        rc = pal_cross_validate(result, NULL, NULL, &spy_learner, NULL, &samples, scores, N_SCORES, 5, key_of(3), small,
                                NULL);
        pal_mem_fail_at(0);
        pal_arena_free(small);
        ck_assert(rc == PAL_OK || rc == PAL_ERR_MEMORY);
        ck_assert_uint_eq(n_alive, 0);
        failures += rc == PAL_ERR_MEMORY;
    }
    ck_assert_uint_gt(failures, 4); /* each fold's model, at least */
}
END_TEST

/* ---- the learners ----------------------------------------------------------------------------------------- */

/* A step in one feature: both learners must see it, and a shuffled label must show them nothing. */
static void step_rows(double *x, double *y, size_t n, bool shuffled)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < D; j++) x[i * D + j] = logit_bell(21, i * D + j);
        y[i] = logit_uniform(22, i) < (x[i * D + 1] > 0.1 ? 0.9 : 0.1);
        if (shuffled) y[i] = logit_uniform(23, i) < 0.5;
        if (i % 50 == 7) x[i * D] = NAN;
    }
}

static const pal_score judges[] = { { "hits", hit_rate }, { "log_loss", log_loss } };

START_TEST(learners_find_a_step_and_nothing_in_noise)
{
    enum { ROWS = 800 };
    static double x[ROWS * D], y[ROWS];
    pal_samples samples = { x, y, NULL, ROWS, D };
    pal_logistic_config logistic = pal_logistic_defaults();
    pal_boosted_config boosted = { pal_boost_defaults(), 5 };
    pal_cv_result result[2], again[2];
    bool trees = _i % 2 == 1, noise = _i >= 2;

    step_rows(x, y, ROWS, noise);
    for (int turn = 0; turn < 2; turn++) {
        ck_assert_int_eq(pal_cross_validate(turn == 0 ? result : again, NULL, NULL,
                                            trees ? &pal_learner_boosted : &pal_learner_logistic,
                                            trees ? (void *)&boosted : (void *)&logistic, &samples, judges, 2, 5, key_of(1),
                                            arena, NULL), PAL_OK);
    }
    ck_assert_mem_eq(result, again, sizeof result);
    if (noise) {
        ck_assert_double_eq_tol(result[0].mean, 0.5, 0.08);
        ck_assert_double_gt(result[1].mean, 0.68); /* log 2 is 0.693 */
    } else {
        ck_assert_double_gt(result[0].mean, trees ? 0.87 : 0.8);
        ck_assert_double_lt(result[1].mean, trees ? 0.40 : 0.5);
    }
}
END_TEST

START_TEST(boosted_stops_early_only_with_rows_held_out)
{
    enum { ROWS = 400 };
    static double x[ROWS * D], y[ROWS];
    pal_samples samples = { x, y, NULL, ROWS, D };
    pal_boosted_config config = { pal_boost_defaults(), 5 };
    void *model = NULL;

    step_rows(x, y, ROWS, false);
    config.boost.num_iterations = 300;
    ck_assert_int_eq(pal_learner_boosted.fit(&model, &samples, &config, key_of(1), arena, NULL), PAL_OK);
    ck_assert_uint_lt(pal_boost_trees(model), 300);
    pal_learner_boosted.free(model);
    config.valid_parts = 0;
    ck_assert_int_eq(pal_learner_boosted.fit(&model, &samples, &config, key_of(1), arena, NULL), PAL_OK);
    ck_assert_uint_eq(pal_boost_trees(model), 300);
    pal_learner_boosted.free(model);
}
END_TEST

Suite *suite_models_cross_validation(void)
{
    Suite *suite = suite_create("models/cross_validation");
    TCase *tc = tcase_create("cross_validation");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, folds_differ_by_one_row_and_one_positive_at_most, 0, 60);
    tcase_add_test(tc, key_shuffles_the_folds_and_nothing_else_does);
    tcase_add_test(tc, rows_have_no_favourite_fold);
    tcase_add_test(tc, too_few_rows_of_a_class_are_named);
    tcase_add_loop_test(tc, every_row_is_predicted_by_a_model_that_did_not_see_it, 0, 2);
    tcase_add_test(tc, mean_and_spread_are_over_the_folds_that_have_a_score);
    tcase_add_test(tc, failure_of_a_learner_names_the_fold);
    tcase_add_test(tc, every_failing_allocation_is_reported);
    tcase_add_loop_test(tc, learners_find_a_step_and_nothing_in_noise, 0, 4);
    tcase_add_test(tc, boosted_stops_early_only_with_rows_held_out);
    suite_add_tcase(suite, tc);
    return suite;
}
