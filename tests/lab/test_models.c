/* Files about models and feedback: held against training.csv, the log of impressions and each other. */
#include "core/csv.h"
#include "core/json.h"
#include "core/mem.h"
#include "lab/run.h"
#include "tests/support/scratch.h"
#include "tests/support/tiny_run.h"

#include <math.h>
#include <stdio.h>

/* Arms that fit models of few samples, so that a small run has many. */
static const char arms[] =
    "[{\"name\": \"pop\", \"stage\": \"popularity\"},"
    " {\"name\": \"log\", \"stage\": \"logistic\", \"params\": {\"negatives\": \"unliked\", \"min_samples\": 10,"
    "  \"retrain_every\": 5, \"folds\": 3}},"
    " {\"name\": \"trees\", \"stage\": \"boosted\", \"params\": {\"negatives\": \"unliked\", \"features\": \"audio+derived\","
    "  \"min_samples\": 10, \"retrain_every\": 10, \"folds\": 2, \"model\": {\"num_iterations\": 20, \"min_data_in_leaf\": 2}}},"
    " {\"name\": \"best\", \"stage\": \"oracle\"}]";

static pal_experiment *parse(const char *response)
{
    const pal_override set[] = { { "arms", arms }, { "baseline", "pop" }, { "focus", "trees" }, { "rounds", "20" },
                                 { "slots", "10" }, { "catalog.items", "700" }, { "people.n", "24" }, { "probe.items", "0" },
                                 { "output.sheets", "5" }, { "response.model", response } };

    return tiny_parse(set, sizeof set / sizeof *set);
}

static pal_table *load(const char *dir, const char *name)
{
    pal_table *table = NULL;
    pal_error err = { PAL_OK, "" };
    char path[512];

    snprintf(path, sizeof path, "%s/%s", dir, name);
    ck_assert_msg(pal_table_load(&table, path, &err) == PAL_OK, "%s", err.text);
    return table;
}

static size_t column(const pal_table *t, const char *name)
{
    size_t c = 0;

    ck_assert_int_eq(pal_table_find(&c, t, name, NULL), PAL_OK);
    return c;
}

static const char *text(const pal_table *t, size_t row, const char *name)
{
    return pal_table_text(t, row, column(t, name));
}

static double number(const pal_table *t, size_t row, const char *name)
{
    return pal_table_number(t, row, column(t, name), NULL);
}

static bool is(const pal_table *t, size_t row, const char *name, const char *wanted)
{
    return strcmp(text(t, row, name), wanted) == 0;
}

START_TEST(threads_change_no_byte_of_a_run_with_models)
{
    static const size_t threads[] = { 1, 2, 7 };
    pal_experiment *e = parse("multi-taste");
    pal_run_summary summary[3];
    char name[16];

    for (size_t i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "t%zu", threads[i]);
        tiny_run(&summary[i], e, name, threads[i]);
        ck_assert_str_eq(summary[0].digest, summary[i].digest);
    }
    pal_experiment_free(e);
}
END_TEST

/* Is row i the newest judged fit of its taste in its arm? */
static bool is_newest(const pal_table *t, size_t i)
{
    if (number(t, i, "folds") == 0) return false;
    for (size_t k = i + 1; k < pal_table_rows(t); k++) {
        if (number(t, k, "folds") > 0 && is(t, k, "arm", text(t, i, "arm")) && is(t, k, "user", text(t, i, "user")) &&
            is(t, k, "taste", text(t, i, "taste"))) return false;
    }
    return true;
}

