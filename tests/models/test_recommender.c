/* The contract of collaborative models, held by every model of the registry; and the registry itself. */
#include "models/rec_builtin.h"

#include "core/mem.h"
#include "tests/support/holds.h"
#include "tests/support/rec_rig.h"
#include "tests/support/scratch.h"

#include <math.h>
#include <string.h>

Suite *suite_models_recommender(void);

enum { PEOPLE = 60, ITEMS = 45 };

/* ---- the registry ----------------------------------------------------------------------------------------- */

START_TEST(names_are_found_and_unique)
{
    for (size_t m = 0; m < pal_rec_count(); m++) {
        const pal_rec_type *type = pal_rec_at(m);
        size_t index = SIZE_MAX;

        ck_assert_int_eq(pal_rec_find(&index, type->name, "f", "p", NULL), PAL_OK);
        ck_assert_uint_eq(index, m);
        ck_assert_ptr_nonnull(type->label);
        ck_assert_ptr_nonnull(type->summary);
        ck_assert_ptr_nonnull(type->source);
    }
}
END_TEST

/* Their order is in files: this list may only grow. */
START_TEST(order_is_as_published)
{
    static const char *const order[] = { "random", "popularity", "item_knn", "user_knn", "warp", "bpr", "logistic_mf",
                                         "als", "ease", "slim" };

    ck_assert_uint_ge(pal_rec_count(), sizeof order / sizeof *order);
    for (size_t m = 0; m < sizeof order / sizeof *order; m++) ck_assert_str_eq(pal_rec_at(m)->name, order[m]);
}
END_TEST

START_TEST(unknown_names_are_told_what_is_known)
{
    pal_error err = { 0 };
    size_t index;

    ck_assert_int_eq(pal_rec_find(&index, "item_kn", "eval.json", "models[2].name", &err), PAL_ERR_CONFIG);
    ck_assert_has(err.text, "eval.json: models[2].name: no model \"item_kn\"; did you mean \"item_knn\"? known: random, ");
    ck_assert_int_eq(pal_rec_find(&index, "zzzzzz", "eval.json", "m", &err), PAL_ERR_CONFIG);
    ck_assert_has(err.text, "no model \"zzzzzz\"; known: random, popularity, ");
}
END_TEST

/* ---- every model ------------------------------------------------------------------------------------------ */

/* Some models want dislikes or times: give all. */
static rec_rig everything(uint64_t seed, size_t n_rows, size_t n_cols)
{
    rec_rig rig = rec_rig_random(seed, n_rows, n_cols, 0.15, true);

    rig.time = pal_calloc(rig.rows->n, sizeof *rig.time);
    HOLD(rig.time != NULL);
    for (size_t i = 0; i < rig.rows->n; i++) rig.time[i] = (int64_t)(i * 37 % 1000);
    rig.data.time = rig.time;
    return rig;
}

/* Scores of all people, known (or as new ones). */
static float *all_scores(const pal_rec_type *type, const void *self, const rec_rig *rig, bool as_new)
{
    size_t n = rig->rows->n_rows, wide = rig->rows->n_cols;
    float *all = pal_calloc(n * wide, sizeof *all);

    HOLD(all != NULL);
    for (size_t u = 0; u < n; u++) {
        pal_rec_query query = rec_query(rig, u, as_new);
        float *row = rec_scores(type, self, &query);

        memcpy(all + u * wide, row, wide * sizeof *row);
        pal_free(row);
    }
    for (size_t i = 0; i < n * wide; i++) HOLDS(isfinite(all[i]), "%s", type->name);
    return all;
}

START_TEST(threads_change_no_bit)
{
    const pal_rec_type *type = pal_rec_at((size_t)_i);
    rec_rig rig = everything(1, PEOPLE, ITEMS);
    void *one = rec_fit(type, NULL, &rig, 1, PAL_PORTABLE), *many = rec_fit(type, NULL, &rig, 5, PAL_PORTABLE);
    float *a = all_scores(type, one, &rig, false), *b = all_scores(type, many, &rig, false);

    ck_assert_uint_eq(type->digest(one), type->digest(many));
    ck_assert_int_eq(memcmp(a, b, PEOPLE * ITEMS * sizeof *a), 0);
    pal_free(a);
    pal_free(b);
    type->free(one);
    type->free(many);
    rec_rig_clear(&rig);
}
END_TEST

