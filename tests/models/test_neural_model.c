/* The neural classifier: scikit-learn's quality, a logistic regression as its limit, early stopping, its file. */
#include "models/neural_model.h"

#include "core/mem.h"
#include "core/pmath.h"
#include "core/sum.h"
#include "models/bench_data.h"
#include "models/logistic_model.h"
#include "tests/support/boost_data.h"
#include "tests/support/scratch.h"

#include <math.h>
#include <stdlib.h>

Suite *suite_models_neural_model(void);

#define D PAL_BENCH_D

static pal_arena *arena;

static void setup(void)
{
    scratch_begin();
    ck_assert_int_eq(pal_arena_new(&arena, 1 << 12, NULL), PAL_OK);
}

static void teardown(void)
{
    pal_arena_free(arena);
    scratch_end();
}

static pal_key key_of(uint64_t seed)
{
    return pal_key_for(seed, 0, PAL_FOR_TRAIN);
}

/* Benchmark rows as doubles; the caller frees both. */
static void rows_of(double **x, double **y, uint64_t seed, size_t n)
{
    float *raw = pal_calloc(n * D, sizeof *raw);

    *x = pal_calloc(n * D, sizeof **x);
    *y = pal_calloc(n, sizeof **y);
    ck_assert(raw != NULL && *x != NULL && *y != NULL);
    pal_bench_rows(raw, *y, seed, n);
    for (size_t i = 0; i < n * D; i++) {
        (*x)[i] = (double)raw[i];
    }
    pal_free(raw);
}

static pal_neural_model *fit(const double *x, const double *y, const double *weight, size_t n, size_t d,
                             const pal_neural_model_config *config, uint64_t seed)
{
    pal_neural_model *model = NULL;
    pal_error err = { 0 };

    ck_assert_msg(pal_neural_model_fit(&model, x, y, weight, n, d, NULL, NULL, config, key_of(seed), arena, &err)
                  == PAL_OK, "%s", err.text);
    return model;
}

static void predict(double *p, const pal_neural_model *model, const double *x, size_t n)
{
    ck_assert_int_eq(pal_neural_model_predict(NULL, p, model, x, n, 1, NULL), PAL_OK);
}

/* ---- quality -------------------------------------------------------------------------------- */

/*
 * scikit-learn 1.2.1 on the rows of pal_bench_rows, X, y of PAL_BENCH_TRAIN and 20,000 test rows T, z, scaled by
 * StandardScaler().fit(X): means over s = 0..4 of roc_auc_score(z, p), log_loss(z, p),
 *   p = MLPClassifier((32, 16), random_state=s, early_stopping=e).fit(X, y).predict_proba(T)[:, 1]
 *   200 rows:   e=False 0.8084, 0.5737 (one fit +- 0.007, 0.019);  e=True 0.6087, 0.6932
 *   2,000 rows: e=False 0.8429, 0.5100 (+- 0.002, 0.007);          e=True 0.8347, 0.5001
 * Ours, when this was written: 0.806, 0.545 and 0.850, 0.478 (means of 20 and 5). Held to the better figure of theirs.
 */
START_TEST(held_out_scores_are_those_of_scikit_learn_or_better)
{
    static const struct {
        size_t n, fits;
        double auc, log_loss;
    } cases[] = { { 200, 8, 0.8084 - 0.007, 0.5737 }, { 2000, 2, 0.8429 - 0.001, 0.5001 } };
    enum { TEST = 20000 };
    double *x, *y, *t, *z, *p = pal_calloc(TEST, sizeof *p), auc = 0, loss = 0;

    rows_of(&x, &y, PAL_BENCH_TRAIN, cases[_i].n);
    rows_of(&t, &z, PAL_BENCH_TEST, TEST);
    for (size_t s = 0; s < cases[_i].fits; s++) {
        pal_neural_model *model = fit(x, y, NULL, cases[_i].n, D, NULL, s);

        predict(p, model, t, TEST);
        auc += boost_auc(p, z, TEST) / (double)cases[_i].fits;
        loss += boost_log_loss(p, z, TEST) / (double)cases[_i].fits;
        pal_neural_model_free(model);
    }
    ck_assert_msg(auc > cases[_i].auc, "%zu rows: AUC %.4f", cases[_i].n, auc);
    ck_assert_msg(loss < cases[_i].log_loss, "%zu rows: LogLoss %.4f", cases[_i].n, loss);
    pal_free(x);
    pal_free(y);
    pal_free(t);
    pal_free(z);
    pal_free(p);
}
END_TEST

