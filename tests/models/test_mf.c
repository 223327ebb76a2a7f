/* Factor models as recommenders: threads, going on, growing data, cold people and items, files, bad input. */
#include "models/mf.h"

#include "core/mem.h"
#include "models/rec_builtin.h"
#include "tests/support/factor_world.h"
#include "tests/support/holds.h"
#include "tests/support/scratch.h"

#include <math.h>
#include <string.h>

Suite *suite_models_mf(void);

static const pal_rec_type *const types[] = { &pal_rec_warp, &pal_rec_bpr, &pal_rec_logistic_mf };

enum { PEOPLE = 300, ITEMS = 540, TASTES = 6, EACH = 50 };

static factor_world world;
static pal_arena *arena;

static void setup(void)
{
    factor_world_new(&world, PEOPLE, ITEMS, TASTES, EACH, 11);
    ck_assert_int_eq(pal_arena_new(&arena, 1 << 16, NULL), PAL_OK);
}

static void teardown(void)
{
    factor_world_free(&world);
    pal_arena_free(arena);
}

/* Mean score of unseen items of a person's own taste minus that of the others, in units of the spread. */
static double taste_gap(const float *score, const pal_csr *rows, uint32_t person, size_t taste)
{
    double own = 0, other = 0, square = 0, mean;
    size_t n_own = 0, n_other = 0;

    for (uint32_t i = 0; i < rows->n_cols; i++) {
        if (person < rows->n_rows && pal_csr_find(rows, person, i) != SIZE_MAX) continue;
        if (i % TASTES == taste) {
            own += (double)score[i];
            n_own++;
        } else {
            other += (double)score[i];
            n_other++;
        }
        square += (double)score[i] * (double)score[i];
    }
    mean = (own + other) / (double)(n_own + n_other);
    return (own / (double)n_own - other / (double)n_other)
        / sqrt(square / (double)(n_own + n_other) - mean * mean + 1e-30);
}

static uint64_t digest_after(const pal_rec_type *type, const char *params, bool features, size_t n_threads)
{
    void *model = factor_model(type, params);
    uint64_t digest;

    factor_fit(type, model, &world, features, true, 3, n_threads);
    digest = type->digest(model);
    type->free(model);
    return digest;
}

/* ---- threads and epochs ----------------------------------------------------------------------------------- */

START_TEST(threads_change_no_byte)
{
    const pal_rec_type *type = types[_i % 3];
    const char *params = _i % 2 == 0 ? "{\"factors\": 12, \"epochs\": 2}"
                                     : "{\"factors\": 12, \"epochs\": 2, \"schedule\": \"adadelta\"}";
    bool features = _i >= 6;
    uint64_t alone = digest_after(type, params, features, 1);

    ck_assert_uint_eq(alone, digest_after(type, params, features, 2));
    ck_assert_uint_eq(alone, digest_after(type, params, features, 7));
}
END_TEST

static double shown[8];
static size_t n_shown;

static void note(void *ctx, size_t epoch, size_t n_epochs, double loss)
{
    (void)ctx;
    ck_assert_uint_eq(epoch, n_shown + 1);
    ck_assert_uint_eq(n_epochs, 8);
    shown[n_shown++] = loss;
}

START_TEST(progress_changes_no_byte_and_shows_a_falling_loss)
{
    const pal_rec_type *type = types[_i];
    const pal_rec_data data = { .rows = world.rows, .cols = world.cols };
    pal_rec_env env = factor_env(3, 2);
    void *watched = factor_model(type, "{\"epochs\": 8}"), *silent = factor_model(type, "{\"epochs\": 8}");

    n_shown = 0;
    factor_fit(type, silent, &world, false, false, 3, 1);
    env.progress = note;
    ck_assert_int_eq(type->fit(watched, &data, &env, NULL), PAL_OK);
    ck_assert_uint_eq(type->digest(watched), type->digest(silent));
    ck_assert_uint_eq(n_shown, 8);
    ck_assert_double_lt(shown[7], 0.8 * shown[0]);
    ck_assert_double_gt(shown[7], 0);
    type->free(watched);
    type->free(silent);
}
END_TEST

