/* Lessons: who is due, cross-validation, replacement only by what is better. People are independent of each other. */
#include "stages/taste_models.h"

#include "core/mem.h"
#include "core/threads.h"
#include "stages/taste_evidence.h"

#include <math.h>
#include <string.h>

#define PEOPLE_BLOCK 4 /* people a block of parallel lessons; never depends on the thread count */

/* ---- one lesson ------------------------------------------------------------------------------------------- */

/* One taste of one person. */
typedef struct lesson {
    pal_taste_models *models;
    const pal_feedback *round;
    pal_profile_view profile;
    uint32_t user;
    size_t t;
    pal_taste_samples samples;
    pal_training_row row;
    pal_arena *scratch;
} lesson;

static const pal_learner *learner_of(const pal_taste_models *models, const void **config)
{
    switch (models->config.learner) {
    case PAL_TASTE_BOOSTED:
        *config = &models->config.boost;
        return &pal_learner_boosted;
    case PAL_TASTE_NEURAL:
        *config = &models->config.neural;
        return &pal_learner_neural;
    default:
        *config = &models->config.logistic;
        return &pal_learner_logistic;
    }
}

/* A key of its own for each lesson. */
static pal_key key_of(const lesson *l)
{
    const pal_at at = { l->user, l->round->round, l->t };

    return (pal_key){ pal_u64(l->models->key, at, 0), pal_u64(l->models->key, at, 1) };
}

/* A learner that finds no minimum says nothing about the run. */
static bool is_about_data(pal_status rc)
{
    return rc == PAL_ERR_CONVERGE || rc == PAL_ERR_DATA;
}

/* Log-odds of all members of the cluster, by place. */
static pal_status predict_cluster(float *value, const lesson *l, const void *fitted, pal_error *err)
{
    const pal_taste_index *index = l->models->index;
    const size_t n = index->n[l->t], d = l->samples.rows.d;
    double *x = NULL, *raw = NULL;
    pal_status rc = PAL_OK;

    PAL_TAKE(x, n * d, l->scratch);
    PAL_TAKE(raw, n, l->scratch);
    for (size_t i = 0; i < n; i++) {
        pal_sample_of(x + i * d, &l->models->config.rules, l->models->catalog, &l->profile, l->t,
                      index->member[index->begin[l->t] + i]);
    }
    switch (l->models->config.learner) {
    case PAL_TASTE_BOOSTED:
        PAL_TRY(pal_boost_predict(raw, NULL, fitted, x, n, 1, err));
        break;
    case PAL_TASTE_NEURAL:
        PAL_TRY(pal_neural_model_predict(raw, NULL, fitted, x, n, 1, err));
        break;
    default:
        pal_logistic_model_predict(raw, NULL, fitted, x, n);
        break;
    }
    for (size_t i = 0; i < n; i++) {
        value[i] = (float)raw[i];
    }

done:
    return rc;
}

/* What serving needs of a fitted model. */
static pal_status distil(pal_taste_model **out, lesson *l, const void *fitted, pal_error *err)
{
    const pal_taste_models *models = l->models;
    pal_taste_model *model = NULL;
    pal_status rc = PAL_OK;

    PAL_NEW(model, 1);
    model->auc = l->row.auc;
    model->logloss = l->row.logloss;
    model->linear = pal_taste_models_linear(models);
    model->n = pal_taste_model_size(models, l->t);
    PAL_NEW(model->value, model->n);
    if (model->linear) {
        const pal_logistic_model *logistic = fitted;

        model->intercept = (float)logistic->intercept;
        for (size_t f = 0; f < model->n; f++) {
            model->value[f] = (float)logistic->coefficient[f];
        }
    } else {
        PAL_TRY(predict_cluster(model->value, l, fitted, err));
    }
    *out = model;
    model = NULL;

done:
    pal_taste_model_free(model);
    return rc;
}

/* Fit on all samples and take the kept model's place. */
static pal_status replace(lesson *l, pal_error *err)
{
    const pal_taste_learner kind = l->models->config.learner;
    pal_boosted_config with_curve = l->models->config.boost;
    pal_taste_model *model = NULL;
    const void *config;
    const pal_learner *learner = learner_of(l->models, &config);
    void *fitted = NULL;
    pal_error inner = { 0 };
    pal_status rc;

    with_curve.boost.train_curve = l->models->log != NULL; /* nobody looks at those of the folds */
    rc = learner->fit(&fitted, &l->samples.rows, kind == PAL_TASTE_BOOSTED ? &with_curve : config,
                      pal_key_named(key_of(l), "all"), l->scratch, &inner);
    if (is_about_data(rc)) {
        l->row.why = "no fit";
        rc = PAL_OK;
        goto done;
    }
    if (rc != PAL_OK) {
        PAL_FAIL(rc, "%s", inner.text);
    }
    PAL_TRY(distil(&model, l, fitted, err));
    if (l->models->log != NULL) {
        PAL_TRY(pal_shape_of(&l->row.shape, fitted, l->samples.rows.x, l->samples.rows.n, l->samples.rows.d, kind,
                             err));
    }
    l->row.iterations = pal_fitted_iterations(fitted, kind);
    l->row.kept = true;
    l->row.why = pal_taste_models_kept(l->models, l->user, l->t) == NULL ? "first" : "better";
    pal_taste_models_put(l->models, l->user, l->t, model);
    model = NULL;

done:
    pal_taste_model_free(model);
    learner->free(fitted);
    return rc;
}

