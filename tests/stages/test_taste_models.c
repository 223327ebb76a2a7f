/* Models of single tastes: their samples, when they are learned, what replaces them. */
#include "core/mem.h"
#include "core/pmath.h"
#include "stages/builtin.h"
#include "stages/taste_slate.h"
#include "tests/support/rung_people.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const all[] = { "logistic", "boosted", "neural" };

enum { N_KINDS = sizeof all / sizeof *all };

static const pal_taste_models *models_of(const mini_stage *stage)
{
    return ((const pal_taste_stage *)stage->self)->models;
}

START_TEST(auc_is_that_of_scikit_learn)
{
    /* roc_auc_score([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]) = 0.75, its documentation's example */
    const double y[] = { 0, 0, 1, 1 }, p[] = { 0.1, 0.4, 0.35, 0.8 }, same[] = { 0.3, 0.3, 0.3, 0.3 };
    double auc;

    ck_assert_int_eq(pal_taste_auc(&auc, p, y, NULL, 4, NULL), PAL_OK);
    ck_assert_double_eq(auc, 0.75);
    ck_assert_int_eq(pal_taste_auc(&auc, same, y, NULL, 4, NULL), PAL_OK);
    ck_assert_double_eq(auc, 0.5);
    ck_assert_int_eq(pal_taste_auc(&auc, p, y, NULL, 2, NULL), PAL_OK); /* one class */
    ck_assert(isnan(auc));
}
END_TEST

START_TEST(logloss_is_that_of_scikit_learn)
{
    /* log_loss(["spam", "ham", "ham", "spam"], [[.1, .9], [.9, .1], [.8, .2], [.35, .65]]) = 0.21616187468057912 */
    const double y[] = { 1, 0, 0, 1 }, p[] = { 0.9, 0.1, 0.2, 0.65 }, sure[] = { 0, 0, 0, 1 };
    const double weight[] = { 1, 0, 0, 3 };
    double loss;

    ck_assert_int_eq(pal_taste_logloss(&loss, p, y, NULL, 4, NULL), PAL_OK);
    ck_assert_double_eq_tol(loss, 0.21616187468057912, 1e-15);
    ck_assert_int_eq(pal_taste_logloss(&loss, p, y, weight, 4, NULL), PAL_OK);
    ck_assert_double_eq_tol(loss, -(pal_log(0.9) + 3 * pal_log(0.65)) / 4, 1e-15);
    ck_assert_int_eq(pal_taste_logloss(&loss, sure, y, NULL, 4, NULL), PAL_OK); /* wrong and sure of it: not infinite */
    ck_assert_double_eq_tol(loss, -pal_log(1e-15) / 4, 1e-12);
}
END_TEST

START_TEST(samples_are_the_answers_inside_the_cluster)
{
    static const uint8_t flags[] = { PAL_EXAMINED | PAL_CLICKED | PAL_LIKED, PAL_EXAMINED | PAL_CLICKED | PAL_DISLIKED,
                                     PAL_EXAMINED, 0, PAL_EXAMINED | PAL_CLICKED | PAL_SKIPPED };
    pal_catalog *catalog = rung_catalog(3, 200, 2);
    mini_people people = mini_people_of(catalog, 2, 200, mini_r1_config());
    const pal_sample_rules rules[] = {
        { .dislike_weight = 0.35, .unliked_weight = 0.5 },
        { .dislike_weight = 0.35, .unliked_weight = 0.5, .unliked = true, .derived = true },
    };

    for (uint32_t i = 0; i < 200; i++) {
        const pal_slate one = { .n = 1, .item = { i }, .taste = { PAL_NO_TASTE } };

        mini_learn(&people, 1, 0, &one, &flags[i % 5]);
    }
    for (size_t r = 0; r < 2; r++) {
        for (size_t t = 0; t < 2; t++) {
            const pal_profile_view profile = pal_profiles_view(people.profiles, 1);
            pal_taste_samples samples;
            size_t at = 0, positives = 0;

            ck_assert_int_eq(pal_taste_samples_take(&samples, &rules[r], catalog, people.history, &profile, 1, t,
                                                    people.scratch, NULL), PAL_OK);
            ck_assert_uint_eq(samples.rows.d, r == 0 ? 3 : 6);
            for (uint32_t i = 0; i < 200; i++) {
                const double wanted[] = { 1, 0.35, r == 0 ? 0 : 0.5, 0, r == 0 ? 0 : 0.5 };

                if (!((catalog->cluster_mask[i] >> t) & 1) || wanted[i % 5] == 0) {
                    continue;
                }
                ck_assert_uint_lt(at, samples.rows.n);
                ck_assert_double_eq(samples.rows.y[at], i % 5 == 0 ? 1 : 0);
                ck_assert_double_eq(samples.rows.weight[at], wanted[i % 5]);
                ck_assert(samples.rows.x[at * samples.rows.d] == (double)catalog->scaled[i * catalog->stride]);
                positives += i % 5 == 0;
                at++;
            }
            ck_assert_uint_eq(samples.rows.n, at);
            ck_assert_uint_eq(samples.positives, positives);
        }
    }
    mini_people_free(&people);
    pal_catalog_free(catalog);
}
END_TEST

