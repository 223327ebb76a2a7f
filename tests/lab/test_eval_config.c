/* Evaluation files: what is refused and where, settings of a search, and the synthetic log. */
#include "lab/eval_config.h"

#include "lab/eval_data.h"
#include "lab/eval_search.h"
#include "tests/support/holds.h"
#include "tests/support/scratch.h"
#include "tests/support/tiny_eval.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

Suite *suite_lab_eval_config(void);

#define DATA "\"data\": {\"source\": \"synthetic\"}"
#define POP "\"models\": [{\"model\": \"popularity\"}]"
#define KNN(search) "{" DATA ", \"models\": [{\"model\": \"item_knn\", \"search\": " search "}]}"

static const struct {
    const char *text;
    pal_status status;
    const char *has[3];
} bad[] = {
    { "[1]", PAL_ERR_CONFIG, { "x.json", "object" } },
    { "{" POP "}", PAL_ERR_CONFIG, { "x.json", "data", "nothing" } },
    { "{\"data\": 3, " POP "}", PAL_ERR_CONFIG, { "data", "object" } },
    { "{\"data\": {}, " POP "}", PAL_ERR_CONFIG, { "data.file", "needed" } },
    { "{\"data\": {\"fil\": \"x\"}, " POP "}", PAL_ERR_CONFIG, { "data.fil", "\"file\"" } },
    { "{\"data\": {\"source\": \"synthetic\", \"peopl\": 3}, " POP "}", PAL_ERR_CONFIG, { "data.peopl", "\"people\"" } },
    { "{\"data\": {\"source\": \"synthetic\", \"people\": 1}, " POP "}", PAL_ERR_CONFIG, { "data.people", "2" } },
    { "{\"data\": {\"source\": \"synthetic\", \"threshold\": 4}, " POP "}", PAL_ERR_CONFIG, { "data.threshold" } },
    { "{" DATA "}", PAL_ERR_CONFIG, { "models", "nothing" } },
    { "{" DATA ", \"models\": []}", PAL_ERR_CONFIG, { "models: must be an array of 1 to ", "found 0 of them" } },
    { "{" DATA ", \"models\": {}}", PAL_ERR_CONFIG, { "models: must be an array of 1 to ", "found an object" } },
    { "{" DATA ", \"models\": [{\"model\": \"random\", \"name\": \"two\\nlines\"}]}", PAL_ERR_CONFIG,
      { "models[0].name: must not hold control characters", "found \\u000a at byte 3" } },
    { "{" DATA ", " POP ", \"name\": \"a\\tb\"}", PAL_ERR_CONFIG, { "x.json: name: must not hold", "\\u0009 at byte 1" } },
    { "{" DATA ", \"models\": [3]}", PAL_ERR_CONFIG, { "models[0]", "object" } },
    { "{" DATA ", \"models\": [{}]}", PAL_ERR_CONFIG, { "models[0].model", "popularity" } },
    { "{" DATA ", \"models\": [{\"model\": \"populariti\"}]}", PAL_ERR_CONFIG, { "models[0].model", "\"popularity\"" } },
    { "{" DATA ", \"models\": [{\"model\": \"ease\", \"params\": {\"lambd\": 1}}]}", PAL_ERR_CONFIG, { "models[0].params.lambd", "\"lambda\"" } },
    { "{" DATA ", \"models\": [{\"model\": \"ease\", \"params\": {\"lambda\": 0}}]}", PAL_ERR_CONFIG, { "models[0].params.lambda", "0" } },
    { "{" DATA ", \"models\": [{\"model\": \"ease\", \"features\": \"items\"}]}", PAL_ERR_CONFIG, { "models[0].features", "side features" } },
    { "{" DATA ", \"models\": [{\"model\": \"random\"}, {\"model\": \"random\"}]}", PAL_ERR_CONFIG, { "models[1].name", "models[0]" } },
    { "{" DATA ", " POP ", \"baseline\": \"b\"}", PAL_ERR_CONFIG, { "baseline", "\"b\"" } },
    { "{" DATA ", " POP ", \"metric\": {}}", PAL_ERR_CONFIG, { "metric", "\"metrics\"" } },
    { "{" DATA ", " POP ", \"metrics\": {\"k\": []}}", PAL_ERR_CONFIG, { "metrics.k" } },
    { "{" DATA ", " POP ", \"metrics\": {\"k\": [10, 5]}}", PAL_ERR_CONFIG, { "metrics.k[1]", "5" } },
    { "{" DATA ", " POP ", \"metrics\": {\"k\": [2.5]}}", PAL_ERR_CONFIG, { "metrics.k[0]", "2.5" } },
    { "{" DATA ", " POP ", \"metrics\": {\"k\": [0]}}", PAL_ERR_CONFIG, { "metrics.k[0]" } },
    { "{" DATA ", " POP ", \"metrics\": {\"main\": \"ndcg@7\"}}", PAL_ERR_CONFIG, { "metrics.main", "ndcg@7", "ndcg@10" } },
    { "{" DATA ", " POP ", \"metrics\": {\"main\": \"novelty@10\"}}", PAL_ERR_CONFIG, { "metrics.main", "higher is better" } },
    { "{" DATA ", " POP ", \"split\": {\"test\": 2}}", PAL_ERR_CONFIG, { "split.test" } },
    { "{" DATA ", " POP ", \"statistics\": {\"test\": \"z\"}}", PAL_ERR_CONFIG, { "statistics.test", "permutation" } },
    { "{" DATA ", " POP ", \"statistics\": {\"level\": 1}}", PAL_ERR_CONFIG, { "statistics.level" } },
    { "{" DATA ", " POP ", \"candidates\": \"unseen\"}", PAL_ERR_CONFIG, { "candidates", "item_cold", "random" } },
    { "{" DATA ", " POP ", \"replicates\": 33}", PAL_ERR_CONFIG, { "replicates", "32" } },
    { "{" DATA ", " POP ", \"seed\": \"x\"}", PAL_ERR_CONFIG, { "seed", "\"x\"" } },
    { "{" DATA ", " POP ", \"name\": \"a/b\"}", PAL_ERR_CONFIG, { "name", "a/b" } },
    { KNN("{}"), PAL_ERR_CONFIG, { "models[0].search.over", "nothing" } },
    { KNN("{\"over\": {}}"), PAL_ERR_CONFIG, { "models[0].search.over", "empty" } },
    { KNN("{\"over\": {\"neighbors\": [1]}}"), PAL_ERR_CONFIG, { "models[0].search.over.neighbors", "unknown key" } },
    { KNN("{\"over\": {\"k\": []}}"), PAL_ERR_CONFIG, { "models[0].search.over.k", "empty" } },
    { KNN("{\"over\": {\"k\": [5, \"x\"]}}"), PAL_ERR_CONFIG, { "models[0].search.over.k", "\"x\"" } },
    { KNN("{\"over\": {\"k\": 5}}"), PAL_ERR_CONFIG, { "models[0].search.over.k", "array" } },
    { KNN("{\"over\": {\"k\": {\"low\": 1, \"high\": 5}}}"), PAL_ERR_CONFIG, { "models[0].search.over.k", "random" } },
    { KNN("{\"kind\": \"random\", \"over\": {\"k\": {\"low\": 1}}}"), PAL_ERR_CONFIG, { "models[0].search.over.k", "high" } },
    { KNN("{\"kind\": \"random\", \"over\": {\"k\": {\"low\": 0, \"high\": 5, \"log\": true}}}"), PAL_ERR_CONFIG, { "over.k.low", "above 0" } },
    { KNN("{\"kind\": \"random\", \"over\": {\"shrink\": {\"low\": -1, \"high\": 5}}}"), PAL_ERR_CONFIG, { "models[0].search.over.shrink", "-1" } },
    { KNN("{\"kind\": \"random\", \"over\": {\"weighting\": {\"low\": 1, \"high\": 5}}}"), PAL_ERR_CONFIG, { "over.weighting", "no number" } },
    { KNN("{\"tries\": 3, \"over\": {\"k\": [1, 2], \"shrink\": [0, 1]}}"), PAL_ERR_CONFIG, { "models[0].search.over", "tries", "3" } },
    { KNN("{\"by\": \"ndcg@3\", \"over\": {\"k\": [1]}}"), PAL_ERR_CONFIG, { "models[0].search.by", "ndcg@3" } },
    { KNN("{\"triess\": 3, \"over\": {\"k\": [1]}}"), PAL_ERR_CONFIG, { "models[0].search.triess", "\"tries\"" } },
    { "{" DATA ", " POP ", " POP "}", PAL_ERR_PARSE, { "models" } },
    { "{" DATA ", ", PAL_ERR_PARSE, { "line 1" } },
};

