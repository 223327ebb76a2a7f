/* Files of recommenders: damaged ones are named, place by place. */
#include "models/rec_builtin.h"

#include "core/mem.h"
#include "models/rec_arrays.h"
#include "tests/support/holds.h"
#include "tests/support/rec_rig.h"
#include "tests/support/scratch.h"

#include <math.h>
#include <string.h>

Suite *suite_models_rec_file(void);

/* A file as a damaged one would be: texts and arrays put one by one, saved, loaded. */
static pal_tensors *file;
static pal_error err;

static void setup(void)
{
    scratch_begin();
    memset(&err, 0, sizeof err);
    HOLD(pal_tensors_new(&file, NULL) == PAL_OK);
}

static void teardown(void)
{
    pal_tensors_free(file);
    scratch_end();
}

static void text(const char *key, const char *value)
{
    HOLD(pal_tensors_put_text(file, key, value, NULL) == PAL_OK);
}

static void header(const char *model, const char *params)
{
    text("model", model);
    text("model_version", "1");
    text("params", params);
}

static void sizes(uint64_t a, uint64_t b)
{
    const uint64_t both[2] = { a, b }, shape = 2;

    HOLD(pal_tensors_put(file, "shape", PAL_U64, 1, &shape, both, NULL) == PAL_OK);
}

static void array(const char *name, pal_dtype type, uint64_t n, const void *data)
{
    HOLD(pal_tensors_put(file, name, type, 1, &n, data, NULL) == PAL_OK);
}

/* What loading says; the text must name the file. */
static pal_status status_of_load(void)
{
    const char *path = scratch_path("damaged");
    const pal_rec_type *type = NULL;
    pal_tensors *loaded = NULL;
    void *self = NULL;
    pal_status rc;

    HOLD(pal_tensors_save(file, path, NULL, NULL) == PAL_OK);
    HOLD(pal_tensors_load(&loaded, path, NULL) == PAL_OK);
    rc = pal_rec_load(&type, &self, loaded, &err);
    if (rc == PAL_OK) {
        type->free(self);
    } else {
        HOLD(type == NULL && self == NULL);
        ck_assert_has(err.text, path);
    }
    pal_tensors_free(loaded);
    return rc;
}

/* ---- the header ------------------------------------------------------------------------------------------- */

START_TEST(other_files_are_no_recommenders)
{
    ck_assert_int_eq(status_of_load(), PAL_ERR_DATA);
    ck_assert_has(err.text, "not a recommender of Palate: the text \"model\" is missing");
}
END_TEST

START_TEST(unknown_models_are_named)
{
    header("item_knm", "{}");
    ck_assert_int_eq(status_of_load(), PAL_ERR_DATA);
    ck_assert_has(err.text, "no model \"item_knm\"; did you mean \"item_knn\"?");
}
END_TEST

START_TEST(other_versions_are_named)
{
    text("model", "random");
    text("model_version", "2");
    ck_assert_int_eq(status_of_load(), PAL_ERR_DATA);
    ck_assert_has(err.text, "model_version is \"2\", this program reads \"1\"");
}
END_TEST

START_TEST(parameters_are_checked)
{
    static const char *const params[] = { "{\"lambda\": -1}", "{\"lambdo\": 1}", "{\"lambda\": ", "[]" };
    static const char *const says[] = { "params.lambda: must be a number", "did you mean \"lambda\"?", "", "an array" };

    header("ease", params[_i]);
    ck_assert_int_eq(status_of_load(), _i == 2 ? PAL_ERR_PARSE : PAL_ERR_CONFIG);
    ck_assert_has(err.text, says[_i]);
}
END_TEST

START_TEST(missing_parameters_are_named)
{
    text("model", "random");
    text("model_version", "1");
    ck_assert_int_eq(status_of_load(), PAL_ERR_DATA);
    ck_assert_has(err.text, "the text \"params\" is missing");
}
END_TEST

/* ---- arrays ----------------------------------------------------------------------------------------------- */

START_TEST(damaged_scores_are_named)
{
    static const float good[3] = { 1, 2, 3 };
    const float bad[3] = { 1, NAN, 3 };

    header("popularity", "{}");
    if (_i > 0) sizes(4, _i == 3 ? (uint64_t)1 << 40 : 3);
    if (_i > 1) array("score", PAL_F32, _i == 2 ? 2 : 3, _i == 4 ? bad : good);
    ck_assert_int_eq(status_of_load(), _i == 5 ? PAL_OK : PAL_ERR_DATA);
    ck_assert_has(err.text, _i == 0 ? "\"shape\"" : _i == 1 ? "\"score\"" : _i == 2 ? "2 entries, wanted 3"
                            : _i == 3 ? "1099511627776 is too large" : _i == 4 ? "entry 1: nan is not finite" : "");
}
END_TEST