START_TEST(derived_features_are_similarity_popularity_and_genre_share)
{
    pal_catalog *catalog = rung_catalog(4, 200, 3);
    mini_people people = mini_people_of(catalog, 1, 200, mini_r1_config());
    const pal_sample_rules rules = { .derived = true };
    pal_profile_view profile;
    double x[PAL_MAX_FEATURES + PAL_TASTE_DERIVED];

    mini_teach(&people, 0, 5, 3, 60);
    profile = pal_profiles_view(people.profiles, 0);
    for (uint32_t i = 0; i < 200; i++) {
        double cosine = 0, share = 0;

        for (size_t f = 0; f < 3; f++) {
            cosine += (double)catalog->direction[i * catalog->stride + f] * profile.centroid[1 * 3 + f];
        }
        for (uint32_t g = catalog->genre_begin[i]; g < catalog->genre_begin[i + 1]; g++) {
            share = fmax(share, (double)profile.genre_liked[catalog->genre_of[g]] / (double)*profile.n_liked);
        }
        pal_sample_of(x, &rules, catalog, &profile, 1, i);
        ck_assert_double_eq_tol(x[3], cosine, 1e-15);
        ck_assert_double_eq(x[4], (double)catalog->popularity[i] / 100);
        ck_assert_double_eq(x[5], share);
    }
    mini_people_free(&people);
    pal_catalog_free(catalog);
}
END_TEST

START_TEST(a_lesson_comes_every_fifty_songs_and_asks_for_sixty_samples)
{
    pal_catalog *catalog = rung_catalog(5, 400, 1);
    mini_people people = mini_people_of(catalog, 1, 400, mini_r1_config());
    pal_training_log log = { 0 };
    mini_stage stage = rung_stage(all[_i], "", catalog, &log, 1);
    static const struct {
        size_t more, rows;
    } steps[] = { { 49, 0 }, { 1, 0 }, { 10, 0 }, { 39, 0 }, { 1, 1 }, { 0, 1 }, { 49, 1 }, { 1, 2 } };

    for (size_t s = 0; s < sizeof steps / sizeof *steps; s++) {
        rung_show(&people, 0, 1, steps[s].more, rung_likes_feature);
        ck_assert_int_eq(rung_fit(&stage, &people, 1, (uint32_t)s, NULL), PAL_OK);
        ck_assert_msg(log.n == steps[s].rows, "step %zu: %zu rows, wanted %zu", s, log.n, steps[s].rows);
    }
    ck_assert_uint_eq(log.row[0].samples, 100);
    ck_assert_uint_eq(log.row[0].round, 4);
    ck_assert_uint_eq(log.row[0].folds, 5);
    ck_assert_str_eq(log.row[0].model, all[_i]);
    ck_assert_str_eq(log.row[0].why, "first");
    ck_assert(log.row[0].kept && log.row[0].iterations > 0);
    mini_stage_free(&stage);
    pal_training_log_clear(&log);
    mini_people_free(&people);
    pal_catalog_free(catalog);
}
END_TEST

START_TEST(a_taste_of_one_class_is_locked_out_and_says_so)
{
    pal_catalog *catalog = rung_catalog(6, 400, 1);
    mini_people people = mini_people_of(catalog, 1, 400, mini_r1_config());
    pal_training_log log = { 0 };
    mini_stage stage = rung_stage(all[_i], "", catalog, &log, 1);
    pal_slate one = { .n = 1, .item = { 399 }, .taste = { PAL_NO_TASTE } };
    const uint8_t disliked = PAL_EXAMINED | PAL_DISLIKED;

    rung_show(&people, 0, 1, 70, rung_likes_all);
    ck_assert_int_eq(rung_fit(&stage, &people, 1, 0, NULL), PAL_OK);
    ck_assert_uint_eq(log.n, 1);
    ck_assert_str_eq(log.row[0].why, "one class");
    ck_assert(!log.row[0].kept && isnan(log.row[0].auc) && log.row[0].folds == 0);
    mini_learn(&people, 0, 1, &one, &disliked);
    rung_show(&people, 0, 1, 60, rung_likes_all);
    ck_assert_int_eq(rung_fit(&stage, &people, 1, 1, NULL), PAL_OK);
    ck_assert_uint_eq(log.n, 2);
    ck_assert_str_eq(log.row[1].why, "one of a class");
    ck_assert_ptr_null(pal_taste_models_get(models_of(&stage), 0, 0));
    ck_assert(!pal_taste_models_any(models_of(&stage), 0));
    mini_stage_free(&stage);
    pal_training_log_clear(&log);
    mini_people_free(&people);
    pal_catalog_free(catalog);
}
END_TEST