START_TEST(a_bad_file_is_refused_with_its_place)
{
    pal_eval_config *c = NULL;
    pal_error err = { PAL_OK, "" };

    ck_assert_int_eq(pal_eval_config_parse(&c, bad[_i].text, strlen(bad[_i].text), "x.json", NULL, 0, &err), bad[_i].status);
    ck_assert_ptr_null(c);
    for (size_t i = 0; i < 3 && bad[_i].has[i] != NULL; i++) ck_assert_has(err.text, bad[_i].has[i]);
}
END_TEST

START_TEST(the_resolved_text_is_the_same_evaluation)
{
    pal_eval_config *a = tiny_eval_parse(NULL, 0), *b = NULL;
    pal_error err = { PAL_OK, "" };

    ck_assert_msg(pal_eval_config_parse(&b, a->resolved.bytes, a->resolved.n, "again", NULL, 0, &err) == PAL_OK, "%s", err.text);
    ck_assert_str_eq(a->digest, b->digest);
    ck_assert_str_eq(a->resolved.bytes, b->resolved.bytes);
    ck_assert_uint_eq(a->main_column, pal_topn_column_at(1, PAL_TOPN_NDCG));
    ck_assert_uint_eq(a->model[1].by, pal_topn_column_at(0, PAL_TOPN_RECALL));
    pal_eval_config_free(a);
    pal_eval_config_free(b);
}
END_TEST

