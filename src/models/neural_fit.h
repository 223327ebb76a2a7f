/* The epochs of a neural recommender: interactions held out for judging, keyed shuffles, early stopping, moments. */
#ifndef PAL_MODELS_NEURAL_FIT_H
#define PAL_MODELS_NEURAL_FIT_H

#include "models/net_train.h"
#include "models/recommender.h"

typedef struct pal_neural_config {
    size_t epochs, batch; /* > 0; batch: interactions a step                                      */
    double valid;         /* share of interactions held out for judging, < 1                      */
    size_t patience;      /* epochs without a better judgement before it stops; 0: none are held out */
} pal_neural_config;

/* What a fit trains on. */
typedef struct pal_neural_data {
    const pal_rec_data *all; /* as given                                              */
    const pal_csr *rows;     /* people x items trained on: kept, or all->rows         */
    pal_csr *kept, *held;    /* owned, or both NULL: nothing is held out              */
    uint32_t *person;        /* rows->n: row of each cell                             */
    uint32_t *recent;        /* rows->n: items of each row, latest first              */
} pal_neural_data;

/*
 * Split all->rows: a cell is held out by a draw keyed by its person and item, so that grown data keeps the earlier
 * choices; nobody loses their last item. Clear with pal_neural_data_clear.
 */
PAL_MUST_USE pal_status pal_neural_data_init(pal_neural_data *out, const pal_rec_data *all,
                                             const pal_neural_config *config, pal_key key, pal_error *err);
void pal_neural_data_clear(pal_neural_data *data);

/* What a model does in its fit. */
typedef struct pal_neural_task {
    const char *name;
    void *ctx;
    /* Before an epoch (counted over all fits from 0); may be NULL. */
    pal_status (*begin)(void *ctx, uint64_t epoch, pal_error *err);
    /* One step on n cells of data->rows; adds the batch's mean loss to *loss. */
    pal_status (*step)(void *ctx, const uint32_t *cell, size_t n, uint64_t epoch, double *loss, pal_error *err);
    /* Make what `score` needs from the net as it is; then all items for a person by what they are known by in
     * data->rows. Many threads at once. */
    pal_status (*ready)(void *ctx, pal_error *err);
    pal_status (*score)(void *ctx, uint32_t person, size_t worker, float *score, pal_error *err);
} pal_neural_task;

/*
 * Train the net; *epoch counts on. When cells are held out, the net ends with the parameters of its best epoch: the
 * one with the highest mean over held cells of 1 / log2(1 + rank among the person's items that are not trained on), of
 * at most 1000 people.
 *   PAL_ERR_STOPPED   interrupted
 *   PAL_ERR_CONVERGE  the loss is not finite
 */
PAL_MUST_USE pal_status pal_neural_fit(pal_net *net, uint64_t *epoch, const pal_neural_data *data,
    const pal_neural_config *config, const pal_neural_task *task, const pal_rec_env *env, pal_error *err);

/* Adam's moments between fits, and in files: the arrays of pal_net_trainer_save. */
PAL_MUST_USE pal_status pal_neural_moments_keep(pal_tensors **out, const pal_net_trainer *trainer, pal_error *err);
PAL_MUST_USE pal_status pal_neural_moments_copy(pal_tensors *to, const pal_tensors *from, pal_error *err);
uint64_t pal_neural_moments_digest(const pal_tensors *moments);

#endif
