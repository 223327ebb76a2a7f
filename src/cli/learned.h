/* A learned model of any kind: loaded, asked, saved. */
#ifndef PAL_CLI_LEARNED_H
#define PAL_CLI_LEARNED_H

#include "core/error.h"
#include "models/boost.h"
#include "models/logistic_model.h"
#include "models/neural_model.h"

#include <stddef.h>

typedef struct pal_learned { /* one of the three is there */
    pal_logistic_model *logistic;
    pal_boost *boosted;
    pal_neural_model *neural;
} pal_learned;

void pal_learned_clear(pal_learned *model); /* accepts an empty one */

/* "logistic", "boosted" or "neural". */
const char *pal_learned_kind(const pal_learned *model);
size_t pal_learned_features(const pal_learned *model);
const char *pal_learned_name(const pal_learned *model, size_t feature); /* borrowed */

/*
 * Load Palate's JSON of a logistic regression, LightGBM's text of boosted trees or Palate's safetensors of a network:
 * told apart by their first bytes. Caller pal_learned_clears. Errors of pal_logistic_model_parse, pal_boost_parse,
 * pal_tensors_parse and pal_neural_model_load.
 */
PAL_MUST_USE pal_status pal_learned_load(pal_learned *out, const char *path, pal_error *err);
PAL_MUST_USE pal_status pal_learned_save(const pal_learned *model, const char *path, pal_error *err);

/* Log-odds and probabilities of n rows, NaN = missing; either output may be NULL. */
PAL_MUST_USE pal_status pal_learned_predict(double *raw, double *probability, const pal_learned *model, const double *x,
                                            size_t n, size_t n_threads, pal_error *err);
/* n x (d + 1): what each feature adds to the log-odds, and where they start from. PAL_ERR_USAGE for a network, whose
 * log-odds are no such sum. */
PAL_MUST_USE pal_status pal_learned_contributions(double *out, const pal_learned *model, const double *x, size_t n,
                                                  size_t n_threads, pal_error *err);

#endif