START_TEST(two_fits_of_epochs_are_one_longer_fit)
{
    const pal_rec_type *type = types[_i % 3];
    bool features = _i >= 3;
    void *whole = factor_model(type, "{\"epochs\": 4}"), *parts = factor_model(type, "{\"epochs\": 2}");

    factor_fit(type, whole, &world, features, false, 9, 1);
    factor_fit(type, parts, &world, features, false, 9, 2);
    ck_assert_uint_ne(((pal_mf *)parts)->epoch, ((pal_mf *)whole)->epoch);
    factor_fit(type, parts, &world, features, false, 9, 1);
    ck_assert_uint_eq(((pal_mf *)parts)->epoch, ((pal_mf *)whole)->epoch);
    for (size_t i = 0; i < 2; i++) {
        ck_assert_mem_eq(((pal_mf *)parts)->own[i].x, ((pal_mf *)whole)->own[i].x,
                         ((pal_mf *)whole)->own[i].n * pal_mf_floats(&((pal_mf *)whole)->own[i])
                             * sizeof(float));
    }
    ck_assert_uint_eq(type->digest(parts), type->digest(whole));
    type->free(whole);
    type->free(parts);
}
END_TEST

START_TEST(another_seed_gives_other_factors)
{
    void *a = factor_model(&pal_rec_warp, "{\"epochs\": 1}"), *b = factor_model(&pal_rec_warp, "{\"epochs\": 1}");

    factor_fit(&pal_rec_warp, a, &world, false, false, 1, 1);
    factor_fit(&pal_rec_warp, b, &world, false, false, 2, 1);
    ck_assert_uint_ne(pal_rec_warp.digest(a), pal_rec_warp.digest(b));
    pal_mf_free(a);
    pal_mf_free(b);
}
END_TEST

/* ---- learning --------------------------------------------------------------------------------------------- */

START_TEST(people_get_items_of_their_taste)
{
    const pal_rec_type *type = types[_i];
    void *model = factor_model(type, "{\"factors\": 12, \"epochs\": 15}");
    float score[ITEMS];
    double sum = 0;

    factor_fit(type, model, &world, false, false, 5, 2);
    for (uint32_t u = 0; u < PEOPLE; u++) {
        factor_score(score, type, model, &world, u);
        sum += taste_gap(score, world.rows, u, u % TASTES) / PEOPLE;
    }
    ck_assert_double_gt(sum, 1);
    type->free(model);
}
END_TEST

START_TEST(grown_data_keeps_what_was_learned_and_learns_the_rest)
{
    const pal_rec_type *type = types[_i];
    factor_world small;
    void *model = factor_model(type, "{\"factors\": 12, \"epochs\": 12}");
    float score[ITEMS];
    size_t rows, cols;
    const float *first;
    float kept[64];

    factor_world_cut(&small, &world, PEOPLE - 60, ITEMS - 60);
    factor_fit(type, model, &small, true, false, 5, 2);
    first = pal_mf_row(&((pal_mf *)model)->own[0], 17);
    memcpy(kept, first, sizeof kept);
    ck_assert_float_gt(first[pal_mf_model_width(model)], 1); /* AdaGrad's sum has grown */
    factor_fit(type, model, &world, true, false, 5, 2);
    type->shape(model, &rows, &cols);
    ck_assert_uint_eq(rows, PEOPLE);
    ck_assert_uint_eq(cols, ITEMS);
    first = pal_mf_row(&((pal_mf *)model)->own[0], 17);
    ck_assert_float_gt(first[pal_mf_model_width(model)], kept[pal_mf_model_width(model)]);
    for (uint32_t u = PEOPLE - 60; u < PEOPLE; u += 7) {
        factor_score(score, type, model, &world, u);
        ck_assert_double_gt(taste_gap(score, world.rows, u, u % TASTES), 0.5);
    }
    type->free(model);
    factor_world_free(&small);
}
END_TEST

