/* One door to all learners. */
#include "cli/learned.h"

#include "core/file.h"
#include "core/mem.h"

#include <string.h>

void pal_learned_clear(pal_learned *model)
{
    pal_logistic_model_free(model->logistic);
    pal_boost_free(model->boosted);
    pal_neural_model_free(model->neural);
    *model = (pal_learned){ 0 };
}

const char *pal_learned_kind(const pal_learned *model)
{
    return model->logistic != NULL ? "logistic" : model->boosted != NULL ? "boosted" : "neural";
}

size_t pal_learned_features(const pal_learned *model)
{
    return model->logistic != NULL  ? model->logistic->d
           : model->boosted != NULL ? pal_boost_features(model->boosted)
                                    : model->neural->d;
}

const char *pal_learned_name(const pal_learned *model, size_t feature)
{
    return model->logistic != NULL  ? model->logistic->name[feature]
           : model->boosted != NULL ? pal_boost_name(model->boosted, feature)
                                    : model->neural->name[feature];
}

/* A safetensors file: eight bytes of length, the last of them 0, then JSON. No text holds a 0. */
static bool is_tensors(const char *bytes, size_t n)
{
    return n > 8 && bytes[7] == '\0' && bytes[8] == '{';
}

static pal_status load_tensors(pal_learned *out, const char *bytes, size_t n, const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_tensors *file = NULL;

    PAL_TRY(pal_tensors_parse(&file, bytes, n, path, err));
    PAL_TRY(pal_neural_model_load(&out->neural, file, err));

done:
    pal_tensors_free(file);
    return rc;
}

pal_status pal_learned_load(pal_learned *out, const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;
    char *bytes = NULL;
    size_t n = 0;

    *out = (pal_learned){ 0 };
    PAL_TRY(pal_file_read(&bytes, &n, path, err));
    if (is_tensors(bytes, n)) {
        PAL_TRY(load_tensors(out, bytes, n, path, err));
    } else if (bytes[strspn(bytes, " \t\r\n")] == '{') {
        PAL_TRY(pal_logistic_model_parse(&out->logistic, bytes, n, path, err));
    } else if (strncmp(bytes, "tree", 4) == 0) {
        PAL_TRY(pal_boost_parse(&out->boosted, bytes, n, path, err));
    } else {
        PAL_FAIL(PAL_ERR_PARSE, "%s: is no model: neither JSON of a logistic regression, LightGBM's text of trees nor "
                 "safetensors of a network", path);
    }

done:
    pal_free(bytes);
    return rc;
}

pal_status pal_learned_save(const pal_learned *model, const char *path, pal_error *err)
{
    return model->logistic != NULL  ? pal_logistic_model_save(model->logistic, path, NULL, err)
           : model->boosted != NULL ? pal_boost_save(model->boosted, path, err)
                                    : pal_neural_model_save(model->neural, path, NULL, err);
}

pal_status pal_learned_predict(double *raw, double *probability, const pal_learned *model, const double *x, size_t n,
                               size_t n_threads, pal_error *err)
{
    if (model->boosted != NULL) {
        return pal_boost_predict(raw, probability, model->boosted, x, n, n_threads, err);
    }
    if (model->neural != NULL) {
        return pal_neural_model_predict(raw, probability, model->neural, x, n, n_threads, err);
    }
    pal_logistic_model_predict(raw, probability, model->logistic, x, n);
    return PAL_OK;
}

pal_status pal_learned_contributions(double *out, const pal_learned *model, const double *x, size_t n,
                                     size_t n_threads, pal_error *err)
{
    if (model->boosted != NULL) {
        return pal_boost_contributions(out, model->boosted, x, n, n_threads, err);
    }
    if (model->neural != NULL) {
        return pal_error_set(err, PAL_ERR_USAGE, "a network's log-odds are no sum over features: contributions are "
                             "those of logistic and boosted models");
    }
    pal_logistic_model_contributions(out, model->logistic, x, n);
    return PAL_OK;
}