START_TEST(a_split_without_a_seed_follows_the_evaluation)
{
    const pal_override other = { "seed", "\"77\"" }, own[] = { { "seed", "\"77\"" }, { "split.seed", "5" } };
    pal_eval_config *a = tiny_eval_parse(NULL, 0), *b = tiny_eval_parse(&other, 1), *c = tiny_eval_parse(own, 2);

    ck_assert_int_eq(pal_values_int(a->split, "seed"), 2385);
    ck_assert_int_eq(pal_values_int(b->split, "seed"), 77);
    ck_assert_int_eq(pal_values_int(c->split, "seed"), 5);
    pal_eval_config_free(a);
    pal_eval_config_free(b);
    pal_eval_config_free(c);
}
END_TEST

/* ---- settings ---- */

static pal_eval_config *with_search(const char *search)
{
    const pal_override o = { "models.1.search", search };

    return tiny_eval_parse(&o, 1);
}

static const char *setting(const pal_eval_config *c, size_t t, pal_values **values)
{
    static char copy[4][300];
    static size_t next;
    char *at = copy[next++ % 4];
    pal_text text = { 0 };
    pal_error err = { PAL_OK, "" };

    ck_assert_msg(pal_eval_search_setting(values, &text, &c->model[1], t, pal_key_for(9, 0, PAL_FOR_TRAIN), c->file, &err) == PAL_OK,
                  "%s", err.text);
    snprintf(at, sizeof copy[0], "%s", text.bytes);
    pal_text_clear(&text);
    return at;
}

