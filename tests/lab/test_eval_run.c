/* Evaluations from start to end: who is ranked for what, what a search may see, the same bytes, known figures. */
#include "lab/eval_run.h"

#include "core/csv.h"
#include "core/file.h"
#include "core/mem.h"
#include "lab/eval_data.h"
#include "lab/eval_measure.h"
#include "lab/eval_search.h"
#include "tests/support/holds.h"
#include "tests/support/scratch.h"
#include "tests/support/tiny_eval.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

Suite *suite_lab_eval_run(void);

#define ML100K "../shared/data/ml-100k/u.data"

static pal_table *table(const char *dir, const char *name)
{
    pal_table *t = NULL;
    char path[400];
    pal_error err = { PAL_OK, "" };

    snprintf(path, sizeof path, "%s/%s", dir, name);
    ck_assert_msg(pal_table_load(&t, path, &err) == PAL_OK, "%s", err.text);
    return t;
}

static size_t column(const pal_table *t, const char *name)
{
    size_t c = 0;

    ck_assert_int_eq(pal_table_find(&c, t, name, NULL), PAL_OK);
    return c;
}

/* A metric of models.csv. */
static double of_models(const char *dir, const char *model, const char *metric, const char *what)
{
    pal_table *t = table(dir, "models.csv");
    size_t m = column(t, "model"), n = column(t, "metric"), v = column(t, what);
    double value = NAN;
    bool found = false;

    for (size_t r = 0; r < pal_table_rows(t) && !found; r++) {
        found = strcmp(pal_table_text(t, r, m), model) == 0 && strcmp(pal_table_text(t, r, n), metric) == 0;
        if (found) value = pal_table_number(t, r, v, NULL);
    }
    ck_assert_msg(found, "no %s of %s", metric, model);
    pal_table_free(t);
    return value;
}

START_TEST(the_digest_is_the_same_at_any_thread_count)
{
    const pal_override o = { "replicates", "2" };
    pal_eval_config *c = tiny_eval_parse(&o, 1);
    pal_eval_summary one, other;

    tiny_eval_run(&one, c, "one", 1);
    ck_assert_uint_eq(one.n_fits, 2 * (3 + 2));
    for (size_t t = 2; t <= 7; t += 5) {
        tiny_eval_run(&other, c, t == 2 ? "two" : "seven", t);
        ck_assert_str_eq(one.digest, other.digest);
    }
    pal_eval_config_free(c);
}
END_TEST

START_TEST(another_seed_gives_another_digest_and_the_same_files)
{
    static const char *const files[] = { "manifest.json", "models.csv", "people.csv", "search.csv", "split.csv",
                                         "recommendations.csv", "summary.json", "timing.csv" };
    const pal_override o = { "seed", "\"3\"" };
    pal_eval_config *a = tiny_eval_parse(NULL, 0), *b = tiny_eval_parse(&o, 1);
    pal_eval_summary x, y;
    const char *dir = tiny_eval_run(&x, a, "a", 1);
    char path[400];

    tiny_eval_run(&y, b, "b", 1);
    ck_assert_str_ne(x.digest, y.digest);
    for (size_t f = 0; f < sizeof files / sizeof *files; f++) {
        snprintf(path, sizeof path, "%s/%s", dir, files[f]);
        ck_assert_msg(pal_file_exists(path), "no %s", files[f]);
    }
    ck_assert_uint_eq(scratch_count(dir), sizeof files / sizeof *files);
    pal_eval_config_free(a);
    pal_eval_config_free(b);
}
END_TEST

/* An evaluation whose first model is the one with known scores. */
static void open_known(pal_eval *e, pal_eval_config *c, pal_eval_view *view)
{
    pal_error err = { PAL_OK, "" };

    c->model[0].type = &tiny_rec_known;
    ck_assert_msg(pal_eval_open(e, c, 1, &err) == PAL_OK, "%s", err.text);
    ck_assert_msg(pal_eval_view_make(view, e->log, e->split[0], false, c, e->genres, &err) == PAL_OK, "%s", err.text);
}