static bool is_better(const pal_training_row *row, const pal_taste_model *kept)
{
    return kept == NULL || row->logloss < kept->logloss || (row->logloss == kept->logloss && row->auc > kept->auc);
}

/* Cross-validate into the row; *fitted: every fold found its minimum. */
static pal_status validate(lesson *l, bool *fitted, size_t folds, pal_error *err)
{
    static const pal_score scores[] = { { "auc", pal_taste_auc }, { "logloss", pal_taste_logloss } };
    const size_t n = l->samples.rows.n;
    uint64_t iterations = 0, fits = 0;
    pal_counted counted = { .kind = l->models->config.learner, .iterations = &iterations, .fits = &fits };
    pal_learner learner;
    pal_cv_result result[2];
    double *p = NULL;
    uint32_t *fold = NULL;
    pal_error inner = { 0 };
    pal_status rc = PAL_OK;

    counted.inner = learner_of(l->models, &counted.config);
    learner = pal_counted_learner(&counted);
    PAL_TAKE(p, n, l->scratch);
    PAL_TAKE(fold, n, l->scratch);
    rc = pal_cross_validate(result, NULL, p, &learner, &counted, &l->samples.rows, scores, 2, folds, key_of(l),
                            l->scratch, &inner);
    *fitted = rc == PAL_OK;
    l->row.iterations = fits > 0 ? (uint32_t)((iterations + fits / 2) / fits) : 0;
    if (is_about_data(rc)) {
        l->row.why = "no fit";
        rc = PAL_OK;
        goto done;
    }
    if (rc != PAL_OK) {
        PAL_FAIL(rc, "%s", inner.text);
    }
    l->row.folds = (uint32_t)folds;
    l->row.auc = result[0].mean;
    l->row.auc_sd = result[0].sd;
    l->row.logloss = result[1].mean;
    l->row.logloss_sd = result[1].sd;
    l->row.why = "not better";
    if (l->models->log != NULL) { /* the same key deals out the same folds */
        PAL_TRY(pal_stratified_folds(fold, l->samples.rows.y, n, folds, key_of(l), l->scratch, err));
        PAL_TRY(pal_quality_of(&l->row.quality, p, l->samples.rows.y, fold, n, l->scratch, err));
    }

done:
    return rc;
}

/* Cross-validate, and fit where that promises more than the kept model did. */
static pal_status judge(lesson *l, size_t folds, pal_error *err)
{
    bool fitted = false;
    pal_status rc = PAL_OK;

    PAL_TRY(validate(l, &fitted, folds, err));
    if (fitted && is_better(&l->row, pal_taste_models_kept(l->models, l->user, l->t))) {
        PAL_TRY(replace(l, err));
    }

done:
    return rc;
}

/* Mean weight of the samples that were not liked. */
static double no_weight(const pal_taste_samples *samples)
{
    const pal_samples *rows = &samples->rows;
    double sum = 0;

    for (size_t i = 0; i < rows->n; i++) {
        sum += rows->y[i] > 0 ? 0 : rows->weight[i];
    }
    return rows->n > samples->positives ? sum / (double)(rows->n - samples->positives) : 0;
}

/* *tried: there is a row to report. */
static pal_status teach_taste(lesson *l, bool *tried, pal_error *err)
{
    const pal_taste_config *c = &l->models->config;
    uint32_t *samples_at = &l->models->samples_at[(size_t)l->user * l->models->n_tastes + l->t];
    const pal_samples *rows = &l->samples.rows;
    size_t fewest;
    pal_status rc = PAL_OK;

    *tried = false;
    PAL_TRY(pal_taste_samples_take(&l->samples, &c->rules, l->models->catalog, l->round->history, &l->profile,
                                   l->user, l->t, l->scratch, err));
    if (rows->n < c->min_samples || rows->n == *samples_at) {
        goto done;
    }
    *tried = true;
    *samples_at = (uint32_t)rows->n;
    fewest = l->samples.positives < rows->n / 2 ? l->samples.positives : rows->n - l->samples.positives;
    l->row = (pal_training_row){
        .round = l->round->round, .user = l->user, .taste = (uint8_t)l->t, .model = l->models->name,
        .samples = (uint32_t)rows->n, .positives = (uint32_t)l->samples.positives, .auc = (double)NAN,
        .auc_sd = (double)NAN, .logloss = (double)NAN, .logloss_sd = (double)NAN,
        .why = fewest == 0 ? "one class" : "one of a class",
        .passed_is_no = c->rules.unliked, .no_weight = no_weight(&l->samples),
    };
    if (fewest >= 2) {
        PAL_TRY(judge(l, fewest < c->folds ? fewest : c->folds, err));
    }

done:
    return rc;
}