START_TEST(quality_is_that_of_the_newest_fit_of_each_taste)
{
    pal_experiment *e = parse("multi-taste");
    pal_run_summary summary;
    const char *dir = tiny_run(&summary, e, "quality", 2);
    pal_table *training = load(dir, "training.csv"), *quality = load(dir, "model_quality.csv");
    size_t compared = 0;

    for (size_t i = 0; i < pal_table_rows(quality); i++) {
        const char *measure = text(quality, i, "measure");
        bool auc = strcmp(measure, "auc") == 0, roc = strcmp(measure, "roc") == 0;
        bool ceiling = strstr(measure, "ceiling") != NULL;
        double sum = 0, n = 0, samples = 0, predictions = 0;

        for (size_t k = 0; k < pal_table_rows(training); k++) {
            if (!is(training, k, "arm", text(quality, i, "arm")) || !is_newest(training, k)) continue;
            sum += number(training, k, auc ? "auc" : "logloss");
            samples += number(training, k, "samples");
            n += 1;
        }
        ck_assert_double_gt(n, 3);
        if (ceiling) {
            ck_assert_double_eq(number(quality, i, "n"), n); /* whatever was looked at counts: the truth is known */
        } else if (roc) {
            ck_assert_double_eq(number(quality, i, "n"), n);
            ck_assert(number(quality, i, "at") > 0 || number(quality, i, "value") == 0);
        } else if (auc || strcmp(measure, "logloss") == 0) {
            ck_assert_double_eq(number(quality, i, "n"), n);
            ck_assert_double_eq_tol(number(quality, i, "value"), sum / n, 1e-12);
            ck_assert(number(quality, i, "lo") <= number(quality, i, "value"));
            ck_assert(number(quality, i, "hi") >= number(quality, i, "value"));
            compared++;
        } else { /* all bins of the arm together hold every sample once */
            for (size_t k = 0; k < pal_table_rows(quality); k++) {
                if (is(quality, k, "arm", text(quality, i, "arm")) && is(quality, k, "measure", "reliability")) {
                    predictions += number(quality, k, "n");
                }
            }
            ck_assert_double_eq(predictions, samples);
            ck_assert(number(quality, i, "at") >= 0 && number(quality, i, "at") <= 1);
        }
    }
    ck_assert_uint_eq(compared, 4); /* two arms, two measures */
    pal_table_free(training);
    pal_table_free(quality);
    pal_experiment_free(e);
}
END_TEST

START_TEST(shares_of_a_model_sum_to_one_and_derived_features_are_named)
{
    pal_experiment *e = parse("multi-taste");
    pal_run_summary summary;
    const char *dir = tiny_run(&summary, e, "shares", 1);
    pal_table *t = load(dir, "importance.csv");
    static const char *const kinds[] = { "coefficient", "gain", "splits" };
    bool derived = false;

    for (size_t k = 0; k < 3; k++) {
        double sum = 0, n = 0;

        for (size_t i = 0; i < pal_table_rows(t); i++) {
            if (!is(t, i, "kind", kinds[k])) continue;
            sum += number(t, i, "share");
            n++;
            ck_assert(number(t, i, "lo") <= number(t, i, "share") && number(t, i, "share") <= number(t, i, "hi"));
            ck_assert_double_ge(number(t, i, "models"), number(t, i, "people"));
            ck_assert_str_eq(text(t, i, "model"), k == 0 ? "logistic" : "boosted");
            derived = derived || is(t, i, "feature", "genre_share");
        }
        ck_assert_double_eq_tol(sum, 1, 1e-5);
        ck_assert_double_eq(n, k == 0 ? 9 : 12);
    }
    ck_assert(derived);
    pal_table_free(t);
    pal_experiment_free(e);
}
END_TEST

START_TEST(curves_are_of_sampled_people_and_end_where_training_says)
{
    pal_experiment *e = parse("multi-taste");
    pal_run_summary summary;
    const char *dir = tiny_run(&summary, e, "curves", 1);
    pal_table *curves = load(dir, "training_curves.csv"), *training = load(dir, "training.csv");
    size_t kept = 0;

    ck_assert_uint_gt(pal_table_rows(curves), 20);
    for (size_t i = 0; i < pal_table_rows(curves); i++) {
        bool found = false;

        ck_assert_double_gt(number(curves, i, "train_logloss"), 0);
        if (number(curves, i, "kept") == 0) continue;
        for (size_t k = 0; k < pal_table_rows(training); k++) {
            found = found || (is(training, k, "arm", text(curves, i, "arm")) && is(training, k, "user", text(curves, i, "user")) &&
                              is(training, k, "taste", text(curves, i, "taste")) && number(training, k, "kept") == 1 &&
                              is(training, k, "round", text(curves, i, "round")) &&
                              number(training, k, "iterations") == number(curves, i, "iteration"));
        }
        ck_assert_msg(found, "row %zu", i);
        kept++;
    }
    ck_assert_uint_gt(kept, 2);
    for (size_t k = 0; k < pal_table_rows(training); k++) { /* also those that were not kept say how long they took */
        ck_assert_int_eq(number(training, k, "iterations") > 0, number(training, k, "folds") > 0);
    }
    pal_table_free(curves);
    pal_table_free(training);
    pal_experiment_free(e);
}
END_TEST

