/* The best items of many people: sorting everything is the oracle. */
#include "models/rec_builtin.h"

#include "core/mem.h"
#include "tests/support/holds.h"
#include "tests/support/rec_rig.h"
#include "tests/support/scratch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

Suite *suite_models_rec_top(void);

enum { PEOPLE = 700, ITEMS = 3000, MOST_K = 40 }; /* more than two blocks of people */

/* A model of the test's own: the score of item i for row u is one of a few values, so that ties are everywhere. */
typedef struct coarse {
    size_t n_items, bad_row; /* bad_row: whose scores hold a NaN */
} coarse;

static float coarse_score(uint32_t u, size_t i)
{
    return (float)(pal_u64(pal_key_for(3, 0, PAL_FOR_TEST), (pal_at){ .who = u, .what = i }, 0) % 50) - 10;
}

static pal_status score_coarse(const void *self, const pal_rec_query *query, size_t n, float *score, pal_arena *scratch,
                               pal_error *err)
{
    const coarse *model = self;

    (void)scratch;
    (void)err;
    for (size_t q = 0; q < n; q++) {
        for (size_t i = 0; i < model->n_items; i++) {
            score[q * model->n_items + i] = coarse_score(query[q].row, i);
        }
        if (query[q].row == model->bad_row) score[q * model->n_items + model->n_items / 2] = NAN;
    }
    return PAL_OK;
}

static void shape_coarse(const void *self, size_t *n_rows, size_t *n_cols)
{
    *n_rows = PEOPLE;
    *n_cols = ((const coarse *)self)->n_items;
}

static const pal_rec_type coarse_type = { .name = "coarse", .score = score_coarse, .shape = shape_coarse };

typedef struct lists {
    pal_rec_query query[PEOPLE];
    uint32_t item[PEOPLE * MOST_K];
    float score[PEOPLE * MOST_K];
} lists;

static lists *make(const coarse *model, size_t n, size_t k, const pal_csr *seen, const uint64_t *allowed,
                   size_t n_threads)
{
    lists *out = pal_calloc(1, sizeof *out);
    pal_error err = { 0 };

    HOLD(out != NULL);
    for (size_t u = 0; u < n; u++) out->query[u].row = (uint32_t)(n - 1 - u); /* not in the order of rows */
    HOLDS(pal_rec_top(out->item, out->score, &coarse_type, model, out->query, n, k, seen, allowed, n_threads, &err) ==
          PAL_OK, "%s", err.text);
    return out;
}

typedef struct entry {
    float score;
    uint32_t item;
} entry;

static int best_first(const void *a, const void *b)
{
    const entry *x = a, *y = b;

    if (x->score != y->score) return x->score < y->score ? 1 : -1;
    return (x->item > y->item) - (x->item < y->item);
}

/* What the list of row u must be. */
static size_t sorted(entry *all, size_t n_items, uint32_t u, const pal_csr *seen, const uint64_t *allowed)
{
    size_t n = 0;

    for (size_t i = 0; i < n_items; i++) {
        if (seen != NULL && pal_csr_find(seen, u, (uint32_t)i) != SIZE_MAX) continue;
        if (allowed != NULL && (allowed[i / 64] >> (i % 64) & 1) == 0) continue;
        all[n++] = (entry){ coarse_score(u, i), (uint32_t)i };
    }
    qsort(all, n, sizeof *all, best_first);
    return n;
}

START_TEST(lists_are_the_head_of_the_sorted_items)
{
    static const size_t ks[] = { 1, 2, 10, 39 };
    const coarse model = { 400, SIZE_MAX };
    size_t k = ks[_i % 4], n = 40;
    rec_rig rig = rec_rig_random((uint64_t)_i, n, model.n_items, 0.2, false);
    const pal_csr *seen = _i % 2 == 0 ? rig.rows : NULL;
    uint64_t mask[7], *allowed = _i % 3 == 0 ? NULL : mask;
    lists *got;

    for (size_t w = 0; w < 7; w++) mask[w] = pal_u64(pal_key_for(4, 0, PAL_FOR_TEST), (pal_at){ .who = w }, 0);
    got = make(&model, n, k, seen, allowed, 2);
    for (size_t q = 0; q < n; q++) {
        entry all[400];
        size_t m = sorted(all, model.n_items, got->query[q].row, seen, allowed);

        HOLD(m >= k);
        for (size_t s = 0; s < k; s++) {
            HOLD(got->item[q * k + s] == all[s].item && got->score[q * k + s] == all[s].score);
        }
    }
    rec_rig_clear(&rig);
    pal_free(got);
}
END_TEST

START_TEST(equal_scores_go_to_lower_items)
{
    const float x[6] = { 1, 1, 1, 1, 1, 1 };
    rec_rig rig = rec_rig_dense(x, 1, 6);
    void *self = rec_fit(&pal_rec_popularity, NULL, &rig, 1, PAL_PORTABLE);
    const pal_rec_query query = { .row = 0 };
    uint32_t item[4];
    float score[4];

    ck_assert_int_eq(pal_rec_top(item, score, &pal_rec_popularity, self, &query, 1, 4, NULL, NULL, 1, NULL), PAL_OK);
    for (uint32_t s = 0; s < 4; s++) ck_assert_uint_eq(item[s], s);
    pal_rec_popularity.free(self);
    rec_rig_clear(&rig);
}
END_TEST