static pal_status score_known(pal_eval_scores *out, const pal_eval *e, const pal_eval_view *view, size_t n_threads, pal_error *err)
{
    const pal_eval_model *m = &e->config->model[0];
    void *self = NULL;
    pal_status rc = pal_eval_fit(&self, m, m->params, view, e->log, e->config, 0, n_threads, err);

    if (rc == PAL_OK) rc = pal_eval_score(out, m, self, view, e->log, e->config, false, n_threads, err);
    if (self != NULL) m->type->free(self);
    return rc;
}

START_TEST(lists_are_the_best_items_a_person_does_not_have_yet)
{
    const pal_override keep = { "keep_training_items", "true" };
    bool kept = _i == 1;
    pal_eval_config *c = tiny_eval_parse(&keep, kept ? 1 : 0);
    pal_eval e;
    pal_eval_view view;
    pal_eval_scores s;

    open_known(&e, c, &view);
    ck_assert_int_eq(score_known(&s, &e, &view, 2, NULL), PAL_OK);
    ck_assert_uint_eq(s.n_people, view.n_people);
    for (size_t p = 0; p < s.n_people; p++) {
        uint32_t item = (uint32_t)e.log->n_items;
        size_t hits = 0;

        for (size_t i = 0; i < s.k_max; i++) { /* scores are item numbers: the list goes down from the last item */
            do item--; while (!kept && pal_csr_find(view.own, view.person[p], item) != SIZE_MAX);
            ck_assert_uint_eq(s.item[p * s.k_max + i], item);
            hits += i < 4 && pal_csr_find(view.wanted, view.person[p], item) != SIZE_MAX;
        }
        ck_assert_double_eq(s.value[p * s.n_columns + pal_topn_column_at(0, PAL_TOPN_PRECISION)], (double)hits / 4);
    }
    pal_eval_scores_clear(&s);
    pal_eval_view_clear(&view);
    pal_eval_clear(&e);
    pal_eval_config_free(c);
}
END_TEST

START_TEST(people_who_were_not_trained_on_ask_as_new_ones)
{
    const pal_override o[] = { { "split.kind", "user_cold" }, { "models.1.search", "{\"over\": {\"k\": [0]}}" } };
    pal_eval_config *c = tiny_eval_parse(o, 2);
    pal_eval e;
    pal_eval_view view;
    pal_eval_scores s;

    open_known(&e, c, &view);
    ck_assert_int_eq(score_known(&s, &e, &view, 1, NULL), PAL_OK);
    ck_assert_uint_gt(s.n_people, 5);
    for (size_t p = 0; p < s.n_people; p++) {
        uint32_t u = view.person[p], item = 0;

        ck_assert_uint_eq(pal_csr_count(view.fit, u), 0);
        ck_assert_uint_gt(pal_csr_count(view.own, u), 0); /* what they tell */
        for (size_t i = 0; i < s.k_max; i++, item++) {    /* turned round for new people, without what they told */
            while (pal_csr_find(view.own, u, item) != SIZE_MAX) item++;
            ck_assert_uint_eq(s.item[p * s.k_max + i], item);
        }
    }
    pal_eval_scores_clear(&s);
    pal_eval_view_clear(&view);
    pal_eval_clear(&e);
    pal_eval_config_free(c);
}
END_TEST

START_TEST(a_split_by_items_ranks_those_that_nobody_had)
{
    const pal_override o[] = { { "split.kind", "item_cold" }, { "models.1.search", "{\"over\": {\"k\": [0]}}" } };
    pal_eval_config *c = tiny_eval_parse(o, 2);
    pal_eval e;
    pal_eval_view view;
    pal_eval_scores s;

    open_known(&e, c, &view);
    ck_assert_int_eq(score_known(&s, &e, &view, 1, NULL), PAL_OK);
    ck_assert_uint_gt(view.n_seen, 10);
    ck_assert_uint_lt(view.n_seen, e.log->n_items);
    for (size_t p = 0; p < s.n_people; p++) {
        uint32_t item = (uint32_t)e.log->n_items;

        for (size_t i = 0; i < s.k_max && i < e.log->n_items - view.n_seen; i++) {
            do item--; while (view.count[item] > 0);
            ck_assert_uint_eq(s.item[p * s.k_max + i], item);
        }
    }
    pal_eval_scores_clear(&s);
    pal_eval_view_clear(&view);
    pal_eval_clear(&e);
    pal_eval_config_free(c);
}
END_TEST

