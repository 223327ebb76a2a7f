/* Contributions: LightGBM's, and Shapley values from all subsets. */
#include "models/boost.h"

#include "core/mem.h"
#include "models/boost_model.h"
#include "tests/support/boost_data.h"
#include "tests/support/holds.h"
#include "tests/support/scratch.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

Suite *suite_models_boost_shap(void);

#define D 5

START_TEST(lightgbms_models_give_lightgbms_contributions)
{
    static const char *const oracle[] = { "plain", "missing", "taste" };
    char name[64];
    double *x, *y, *wanted, *phi;
    size_t n, n_wanted, columns;
    pal_boost *model = boost_fixture_model(oracle[_i]);

    snprintf(name, sizeof name, "%s_test.csv", oracle[_i]);
    boost_fixture_rows(&x, &y, &n, name);
    snprintf(name, sizeof name, "%s_contributions.csv", oracle[_i]);
    wanted = boost_fixture(name, &n_wanted, &columns);
    ck_assert(n_wanted == 50 && columns == BOOST_D + 1);
    phi = pal_calloc(n_wanted * columns, sizeof *phi);
    ck_assert_int_eq(pal_boost_contributions(phi, model, x, n_wanted, 1, NULL), PAL_OK);
    for (size_t i = 0; i < n_wanted * columns; i++) {
        HOLDS(fabs(phi[i] - wanted[i]) < 1e-9, "%zu: %.17g, not %.17g", i, phi[i], wanted[i]);
    }
    pal_boost_free(model);
    pal_free(x);
    pal_free(y);
    pal_free(wanted);
    pal_free(phi);
}
END_TEST

/* Expected score of a tree when only the features in `known` are: unknown ones split by training rows. */
static double expected(const pal_boost *m, const pal_boost_tree *tree, int32_t at, const double *x, unsigned known)
{
    const pal_boost_node *node;
    double share;

    if (at < 0) {
        return m->leaf[tree->first_leaf + (size_t)~at].value;
    }
    node = &m->node[tree->first_node + (size_t)at];
    if ((known >> node->feature & 1) != 0) {
        return expected(m, tree, pal_boost_next(node, x[node->feature]), x, known);
    }
    share = (double)(node->left >= 0 ? m->node[tree->first_node + (size_t)node->left].count
                                     : m->leaf[tree->first_leaf + (size_t)~node->left].count)
            / (double)node->count;
    return share * expected(m, tree, node->left, x, known) + (1 - share) * expected(m, tree, node->right, x, known);
}

static double score_of_subset(const pal_boost *m, const double *x, unsigned known)
{
    double sum = 0;

    for (size_t t = 0; t < m->n_trees; t++) {
        sum += expected(m, &m->tree[t], m->tree[t].n_leaves > 1 ? 0 : -1, x, known);
    }
    return sum;
}

/* The definition: over all subsets S of the others, |S|! (d - |S| - 1)! / d! times what j adds to S. */
static double shapley(const pal_boost *m, const double *x, size_t j)
{
    static const double factorial[] = { 1, 1, 2, 6, 24, 120 };
    double sum = 0;

    for (unsigned s = 0; s < 1u << D; s++) {
        size_t size = 0;

        if ((s >> j & 1) != 0) {
            continue;
        }
        for (unsigned bits = s; bits != 0; bits >>= 1) {
            size += bits & 1;
        }
        sum += factorial[size] * factorial[D - size - 1] / factorial[D]
               * (score_of_subset(m, x, s | 1u << j) - score_of_subset(m, x, s));
    }
    return sum;
}

static pal_boost *small_model(double *x, size_t n, uint64_t seed)
{
    pal_boost_config config = pal_boost_lightgbm();
    double *y = pal_calloc(n, sizeof *y);
    pal_boost *model;

    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < D; j++) {
            double u = boost_u01(seed, i * 8 + j);

            x[i * D + j] = u < 0.08 ? NAN : 3 * u - 1;
        }
        y[i] = boost_u01(seed, i * 8 + 7)
               < 0.2 + 0.6 * (x[i * D] > 0.5) * (x[i * D + 1] < 1) + 0.1 * (x[i * D + 2] > 0);
    }
    config.num_iterations = 6;
    config.num_leaves = 8;
    config.min_data_in_leaf = 8;
    config.learning_rate = 0.385;
    model = boost_fit(x, y, n, D, &config);
    pal_free(y);
    return model;
}