/* Whole batches, no decay, no dropout: the minimum that Newton's method finds, weights of rows included. */
START_TEST(without_hidden_layers_it_is_logistic_regression)
{
    enum { N = 400 };
    pal_neural_model_config config = pal_neural_model_defaults();
    pal_logistic_config newton = pal_logistic_defaults();
    pal_logistic_model *line = NULL;
    pal_neural_model *model;
    double *x, *y, weight[N], p[N], q[N], slope[D];

    rows_of(&x, &y, PAL_BENCH_TRAIN, N);
    for (size_t i = 0; i < N; i++) {
        weight[i] = 0.25 + (double)(i % 7);
    }
    newton.l2 = 0;
    config.n_hidden = 0;
    config.weight_decay = 0;
    config.batch = N;
    config.epochs = 1500;
    config.learning_rate = 0.02;
    config.valid_parts = 0;
    model = fit(x, y, weight, N, D, &config, 3);
    ck_assert_int_eq(pal_logistic_model_fit(&line, x, y, weight, N, D, NULL, NULL, &newton, arena, NULL), PAL_OK);
    predict(p, model, x, N);
    pal_logistic_model_predict(NULL, q, line, x, N);
    for (size_t i = 0; i < N; i++) {
        ck_assert_msg(fabs(p[i] - q[i]) < 1e-4, "row %zu: %.6f, Newton %.6f", i, p[i], q[i]);
    }
    ck_assert_int_eq(pal_neural_model_slopes(slope, model, x, N, NULL), PAL_OK);
    for (size_t j = 0; j < D; j++) {
        ck_assert_double_eq_tol(slope[j], fabs(line->coefficient[j]) * line->sd[j], 1e-3);
    }
    pal_neural_model_free(model);
    pal_logistic_model_free(line);
    pal_free(x);
    pal_free(y);
}
END_TEST

START_TEST(cross_validation_knows_the_learner)
{
    enum { N = 500 };
    static const pal_score scores[] = { { "one half", NULL } };
    const pal_neural_model_config config = pal_neural_model_defaults();
    double *x, *y, p[N];
    pal_samples samples;

    rows_of(&x, &y, PAL_BENCH_TRAIN, N);
    samples = (pal_samples){ .x = x, .y = y, .n = N, .d = D };
    ck_assert_int_eq(pal_cross_validate(NULL, NULL, p, &pal_learner_neural, &config, &samples, scores, 0, 4, key_of(1),
                                        arena, NULL), PAL_OK);
    ck_assert_double_gt(boost_auc(p, y, N), 0.78);
    ck_assert_str_eq(pal_learner_neural.name, "neural");
    pal_learner_neural.free(NULL);
    pal_free(x);
    pal_free(y);
}
END_TEST

/* ---- early stopping ------------------------------------------------------------------------- */

/* The kept parameters are those of the epoch with the lowest loss on fold 0 of the key "hold out". */
START_TEST(the_best_epoch_is_kept_and_patience_ends_the_fit)
{
    enum { N = 300 };
    pal_neural_model_config config = pal_neural_model_defaults();
    pal_neural_model *model;
    uint32_t fold[N];
    double *x, *y, p[N], loss = 0, held = 0;

    config.patience = 6;
    rows_of(&x, &y, PAL_BENCH_TRAIN, N);
    model = fit(x, y, NULL, N, D, &config, 5);
    ck_assert_uint_eq(model->n_epochs, model->best + 6);
    for (size_t e = 0; e < model->n_epochs; e++) {
        ck_assert(model->valid[e] >= model->valid[model->best - 1] && isfinite(model->train[e]));
    }
    predict(p, model, x, N);
    ck_assert_int_eq(pal_stratified_folds(fold, y, N, 5, pal_key_named(key_of(5), "hold out"), arena, NULL), PAL_OK);
    for (size_t i = 0; i < N; i++) {
        loss -= fold[i] == 0 ? log(y[i] > 0 ? p[i] : 1 - p[i]) : 0;
        held += fold[i] == 0;
    }
    ck_assert_double_eq_tol(loss / held, model->valid[model->best - 1], 1e-9);
    pal_neural_model_free(model);
    pal_free(x);
    pal_free(y);
}
END_TEST