/* Mean AUC over 16 people with models of 100 samples. */
static double mean_auc(const char *name, const char *json, rung_answer_fn answer, double *se)
{
    pal_catalog *catalog = rung_catalog(7, 400, 1);
    mini_people people = mini_people_of(catalog, 16, 400, mini_r1_config());
    pal_training_log log = { 0 };
    mini_stage stage = rung_stage(name, json, catalog, &log, 2);
    double sum = 0, squares = 0, n = 0;

    for (uint32_t u = 0; u < 16; u++) {
        rung_show(&people, u, 100 + u, 200, answer);
    }
    ck_assert_int_eq(rung_fit(&stage, &people, 16, 0, NULL), PAL_OK);
    ck_assert_uint_eq(log.n, 16);
    for (size_t r = 0; r < log.n; r++) {
        ck_assert_uint_eq(log.row[r].user, r); /* people in order */
        sum += log.row[r].auc;
        squares += log.row[r].auc * log.row[r].auc;
        n += 1;
    }
    *se = sqrt((squares / n - sum / n * (sum / n)) / (n - 1));
    mini_stage_free(&stage);
    pal_training_log_clear(&log);
    mini_people_free(&people);
    pal_catalog_free(catalog);
    return sum / n;
}

START_TEST(what_can_be_learned_is_and_coins_come_out_at_one_half)
{
    double se, taste, coins;

    taste = mean_auc(all[_i], "", rung_likes_feature, &se);
    ck_assert_msg(taste > 0.8 && taste < 0.95, "%s: AUC %.3f where 0.9 is the most", all[_i], taste);
    coins = mean_auc(all[_i], "", rung_tosses_coins, &se);
    printf("%s: AUC %.3f of a taste, %.3f +- %.3f of coins\n", all[_i], taste, coins, se);
    ck_assert_msg(fabs(coins - 0.5) < 4 * se, "%s: AUC %.3f +- %.3f of coins", all[_i], coins, se);
    ck_assert_double_lt(se, 0.03);
}
END_TEST

/* One taste a person: only the newest row has the quality, only the last kept one stands, and each says how long. */
static void check_evidence(const pal_training_log *log, uint32_t n_users, const char *kind)
{
    const bool line = strcmp(kind, "logistic") == 0;

    for (uint32_t u = 0; u < n_users; u++) {
        size_t last = SIZE_MAX, last_kept = SIZE_MAX;

        for (size_t r = 0; r < log->n; r++) {
            if (log->row[r].user == u) {
                last = r;
                last_kept = log->row[r].kept ? r : last_kept;
            }
        }
        for (size_t r = 0; r < log->n; r++) {
            const pal_training_row *row = &log->row[r];

            if (row->user != u) {
                continue;
            }
            ck_assert_msg(row->iterations > 0, "row %zu: no iterations, %s", r, row->why);
            ck_assert_int_eq(row->quality != NULL, r == last);
            ck_assert_int_eq(row->stands, r == last_kept);
            ck_assert_int_eq(row->shape != NULL, row->kept);
            ck_assert(!row->passed_is_no);
            ck_assert_double_eq_tol(row->no_weight, line ? 0.35 : 1, 1e-12);
            if (row->kept && !line) {
                ck_assert_uint_le(row->iterations, row->shape->n_curve);
                ck_assert(isfinite(row->shape->train[row->iterations - 1]));
            }
        }
    }
}