/* ---- cold people and items -------------------------------------------------------------------------------- */

/* The last items are in nobody's row: only their features speak for them. */
START_TEST(items_nobody_had_are_ranked_by_their_features)
{
    const pal_rec_type *type = types[_i % 3];
    const char *params = _i >= 3 ? "{\"factors\": 8, \"epochs\": 12, \"item_identity\": false}"
                                 : "{\"factors\": 8, \"epochs\": 12}";
    enum { COLD = 60 };
    factor_world known;
    void *model = factor_model(type, params);
    float score[ITEMS];
    double gap = 0;

    factor_world_cut(&known, &world, PEOPLE, ITEMS - COLD);
    known.rows->n_cols = ITEMS; /* no cell there */
    pal_csr_free(known.cols);
    ck_assert_int_eq(pal_csr_transpose(&known.cols, known.rows, NULL), PAL_OK);
    pal_csr_free(known.item_features);
    known.item_features = world.item_features;
    factor_fit(type, model, &known, true, false, 5, 2);
    for (uint32_t u = 0; u < PEOPLE; u++) {
        factor_score(score, type, model, &known, u);
        for (size_t i = 0; i < ITEMS - COLD; i++) score[i] = 0;
        for (size_t i = ITEMS - COLD; i < ITEMS; i++) gap += (double)score[i] * (i % TASTES == u % TASTES ? 5 : -1);
    }
    ck_assert_double_gt(gap / (PEOPLE * COLD), 0.05);
    known.item_features = NULL;
    type->free(model);
    factor_world_free(&known);
}
END_TEST

START_TEST(a_new_person_is_the_sum_of_their_features)
{
    const pal_rec_type *type = types[_i];
    void *model = factor_model(type, "{\"factors\": 9, \"epochs\": 3}");
    const pal_mf *m = model;
    const uint32_t feature[2] = { 2, TASTES + 1 };
    const float value[2] = { 1, 0.5f };
    const pal_rec_query query = { .row = PAL_REC_NEW, .n_features = 2, .feature = feature, .feature_value = value };
    float score[ITEMS];

    factor_fit(type, model, &world, true, false, 5, 1);
    ck_assert_int_eq(type->score(model, &query, 1, score, arena, NULL), PAL_OK);
    for (size_t i = 0; i < ITEMS; i++) {
        const float *item = pal_mf_served(m, true, i), *a = pal_mf_row(&m->shared[0], 2);
        const float *b = pal_mf_row(&m->shared[0], TASTES + 1);
        double want = (double)item[9] + (double)a[10] + 0.5 * (double)b[10];

        for (size_t j = 0; j < 9; j++) want += (double)item[j] * ((double)a[j] + 0.5 * (double)b[j]);
        HOLD(fabs((double)score[i] - want) < 1e-5);
    }
    type->free(model);
}
END_TEST

START_TEST(a_person_of_whom_nothing_is_known_gets_the_biases)
{
    void *model = factor_model(&pal_rec_warp, "{\"factors\": 9, \"epochs\": 3}");
    const pal_rec_query query = { .row = PAL_REC_NEW };
    float score[ITEMS];

    factor_fit(&pal_rec_warp, model, &world, false, false, 5, 1);
    ck_assert_int_eq(pal_rec_warp.score(model, &query, 1, score, arena, NULL), PAL_OK);
    for (size_t i = 0; i < ITEMS; i++) HOLD(score[i] == pal_mf_served(model, true, i)[9]);
    pal_mf_free(model);
}
END_TEST

