/* palate train: a logistic regression, boosted trees or a network from any numeric CSV, judged and saved; or a
 * recommender. */
#include "cli/cmd_train_recommender.h"
#include "cli/command.h"
#include "cli/judge.h"
#include "cli/learned.h"
#include "cli/matrix.h"
#include "cli/params_lines.h"
#include "cli/print.h"
#include "cli/settings.h"
#include "core/mem.h"
#include "core/progress.h"
#include "models/cross_validation_learners.h"
#include "models/neural_model.h"
#include "models/recommender.h"

#include <stdio.h>
#include <string.h>

#define MOST_MODELS 64
#define HOLD_OUT 5 /* boosted: one row in five stops the training */

/* Settings to start from. Without a preset it is the table, but the classes are not weighted: R1 weighs the rarer
 * one up, which shifts every probability, and when few are positive the LogLoss to stop on is best after a tree or two. */
static const char plain_settings[] = "{\"scale_pos_weight\": 1}";
static const char lightgbm_preset[] =
    "{\"num_iterations\": 100, \"learning_rate\": 0.1, \"num_leaves\": 31, \"max_depth\": 0, \"min_data_in_leaf\": 20, "
    "\"lambda_l1\": 0, \"lambda_l2\": 0, \"bagging_fraction\": 1, \"bagging_freq\": 0, \"feature_fraction\": 1, "
    "\"scale_pos_weight\": 1, \"early_stopping_round\": 0}";

static const pal_option options[] = {
    { "data", "FILE", false, "rows to learn from, plain or .gz: numbers under a header; a recommender: who had what" },
    { "label", "COLUMN", false, "column of 0 and 1 (or true and false) to predict" },
    { "feature", "COLUMN", true, "column to learn from (default: all but the label)" },
    { "drop", "COLUMN", true, "column to leave out" },
    { "set", "KEY=VALUE", true, "change a parameter of the learner; a recommender: data.KEY=VALUE says how to read --data" },
    { "params", NULL, false, "only print the parameters of the learner" },
    { "preset", "NAME", false, "boosted: 'lightgbm' for LightGBM's defaults (default: those of --params, scale_pos_weight 1)" },
    { "hold-out", "N", false, "boosted, neural: one row in N decides when to stop; 0: none, all is trained (default: 5)" },
    { "cv", "K", false, "also judge by K-fold stratified cross-validation" },
    { "test", "CSV", false, "also judge on these rows, by the names of the columns" },
    { "seed", "N", false, "seed of folds and sampling (default: 1)" },
    { "exact", NULL, false, "recommender: no BLAS, the same bytes on every machine" },
    { "factors", "PREFIX", false, "recommender: also write PREFIX-people.npy and PREFIX-items.npy, one row an id" },
    { "out", "FILE", false, "where to write the model (default: model.json, model.txt for boosted, else model.safetensors)" },
    PAL_OPTION_THREADS,
    PAL_OPTION_JSON,
    PAL_OPTION_QUIET,
    PAL_OPTION_HELP,
    PAL_OPTION_END,
};

/* The learners of a CSV, in the order of learner_name. */
typedef enum kind { LOGISTIC, BOOSTED, NEURAL, N_KINDS } kind;
static const char *const learner_name[N_KINDS] = { "logistic", "boosted", "neural" };
static const pal_learner *const learner_of[N_KINDS] = { &pal_learner_logistic, &pal_learner_boosted,
                                                        &pal_learner_neural };
static const pal_param *const params_of[N_KINDS] = { pal_logistic_params, pal_boost_params, pal_neural_model_params };
static const char *const file_of[N_KINDS] = { "model.json", "model.txt", "model.safetensors" };

/* What was asked, and what is at hand. */
typedef struct training {
    const pal_args *args;
    kind kind;
    bool json;
    const pal_learner *learner;
    const void *config; /* of the learner */
    pal_logistic_config logistic;
    pal_boosted_config boosted;
    pal_neural_model_config neural;
    size_t n_threads, folds; /* folds 0: no cross-validation */
    pal_key key;
    pal_matrix data, test; /* test without rows: none */
    pal_arena *arena;
    pal_learned model;
    pal_judgement judged[3]; /* train, cv, test */
    size_t n_judged;
} training;