START_TEST(contributions_are_the_shapley_values_of_all_subsets)
{
    double x[150 * D], phi[150 * (D + 1)];
    pal_boost *model = small_model(x, 150, 300 + (uint64_t)_i);

    ck_assert_int_eq(pal_boost_contributions(phi, model, x, 150, 1, NULL), PAL_OK);
    for (size_t i = 0; i < 20; i++) {
        for (size_t j = 0; j < D; j++) {
            double wanted = shapley(model, x + i * D, j);

            HOLDS(fabs(phi[i * (D + 1) + j] - wanted) < 1e-12, "row %zu, feature %zu: %.17g, not %.17g", i, j,
                  phi[i * (D + 1) + j], wanted);
        }
        HOLD(fabs(phi[i * (D + 1) + D] - score_of_subset(model, x + i * D, 0)) < 1e-12);
    }
    pal_boost_free(model);
}
END_TEST

START_TEST(contributions_add_up_to_the_score_at_any_thread_count)
{
    double x[150 * D], phi[150 * (D + 1)], again[150 * (D + 1)];
    pal_boost *model = small_model(x, 150, 400);

    ck_assert_int_eq(pal_boost_contributions(phi, model, x, 150, 1, NULL), PAL_OK);
    ck_assert_int_eq(pal_boost_contributions(again, model, x, 150, 7, NULL), PAL_OK);
    ck_assert_mem_eq(phi, again, sizeof phi);
    for (size_t i = 0; i < 150; i++) {
        double sum = 0;

        for (size_t j = 0; j <= D; j++) {
            sum += phi[i * (D + 1) + j];
        }
        HOLD(fabs(sum - pal_boost_raw(model, x + i * D)) < 1e-12);
    }
    pal_boost_free(model);
}
END_TEST

START_TEST(without_counts_there_are_no_contributions)
{
    static const char text[] =
        "tree\nversion=v4\nnum_class=1\nmax_feature_idx=0\nobjective=binary sigmoid:1\nfeature_names=u\n"
        "feature_infos=none\n\nTree=0\nnum_leaves=2\nnum_cat=0\nsplit_feature=0\nthreshold=1\nleft_child=-1\n"
        "right_child=-2\nleaf_value=1 2\n\nend of trees\n";
    const double x = 0;
    double phi[2];
    pal_boost *model = NULL;
    pal_error err;

    ck_assert_int_eq(pal_boost_parse(&model, text, strlen(text), "m.txt", NULL), PAL_OK);
    ck_assert_int_eq(pal_boost_contributions(phi, model, &x, 1, 1, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "internal_count");
    pal_boost_free(model);
}
END_TEST

START_TEST(a_failed_allocation_is_told)
{
    double x[150 * D], phi[150 * (D + 1)];
    float x32[D] = { 0 };
    pal_boost *model = small_model(x, 150, 500);

    pal_mem_fail_at(1);
    ck_assert_int_eq(pal_boost_contributions(phi, model, x, 150, 1, NULL), PAL_ERR_MEMORY);
    pal_mem_fail_at(1);
    ck_assert_int_eq(pal_boost_predict_f32(phi, NULL, model, x32, 1, 1, NULL), PAL_ERR_MEMORY);
    pal_mem_fail_at(0);
    pal_boost_free(model);
}
END_TEST

Suite *suite_models_boost_shap(void)
{
    Suite *s = suite_create("models/boost_shap");
    TCase *tc = tcase_create("shap");

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, lightgbms_models_give_lightgbms_contributions, 0, 3);
    tcase_add_loop_test(tc, contributions_are_the_shapley_values_of_all_subsets, 0, 10);
    tcase_add_test(tc, contributions_add_up_to_the_score_at_any_thread_count);
    tcase_add_test(tc, without_counts_there_are_no_contributions);
    tcase_add_test(tc, a_failed_allocation_is_told);
    suite_add_tcase(s, tc);
    return s;
}