/* Two of a class: every other row is held out. One: nothing is, and the epochs are as many as patience. */
START_TEST(rare_classes_have_fewer_parts_and_a_single_row_none)
{
    enum { N = 60 };
    pal_neural_model_config config = pal_neural_model_defaults();
    double *x, *y;

    rows_of(&x, &y, PAL_BENCH_TRAIN, N);
    for (size_t rare = 1; rare <= 2; rare++) {
        pal_neural_model *model;

        for (size_t i = 0; i < N; i++) {
            y[i] = i < rare;
        }
        model = fit(x, y, NULL, N, D, &config, 1);
        ck_assert_int_eq(isnan(model->valid[0]) != 0, rare == 1);
        ck_assert(rare == 2 || (model->n_epochs == config.patience && model->best == config.patience));
        pal_neural_model_free(model);
    }
    config.valid_parts = 0;
    config.epochs = 23;
    for (size_t i = 0; i < N; i++) {
        y[i] = (double)(i % 2);
    }
    {
        pal_neural_model *model = fit(x, y, NULL, N, D, &config, 1);

        ck_assert(model->n_epochs == 23 && model->best == 23 && isnan(model->valid[22]));
        pal_neural_model_free(model);
    }
    pal_free(x);
    pal_free(y);
}
END_TEST

/* ---- what must not matter ------------------------------------------------------------------- */

START_TEST(threads_doubled_weights_and_units_change_no_byte)
{
    enum { N = 700 };
    pal_neural_model_config config = pal_neural_model_defaults();
    pal_neural_model *one, *other;
    double *x, *y, weight[N], p[N], q[N];

    config.batch = 300; /* three shards a step */
    config.epochs = 12;
    rows_of(&x, &y, PAL_BENCH_TRAIN, N);
    for (size_t i = 0; i < N; i++) {
        weight[i] = 0.3 + 0.1173 * (double)(i % 5);
    }
    one = fit(x, y, weight, N, D, &config, 9);
    predict(p, one, x, N);
    for (size_t threads = 2; threads <= 7; threads += 5) {
        config.n_threads = threads;
        other = fit(x, y, weight, N, D, &config, 9);
        ck_assert_uint_eq(pal_net_digest(other->net), pal_net_digest(one->net));
        ck_assert_int_eq(pal_neural_model_predict(NULL, q, other, x, N, threads, NULL), PAL_OK);
        ck_assert_mem_eq(p, q, sizeof p);
        pal_neural_model_free(other);
    }
    for (size_t i = 0; i < N; i++) {
        weight[i] *= 2;
        for (size_t j = 0; j < D; j++) {
            x[i * D + j] *= j % 2 == 0 ? 1024 : 0.125; /* powers of two round nothing */
        }
    }
    other = fit(x, y, weight, N, D, &config, 9);
    predict(q, other, x, N);
    ck_assert_mem_eq(p, q, sizeof p);
    pal_neural_model_free(other);
    other = fit(x, y, weight, N, D, &config, 10);
    ck_assert_uint_ne(pal_net_digest(other->net), pal_net_digest(one->net)); /* but the key does */
    pal_neural_model_free(other);
    pal_neural_model_free(one);
    pal_free(x);
    pal_free(y);
}
END_TEST

