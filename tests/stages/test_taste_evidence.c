/* What fits leave behind: curves and counts of held-out predictions, importance, counted fits. */
#include "stages/taste_evidence.h"

#include "core/mem.h"
#include "stages/taste_samples.h"
#include "tests/support/rung_people.h"

#include <check.h>
#include <math.h>
#include <string.h>

enum { MOST = 400 };

/* A sample with held-out predictions: p is drawn, y by a coin of probability p, or by a fair one. */
typedef struct held { double p[MOST], y[MOST]; uint32_t fold[MOST]; size_t n, positives; } held;

static held held_of(uint64_t seed, size_t n, size_t folds, bool fair)
{
    const pal_key key = { seed, 2385 };
    held h = { .n = n };

    for (size_t i = 0; i < n; i++) {
        h.p[i] = pal_u01(key, (pal_at){ i, 0, 0 }, 0);
        h.y[i] = pal_u01(key, (pal_at){ i, 1, 0 }, 0) < (fair ? 0.5 : h.p[i]) ? 1 : 0;
        h.fold[i] = (uint32_t)(i % folds);
        h.positives += h.y[i] > 0;
    }
    return h;
}

static pal_training_quality quality_of(const held *h)
{
    pal_arena *scratch = NULL;
    pal_training_quality *quality = NULL, out;

    ck_assert_int_eq(pal_arena_new(&scratch, 4096, NULL), PAL_OK);
    ck_assert_int_eq(pal_quality_of(&quality, h->p, h->y, h->fold, h->n, scratch, NULL), PAL_OK);
    out = *quality;
    pal_free(quality);
    pal_arena_free(scratch);
    return out;
}

static double area(const float *tpr)
{
    double sum = 0;

    for (size_t k = 1; k < PAL_TRAINING_POINTS; k++) {
        sum += ((double)tpr[k] + (double)tpr[k - 1]) / 2 / (PAL_TRAINING_POINTS - 1);
    }
    return sum;
}

/* Share of (positive, negative) pairs of a fold in the right order, over all folds. */
static double auc_inside_folds(const held *h)
{
    double wins = 0, pairs = 0;

    for (size_t i = 0; i < h->n; i++) {
        for (size_t j = 0; j < h->n; j++) {
            if (h->fold[i] == h->fold[j] && h->y[i] > 0 && !(h->y[j] > 0)) {
                wins += h->p[i] > h->p[j] ? 1 : h->p[i] == h->p[j] ? 0.5 : 0;
                pairs += 1;
            }
        }
    }
    return wins / pairs;
}

START_TEST(a_curve_rises_from_corner_to_corner_and_its_area_is_the_auc)
{
    held h = held_of((uint64_t)_i, 300, 1 + (size_t)_i % 5, false);
    pal_training_quality q = quality_of(&h);

    ck_assert_float_eq(q.tpr[0], 0);
    ck_assert_float_eq(q.tpr[PAL_TRAINING_POINTS - 1], 1);
    for (size_t k = 1; k < PAL_TRAINING_POINTS; k++) {
        ck_assert_float_ge(q.tpr[k], q.tpr[k - 1]);
    }
    ck_assert_double_eq_tol(area(q.tpr), auc_inside_folds(&h), 0.02);
}
END_TEST

START_TEST(one_fold_gives_the_curve_of_scikit_learn)
{
    /* y = [0,0,1,1,0,1,0,1,1,0]; s = [.1,.4,.35,.8,.2,.9,.5,.7,.45,.3]
     * fpr, tpr, _ = sklearn.metrics.roc_curve(y, s, drop_intermediate=False)
     * fpr [0, 0, 0, 0, .2, .2, .4, .4, .6, .8, 1], tpr [0, .2, .4, .6, .6, .8, .8, 1, 1, 1, 1];
     * where it stands upright the middle, else straight between */
    static const double s[] = { 0.1, 0.4, 0.35, 0.8, 0.2, 0.9, 0.5, 0.7, 0.45, 0.3 };
    static const double y[] = { 0, 0, 1, 1, 0, 1, 0, 1, 1, 0 };
    static const double wanted[] = { 0.6, 0.6, 0.6, 0.7, 0.8, 0.8, 0.8, 0.9, 1, 1, 1 }; /* fpr 0.05 ... 0.55 */
    held h = { .n = 10, .positives = 5 };
    pal_training_quality q;

    memcpy(h.p, s, sizeof s);
    memcpy(h.y, y, sizeof y);
    q = quality_of(&h);
    for (size_t k = 0; k < sizeof wanted / sizeof *wanted; k++) {
        ck_assert_msg(fabs((double)q.tpr[k + 1] - wanted[k]) < 1e-6, "fpr %g: %g, wanted %g", (double)(k + 1) / 20,
                      (double)q.tpr[k + 1], wanted[k]);
    }
}
END_TEST

