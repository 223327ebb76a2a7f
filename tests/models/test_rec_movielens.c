/* Quality on MovieLens 100k, "ua" split, all ratings as 1, P@10 and AUC without training items. */
#include "models/rec_builtin.h"

#include "core/mem.h"
#include "tests/support/rec_rig.h"

#include <check.h>

Suite *suite_models_rec_movielens(void);

/* Popularity of the same split, measured with numpy for LightFM's comparison: P@10 0.1215, AUC 0.8569. */
START_TEST(popularity_is_as_measured_elsewhere)
{
    rec_rig train;
    pal_csr *test;
    void *self;

    if (!rec_movielens(&train, &test)) return;
    self = rec_fit(&pal_rec_popularity, NULL, &train, 1, PAL_PORTABLE);
    ck_assert_double_eq_tol(rec_precision(&pal_rec_popularity, self, &train, test, 10), 0.1215, 0.00005);
    ck_assert_double_eq_tol(rec_auc(&pal_rec_popularity, self, &train, test), 0.8569, 0.00005);
    pal_rec_popularity.free(self);
    rec_rig_clear(&train);
    pal_csr_free(test);
}
END_TEST

/* A random list of 10 of the 1682 items less a person's own hits 10 of about 1586 with 10/1586 = 0.0063 each. */
START_TEST(random_is_chance)
{
    rec_rig train;
    pal_csr *test;
    void *self;

    if (!rec_movielens(&train, &test)) return;
    self = rec_fit(&pal_rec_random, NULL, &train, 1, PAL_PORTABLE);
    ck_assert_double_eq_tol(rec_precision(&pal_rec_random, self, &train, test, 10), 0.0063, 0.0035);
    ck_assert_double_eq_tol(rec_auc(&pal_rec_random, self, &train, test), 0.5, 0.02);
    pal_rec_random.free(self);
    rec_rig_clear(&train);
    pal_csr_free(test);
}
END_TEST

/* Floors a little below what was measured. For scale: LightFM's WARP with 30 components reaches P@10 0.2516. */
typedef struct floor_of {
    const pal_rec_type *type;
    const char *json;
    double precision, auc;
} floor_of;

static const floor_of floors[] = {
    { &pal_rec_item_knn, NULL, 0.228, 0.931 },
    { &pal_rec_user_knn, NULL, 0.233, 0.925 },
    { &pal_rec_ease, NULL, 0.266, 0.933 },
    { &pal_rec_slim, "{\"k\": 100}", 0.267, 0.932 },
};

START_TEST(quality_stays_above_its_floor)
{
    const floor_of *f = &floors[_i];
    rec_rig train;
    pal_csr *test;
    void *self;

    if (!rec_movielens(&train, &test)) return;
    self = rec_fit(f->type, f->json, &train, 2, PAL_PORTABLE);
    ck_assert_double_ge(rec_precision(f->type, self, &train, test, 10), f->precision);
    ck_assert_double_ge(rec_auc(f->type, self, &train, test), f->auc);
    f->type->free(self);
    rec_rig_clear(&train);
    pal_csr_free(test);
}
END_TEST

Suite *suite_models_rec_movielens(void)
{
    Suite *suite = suite_create("models/rec_movielens");
    TCase *tc = tcase_create("rec_movielens");

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, popularity_is_as_measured_elsewhere);
    tcase_add_test(tc, random_is_chance);
    tcase_add_loop_test(tc, quality_stays_above_its_floor, 0, sizeof floors / sizeof *floors);
    suite_add_tcase(suite, tc);
    return suite;
}