/* ---- settings --------------------------------------------------------------------------------------------- */

static pal_status choose_learner(training *t, pal_error *err)
{
    const char *names[MOST_MODELS];
    const char *name = t->args->operand[0], *near;
    size_t n;

    for (n = 0; n < N_KINDS; n++) {
        names[n] = learner_name[n];
    }
    while (t->kind < N_KINDS && strcmp(name, learner_name[t->kind]) != 0) t->kind++;
    if (t->kind == N_KINDS) {
        for (size_t m = 0; m < pal_rec_count() && n < MOST_MODELS; m++) names[n++] = pal_rec_at(m)->name;
        near = pal_args_nearest(name, names, n);
        return pal_error_set(err, PAL_ERR_USAGE, "train: '%s' is neither logistic, boosted, neural nor a recommender%s%s%s; "
                             "'palate train --help' lists them", name, near != NULL ? "; did you mean " : "",
                             near != NULL ? near : "", near != NULL ? "?" : "");
    }
    if (pal_args_has(t->args, "exact")) {
        return pal_error_set(err, PAL_ERR_USAGE, "train: --exact goes with a recommender; %s always is", name);
    }
    if (pal_args_has(t->args, "factors")) {
        return pal_error_set(err, PAL_ERR_USAGE, "train: --factors goes with a recommender; %s has none", name);
    }
    t->learner = learner_of[t->kind];
    return PAL_OK;
}

/* The object of the preset. */
static pal_status start_settings(const char **text, const training *t, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *preset = pal_args_text(t->args, "preset");

    *text = "{}";
    if (preset != NULL && t->kind != BOOSTED) {
        PAL_FAIL(PAL_ERR_USAGE, "train: --preset is 'lightgbm' and goes with boosted, not with %s", learner_name[t->kind]);
    }
    if (preset != NULL && strcmp(preset, "lightgbm") != 0) {
        PAL_FAIL(PAL_ERR_USAGE, "train: --preset must be 'lightgbm', found '%s'", preset);
    }
    if (t->kind == BOOSTED) {
        *text = preset != NULL ? lightgbm_preset : plain_settings;
    }

done:
    return rc;
}

/* The parameters: preset, then --set, checked by the learner's table. */
static pal_status read_settings(training *t, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_doc *doc = NULL;
    pal_values *values = NULL;
    const char *start = NULL;

    PAL_TRY(start_settings(&start, t, err));
    PAL_TRY(pal_settings_read(&doc, t->args, start, NULL, err));
    PAL_TRY(pal_values_read(&values, params_of[t->kind], pal_json_root(doc), "--set", "", NULL, err));
    if (t->kind == NEURAL) {
        PAL_TRY(pal_neural_model_config_from(&t->neural, values, "--set", "", err));
        t->neural.n_threads = t->n_threads;
    } else if (t->kind == BOOSTED) {
        t->boosted.boost = pal_boost_config_from(values);
        t->boosted.boost.n_threads = t->n_threads;
        t->boosted.boost.train_curve = false;
    } else {
        t->logistic = pal_logistic_config_from(values);
    }

done:
    pal_values_free(values);
    pal_json_free(doc);
    return rc;
}