START_TEST(feedback_agrees_with_the_log_of_impressions)
{
    pal_experiment *e = parse("multi-taste");
    pal_run_summary summary;
    const char *dir = tiny_run(&summary, e, "feedback", 2);
    pal_table *events = load(dir, "events.csv"), *bins = load(dir, "feedback.csv");
    static double shown[4][24][20], liked[4][24][20];
    const char *name[4] = { "pop", "log", "trees", "best" };
    double all = 0;

    memset(shown, 0, sizeof shown);
    memset(liked, 0, sizeof liked);
    for (size_t i = 0; i < pal_table_rows(events); i++) {
        for (size_t a = 0; a < 4; a++) {
            size_t u = (size_t)number(events, i, "user"), t = (size_t)number(events, i, "round");

            if (!is(events, i, "arm", name[a])) continue;
            shown[a][u][t] += 1;
            liked[a][u][t] += number(events, i, "liked");
        }
    }
    for (size_t i = 0; i < pal_table_rows(bins); i++) {
        double n = 0, likes = 0, to = number(bins, i, "heard_to");
        size_t a = 0;

        while (!is(bins, i, "arm", name[a])) a++;
        for (size_t u = 0; u < 24; u++) {
            double heard = 0;

            for (size_t t = 0; t < 20; t++) {
                if (heard >= number(bins, i, "heard_from") && (isnan(to) || heard < to)) {
                    n += shown[a][u][t];
                    likes += liked[a][u][t];
                }
                heard += shown[a][u][t];
            }
        }
        ck_assert_double_eq(number(bins, i, "impressions"), n);
        ck_assert_double_eq(number(bins, i, "likes"), likes);
        ck_assert_double_eq_tol(number(bins, i, "value"), likes / n, 1e-12);
        ck_assert(!is(bins, i, "against", "best") && !is(bins, i, "against", text(bins, i, "arm")));
        all += n;
    }
    ck_assert_double_eq(all, (double)summary.impressions);
    pal_table_free(events);
    pal_table_free(bins);
    pal_experiment_free(e);
}
END_TEST

/* Every fit of every person of profiles.json; *n how many have a ceiling. */
static void check_fits(const char *dir, double least, double most, size_t *n)
{
    pal_json_doc *doc = NULL;
    char path[512];
    const pal_json *people;

    snprintf(path, sizeof path, "%s/profiles.json", dir);
    ck_assert_int_eq(pal_json_load(&doc, path, NULL), PAL_OK);
    people = pal_json_get(pal_json_root(doc), "people");
    *n = 0;
    for (size_t p = 0; p < pal_json_size(people); p++) {
        const pal_json *life = pal_json_at(pal_json_get(pal_json_at(people, p), "arms"), 0);
        const pal_json *learned = pal_json_get(life, "learned");

        for (size_t k = 0; k < pal_json_size(learned); k++) {
            const pal_json *fits = pal_json_get(pal_json_at(learned, k), "fits");

            for (size_t i = 0; i < pal_json_size(fits); i++) {
                const pal_json *auc = pal_json_get(pal_json_at(fits, i), "auc_ceiling");
                const pal_json *loss = pal_json_get(pal_json_at(fits, i), "logloss_ceiling");

                ck_assert_int_eq(pal_json_kind_of(auc), PAL_JSON_NUMBER);
                ck_assert_msg(pal_json_number(auc) >= least && pal_json_number(auc) <= most, "%s: AUC ceiling %.17g", dir,
                              pal_json_number(auc));
                ck_assert_double_gt(pal_json_number(loss), 0);
                ++*n;
            }
        }
    }
    pal_json_free(doc);
}

