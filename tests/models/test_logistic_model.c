/* The logistic model that is kept: missing values, contributions, its file. */
#include "models/logistic_model.h"

#include "core/file.h"
#include "core/mem.h"
#include "tests/support/logit_rows.h"
#include "tests/support/scratch.h"

#include <math.h>
#include <stdlib.h>

Suite *suite_models_logistic_model(void);

enum { N = 300, D = 4 };

static pal_arena *arena;
static double x[N * D], y[N];
static const char *const name[D] = { "tempo bpm", "energy", "a \"quoted\", name", "\303\251t\303\251" };

static void setup(void)
{
    scratch_begin();
    ck_assert_int_eq(pal_arena_new(&arena, 1 << 12, NULL), PAL_OK);
    for (size_t i = 0; i < N; i++) {
        double f = -0.3;

        for (size_t j = 0; j < D; j++) {
            x[i * D + j] = logit_bell(3, i * D + j) * (j == 0 ? 40 : 1) + (j == 0 ? 117.3 : 0);
            f += logit_bell(3, i * D + j) * (j == 1 ? -0.8 : 0.4);
        }
        y[i] = logit_uniform(4, i) < 0.5 + f / 4;
    }
}

static void teardown(void)
{
    pal_arena_free(arena);
    scratch_end();
}

static pal_logistic_model *fitted(void)
{
    pal_logistic_model *model = NULL;

    ck_assert_int_eq(pal_logistic_model_fit(&model, x, y, NULL, N, D, name, "liked", NULL, arena, NULL), PAL_OK);
    return model;
}

START_TEST(without_missing_values_it_is_the_plain_fit)
{
    pal_logistic_model *model = fitted();
    double w[D], b, p[N], q[N];

    ck_assert_int_eq(pal_logistic_fit(w, &b, NULL, x, y, NULL, N, D, NULL, arena, NULL), PAL_OK);
    ck_assert_mem_eq(w, model->coefficient, sizeof w);
    ck_assert(b == model->intercept);
    pal_logistic_predict(p, x, N, D, w, b);
    pal_logistic_model_predict(NULL, q, model, x, N);
    ck_assert_mem_eq(p, q, sizeof p);
    ck_assert_uint_eq(model->rows, N);
    ck_assert_str_eq(model->name[3], name[3]);
    pal_logistic_model_free(model);
}
END_TEST

START_TEST(missing_values_count_as_the_mean_of_the_known)
{
    pal_logistic_model *model = NULL;
    double filled[N * D], w[D], b, mean = 0, square = 0, raw[2];
    size_t known = 0;

    for (size_t i = 0; i < N; i++) {
        if (i % 3 == 0) {
            x[i * D] = NAN;
        } else {
            mean += x[i * D];
            known++;
        }
        x[i * D + 3] = NAN; /* nothing known at all */
    }
    mean /= (double)known;
    memcpy(filled, x, sizeof filled);
    for (size_t i = 0; i < N; i++) {
        if (isnan(x[i * D])) filled[i * D] = mean;
        else square += (x[i * D] - mean) * (x[i * D] - mean);
        filled[i * D + 3] = 0;
    }
    ck_assert_int_eq(pal_logistic_model_fit(&model, x, y, NULL, N, D, NULL, NULL, NULL, arena, NULL), PAL_OK);
    ck_assert_int_eq(pal_logistic_fit(w, &b, NULL, filled, y, NULL, N, D, NULL, arena, NULL), PAL_OK);
    for (size_t j = 0; j < D; j++) ck_assert_double_eq_tol(model->coefficient[j], w[j], 1e-10);
    ck_assert_double_eq_tol(model->mean[0], mean, 1e-11);
    ck_assert_double_eq_tol(model->sd[0], sqrt(square / (double)known), 1e-11);
    ck_assert(model->coefficient[3] == 0 && model->mean[3] == 0 && model->sd[3] == 0);
    ck_assert_str_eq(model->name[2], "x2");
    pal_logistic_model_predict(raw, NULL, model, x, 2);
    pal_logistic_model_predict(raw + 1, NULL, model, filled, 1);
    ck_assert_double_eq_tol(raw[0], raw[1], 1e-12);
    pal_logistic_model_free(model);
}
END_TEST