static pal_status read_arguments(training *t, pal_error *err)
{
    pal_status rc = PAL_OK;
    uint64_t seed = 1, hold_out = HOLD_OUT, folds = 0;

    t->json = pal_args_has(t->args, "json");
    PAL_TRY(choose_learner(t, err));
    PAL_TRY(pal_args_threads(&t->n_threads, t->args, err));
    PAL_TRY(pal_args_whole(&seed, t->args, "seed", 1, 0, UINT64_MAX, err));
    PAL_TRY(pal_args_whole(&hold_out, t->args, "hold-out", HOLD_OUT, 0, 1000000, err));
    if (hold_out == 1 || (pal_args_has(t->args, "hold-out") && t->kind == LOGISTIC)) {
        PAL_FAIL(PAL_ERR_USAGE, "train: --hold-out goes with boosted and neural and must be 0 or at least 2");
    }
    if (pal_args_has(t->args, "cv")) {
        PAL_TRY(pal_args_whole(&folds, t->args, "cv", 0, 2, 1000, err));
    }
    t->folds = (size_t)folds;
    t->key = pal_key_for(seed, 0, PAL_FOR_TRAIN);
    t->boosted.valid_parts = (size_t)hold_out;
    PAL_TRY(read_settings(t, err));
    if (pal_args_has(t->args, "hold-out")) {
        t->neural.valid_parts = (size_t)hold_out;
    }
    t->config = t->kind == BOOSTED  ? (const void *)&t->boosted
                : t->kind == NEURAL ? (const void *)&t->neural
                                    : (const void *)&t->logistic;

done:
    return rc;
}

static pal_status print_params(const training *t, pal_error *err)
{
    pal_text text = { 0 };

    if (pal_args_has(t->args, "json")) {
        return pal_params_print_lines("train", t->args->operand[0], params_of[t->kind], err);
    }
    pal_params_describe(params_of[t->kind], &text);
    return pal_print_text(&text, err);
}

/* ---- data ------------------------------------------------------------------------------------------------- */

/* All values of an option that repeats. */
static size_t read_names(const char *out[PAL_MAX_GIVEN + 1], const pal_args *args, const char *option)
{
    size_t n = 0;

    while ((out[n] = pal_args_nth(args, option, n)) != NULL) n++;
    return n;
}

static pal_status read_data(training *t, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *drop[PAL_MAX_GIVEN + 1], *feature[PAL_MAX_GIVEN + 1];
    pal_matrix_ask ask = { .label = pal_args_text(t->args, "label"), .drop = drop };

    if (!pal_args_has(t->args, "data") || ask.label == NULL) {
        PAL_FAIL(PAL_ERR_USAGE, "train: --data and --label are needed; 'palate train --help' tells more");
    }
    ask.n_drop = read_names(drop, t->args, "drop");
    ask.n_wanted = read_names(feature, t->args, "feature");
    ask.wanted = ask.n_wanted > 0 ? feature : NULL;
    if (ask.n_drop > 0 && ask.n_wanted > 0) {
        PAL_FAIL(PAL_ERR_USAGE, "train: give either --feature or --drop");
    }
    PAL_TRY(pal_matrix_read(&t->data, pal_args_text(t->args, "data"), &ask, err));

done:
    return rc;
}

/* The rows to be judged on, by the names of those learned from. */
static pal_status read_test(training *t, pal_error *err)
{
    pal_matrix_ask ask = { .label = pal_args_text(t->args, "label"), .n_wanted = t->data.d,
                           .wanted = (const char *const *)t->data.name };

    return pal_args_has(t->args, "test") ? pal_matrix_read(&t->test, pal_args_text(t->args, "test"), &ask, err)
                                         : PAL_OK;
}

static pal_samples samples_of(const pal_matrix *m)
{
    return (pal_samples){ .x = m->x, .y = m->y, .n = m->n, .d = m->d };
}

/* ---- fitting ---------------------------------------------------------------------------------------------- */

/* Model files know no blanks in the names of trees' features. */
static pal_status name_features(pal_boost *model, const pal_matrix *m, pal_error *err)
{
    pal_status rc = PAL_OK;
    char **name = NULL;

    PAL_NEW(name, m->d);
    for (size_t j = 0; j < m->d; j++) {
        name[j] = pal_strdup(m->name[j]);
        if (name[j] == NULL) {
            PAL_FAIL(PAL_ERR_MEMORY, "out of memory for names");
        }
        for (char *c = name[j]; *c != '\0'; c++) *c = *c == ' ' ? '_' : *c;
    }
    PAL_TRY(pal_boost_set_names(model, (const char *const *)name, err));

done:
    for (size_t j = 0; name != NULL && j < m->d; j++) {
        pal_free(name[j]);
    }
    pal_free(name);
    return rc;
}

