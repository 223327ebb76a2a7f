/* The table of metrics is complete and consistent. */
#include "metrics/metric.h"

#include <check.h>
#include <string.h>

Suite *suite_metrics_metric(void);

START_TEST(every_promised_metric_is_there)
{
    static const char *const promised[] = {
        "ctr", "like_rate", "dislike_rate", "skip_rate", "reward", "auc", "gauc", "logloss", "normalised_entropy",
        "ece", "excess_kl", "auc_ceiling", "logloss_ceiling", "slate_auc", "slate_logloss", "hit_rate", "ndcg",
        "regret", "taste_coverage", "taste_balance", "novelty", "diversity", "coverage", "gini", "mean_popularity",
        "presence", "lifetime"
    };
    size_t n = sizeof promised / sizeof promised[0];

    ck_assert_uint_ge(pal_metric_count(), n);
    for (size_t i = 0; i < n; i++) {
        ck_assert_msg(pal_metric_find(promised[i]) != NULL, "metric '%s' is not in the table", promised[i]);
    }
}
END_TEST

START_TEST(every_metric_says_what_it_is_and_is_found_by_its_name)
{
    for (size_t i = 0; i < pal_metric_count(); i++) {
        const pal_metric_info *m = pal_metric_at(i);
        size_t length = strlen(m->definition);

        ck_assert_ptr_eq(pal_metric_find(m->name), m); /* hence names are unique */
        ck_assert_uint_gt(strlen(m->label), 0);
        ck_assert_ptr_nonnull(m->unit);
        ck_assert_uint_gt(strlen(m->source), 0);
        ck_assert(m->better >= -1 && m->better <= 1);
        ck_assert_msg(length > 20 && m->definition[length - 1] == '.', "%s: '%s'", m->name, m->definition);
        ck_assert_uint_eq(strspn(m->name, "abcdefghijklmnopqrstuvwxyz_"), strlen(m->name));
    }
}
END_TEST

START_TEST(what_is_not_in_the_table_is_not_found)
{
    ck_assert_ptr_null(pal_metric_find("click"));
    ck_assert_ptr_null(pal_metric_find(""));
    ck_assert_ptr_null(pal_metric_find("AUC"));
    ck_assert_ptr_null(pal_metric_at(pal_metric_count()));
}
END_TEST

START_TEST(losses_are_better_low_and_ceilings_are_neither)
{
    ck_assert_int_eq(pal_metric_find("logloss")->better, -1);
    ck_assert_int_eq(pal_metric_find("regret")->better, -1);
    ck_assert_int_eq(pal_metric_find("auc")->better, 1);
    ck_assert_int_eq(pal_metric_find("auc_ceiling")->better, 0);
    ck_assert_int_eq(pal_metric_find("taste_balance")->better, -1);
}
END_TEST

Suite *suite_metrics_metric(void)
{
    Suite *s = suite_create("metrics/metric");
    TCase *t = tcase_create("registry");

    tcase_add_test(t, every_promised_metric_is_there);
    tcase_add_test(t, every_metric_says_what_it_is_and_is_found_by_its_name);
    tcase_add_test(t, what_is_not_in_the_table_is_not_found);
    tcase_add_test(t, losses_are_better_low_and_ceilings_are_neither);
    suite_add_tcase(s, t);
    return s;
}