START_TEST(a_missing_value_is_the_mean_and_a_constant_column_plays_no_part)
{
    enum { N = 120, W = 3 };
    double x[N * W], y[N], p[N], q[N];
    pal_neural_model_config config = pal_neural_model_defaults();
    pal_neural_model *model;

    for (size_t i = 0; i < N; i++) {
        x[i * W] = i % 4 == 0 ? (double)NAN : (double)(i % 11);
        x[i * W + 1] = 0.1173;
        x[i * W + 2] = (double)NAN; /* never known */
        y[i] = i % 11 > 5;
    }
    config.epochs = 5;
    model = fit(x, y, NULL, N, W, &config, 1);
    ck_assert(model->sd[1] == 0 && model->sd[2] == 0 && model->mean[2] == 0 && model->sd[0] > 3);
    predict(p, model, x, N);
    for (size_t i = 0; i < N; i++) {
        x[i * W] = isnan(x[i * W]) ? model->mean[0] : x[i * W];
        x[i * W + 1] = (double)i;
        x[i * W + 2] = -(double)i;
    }
    predict(q, model, x, N);
    ck_assert_mem_eq(p, q, sizeof p);
    pal_neural_model_free(model);
}
END_TEST

/* ---- what is refused ------------------------------------------------------------------------ */

START_TEST(bad_data_and_settings_are_named)
{
    enum { N = 20 };
    static const struct {
        int at; /* of x, y or weight */
        double value;
        const char *what;
    } cases[] = { { 1, 2, "row 3: y is 2, wanted 0 or 1" },
                  { 2, -1, "row 3: weight is -1" },
                  { 2, (double)NAN, "row 3: weight is nan" },
                  { 0, (double)INFINITY, "row 3, column 1: inf is not finite" } };
    pal_neural_model_config config = pal_neural_model_defaults();
    pal_neural_model *model = NULL;
    pal_error err = { 0 };

    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        double x[N * 2], y[N], weight[N];

        for (size_t i = 0; i < N; i++) {
            x[2 * i] = x[2 * i + 1] = (double)i;
            y[i] = (double)(i % 2);
            weight[i] = 1;
        }
        *(cases[c].at == 0 ? &x[7] : cases[c].at == 1 ? &y[3] : &weight[3]) = cases[c].value;
        ck_assert_int_eq(pal_neural_model_fit(&model, x, y, weight, N, 2, NULL, NULL, &config, key_of(1), arena, &err),
                         PAL_ERR_DATA);
        ck_assert_has(err.text, cases[c].what);
    }
    for (int only = 0; only < 2; only++) { /* the other class has no weight */
        const double x[] = { 1, 2, 3, 4 }, y[] = { 0, 1, 0, 1 };
        const double weight[] = { only == 0, only == 1, only == 0, only == 1 };

        ck_assert_int_eq(pal_neural_model_fit(&model, x, y, weight, 4, 1, NULL, NULL, NULL, key_of(1), arena, &err),
                         PAL_ERR_DATA);
        ck_assert_has(err.text, only == 0 ? "has y = 1" : "has y = 0");
    }
    {
        const double x[] = { 1, 2, 3, 4, 5, 6 }, y[] = { 0, 1, 0, 1, 0, 1 };

        ck_assert_int_eq(pal_neural_model_fit(&model, x, y, NULL, 0, 1, NULL, NULL, NULL, key_of(1), arena, &err),
                         PAL_ERR_SHAPE);
        ck_assert_int_eq(pal_neural_model_fit(&model, x, y, NULL, 6, 0, NULL, NULL, NULL, key_of(1), arena, &err),
                         PAL_ERR_SHAPE);
        config.hidden[1] = 0;
        ck_assert_int_eq(pal_neural_model_fit(&model, x, y, NULL, 6, 1, NULL, NULL, &config, key_of(1), arena, &err),
                         PAL_ERR_CONFIG);
        ck_assert_has(err.text, "hidden layer 1 has no units");
        config = pal_neural_model_defaults();
        config.dropout = 1;
        ck_assert_int_eq(pal_neural_model_fit(&model, x, y, NULL, 6, 1, NULL, NULL, &config, key_of(1), arena, &err),
                         PAL_ERR_CONFIG);
        config = pal_neural_model_defaults();
        config.learning_rate = 1e38;
        config.valid_parts = 0;
        ck_assert_int_eq(pal_neural_model_fit(&model, x, y, NULL, 6, 1, NULL, NULL, &config, key_of(1), arena, &err),
                         PAL_ERR_CONVERGE);
        ck_assert_has(err.text, "left the finite numbers");
    }
    ck_assert_ptr_null(model);
}
END_TEST