START_TEST(contributions_add_up_to_the_log_odds)
{
    pal_logistic_model *model = fitted();
    double raw[N], part[N * (D + 1)];

    x[7 * D + 1] = NAN;
    pal_logistic_model_predict(raw, NULL, model, x, N);
    pal_logistic_model_contributions(part, model, x, N);
    for (size_t i = 0; i < N; i++) {
        double sum = 0;

        for (size_t j = 0; j <= D; j++) sum += part[i * (D + 1) + j];
        ck_assert_double_eq_tol(sum, raw[i], 1e-12);
    }
    ck_assert(part[7 * (D + 1) + 1] == 0);
    ck_assert_double_eq_tol(part[0], model->coefficient[0] * (x[0] - model->mean[0]), 1e-15);
    pal_logistic_model_free(model);
}
END_TEST

START_TEST(file_brings_back_every_bit)
{
    pal_logistic_model *model = fitted(), *again = NULL;
    char path[256], hex[2][33];

    strcpy(path, scratch_path("model.json"));
    ck_assert_int_eq(pal_logistic_model_save(model, path, hex[0], NULL), PAL_OK);
    ck_assert_int_eq(pal_logistic_model_load(&again, path, NULL), PAL_OK);
    ck_assert_uint_eq(again->d, D);
    ck_assert_mem_eq(again->coefficient, model->coefficient, D * sizeof(double));
    ck_assert_mem_eq(again->mean, model->mean, D * sizeof(double));
    ck_assert(again->intercept == model->intercept && again->positives == model->positives);
    ck_assert_str_eq(again->name[2], name[2]);
    ck_assert_str_eq(again->label, "liked");
    ck_assert(again->config.l2 == 1 && again->config.tol == model->config.tol);
    ck_assert_int_eq(pal_logistic_model_save(again, scratch_path("again.json"), hex[1], NULL), PAL_OK);
    ck_assert_str_eq(hex[0], hex[1]);
    pal_logistic_model_free(model);
    pal_logistic_model_free(again);
}
END_TEST

#define HEAD "{\"format\": \"palate-logistic/1\", \"label\": \"y\", \"rows\": 9, \"positives\": 4, \"intercept\": -1.5,"
#define FEATURE "{\"name\": \"a\", \"coefficient\": 2, \"mean\": 1, \"sd\": 0.5}"
#define TAIL ", \"config\": {\"l2\": 1}}"

typedef struct damage {
    const char *text;
    pal_status status;
    const char *part;
} damage;

static const damage damages[] = {
    { "", PAL_ERR_PARSE, "model" },
    { "{\"format\": ", PAL_ERR_PARSE, "model" },
    { "[1]", PAL_ERR_DATA, "an array" },
    { "{}", PAL_ERR_DATA, "format is missing" },
    { "{\"format\": \"palate-logistic/2\"}", PAL_ERR_DATA, "palate-logistic/2" },
    { HEAD "\"features\": [" FEATURE "], \"tree\": 1" TAIL, PAL_ERR_DATA, "tree" },
    { HEAD "\"features\": []" TAIL, PAL_ERR_DATA, "features is empty" },
    { HEAD "\"features\": 3" TAIL, PAL_ERR_DATA, "features is a number, wanted an array" },
    { HEAD "\"features\": [3]" TAIL, PAL_ERR_DATA, "features[0] is a number" },
    { HEAD "\"features\": [" FEATURE ", {\"name\": \"b\", \"coefficient\": \"2\", \"mean\": 1, \"sd\": 1}]" TAIL, PAL_ERR_DATA,
      "features[1].coefficient is a string, wanted a number" },
    { HEAD "\"features\": [{\"name\": \"b\", \"coefficient\": 2, \"mean\": 1}]" TAIL, PAL_ERR_DATA, "features[0].sd is missing" },
    { HEAD "\"features\": [{\"name\": \"b\", \"coefficient\": 2, \"mean\": 1, \"sd\": -1}]" TAIL, PAL_ERR_DATA, "features[0].sd" },
    { HEAD "\"features\": [" FEATURE ", " FEATURE "]" TAIL, PAL_ERR_DATA, "features[1].name is that of features[0], 'a'" },
    { HEAD "\"features\": [" FEATURE "], \"config\": {\"l2\": -1}}", PAL_ERR_DATA, "config.l2" },
    { HEAD "\"features\": [" FEATURE "]}", PAL_ERR_DATA, "config is missing" },
    { "{\"format\": \"palate-logistic/1\", \"label\": \"y\", \"rows\": 9.5, \"features\": [" FEATURE "]" TAIL, PAL_ERR_DATA,
      "rows is 9.5, wanted a count" },
};
enum { N_DAMAGES = sizeof damages / sizeof damages[0] };