START_TEST(one_prediction_for_all_gives_the_diagonal)
{
    held h = held_of(3, 97, 3, false);
    pal_training_quality q;

    for (size_t i = 0; i < h.n; i++) {
        h.p[i] = 0.2385 + 0.1 * h.fold[i]; /* what differs between folds means nothing */
    }
    q = quality_of(&h);
    for (size_t k = 0; k < PAL_TRAINING_POINTS; k++) {
        ck_assert_double_eq_tol((double)q.tpr[k], (double)k / (PAL_TRAINING_POINTS - 1), 0.03);
    }
}
END_TEST

START_TEST(perfect_predictions_give_the_corner_and_turned_ones_the_other)
{
    held h = held_of(5, 200, 4, false);
    pal_training_quality q, turned;

    for (size_t i = 0; i < h.n; i++) {
        h.p[i] = h.y[i] > 0 ? 0.9 : 0.1;
        h.fold[i] = 0;
    }
    q = quality_of(&h);
    for (size_t i = 0; i < h.n; i++) {
        h.p[i] = 1 - h.p[i];
    }
    turned = quality_of(&h);
    for (size_t k = 1; k + 1 < PAL_TRAINING_POINTS; k++) {
        ck_assert_float_eq(q.tpr[k], 1);
        ck_assert_float_eq(turned.tpr[k], 0);
    }
}
END_TEST

START_TEST(coins_stay_on_the_diagonal)
{
    double mean[PAL_TRAINING_POINTS] = { 0 };

    for (uint64_t seed = 0; seed < 200; seed++) {
        held h = held_of(seed, 60, 5, true);
        pal_training_quality q = quality_of(&h);

        for (size_t k = 0; k < PAL_TRAINING_POINTS; k++) {
            mean[k] += (double)q.tpr[k] / 200;
        }
    }
    for (size_t k = 0; k < PAL_TRAINING_POINTS; k++) { /* the spread of a point's mean is below 0.007 */
        ck_assert_double_eq_tol(mean[k], (double)k / (PAL_TRAINING_POINTS - 1), 0.03);
    }
}
END_TEST

START_TEST(bins_count_every_prediction_once)
{
    held h = held_of((uint64_t)_i, 331, 5, false);
    pal_training_quality q;
    uint64_t n = 0, positives = 0;
    double sum = 0, sum_p = 0;

    h.p[7] = 1;
    h.p[8] = 0;
    q = quality_of(&h);
    for (size_t b = 0; b < PAL_TRAINING_BINS; b++) {
        n += q.n[b];
        positives += q.positives[b];
        sum_p += (double)q.sum_p[b] / PAL_TRAINING_P;
        ck_assert_uint_le(q.positives[b], q.n[b]);
        if (q.n[b] > 0) {
            double mean = (double)q.sum_p[b] / PAL_TRAINING_P / (double)q.n[b];

            ck_assert(mean >= (double)b / PAL_TRAINING_BINS - 1e-5 && mean <= (double)(b + 1) / PAL_TRAINING_BINS + 1e-5);
        }
    }
    for (size_t i = 0; i < h.n; i++) {
        sum += h.p[i];
    }
    ck_assert_uint_eq(n, h.n);
    ck_assert_uint_eq(positives, h.positives);
    ck_assert_double_eq_tol(sum_p, sum, (double)h.n / PAL_TRAINING_P);
}
END_TEST