START_TEST(layers_that_are_none_are_refused_by_their_path)
{
    static const struct {
        const char *json, *what;
    } cases[] = { { "{\"hidden\": [8, 2.5]}", "f: m.hidden[1]: found 2.5; wanted a whole number" },
                  { "{\"hidden\": [1,1,1,1,1,1,1,1,1]}", "f: m.hidden: found 9 layers; allowed: 8 at most" },
                  { "{\"valid_parts\": 1}", "f: m.valid_parts: found 1; allowed: 0, or 2 and more" } };

    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        pal_json_doc *doc = NULL;
        pal_values *values = NULL;
        pal_neural_model_config config;
        pal_error err = { 0 };

        ck_assert_int_eq(pal_json_parse(&doc, cases[c].json, strlen(cases[c].json), "f", NULL), PAL_OK);
        ck_assert_int_eq(pal_values_read(&values, pal_neural_model_params, pal_json_root(doc), "f", "m", NULL, NULL),
                         PAL_OK);
        ck_assert_int_eq(pal_neural_model_config_from(&config, values, "f", "m", &err), PAL_ERR_CONFIG);
        ck_assert_has(err.text, cases[c].what);
        pal_values_free(values);
        pal_json_free(doc);
    }
}
END_TEST

START_TEST(the_table_and_the_defaults_agree)
{
    const pal_neural_model_config wanted = pal_neural_model_defaults();
    pal_neural_model_config found;
    pal_values *values = NULL;

    ck_assert_int_eq(pal_values_read(&values, pal_neural_model_params, NULL, "f", "", NULL, NULL), PAL_OK);
    ck_assert_int_eq(pal_neural_model_config_from(&found, values, "f", "", NULL), PAL_OK);
    ck_assert_uint_eq(found.n_hidden, wanted.n_hidden);
    ck_assert_mem_eq(found.hidden, wanted.hidden, sizeof found.hidden);
    ck_assert(found.gelu == wanted.gelu && found.dropout == wanted.dropout && found.batch == wanted.batch);
    ck_assert(found.learning_rate == wanted.learning_rate && found.weight_decay == wanted.weight_decay);
    ck_assert(found.epochs == wanted.epochs && found.patience == wanted.patience);
    ck_assert(found.valid_parts == wanted.valid_parts && found.n_threads == wanted.n_threads);
    pal_values_free(values);
}
END_TEST

/* ---- the file ------------------------------------------------------------------------------- */

static pal_neural_model *small_model(void)
{
    static const char *const name[] = { "tempo \"bpm\"", "énergie" };
    pal_neural_model_config config = pal_neural_model_defaults();
    pal_neural_model *model = NULL;
    double x[60], y[30];

    for (size_t i = 0; i < 30; i++) {
        x[2 * i] = (double)(i * 7 % 30);
        x[2 * i + 1] = (double)(i * 11 % 30) * 2.385;
        y[i] = (double)(i % 2);
    }
    config.hidden[0] = 5;
    config.hidden[1] = 3;
    config.epochs = 4;
    config.gelu = true;
    ck_assert_int_eq(pal_neural_model_fit(&model, x, y, NULL, 30, 2, name, "liked", &config, key_of(2), arena, NULL),
                     PAL_OK);
    return model;
}

