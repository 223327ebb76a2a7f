/* A small neural classifier to keep: standardised inputs, hidden layers, early stopping, its file. */
#ifndef PAL_MODELS_NEURAL_MODEL_H
#define PAL_MODELS_NEURAL_MODEL_H

#include "core/arena.h"
#include "core/param.h"
#include "core/tensors.h"
#include "models/cross_validation.h"
#include "models/net.h"

#include <stdbool.h>
#include <stddef.h>

#define PAL_NEURAL_LAYERS 8 /* hidden layers at most */

typedef struct pal_neural_model_config {
    size_t hidden[PAL_NEURAL_LAYERS]; /* units of each hidden layer                                           */
    size_t n_hidden;                  /* 0: a logistic regression                                             */
    bool gelu;                        /* activation x Phi(x), else max(0, x)                                  */
    double dropout;                   /* share of hidden units left out of a training step; [0, 1)            */
    double learning_rate;             /* of AdamW; > 0                                                        */
    double weight_decay;              /* decoupled: every step takes learning_rate * weight_decay of a weight */
    size_t batch;                     /* rows a step; 0: a fiftieth of the rows, 16 to 256                     */
    size_t epochs;                    /* passes over the rows at most; > 0                                    */
    size_t patience;                  /* epochs without a lower loss on the held-out rows after which to stop */
    size_t valid_parts;               /* one row in so many is held out to stop on; 0: none, all epochs run   */
    size_t n_threads;                 /* never changes a byte; > 0                                            */
} pal_neural_model_config;

/* hidden, activation, dropout, learning_rate, weight_decay, batch, epochs, patience, valid_parts. */
extern const pal_param pal_neural_model_params[];
/* Their defaults, one thread. */
pal_neural_model_config pal_neural_model_defaults(void);
/* Checked values as a config, one thread; PAL_ERR_CONFIG for layers that are no whole numbers, or too many: the text
 * names `file` and `path`. */
PAL_MUST_USE pal_status pal_neural_model_config_from(pal_neural_model_config *out, const pal_values *values,
                                                     const char *file, const char *path, pal_error *err);

typedef struct pal_neural_model {
    size_t d;
    double *mean, *sd;      /* d: of the known values in training; sd 0: the column plays no part    */
    char **name;            /* d: UTF-8                                                              */
    char *label;            /* name of the label; may be empty                                       */
    size_t rows, positives; /* of the training, held-out rows included                               */
    pal_neural_model_config config;
    pal_net *net;
    pal_net_node logit;
    size_t n_epochs;        /* run; not saved, as the three below                                    */
    size_t best;            /* epochs whose parameters were kept                                     */
    double *train, *valid;  /* n_epochs: LogLoss while training, and on held-out rows (NaN: none)    */
} pal_neural_model;

/*
 * Fit P(y = 1 | x) = sigmoid(net((x - mean) / sd)) by AdamW on mini-batches, the loss being the weighted mean LogLoss
 * of each batch. Held-out rows are dealt stratified; parameters with the lowest loss on them are kept. Where a class
 * has fewer rows than valid_parts, it is one row in as many as that class has; where it has one row only, nothing is
 * held out and there are `patience` epochs.
 *
 *   x        in   n x d    row-major; finite, or NaN for a missing value: the (weighted) mean of its column
 *   y        in   n        0 or 1
 *   weight   in   n        finite and >= 0, or NULL for all 1
 *   name     in   d        copied; NULL: "x0", "x1" ...
 *   label    in            copied; NULL: ""
 *   config   in            NULL for the defaults
 *   key      in            of the first parameters, the held-out rows, the order of rows and dropout
 *   scratch  tmp           rewound
 *
 * Exact grade: same bytes with any compiler, processor and thread count, and with all weights doubled. Caller owns
 * *out. Rows and columns are named counting from 0.
 *   PAL_ERR_SHAPE     n or d is 0
 *   PAL_ERR_CONFIG    a config value is out of its range
 *   PAL_ERR_DATA      one class only (of weight > 0); an infinite value, a y that is not 0 or 1, a weight below 0
 *   PAL_ERR_CONVERGE  the parameters left the finite numbers
 *   PAL_ERR_MEMORY
 *
 * Source: Kingma and Ba 2015 and Loshchilov and Hutter 2019 (AdamW); Prechelt, Early stopping - but when?, 1998.
 * Oracles: tests/models/test_neural_model.c.
 */
PAL_MUST_USE pal_status pal_neural_model_fit(pal_neural_model **out, const double *x, const double *y,
                                             const double *weight, size_t n, size_t d, const char *const *name,
                                             const char *label, const pal_neural_model_config *config, pal_key key,
                                             pal_arena *scratch, pal_error *err);
void pal_neural_model_free(pal_neural_model *model); /* accepts NULL */

/* Log-odds and probabilities of n rows of d, NaN = missing; either output may be NULL. Only memory can fail it. */
PAL_MUST_USE pal_status pal_neural_model_predict(double *raw, double *probability, const pal_neural_model *model,
                                           const double *x, size_t n, size_t n_threads, pal_error *err);
/*
 * How much the log-odds answer to each feature: the mean over n rows of |f(x + h) - f(x - h)|, h half a standard
 * deviation of that feature. For a net without hidden layers this is |coefficient| x sd.
 */
PAL_MUST_USE pal_status pal_neural_model_slopes(double *out, const pal_neural_model *model, const double *x, size_t n,
                                          pal_error *err);

/*
 * A safetensors file with checksum: texts "model" = "neural", "model_version", "params", "features", "label"; arrays
 * "mean", "sd", "rows" (rows, positives) and the net's. What was saved loads with the same bits. hex (may be NULL) gets
 * the file's digest.
 *   PAL_ERR_PARSE, PAL_ERR_DATA  as pal_tensors_load; not a file of this model; an array that does not fit or holds a
 *                                number that is not finite; names the file and the array
 */
PAL_MUST_USE pal_status pal_neural_model_save(const pal_neural_model *model, const char *path, char hex[PAL_HASH_HEX],
                                        pal_error *err);
PAL_MUST_USE pal_status pal_neural_model_load(pal_neural_model **out, const pal_tensors *file, pal_error *err);

/* Config: a pal_neural_model_config. Model: a pal_neural_model. */
extern const pal_learner pal_learner_neural;

/* ---- for the neural_model files only -------------------------------------------------------- */

/* An empty model of d features; names and arrays are zero. */
PAL_MUST_USE pal_status pal_neural_model_new(pal_neural_model **out, size_t d, pal_error *err);
/* The net of the config, its values drawn by `key`. */
PAL_MUST_USE pal_status pal_neural_model_build(pal_neural_model *model, pal_key key, pal_error *err);
/* One row as the net takes it. */
void pal_neural_model_standardise(float *out, const pal_neural_model *model, const double *row);

#endif