START_TEST(a_score_that_is_not_finite_names_model_person_and_item)
{
    pal_eval_config *c = tiny_eval_parse(NULL, 0);
    pal_error err = { PAL_OK, "" };
    pal_eval e;
    pal_eval_view view;
    pal_eval_scores s;

    open_known(&e, c, &view);
    tiny_known_now = (tiny_known){ 7, NAN };
    ck_assert_int_eq(score_known(&s, &e, &view, 2, &err), PAL_ERR_DATA);
    tiny_known_now = (tiny_known){ UINT32_MAX, 0 };
    ck_assert_has(err.text, "model pop: person ");
    ck_assert_has(err.text, "item 7 is not finite");
    pal_eval_view_clear(&view);
    pal_eval_clear(&e);
    pal_eval_config_free(c);
}
END_TEST

/* The metric of a setting on a view, with the parts of the harness called by hand. */
static double by_hand(const pal_eval *e, const pal_eval_view *view, size_t setting, size_t metric)
{
    const pal_eval_model *m = &e->config->model[1];
    pal_values *params = NULL;
    pal_eval_scores s;
    void *self = NULL;
    double value;

    ck_assert_int_eq(pal_eval_search_setting(&params, NULL, m, setting, (pal_key){ 0 }, "tiny.json", NULL), PAL_OK);
    ck_assert_int_eq(pal_eval_fit(&self, m, params, view, e->log, e->config, 0, 1, NULL), PAL_OK);
    ck_assert_int_eq(pal_eval_score(&s, m, self, view, e->log, e->config, false, 1, NULL), PAL_OK);
    value = pal_eval_mean(&s, metric);
    m->type->free(self);
    pal_eval_scores_clear(&s);
    pal_values_free(params);
    return value;
}

START_TEST(a_search_sees_the_validation_part_and_the_winner_is_fitted_to_both)
{
    pal_eval_config *c = tiny_eval_parse(NULL, 0);
    pal_eval e;
    pal_eval_view searched, view;
    pal_eval_summary summary;
    const char *dir = tiny_eval_run(&summary, c, "search", 1);
    pal_table *t = table(dir, "search.csv");
    size_t v = column(t, "value"), kept = column(t, "kept"), best = 0, recall = pal_topn_column_at(0, PAL_TOPN_RECALL);
    double value[2];

    ck_assert_int_eq(pal_eval_open(&e, c, 1, NULL), PAL_OK);
    ck_assert_int_eq(pal_eval_view_make(&searched, e.log, e.split[0], true, c, NULL, NULL), PAL_OK);
    ck_assert_int_eq(pal_eval_view_make(&view, e.log, e.split[0], false, c, NULL, NULL), PAL_OK);
    ck_assert_uint_eq(searched.fit->n, e.split[0]->count[PAL_PART_TRAIN]);
    ck_assert_uint_eq(searched.wanted->n, e.split[0]->count[PAL_PART_VALID]);
    ck_assert_uint_eq(view.fit->n, e.split[0]->count[PAL_PART_TRAIN] + e.split[0]->count[PAL_PART_VALID]);
    ck_assert_uint_eq(view.wanted->n, e.split[0]->count[PAL_PART_TEST]);
    ck_assert_uint_eq(pal_table_rows(t), 2);
    for (size_t i = 0; i < 2; i++) {
        value[i] = by_hand(&e, &searched, i, recall);
        ck_assert_double_eq(pal_table_number(t, i, v, NULL), value[i]);
    }
    best = value[1] > value[0];
    ck_assert_double_eq(pal_table_number(t, best, kept, NULL), 1);
    ck_assert_double_eq(pal_table_number(t, 1 - best, kept, NULL), 0);
    ck_assert_double_eq_tol(of_models(dir, "item_knn", "recall@4", "value"), by_hand(&e, &view, best, recall), 1e-12);
    pal_table_free(t);
    pal_eval_view_clear(&searched);
    pal_eval_view_clear(&view);
    pal_eval_clear(&e);
    pal_eval_config_free(c);
}
END_TEST