/* Of the newest fits of an arm. */
static double mean_ceiling(const char *dir, const char *arm)
{
    pal_table *t = load(dir, "model_quality.csv");
    double value = NAN;

    for (size_t i = 0; i < pal_table_rows(t); i++) {
        if (is(t, i, "arm", arm) && is(t, i, "measure", "auc_ceiling")) value = number(t, i, "value");
    }
    pal_table_free(t);
    return value;
}

START_TEST(ceilings_are_low_where_coins_decide_and_high_where_tastes_do)
{
    pal_experiment *multi = parse("multi-taste"), *coins = parse("cluster-bernoulli");
    pal_run_summary summary;
    double tastes;
    size_t n;

    check_fits(tiny_run(&summary, multi, "multi", 1), 0.5 - 1e-9, 1, &n);
    ck_assert_uint_gt(n, 3);
    tastes = mean_ceiling(scratch_path("multi"), "trees");
    ck_assert_double_gt(tastes, 0.7);
    check_fits(tiny_run(&summary, coins, "coins", 1), 0.5 - 1e-9, 1, &n);
    ck_assert_uint_gt(n, 3);
    /* songs of two clusters carry the other's coin: a little can be known */
    ck_assert_double_lt(mean_ceiling(scratch_path("coins"), "trees"), tastes - 0.1);
    pal_experiment_free(multi);
    pal_experiment_free(coins);
}
END_TEST

START_TEST(an_arm_without_models_leaves_headers_only)
{
    pal_experiment *e = tiny_parse(NULL, 0);
    pal_run_summary summary;
    const char *dir = tiny_run(&summary, e, "none", 1);
    static const char *const files[] = { "training_curves.csv", "importance.csv", "model_quality.csv" };

    for (size_t i = 0; i < 3; i++) {
        pal_table *t = load(dir, files[i]);

        ck_assert_uint_eq(pal_table_rows(t), 0);
        pal_table_free(t);
    }
    pal_experiment_free(e);
}
END_TEST

START_TEST(any_allocation_of_a_run_with_models_may_fail)
{
    const pal_override set[] = { { "arms", arms }, { "baseline", "pop" }, { "focus", "trees" }, { "rounds", "8" },
                                 { "catalog.items", "120" }, { "people.n", "3" }, { "probe.items", "0" },
                                 { "statistics.resamples", "20" } };
    pal_experiment *e = tiny_parse(set, sizeof set / sizeof *set);
    pal_run_summary summary;
    size_t failed = 0, total;

    pal_mem_fail_at(0);
    tiny_run(&summary, e, "whole", 1);
    total = pal_mem_count();
    for (size_t n = 1; n <= total; n += 1 + total / 120) {
        pal_error err = { PAL_OK, "" };
        const pal_run_options options = { 1, scratch_path("part") };
        pal_status rc;

        pal_mem_fail_at(n);
        rc = pal_run(&summary, e, &options, &err);
        pal_mem_fail_at(0);
        ck_assert_msg(rc == PAL_OK || rc == PAL_ERR_MEMORY, "allocation %zu: %s", n, err.text);
        failed += rc != PAL_OK;
    }
    ck_assert_uint_gt(failed, 60);
    pal_experiment_free(e);
}
END_TEST

Suite *suite_lab_models(void);
Suite *suite_lab_models(void)
{
    Suite *s = suite_create("lab/models");
    TCase *tc = tcase_create("all");

    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_add_test(tc, threads_change_no_byte_of_a_run_with_models);
    tcase_add_test(tc, quality_is_that_of_the_newest_fit_of_each_taste);
    tcase_add_test(tc, shares_of_a_model_sum_to_one_and_derived_features_are_named);
    tcase_add_test(tc, curves_are_of_sampled_people_and_end_where_training_says);
    tcase_add_test(tc, feedback_agrees_with_the_log_of_impressions);
    tcase_add_test(tc, ceilings_are_low_where_coins_decide_and_high_where_tastes_do);
    tcase_add_test(tc, an_arm_without_models_leaves_headers_only);
    tcase_add_test(tc, any_allocation_of_a_run_with_models_may_fail);
    suite_add_tcase(s, tc);
    return s;
}