START_TEST(files_bring_back_every_bit)
{
    const pal_rec_type *type = pal_rec_at((size_t)_i), *found = NULL;
    rec_rig rig = everything(2, PEOPLE, ITEMS);
    pal_values *values = rec_values(type, NULL);
    void *self = rec_fit(type, NULL, &rig, 1, PAL_PORTABLE), *back = NULL;
    pal_tensors *file = NULL, *again = NULL, *loaded = NULL;
    const char *path = scratch_path("model"), *second = scratch_path("again");
    char first_hex[PAL_HASH_HEX], second_hex[PAL_HASH_HEX];
    float *a, *b;
    size_t n_rows, n_cols;

    ck_assert_int_eq(pal_tensors_new(&file, NULL), PAL_OK);
    ck_assert_int_eq(pal_rec_save(file, type, self, values, path, NULL), PAL_OK);
    ck_assert_int_eq(pal_tensors_load(&loaded, path, NULL), PAL_OK);
    ck_assert_int_eq(pal_rec_load(&found, &back, loaded, NULL), PAL_OK);
    ck_assert_ptr_eq(found, type);
    type->shape(back, &n_rows, &n_cols);
    ck_assert_uint_eq(n_rows, PEOPLE);
    ck_assert_uint_eq(n_cols, ITEMS);
    ck_assert_uint_eq(type->digest(back), type->digest(self));
    for (int as_new = 0; as_new < 2; as_new++) {
        a = all_scores(type, self, &rig, as_new);
        b = all_scores(type, back, &rig, as_new);
        ck_assert_int_eq(memcmp(a, b, PEOPLE * ITEMS * sizeof *a), 0);
        pal_free(a);
        pal_free(b);
    }
    ck_assert_int_eq(pal_tensors_new(&again, NULL), PAL_OK);
    ck_assert_int_eq(pal_rec_save(again, type, back, values, second, NULL), PAL_OK);
    ck_assert_int_eq(pal_hash_file(first_hex, path, NULL), PAL_OK);
    ck_assert_int_eq(pal_hash_file(second_hex, second, NULL), PAL_OK);
    ck_assert_str_eq(first_hex, second_hex);
    type->free(self);
    type->free(back);
    pal_values_free(values);
    pal_tensors_free(file);
    pal_tensors_free(again);
    pal_tensors_free(loaded);
    rec_rig_clear(&rig);
}
END_TEST

/* Many queries at once are the same as one after the other. */
START_TEST(scores_of_a_block_are_those_of_each)
{
    const pal_rec_type *type = pal_rec_at((size_t)_i);
    rec_rig rig = everything(3, PEOPLE, ITEMS);
    void *self = rec_fit(type, NULL, &rig, 1, PAL_PORTABLE);
    float *each = all_scores(type, self, &rig, false), *block = pal_calloc(PEOPLE * ITEMS, sizeof *block);
    pal_rec_query query[PEOPLE];
    pal_arena *arena = NULL;

    HOLD(block != NULL && pal_arena_new(&arena, 1 << 12, NULL) == PAL_OK);
    for (size_t u = 0; u < PEOPLE; u++) query[u] = rec_query(&rig, u, false);
    ck_assert_int_eq(type->score(self, query, PEOPLE, block, arena, NULL), PAL_OK);
    ck_assert_int_eq(memcmp(each, block, PEOPLE * ITEMS * sizeof *each), 0);
    pal_arena_free(arena);
    pal_free(each);
    pal_free(block);
    type->free(self);
    rec_rig_clear(&rig);
}
END_TEST

START_TEST(explanations_add_up_to_the_score)
{
    const pal_rec_type *type = pal_rec_at((size_t)_i);
    rec_rig rig = everything(4, PEOPLE, ITEMS);
    void *self = rec_fit(type, NULL, &rig, 1, PAL_PORTABLE);
    pal_arena *arena = NULL;

    HOLD(pal_arena_new(&arena, 1 << 12, NULL) == PAL_OK);
    for (size_t u = 0; type->explain != NULL && u < PEOPLE; u += 3) {
        pal_rec_query query = rec_query(&rig, u, true);
        float *score = rec_scores(type, self, &query), part[ITEMS], rest = NAN;

        for (uint32_t i = 0; i < ITEMS; i++) {
            double sum, size;

            HOLD(type->explain(self, &query, i, part, &rest, arena, NULL) == PAL_OK);
            sum = (double)rest;
            size = fabs(sum);
            for (size_t q = 0; q < query.n; q++) {
                sum += (double)part[q];
                size += fabs((double)part[q]);
            }
            HOLDS(fabs(sum - (double)score[i]) <= 1e-4 * (size + 1e-3), "%s: person %zu, item %u: %g instead of %g",
                  type->name, u, i, sum, (double)score[i]);
        }
        pal_free(score);
    }
    pal_arena_free(arena);
    type->free(self);
    rec_rig_clear(&rig);
}
END_TEST