START_TEST(short_lists_end_with_no_item)
{
    const coarse model = { 5, SIZE_MAX };
    const float x[5] = { 1, 0, 0, 1, 1 };
    const uint64_t allowed = 0x1d; /* not item 1 */
    rec_rig rig = rec_rig_dense(x, 1, 5);
    lists *got = make(&model, 1, 4, rig.rows, &allowed, 1);

    ck_assert_uint_eq(got->item[0], 2);
    ck_assert_float_eq(got->score[0], coarse_score(0, 2));
    for (size_t s = 1; s < 4; s++) {
        ck_assert_uint_eq(got->item[s], UINT32_MAX);
        ck_assert_float_eq(got->score[s], 0);
    }
    rec_rig_clear(&rig);
    pal_free(got);
}
END_TEST

START_TEST(new_people_are_not_given_what_they_bring)
{
    const float x[12] = { 1, 1, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1 };
    rec_rig rig = rec_rig_dense(x, 3, 4);
    void *self = rec_fit(&pal_rec_popularity, NULL, &rig, 1, PAL_PORTABLE);
    const uint32_t own[2] = { 0, 2 };
    const float value[2] = { 1, 1 };
    const pal_rec_query query = { .row = PAL_REC_NEW, .n = 2, .item = own, .value = value };
    uint32_t item[3];
    float score[3];

    ck_assert_int_eq(pal_rec_top(item, score, &pal_rec_popularity, self, &query, 1, 3, rig.rows, NULL, 1, NULL),
                     PAL_OK);
    ck_assert_uint_eq(item[0], 1);
    ck_assert_uint_eq(item[1], 3);
    ck_assert_uint_eq(item[2], UINT32_MAX);
    ck_assert_int_eq(pal_rec_top(item, score, &pal_rec_popularity, self, &query, 1, 3, NULL, NULL, 1, NULL), PAL_OK);
    ck_assert_uint_eq(item[0], 1);
    ck_assert_uint_eq(item[1], 0);
    pal_rec_popularity.free(self);
    rec_rig_clear(&rig);
}
END_TEST

START_TEST(threads_change_nothing)
{
    const coarse model = { ITEMS, SIZE_MAX };
    lists *one = make(&model, PEOPLE, 10, NULL, NULL, 1), *many = make(&model, PEOPLE, 10, NULL, NULL, 5);

    ck_assert_int_eq(memcmp(one->item, many->item, sizeof one->item), 0);
    ck_assert_int_eq(memcmp(one->score, many->score, sizeof one->score), 0);
    pal_free(one);
    pal_free(many);
}
END_TEST

START_TEST(scores_that_are_not_finite_are_refused)
{
    const coarse model = { ITEMS, 600 };
    pal_rec_query *query = pal_calloc(PEOPLE, sizeof *query);
    uint32_t *item = pal_calloc(PEOPLE, sizeof *item);
    float *score = pal_calloc(PEOPLE, sizeof *score);
    pal_error err = { 0 };

    HOLD(query != NULL && item != NULL && score != NULL);
    for (size_t u = 0; u < PEOPLE; u++) query[u].row = (uint32_t)u;
    ck_assert_int_eq(pal_rec_top(item, score, &coarse_type, &model, query, PEOPLE, 1, NULL, NULL, 2, &err),
                     PAL_ERR_CONVERGE);
    ck_assert_has(err.text, "coarse: a score of query 600 is not finite");
    pal_free(query);
    pal_free(item);
    pal_free(score);
}
END_TEST

START_TEST(nobody_and_nothing_wanted_is_fine)
{
    const coarse model = { 4, SIZE_MAX };
    const pal_rec_query query = { 0 };

    ck_assert_int_eq(pal_rec_top(NULL, NULL, &coarse_type, &model, NULL, 0, 3, NULL, NULL, 1, NULL), PAL_OK);
    ck_assert_int_eq(pal_rec_top(NULL, NULL, &coarse_type, &model, &query, 1, 0, NULL, NULL, 1, NULL), PAL_OK);
}
END_TEST

START_TEST(every_failing_allocation_is_reported)
{
    const coarse model = { 9, SIZE_MAX };
    const pal_rec_query query[3] = { { .row = 0 }, { .row = 1 }, { .row = 2 } };
    uint32_t item[6];
    float score[6];
    pal_status rc = PAL_ERR_MEMORY;
    size_t k = 0;

    while (rc != PAL_OK) {
        pal_mem_fail_at(++k);
        rc = pal_rec_top(item, score, &coarse_type, &model, query, 3, 2, NULL, NULL, 1, NULL);
        pal_mem_fail_at(0);
        ck_assert(rc == PAL_OK || rc == PAL_ERR_MEMORY);
    }
    ck_assert_uint_gt(k, 4);
}
END_TEST

Suite *suite_models_rec_top(void)
{
    Suite *suite = suite_create("models/rec_top");
    TCase *tc = tcase_create("rec_top");

    tcase_add_loop_test(tc, lists_are_the_head_of_the_sorted_items, 0, 12);
    tcase_add_test(tc, equal_scores_go_to_lower_items);
    tcase_add_test(tc, short_lists_end_with_no_item);
    tcase_add_test(tc, new_people_are_not_given_what_they_bring);
    tcase_add_test(tc, threads_change_nothing);
    tcase_add_test(tc, scores_that_are_not_finite_are_refused);
    tcase_add_test(tc, nobody_and_nothing_wanted_is_fine);
    tcase_add_test(tc, every_failing_allocation_is_reported);
    suite_add_tcase(suite, tc);
    return suite;
}