/* Learners know no files: put the one of the rows before what they say of the data. */
static pal_status name_file(const training *t, pal_status rc, const pal_error *inner, pal_error *err)
{
    return rc == PAL_ERR_DATA || rc == PAL_ERR_CONVERGE
               ? pal_error_set(err, rc, "%s: %s", pal_args_text(t->args, "data"), inner->text)
               : pal_error_set(err, rc, "%s", inner->text);
}

static pal_status fit(training *t, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_samples samples = samples_of(&t->data);
    void *model = NULL;

    if (t->kind == BOOSTED) {
        PAL_TRY(t->learner->fit(&model, &samples, t->config, t->key, t->arena, err));
        t->model.boosted = model;
        PAL_TRY(name_features(t->model.boosted, &t->data, err));
    } else if (t->kind == NEURAL) { /* not through the learner: it knows no names */
        PAL_TRY(pal_neural_model_fit(&t->model.neural, t->data.x, t->data.y, NULL, t->data.n, t->data.d,
                                     (const char *const *)t->data.name, pal_args_text(t->args, "label"), &t->neural,
                                     t->key, t->arena, err));
    } else {
        PAL_TRY(pal_logistic_model_fit(&t->model.logistic, t->data.x, t->data.y, NULL, t->data.n, t->data.d,
                                       (const char *const *)t->data.name, pal_args_text(t->args, "label"), &t->logistic,
                                       t->arena, err));
    }

done:
    return rc;
}

/* ---- judging ---------------------------------------------------------------------------------------------- */

static pal_status judge_on(training *t, const char *set, const pal_matrix *m, pal_error *err)
{
    pal_status rc = PAL_OK;
    double *p = NULL;

    PAL_NEW(p, m->n);
    PAL_TRY(pal_learned_predict(NULL, p, &t->model, m->x, m->n, t->n_threads, err));
    PAL_TRY(pal_judge(&t->judged[t->n_judged++], set, p, m->y, m->n, err));

done:
    pal_free(p);
    return rc;
}

static pal_status judge_folds(training *t, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_samples samples = samples_of(&t->data);
    pal_cv_result score[PAL_JUDGE_SCORES];
    pal_judgement *j = &t->judged[t->n_judged++];
    double *p = NULL;

    PAL_NEW(p, samples.n);
    PAL_TRY(pal_cross_validate(score, NULL, p, t->learner, t->config, &samples, pal_judge_scores, PAL_JUDGE_SCORES,
                               t->folds, t->key, t->arena, err));
    PAL_TRY(pal_judge(j, "cv", p, samples.y, samples.n, err));
    j->folds = t->folds;
    j->auc = score[0].mean;
    j->auc_sd = score[0].sd;
    j->log_loss = score[1].mean;
    j->loss_sd = score[1].sd;

done:
    pal_free(p);
    return rc;
}

static pal_status judge(training *t, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_error inner = { 0 };

    PAL_TRY(judge_on(t, "train", &t->data, err));
    if (t->folds > 0) {
        rc = judge_folds(t, &inner);
        if (rc != PAL_OK) {
            PAL_TRY(name_file(t, rc, &inner, err));
        }
    }
    if (t->test.n > 0) {
        PAL_TRY(judge_on(t, "test", &t->test, err));
    }

done:
    return rc;
}

/* ---- printing --------------------------------------------------------------------------------------------- */

static void print_head(const training *t)
{
    printf("%s on %s: %s rows, %s features", t->learner->name, pal_args_text(t->args, "data"),
           pal_print_count(t->data.n), pal_print_count(t->data.d));
    if (t->data.missing > 0) {
        printf(", %s missing values", pal_print_count(t->data.missing));
    }
    printf("\n\n");
    pal_judge_print_head();
}

