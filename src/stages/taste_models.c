/* Lessons: who is due, cross-validation, replacement only by what is better. People are independent of each other. */
#include "stages/taste_models.h"

#include "core/hash.h"
#include "core/mem.h"
#include "core/pmath.h"
#include "core/sum.h"
#include "core/threads.h"
#include "core/vector.h"
#include "stages/builtin.h"
#include "stages/scan.h"

#include <math.h>
#include <string.h>

#define PEOPLE_BLOCK 4 /* people a block of parallel lessons; never depends on the thread count */
#define SCRATCH_BYTES ((size_t)1 << 18)

pal_status pal_taste_auc(double *out, const double *p, const double *y, const double *weight, size_t n,
                         pal_error *err)
{
    double wins = 0, pairs = 0;

    (void)weight;
    (void)err;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n && y[i] > 0; j++) {
            if (!(y[j] > 0)) {
                wins += p[i] > p[j] ? 1 : p[i] == p[j] ? 0.5 : 0;
                pairs += 1;
            }
        }
    }
    *out = pairs > 0 ? wins / pairs : (double)NAN;
    return PAL_OK;
}

pal_status pal_taste_logloss(double *out, const double *p, const double *y, const double *weight, size_t n,
                             pal_error *err)
{
    pal_acc loss = { 0 }, total = { 0 };

    (void)err;
    for (size_t i = 0; i < n; i++) {
        const double w = weight != NULL ? weight[i] : 1, right = y[i] > 0 ? p[i] : 1 - p[i];

        pal_acc_add(&loss, -w * pal_log(right < 1e-15 ? 1e-15 : right > 1 - 1e-15 ? 1 - 1e-15 : right));
        pal_acc_add(&total, w);
    }
    *out = pal_acc_value(&loss) / pal_acc_value(&total);
    return PAL_OK;
}

static pal_taste_model **slot_of(const pal_taste_models *models, uint32_t user, size_t t)
{
    return &models->model[(size_t)user * models->n_tastes + t];
}

static void model_free(pal_taste_model *model)
{
    if (model != NULL) {
        pal_free(model->value);
        pal_free(model);
    }
}

/* ---- the store -------------------------------------------------------------------------------------------- */

static bool is_linear(const pal_taste_models *models)
{
    return !models->config.boosted && !models->config.rules.derived;
}

static pal_status lay_out(pal_taste_models *models, pal_error *err)
{
    const pal_catalog *catalog = models->catalog;
    const pal_taste_index *index = models->index;
    pal_status rc = PAL_OK;

    PAL_NEW(models->scaled_t, catalog->d * index->row);
    for (size_t t = 0; t < index->n_tastes; t++) {
        for (size_t at = index->begin[t]; at < index->begin[t] + index->n[t]; at++) {
            for (size_t f = 0; f < catalog->d; f++) {
                models->scaled_t[f * index->row + at] = catalog->scaled[index->member[at] * catalog->stride + f];
            }
        }
    }

done:
    return rc;
}

pal_status pal_taste_models_new(pal_taste_models **out, const pal_stage_env *env, const pal_taste_config *config,
                                pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_taste_models *models = NULL;

    PAL_NEW(models, 1);
    models->config = *config;
    models->catalog = env->catalog;
    models->n_users = env->n_users;
    models->n_tastes = env->catalog->clusters->n;
    models->n_threads = env->n_threads > 0 ? env->n_threads : 1;
    models->stage = config->boosted ? PAL_AT_BOOSTED : PAL_AT_LOGISTIC;
    models->name = config->boosted ? "boosted" : "logistic";
    models->key = env->train;
    models->log = env->training;
    PAL_TRY(pal_taste_index_new(&models->index, env->catalog, err));
    if (is_linear(models)) {
        PAL_TRY(lay_out(models, err));
    }
    PAL_NEW(models->model, models->n_users * models->n_tastes);
    PAL_NEW(models->taught_at, models->n_users);
    PAL_NEW(models->samples_at, models->n_users * models->n_tastes);
    PAL_NEW(models->scratch, models->n_threads);
    for (size_t i = 0; i < models->n_threads; i++) {
        PAL_TRY(pal_arena_new(&models->scratch[i], SCRATCH_BYTES, err));
    }
    *out = models;
    models = NULL;

done:
    pal_taste_models_free(models);
    return rc;
}