START_TEST(the_order_of_rows_changes_nothing)
{
    held h = held_of((uint64_t)_i, 250, 5, false), turned = h;
    pal_training_quality a, b;

    for (size_t i = 0; i < h.n; i++) {
        turned.p[i] = h.p[h.n - 1 - i];
        turned.y[i] = h.y[h.n - 1 - i];
        turned.fold[i] = h.fold[h.n - 1 - i];
    }
    a = quality_of(&h);
    b = quality_of(&turned);
    ck_assert_mem_eq(&a, &b, sizeof a);
}
END_TEST

/* Rows whose label hangs on feature 1 of 3, mostly. */
static void rows_of(double *x, double *y, size_t n)
{
    const pal_key key = { 11, 7 };

    for (size_t i = 0; i < n; i++) {
        for (size_t f = 0; f < 3; f++) {
            x[i * 3 + f] = pal_u01(key, (pal_at){ i, f, 0 }, 0) * (f == 2 ? 100 : 1);
        }
        y[i] = (x[i * 3 + 1] > 0.5) != (i % 7 == 0) ? 1 : 0;
    }
}

START_TEST(counted_fits_are_the_same_fits)
{
    static double x[3 * MOST], y[MOST], p[2][MOST];
    const pal_logistic_config logistic = pal_logistic_defaults();
    const pal_boosted_config boosted = { pal_boost_defaults(), 5 };
    const bool trees = _i == 1;
    const pal_samples rows = { .x = x, .y = y, .n = MOST, .d = 3 };
    uint64_t iterations = 0, fits = 0;
    const pal_counted counted = { trees ? &pal_learner_boosted : &pal_learner_logistic,
                                  trees ? (const void *)&boosted : (const void *)&logistic,
                                  trees ? PAL_TASTE_BOOSTED : PAL_TASTE_LOGISTIC, &iterations, &fits };
    const pal_learner learner = pal_counted_learner(&counted);
    pal_arena *scratch = NULL;
    uint64_t sum = 0;

    rows_of(x, y, MOST);
    ck_assert_int_eq(pal_arena_new(&scratch, 1 << 16, NULL), PAL_OK);
    for (size_t k = 0; k < 3; k++) {
        const pal_key key = { k, 1 };
        void *plain = NULL, *other = NULL;

        ck_assert_int_eq(counted.inner->fit(&plain, &rows, counted.config, key, scratch, NULL), PAL_OK);
        ck_assert_int_eq(learner.fit(&other, &rows, &counted, key, scratch, NULL), PAL_OK);
        ck_assert_int_eq(learner.predict(p[0], plain, x, MOST, 3, scratch, NULL), PAL_OK);
        ck_assert_int_eq(learner.predict(p[1], other, x, MOST, 3, scratch, NULL), PAL_OK);
        ck_assert_mem_eq(p[0], p[1], sizeof p[0]);
        sum += pal_fitted_iterations(plain, trees ? PAL_TASTE_BOOSTED : PAL_TASTE_LOGISTIC);
        learner.free(plain);
        learner.free(other);
    }
    ck_assert_uint_eq(fits, 3);
    ck_assert_uint_eq(iterations, sum);
    ck_assert_uint_gt(sum, 3);
    pal_arena_free(scratch);
}
END_TEST