START_TEST(a_second_fit_takes_grown_data)
{
    const pal_rec_type *type = pal_rec_at((size_t)_i);
    rec_rig small = everything(5, PEOPLE, ITEMS), grown = everything(5, PEOPLE + 7, ITEMS + 5);
    const pal_rec_env env = { .key = pal_key_for(7, 0, PAL_FOR_TRAIN), .n_threads = 1 };
    void *self = rec_fit(type, NULL, &small, 1, PAL_PORTABLE), *fresh = rec_fit(type, NULL, &grown, 1, PAL_PORTABLE);
    size_t n_rows, n_cols;
    float *score;

    ck_assert_int_eq(type->fit(self, &grown.data, &env, NULL), PAL_OK);
    type->shape(self, &n_rows, &n_cols);
    ck_assert_uint_eq(n_rows, PEOPLE + 7);
    ck_assert_uint_eq(n_cols, ITEMS + 5);
    if ((type->flags & PAL_REC_CONTINUES) == 0) ck_assert_uint_eq(type->digest(self), type->digest(fresh));
    score = all_scores(type, self, &grown, false);
    pal_free(score);
    type->free(self);
    type->free(fresh);
    rec_rig_clear(&small);
    rec_rig_clear(&grown);
}
END_TEST

START_TEST(nothing_to_learn_from_is_refused)
{
    const pal_rec_type *type = pal_rec_at((size_t)_i);
    pal_csr *rows = NULL;
    rec_rig rig;
    const pal_rec_env env = { .n_threads = 1 };
    void *self = rec_new(type, NULL);
    pal_error err = { 0 };

    ck_assert_int_eq(pal_csr_new(&rows, 3, 4, NULL, 0, PAL_TWICE_LAST, NULL), PAL_OK);
    rig = rec_rig_of(rows);
    ck_assert_msg(type->fit(self, &rig.data, &env, &err) == PAL_ERR_DATA, "%s", type->name);
    ck_assert_has(err.text, "nothing to learn from");
    type->free(self);
    rec_rig_clear(&rig);
}
END_TEST

START_TEST(values_that_are_not_above_0_are_named)
{
    const pal_rec_type *type = pal_rec_at((size_t)_i);
    rec_rig rig = rec_rig_dense(rec_small, REC_SMALL_PEOPLE, REC_SMALL_ITEMS);
    const pal_rec_env env = { .n_threads = 1 };
    void *self = rec_new(type, NULL);
    pal_error err = { 0 };
    size_t at = pal_csr_find(rig.rows, 4, 2);

    rig.rows->value[at] = -2;
    ck_assert_msg(type->fit(self, &rig.data, &env, &err) == PAL_ERR_DATA, "%s", type->name);
    ck_assert_has(err.text, "person 4, item 2");
    ck_assert_has(err.text, "-2");
    type->free(self);
    rec_rig_clear(&rig);
}
END_TEST

/* A model of our own folder only: others have tests of their own for it. */
static const char *const ours[] = { "random", "popularity", "item_knn", "user_knn", "ease", "slim" };

START_TEST(failing_allocations_are_reported_and_leave_the_old_fit)
{
    size_t index = 0, k = 0;
    rec_rig rig = rec_rig_dense(rec_small, REC_SMALL_PEOPLE, REC_SMALL_ITEMS);
    const pal_rec_env env = { .n_threads = 1 };
    pal_status rc = PAL_ERR_MEMORY;
    const pal_rec_type *type;
    uint64_t before;
    void *self;

    ck_assert_int_eq(pal_rec_find(&index, ours[_i], "f", "p", NULL), PAL_OK);
    type = pal_rec_at(index);
    self = rec_fit(type, NULL, &rig, 1, PAL_PORTABLE);
    before = type->digest(self);
    while (rc != PAL_OK) {
        pal_mem_fail_at(++k);
        rc = type->fit(self, &rig.data, &env, NULL);
        pal_mem_fail_at(0);
        ck_assert(rc == PAL_OK || (rc == PAL_ERR_MEMORY && type->digest(self) == before));
    }
    type->free(self);
    type->free(NULL);
    rec_rig_clear(&rig);
}
END_TEST

Suite *suite_models_recommender(void)
{
    Suite *suite = suite_create("models/recommender");
    TCase *tc = tcase_create("registry"), *each = tcase_create("each");
    int n = (int)pal_rec_count();

    tcase_add_test(tc, names_are_found_and_unique);
    tcase_add_test(tc, order_is_as_published);
    tcase_add_test(tc, unknown_names_are_told_what_is_known);
    suite_add_tcase(suite, tc);
    tcase_add_checked_fixture(each, scratch_begin, scratch_end);
    tcase_add_loop_test(each, threads_change_no_bit, 0, n);
    tcase_add_loop_test(each, files_bring_back_every_bit, 0, n);
    tcase_add_loop_test(each, scores_of_a_block_are_those_of_each, 0, n);
    tcase_add_loop_test(each, explanations_add_up_to_the_score, 0, n);
    tcase_add_loop_test(each, a_second_fit_takes_grown_data, 0, n);
    tcase_add_loop_test(each, nothing_to_learn_from_is_refused, 0, n);
    tcase_add_loop_test(each, values_that_are_not_above_0_are_named, 0, n);
    tcase_add_loop_test(each, failing_allocations_are_reported_and_leave_the_old_fit, 0, sizeof ours / sizeof *ours);
    suite_add_tcase(suite, each);
    return suite;
}