START_TEST(a_grid_has_every_combination_with_the_last_parameter_fastest)
{
    static const char *const wanted[] = { "{\"k\": 2, \"shrink\": 0}", "{\"k\": 2, \"shrink\": 5}", "{\"k\": 2, \"shrink\": 7.25}",
                                          "{\"k\": 0, \"shrink\": 0}", "{\"k\": 0, \"shrink\": 5}", "{\"k\": 0, \"shrink\": 7.25}" };
    pal_eval_config *c = with_search("{\"over\": {\"k\": [2, 0], \"shrink\": [0, 5, 7.25]}}");

    ck_assert_uint_eq(c->model[1].n_tries, 6);
    for (size_t t = 0; t < 6; t++) {
        pal_values *v = NULL;

        ck_assert_str_eq(setting(c, t, &v), wanted[t]);
        ck_assert_int_eq(pal_values_int(v, "k"), t < 3 ? 2 : 0);
        pal_values_free(v);
    }
    pal_eval_config_free(c);
}
END_TEST

START_TEST(draws_stay_in_range_and_do_not_depend_on_how_many_there_are)
{
    pal_eval_config *few = with_search("{\"kind\": \"random\", \"tries\": 3, \"over\": {\"k\": {\"low\": 3, \"high\": 5}, "
                                       "\"shrink\": {\"low\": 0.01, \"high\": 100, \"log\": true}, \"weighting\": [\"none\", \"bm25\"]}}");
    pal_eval_config *many = with_search("{\"kind\": \"random\", \"tries\": 300, \"over\": {\"k\": {\"low\": 3, \"high\": 5}, "
                                        "\"shrink\": {\"low\": 0.01, \"high\": 100, \"log\": true}, \"weighting\": [\"none\", \"bm25\"]}}");
    size_t k[6] = { 0 }, small = 0, bm25 = 0;

    ck_assert_uint_eq(many->model[1].n_tries, 300);
    for (size_t t = 0; t < 300; t++) {
        pal_values *v = NULL, *w = NULL;
        const char *text = setting(many, t, &v);

        if (t < 3) {
            ck_assert_str_eq(text, setting(few, t, &w));
            pal_values_free(w);
        }
        HOLD(pal_values_int(v, "k") >= 3 && pal_values_int(v, "k") <= 5);
        HOLD(pal_values_real(v, "shrink") >= 0.01 && pal_values_real(v, "shrink") <= 100);
        k[pal_values_int(v, "k")]++;
        small += pal_values_real(v, "shrink") < 1; /* half of a log range */
        bm25 += strcmp(pal_values_text(v, "weighting"), "bm25") == 0;
        pal_values_free(v);
    }
    for (size_t i = 3; i <= 5; i++) HOLDS(k[i] > 70 && k[i] < 130, "k = %zu in %zu of 300", i, k[i]);
    HOLDS(small > 115 && small < 185, "%zu of 300 below 1", small);
    HOLDS(bm25 > 115 && bm25 < 185, "%zu of 300 are bm25", bm25);
    pal_eval_config_free(few);
    pal_eval_config_free(many);
}
END_TEST

/* ---- data ---- */

START_TEST(a_file_that_is_not_there_says_where_it_can_be_had)
{
    const char *text = "{\"data\": {\"file\": \"nowhere/u.data\", \"get\": \"ask the librarian\"}, " POP "}";
    pal_eval_config *c = NULL;
    pal_interactions *log = NULL;
    pal_error err = { PAL_OK, "" };

    ck_assert_int_eq(pal_eval_config_parse(&c, text, strlen(text), "x.json", NULL, 0, &err), PAL_OK);
    ck_assert_int_eq(pal_eval_data(&log, NULL, c, &err), PAL_ERR_IO);
    ck_assert_has(err.text, "x.json: data.file: nowhere/u.data is not there; ask the librarian");
    pal_eval_config_free(c);
}
END_TEST