START_TEST(a_model_gives_way_to_a_better_one_only)
{
    pal_catalog *catalog = rung_catalog(8, 800, 1);
    mini_people people = mini_people_of(catalog, 4, 800, mini_r1_config());
    pal_training_log log = { 0 };
    mini_stage stage = rung_stage(all[_i], "", catalog, &log, 1);
    size_t kept = 0, refused = 0;

    for (uint32_t round = 0; round < 12; round++) {
        for (uint32_t u = 0; u < 4; u++) {
            rung_show(&people, u, 3 + u, 60, u < 2 ? rung_likes_feature : rung_tosses_coins);
        }
        ck_assert_int_eq(rung_fit(&stage, &people, 4, round, NULL), PAL_OK);
    }
    ck_assert_uint_eq(log.n, 48);
    for (uint32_t u = 0; u < 4; u++) {
        double loss = (double)INFINITY, auc = 0;

        for (size_t r = u; r < log.n; r += 4) {
            const pal_training_row *row = &log.row[r];
            const bool better = row->logloss < loss || (row->logloss == loss && row->auc > auc);

            ck_assert_uint_eq(row->user, u);
            ck_assert_msg(row->kept == better, "user %u, row %zu: %g after %g", u, r, row->logloss, loss);
            ck_assert_str_eq(row->why, !better ? "not better" : r == u ? "first" : "better");
            loss = better ? row->logloss : loss;
            auc = better ? row->auc : auc;
            kept += better;
            refused += !better;
        }
        ck_assert_double_eq(pal_taste_models_get(models_of(&stage), u, 0)->logloss, loss);
    }
    ck_assert(kept > 4 && refused > 0);
    check_evidence(&log, 4, all[_i]);
    mini_stage_free(&stage);
    pal_training_log_clear(&log);
    mini_people_free(&people);
    pal_catalog_free(catalog);
}
END_TEST

START_TEST(threads_and_repetition_change_no_byte)
{
    static const char *const json[] = { "", "{\"features\": \"audio+derived\", \"negatives\": \"unliked\"}" };
    pal_catalog *catalog = rung_catalog(9, 500, 3);
    mini_people people = mini_people_of(catalog, 13, 400, mini_r1_config());
    uint64_t digest[4];
    pal_training_log log[4] = { { 0 } };

    for (uint32_t u = 0; u < 13; u++) {
        rung_show(&people, u, u, 90 + 20 * u, rung_likes_feature);
    }
    for (size_t k = 0; k < 4; k++) {
        mini_stage stage = rung_stage(all[_i % N_KINDS], json[_i / N_KINDS], catalog, &log[k], k == 0 ? 1 : k);
        const uint64_t before = stage.type->digest(stage.self);

        ck_assert_int_eq(rung_fit(&stage, &people, 13, 4, NULL), PAL_OK);
        digest[k] = stage.type->digest(stage.self);
        ck_assert_uint_ne(digest[k], before);
        ck_assert_uint_eq(digest[k], digest[0]);
        ck_assert_uint_eq(log[k].n, log[0].n);
        ck_assert_uint_gt(log[k].n, 10);
        for (size_t r = 0; r < log[0].n; r++) {
            ck_assert(log[k].row[r].user == log[0].row[r].user && log[k].row[r].taste == log[0].row[r].taste);
            ck_assert(log[k].row[r].logloss == log[0].row[r].logloss || isnan(log[0].row[r].logloss));
        }
        mini_stage_free(&stage);
    }
    for (size_t k = 0; k < 4; k++) {
        pal_training_log_clear(&log[k]);
    }
    mini_people_free(&people);
    pal_catalog_free(catalog);
}
END_TEST

START_TEST(a_cluster_scanned_and_its_items_one_by_one_have_the_same_bytes)
{
    static const char *const json[] = { "", "{\"features\": \"audio+derived\"}" };
    pal_catalog *catalog = rung_catalog(10, 500, 2);
    mini_people people = mini_people_of(catalog, 1, 400, mini_r1_config());
    mini_stage stage = rung_stage(all[_i % N_KINDS], json[_i / N_KINDS], catalog, NULL, 1);
    const pal_taste_models *models = models_of(&stage);
    float *scan;

    rung_show(&people, 0, 2, 300, rung_likes_feature);
    ck_assert_int_eq(rung_fit(&stage, &people, 1, 0, NULL), PAL_OK);
    for (size_t t = 0; t < 2; t++) {
        const pal_taste_model *model = pal_taste_models_get(models, 0, t);
        const size_t begin = models->index->begin[t];

        ck_assert_ptr_nonnull(model);
        scan = pal_arena_alloc(people.scratch, models->index->begin[t + 1] - begin, sizeof *scan);
        ck_assert_ptr_nonnull(scan);
        pal_taste_model_scan(scan, models, model, t);
        for (size_t i = 0; i < models->index->n[t]; i++) {
            const float one = pal_taste_model_item(models, model, t, models->index->member[begin + i]);

            ck_assert_mem_eq(&one, &scan[i], sizeof one);
        }
    }
    mini_stage_free(&stage);
    mini_people_free(&people);
    pal_catalog_free(catalog);
}
END_TEST