void pal_taste_models_free(pal_taste_models *models)
{
    if (models == NULL) {
        return;
    }
    for (size_t i = 0; models->model != NULL && i < models->n_users * models->n_tastes; i++) {
        model_free(models->model[i]);
    }
    for (size_t i = 0; models->scratch != NULL && i < models->n_threads; i++) {
        pal_arena_free(models->scratch[i]);
    }
    pal_taste_index_free(models->index);
    pal_free(models->scaled_t);
    pal_free(models->model);
    pal_free(models->taught_at);
    pal_free(models->samples_at);
    pal_free(models->scratch);
    pal_free(models);
}

const pal_taste_model *pal_taste_models_get(const pal_taste_models *models, uint32_t user, size_t t)
{
    const pal_taste_model *model = *slot_of(models, user, t);

    return model != NULL && model->auc >= models->config.min_auc ? model : NULL;
}

bool pal_taste_models_any(const pal_taste_models *models, uint32_t user)
{
    for (size_t t = 0; t < models->n_tastes; t++) {
        if (pal_taste_models_get(models, user, t) != NULL) {
            return true;
        }
    }
    return false;
}

PAL_VECTOR static void add_to_all(float *x, float y, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        x[i] += y;
    }
}

void pal_taste_model_scan(float *out, const pal_taste_models *models, const pal_taste_model *model, size_t t)
{
    const pal_taste_index *index = models->index;
    const size_t n_pad = index->begin[t + 1] - index->begin[t];

    if (model->linear) {
        pal_scan_dots(out, models->scaled_t + index->begin[t], index->row, model->value, n_pad, models->catalog->d);
        add_to_all(out, model->intercept, n_pad);
    } else {
        memcpy(out, model->value, n_pad * sizeof *out);
    }
}

/* Where an item stands among the rising members of cluster t. */
static size_t place_of(const pal_taste_index *index, size_t t, uint32_t item)
{
    const uint32_t *member = index->member + index->begin[t];
    size_t low = 0, high = index->n[t];

    while (low + 1 < high) {
        const size_t middle = low + (high - low) / 2;

        if (member[middle] <= item) {
            low = middle;
        } else {
            high = middle;
        }
    }
    PAL_DCHECK(low < index->n[t] && member[low] == item);
    return low;
}

float pal_taste_model_item(const pal_taste_models *models, const pal_taste_model *model, size_t t, uint32_t item)
{
    const pal_catalog *catalog = models->catalog;

    if (model->linear) {
        return pal_scan_dot(catalog->scaled + (size_t)item * catalog->stride, model->value, catalog->d)
               + model->intercept;
    }
    return model->value[place_of(models->index, t, item)];
}

uint64_t pal_taste_models_digest(const pal_taste_models *models)
{
    const size_t n = models->n_users * models->n_tastes;
    uint64_t digest = pal_hash_text(models->name);

    digest = pal_hash_mix(digest, pal_hash(models->taught_at, models->n_users * sizeof *models->taught_at));
    digest = pal_hash_mix(digest, pal_hash(models->samples_at, n * sizeof *models->samples_at));
    for (size_t i = 0; i < n; i++) {
        const pal_taste_model *model = models->model[i];

        if (model != NULL) {
            const double known[] = { (double)i, model->auc, model->logloss, (double)model->intercept };

            digest = pal_hash_mix(digest, pal_hash_doubles(known, sizeof known / sizeof *known));
            digest = pal_hash_mix(digest, pal_hash_floats(model->value, model->n));
        }
    }
    return digest;
}

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
    *config = models->config.boosted ? (const void *)&models->config.boost : (const void *)&models->config.logistic;
    return models->config.boosted ? &pal_learner_boosted : &pal_learner_logistic;
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
    if (l->models->config.boosted) {
        PAL_TRY(pal_boost_predict(raw, NULL, fitted, x, n, 1, err));
    } else {
        pal_logistic_model_predict(raw, NULL, fitted, x, n);
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
    const pal_taste_index *index = models->index;
    pal_taste_model *model = NULL;
    pal_status rc = PAL_OK;

    PAL_NEW(model, 1);
    model->auc = l->row.auc;
    model->logloss = l->row.logloss;
    model->linear = is_linear(models);
    model->n = model->linear ? models->catalog->d : index->begin[l->t + 1] - index->begin[l->t];
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
    l->row.iterations = models->config.boosted ? (uint32_t)pal_boost_trees(fitted)
                                               : (uint32_t)((const pal_logistic_model *)fitted)->report.passes;
    *out = model;
    model = NULL;

done:
    model_free(model);
    return rc;
}