START_TEST(the_synthetic_log_has_what_was_asked_for)
{
    const pal_override o[] = { { "data.people", "400" }, { "data.items", "300" }, { "data.noise", "0" }, { "data.mean_interactions", "20" } };
    pal_eval_config *c = tiny_eval_parse(o, 4);
    pal_interactions *log = NULL;
    uint32_t of_item[300];
    double mean;

    ck_assert_int_eq(pal_eval_data(&log, NULL, c, NULL), PAL_OK);
    ck_assert_uint_eq(log->n_users, 400);
    mean = (double)log->n / 400;
    HOLDS(mean > 18 && mean < 22, "mean %g", mean);
    for (size_t i = 0; i < log->n_items; i++) {
        ck_assert_uint_eq(pal_csr_count(log->item_side->cell, i), 1);
        of_item[i] = log->item_side->cell->col[log->item_side->cell->begin[i]];
        ck_assert_uint_eq(of_item[i] + 1, strtoul(log->item_id[i], NULL, 10));
    }
    for (size_t at = 0; at < log->n;) { /* without noise nobody has more than two groups, and nothing twice */
        size_t end = at, groups = 0;
        bool seen[6] = { false };

        for (; end < log->n && log->user[end] == log->user[at]; end++) {
            groups += !seen[of_item[log->item[end]]];
            seen[of_item[log->item[end]]] = true;
            HOLD(end == at || log->item[end] > log->item[end - 1]);
        }
        HOLDS(groups <= 2 && end - at >= 5 && end - at <= 150, "%zu groups, %zu items", groups, end - at);
        at = end;
    }
    pal_interactions_free(log);
    pal_eval_config_free(c);
}
END_TEST

START_TEST(more_people_leave_the_first_ones_as_they_are)
{
    const pal_override more = { "data.people", "90" };
    pal_eval_config *c = tiny_eval_parse(NULL, 0), *d = tiny_eval_parse(&more, 1);
    pal_interactions *a = NULL, *b = NULL;

    ck_assert_int_eq(pal_eval_data(&a, NULL, c, NULL), PAL_OK);
    ck_assert_int_eq(pal_eval_data(&b, NULL, d, NULL), PAL_OK);
    for (size_t i = 0; i < a->n; i++) {
        HOLD(strcmp(a->user_id[a->user[i]], b->user_id[b->user[i]]) == 0);
        HOLD(strcmp(a->item_id[a->item[i]], b->item_id[b->item[i]]) == 0);
    }
    pal_interactions_free(a);
    pal_interactions_free(b);
    pal_eval_config_free(c);
    pal_eval_config_free(d);
}
END_TEST

START_TEST(the_description_names_every_model_and_metric)
{
    pal_text text = { 0 };

    pal_eval_describe(&text);
    ck_assert_int_eq(pal_text_check(&text, NULL), PAL_OK);
    for (size_t i = 0; i < pal_rec_count(); i++) ck_assert_has(text.bytes, pal_rec_at(i)->name);
    ck_assert_has(text.bytes, "ndcg@k");
    ck_assert_has(text.bytes, "coverage@k");
    pal_text_clear(&text);
}
END_TEST

Suite *suite_lab_eval_config(void)
{
    Suite *suite = suite_create("lab/eval_config");
    TCase *tc = tcase_create("eval_config");

    tcase_add_loop_test(tc, a_bad_file_is_refused_with_its_place, 0, (int)(sizeof bad / sizeof *bad));
    tcase_add_test(tc, the_resolved_text_is_the_same_evaluation);
    tcase_add_test(tc, a_split_without_a_seed_follows_the_evaluation);
    tcase_add_test(tc, a_grid_has_every_combination_with_the_last_parameter_fastest);
    tcase_add_test(tc, draws_stay_in_range_and_do_not_depend_on_how_many_there_are);
    tcase_add_test(tc, a_file_that_is_not_there_says_where_it_can_be_had);
    tcase_add_test(tc, the_synthetic_log_has_what_was_asked_for);
    tcase_add_test(tc, more_people_leave_the_first_ones_as_they_are);
    tcase_add_test(tc, the_description_names_every_model_and_metric);
    suite_add_tcase(suite, tc);
    return suite;
}