START_TEST(a_split_that_was_written_gives_the_same_figures_when_read)
{
    pal_eval_config *a = tiny_eval_parse(NULL, 0), *b;
    pal_eval_summary summary;
    const char *dir = tiny_eval_run(&summary, a, "made", 1), *again;
    char file[420];
    pal_override o[] = { { "split.kind", "\"file\"" }, { "split.file", file } };

    snprintf(file, sizeof file, "\"%s/split.csv\"", dir);
    b = tiny_eval_parse(o, 2);
    again = tiny_eval_run(&summary, b, "read", 1);
    ck_assert_double_eq(of_models(dir, "item_knn", "ndcg@10", "value"), of_models(again, "item_knn", "ndcg@10", "value"));
    ck_assert_double_eq(of_models(dir, "pop", "auc", "lo"), of_models(again, "pop", "auc", "lo"));
    pal_eval_config_free(a);
    pal_eval_config_free(b);
}
END_TEST

START_TEST(people_and_models_say_the_same)
{
    pal_eval_config *c = tiny_eval_parse(NULL, 0);
    pal_eval_summary summary;
    const char *dir = tiny_eval_run(&summary, c, "sums", 1);
    pal_table *t = table(dir, "people.csv");
    size_t model = column(t, "model"), map = column(t, "map@10"), auc = column(t, "auc");
    double sums[2] = { 0 };
    size_t n = 0;

    for (size_t r = 0; r < pal_table_rows(t); r++) {
        if (strcmp(pal_table_text(t, r, model), "item_knn") != 0) continue;
        sums[0] += pal_table_number(t, r, map, NULL);
        sums[1] += pal_table_number(t, r, auc, NULL);
        n++;
    }
    ck_assert_uint_eq(n, summary.n_people);
    ck_assert_double_eq_tol(of_models(dir, "item_knn", "map@10", "value"), sums[0] / (double)n, 1e-12);
    ck_assert_double_eq_tol(of_models(dir, "item_knn", "auc", "value"), sums[1] / (double)n, 1e-12);
    ck_assert_double_eq_tol(of_models(dir, "item_knn", "auc", "diff"),
                            of_models(dir, "item_knn", "auc", "value") - of_models(dir, "pop", "auc", "value"), 1e-12);
    ck_assert(isnan(of_models(dir, "pop", "auc", "diff")));
    ck_assert(isnan(of_models(dir, "item_knn", "novelty@10", "p"))); /* not among the claims */
    pal_table_free(t);
    pal_eval_config_free(c);
}
END_TEST

START_TEST(coverage_is_the_mean_over_replicates_and_not_of_all_thrown_together)
{
    /* Popular lists differ a little between replicates: thrown together they would cover more than in each. */
    const pal_override three = { "replicates", "3" };
    pal_eval_config *c = tiny_eval_parse(&three, 1);
    pal_eval_summary summary;
    const char *dir = tiny_eval_run(&summary, c, "three", 1);
    pal_eval e;
    double sum = 0;

    ck_assert_int_eq(pal_eval_open(&e, c, 1, NULL), PAL_OK);
    for (uint32_t r = 0; r < 3; r++) {
        pal_eval_view view;
        pal_eval_scores s;
        void *self = NULL;
        bool seen[50] = { false };

        ck_assert_int_eq(pal_eval_view_make(&view, e.log, e.split[r], false, c, NULL, NULL), PAL_OK);
        ck_assert_int_eq(pal_eval_fit(&self, &c->model[0], c->model[0].params, &view, e.log, c, r, 1, NULL), PAL_OK);
        ck_assert_int_eq(pal_eval_score(&s, &c->model[0], self, &view, e.log, c, true, 1, NULL), PAL_OK);
        for (size_t p = 0; p < s.n_people; p++) {
            for (size_t i = 0; i < 4; i++) seen[s.item[p * s.k_max + i]] = true;
        }
        for (size_t i = 0; i < e.log->n_items; i++) sum += seen[i] ? 1 / (double)e.log->n_items : 0;
        c->model[0].type->free(self);
        pal_eval_scores_clear(&s);
        pal_eval_view_clear(&view);
    }
    ck_assert_double_eq_tol(of_models(dir, "pop", "coverage@4", "value"), sum / 3, 1e-12);
    ck_assert_double_gt(of_models(dir, "pop", "auc", "replicate_sd"), 0);
    pal_eval_clear(&e);
    pal_eval_config_free(c);
}
END_TEST