START_TEST(min_auc_keeps_a_model_from_being_served_not_from_being_kept)
{
    pal_catalog *catalog = rung_catalog(11, 400, 1);
    mini_people people = mini_people_of(catalog, 1, 400, mini_r1_config());
    pal_training_log log = { 0 };
    mini_stage stage = rung_stage(all[_i], "{\"min_auc\": 0.999}", catalog, &log, 1);

    rung_show(&people, 0, 2, 200, rung_likes_feature);
    ck_assert_int_eq(rung_fit(&stage, &people, 1, 0, NULL), PAL_OK);
    ck_assert(log.n == 1 && log.row[0].kept);
    ck_assert_ptr_nonnull(models_of(&stage)->model[0]);
    ck_assert(!pal_taste_models_any(models_of(&stage), 0));
    mini_stage_free(&stage);
    pal_training_log_clear(&log);
    mini_people_free(&people);
    pal_catalog_free(catalog);
}
END_TEST

/* A failure is reported, or was of no consequence: then the model is the very same. */
START_TEST(a_lesson_survives_every_failing_allocation)
{
    static const char json[] = "{\"folds\": 2, \"retrain_every\": 10}";
    pal_catalog *catalog = rung_catalog(12, 150, 1);
    mini_people people = mini_people_of(catalog, 1, 150, mini_r1_config());
    mini_stage whole = rung_stage(all[_i], json, catalog, NULL, 1);
    bool failed = true;
    size_t n = 0, reported = 0;

    rung_show(&people, 0, 2, 80, rung_likes_feature);
    ck_assert_int_eq(rung_fit(&whole, &people, 1, 0, NULL), PAL_OK);
    while (failed) {
        pal_training_log log = { 0 };
        mini_stage stage = rung_stage(all[_i], json, catalog, &log, 1);
        pal_error err = { 0 };
        pal_status rc;

        pal_mem_fail_at(++n);
        rc = rung_fit(&stage, &people, 1, 0, &err);
        failed = pal_mem_count() >= n;
        pal_mem_fail_at(0);
        ck_assert_msg(rc == PAL_OK || (failed && rc == PAL_ERR_MEMORY), "allocation %zu: %s: %s", n,
                      pal_status_name(rc), err.text);
        ck_assert(rc != PAL_OK || stage.type->digest(stage.self) == whole.type->digest(whole.self));
        reported += rc == PAL_ERR_MEMORY;
        n += n / 16; /* one in many of the later ones */
        mini_stage_free(&stage);
        pal_training_log_clear(&log);
        ck_assert_uint_lt(n, 1000000);
    }
    ck_assert_uint_gt(reported, 10);
    mini_stage_free(&whole);
    mini_people_free(&people);
    pal_catalog_free(catalog);
}
END_TEST

Suite *suite_stages_taste_models(void);
Suite *suite_stages_taste_models(void)
{
    Suite *suite = suite_create("stages/taste_models");
    TCase *tc = tcase_create("taste_models");

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, auc_is_that_of_scikit_learn);
    tcase_add_test(tc, logloss_is_that_of_scikit_learn);
    tcase_add_test(tc, samples_are_the_answers_inside_the_cluster);
    tcase_add_test(tc, derived_features_are_similarity_popularity_and_genre_share);
    tcase_add_loop_test(tc, a_lesson_comes_every_fifty_songs_and_asks_for_sixty_samples, 0, N_KINDS);
    tcase_add_loop_test(tc, a_taste_of_one_class_is_locked_out_and_says_so, 0, N_KINDS);
    tcase_add_loop_test(tc, what_can_be_learned_is_and_coins_come_out_at_one_half, 0, N_KINDS);
    tcase_add_loop_test(tc, a_model_gives_way_to_a_better_one_only, 0, N_KINDS);
    tcase_add_loop_test(tc, threads_and_repetition_change_no_byte, 0, 2 * N_KINDS);
    tcase_add_loop_test(tc, a_cluster_scanned_and_its_items_one_by_one_have_the_same_bytes, 0, 2 * N_KINDS);
    tcase_add_loop_test(tc, min_auc_keeps_a_model_from_being_served_not_from_being_kept, 0, N_KINDS);
    tcase_add_loop_test(tc, a_lesson_survives_every_failing_allocation, 0, N_KINDS);
    suite_add_tcase(suite, tc);
    return suite;
}