/* ---- a round of lessons ----------------------------------------------------------------------------------- */

typedef struct school {
    pal_taste_models *models;
    const pal_feedback *round;
    const uint32_t *user;    /* those who are due, rising  */
    pal_training_row *row;   /* n x n_tastes               */
    uint32_t *n_rows;        /* n                          */
} school;

static pal_status teach_block(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    const school *s = ctx;
    const pal_taste_models *models = s->models;
    pal_arena *scratch = models->scratch[worker];
    const pal_arena_mark mark = pal_arena_here(scratch);
    pal_status rc = PAL_OK;

    (void)block;
    for (size_t i = begin; i < end; i++) {
        for (size_t t = 0; t < models->n_tastes; t++) {
            bool tried;
            lesson l = { .models = s->models, .round = s->round, .user = s->user[i], .t = t, .scratch = scratch,
                         .profile = pal_profiles_view(s->round->profiles, s->user[i]) };

            rc = teach_taste(&l, &tried, err);
            if (rc != PAL_OK) {
                pal_training_row_clear(&l.row);
                goto done;
            }
            if (tried) {
                s->row[i * models->n_tastes + s->n_rows[i]++] = l.row;
            }
            pal_arena_rewind(scratch, mark);
        }
        models->taught_at[s->user[i]] = s->round->history->n[s->user[i]];
    }

done:
    pal_arena_rewind(scratch, mark);
    return rc;
}

/* A taste's row in a place of the log, counted from 1; NULL: none, or the log was begun anew. */
static pal_training_row *row_at(const pal_training_log *log, size_t place, const pal_training_row *of)
{
    pal_training_row *row = place > 0 && place <= log->n ? &log->row[place - 1] : NULL;

    return row != NULL && row->user == of->user && row->taste == of->taste && strcmp(row->model, of->model) == 0 ? row
                                                                                                                  : NULL;
}

/* Hand a row to the log, and outdate the rows before it: of a taste only the newest quality is wanted. */
static pal_status put_on_record(pal_taste_models *models, pal_training_row *row, pal_error *err)
{
    const size_t at = (size_t)row->user * models->n_tastes + row->taste;
    pal_training_log *log = models->log;
    pal_training_row *before;
    pal_status rc = PAL_OK;

    row->stands = row->kept;
    PAL_TRY(pal_training_log_add(log, row, err));
    if (row->quality != NULL) {
        before = row_at(log, models->judged_row[at], row);
        if (before != NULL) {
            pal_free(before->quality);
            before->quality = NULL;
        }
        models->judged_row[at] = log->n;
    }
    if (row->kept) {
        before = row_at(log, models->kept_row[at], row);
        if (before != NULL) {
            before->stands = false;
        }
        models->kept_row[at] = log->n;
    }
    row->quality = NULL; /* the log's from here */
    row->shape = NULL;

done:
    return rc;
}

/* People of the round who have seen enough that is new to them. */
static size_t find_due(uint32_t *user, const pal_taste_models *models, const pal_feedback *round)
{
    size_t n = 0;

    for (size_t e = 0; e < round->n; e++) {
        const uint32_t u = round->events[e].user;

        if ((e == 0 || round->events[e - 1].user != u)
            && round->history->n[u] - models->taught_at[u] >= models->config.every) {
            user[n++] = u;
        }
    }
    return n;
}

pal_status pal_taste_models_fit(pal_taste_models *models, const pal_feedback *round, pal_arena *scratch,
                                pal_error *err)
{
    const pal_arena_mark mark = pal_arena_here(scratch);
    school s = { .models = models, .round = round };
    uint32_t *user = NULL;
    size_t n = 0;
    pal_status rc = PAL_OK;

    PAL_TAKE(user, models->n_users, scratch);
    n = find_due(user, models, round);
    if (n == 0) {
        goto done;
    }
    s.user = user;
    PAL_TAKE(s.row, n * models->n_tastes, scratch);
    PAL_TAKE(s.n_rows, n, scratch);
    memset(s.n_rows, 0, n * sizeof *s.n_rows);
    PAL_TRY(pal_parallel_for(n, PEOPLE_BLOCK, models->n_threads, teach_block, &s, err));
    for (size_t i = 0; i < n && models->log != NULL; i++) {
        for (size_t r = 0; r < s.n_rows[i]; r++) {
            PAL_TRY(put_on_record(models, &s.row[i * models->n_tastes + r], err));
        }
    }

done:
    for (size_t i = 0; s.n_rows != NULL && i < n; i++) { /* what no log took */
        for (size_t r = 0; r < s.n_rows[i]; r++) {
            pal_training_row_clear(&s.row[i * models->n_tastes + r]);
        }
    }
    pal_arena_rewind(scratch, mark);
    return rc;
}