START_TEST(replicates_of_a_k_fold_split_take_the_next_folds)
{
    const pal_override o[] = { { "split.kind", "\"k_fold\"" }, { "split.folds", "4" }, { "replicates", "4" },
                               { "models.1.search", "{\"over\": {\"k\": [0]}}" } };
    pal_eval_config *c = tiny_eval_parse(o, 4);
    pal_eval e;

    ck_assert_int_eq(pal_eval_open(&e, c, 1, NULL), PAL_OK);
    for (size_t i = 0; i < e.log->n; i++) {
        size_t tested = 0;

        for (uint32_t r = 0; r < 4; r++) tested += e.split[r]->part[i] == PAL_PART_TEST;
        HOLDS(tested == 1, "interaction %zu is tested %zu times", i, tested);
    }
    pal_eval_clear(&e);
    pal_eval_config_free(c);
}
END_TEST

static const struct {
    pal_override o;
    pal_status status;
    const char *has;
} broken[] = {
    { { "split.valid", "0" }, PAL_ERR_DATA, "validation" },
    { { "models.0", "{\"model\": \"warp\", \"features\": \"people\"}" }, PAL_ERR_DATA, "models[0].features" },
    { { "split.kind", "\"file\"" }, PAL_ERR_CONFIG, "split.file" },
};

START_TEST(what_cannot_be_run_is_named_and_leaves_nothing)
{
    pal_eval_config *c = NULL;
    pal_error err = { PAL_OK, "" };
    pal_eval_summary summary;
    const pal_run_options options = { 1, scratch_path("nothing") };
    const pal_override o[] = { { "baseline", "\"random\"" }, broken[_i].o };
    pal_status rc;

    c = tiny_eval_parse(o, 2);
    rc = pal_eval_run(&summary, c, &options, &err);
    ck_assert_msg(rc == broken[_i].status, "%d %s", rc, err.text);
    ck_assert_has(err.text, broken[_i].has);
    ck_assert(!pal_file_exists(options.out_dir));
    pal_eval_config_free(c);
}
END_TEST

START_TEST(memory_that_runs_out_is_an_error_and_no_crash)
{
    pal_eval_config *c = tiny_eval_parse(NULL, 0);
    const pal_run_options options = { 1, scratch_path("memory") };
    pal_eval_summary summary;
    size_t total, failed = 0;

    pal_mem_fail_at(0);
    ck_assert_int_eq(pal_eval_run(&summary, c, &options, NULL), PAL_OK);
    total = pal_mem_count();
    pal_dir_remove(options.out_dir);
    for (size_t n = 1; n <= total; n += 1 + total / 80) {
        pal_status rc;

        pal_mem_fail_at(n);
        rc = pal_eval_run(&summary, c, &options, NULL);
        pal_mem_fail_at(0);
        ck_assert_msg(rc == PAL_ERR_MEMORY || rc == PAL_OK, "allocation %zu of %zu: %s", n, total, pal_status_name(rc));
        failed += rc != PAL_OK;
        if (rc != PAL_OK) ck_assert(!pal_file_exists(options.out_dir));
        pal_dir_remove(options.out_dir);
    }
    ck_assert_uint_gt(failed, 60);
    pal_eval_config_free(c);
}
END_TEST

/* ---- the figures that others measured ---- */