/* Fit on all samples and take the kept model's place. */
static pal_status replace(lesson *l, pal_error *err)
{
    pal_taste_model **kept = slot_of(l->models, l->user, l->t), *model = NULL;
    const void *config;
    const pal_learner *learner = learner_of(l->models, &config);
    void *fitted = NULL;
    pal_error inner = { 0 };
    pal_status rc = learner->fit(&fitted, &l->samples.rows, config, pal_key_named(key_of(l), "all"), l->scratch,
                                 &inner);

    if (is_about_data(rc)) {
        l->row.why = "no fit";
        rc = PAL_OK;
        goto done;
    }
    if (rc != PAL_OK) {
        PAL_FAIL(rc, "%s", inner.text);
    }
    PAL_TRY(distil(&model, l, fitted, err));
    l->row.kept = true;
    l->row.why = *kept == NULL ? "first" : "better";
    model_free(*kept);
    *kept = model;

done:
    learner->free(fitted);
    return rc;
}

static bool is_better(const pal_training_row *row, const pal_taste_model *kept)
{
    return kept == NULL || row->logloss < kept->logloss || (row->logloss == kept->logloss && row->auc > kept->auc);
}

/* Cross-validate, and fit where that promises more than the kept model did. */
static pal_status judge(lesson *l, size_t folds, pal_error *err)
{
    static const pal_score scores[] = { { "auc", pal_taste_auc }, { "logloss", pal_taste_logloss } };
    const void *config;
    const pal_learner *learner = learner_of(l->models, &config);
    pal_cv_result result[2];
    pal_error inner = { 0 };
    pal_status rc = pal_cross_validate(result, NULL, NULL, learner, config, &l->samples.rows, scores, 2, folds,
                                       key_of(l), l->scratch, &inner);

    if (is_about_data(rc)) {
        l->row.why = "no fit";
        return PAL_OK;
    }
    if (rc != PAL_OK) {
        return pal_error_set(err, rc, "%s", inner.text);
    }
    l->row.folds = (uint32_t)folds;
    l->row.auc = result[0].mean;
    l->row.auc_sd = result[0].sd;
    l->row.logloss = result[1].mean;
    l->row.logloss_sd = result[1].sd;
    l->row.why = "not better";
    return is_better(&l->row, *slot_of(l->models, l->user, l->t)) ? replace(l, err) : PAL_OK;
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
        s->n_rows[i] = 0;
        for (size_t t = 0; t < models->n_tastes; t++) {
            bool tried;
            lesson l = { .models = s->models, .round = s->round, .user = s->user[i], .t = t, .scratch = scratch,
                         .profile = pal_profiles_view(s->round->profiles, s->user[i]) };

            PAL_TRY(teach_taste(&l, &tried, err));
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
    size_t n;
    pal_status rc = PAL_OK;

    PAL_TAKE(user, models->n_users, scratch);
    n = find_due(user, models, round);
    if (n == 0) {
        goto done;
    }
    s.user = user;
    PAL_TAKE(s.row, n * models->n_tastes, scratch);
    PAL_TAKE(s.n_rows, n, scratch);
    PAL_TRY(pal_parallel_for(n, PEOPLE_BLOCK, models->n_threads, teach_block, &s, err));
    for (size_t i = 0; i < n && models->log != NULL; i++) {
        for (size_t r = 0; r < s.n_rows[i]; r++) {
            PAL_TRY(pal_training_log_add(models->log, &s.row[i * models->n_tastes + r], err));
        }
    }

done:
    pal_arena_rewind(scratch, mark);
    return rc;
}