START_TEST(importance_is_of_the_feature_that_decides_and_sums_to_one)
{
    static double x[3 * MOST], y[MOST];
    const pal_boosted_config boosted = { pal_boost_defaults(), 5 };
    const pal_logistic_config logistic = pal_logistic_defaults();
    const pal_samples rows = { .x = x, .y = y, .n = MOST, .d = 3 };
    const bool trees = _i == 1;
    pal_arena *scratch = NULL;
    pal_training_shape *shape = NULL;
    void *fitted = NULL;
    double sum = 0, splits = 0;

    rows_of(x, y, MOST);
    ck_assert_int_eq(pal_arena_new(&scratch, 1 << 16, NULL), PAL_OK);
    ck_assert_int_eq(trees ? pal_learner_boosted.fit(&fitted, &rows, &boosted, (pal_key){ 1, 1 }, scratch, NULL)
                           : pal_learner_logistic.fit(&fitted, &rows, &logistic, (pal_key){ 1, 1 }, scratch, NULL), PAL_OK);
    ck_assert_int_eq(pal_shape_of(&shape, fitted, x, MOST, 3, trees ? PAL_TASTE_BOOSTED : PAL_TASTE_LOGISTIC, NULL),
                     PAL_OK);
    ck_assert_uint_eq(shape->d, 3);
    for (size_t f = 0; f < 3; f++) {
        sum += (double)shape->share[f];
        splits += trees ? (double)shape->splits[f] : 0;
    }
    ck_assert_double_eq_tol(sum, 1, 1e-6);
    ck_assert_float_gt(shape->share[1], 0.5f); /* though column 2 has a hundred times its units */
    if (trees) {
        const double *train, *valid;
        size_t n = pal_boost_curve(fitted, &train, &valid);

        ck_assert_double_eq_tol(splits, 1, 1e-6);
        ck_assert_uint_eq(shape->n_curve, n);
        ck_assert_uint_ge(n, pal_boost_trees(fitted));
        ck_assert_float_eq(shape->train[n - 1], (float)train[n - 1]);
        ck_assert_float_eq(shape->valid[0], (float)valid[0]);
    } else {
        const pal_logistic_model *model = fitted;
        double all = 0, one = fabs(model->coefficient[1]) * model->sd[1];

        for (size_t f = 0; f < 3; f++) {
            all += fabs(model->coefficient[f]) * model->sd[f];
        }
        ck_assert_double_eq_tol((double)shape->share[1], one / all, 1e-6);
        ck_assert(shape->splits == NULL && shape->n_curve == 0);
    }
    pal_free(shape);
    (trees ? &pal_learner_boosted : &pal_learner_logistic)->free(fitted);
    pal_arena_free(scratch);
}
END_TEST

START_TEST(memory_that_runs_out_is_an_error_and_no_leak)
{
    held h = held_of(1, 40, 4, false);
    pal_arena *scratch = NULL;

    ck_assert_int_eq(pal_arena_new(&scratch, 1 << 16, NULL), PAL_OK);
    for (size_t n = 1; n <= 2; n++) {
        pal_training_quality *quality = NULL;
        pal_status rc;

        pal_mem_fail_at(n);
        rc = pal_quality_of(&quality, h.p, h.y, h.fold, h.n, scratch, NULL);
        pal_mem_fail_at(0);
        ck_assert_int_eq(rc, n == 1 ? PAL_ERR_MEMORY : PAL_OK); /* the scratch holds the rest */
        pal_free(quality);
    }
    pal_arena_free(scratch);
}
END_TEST

START_TEST(features_have_the_names_of_the_catalog_and_then_the_derived_ones)
{
    pal_catalog *catalog = rung_catalog(3, 60, 2);

    ck_assert_str_eq(pal_sample_feature_name(catalog, 0), catalog->feature[0].name);
    ck_assert_str_eq(pal_sample_feature_name(catalog, catalog->d), "similarity");
    ck_assert_str_eq(pal_sample_feature_name(catalog, catalog->d + PAL_TASTE_DERIVED - 1), "genre_share");
    pal_catalog_free(catalog);
}
END_TEST

Suite *suite_stages_taste_evidence(void);
Suite *suite_stages_taste_evidence(void)
{
    Suite *suite = suite_create("stages/taste_evidence");
    TCase *tc = tcase_create("taste_evidence");

    tcase_add_loop_test(tc, a_curve_rises_from_corner_to_corner_and_its_area_is_the_auc, 0, 20);
    tcase_add_test(tc, one_fold_gives_the_curve_of_scikit_learn);
    tcase_add_test(tc, one_prediction_for_all_gives_the_diagonal);
    tcase_add_test(tc, perfect_predictions_give_the_corner_and_turned_ones_the_other);
    tcase_add_test(tc, coins_stay_on_the_diagonal);
    tcase_add_loop_test(tc, bins_count_every_prediction_once, 0, 5);
    tcase_add_loop_test(tc, the_order_of_rows_changes_nothing, 0, 5);
    tcase_add_loop_test(tc, counted_fits_are_the_same_fits, 0, 2);
    tcase_add_loop_test(tc, importance_is_of_the_feature_that_decides_and_sums_to_one, 0, 2);
    tcase_add_test(tc, memory_that_runs_out_is_an_error_and_no_leak);
    tcase_add_test(tc, features_have_the_names_of_the_catalog_and_then_the_derived_ones);
    suite_add_tcase(suite, tc);
    return suite;
}