START_TEST(what_was_saved_loads_with_the_same_bits)
{
    const double x[] = { 1, 2, -3.5, (double)NAN, 100, 0.1 };
    const char *first = scratch_path("a.safetensors"), *second = scratch_path("b.safetensors");
    pal_neural_model *model = small_model(), *again = NULL;
    pal_tensors *file = NULL;
    char hex[2][PAL_HASH_HEX];
    double p[3], q[3];

    ck_assert_int_eq(pal_neural_model_save(model, first, hex[0], NULL), PAL_OK);
    ck_assert_int_eq(pal_tensors_load(&file, first, NULL), PAL_OK);
    ck_assert_int_eq(pal_neural_model_load(&again, file, NULL), PAL_OK);
    ck_assert(again->d == 2 && again->rows == 30 && again->positives == 15 && again->config.gelu);
    ck_assert_str_eq(again->name[0], "tempo \"bpm\"");
    ck_assert_str_eq(again->name[1], "énergie");
    ck_assert_str_eq(again->label, "liked");
    predict(p, model, x, 3);
    predict(q, again, x, 3);
    ck_assert_mem_eq(p, q, sizeof p);
    ck_assert_int_eq(pal_neural_model_save(again, second, hex[1], NULL), PAL_OK);
    ck_assert_str_eq(hex[0], hex[1]);
    pal_tensors_free(file);
    pal_neural_model_free(model);
    pal_neural_model_free(again);
}
END_TEST

/* The arrays and texts of a model, but for one. */
static pal_tensors *damaged(int what)
{
    pal_tensors *file = NULL;
    const double column[] = { 1, what == 4 ? (double)NAN : 2 }, sd[] = { 1, what == 5 ? -1 : 1 };
    const float weight[] = { 1, what == 7 ? (float)INFINITY : 2 }, bias = 0;
    const uint64_t two = 2, d = what == 6 ? 1 : 2, rows[] = { 3, 1 }, shape[] = { 1, what == 8 ? 1 : 2 }, one = 1;

    ck_assert_int_eq(pal_tensors_new(&file, NULL), PAL_OK);
    ck_assert_int_eq(pal_tensors_put_text(file, "model", what == 0 ? "als" : "neural", NULL), PAL_OK);
    ck_assert_int_eq(pal_tensors_put_text(file, "model_version", what == 1 ? "9" : "1", NULL), PAL_OK);
    if (what != 2) ck_assert_int_eq(pal_tensors_put_text(file, "features", "[\"a\", \"b\"]", NULL), PAL_OK);
    ck_assert_int_eq(pal_tensors_put_text(file, "label", "y", NULL), PAL_OK);
    ck_assert_int_eq(pal_tensors_put_text(file, "params", what == 3 ? "{\"hidden\": [], \"dropout\": 7}"
                                                                    : "{\"hidden\": []}", NULL), PAL_OK);
    ck_assert_int_eq(pal_tensors_put(file, "mean", PAL_F64, 1, &d, column, NULL), PAL_OK);
    ck_assert_int_eq(pal_tensors_put(file, "sd", PAL_F64, 1, &two, sd, NULL), PAL_OK);
    ck_assert_int_eq(pal_tensors_put(file, "rows", PAL_U64, 1, &two, rows, NULL), PAL_OK);
    ck_assert_int_eq(pal_tensors_put(file, "net.out.weight", PAL_F32, 2, shape, weight, NULL), PAL_OK);
    ck_assert_int_eq(pal_tensors_put(file, "net.out.bias", PAL_F32, 1, &one, &bias, NULL), PAL_OK);
    return file;
}