/* A 3 x 3 matrix of neighbours with one fault. */
typedef struct fault {
    uint64_t begin[4];
    uint32_t col[3];
    float value[3], divide[3];
    const char *says;
} fault;

static const fault faults[] = {
    { { 1, 1, 2, 3 }, { 1, 0, 0 }, { 1, 1, 1 }, { 1, 1, 1 }, "\"near.begin\", entry 0: 1, wanted 0 to 0" },
    { { 0, 2, 1, 3 }, { 1, 0, 0 }, { 1, 1, 1 }, { 1, 1, 1 }, "\"near.begin\", entry 2: 1, wanted 2 to 5" },
    { { 0, 4, 4, 4 }, { 1, 0, 0 }, { 1, 1, 1 }, { 1, 1, 1 }, "\"near.begin\", entry 1: 4, wanted 0 to 3" },
    { { 0, 1, 2, 2 }, { 1, 0, 0 }, { 1, 1, 1 }, { 1, 1, 1 }, "\"near.col\" has 3 entries, wanted 2" },
    { { 0, 1, 2, 3 }, { 1, 3, 0 }, { 1, 1, 1 }, { 1, 1, 1 }, "\"near.col\", entry 1: column 3 outside of 3" },
    { { 0, 2, 2, 3 }, { 1, 1, 0 }, { 1, 1, 1 }, { 1, 1, 1 }, "\"near.col\", entry 1: column 1 behind 1" },
    { { 0, 1, 2, 3 }, { 1, 0, 0 }, { 1, 1, HUGE_VALF }, { 1, 1, 1 }, "\"near.value\", entry 2: inf is not finite" },
    { { 0, 1, 2, 3 }, { 1, 0, 0 }, { 1, 1, 1 }, { 1, 0, 1 }, "\"divide\", entry 1: 0, wanted above 0" },
    { { 0, 1, 2, 3 }, { 1, 0, 0 }, { 1, 1, 1 }, { 1, 1, 1 }, NULL },
};

START_TEST(damaged_matrices_are_named)
{
    const fault *f = &faults[_i];

    header("item_knn", "{}");
    sizes(5, 3);
    array("near.begin", PAL_U64, 4, f->begin);
    array("near.col", PAL_U32, 3, f->col);
    array("near.value", PAL_F32, 3, f->value);
    array("divide", PAL_F32, 3, f->divide);
    ck_assert_int_eq(status_of_load(), f->says == NULL ? PAL_OK : PAL_ERR_DATA);
    if (f->says != NULL) ck_assert_has(err.text, f->says);
}
END_TEST

START_TEST(damaged_histories_are_named)
{
    static const uint64_t begin[3] = { 0, 1, 2 };
    static const uint32_t col[2] = { 0, 1 };
    const float value[2] = { 1, _i == 0 ? 0 : 2 };

    header("user_knn", "{}");
    sizes(2, 2);
    array("rows.begin", PAL_U64, 3, begin);
    array("rows.col", PAL_U32, 2, col);
    array("rows.value", PAL_F32, 2, value);
    ck_assert_int_eq(status_of_load(), _i == 0 ? PAL_ERR_DATA : PAL_OK);
    if (_i == 0) ck_assert_has(err.text, "\"rows.value\": empty, or a value not above 0");
}
END_TEST

START_TEST(damaged_weights_are_named)
{
    static const float weight[6] = { 0, 1, 1, 0, 1, 1 };
    const uint64_t shape[2] = { 2, 3 };

    header("ease", "{}");
    sizes(2, _i == 0 ? 0 : 2);
    HOLD(pal_tensors_put(file, "weight", PAL_F32, 2, shape, weight, NULL) == PAL_OK);
    ck_assert_int_eq(status_of_load(), PAL_ERR_DATA);
    ck_assert_has(err.text, _i == 0 ? "\"shape\": no items" : "\"weight\" is 2 x 3, wanted 2 x 2");
}
END_TEST

START_TEST(keys_of_random_scores_are_checked)
{
    static const uint64_t key[3] = { 1, 2, 3 };

    header("random", "{}");
    sizes(2, 2);
    array("key", PAL_U64, 3, key);
    ck_assert_int_eq(status_of_load(), PAL_ERR_DATA);
    ck_assert_has(err.text, "\"key\" has 3 entries, wanted 2");
}
END_TEST

/* ---- what else is in a file ------------------------------------------------------------------------------- */