START_TEST(damaged_files_are_named)
{
    const damage *c = &damages[_i];
    pal_logistic_model *model = NULL;
    pal_error err = { 0 };

    ck_assert_int_eq(pal_logistic_model_parse(&model, c->text, strlen(c->text), "model.json", &err), c->status);
    ck_assert_ptr_null(model);
    ck_assert_has(err.text, "model.json");
    ck_assert_has(err.text, c->part);
}
END_TEST

START_TEST(whole_file_is_read)
{
    static const char text[] = HEAD "\"features\": [" FEATURE "]" TAIL;
    pal_logistic_model *model = NULL;
    const double row[2] = { 3, NAN };
    double raw[2];

    ck_assert_int_eq(pal_logistic_model_parse(&model, text, strlen(text), "f", NULL), PAL_OK);
    pal_logistic_model_predict(raw, NULL, model, row, 2);
    ck_assert(raw[0] == 4.5 && raw[1] == 0.5);
    pal_logistic_model_free(model);
}
END_TEST

START_TEST(missing_file_is_named)
{
    pal_logistic_model *model = NULL;
    pal_error err = { 0 };

    ck_assert_int_eq(pal_logistic_model_load(&model, scratch_path("none.json"), &err), PAL_ERR_IO);
    ck_assert_has(err.text, "none.json");
}
END_TEST

START_TEST(faults_of_the_data_are_those_of_the_fit)
{
    pal_logistic_model *model = NULL;
    pal_error err = { 0 };

    x[9 * D + 2] = INFINITY;
    ck_assert_int_eq(pal_logistic_model_fit(&model, x, y, NULL, N, D, name, "y", NULL, arena, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "row 9, column 2");
    ck_assert_ptr_null(model);
    ck_assert_int_eq(pal_logistic_model_fit(&model, x, y, NULL, 0, D, name, "y", NULL, arena, &err), PAL_ERR_SHAPE);
    x[9 * D + 2] = 1.7e308;
    x[10 * D + 2] = -1.7e308;
    ck_assert_int_eq(pal_logistic_model_fit(&model, x, y, NULL, N, D, name, "y", NULL, arena, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "column 2");
}
END_TEST

START_TEST(every_failing_allocation_is_reported)
{
    pal_logistic_model *model = NULL;
    pal_status rc = PAL_ERR_MEMORY;
    size_t k = 0;

    x[0] = NAN;
    while (rc != PAL_OK) {
        pal_mem_fail_at(++k);
        rc = pal_logistic_model_fit(&model, x, y, NULL, N, D, name, "y", NULL, arena, NULL);
        pal_mem_fail_at(0);
        ck_assert(rc == PAL_OK || (rc == PAL_ERR_MEMORY && model == NULL));
    }
    ck_assert_uint_gt(k, 9);
    pal_logistic_model_free(model);
}
END_TEST

Suite *suite_models_logistic_model(void)
{
    Suite *suite = suite_create("models/logistic_model");
    TCase *tc = tcase_create("logistic_model");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, without_missing_values_it_is_the_plain_fit);
    tcase_add_test(tc, missing_values_count_as_the_mean_of_the_known);
    tcase_add_test(tc, contributions_add_up_to_the_log_odds);
    tcase_add_test(tc, file_brings_back_every_bit);
    tcase_add_loop_test(tc, damaged_files_are_named, 0, N_DAMAGES);
    tcase_add_test(tc, whole_file_is_read);
    tcase_add_test(tc, missing_file_is_named);
    tcase_add_test(tc, faults_of_the_data_are_those_of_the_fit);
    tcase_add_test(tc, every_failing_allocation_is_reported);
    suite_add_tcase(suite, tc);
    return suite;
}