START_TEST(a_new_person_with_a_history_gets_their_taste)
{
    const pal_rec_type *type = types[_i % 3];
    void *model = factor_model(type, "{\"factors\": 12, \"epochs\": 12}");
    uint32_t item[12];
    float value[12], score[ITEMS];
    pal_rec_query query = { .row = PAL_REC_NEW, .n = 12, .item = item, .value = value };

    factor_fit(type, model, &world, _i >= 3, false, 5, 2);
    for (uint32_t i = 0; i < 12; i++) {
        item[i] = i * 5 * TASTES + 4;
        value[i] = 3.5f;
    }
    ck_assert_int_eq(type->score(model, &query, 1, score, arena, NULL), PAL_OK);
    ck_assert_double_gt(taste_gap(score, world.rows, PAL_REC_NEW, 4), 1);
    type->free(model);
}
END_TEST

START_TEST(a_batch_scores_as_one_by_one)
{
    void *model = factor_model(&pal_rec_bpr, "{\"epochs\": 2}");
    const uint32_t item[2] = { 5, 11 };
    const float value[2] = { 1, 1 };
    const pal_rec_query query[3] = { { .row = 7 }, { .row = PAL_REC_NEW, .n = 2, .item = item, .value = value },
                                     { .row = PEOPLE - 1 } };
    float all[3 * ITEMS], one[ITEMS];

    factor_fit(&pal_rec_bpr, model, &world, false, false, 5, 1);
    ck_assert_int_eq(pal_rec_bpr.score(model, query, 3, all, arena, NULL), PAL_OK);
    for (size_t q = 0; q < 3; q++) {
        ck_assert_int_eq(pal_rec_bpr.score(model, &query[q], 1, one, arena, NULL), PAL_OK);
        ck_assert_mem_eq(one, all + q * ITEMS, sizeof one);
    }
    pal_mf_free(model);
}
END_TEST

START_TEST(scores_are_dot_products_of_factors_and_biases)
{
    void *model = factor_model(&pal_rec_logistic_mf, "{\"factors\": 6, \"epochs\": 3}");
    size_t n, d;
    const float *person, *item;
    float score[ITEMS];

    factor_fit(&pal_rec_logistic_mf, model, &world, true, false, 5, 1);
    person = pal_rec_logistic_mf.factors(model, true, &n, &d);
    ck_assert_uint_eq(n, PEOPLE);
    ck_assert_uint_eq(d, 6);
    item = pal_rec_logistic_mf.factors(model, false, &n, &d);
    ck_assert_uint_eq(n, ITEMS);
    factor_score(score, &pal_rec_logistic_mf, model, &world, 8);
    for (size_t i = 0; i < ITEMS; i++) {
        double want = (double)pal_mf_served(model, true, i)[6] + (double)pal_mf_served(model, false, 8)[7];

        for (size_t j = 0; j < d; j++) want += (double)person[8 * d + j] * (double)item[i * d + j];
        HOLD(fabs((double)score[i] - want) < 1e-5);
    }
    pal_mf_free(model);
}
END_TEST

