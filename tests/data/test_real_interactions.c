/* MovieLens 100k, where it is present. Counts and digests from elsewhere are named beside each. */
#include "data/interactions_load.h"

#include "core/file.h"
#include "core/mem.h"
#include "core/progress.h"
#include "data/split.h"
#include "data/write_interactions.h"
#include "tests/support/data_catalogs.h"
#include "tests/support/log_rig.h"
#include "tests/support/scratch.h"

#include <stdio.h>
#include <string.h>

#define RATINGS "../shared/data/ml-100k/u.data"

Suite *suite_data_real_interactions(void);

static pal_interactions *load(const char *json)
{
    pal_interactions *log = NULL;
    pal_error err = { .status = PAL_OK };

    if (!pal_file_exists(RATINGS)) {
        printf("skipped: %s is absent\n", RATINGS);
        return NULL;
    }
    CK_OK(log_load_file(&log, NULL, RATINGS, json, &err));
    return log;
}

static pal_split *split_of(const pal_interactions *log, const char *json)
{
    pal_values *values = log_values(pal_split_params, json);
    pal_split *split = NULL;
    pal_error err = { .status = PAL_OK };

    CK_OK(pal_split_make(&split, log, values, "test", "split", &err));
    pal_values_free(values);
    return split;
}

/* The README of the data set: 943 users, 1682 items, 100,000 ratings, each user at least 20; LightFM counts 21,201 of 5. */
START_TEST(movielens_100k_has_its_known_counts)
{
    pal_interactions *log = load("");
    size_t fives = 0, run = 0, items = 0;

    if (log == NULL) {
        return;
    }
    ck_assert_uint_eq(log->n, 100000);
    ck_assert_uint_eq(log->n_users, 943);
    ck_assert_uint_eq(log->n_items, 1682);
    ck_assert_str_eq(log->name, "ml-100k");
    for (size_t i = 0; i < log->n; i++) {
        fives += !(log->value[i] < 5);
        run = i > 0 && log->user[i] == log->user[i - 1] ? run + 1 : 1;
        ck_assert(i + 1 < log->n && log->user[i + 1] == log->user[i] ? true : run >= 20);
    }
    ck_assert_uint_eq(fives, 21201);
    for (size_t i = 0; i < log->n_items; i++) {
        char id[24];

        snprintf(id, sizeof id, "%zu", i + 1); /* ids 1 to 1682, in that order */
        items += strcmp(log->item_id[i], id) == 0;
    }
    ck_assert_uint_eq(items, 1682);
    ck_assert_str_eq(log->item_title[49], "Star Wars (1977)");
    ck_assert_str_eq(log->item_title[542], "Misérables, Les (1995)"); /* ISO-8859-1 in the file */
    ck_assert_uint_eq(log->item_side->n_features, 19);
    ck_assert_uint_eq(log->item_side->cell->n, 2893); /* awk -F'|' '{for(i=6;i<=24;i++)s+=$i}END{print s}' u.item */
    ck_assert_uint_eq(log->user_side->n_features, 24); /* age, 2 genders, 21 occupations */
    pal_interactions_free(log);
}
END_TEST

/*
 * The data set's own split: ua.base 90,570 rows, md5 346eb46a756be3b382bdef4f7dcf3a01; ua.test 9,430 rows, md5
 * 52e5d0355092dc1596899855b220508f. Digests below: xxh128 of files with those md5 sums, made by
 *   awk -F'\t' -v p=test '{c[$1]++; if ((c[$1]<=10) == (p=="test")) print}' u.data | sort -n -k1,1 -k2,2
 */