START_TEST(a_file_that_is_no_model_is_refused_by_what_is_wrong)
{
    static const char *const wanted[] = {
        "the text \"model\" is \"als\", wanted \"neural\"", "\"model_version\" is \"9\"",
        "the text \"features\" is missing", "dropout", "array \"mean\": entry 1 is nan", "array \"sd\": entry 1 is -1",
        "array \"mean\" has 1 values, wanted 2", "a parameter of the net is inf", "net.out.weight", NULL,
    };
    pal_neural_model *model = NULL;
    pal_error err = { 0 };

    for (int what = 0; what < 10; what++) {
        pal_tensors *file = damaged(what);
        pal_status rc = pal_neural_model_load(&model, file, &err);

        if (wanted[what] == NULL) { /* nothing was damaged */
            const double row[] = { 2, 0 };
            double z;

            ck_assert_int_eq(rc, PAL_OK);
            ck_assert_int_eq(pal_neural_model_predict(&z, NULL, model, row, 1, 1, NULL), PAL_OK);
            ck_assert_double_eq(z, -3); /* (2 - 1) 1 + (0 - 2) 2 */
        } else {
            ck_assert_int_eq(rc, what == 3 ? PAL_ERR_CONFIG : PAL_ERR_DATA);
            ck_assert_has(err.text, wanted[what]);
            ck_assert_ptr_null(model);
        }
        pal_tensors_free(file);
    }
    pal_neural_model_free(model);
}
END_TEST

/* ---- memory --------------------------------------------------------------------------------- */

/* A failure is reported, or was of no consequence: an arena that asks for less the second time. */
START_TEST(fit_and_prediction_survive_every_failing_allocation)
{
    enum { N = 40 };
    pal_neural_model_config config = pal_neural_model_defaults();
    double x[N * 2], y[N], p[N], q[N];
    pal_neural_model *whole;
    bool failed = true;
    size_t reported = 0;

    for (size_t i = 0; i < N; i++) {
        x[2 * i] = (double)(i * 7 % N);
        x[2 * i + 1] = (double)(i * 11 % N);
        y[i] = (double)(i * 3 % 7 > 3);
    }
    config.epochs = 2;
    whole = fit(x, y, NULL, N, 2, &config, 1);
    predict(p, whole, x, N);
    for (size_t n = 1; failed; n++) {
        pal_neural_model *model = NULL;
        pal_arena *small = NULL;
        pal_status rc;

        ck_assert_int_eq(pal_arena_new(&small, 64, NULL), PAL_OK);
        pal_mem_fail_at(n);
        rc = pal_neural_model_fit(&model, x, y, NULL, N, 2, NULL, NULL, &config, key_of(1), small, NULL);
        if (rc == PAL_OK) {
            rc = pal_neural_model_predict(NULL, q, model, x, N, 1, NULL);
        }
        failed = pal_mem_count() >= n;
        pal_mem_fail_at(0);
        ck_assert_msg(rc == PAL_OK || (failed && rc == PAL_ERR_MEMORY), "allocation %zu: status %d", n, (int)rc);
        ck_assert(rc != PAL_OK || memcmp(p, q, sizeof p) == 0);
        reported += rc == PAL_ERR_MEMORY;
        pal_neural_model_free(model);
        pal_arena_free(small);
        ck_assert_uint_lt(n, 10000);
    }
    ck_assert_uint_gt(reported, 30);
    pal_neural_model_free(whole);
}
END_TEST

Suite *suite_models_neural_model(void)
{
    Suite *suite = suite_create("models/neural_model");
    TCase *tc = tcase_create("neural_model");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, held_out_scores_are_those_of_scikit_learn_or_better, 0, 2);
    tcase_add_test(tc, without_hidden_layers_it_is_logistic_regression);
    tcase_add_test(tc, cross_validation_knows_the_learner);
    tcase_add_test(tc, the_best_epoch_is_kept_and_patience_ends_the_fit);
    tcase_add_test(tc, rare_classes_have_fewer_parts_and_a_single_row_none);
    tcase_add_test(tc, threads_doubled_weights_and_units_change_no_byte);
    tcase_add_test(tc, a_missing_value_is_the_mean_and_a_constant_column_plays_no_part);
    tcase_add_test(tc, bad_data_and_settings_are_named);
    tcase_add_test(tc, layers_that_are_none_are_refused_by_their_path);
    tcase_add_test(tc, the_table_and_the_defaults_agree);
    tcase_add_test(tc, what_was_saved_loads_with_the_same_bits);
    tcase_add_test(tc, a_file_that_is_no_model_is_refused_by_what_is_wrong);
    tcase_add_test(tc, fit_and_prediction_survive_every_failing_allocation);
    suite_add_tcase(suite, tc);
    return suite;
}