START_TEST(similar_items_share_the_taste)
{
    void *model = factor_model(&pal_rec_warp, "{\"factors\": 12, \"epochs\": 15}");
    float cosine[ITEMS];
    double gap = 0;
    pal_error err;

    factor_fit(&pal_rec_warp, model, &world, false, false, 5, 2);
    for (uint32_t id = 0; id < ITEMS; id += 9) {
        ck_assert_int_eq(pal_rec_warp.similar(model, false, id, cosine, arena, NULL), PAL_OK);
        ck_assert_float_eq_tol(cosine[id], 1, 1e-6f);
        for (size_t i = 0; i < ITEMS; i++) {
            HOLD(cosine[i] <= 1.000001f && cosine[i] >= -1.000001f);
            if (i != id) gap += (double)cosine[i] * (i % TASTES == id % TASTES ? 5 : -1);
        }
    }
    ck_assert_double_gt(gap, 0);
    ck_assert_int_eq(pal_rec_warp.similar(model, true, PEOPLE, cosine, arena, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "person 300, but the model knows 300");
    pal_mf_free(model);
}
END_TEST

/* ---- files ------------------------------------------------------------------------------------------------ */

static void save(const pal_rec_type *type, const void *model, const char *json, const char *path)
{
    pal_tensors *file = NULL;
    pal_json_doc *doc = NULL;
    pal_values *values = NULL;

    ck_assert_int_eq(pal_json_parse(&doc, json, strlen(json), "test", NULL), PAL_OK);
    ck_assert_int_eq(pal_values_read(&values, type->params, pal_json_root(doc), "test", "", NULL, NULL), PAL_OK);
    ck_assert_int_eq(pal_tensors_new(&file, NULL), PAL_OK);
    ck_assert_int_eq(pal_rec_save(file, type, model, values, path, NULL), PAL_OK);
    pal_tensors_free(file);
    pal_values_free(values);
    pal_json_free(doc);
}

START_TEST(a_saved_model_serves_and_goes_on_as_before)
{
    const pal_rec_type *type = types[_i % 3], *found = NULL;
    static const char *const params[] = { "{\"epochs\": 2}", "{\"epochs\": 2, \"schedule\": \"adadelta\"}",
                                          "{\"epochs\": 2, \"item_identity\": false}" };
    const char *path = scratch_path("model.safetensors"), *json = params[_i / 3];
    bool features = _i >= 3;
    void *model = factor_model(type, json), *again = NULL;
    const uint32_t item[3] = { 4, 10, 16 };
    const float value[3] = { 1, 2, 3 };
    const pal_rec_query query = { .row = PAL_REC_NEW, .n = 3, .item = item, .value = value };
    float a[ITEMS], b[ITEMS];
    pal_tensors *file = NULL;

    factor_fit(type, model, &world, features, false, 5, 1);
    save(type, model, json, path);
    ck_assert_int_eq(pal_tensors_load(&file, path, NULL), PAL_OK);
    ck_assert_int_eq(pal_rec_load(&found, &again, file, NULL), PAL_OK);
    ck_assert_ptr_eq(found, type);
    ck_assert_uint_eq(type->digest(model), type->digest(again));
    ck_assert_int_eq(type->score(model, &query, 1, a, arena, NULL), PAL_OK);
    ck_assert_int_eq(type->score(again, &query, 1, b, arena, NULL), PAL_OK);
    ck_assert_mem_eq(a, b, sizeof a);
    factor_score(a, type, model, &world, 5);
    factor_score(b, type, again, &world, 5);
    ck_assert_mem_eq(a, b, sizeof a);
    factor_fit(type, model, &world, features, false, 5, 2);
    factor_fit(type, again, &world, features, false, 5, 1);
    ck_assert_uint_eq(type->digest(model), type->digest(again));
    type->free(model);
    type->free(again);
    pal_tensors_free(file);
}
END_TEST

/* A file whose parts do not fit together: each is named. */
START_TEST(arrays_of_another_shape_are_refused_by_name)
{
    static const struct {
        const char *made_with, *read_with, *say;
    } bad[] = {
        { "{\"factors\": 8, \"epochs\": 1}", "{\"factors\": 30}", "'people'" },
        { "{\"epochs\": 1}", "{\"schedule\": \"adadelta\"}", "'people'" },
        { "{\"epochs\": 1}", "{\"item_identity\": false}", "'items' has 540 rows, wanted 0" },
    };
    const char *path = scratch_path("model.safetensors");
    void *model = factor_model(&pal_rec_warp, bad[_i].made_with), *again = NULL;
    const pal_rec_type *found = NULL;
    pal_tensors *file = NULL;
    pal_error err;

    factor_fit(&pal_rec_warp, model, &world, false, false, 5, 1);
    save(&pal_rec_warp, model, bad[_i].read_with, path);
    ck_assert_int_eq(pal_tensors_load(&file, path, NULL), PAL_OK);
    ck_assert_int_eq(pal_rec_load(&found, &again, file, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, bad[_i].say);
    ck_assert_has(err.text, "model.safetensors");
    ck_assert_ptr_null(again);
    pal_mf_free(model);
    pal_tensors_free(file);
}
END_TEST

/* ---- bad input -------------------------------------------------------------------------------------------- */

static void refuse(const char *params, const pal_rec_data *data, const char *say)
{
    void *model = factor_model(&pal_rec_warp, params);
    const pal_rec_env env = factor_env(1, 1);
    pal_error err = { 0 };

    ck_assert_int_eq(pal_rec_warp.fit(model, data, &env, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "warp");
    ck_assert_has(err.text, say);
    pal_mf_free(model);
}

START_TEST(data_that_cannot_be_learned_from_is_refused)
{
    factor_world small;
    pal_rec_data data = { .rows = world.rows, .cols = world.cols };
    pal_csr *none = NULL, *empty = NULL;

    ck_assert_int_eq(pal_csr_new(&none, 3, 4, NULL, 0, PAL_TWICE_SUM, NULL), PAL_OK);
    ck_assert_int_eq(pal_csr_new(&empty, 4, 3, NULL, 0, PAL_TWICE_SUM, NULL), PAL_OK);
    refuse("{}", &(pal_rec_data){ .rows = none, .cols = empty }, "nothing to learn from");
    refuse("{\"user_identity\": false}", &data, "people have neither side features nor factors of their own");
    refuse("{\"item_identity\": false}", &data, "items have neither side features nor factors of their own");
    factor_world_cut(&small, &world, 20, 30);
    data.row_features = small.person_features;
    refuse("{}", &data, "side features for 20 people of 300");
    data.row_features = NULL;
    data.disliked = small.disliked;
    refuse("{}", &data, "dislikes of 20 people and 30 items, interactions of 300 and 540");
    world.rows->value[world.rows->begin[2]] = 0;
    data.disliked = NULL;
    refuse("{}", &data, "person 2");
    pal_csr_free(none);
    pal_csr_free(empty);
    factor_world_free(&small);
}
END_TEST

START_TEST(a_second_fit_must_hold_what_the_first_did)
{
    factor_world small;
    void *model = factor_model(&pal_rec_warp, "{\"epochs\": 1}");
    const pal_rec_env env = factor_env(1, 1);
    pal_rec_data data;
    pal_error err;

    factor_world_cut(&small, &world, PEOPLE - 1, ITEMS);
    factor_fit(&pal_rec_warp, model, &world, true, false, 1, 1);
    data = (pal_rec_data){ .rows = small.rows, .cols = small.cols };
    ck_assert_int_eq(pal_rec_warp.fit(model, &data, &env, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "fitted to 300 people and 540 items before, now given 299 and 540");
    data = (pal_rec_data){ .rows = world.rows, .cols = world.cols };
    ck_assert_int_eq(pal_rec_warp.fit(model, &data, &env, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "0 side features of people, but 8 in an earlier fit");
    pal_mf_free(model);
    factor_world_free(&small);
}
END_TEST

START_TEST(queries_outside_the_model_are_refused)
{
    void *model = factor_model(&pal_rec_warp, "{\"epochs\": 1}");
    const uint32_t far[1] = { ITEMS }, feature[1] = { 3 };
    const float one[1] = { 1 };
    pal_rec_query query = { .row = PAL_REC_NEW, .n = 1, .item = far, .value = one };
    float score[ITEMS];
    pal_error err;

    factor_fit(&pal_rec_warp, model, &world, false, false, 1, 1);
    ck_assert_int_eq(pal_rec_warp.score(model, &query, 1, score, arena, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "item 540, but the model knows 540");
    query = (pal_rec_query){ .row = PAL_REC_NEW, .n_features = 1, .feature = feature, .feature_value = one };
    ck_assert_int_eq(pal_rec_warp.score(model, &query, 1, score, arena, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "side feature 3, but the model knows 0");
    pal_mf_free(model);
}
END_TEST

START_TEST(factors_that_run_away_are_an_error)
{
    void *model = factor_model(&pal_rec_warp, "{\"epochs\": 2, \"use_values\": true}");
    const pal_rec_data data = { .rows = world.rows, .cols = world.cols };
    const pal_rec_env env = factor_env(1, 1);
    pal_error err;

    for (size_t c = 0; c < world.rows->n; c++) world.rows->value[c] = 1e38f;
    ck_assert_int_eq(pal_rec_warp.fit(model, &data, &env, &err), PAL_ERR_CONVERGE);
    ck_assert_has(err.text, "warp: factors grew beyond all bounds; try a learning_rate below 0.05");
    pal_mf_free(model);
}
END_TEST

/* Every allocation of a fit fails once: an error, no crash, no leak (address sanitizer). */
START_TEST(memory_may_run_out_anywhere)
{
    factor_world small;
    size_t failed = 0;

    factor_world_cut(&small, &world, 40, 60);
    for (size_t n = 1;; n++) {
        void *model = factor_model(&pal_rec_warp, "{\"factors\": 4, \"epochs\": 1}");
        const pal_rec_data data = { .rows = small.rows, .cols = small.cols, .row_features = small.person_features,
                                    .col_features = small.item_features };
        const pal_rec_env env = factor_env(1, 2);
        pal_status rc;

        pal_mem_fail_at(n);
        rc = pal_rec_warp.fit(model, &data, &env, NULL);
        pal_mem_fail_at(0);
        pal_mf_free(model);
        if (rc == PAL_OK) break;
        ck_assert_int_eq(rc, PAL_ERR_MEMORY);
        failed++;
    }
    ck_assert_uint_ge(failed, 10);
    factor_world_free(&small);
}
END_TEST

Suite *suite_models_mf(void)
{
    Suite *suite = suite_create("models/mf");
    TCase *tc = tcase_create("model");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_add_loop_test(tc, threads_change_no_byte, 0, 12);
    tcase_add_loop_test(tc, progress_changes_no_byte_and_shows_a_falling_loss, 0, 3);
    tcase_add_loop_test(tc, two_fits_of_epochs_are_one_longer_fit, 0, 6);
    tcase_add_test(tc, another_seed_gives_other_factors);
    tcase_add_loop_test(tc, people_get_items_of_their_taste, 0, 3);
    tcase_add_loop_test(tc, grown_data_keeps_what_was_learned_and_learns_the_rest, 0, 3);
    tcase_add_loop_test(tc, items_nobody_had_are_ranked_by_their_features, 0, 6);
    tcase_add_loop_test(tc, a_new_person_is_the_sum_of_their_features, 0, 3);
    tcase_add_test(tc, a_person_of_whom_nothing_is_known_gets_the_biases);
    tcase_add_loop_test(tc, a_new_person_with_a_history_gets_their_taste, 0, 6);
    tcase_add_test(tc, a_batch_scores_as_one_by_one);
    tcase_add_test(tc, scores_are_dot_products_of_factors_and_biases);
    tcase_add_test(tc, similar_items_share_the_taste);
    tcase_add_loop_test(tc, a_saved_model_serves_and_goes_on_as_before, 0, 9);
    tcase_add_loop_test(tc, arrays_of_another_shape_are_refused_by_name, 0, 3);
    tcase_add_test(tc, data_that_cannot_be_learned_from_is_refused);
    tcase_add_test(tc, a_second_fit_must_hold_what_the_first_did);
    tcase_add_test(tc, queries_outside_the_model_are_refused);
    tcase_add_test(tc, factors_that_run_away_are_an_error);
    tcase_add_test(tc, memory_may_run_out_anywhere);
    suite_add_tcase(suite, tc);
    return suite;
}