START_TEST(ua_is_movielens_own_split)
{
    static const struct {
        pal_part part;
        size_t rows;
        const char *digest;
    } wanted[] = { { PAL_PART_TRAIN, 90570, "238f146d8d53949d9914bc4e071e344e" }, { PAL_PART_TEST, 9430, "db7995d6aa7df15320b03b0c16d4e197" } };
    pal_interactions *log = load("");
    pal_split *s;
    pal_error err = { .status = PAL_OK };

    if (log == NULL) {
        return;
    }
    s = split_of(log, "{\"kind\": \"ua\"}");
    for (size_t w = 0; w < 2; w++) {
        pal_outfile *file = NULL;
        char hex[PAL_HASH_HEX];

        ck_assert_uint_eq(s->count[wanted[w].part], wanted[w].rows);
        CK_OK(pal_outfile_open(&file, scratch_path("part"), &err));
        for (size_t i = 0; i < log->n; i++) {
            if (s->part[i] == (uint8_t)wanted[w].part) {
                pal_outfile_printf(file, "%s\t%s\t%d\t%lld\n", log->user_id[log->user[i]], log->item_id[log->item[i]],
                                   (int)log->value[i], (long long)log->time[i]);
            }
        }
        CK_OK(pal_outfile_commit(&file, hex, &err));
        ck_assert_str_eq(hex, wanted[w].digest);
    }
    pal_split_free(s);
    pal_interactions_free(log);
}
END_TEST

/* Rows that other evaluations of these splits report: LightFM's quickstart for 5 stars; the shipped ua.base and ua.test
 * filtered for 4; and awk over u.data for the latest fifth of each person's ratings of 4 and more. */
START_TEST(filtered_splits_have_the_counts_of_others)
{
    static const struct {
        const char *load, *split;
        size_t train, test;
    } wanted[] = { { "{\"threshold\": 5}", "{\"kind\": \"ua\"}", 19048, 2153 },
                   { "{\"threshold\": 4}", "{\"kind\": \"ua\"}", 49906, 5469 },
                   { "{\"threshold\": 4}", "{\"kind\": \"user_time\", \"test\": 0.2}", 44679, 10696 } };
    pal_interactions *log = load(wanted[_i].load);
    pal_split *s;

    if (log == NULL) {
        return;
    }
    s = split_of(log, wanted[_i].split);
    ck_assert_uint_eq(s->count[PAL_PART_TRAIN], wanted[_i].train);
    ck_assert_uint_eq(s->count[PAL_PART_TEST], wanted[_i].test);
    pal_split_free(s);
    pal_interactions_free(log);
}
END_TEST

START_TEST(movielens_100k_survives_csv_and_atomic_files)
{
    pal_interactions *log = load(""), *a = NULL, *b = NULL;
    pal_error err = { .status = PAL_OK };
    double started;

    if (log == NULL) {
        return;
    }
    CK_OK(pal_interactions_save_csv(log, scratch_path("a.csv"), NULL, &err));
    started = pal_clock_s();
    CK_OK(log_load_file(&a, NULL, scratch_path("a.csv"), "", &err));
    printf("100,000 rows of CSV: %.3f s\n", pal_clock_s() - started);
    CK_OK(pal_interactions_save_atomic(log, scratch_path("ml"), &err));
    CK_OK(log_load_file(&b, NULL, scratch_path("ml/ml.inter"), "", &err));
    CK_OK(pal_interactions_save_atomic(b, scratch_path("again/ml"), &err));
    for (size_t f = 0; f < 3; f++) { /* write, read, write: the same bytes, sides and all */
        static const char *const files[] = { "ml.inter", "ml.item", "ml.user" };
        char first[600], second[600], hex[2][PAL_HASH_HEX];

        snprintf(first, sizeof first, "%s/%s", scratch_path("ml"), files[f]);
        snprintf(second, sizeof second, "%s/%s", scratch_path("again/ml"), files[f]);
        CK_OK(pal_hash_file(hex[0], first, &err));
        CK_OK(pal_hash_file(hex[1], second, &err));
        ck_assert_str_eq(hex[0], hex[1]);
    }
    pal_interactions_free(a);
    pal_interactions_free(b);
    pal_interactions_free(log);
}
END_TEST

Suite *suite_data_real_interactions(void)
{
    Suite *suite = suite_create("data/real_interactions");
    TCase *tc = tcase_create("movielens");

    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_add_test(tc, movielens_100k_has_its_known_counts);
    tcase_add_test(tc, ua_is_movielens_own_split);
    tcase_add_loop_test(tc, filtered_splits_have_the_counts_of_others, 0, 3);
    tcase_add_test(tc, movielens_100k_survives_csv_and_atomic_files);
    suite_add_tcase(suite, tc);
    return suite;
}