static pal_eval_config *ml100k(const char *extra)
{
    char text[900];
    pal_eval_config *c = NULL;
    pal_error err = { PAL_OK, "" };

    snprintf(text, sizeof text, "{\"data\": {\"file\": \"" ML100K "\"}, \"split\": {\"kind\": \"ua\"}, \"models\": ["
             "{\"model\": \"popularity\"}, {\"model\": \"warp\", \"params\": {\"factors\": 10, \"epochs\": 10}}], "
             "\"metrics\": {\"k\": [10]}, \"statistics\": {\"resamples\": 20, \"permutations\": 99, \"spread_resamples\": 20}%s}", extra);
    ck_assert_msg(pal_eval_config_parse(&c, text, strlen(text), "ml.json", NULL, 0, &err) == PAL_OK, "%s", err.text);
    return c;
}

START_TEST(popularity_on_movielens_has_the_figures_of_another_evaluator)
{
    /* ua split, all ratings: P@10, AUC with what people have in the ranking; P@10, R@10, NDCG@10, AUC without. Computed
     * elsewhere with numpy, its evaluator checked against LightFM's own functions. */
    pal_eval_config *c;
    pal_eval_summary s;
    const char *dir;

    if (!pal_file_exists(ML100K)) {
        printf("skipped: %s is not there\n", ML100K);
        return;
    }
    c = ml100k(", \"keep_training_items\": true");
    dir = tiny_eval_run(&s, c, "raw", 2);
    ck_assert_double_eq_tol(of_models(dir, "popularity", "precision@10", "value"), 0.0768, 5e-5);
    ck_assert_double_eq_tol(of_models(dir, "popularity", "auc", "value"), 0.8365, 5e-5);
    /* LightFM's WARP has .1096 (sd .0011) and .9020 (.0007); another generator's draws are another run. */
    ck_assert_double_gt(of_models(dir, "warp", "precision@10", "value"), 0.103);
    ck_assert_double_gt(of_models(dir, "warp", "auc", "value"), 0.897);
    pal_eval_config_free(c);
    c = ml100k("");
    dir = tiny_eval_run(&s, c, "rest", 2);
    ck_assert_uint_eq(s.n_people, 943);
    ck_assert_double_eq_tol(of_models(dir, "popularity", "precision@10", "value"), 0.1215, 5e-5);
    ck_assert_double_eq_tol(of_models(dir, "popularity", "recall@10", "value"), 0.1215, 5e-5);
    ck_assert_double_eq_tol(of_models(dir, "popularity", "ndcg@10", "value"), 0.1331, 5e-5);
    ck_assert_double_eq_tol(of_models(dir, "popularity", "auc", "value"), 0.8569, 5e-5);
    pal_eval_config_free(c);
}
END_TEST

Suite *suite_lab_eval_run(void)
{
    Suite *suite = suite_create("lab/eval_run");
    TCase *tc = tcase_create("eval_run");

    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, the_digest_is_the_same_at_any_thread_count);
    tcase_add_test(tc, another_seed_gives_another_digest_and_the_same_files);
    tcase_add_loop_test(tc, lists_are_the_best_items_a_person_does_not_have_yet, 0, 2);
    tcase_add_test(tc, people_who_were_not_trained_on_ask_as_new_ones);
    tcase_add_test(tc, a_split_by_items_ranks_those_that_nobody_had);
    tcase_add_test(tc, a_score_that_is_not_finite_names_model_person_and_item);
    tcase_add_test(tc, a_search_sees_the_validation_part_and_the_winner_is_fitted_to_both);
    tcase_add_test(tc, a_split_that_was_written_gives_the_same_figures_when_read);
    tcase_add_test(tc, people_and_models_say_the_same);
    tcase_add_test(tc, coverage_is_the_mean_over_replicates_and_not_of_all_thrown_together);
    tcase_add_test(tc, replicates_of_a_k_fold_split_take_the_next_folds);
    tcase_add_loop_test(tc, what_cannot_be_run_is_named_and_leaves_nothing, 0, (int)(sizeof broken / sizeof *broken));
    tcase_add_test(tc, memory_that_runs_out_is_an_error_and_no_crash);
    tcase_add_test(tc, popularity_on_movielens_has_the_figures_of_another_evaluator);
    suite_add_tcase(suite, tc);
    return suite;
}