static pal_status print_model(const training *t, const char *path, double fit_s, pal_error *err)
{
    pal_json_writer w = { .compact = true };
    static const char *const unit[N_KINDS][2] = { { "Newton pass", "Newton passes" }, { "tree", "trees" }, { "epoch", "epochs" } };
    size_t n = t->kind == BOOSTED  ? pal_boost_trees(t->model.boosted)
               : t->kind == NEURAL ? t->model.neural->n_epochs
                                   : (size_t)t->model.logistic->report.passes;

    if (!t->json) {
        printf("\nmodel    %s (%s %s, fitted in %.3f ms)\n", path, pal_print_count(n),
               pal_print_noun(n, unit[t->kind][0], unit[t->kind][1]), fit_s * 1e3);
        return PAL_OK;
    }
    pal_json_begin_object(&w, NULL);
    pal_json_put_string(&w, "command", "train");
    pal_json_put_string(&w, "model", t->learner->name);
    pal_json_put_string(&w, "file", path);
    pal_json_put_i64(&w, "features", (int64_t)t->data.d);
    pal_json_put_i64(&w, "missing", (int64_t)t->data.missing);
    pal_json_put_i64(&w, t->kind == LOGISTIC ? "iterations" : unit[t->kind][1], (int64_t)n);
    pal_json_put_number(&w, "fit_seconds", fit_s);
    pal_json_end_object(&w);
    return pal_print_line(&w, err);
}

/* Once all has gone well: a failing command prints nothing but its message. */
static pal_status print_all(const training *t, const char *path, double fit_s, pal_error *err)
{
    pal_status rc = PAL_OK;

    if (pal_args_has(t->args, "quiet") && !t->json) {
        goto done;
    }
    if (!t->json) {
        print_head(t);
    }
    for (size_t j = 0; j < t->n_judged; j++) {
        PAL_TRY(pal_judge_print(&t->judged[j], "train", t->learner->name, t->json, err));
    }
    PAL_TRY(print_model(t, path, fit_s, err));

done:
    return rc;
}

/* ---- the command ------------------------------------------------------------------------------------------ */

static pal_status run(const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    training t = { .args = args };
    const char *path = NULL;
    double started, fit_s;
    pal_error inner = { 0 };

    if (pal_train_is_recommender(args->operand[0])) {
        return pal_train_recommender(args, err);
    }
    PAL_TRY(read_arguments(&t, err));
    if (pal_args_has(args, "params")) {
        PAL_TRY(print_params(&t, err));
        goto done;
    }
    PAL_TRY(pal_args_output(&path, args, file_of[t.kind], err));
    PAL_TRY(read_data(&t, err));
    PAL_TRY(read_test(&t, err));
    PAL_TRY(pal_arena_new(&t.arena, 1 << 20, err));
    started = pal_clock_s();
    rc = fit(&t, &inner);
    if (rc != PAL_OK) {
        PAL_TRY(name_file(&t, rc, &inner, err));
    }
    fit_s = pal_clock_s() - started;
    PAL_TRY(judge(&t, err));
    PAL_TRY(pal_learned_save(&t.model, path, err));
    PAL_TRY(print_all(&t, path, fit_s, err));

done:
    pal_learned_clear(&t.model);
    pal_arena_free(t.arena);
    pal_matrix_clear(&t.data);
    pal_matrix_clear(&t.test);
    return rc;
}

const pal_command pal_command_train = {
    .name = "train", .operands = "MODEL", .n_min = 1, .n_max = 1,
    .summary = "learn to predict a 0/1 column of a CSV, or to recommend from a log",
    .usage = "MODEL is logistic, boosted or neural, which learn a 0/1 column of a numeric CSV (--label), or a\n"
             "recommender (random, popularity, item_knn, user_knn, warp, bpr, logistic_mf, als, ease, slim, two_tower,\n"
             "hybrid), which learns from a log of people and items in any format 'palate data convert' reads.\n"
             "'palate train MODEL --params' lists what --set may say.\n"
             "\n"
             "The first three fit, print AUC, LogLoss and calibration error (ECE) on the training rows, by\n"
             "cross-validation (--cv) and on other rows (--test), and write the model. An empty field, NA or NaN is a\n"
             "missing value: the column's mean to logistic and neural, a branch of its own to boosted. Logistic models\n"
             "are saved as JSON, boosted trees in LightGBM's text format, networks as safetensors; a recommender too,\n"
             "with its ids and its log, for 'palate recommend' and 'palate similar'.",
    .options = options, .run = run,
};
