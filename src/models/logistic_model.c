/* The fit around missing values, and prediction from the kept model. Files: logistic_file.c. */
#include "models/logistic_model.h"

#include "core/mem.h"
#include "core/pmath.h"
#include "core/sum.h"
#include "models/logistic_new.h"

#include <math.h>
#include <stdio.h>

pal_status pal_logistic_model_new(pal_logistic_model **out, size_t d, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_logistic_model *model = NULL;

    PAL_NEW(model, 1);
    model->d = d;
    PAL_NEW(model->coefficient, d);
    PAL_NEW(model->mean, d);
    PAL_NEW(model->sd, d);
    PAL_NEW(model->name, d);
    *out = model;
    model = NULL;

done:
    pal_logistic_model_free(model);
    return rc;
}

void pal_logistic_model_free(pal_logistic_model *model)
{
    if (model == NULL) {
        return;
    }
    for (size_t j = 0; model->name != NULL && j < model->d; j++) {
        pal_free(model->name[j]);
    }
    pal_free(model->coefficient);
    pal_free(model->mean);
    pal_free(model->sd);
    pal_free(model->name);
    pal_free(model->label);
    pal_free(model);
}

pal_status pal_logistic_model_name(char **to, const char *name, pal_error *err)
{
    *to = pal_strdup(name);
    return *to != NULL ? PAL_OK : pal_error_set(err, PAL_ERR_MEMORY, "out of memory for the name '%s'", name);
}

/* Names given, or x0, x1 ... */
static pal_status give_names(pal_logistic_model *model, const char *const *name, const char *label, pal_error *err)
{
    pal_status rc = PAL_OK;

    for (size_t j = 0; j < model->d; j++) {
        char number[32];

        snprintf(number, sizeof number, "x%zu", j);
        PAL_TRY(pal_logistic_model_name(&model->name[j], name != NULL ? name[j] : number, err));
    }
    PAL_TRY(pal_logistic_model_name(&model->label, label != NULL ? label : "", err));

done:
    return rc;
}

/* Weighted mean and standard deviation of the known values of column j; both 0 when there is none. Rows are taken as
 * differences from the first known value: a large common offset costs no digits. */
static void measure_column(pal_logistic_model *model, size_t j, const double *x, const double *weight, size_t n)
{
    pal_acc total = { 0 }, sum = { 0 }, square = { 0 };
    size_t d = model->d, first = 0;
    double drift, variance;

    while (first < n && isnan(x[first * d + j])) first++;
    if (first == n) {
        return;
    }
    for (size_t i = first; i < n; i++) {
        double w = weight == NULL ? 1 : weight[i], v = x[i * d + j] - x[first * d + j];

        if (!isnan(x[i * d + j])) {
            pal_acc_add(&total, w);
            pal_acc_add(&sum, w * v);
            pal_acc_add(&square, w * v * v);
        }
    }
    if (pal_acc_value(&total) > 0) {
        drift = pal_acc_value(&sum) / pal_acc_value(&total);
        square.carry -= drift * pal_acc_value(&sum);
        model->mean[j] = x[first * d + j] + drift;
        variance = pal_acc_value(&square) / pal_acc_value(&total);
        model->sd[j] = variance < 0 ? 0 : sqrt(variance); /* below 0 by rounding; NaN goes through */
    }
}

/* x with the means in place of what is missing: x itself when nothing is. */
static pal_status fill_missing(const double **out, const pal_logistic_model *model, const double *x, size_t n,
                               pal_arena *arena, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t d = model->d, missing = 0;
    double *filled = NULL;

    for (size_t i = 0; i < n * d; i++) missing += isnan(x[i]) ? 1 : 0;
    *out = x;
    if (missing > 0) {
        PAL_TAKE(filled, n * d, arena);
        for (size_t i = 0; i < n; i++) {
            for (size_t j = 0; j < d; j++) {
                filled[i * d + j] = isnan(x[i * d + j]) ? model->mean[j] : x[i * d + j];
            }
        }
        *out = filled;
    }

done:
    return rc;
}

pal_status pal_logistic_model_fit(pal_logistic_model **out, const double *x, const double *y, const double *weight,
                                  size_t n, size_t d, const char *const *name, const char *label,
                                  const pal_logistic_config *config, pal_arena *scratch, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_arena_mark mark = pal_arena_here(scratch);
    pal_logistic_model *model = NULL;
    const double *filled = NULL;

    if (n == 0 || d == 0) {
        PAL_FAIL(PAL_ERR_SHAPE, "logistic: %zu rows of %zu columns, wanted at least 1 of both", n, d);
    }
    PAL_TRY(pal_logistic_model_new(&model, d, err));
    PAL_TRY(give_names(model, name, label, err));
    model->config = config != NULL ? *config : pal_logistic_defaults();
    model->config.warm_start = false;
    model->rows = n;
    for (size_t i = 0; i < n; i++) model->positives += y[i] > 0;
    for (size_t j = 0; j < d; j++) measure_column(model, j, x, weight, n);
    PAL_TRY(fill_missing(&filled, model, x, n, scratch, err));
    PAL_TRY(pal_logistic_fit(model->coefficient, &model->intercept, &model->report, filled, y, weight, n, d,
                             &model->config, scratch, err));
    for (size_t j = 0; j < d; j++) {
        if (!isfinite(model->mean[j]) || !isfinite(model->sd[j])) { /* a file could not hold it */
            PAL_FAIL(PAL_ERR_DATA, "logistic: the spread of column %zu ('%s') does not fit a double", j,
                     model->name[j]);
        }
    }
    *out = model;
    model = NULL;

done:
    pal_logistic_model_free(model);
    pal_arena_rewind(scratch, mark);
    return rc;
}

void pal_logistic_model_predict(double *raw, double *probability, const pal_logistic_model *model, const double *x,
                                size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const double *row = x + i * model->d;
        double z = model->intercept;

        for (size_t j = 0; j < model->d; j++) z += model->coefficient[j] * (isnan(row[j]) ? model->mean[j] : row[j]);
        if (raw != NULL) raw[i] = z;
        if (probability != NULL) probability[i] = pal_sigmoid(z);
    }
}

void pal_logistic_model_contributions(double *out, const pal_logistic_model *model, const double *x, size_t n)
{
    size_t d = model->d;
    double base = model->intercept;

    for (size_t j = 0; j < d; j++) base += model->coefficient[j] * model->mean[j];
    for (size_t i = 0; i < n; i++) {
        double *to = out + i * (d + 1);

        for (size_t j = 0; j < d; j++) {
            double v = x[i * d + j];

            to[j] = isnan(v) ? 0 : model->coefficient[j] * (v - model->mean[j]);
        }
        to[d] = base;
    }
}