START_TEST(arrays_of_the_caller_stay_and_parameters_are_canonical)
{
    static const uint32_t ids[2] = { 7, 9 };
    rec_rig rig = rec_rig_dense(rec_small, REC_SMALL_PEOPLE, REC_SMALL_ITEMS);
    pal_values *values = rec_values(&pal_rec_ease, "{\"memory_gib\": 1, \"lambda\": 2.50}");
    void *self = rec_fit(&pal_rec_ease, NULL, &rig, 1, PAL_PORTABLE);
    const char *path = scratch_path("model");
    pal_tensors *loaded = NULL;

    array("item_id", PAL_U32, 2, ids);
    ck_assert_int_eq(pal_rec_save(file, &pal_rec_ease, self, values, path, NULL), PAL_OK);
    ck_assert_int_eq(pal_tensors_load(&loaded, path, NULL), PAL_OK);
    ck_assert(pal_tensors_has(loaded, "item_id"));
    ck_assert_str_eq(pal_tensors_text(loaded, "params"), "{\"lambda\": 2.5, \"memory_gib\": 1}");
    ck_assert_str_eq(pal_tensors_text(loaded, "model"), "ease");
    pal_tensors_free(loaded);
    pal_rec_ease.free(self);
    pal_values_free(values);
    rec_rig_clear(&rig);
}
END_TEST

START_TEST(a_failed_save_leaves_nothing)
{
    rec_rig rig = rec_rig_dense(rec_small, REC_SMALL_PEOPLE, REC_SMALL_ITEMS);
    pal_values *values = rec_values(&pal_rec_item_knn, NULL);
    void *self = rec_fit(&pal_rec_item_knn, NULL, &rig, 1, PAL_PORTABLE);

    ck_assert_int_eq(pal_rec_save(file, &pal_rec_item_knn, self, values, "build/no/such/folder/model", &err), PAL_ERR_IO);
    ck_assert_has(err.text, "build/no/such/folder/model");
    pal_rec_item_knn.free(self);
    pal_values_free(values);
    rec_rig_clear(&rig);
}
END_TEST

START_TEST(failing_allocations_are_reported_on_the_way_back)
{
    static const pal_rec_type *const types[] = { &pal_rec_random, &pal_rec_popularity, &pal_rec_item_knn,
                                                 &pal_rec_user_knn, &pal_rec_ease, &pal_rec_slim };
    rec_rig rig = rec_rig_dense(rec_small, REC_SMALL_PEOPLE, REC_SMALL_ITEMS);
    pal_values *values = rec_values(types[_i], NULL);
    void *self = rec_fit(types[_i], NULL, &rig, 1, PAL_PORTABLE), *back = NULL;
    const pal_rec_type *type = NULL;
    pal_tensors *loaded = NULL;
    pal_status rc = PAL_ERR_MEMORY;
    const char *path = scratch_path("model");

    ck_assert_int_eq(pal_rec_save(file, types[_i], self, values, path, NULL), PAL_OK);
    ck_assert_int_eq(pal_tensors_load(&loaded, path, NULL), PAL_OK);
    for (size_t k = 1; rc != PAL_OK; k++) {
        pal_mem_fail_at(k);
        rc = pal_rec_load(&type, &back, loaded, NULL);
        pal_mem_fail_at(0);
        ck_assert(rc == PAL_OK || (rc == PAL_ERR_MEMORY && back == NULL));
    }
    type->free(back);
    type->free(self);
    pal_tensors_free(loaded);
    pal_values_free(values);
    rec_rig_clear(&rig);
}
END_TEST

Suite *suite_models_rec_file(void)
{
    Suite *suite = suite_create("models/rec_file");
    TCase *tc = tcase_create("rec_file");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, other_files_are_no_recommenders);
    tcase_add_test(tc, unknown_models_are_named);
    tcase_add_test(tc, other_versions_are_named);
    tcase_add_loop_test(tc, parameters_are_checked, 0, 4);
    tcase_add_test(tc, missing_parameters_are_named);
    tcase_add_loop_test(tc, damaged_scores_are_named, 0, 6);
    tcase_add_loop_test(tc, damaged_matrices_are_named, 0, sizeof faults / sizeof *faults);
    tcase_add_loop_test(tc, damaged_histories_are_named, 0, 2);
    tcase_add_loop_test(tc, damaged_weights_are_named, 0, 2);
    tcase_add_test(tc, keys_of_random_scores_are_checked);
    tcase_add_test(tc, arrays_of_the_caller_stay_and_parameters_are_canonical);
    tcase_add_test(tc, a_failed_save_leaves_nothing);
    tcase_add_loop_test(tc, failing_allocations_are_reported_on_the_way_back, 0, 6);
    suite_add_tcase(suite, tc);
    return suite;
}
